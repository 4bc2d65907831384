// SPDX-License-Identifier: MIT
#include "tests/tools/run_tool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace cnn::test {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

}  // namespace

ToolRun run_tool(const std::string& program, const std::vector<std::string>& arguments) {
  const std::string errors = testing::TempDir() + "/stderr." + std::to_string(::getpid());
  std::string command = quoted(program);
  for (const std::string& argument : arguments) command.append(" ").append(quoted(argument));
  ToolRun run;
  FILE* pipe = ::popen((command + " 2>" + quoted(errors)).c_str(), "r");
  if (!pipe) return run;
  char buffer[4096];
  while (const size_t read = std::fread(buffer, 1, sizeof(buffer), pipe)) run.out.append(buffer, read);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) run.status = WEXITSTATUS(status);
  std::ostringstream text;
  text << std::ifstream(errors).rdbuf();
  run.err = text.str();
  ::unlink(errors.c_str());
  return run;
}

}  // namespace cnn::test
