// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "plugin/frame_objects.h"
#include "plugin/metadata.h"
#include "plugin/object_cache.h"
#include "plugin/statistics.h"

namespace cnn {

/// Takes the results that are there, once each, keeps those of tracked objects in `cache`, and calls `each` with their
/// objects and the frames since the object's result before (1 where there is none). `pts` is the frame's.
void take_object_results(FrameObjects& objects, GstClockTime pts, ObjectCache& cache,
                         const std::function<void(const FrameObject&, uint64_t frames)>& each);

/// The objects that have a result in this frame, their own or one carried over, and which of `objects` they are.
struct ObjectReport {
  std::vector<ClassifiedObject> results;
  std::vector<const FrameObject*> of;
};
ObjectReport report_objects(const FrameObjects& objects, GstClockTime pts, const ObjectCache& cache);

/// What became of the objects of a frame that leaves with `report`.
ObjectCounts count_objects(const FrameObjects& objects, const ObjectReport& report);

/// Attaches each result to its rectangle. `frame` must be writable.
void attach_objects(GstBuffer* frame, const ObjectReport& report, const std::string& model);

}  // namespace cnn
