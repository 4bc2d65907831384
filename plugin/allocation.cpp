// SPDX-License-Identifier: MIT
#include "plugin/allocation.h"

#include <gst/video/video.h>

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

}  // namespace

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
