// SPDX-License-Identifier: MIT
#include "tools/classify/options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <iostream>

#include "tools/classify/output.h"

namespace cnn::classify {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string check_device(const std::string& device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return "";
  if (device.rfind("cuda:", 0) == 0 && is_number(device.substr(5))) return "";
  return "device is '" + device + "', it must be auto, cpu, cuda or cuda:N";
}

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
      ->required();
  app.add_option("-o,--output", options.output, "labelled video: .mp4, .mkv or .webm")->check(check_output);
  app.add_option("-j,--json", options.json, "one JSON object a frame, one a line; - is standard output");
  app.add_flag("-d,--display", options.display, "show the labelled video in a window");
  app.add_option("-m,--model", options.model, "ONNX model (default: the one that comes with gst-cnn)")
      ->check(CLI::ExistingFile);
  app.add_option("-l,--labels", options.labels, "label file, one label a line")->check(CLI::ExistingFile);
  app.add_option("-k,--top-k", options.top_k, "classes per frame")->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("-t,--threshold", options.threshold, "leave out classes with a lower confidence")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--device", options.device, "auto, cpu, cuda, cuda:N")->check(check_device)->capture_default_str();
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
    std::replace(what.begin(), what.end(), '\n', ' ');
    std::cerr << "cnn-classify: " << what << "\n";
    exit_code = 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace cnn::classify
