// SPDX-License-Identifier: MIT
// A libFuzzer target: reads bytes as an ONNX file, whose external data may lie in a folder with one small file, and
// what its metadata says about the model.
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "engine/onnx/importer.h"
#include "engine/vision/bundle.h"
#include "tests/support/onnx_writer.h"

namespace {

std::string folder;

void remove_folder() { std::filesystem::remove_all(folder); }

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  folder = (std::filesystem::temp_directory_path() / "cnn-fuzz-XXXXXX").string();
  if (!mkdtemp(folder.data())) return 1;
  std::atexit(remove_folder);
  cnn::test::save_bytes(folder + "/weights.bin", std::string(4096, '\1'));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto model = cnn::import_model_bytes(std::as_bytes(std::span(data, size)), folder);
  if (!model) {
    if (model.error().what.empty()) std::abort();
    return 0;
  }
  if (!model->graph.verify("import")) std::abort();
  (void)cnn::read_bundle(model->metadata, "");
  return 0;
}
