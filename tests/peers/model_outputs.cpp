// SPDX-License-Identifier: MIT
// usage: model_outputs MODEL.onnx FOLDER [TENSOR...]
// Runs a model on FOLDER/input.f32 (its first input, Plain) and writes each output and TENSOR into FOLDER as N.f32, with
// their names and shapes as JSON on standard output; {"error": ...} where the model does not open.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/onnx/importer.h"
#include "engine/session.h"

namespace {

using nlohmann::json;

json run(const std::string& model_file, const std::string& folder, std::vector<std::string> tensors) {
  auto model = cnn::import_model(model_file);
  if (!model) return {{"error", model.error().what}};
  cnn::SessionOptions options;
  options.batched = false;
  options.extra_outputs = std::move(tensors);
  // Tensors inside exist only where nothing is fused over them.
  options.optimise = options.extra_outputs.empty();
  auto session = cnn::Session::open(std::move(*model), options);
  if (!session) return {{"error", session.error().what}};
  const cnn::TensorDesc& input = (*session)->inputs().at(0);
  std::vector<char> bytes(input.bytes());
  std::ifstream from(folder + "/input.f32", std::ios::binary);
  if (!from.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    return {{"error", "the input needs " + std::to_string(bytes.size()) + " bytes"}};
  (*session)->set_input(0, bytes.data());
  static_cast<void>((*session)->run(1));
  json outputs = json::array();
  for (size_t i = 0; i < (*session)->outputs().size(); ++i) {
    const cnn::TensorDesc& desc = (*session)->outputs()[i];
    const std::string file = std::to_string(i) + ".f32";
    std::ofstream to(folder + "/" + file, std::ios::binary);
    to.write(reinterpret_cast<const char*>((*session)->output(i)), static_cast<std::streamsize>(desc.bytes()));
    outputs.push_back({{"name", (*session)->output_names()[i]},
                       {"shape", desc.shape},
                       {"type", cnn::to_string(desc.dtype)},
                       {"file", file}});
  }
  return {{"outputs", outputs}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: model_outputs MODEL.onnx FOLDER [TENSOR...]\n";
    return 2;
  }
  std::cout << run(argv[1], argv[2], {argv + 3, argv + argc}).dump() << std::endl;
}
