// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace cnn {

/// Makes the tracer `cnn` known: with GST_TRACERS=cnn and GST_DEBUG=GST_TRACER:7 each stage of each frame is a record
/// `cnn-stage` in the log, with the fields element, stage and time (ns).
gboolean register_stage_tracer(GstPlugin* plugin);

/// Writes a record where the tracer is active, else costs a load. Any thread.
void trace_stage(const char* element, const char* stage, uint64_t ns);

}  // namespace cnn
