// SPDX-License-Identifier: MIT
#include "tools/classify/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "tools/classify/output.h"
#include "tools/device_option.h"
#include "tools/precision_option.h"

namespace cnn::classify {
namespace {

std::string check_given(const std::string& text) { return text.empty() ? "is empty" : ""; }

// CLI11's own range lets "nan" pass.
std::string check_range(const std::string& text, int highest) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool in_range = !text.empty() && *end == '\0' && value >= 0 && value <= highest;
  return in_range ? "" : "'" + text + "' is not a number from 0 to " + std::to_string(highest);
}

std::string check_threshold(const std::string& text) { return check_range(text, 1); }
std::string check_smoothing(const std::string& text) { return check_range(text, 3600); }

std::string check_output(const std::string& output) {
  if (!container_for(output)) return "'" + output + "' must end in .mp4, .mkv or .webm";
  const auto folder = std::filesystem::path(output).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) return "folder '" + folder.string() + "' does not exist";
  return "";
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  CLI::App app{"Classifies a video, a camera or pictures and says what is to be seen when.", "cnn-classify"};
  app.add_option("INPUT", options.input,
                 "video file, picture, folder of pictures, /dev/videoN, rtsp://..., http://..., test://FRAMES")
      ->required()
      ->check(check_given);
  app.add_option("-o,--output", options.output, "labelled video: .mp4, .mkv or .webm")->check(check_output);
  app.add_option("-j,--json", options.json, "one JSON object a frame, one a line; - is standard output")
      ->check(check_given);
  app.add_flag("-d,--display", options.display, "show the labelled video in a window");
  app.add_option("-m,--model", options.model, "ONNX model (default: the one that comes with gst-cnn)")
      ->check(CLI::ExistingFile);
  app.add_option("-l,--labels", options.labels, "label file, one label a line")->check(CLI::ExistingFile);
  app.add_option("-k,--top-k", options.top_k, "classes per frame")->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("-t,--threshold", options.threshold, "leave out classes with a lower confidence")
      ->check(check_threshold);
  app.add_option("--smoothing", options.smoothing, "seconds over which a video's labels are averaged")
      ->check(check_smoothing);
  app.add_option("--device", options.device, "auto, cpu, cuda, cuda:N")->check(tools::check_device)->capture_default_str();
  app.add_option("--precision", options.precision, "fp32, bf16, fp16, tf32, int8, auto")
      ->check(tools::check_precision)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads of the CPU backend, 0 for one per core")
      ->check(CLI::Range(0, 1024));
  app.add_option("-b,--batch-size", options.batch_size, "frames computed together at most")->check(CLI::Range(1, 256));
  app.add_option("--features", options.features, "tensor whose values go into the JSON lines; auto is the last but one");
  app.add_flag("--stats", options.stats, "print the classifier's statistics at the end");
  app.add_flag("-q,--quiet", options.quiet, "no progress, no timeline, no summary");
  app.set_version_flag("--version", "cnn-classify " CNN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    exit_code = app.exit(information);
    return std::nullopt;
  } catch (const CLI::Error& mistake) {
    std::string what = mistake.what();
    // A misspelt option is complained of before the INPUT that is missing as well.
    if (dynamic_cast<const CLI::RequiredError*>(&mistake) && app.remaining_size() > 0)
      what = "The following argument was not expected: " + app.remaining().front();
    std::replace(what.begin(), what.end(), '\n', ' ');
    std::cerr << "cnn-classify: " << what << "\n";
    exit_code = 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace cnn::classify
