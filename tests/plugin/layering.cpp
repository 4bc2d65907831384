// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Layer {
  std::set<std::string> own;      ///< prefixes of project headers that may be included
  std::set<std::string> foreign;  ///< prefixes of other libraries' headers, besides the standard library's
};

// docs/architecture.md has the same table.
const std::map<std::string, Layer> kLayers = {
    {"engine/audio", {{"engine/audio/", "engine/base/"}, {"kissfft/"}}},
    {"engine/base", {{"engine/base/"}, {"tbb/", "oneapi/"}}},
    {"engine/kernels", {{"engine/kernels/", "engine/base/"}, {"hwy/"}}},
    {"engine/graph", {{"engine/graph/", "engine/base/"}, {}}},
    {"engine/ops", {{"engine/ops/", "engine/base/", "engine/graph/", "engine/kernels/", "engine/audio/mel_filters.h"}, {}}},
    {"engine/onnx",
     {{"engine/onnx/", "engine/base/", "engine/graph/", "engine/ops/", "engine/session.h"}, {"protozero/"}}},
    {"engine/quantize",
     {{"engine/quantize/", "engine/base/", "engine/graph/", "engine/ops/", "engine/onnx/", "engine/passes/",
       "engine/vision/", "engine/session.h", "engine/classifier_graph.h", "engine/precision_choice.h"},
      {}}},
    {"engine/passes",
     {{"engine/passes/", "engine/base/", "engine/graph/", "engine/ops/", "engine/session.h"}, {}}},
    {"engine/plan",
     {{"engine/plan/", "engine/base/", "engine/graph/", "engine/ops/", "engine/session.h", "engine/precision_choice.h",
       "engine/vision/frame_intake.h"},
      {}}},
    {"engine/cpu",
     {{"engine/cpu/", "engine/base/", "engine/graph/", "engine/ops/", "engine/kernels/", "engine/plan/", "engine/session.h"},
      {}}},
    {"engine/cuda",
     {{"engine/cuda/", "engine/base/", "engine/graph/", "engine/ops/", "engine/kernels/", "engine/plan/", "engine/passes/",
       "engine/vision/", "engine/session.h", "engine/cuda_backend.h"},
      {"cuda", "cudnn", "nlohmann/"}}},
    {"engine/vision", {{"engine/vision/", "engine/audio/", "engine/base/", "engine/kernels/"}, {"nlohmann/"}}},
    {"plugin",
     {{"plugin/", "engine/classifier.h", "engine/device_context.h", "engine/model_bundle.h", "engine/session.h",
       "engine/audio/", "engine/base/", "engine/vision/"},
      {"gst/", "glib", "pango/", "cairo"}}},
};

struct Include {
  std::string header;
  bool quoted;
};

std::vector<Include> includes_of(const fs::path& file) {
  static const std::regex directive(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  std::vector<Include> includes;
  std::ifstream text(file);
  std::smatch match;
  for (std::string line; std::getline(text, line);)
    if (std::regex_search(line, match, directive)) includes.push_back({match[2], match[1] == "\""});
  return includes;
}

bool has_prefix(const std::set<std::string>& prefixes, const std::string& header) {
  for (const auto& prefix : prefixes)
    if (header.starts_with(prefix)) return true;
  return false;
}

/// Headers of the C++ and C standard libraries, POSIX and the compiler's intrinsics.
bool is_platform(const std::string& header) {
  static const std::regex standard(R"re([a-z_0-9]+|(sys/)?[a-z]+\.h|[a-z]+intrin\.h|arm_[a-z]+\.h)re");
  return std::regex_match(header, standard);
}

bool is_source(const fs::path& file) {
  static const std::set<std::string> endings{".h", ".cpp", ".cu", ".cuh"};
  return endings.contains(file.extension());
}

TEST(Layering, HoldsInEveryFile) {
  const fs::path root = CNN_SOURCE_ROOT;
  for (const auto& [folder, layer] : kLayers) {
    int files = 0;
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!is_source(entry.path())) continue;
      ++files;
      for (const Include& include : includes_of(entry.path())) {
        const bool allowed = has_prefix(layer.own, include.header) || has_prefix(layer.foreign, include.header) ||
                             (!include.quoted && is_platform(include.header));
        EXPECT_TRUE(allowed) << fs::relative(entry.path(), root) << " includes " << include.header << ", which "
                             << folder << " may not";
      }
    }
    EXPECT_GT(files, 0) << folder;
  }
}

TEST(Layering, KeepsThreadsJsonAndGpusInTheirPlaces) {
  const fs::path root = CNN_SOURCE_ROOT;
  for (const auto& entry : fs::recursive_directory_iterator(root / "engine")) {
    if (!is_source(entry.path())) continue;
    const std::string name = fs::relative(entry.path(), root).string();
    for (const Include& include : includes_of(entry.path())) {
      const bool threads = has_prefix({"tbb/", "oneapi/"}, include.header);
      EXPECT_TRUE(!threads || name == "engine/base/workers.cpp") << name;
      const bool json = has_prefix({"nlohmann/"}, include.header);
      const bool in_module = name.starts_with("engine/cuda/");
      EXPECT_TRUE(!json || name.starts_with("engine/vision/") || in_module) << name;
      EXPECT_TRUE(!has_prefix({"cuda", "cudnn"}, include.header) || in_module) << name;
      EXPECT_FALSE(has_prefix({"gst/", "glib", "opencv2/"}, include.header)) << name;
    }
  }
}

}  // namespace
