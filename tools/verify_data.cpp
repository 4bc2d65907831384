// SPDX-License-Identifier: MIT
#include "tools/verify_data.h"

#include <algorithm>
#include <filesystem>

namespace cnn::tools {
namespace {

namespace fs = std::filesystem;

bool is_output_of(const fs::path& file, const std::string& stem) {
  const std::string name = file.filename().string();
  return name.starts_with(stem + "_output_") && name.ends_with(".pb");
}

}  // namespace

Result<Case> find_case(const std::string& path) {
  std::error_code failure;
  fs::path given = fs::path(path).lexically_normal();
  if (!given.has_filename()) given = given.parent_path();
  Case found;
  if (fs::is_regular_file(given, failure)) {
    if (given.extension() != ".onnx")
      return error(ErrorCode::InvalidArgument, path, ": is no folder and no .onnx file");
    found.name = given.stem().string();
    found.model = given.string();
    const fs::path folder = given.has_parent_path() ? given.parent_path() : ".";
    for (const auto& entry : fs::directory_iterator(folder, failure))
      if (is_output_of(entry.path(), found.name)) found.ramp_outputs.push_back(entry.path().string());
    std::sort(found.ramp_outputs.begin(), found.ramp_outputs.end());
    return found;
  }
  if (!fs::is_directory(given, failure)) return error(ErrorCode::Io, path, ": does not exist");
  found.name = given.filename().string();
  found.model = (given / "model.onnx").string();
  if (!fs::is_regular_file(found.model, failure)) return error(ErrorCode::Io, path, ": holds no model.onnx");
  for (const auto& entry : fs::directory_iterator(given, failure))
    if (entry.path().filename().string().starts_with("test_data_set_")) found.sets.push_back(entry.path().string());
  std::sort(found.sets.begin(), found.sets.end());
  return found;
}

Result<std::vector<TensorFile>> read_numbered(const std::string& prefix) {
  std::vector<TensorFile> tensors;
  std::error_code failure;
  for (int i = 0;; ++i) {
    const std::string path = prefix + "_" + std::to_string(i) + ".pb";
    if (!fs::exists(path, failure)) return tensors;
    CNN_TRY(tensor, read_tensor_file(path));
    tensors.push_back(std::move(tensor));
  }
}

Result<std::vector<TensorFile>> ramps(const Graph& graph) {
  std::vector<TensorFile> inputs;
  for (ValueId id : graph.inputs) {
    const Value& value = graph.value(id);
    if (value.type.dtype != DataType::Float32)
      return error(ErrorCode::Unsupported, "input ", value.name, " is ", to_string(value.type.dtype),
                   " and has no data");
    Shape shape = value.type.shape;
    for (int64_t& extent : shape) extent = std::max<int64_t>(extent, 1);
    CNN_TRY(count, checked_element_count(shape));
    NewTensor made = make_tensor({DataType::Float32, shape});
    auto* values = reinterpret_cast<float*>(made.bytes);
    for (int64_t i = 0; i < count; ++i)
      values[i] = static_cast<float>(static_cast<double>(i) / static_cast<double>(count));
    inputs.push_back({value.name, "float32", made.tensor});
  }
  return inputs;
}

}  // namespace cnn::tools
