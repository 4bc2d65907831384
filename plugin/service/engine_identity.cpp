// SPDX-License-Identifier: MIT
#include "plugin/service/engine_identity.h"

#include <sys/stat.h>

#include <filesystem>
#include <sstream>

namespace cnn {
namespace {

/// A file that is replaced or changed becomes another one.
std::string file_identity(const std::string& path) {
  if (path.empty()) return "none";
  std::error_code failure;
  const std::filesystem::path whole =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path, failure), failure);
  std::ostringstream text;
  text << (failure ? path : whole.string());
  struct stat status {};
  if (stat(path.c_str(), &status) == 0)
    text << " (" << status.st_dev << ':' << status.st_ino << ", " << status.st_size << " bytes, "
         << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec << ')';
  return text.str();
}

}  // namespace

std::string engine_identity(const std::string& model_file, const ClassifierOptions& options) {
  std::ostringstream text;
  text << "model " << file_identity(model_file.empty() ? default_model_file() : model_file) << ", labels "
       << file_identity(options.labels_file) << ", device " << options.device << ", precision "
       << to_string(options.precision) << ", features "
       << (options.features.empty() ? "none" : options.features) << (options.normalise_features ? " normalised" : "");
  if (options.input_width > 0) text << ", input " << options.input_width << 'x' << options.input_height;
  return text.str();
}

std::string engine_resources(const ClassifierOptions& options) {
  return std::to_string(options.threads) + " threads, batches of " + std::to_string(options.max_batch);
}

}  // namespace cnn
