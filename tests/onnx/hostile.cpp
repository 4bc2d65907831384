// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <random>

#include "engine/onnx/importer.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"
#include "tests/support/test_data.h"

namespace cnn::test {
namespace {

Result<Model> import_bytes(std::string_view bytes) {
  // Exactly as many bytes as stated, so that reading past them is seen by sanitizers.
  const std::vector<std::byte> exact(reinterpret_cast<const std::byte*>(bytes.data()),
                                     reinterpret_cast<const std::byte*>(bytes.data()) + bytes.size());
  return import_model_bytes(exact, "");
}

std::string small_model() {
  return OnnxWriter(13)
      .input("x", {1, 2, 4, 4})
      .weights("w", {2, 2, 3, 3}, std::vector<float>(36, 0.5f))
      .integers("shape", {1, -1})
      .node("Conv", {"x", "w"}, {"c"}, {{"strides", {1, 1}}, {"auto_pad", "SAME_UPPER"}})
      .node("Relu", {"c"}, {"r"})
      .node("LeakyRelu", {"r"}, {"l"}, {{"alpha", 0.25}})
      .node("Reshape", {"l", "shape"}, {"y"})
      .output("y")
      .metadata("key", "value")
      .bytes();
}

TEST(HostileModel, BrokenOffAnywhereIsAnErrorOrASmallerModel) {
  const std::string whole = small_model();
  ASSERT_TRUE(import_bytes(whole)) << import_bytes(whole).error().what;
  int refused = 0;
  for (size_t length = 0; length < whole.size(); ++length) {
    auto model = import_bytes(std::string_view(whole).substr(0, length));
    if (model) continue;
    ++refused;
    EXPECT_FALSE(model.error().what.empty()) << length;
  }
  // Only whole fields may be missing at the end; the graph, which is the last and longest, never is.
  EXPECT_EQ(refused, static_cast<int>(whole.size()));
}

TEST(HostileModel, FlippedBytesNeverCrashTheImporter) {
  const std::string whole = small_model();
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = whole;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    auto model = import_bytes(bytes);
    if (model) {
      EXPECT_TRUE(model->graph.verify("flipping"));
    } else {
      ++refused;
      EXPECT_FALSE(model.error().what.empty());
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(HostileModel, RandomBytesAreRefused) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_FALSE(import_bytes(bytes));
  }
}

TEST(HostileModel, BrokenRealModelIsRefused) {
  CNN_TEST_DATA_OR_SKIP(path, "models/mnist/winml/mnist.onnx");
  auto model = import_model(path);
  ASSERT_TRUE(model) << model.error().what;
  std::string bytes(30000, '\0');
  FILE* file = std::fopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  for (size_t length = 0; length + 200 < bytes.size(); length += 97)
    EXPECT_FALSE(import_bytes(std::string_view(bytes).substr(0, length))) << length;
}

std::string field(int tag, const std::string& payload) {
  std::string bytes(1, static_cast<char>(tag << 3 | 2));
  size_t left = payload.size();
  for (; left >= 128; left >>= 7) bytes += static_cast<char>((left & 127) | 128);
  return bytes + static_cast<char>(left) + payload;
}

TEST(HostileModel, DeeplyNestedGraphsDoNotRecurse) {
  std::string node = node_message("If", {}, {"y"});
  for (int depth = 0; depth < 2000; ++depth) {  // AttributeProto{name, g: GraphProto{node}}
    const std::string attribute = field(1, "then_branch") + field(6, field(1, node));
    node = node_message("If", {}, {"y"}) + field(5, attribute);
  }
  OnnxWriter writer;
  auto model = import_bytes(writer.node_message(node).output("y").bytes());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::Unsupported);
}

TEST(HostileModel, LongUnsupportedListIsCutShort) {
  OnnxWriter writer;
  writer.input("t0", {1});
  auto tensor = [](int i) { return std::string("t").append(std::to_string(i)); };
  for (int i = 0; i < 500; ++i) writer.node("Unheard", {tensor(i)}, {tensor(i + 1)});
  auto model = import_bytes(writer.output("t500").bytes());
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, testing::HasSubstr("500 nodes are not supported"));
  EXPECT_THAT(model.error().what, testing::HasSubstr("and 400 more"));
}

}  // namespace
}  // namespace cnn::test
