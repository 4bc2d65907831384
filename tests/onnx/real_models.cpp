// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/onnx/importer.h"
#include "tests/support/test_data.h"

namespace cnn::test {
namespace {

TEST(RealModels, AllImport) {
  CNN_TEST_DATA_OR_SKIP(folder, "models");
  int models = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".onnx") continue;
    ++models;
    auto model = import_model(entry.path().string());
    if (model)
      EXPECT_FALSE(model->graph.nodes.empty()) << entry.path();
    else
      ADD_FAILURE() << model.error().what;
  }
  EXPECT_GT(models, 10);
}

TEST(RealModels, WeightsInHalfPrecisionAreWidened) {
  CNN_TEST_DATA_OR_SKIP(path, "models/fp16/squeezenet1.1_winml_fp16.onnx");
  auto model = import_model(path);
  ASSERT_TRUE(model) << model.error().what;
  int64_t weights = 0;
  for (const Value& value : model->graph.values) {
    if (!value.constant) continue;
    EXPECT_NE(value.type.dtype, DataType::UInt16) << value.name;
    if (value.type.dtype == DataType::Float32) weights += value.constant->desc.count();
  }
  EXPECT_GT(weights, 1'000'000);
  EXPECT_EQ(model->graph.inputs.size(), 1u);
}

TEST(RealModels, ExternalDataIsFound) {
  CNN_TEST_DATA_OR_SKIP(path, "models/mnist/rten/mnist-external/mnist.onnx");
  auto model = import_model(path);
  ASSERT_TRUE(model) << model.error().what;
}

}  // namespace
}  // namespace cnn::test
