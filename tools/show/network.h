// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/classifier_graph.h"
#include "engine/session.h"
#include "engine/vision/bundle.h"
#include "engine/vision/placement.h"
#include "tools/inspect_model.h"
#include "tools/show/colours.h"

namespace cnn::tools {

/// A model that pictures go into, to be looked inside.
struct Network {
  Model model;
  Bundle bundle;
  ImageInput input;
  Precision precision = Precision::Fp32;
  InspectOptions options;

  static Result<Network> open(const std::string& path, const InspectOptions& options);
  /// Batch 1, one picture after the other. Delivers these tensors and computes what they need; none: the graph's
  /// outputs.
  Result<std::unique_ptr<Session>> session(const std::vector<ValueId>& tensors) const;
  const std::string& name_of(ValueId id) const { return model.graph.value(id).name; }
};

/// A picture as the network sees it and as it is shown.
struct Frame {
  std::string file;
  std::vector<std::byte> input;  ///< of the network: Plain, in the model's own order of axes
  Pixels shown;                  ///< the whole picture, its longer side at most 720 pixels
  Placement placement;           ///< which part of `shown` lies where in the input

  /// From pixels of the network's input to pixels of `shown`.
  double shown_x(double x) const {
    return placement.source_x + (x - placement.x) * placement.source_width / placement.width;
  }
  double shown_y(double y) const {
    return placement.source_y + (y - placement.y) * placement.source_height / placement.height;
  }
};

/// Decodes the file and prepares it as for classification.
Result<Frame> read_frame(const std::string& file, const Network& network);

/// Output `name` of the last run of batch 1, as real numbers.
struct Values {
  Shape shape;
  std::vector<float> values;
};
Values output_values(const Session& session, const std::string& name);
/// Runs `input` (as Frame::input) and reads one output.
Values run_network(Session& session, const std::vector<std::byte>& input, const std::string& output);

}  // namespace cnn::tools
