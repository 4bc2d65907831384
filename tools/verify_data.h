// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/onnx/importer.h"
#include "tools/verify_case.h"

namespace cnn::tools {

/// Inputs and expected outputs of one run, in the order of the graph's.
struct DataSet {
  std::vector<TensorFile> inputs, outputs;
};

/// Reads PREFIX_0.pb, PREFIX_1.pb ... as long as there are files; not necessarily in one directory order.
Result<std::vector<TensorFile>> read_numbered(const std::string& prefix);

/// Inputs for graphs without data: element i of count is i / count. Unsupported for inputs that are not float.
Result<std::vector<TensorFile>> ramps(const Graph& graph);

}  // namespace cnn::tools
