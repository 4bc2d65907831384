// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cnn::test {

/// Names and bytes of ONNX files with what no program of random_model() makes: functions, subgraphs, external data,
/// bundle metadata, element types that are converted, typed data, sparse and other unusual fields.
std::vector<std::pair<std::string, std::string>> special_models();

}  // namespace cnn::test
