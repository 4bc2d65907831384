// SPDX-License-Identifier: MIT
#include "engine/model_bundle.h"

#include "engine/classifier.h"
#include "engine/onnx/importer.h"

namespace cnn {

Result<Bundle> read_model_bundle(const std::string& model_file) {
  const std::string path = model_file.empty() ? default_model_file() : model_file;
  CNN_TRY(model, import_model(path));
  return read_bundle(model.metadata, path);
}

}  // namespace cnn
