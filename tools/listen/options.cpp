// SPDX-License-Identifier: MIT
#include "tools/listen/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "tools/classify/output.h"

namespace cnn::listen {
namespace {

std::string check_given(const std::string& text) { return text.empty() ? "is empty" : ""; }

std::string check_picture(const std::string& path) {
  if (!classify::container_for(path)) return "'" + path + "' must end in .mp4, .mkv or .webm";
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    return "folder '" + folder.string() + "' does not exist";
  return "";
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  CLI::App app{"Classifies sound and says what is to be heard when.", "cnn-listen"};
  app.add_option("INPUT", options.input, "sound or video file, URI, microphone, or demo: five seconds of ticks")
      ->check(check_given)
      ->capture_default_str();
  app.add_option("-m,--model", options.model, "ONNX model whose bundle describes its spectrogram (docs/models.md)")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("-l,--labels", options.labels, "label file, one label a line")->check(CLI::ExistingFile);
  app.add_option("-j,--json", options.json, "one JSON object a patch, one a line; - is standard output")
      ->check(check_given);
  app.add_option("-p,--picture", options.picture, "video of the labelled spectrogram: .mp4, .mkv or .webm")
      ->check(check_picture);
  app.add_option("-k,--top-k", options.top_k, "classes per patch")->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("-t,--threshold", options.threshold, "leave out classes with a lower confidence")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("-q,--quiet", options.quiet, "no progress, no timeline, no summary");
  app.set_version_flag("--version", "cnn-listen " CNN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    exit_code = app.exit(information);
    return std::nullopt;
  } catch (const CLI::Error& mistake) {
    std::string what = mistake.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    std::cerr << "cnn-listen: " << what << "\n";
    exit_code = 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace cnn::listen
