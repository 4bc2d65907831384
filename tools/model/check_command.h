// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cnn::tools {

/// `cnn-model check MODEL.onnx [PICTURE...]`: how the element would understand the model.
class CheckCommand {
 public:
  /// Adds the subcommand; call run() when the command line is parsed and names it.
  explicit CheckCommand(CLI::App& app);
  CheckCommand(const CheckCommand&) = delete;

  bool asked_for() const { return command_->parsed(); }
  /// Prints the report. The exit code: 0 when the model and all pictures can be used, 1 when not.
  int run() const;

 private:
  CLI::App* command_;
  std::string model_, precision_ = "auto";
  std::vector<std::string> pictures_;
  bool json_ = false;
};

}  // namespace cnn::tools
