// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

namespace cnn {

/// Turns downstream's answer to an ALLOCATION query into ours: pools lend `held` frames more, because we keep so many.
/// What downstream supports (GstVideoMeta among it) stays as it said, for it gets the very same frames, except
/// GstVideoCropMeta, which we do not read.
void amend_allocation(GstQuery* query, unsigned held);

}  // namespace cnn
