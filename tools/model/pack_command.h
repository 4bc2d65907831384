// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "engine/base/result.h"
#include "engine/bundle_maker.h"

namespace cnn::tools {

/// `cnn-model pack MODEL.onnx`: labels, preprocessing and a golden pair into the file.
class PackCommand {
 public:
  /// Adds the subcommand; call run() when the command line is parsed and names it.
  explicit PackCommand(CLI::App& app);
  PackCommand(const PackCommand&) = delete;

  bool asked_for() const { return command_->parsed(); }
  /// Writes the bundle and prints one line about it.
  Status run() const;

 private:
  Result<BundleChanges> changes() const;
  Result<MadeBundle> make(BundleChanges& changes, const std::string& output) const;

  CLI::App* command_;
  std::string model_, labels_, preprocessing_, kind_, heads_, features_, output_tensor_, name_, golden_, output_;
};

}  // namespace cnn::tools
