// SPDX-License-Identifier: MIT
#include "plugin/allocation.h"

#include <gst/video/video.h>

#include <algorithm>
#include <utility>

#include "plugin/cuda_memory.h"
#include "plugin/pinned_memory.h"

namespace cnn {
namespace {

/// Bytes of one frame by the query's caps; 0 when they do not say.
guint frame_size(GstQuery* query) {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo info;
  return caps && gst_video_info_from_caps(&info, caps) ? static_cast<guint>(GST_VIDEO_INFO_SIZE(&info)) : 0;
}

void lend_more(GstQuery* query, guint index, guint held) {
  GstBufferPool* pool = nullptr;
  guint size = 0, least = 0, most = 0;
  gst_query_parse_nth_allocation_pool(query, index, &pool, &size, &least, &most);
  least += held;
  // A pool that cannot lend that many would stall the stream: upstream makes its own.
  const bool too_small = most > 0 && most < least;
  gst_query_set_nth_allocation_pool(query, index, too_small ? nullptr : pool, size, least, too_small ? 0 : most);
  if (pool) gst_object_unref(pool);
}

/// Whether the query's caps are of pixels in system memory; `info` then describes them.
bool in_system_memory(GstCaps* caps, GstVideoInfo& info) {
  if (!caps || gst_caps_get_size(caps) == 0 || !gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-raw"))
    return false;
  GstCapsFeatures* features = gst_caps_get_features(caps, 0);
  const bool system = !features || gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
  return system && gst_video_info_from_caps(&info, caps);
}

/// A pool or an allocator of downstream's.
bool has_memory(GstQuery* query) {
  for (guint i = 0; i < gst_query_get_n_allocation_pools(query); ++i) {
    GstBufferPool* pool = nullptr;
    gst_query_parse_nth_allocation_pool(query, i, &pool, nullptr, nullptr, nullptr);
    if (!pool) continue;
    gst_object_unref(pool);
    return true;
  }
  for (guint i = 0; i < gst_query_get_n_allocation_params(query); ++i) {
    GstAllocator* allocator = nullptr;
    gst_query_parse_nth_allocation_param(query, i, &allocator, nullptr);
    if (!allocator) continue;
    gst_object_unref(allocator);
    return true;
  }
  return false;
}

}  // namespace

bool begin_cuda_allocation(GstQuery* query) {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  if (!caps || gst_caps_is_empty(caps) || !gst_caps_features_contains(gst_caps_get_features(caps, 0), kCudaMemory))
    return false;
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return true;
}

bool offer_pinned(GstQuery* query, unsigned held, std::shared_ptr<const FrameSlots> slots) {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo info;
  if (!slots || has_memory(query) || !in_system_memory(caps, info)) return false;
  guint size = static_cast<guint>(GST_VIDEO_INFO_SIZE(&info)), least = held, most = 0;
  const bool stated = gst_query_get_n_allocation_pools(query) > 0;
  if (stated) {
    guint other = 0;
    gst_query_parse_nth_allocation_pool(query, 0, nullptr, &other, &least, &most);
    size = std::max(size, other);
  }
  GstBufferPool* pool = gst_video_buffer_pool_new();
  GstAllocator* allocator = new_pinned_allocator(std::move(slots));
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  GstStructure* config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_set_params(config, caps, size, least, most);
  gst_buffer_pool_config_set_allocator(config, allocator, &params);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  const bool configured = gst_buffer_pool_set_config(pool, config);
  if (configured) {
    if (stated)
      gst_query_set_nth_allocation_pool(query, 0, pool, size, least, most);
    else
      gst_query_add_allocation_pool(query, pool, size, least, most);
    if (gst_query_get_n_allocation_params(query) > 0)
      gst_query_set_nth_allocation_param(query, 0, allocator, &params);
    else
      gst_query_add_allocation_param(query, allocator, &params);
  }
  gst_object_unref(allocator);
  gst_object_unref(pool);
  return configured;
}

void amend_allocation(GstQuery* query, unsigned held) {
  guint index = 0;
  if (gst_query_find_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, &index))
    gst_query_remove_nth_allocation_meta(query, index);
  const guint pools = gst_query_get_n_allocation_pools(query);
  for (guint i = 0; i < pools; ++i) lend_more(query, i, held);
  if (pools == 0)
    if (const guint size = frame_size(query)) gst_query_add_allocation_pool(query, nullptr, size, held, 0);
}

}  // namespace cnn
