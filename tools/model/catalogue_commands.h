// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "engine/base/result.h"
#include "tools/model/catalogue.h"

namespace cnn::tools {

/// `cnn-model list`: what the catalogue has.
class ListCommand {
 public:
  /// Adds the subcommand; call run() when the command line is parsed and names it.
  explicit ListCommand(CLI::App& app);
  ListCommand(const ListCommand&) = delete;

  bool asked_for() const { return command_->parsed(); }
  Status run() const;

 private:
  CLI::App* command_;
  std::string catalogue_;
};

/// `cnn-model get NAME`: downloads a model of the catalogue and makes a bundle of it.
class GetCommand {
 public:
  /// Adds the subcommand; call run() when the command line is parsed and names it.
  explicit GetCommand(CLI::App& app);
  GetCommand(const GetCommand&) = delete;

  bool asked_for() const { return command_->parsed(); }
  /// Prints one line: where the bundle is.
  Status run() const;

 private:
  Status make(const CatalogueModel& model, const std::string& output) const;

  CLI::App* command_;
  std::string name_, folder_ = ".", labels_, catalogue_;
};

}  // namespace cnn::tools
