// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/precision_choice.h"
#include "engine/session.h"
#include "tools/receptive_field.h"

namespace cnn::tools {

struct InspectOptions {
  std::string device = "auto";
  Precision precision = Precision::Auto;
  int threads = 0;
  int batch = 1;
  bool optimise = true;
  std::map<std::string, Shape> input_shapes;
};

struct NamedType {
  std::string name, type;
  Shape shape;
};

/// All that cnn-inspect prints.
struct Inspection {
  std::string path, producer, device, device_reason;
  PrecisionChoice precision;
  int64_t ir_version = 0, opset = 0;
  std::vector<NamedType> inputs, outputs;
  std::map<std::string, std::string> metadata;
  size_t labels = 0;  ///< lines of cnn.labels
  std::vector<LayerReport> layers;
  std::vector<ReceptiveField> fields;  ///< parallel to layers
  int64_t parameters = 0, macs = 0;    ///< sums over layers, for one image
  size_t arena_bytes = 0;
};

Result<Inspection> inspect(const std::string& path, const InspectOptions& options);

/// "224x224"; "-" for nothing.
std::string extents(const std::vector<int64_t>& values);
/// What the columns for the receptive field and its stride show: "11x11", "whole", "-".
std::string field_size(const ReceptiveField& field);
std::string field_stride(const ReceptiveField& field);

std::string as_table(const Inspection& inspection);
std::string as_json(const Inspection& inspection);

}  // namespace cnn::tools
