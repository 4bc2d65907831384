// SPDX-License-Identifier: MIT
// ONNX's own cases, and its networks whose weights are made by ConstantOfShape: all of them agree.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/test_data.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

class Conformance : public testing::TestWithParam<const char*> {};

TEST_P(Conformance, EveryCaseAgrees) {
  CNN_TEST_DATA_OR_SKIP(folder, std::string("onnx-conformance/") + GetParam());
  std::vector<std::string> arguments{"--quiet", "--device", "cpu"};
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory() || entry.path().extension() == ".onnx") arguments.push_back(entry.path().string());
  ASSERT_GT(arguments.size(), 3u);
  const std::string count = std::to_string(arguments.size() - 3);
  const ToolRun run = run_tool(CNN_VERIFY, arguments);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, count + " cases: " + count + " passed, 0 failed, 0 unsupported, 0 skipped\n");
}

INSTANTIATE_TEST_SUITE_P(Onnx, Conformance,
                         testing::Values("node", "simple", "pytorch-operator", "pytorch-converted", "light"),
                         [](const auto& folder) {
                           std::string name = folder.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace cnn::test
