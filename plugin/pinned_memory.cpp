// SPDX-License-Identifier: MIT
#include "plugin/pinned_memory.h"

#include <utility>

struct CnnPinnedAllocator {
  GstAllocator parent;
  std::shared_ptr<const cnn::FrameSlots>* slots;
};
struct CnnPinnedAllocatorClass {
  GstAllocatorClass parent;
};
G_DEFINE_TYPE(CnnPinnedAllocator, cnn_pinned_allocator, GST_TYPE_ALLOCATOR)

namespace {

/// Marks memory; a part of memory has the whole one as its parent.
GQuark pinned_mark() {
  static const GQuark quark = g_quark_from_static_string("cnn-pinned");
  return quark;
}

bool is_pinned(GstMemory* memory) {
  for (; memory; memory = memory->parent)
    if (gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(memory), pinned_mark())) return true;
  return false;
}

/// System memory in all that others see: copies, maps and parts are GStreamer's own.
GstMemory* allocate(GstAllocator* allocator, gsize size, GstAllocationParams* params) {
  const auto* slots = reinterpret_cast<CnnPinnedAllocator*>(allocator)->slots;
  const gsize whole = size + params->prefix + params->padding;
  auto memory = slots ? (*slots)->host_memory(whole) : nullptr;
  if (!memory) return gst_allocator_alloc(nullptr, size, params);
  auto* owner = new std::shared_ptr<std::byte>(std::move(memory));
  GstMemory* wrapped =
      gst_memory_new_wrapped(params->flags, owner->get(), whole, params->prefix, size, owner,
                             [](gpointer data) { delete static_cast<std::shared_ptr<std::byte>*>(data); });
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(wrapped), pinned_mark(), owner, nullptr);
  return wrapped;
}

void finalize(GObject* object) {
  delete reinterpret_cast<CnnPinnedAllocator*>(object)->slots;
  G_OBJECT_CLASS(cnn_pinned_allocator_parent_class)->finalize(object);
}

}  // namespace

static void cnn_pinned_allocator_init(CnnPinnedAllocator* self) {
  GST_OBJECT_FLAG_SET(self, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}
static void cnn_pinned_allocator_class_init(CnnPinnedAllocatorClass* type) {
  GST_ALLOCATOR_CLASS(type)->alloc = allocate;
  GST_ALLOCATOR_CLASS(type)->free = [](GstAllocator*, GstMemory*) {};  // the memory is the system allocator's
  G_OBJECT_CLASS(type)->finalize = finalize;
}

namespace cnn {

GstAllocator* new_pinned_allocator(std::shared_ptr<const FrameSlots> slots) {
  auto* allocator = static_cast<CnnPinnedAllocator*>(g_object_new(cnn_pinned_allocator_get_type(), nullptr));
  gst_object_ref_sink(allocator);
  allocator->slots = new std::shared_ptr<const FrameSlots>(std::move(slots));
  return GST_ALLOCATOR(allocator);
}

bool is_pinned(GstBuffer* buffer) {
  const guint memories = gst_buffer_n_memory(buffer);
  for (guint i = 0; i < memories; ++i)
    if (!::is_pinned(gst_buffer_peek_memory(buffer, i))) return false;
  return memories > 0;
}

}  // namespace cnn
