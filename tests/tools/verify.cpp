// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("verify_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  /// A case that computes `type` of a float input; `expected` are its outputs for -1 0 2.
  std::string make_case(const std::string& name, const std::string& type, const Tensor& expected) {
    const fs::path folder = root_ / name;
    fs::create_directories(folder / "test_data_set_0");
    OnnxWriter()
        .input("x", {3})
        .node(type, {"x"}, {"y"}, {}, "the_node")
        .output("y")
        .save((folder / "model.onnx").string());
    save_tensor((folder / "test_data_set_0" / "input_0.pb").string(), "x", floats({3}, {-1, 0, 2}));
    save_tensor((folder / "test_data_set_0" / "output_0.pb").string(), "y", expected);
    return folder.string();
  }
  ToolRun verify(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--device", "cpu", "--threads", "1"});
    return run_tool(CNN_VERIFY, arguments);
  }
  fs::path root_;
};

TEST_F(Verify, PassesWhatAgrees) {
  const ToolRun run = verify({make_case("agreeing", "Relu", floats({3}, {0, 0, 2.001f}))});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "pass agreeing\n1 cases: 1 passed, 0 failed, 0 unsupported, 0 skipped\n");
  EXPECT_EQ(run.err, "");
}

TEST_F(Verify, FailsWithTheWorstErrorsAndTheOutput) {
  const ToolRun run = verify({make_case("differing", "Relu", floats({3}, {0, 0, 4}))});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("fail differing (worst absolute error 2, worst relative error 0.5, output y)"));
  EXPECT_THAT(run.out, HasSubstr("1 failed"));
}

TEST_F(Verify, FailsOnAnotherShape) {
  const ToolRun run = verify({make_case("reshaped", "Relu", floats({1, 3}, {0, 0, 2}))});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("output y is float32 [3], expected float32 [1, 3]"));
}

TEST_F(Verify, TakesTolerancesFromTheCommandLine) {
  const std::string folder = make_case("loose", "Relu", floats({3}, {0, 0, 2.5f}));
  EXPECT_EQ(verify({folder}).status, 1);
  EXPECT_EQ(verify({folder, "--rtol", "0.25"}).status, 0);
  EXPECT_EQ(verify({folder, "--atol", "0.6"}).status, 0);
}

TEST_F(Verify, NamesUnsupportedOperatorsAndSucceeds) {
  const ToolRun run = verify(
      {make_case("odd", "Frobnicate", floats({3}, {0, 0, 2})), make_case("good", "Relu", floats({3}, {0, 0, 2}))});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.out, HasSubstr("unsupported odd (the_node: operator Frobnicate of opset 18"));
  EXPECT_THAT(run.out, HasSubstr("2 cases: 1 passed, 0 failed, 1 unsupported"));
}

TEST_F(Verify, FixesInputsThatMustBeKnownWhenOpening) {
  const fs::path folder = root_ / "reshape";
  fs::create_directories(folder / "test_data_set_0");
  OnnxWriter()
      .input("x", {2, 3})
      .input("shape", {2}, 7)
      .node("Reshape", {"x", "shape"}, {"y"})
      .output("y")
      .save((folder / "model.onnx").string());
  const std::string data = (folder / "test_data_set_0").string();
  save_tensor(data + "/input_0.pb", "x", floats({2, 3}, {1, 2, 3, 4, 5, 6}));
  save_tensor(data + "/input_1.pb", "shape", values_of<int64_t>({2}, {3, -1}));
  save_tensor(data + "/output_0.pb", "y", floats({3, 2}, {1, 2, 3, 4, 5, 6}));
  const ToolRun run = verify({folder.string()});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

TEST_F(Verify, RunsBareModelsOnRamps) {
  fs::create_directories(root_);
  OnnxWriter().input("x", {1, 4}).node("Neg", {"x"}, {"y"}).output("y").save((root_ / "light.onnx").string());
  save_tensor((root_ / "light_output_0.pb").string(), "y", floats({1, 4}, {0, -0.25f, -0.5f, -0.75f}));
  const ToolRun run = verify({(root_ / "light.onnx").string(), (root_ / "light_output_0.pb").string()});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("1 cases: 1 passed"));
}

TEST_F(Verify, RefusesAnUnknownDeviceRatherThanFailEachCase) {
  const std::string folder = make_case("agreeing", "Relu", floats({3}, {0, 0, 2}));
  const ToolRun run = run_tool(CNN_VERIFY, {"--device", "abacus", folder});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("abacus"));
}

TEST_F(Verify, RefusesBadArgumentsInOneLine) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{}, {"/no/such/folder"}, {testing::TempDir()}, {"--rtol", "much", "x"}}) {
    const ToolRun run = run_tool(CNN_VERIFY, arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, StartsWith("cnn-verify: "));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

}  // namespace
}  // namespace cnn::test
