// SPDX-License-Identifier: MIT
#include "plugin/object_delivery.h"

#include <utility>

#include "plugin/frame_times.h"
#include "plugin/labelled.h"

namespace cnn {
namespace {

ObjectResultPtr result_of(Ticket& ticket, uint64_t frame, GstClockTime pts) {
  auto result = std::make_shared<ObjectResult>();
  result->classes = labelled(ticket.result.classes);
  result->heads = labelled_heads(ticket.result);
  result->features = std::move(ticket.result.features);
  result->frame = frame;
  result->pts = pts;
  return result;
}

bool may_carry(ObjectFate fate) { return fate == ObjectFate::Kept || fate == ObjectFate::Due; }

}  // namespace

void take_object_results(FrameObjects& objects, GstClockTime pts, ObjectCache& cache,
                         const std::function<void(const FrameObject&, uint64_t)>& each) {
  for (FrameObject& object : objects.list) {
    if (object.result || !object.ticket || object.ticket->state != Ticket::State::Done) continue;
    object.result = result_of(*object.ticket, objects.frame, pts);
    each(object, object.track ? cache.keep(*object.track, object.result) : 1);
  }
}

ObjectReport report_objects(const FrameObjects& objects, GstClockTime pts, const ObjectCache& cache) {
  ObjectReport report;
  for (const FrameObject& object : objects.list) {
    const DetectedObject& detected = object.detected;
    ObjectResultPtr result = object.result;
    if (!result && object.track && may_carry(object.fate)) result = cache.recall(*object.track);
    if (!result) continue;
    ClassifiedObject classified;
    classified.box = detected.box;
    classified.type = detected.type;
    classified.id = detected.id;
    classified.classes = result->classes;
    classified.heads = result->heads;
    classified.features = result->features;
    classified.inferred = object.result != nullptr;
    if (!classified.inferred) classified.age_ns = elapsed(result->pts, pts);
    report.results.push_back(std::move(classified));
    report.of.push_back(&object);
  }
  return report;
}

ObjectCounts count_objects(const FrameObjects& objects, const ObjectReport& report) {
  ObjectCounts counts;
  counts.seen = objects.list.size();
  for (const ClassifiedObject& result : report.results) ++(result.inferred ? counts.classified : counts.carried);
  for (const FrameObject& object : objects.list) {
    counts.filtered += object.fate == ObjectFate::Filtered;
    counts.empty += object.fate == ObjectFate::Empty;
  }
  counts.skipped = counts.seen - counts.classified - counts.carried - counts.filtered - counts.empty;
  return counts;
}

void attach_objects(GstBuffer* frame, const ObjectReport& report, const std::string& model) {
  for (size_t i = 0; i < report.results.size(); ++i)
    attach_to_object(frame, report.of[i]->detected, report.results[i], model);
}

}  // namespace cnn
