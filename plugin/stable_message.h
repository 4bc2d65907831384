// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include "plugin/stabiliser.h"

namespace cnn {

/// label-entered, label-left, unknown.
const char* name_of(StableChange::Kind kind);

/// An element message named `cnnclassify` with the times of classification_message(), the string `event` (name_of()),
/// `since` (guint64, time stamp of the frame from which the label led), `confidence` (double, smoothed), `label` and
/// `index` (not with unknown), and `object-id` (gint64) unless it is about the whole frame. The caller owns it.
GstMessage* change_message(GstElement* source, const StableChange& change);

}  // namespace cnn
