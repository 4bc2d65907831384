// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/bundle_maker.h"
#include "engine/onnx/importer.h"
#include "engine/vision/labels.h"
#include "tools/model/catalogue_commands.h"
#include "tools/text_table.h"

namespace cnn::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* origin_key = "cnn.origin";
constexpr int golden_extent = 64;

/// Where downloads are kept, made if need be (XDG Base Directory Specification: relative paths are ignored).
Result<fs::path> cache_folder() {
  const char* stated = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path base;
  if (stated && *stated == '/')
    base = stated;
  else if (home && *home == '/')
    base = fs::path(home) / ".cache";
  else
    return error(ErrorCode::Io, "neither XDG_CACHE_HOME nor HOME says where to keep downloads");
  const fs::path folder = base / "gst-cnn" / "models";
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return error(ErrorCode::Io, folder.string(), ": cannot be made: ", failure.message());
  return folder;
}

/// One line that is written over by the next; nothing where standard error is a file.
DownloadProgress progress_of(const std::string& name) {
  if (!isatty(STDERR_FILENO)) return {};
  return [name, shown = uint64_t{0}](uint64_t have, uint64_t all) mutable {
    if (have < all && (have - std::min(have, shown)) * 100 < all) return;
    shown = have;
    const auto megabytes = [](uint64_t bytes) { return rounded(static_cast<double>(bytes) / 1e6, 1); };
    std::cerr << "\r\033[K";
    if (have < all) std::cerr << name << ": " << megabytes(have) << " of " << megabytes(all) << " MB";
    std::cerr << std::flush;
  };
}

/// The file in the cache, downloaded if need be. By content, so that catalogues do not get into each other's way.
Result<std::string> cached(const CatalogueModel& model, const RemoteFile& file, const char* ending) {
  CNN_TRY(folder, cache_folder());
  const std::string path = (folder / (model.name + "-" + file.sha256.substr(0, 12) + ending)).string();
  CNN_CHECK(download(file, path, progress_of(model.name)));
  return path;
}

std::string origin_of(const CatalogueModel& model) {
  return nlohmann::ordered_json{
      {"url", model.file.url}, {"sha256", model.file.sha256}, {"licence", model.licence}, {"source", model.source}}
      .dump();
}

/// Shades in all three channels, each in its own direction: what swapped channels or axes would change.
std::vector<uint8_t> golden_picture() {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < golden_extent; ++y)
    for (int x = 0; x < golden_extent; ++x)
      for (int value : {4 * x, 4 * y, (x / 8 + y / 8) % 2 * 255}) pixels.push_back(static_cast<uint8_t>(value));
  return pixels;
}

/// Nothing is at `output`, or (true) what an earlier run has made of the same file.
Result<bool> is_there(const CatalogueModel& model, const std::string& output) {
  std::error_code absent;
  if (!fs::exists(output, absent)) return false;
  auto present = import_model(output);
  if (present && present->metadata[origin_key] == origin_of(model)) return true;
  return error(ErrorCode::InvalidArgument, output,
               " is there already and is something else: remove it or choose -o FOLDER");
}

}  // namespace

GetCommand::GetCommand(CLI::App& app) {
  command_ = app.add_subcommand("get", "Downloads a public model and makes a bundle of it.");
  command_->add_option("NAME", name_, "one that cnn-model list shows")->required();
  command_->add_option("-o,--output", folder_, "folder for NAME.onnx")->capture_default_str();
  command_->add_option("--labels", labels_, "file with one label a line, instead of the catalogue's");
  command_->add_option("--catalogue", catalogue_, "file or https address (default: the installed one)");
}

Status GetCommand::make(const CatalogueModel& model, const std::string& output) const {
  BundleChanges changes;
  changes.name = model.name;
  changes.preprocessing = model.preprocessing;
  changes.output = model.output;
  changes.metadata[origin_key] = origin_of(model);
  if (!labels_.empty() || model.labels_file) {
    std::string file = labels_;
    if (file.empty()) {
      CNN_TRY(downloaded, cached(model, *model.labels_file, ".labels"));
      file = downloaded;
    }
    CNN_TRY(labels, read_labels(file));
    changes.labels = std::move(labels);
    changes.labels_source = file;
  } else if (!model.labels.empty()) {
    changes.labels = model.labels;
    changes.labels_source = "the catalogue";
  }
  const auto pixels = golden_picture();
  ImageView picture;
  picture.width = picture.height = golden_extent;
  picture.planes[0] = pixels.data();
  picture.strides[0] = golden_extent * 3;
  changes.golden = picture;
  CNN_TRY(file, cached(model, model.file, ".onnx"));
  CNN_TRY(made, make_bundle(file, output, changes));
  std::cout << output << ": " << made.classes << " classes, " << (made.labels ? "labels" : "no labels") << ", licence "
            << model.licence << "\n";
  return {};
}

Status GetCommand::run() const {
  CNN_TRY(catalogue, read_catalogue(catalogue_));
  CNN_TRY(model, catalogue.find(name_));
  std::error_code failure;
  if (!fs::is_directory(folder_, failure)) return error(ErrorCode::Io, folder_, ": no such folder");
  const std::string output = (fs::path(folder_) / (model.name + ".onnx")).string();
  CNN_TRY(there, is_there(model, output));
  if (there) {
    std::cout << output << ": is there already\n";
    return {};
  }
  return make(model, output);
}

}  // namespace cnn::tools
