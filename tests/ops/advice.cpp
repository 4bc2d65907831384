// SPDX-License-Identifier: MIT
#include "engine/ops/advice.h"

#include <gmock/gmock.h>

#include "engine/onnx/importer.h"
#include "engine/ops/op_table.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string advice(const std::string& type, const std::string& domain = "", int opset = 18) {
  NodeSource node;
  node.name = "n";
  node.type = type;
  node.domain = domain;
  node.opset = opset;
  return advice_for(node);
}

TEST(Advice, SaysWhatToDoAboutEachKindOfOperator) {
  EXPECT_EQ(
      advice("Loop"),
      "Loop: export with static control flow: trace the model instead of scripting it, with sizes and counts fixed");
  EXPECT_THAT(advice("NonMaxSuppression"), HasSubstr("cut the graph before it"));
  EXPECT_THAT(advice("LSTM"), HasSubstr("recurrent"));
  EXPECT_THAT(advice("Unique", "ai.onnx"), StartsWith("Unique: its result's size depends on the data"));
  EXPECT_THAT(advice("TensorScatter", "", 24), HasSubstr("opset 22"));
  EXPECT_EQ(advice("Attention", "", 22), "Attention: exists in later opsets; export with a newer one");
  EXPECT_THAT(advice("Attention", "com.microsoft", 1), StartsWith("com.microsoft.Attention: made by ONNX Runtime's"));
  EXPECT_THAT(advice("Conv", "com.microsoft.nchwc", 1), HasSubstr("ORT_ENABLE_BASIC"));
  EXPECT_THAT(advice("ZipMap", "ai.onnx.ml", 1), HasSubstr("zipmap=False"));
  EXPECT_THAT(advice("Adam", "ai.onnx.preview.training", 1), HasSubstr("for inference"));
  EXPECT_THAT(advice("aten", "org.pytorch.aten", 1), HasSubstr("fall-through"));
}

TEST(Advice, TellsOldOpsetsFromUnknownNames) {
  EXPECT_EQ(advice("Add", "", 6), "Add: opset 6 is older than 7; convert the model (onnx.version_converter)");
  EXPECT_EQ(advice("Gelu", "", 13), "Gelu: exists in later opsets; export with a newer one");
  EXPECT_EQ(advice("Convv"), "Convv: no such operator, did the exporter mean \"Conv\"?");
  EXPECT_EQ(advice("QLinearConct", "com.microsoft", 1),
            "com.microsoft.QLinearConct: no such operator, did the exporter mean \"QLinearConcat\"?");
  EXPECT_EQ(advice("Relu", "ai.onx", 1),
            "ai.onx.Relu: no domain is called \"ai.onx\", did the exporter mean \"ai.onnx\"?");
  EXPECT_EQ(advice("Relu", "my.ops", 1),
            "my.ops.Relu: an operator of this name is supported in ONNX's own domain; export it there");
  EXPECT_THAT(advice("Wobble", "my.ops", 1), HasSubstr("a custom operator"));
  EXPECT_EQ(advice("Entirely"), "");
}

TEST(Advice, IsForNothingThatIsSupported) {
  for (const char* type : {"If", "Loop", "NonMaxSuppression", "LSTM", "DeformConv", "Unique", "TensorScatter"})
    EXPECT_FALSE(knows_op("", type)) << type << " is supported: its advice is out of date";
}

TEST(Advice, StandsOnceBehindTheListOfNodes) {
  const std::string bytes = OnnxWriter(18)
                                .input("x", {1, 4})
                                .node("LSTM", {"x"}, {"a"}, {}, "first")
                                .node("LSTM", {"a"}, {"b"}, {}, "second")
                                .node("Attention", {"b"}, {"y"}, {}, "third", "com.microsoft")
                                .opset("com.microsoft", 1)
                                .output("y")
                                .bytes();
  const auto model = import_model_bytes(std::as_bytes(std::span(bytes)), "");
  ASSERT_FALSE(model);
  EXPECT_THAT(
      model.error().what,
      StartsWith("3 nodes are not supported: first: operator LSTM of opset 18 is not supported; second: operator "
                 "LSTM of opset 18 is not supported; third: operator com.microsoft.Attention of opset 1 is not "
                 "supported; what to do: LSTM: recurrent layers"));
  EXPECT_THAT(model.error().what, HasSubstr("; com.microsoft.Attention: made by"));
  EXPECT_EQ(model.error().what.find("LSTM: rec"), model.error().what.rfind("LSTM: rec"));
}

}  // namespace
}  // namespace cnn::test
