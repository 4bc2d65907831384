// SPDX-License-Identifier: MIT
#include "plugin/cuda_memory.h"

#include <dlfcn.h>

#include <cstring>
#include <map>
#include <mutex>

#include "engine/device_context.h"
#include "plugin/log.h"

namespace cnn {
namespace {

/// The beginning of a GstCudaMemory (gstcudamemory.h, GStreamer 1.22 to 1.28).
struct CudaMemory {
  GstMemory memory;
  GstObject* context;
};

/// What is needed of the library; the last three since GStreamer 1.24, null before: decoders synchronise by themselves there.
struct CudaLibrary {
  gboolean (*load_library)() = nullptr;
  GstObject* (*context_new_wrapped)(void* context, int device) = nullptr;
  void* (*context_get_handle)(GstObject* context) = nullptr;
  gboolean (*handle_context_query)(GstElement* element, GstQuery* query, GstObject* context) = nullptr;
  GstMiniObject* (*memory_get_stream)(GstMemory* memory) = nullptr;
  void* (*stream_get_handle)(GstMiniObject* stream) = nullptr;
  void (*memory_sync)(GstMemory* memory) = nullptr;
  bool usable = false;
};

CudaLibrary open_library() {
  CudaLibrary library;
  void* file = dlopen("libgstcuda-1.0.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!file) {
    GST_INFO("no CUDA memory is shared: %s", dlerror());
    return library;
  }
  const auto find = [file](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(file, name));
    return function != nullptr;
  };
  if (!find(library.load_library, "gst_cuda_load_library") ||
      !find(library.context_new_wrapped, "gst_cuda_context_new_wrapped") ||
      !find(library.context_get_handle, "gst_cuda_context_get_handle") ||
      !find(library.handle_context_query, "gst_cuda_handle_context_query")) {
    GST_INFO("no CUDA memory is shared: %s", dlerror());
    return library;
  }
  library.usable = library.load_library();
  find(library.memory_get_stream, "gst_cuda_memory_get_stream");
  find(library.stream_get_handle, "gst_cuda_stream_get_handle");
  find(library.memory_sync, "gst_cuda_memory_sync");
  if (!library.usable) GST_INFO("no CUDA memory is shared: GStreamer's CUDA library finds no driver");
  return library;
}

const CudaLibrary& library() {
  static const CudaLibrary opened = open_library();
  return opened;
}

/// The engine's context on a device as GStreamer knows it: one per GPU, as long as the process.
GstObject* shared_context(const std::string& device) {
  auto own = device_context(device);
  if (!own) {
    GST_DEBUG("no CUDA context is shared: %s", own.error().what.c_str());
    return nullptr;
  }
  static std::mutex mutex;
  static std::map<void*, GstObject*> contexts;
  const std::lock_guard lock(mutex);
  GstObject*& context = contexts[own->context];
  if (!context) context = library().context_new_wrapped(own->context, own->device);
  return context;
}

}  // namespace

bool shares_cuda_memory() { return library().usable; }

std::optional<CudaPlace> cuda_place_of(GstBuffer* buffer) {
  if (gst_buffer_n_memory(buffer) != 1) return {};
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  if (!gst_memory_is_type(memory, "gst.cuda.memory") || !shares_cuda_memory()) return {};
  const CudaLibrary& cuda = library();
  CudaPlace place;
  place.context = cuda.context_get_handle(reinterpret_cast<CudaMemory*>(memory)->context);
  GstMiniObject* stream = cuda.memory_get_stream && cuda.stream_get_handle ? cuda.memory_get_stream(memory) : nullptr;
  if (stream)
    place.stream = cuda.stream_get_handle(stream);
  else if (cuda.memory_sync)
    cuda.memory_sync(memory);
  return place;
}

void remove_cuda_caps(GstQuery* query) {
  GstCaps* answer = nullptr;
  gst_query_parse_caps_result(query, &answer);
  if (!answer || gst_caps_is_any(answer)) return;
  GstCaps* kept = gst_caps_new_empty();
  for (guint i = 0; i < gst_caps_get_size(answer); ++i) {
    GstCapsFeatures* features = gst_caps_get_features(answer, i);
    if (features && gst_caps_features_contains(features, kCudaMemory)) continue;
    gst_caps_append_structure_full(kept, gst_structure_copy(gst_caps_get_structure(answer, i)),
                                   features ? gst_caps_features_copy(features) : nullptr);
  }
  gst_query_set_caps_result(query, kept);
  gst_caps_unref(kept);
}

bool answer_cuda_context(GstElement* element, GstQuery* query, const std::string& device) {
  const gchar* type = nullptr;
  if (!gst_query_parse_context_type(query, &type) || std::strcmp(type, "gst.cuda.context") != 0) return false;
  if (!shares_cuda_memory()) return false;
  GstObject* context = shared_context(device);
  return context && library().handle_context_query(element, query, context);
}

}  // namespace cnn
