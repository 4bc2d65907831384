// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <protozero/pbf_writer.hpp>

#include "engine/onnx/importer.h"
#include "tests/support/graph_builder.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using protozero::pbf_writer;
using ::testing::HasSubstr;

Tensor truth(bool value) { return values_of<bool>({}, {value}); }

std::string branch(const std::vector<std::string>& nodes, const std::vector<std::string>& outputs,
                   const std::vector<std::string>& initializers = {}) {
  std::string bytes;
  pbf_writer writer(bytes);
  for (const std::string& node : nodes) writer.add_message(1, node);
  for (const std::string& tensor : initializers) writer.add_message(5, tensor);
  for (const std::string& output : outputs) {
    pbf_writer info(writer, 12);
    info.add_string(1, output);
  }
  return bytes;
}

std::string if_message(const std::string& condition, const std::vector<std::string>& outputs, const std::string& yes,
                       const std::string& no) {
  std::string bytes = node_message("If", {condition}, outputs);
  pbf_writer writer(bytes);
  const std::pair<const char*, const std::string*> graphs[] = {{"then_branch", &yes}, {"else_branch", &no}};
  for (const auto& [name, graph] : graphs) {
    pbf_writer attribute(writer, 5);
    attribute.add_string(1, name);
    attribute.add_enum(20, 5);
    attribute.add_message(6, *graph);
  }
  return bytes;
}

std::string relu() { return branch({node_message("Relu", {"x"}, {"t"})}, {"t"}); }
std::string negative() { return branch({node_message("Neg", {"x"}, {"t"})}, {"t"}); }

Result<Model> imported(const OnnxWriter& writer) {
  const std::string bytes = writer.bytes();
  return import_model_bytes(std::as_bytes(std::span(bytes)), "");
}

/// Of the model's only output, for x = [-1, 2].
std::vector<float> answer(const OnnxWriter& writer) {
  auto model = imported(writer);
  EXPECT_TRUE(model) << (model ? "" : model.error().what);
  if (!model) return {};
  SessionOptions options;
  options.batched = false;
  const Tensor y = run_model(*model, {floats({2}, {-1, 2})}, options).at(0);
  return {y.values<float>().begin(), y.values<float>().end()};
}

OnnxWriter model() { return OnnxWriter().input("x", {2}).output("y"); }

TEST(If, TakesTheBranchOfAConstantCondition) {
  for (bool value : {true, false}) {
    const std::vector<float> expected = value ? std::vector<float>{0, 2} : std::vector<float>{1, -2};
    EXPECT_EQ(answer(model().initializer("c", truth(value)).node_message(if_message("c", {"y"}, relu(), negative()))),
              expected);
    EXPECT_EQ(answer(model()
                         .node("Constant", {}, {"k"}, {{"value", AttributeValue(truth(!value))}})
                         .node("Not", {"k"}, {"c"})
                         .node_message(if_message("c", {"y"}, relu(), negative()))),
              expected);
  }
}

TEST(If, BranchesKeepTheirNamesApart) {
  EXPECT_EQ(answer(model()
                       .initializer("c", truth(true))
                       .node_message(if_message("c", {"a"}, relu(), negative()))
                       .node_message(if_message("c", {"b"}, relu(), negative()))
                       .node("Add", {"a", "b"}, {"y"})),
            (std::vector<float>{0, 4}));
}

TEST(If, BranchesHaveConstantsAndBranchesOfTheirOwn) {
  const std::string inner = if_message("no", {"u"}, relu(), negative());
  const std::string outer = branch({inner, node_message("Add", {"u", "one"}, {"v"})}, {"v"},
                                   {tensor_message("no", truth(false)), tensor_message("one", floats({1}, {1}))});
  EXPECT_EQ(answer(model().initializer("c", truth(true)).node_message(if_message("c", {"y"}, outer, relu()))),
            (std::vector<float>{2, -1}));
}

TEST(If, HandsValuesOfTheGraphAroundItThrough) {
  EXPECT_EQ(answer(model().initializer("c", truth(false)).node_message(if_message("c", {"y"}, relu(), branch({}, {"x"})))),
            (std::vector<float>{-1, 2}));
}

TEST(If, WithAComputedConditionIsRefused) {
  const auto refused = imported(model()
                                    .node("ReduceSum", {"x"}, {"s"}, {{"keepdims", 0}})
                                    .node("Cast", {"s"}, {"c"}, {{"to", 9}})
                                    .node_message(if_message("c", {"y"}, relu(), negative())));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(refused.error().what, HasSubstr("If"));
}

/// A name that one branch knows as a constant is another thing in the next.
TEST(If, ForgetsConstantsOfOtherBranches) {
  const std::string constant =
      branch({node_message("Identity", {"x"}, {"t"})}, {"t"}, {tensor_message("d", truth(true))});
  const std::string computed = branch({node_message("ReduceSum", {"x"}, {"s"}, {{"keepdims", 0}}),
                                       node_message("Cast", {"s"}, {"d"}, {{"to", 9}}),
                                       if_message("d", {"t"}, relu(), negative())},
                                      {"t"});
  EXPECT_FALSE(imported(model()
                            .initializer("c", truth(true))
                            .node_message(if_message("c", {"a"}, constant, relu()))
                            .node_message(if_message("c", {"b"}, computed, relu()))
                            .node("Add", {"a", "b"}, {"y"})));
}

TEST(If, RefusesOutputsThatDoNotFitAndEndlessNesting) {
  const auto two = imported(model().initializer("c", truth(true)).node_message(
      if_message("c", {"y"}, branch({}, {"x", "x"}), relu())));
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().what, HasSubstr("the branch has 2 outputs and the If 1"));
  std::string nested = relu();
  for (int depth = 0; depth < 40; ++depth) nested = branch({if_message("c", {"t"}, nested, relu())}, {"t"});
  const auto deep = imported(model().initializer("c", truth(true)).node_message(if_message("c", {"y"}, nested, relu())));
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().what, HasSubstr("nest deeper than 32"));
}

}  // namespace
}  // namespace cnn::test
