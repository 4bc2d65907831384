// SPDX-License-Identifier: MIT
// The functions of libgstcuda-1.0 (GStreamer 1.24) that plugin/cuda_memory.cpp looks up, without a GPU.
#include "tests/plugin/gstcuda/fake_gstcuda.h"

#include <atomic>
#include <cstring>

#define EXPORT extern "C" __attribute__((visibility("default")))

struct FakeContext {
  GstObject parent;
  void* handle;
};
struct FakeContextClass {
  GstObjectClass parent;
};
G_DEFINE_TYPE(FakeContext, fake_context, GST_TYPE_OBJECT)
static void fake_context_init(FakeContext*) {}
static void fake_context_class_init(FakeContextClass*) {}

struct FakeAllocator {
  GstAllocator parent;
};
struct FakeAllocatorClass {
  GstAllocatorClass parent;
};
G_DEFINE_TYPE(FakeAllocator, fake_allocator, GST_TYPE_ALLOCATOR)

namespace {

std::atomic<int> downloads{0}, syncs{0};
void* stream_of_new_frames = nullptr;

struct FakeStream {
  GstMiniObject object;
  void* handle;
};

/// Begins as GstCudaMemory does.
struct FakeMemory {
  GstMemory memory;
  GstObject* context;
  FakeStream stream;
  guint8* on_device;
  guint8* on_host;
};

gpointer map(GstMemory* memory, GstMapInfo* info, gsize) {
  auto* fake = reinterpret_cast<FakeMemory*>(memory);
  if (info->flags & (GST_MAP_FLAG_LAST << 1)) return fake->on_device;
  ++downloads;
  std::memcpy(fake->on_host, fake->on_device, memory->maxsize);
  return fake->on_host;
}

void free_memory(GstAllocator*, GstMemory* memory) {
  auto* fake = reinterpret_cast<FakeMemory*>(memory);
  gst_object_unref(fake->context);
  delete[] fake->on_device;
  delete[] fake->on_host;
  delete fake;
}

/// In pitches of 256 bytes.
GstBuffer* make_frame(GstObject* context, const GstVideoInfo* info, guint8 y, guint8 u, guint8 v) {
  const int width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
  const auto pitch = static_cast<gsize>((width + 255) / 256 * 256), rows = static_cast<gsize>(height);
  const gsize luma = pitch * rows, bytes = luma + pitch * ((rows + 1) / 2);
  auto* fake = new FakeMemory{};
  auto* allocator = GST_ALLOCATOR(g_object_new(fake_allocator_get_type(), nullptr));
  gst_object_ref_sink(allocator);
  gst_memory_init(&fake->memory, GST_MEMORY_FLAG_NO_SHARE, allocator, nullptr, bytes, 0, 0, bytes);
  gst_object_unref(allocator);
  fake->context = GST_OBJECT(gst_object_ref(context));
  fake->stream.handle = stream_of_new_frames;
  fake->on_device = new guint8[bytes];
  fake->on_host = new guint8[bytes];
  std::memset(fake->on_device, y, luma);
  for (gsize i = luma; i < bytes; ++i) fake->on_device[i] = i % 2 == 0 ? u : v;
  GstBuffer* buffer = gst_buffer_new();
  gst_buffer_append_memory(buffer, &fake->memory);
  gsize offsets[GST_VIDEO_MAX_PLANES] = {0, luma};
  gint strides[GST_VIDEO_MAX_PLANES] = {static_cast<gint>(pitch), static_cast<gint>(pitch)};
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, static_cast<guint>(width),
                                 static_cast<guint>(height), 2, offsets, strides);
  return buffer;
}

}  // namespace

static void fake_allocator_init(FakeAllocator* self) {
  auto* allocator = GST_ALLOCATOR(self);
  allocator->mem_type = "gst.cuda.memory";
  allocator->mem_map_full = map;
  allocator->mem_unmap_full = [](GstMemory*, GstMapInfo*) {};
  GST_OBJECT_FLAG_SET(self, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}
static void fake_allocator_class_init(FakeAllocatorClass* type) { GST_ALLOCATOR_CLASS(type)->free = free_memory; }

EXPORT gboolean gst_cuda_load_library() { return TRUE; }
EXPORT GstObject* gst_cuda_context_new_wrapped(void* handle, int) {
  auto* context = static_cast<FakeContext*>(g_object_new(fake_context_get_type(), nullptr));
  gst_object_ref_sink(context);
  context->handle = handle;
  return GST_OBJECT(context);
}
EXPORT void* gst_cuda_context_get_handle(GstObject* context) { return reinterpret_cast<FakeContext*>(context)->handle; }
EXPORT gboolean gst_cuda_handle_context_query(GstElement*, GstQuery* query, GstObject* context) {
  GstContext* answer = gst_context_new("gst.cuda.context", TRUE);
  gst_structure_set(gst_context_writable_structure(answer), "gst.cuda.context", GST_TYPE_OBJECT, context, nullptr);
  gst_query_set_context(query, answer);
  gst_context_unref(answer);
  return TRUE;
}
EXPORT GstMiniObject* gst_cuda_memory_get_stream(GstMemory* memory) {
  FakeStream& stream = reinterpret_cast<FakeMemory*>(memory)->stream;
  return stream.handle ? &stream.object : nullptr;
}
EXPORT void* gst_cuda_stream_get_handle(GstMiniObject* stream) { return reinterpret_cast<FakeStream*>(stream)->handle; }
EXPORT void gst_cuda_memory_sync(GstMemory*) { ++syncs; }

EXPORT const FakeGstCuda* fake_gstcuda() {
  static const FakeGstCuda fake{make_frame, [] { return downloads.load(); },
                                [](void* stream) { stream_of_new_frames = stream; }, [] { return syncs.load(); }};
  return &fake;
}
