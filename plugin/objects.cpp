// SPDX-License-Identifier: MIT
#include "plugin/objects.h"

namespace cnn {

std::vector<DetectedObject> detected_objects(GstBuffer* frame) {
  std::vector<DetectedObject> objects;
  find_roi_objects(frame, objects);
  find_analytics_objects(frame, objects);
  return objects;
}

void attach_to_object(GstBuffer* frame, const DetectedObject& object, const ClassifiedObject& result,
                      const std::string& model) {
  if (object.roi) attach_to_roi(frame, *object.roi, result, model);
  if (object.od) attach_to_od(frame, *object.od, result);
}

}  // namespace cnn
