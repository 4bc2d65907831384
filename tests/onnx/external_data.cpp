// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <filesystem>
#include <protozero/pbf_writer.hpp>

#include "engine/onnx/importer.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

namespace fs = std::filesystem;
using protozero::pbf_writer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string external_tensor(const Shape& shape, const Entries& entries, int type = 1) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_packed_int64(1, shape.begin(), shape.end());
  writer.add_int32(2, type);
  writer.add_string(8, "w");
  for (const auto& [key, value] : entries) {
    pbf_writer entry(writer, 13);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
  writer.add_int32(14, 1);
  return bytes;
}

/// A folder with `outside.bin` beside and `model/weights.bin` = the floats 0 .. 7 inside.
class ExternalData : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("external_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "model" / "inner");
    std::vector<float> values{0, 1, 2, 3, 4, 5, 6, 7};
    const std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    save_bytes((root_ / "model" / "weights.bin").string(), bytes);
    save_bytes((root_ / "model" / "inner" / "weights.bin").string(), bytes);
    save_bytes((root_ / "outside.bin").string(), bytes);
  }
  void TearDown() override { fs::remove_all(root_); }

  Result<Model> import(const Shape& shape, const Entries& entries, int type = 1) {
    const std::string path = (root_ / "model" / "model.onnx").string();
    OnnxWriter().initializer_message(external_tensor(shape, entries, type)).output("w").save(path);
    return import_model(path);
  }
  std::string refusal(const Shape& shape, const Entries& entries) {
    auto model = import(shape, entries);
    return model ? "accepted" : model.error().what;
  }
  static std::vector<float> weights(const Result<Model>& model) {
    if (!model) {
      ADD_FAILURE() << model.error().what;
      return {};
    }
    const auto values = model->graph.constant(model->graph.find_value("w"))->values<float>();
    return {values.begin(), values.end()};
  }
  fs::path root_;
};

TEST_F(ExternalData, IsReadFromTheModelsFolder) {
  EXPECT_THAT(weights(import({8}, {{"location", "weights.bin"}})), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(weights(import({2}, {{"location", "inner/weights.bin"}, {"offset", "8"}, {"length", "8"}})),
              ElementsAre(2, 3));
  EXPECT_THAT(weights(import({1, 2}, {{"location", "./weights.bin"}, {"offset", "4"}})), ElementsAre(1, 2));
}

TEST_F(ExternalData, IsCopiedWhereItIsNotAligned) {
  auto model = import({2}, {{"location", "weights.bin"}, {"offset", "3"}, {"length", "2"}}, 2);
  ASSERT_TRUE(model) << model.error().what;
  auto floats = import({1}, {{"location", "weights.bin"}, {"offset", "6"}, {"length", "4"}});
  ASSERT_TRUE(floats) << floats.error().what;
  const Tensor* w = floats->graph.constant(floats->graph.find_value("w"));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(w->bytes.get()) % alignof(float), 0u);
}

TEST_F(ExternalData, OutsideTheFolderIsRefused) {
  EXPECT_THAT(refusal({8}, {{"location", "../outside.bin"}}), HasSubstr("leads out of the model's folder"));
  EXPECT_THAT(refusal({8}, {{"location", "inner/../../outside.bin"}}), HasSubstr("leads out of the model's folder"));
  EXPECT_THAT(refusal({8}, {{"location", (root_ / "outside.bin").string()}}), HasSubstr("absolute path"));
  fs::create_symlink(root_ / "outside.bin", root_ / "model" / "link.bin");
  EXPECT_THAT(refusal({8}, {{"location", "link.bin"}}), HasSubstr("leads out of the model's folder"));
  fs::create_directory_symlink(root_, root_ / "model" / "up");
  EXPECT_THAT(refusal({8}, {{"location", "up/outside.bin"}}), HasSubstr("leads out of the model's folder"));
  fs::create_directories(root_ / "model_b");
  fs::copy_file(root_ / "outside.bin", root_ / "model_b" / "w.bin");
  fs::create_directory_symlink(root_ / "model_b", root_ / "model" / "sibling");
  EXPECT_THAT(refusal({8}, {{"location", "sibling/w.bin"}}), HasSubstr("leads out of the model's folder"));
}

TEST_F(ExternalData, LinksInsideTheFolderAreFollowed) {
  fs::create_symlink("weights.bin", root_ / "model" / "link.bin");
  EXPECT_THAT(weights(import({2}, {{"location", "link.bin"}})), ElementsAre(0, 1));
}

TEST_F(ExternalData, MustHoldWhatTheTensorClaims) {
  EXPECT_THAT(refusal({9}, {{"location", "weights.bin"}}), HasSubstr("needs 36 bytes but holds 32"));
  EXPECT_THAT(refusal({8}, {{"location", "weights.bin"}, {"length", "16"}}), HasSubstr("needs 32 bytes but holds 16"));
  EXPECT_THAT(refusal({8}, {{"location", "weights.bin"}, {"offset", "33"}}), HasSubstr("no offset 33"));
  EXPECT_THAT(refusal({8}, {{"location", "weights.bin"}, {"offset", "18446744073709551615"}}), HasSubstr("no offset"));
  EXPECT_THAT(refusal({8}, {{"location", "weights.bin"}, {"offset", "-4"}}), HasSubstr("no offset -4"));
  EXPECT_THAT(refusal({8}, {{"location", "weights.bin"}, {"offset", "4"}, {"length", "32"}}),
              HasSubstr("no 32 bytes at offset 4"));
  EXPECT_THAT(refusal({8}, {{"location", "weights.bin"}, {"length", "lots"}}), HasSubstr("no lots bytes"));
  EXPECT_THAT(refusal({1}, {{"location", "missing.bin"}}), HasSubstr("missing.bin"));
  EXPECT_THAT(refusal({1}, {{"location", "inner"}}), HasSubstr("is a directory"));
  EXPECT_THAT(refusal({1}, {}), HasSubstr("is not a file name"));
}

TEST_F(ExternalData, IsRefusedForModelsFromMemory) {
  const std::string bytes =
      OnnxWriter().initializer_message(external_tensor({8}, {{"location", "weights.bin"}})).output("w").bytes();
  auto model = import_model_bytes(std::as_bytes(std::span(bytes)), "");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("the model has no folder"));
}

}  // namespace
}  // namespace cnn::test
