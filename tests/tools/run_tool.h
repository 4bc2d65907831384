// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace cnn::test {

struct ToolRun {
  int status = -1;  ///< exit code; -1: ended by a signal
  std::string out, err;
};

/// Runs a program and waits for it.
ToolRun run_tool(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace cnn::test
