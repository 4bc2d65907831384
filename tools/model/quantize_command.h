// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "engine/base/result.h"
#include "engine/quantize/quantiser.h"

namespace cnn::tools {

/// `cnn-model quantize MODEL.onnx --calibrate FOLDER`.
class QuantizeCommand {
 public:
  /// Adds the subcommand; call run() when the command line is parsed and names it.
  explicit QuantizeCommand(CLI::App& app);
  QuantizeCommand(const QuantizeCommand&) = delete;

  bool asked_for() const { return command_->parsed(); }
  /// Writes the quantised model and prints what has become of it.
  Status run() const;

 private:
  Status add_pictures(Quantiser& quantiser) const;

  CLI::App* command_;
  std::string model_, folder_, output_, report_;
  std::string method_ = "mse";
  double agreement_ = 99.5;
  int most_pictures_ = 500;
  int threads_ = 0;
};

}  // namespace cnn::tools
