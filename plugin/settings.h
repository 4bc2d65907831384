// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/precision.h"

namespace cnn {

/// Which frames are inferred.
enum class LivePolicy {
  Auto,      ///< All for files, Latest for live sources
  All,       ///< every frame, whatever it costs
  Latest,    ///< the newest frame when the engine is free
  Deadline,  ///< every frame that will not be late for it
};

/// What a frame waits for.
enum class VideoDelay {
  None,    ///< nothing: it carries the newest result there is
  Result,  ///< its own result
};

/// What is posted on the bus.
enum class PostMessages {
  None,
  Results,  ///< every result
  Changes,  ///< when the stable label changes
};

/// How a label is steadied; all zero: it is the most confident class of the last result. May change while frames flow.
struct Steadying {
  uint64_t smoothing_ns = 0;     ///< time constant of the exponential average of each class's probability
  double hysteresis = 0;         ///< 0..1; how much more confident another class must be to take over
  uint64_t min_duration_ns = 0;  ///< how long it must lead until then
  double unknown_threshold = 0;  ///< 0..1; below this smoothed confidence the answer is unknown
};

/// What of a frame is classified.
enum class Regions {
  Frame,    ///< the whole
  Objects,  ///< the rectangles that detectors attached
  Both,
};

/// May change while frames flow; a change applies from the next batch on.
struct Tuning : Steadying {
  unsigned top_k = 5;
  double threshold = 0;             ///< 0..1; classes below it are left out
  unsigned inference_interval = 1;  ///< each n-th frame is inferred
  PostMessages post_messages = PostMessages::None;
  std::string object_class;          ///< detectors' labels, separated by commas, that are classified; "": all
  unsigned min_size = 1;             ///< pixels of an object's shorter side
  unsigned max_objects = 100;        ///< inferred in a frame at most, the largest first
  unsigned reclassify_interval = 1;  ///< frames until a tracked object is inferred again; 0: never
  unsigned shadow_frames = 0;        ///< that a new model computes beside the old one before it takes over
  double swap_min_agreement = 0;     ///< 0..1; a new model that agrees less with the old one is not taken
};

/// Fixed from start to stop, but for the model and its labels.
struct Settings : Tuning {
  std::string model_file;   ///< "": the default model
  std::string labels_file;  ///< "": the model's own labels
  std::string input_size;   ///< "WIDTHxHEIGHT" for models that leave it open; "": the model's own
  std::string device = "auto";
  Precision precision = Precision::Auto;
  unsigned threads = 0;           ///< 0: one per core
  unsigned batch_size = 0;        ///< frames computed together at most; 0: as many as there are when the engine is free
  std::string features = "none";  ///< "none", "auto" or the name of a tensor
  bool normalise_features = false;
  std::string engine_id;   ///< "": shared with all that want the same
  unsigned priority = 10;  ///< 1..100, share of a shared engine
  LivePolicy live_policy = LivePolicy::Auto;
  VideoDelay video_delay = VideoDelay::Result;
  Regions regions = Regions::Frame;
};

}  // namespace cnn
