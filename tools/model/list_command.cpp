// SPDX-License-Identifier: MIT
#include <iostream>

#include "tools/model/catalogue_commands.h"
#include "tools/text_table.h"

namespace cnn::tools {

ListCommand::ListCommand(CLI::App& app) {
  command_ = app.add_subcommand("list", "Lists the public models that get knows.");
  command_->add_option("--catalogue", catalogue_, "file or https address (default: the installed one)");
}

Status ListCommand::run() const {
  CNN_TRY(catalogue, read_catalogue(catalogue_));
  std::vector<std::vector<std::string>> rows{{"name", "MB", "labels", "licence", "description", "source"}};
  for (const CatalogueModel& model : catalogue.models)
    rows.push_back({model.name, rounded(static_cast<double>(model.file.bytes) / 1e6, 2),
                    model.labels.empty() && !model.labels_file ? "no" : "yes", model.licence, model.description,
                    model.source});
  std::cout << aligned(rows, {false, true, false, false, false, false});
  return {};
}

}  // namespace cnn::tools
