// SPDX-License-Identifier: MIT
#include "plugin/frame_objects.h"

#include <algorithm>
#include <string_view>

namespace cnn {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Whether `type` is in the comma-separated `list`; everything is in an empty one.
bool is_listed(std::string_view list, std::string_view type) {
  if (trimmed(list).empty()) return true;
  for (;;) {
    const size_t comma = list.find(',');
    if (trimmed(list.substr(0, comma)) == type) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

ObjectFate fate_of(const FrameObject& object, uint64_t frame, const Tuning& tuning, ObjectCache& cache) {
  if (!is_listed(tuning.object_class, object.detected.type)) return ObjectFate::Filtered;
  if (object.visible.empty()) return ObjectFate::Empty;
  if (std::min(object.visible.width, object.visible.height) < static_cast<int64_t>(tuning.min_size))
    return ObjectFate::Filtered;
  const bool due = !object.track || cache.is_due(*object.track, frame, tuning.reclassify_interval);
  return due ? ObjectFate::Due : ObjectFate::Kept;
}

int64_t area(const FrameObject& object) { return int64_t{object.visible.width} * object.visible.height; }

}  // namespace

bool FrameObjects::settled() const {
  return std::all_of(list.begin(), list.end(), [](const FrameObject& o) { return !o.ticket || o.ticket->settled(); });
}

bool FrameObjects::has_ticket() const {
  return std::any_of(list.begin(), list.end(), [](const FrameObject& o) { return o.ticket != nullptr; });
}

FrameObjectsPtr look_for_objects(GstBuffer* buffer, uint64_t number, int width, int height, const Tuning& tuning,
                                 ObjectCache& cache) {
  auto objects = std::make_shared<FrameObjects>();
  objects->frame = number;
  objects->width = width;
  objects->height = height;
  for (DetectedObject& detected : detected_objects(buffer)) {
    FrameObject object;
    object.detected = std::move(detected);
    object.visible = clipped(object.detected.box, width, height);
    // Some detectors number the objects of each frame, or the labels: without a tracker only the user knows.
    if (object.detected.tracked || tuning.reclassify_interval != 1) object.track = object.detected.id;
    object.fate = fate_of(object, number, tuning, cache);
    objects->list.push_back(std::move(object));
  }
  return objects;
}

std::vector<FrameObject*> due_objects(FrameObjects& objects, unsigned most) {
  std::vector<FrameObject*> due;
  for (FrameObject& object : objects.list)
    if (object.fate == ObjectFate::Due) due.push_back(&object);
  std::stable_sort(due.begin(), due.end(),
                   [](const FrameObject* a, const FrameObject* b) { return area(*a) > area(*b); });
  if (due.size() > most) due.resize(most);
  return due;
}

}  // namespace cnn
