// SPDX-License-Identifier: MIT
#include <gst/gst.h>

#include <csignal>

#include "tools/classify/input.h"
#include "tools/classify/json_lines.h"
#include "tools/classify/options.h"
#include "tools/classify/pipeline.h"
#include "tools/classify/plugin_path.h"
#include "tools/classify/report.h"
#include "tools/classify/stop_signal.h"
#include "tools/classify/terminal.h"

namespace cnn::classify {
namespace {

constexpr int kFailure = 2;

Result<int> classify(const Options& options, Terminal& terminal) {
  CNN_TRY(input, find_input(options.input));
  std::unique_ptr<JsonLines> json;
  if (!options.json.empty()) {
    CNN_TRY(opened, JsonLines::open(options.json));
    json = std::move(opened);
  }
  Report report(terminal, json.get(), options.quiet);
  Pipeline::Watcher watcher;
  watcher.frame = [&](FrameResult& result) { report.frame(result); };
  watcher.warning = [&](const std::string& warning) { terminal.complain("warning: " + warning); };
  watcher.tick = [&](double length) { report.progress(length); };
  watcher.stop_wanted = [&] { return stop_signal() != 0 || report.reader_gone(); };

  CNN_TRY(pipeline, Pipeline::create(options, input, std::move(watcher)));
  CNN_TRY(played, pipeline->play());
  report.finish();
  if (!played.broke_off.empty()) {
    terminal.complain("warning: " + options.input + " ends early after " + std::to_string(played.frames) +
                      " frames: " + played.broke_off);
  }
  if (options.stats) terminal.line(pipeline->statistics());
  if (json && json->finish() == JsonLines::State::Failed) return error(ErrorCode::Io, json->reason());
  return stop_signal() != 0 ? 128 + stop_signal() : 0;
}

}  // namespace
}  // namespace cnn::classify

int main(int argc, char** argv) {
  using namespace cnn::classify;
  int exit_code = 0;
  const auto options = parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  catch_stop_signals();
  gst_init(nullptr, nullptr);
  find_plugin();
  Terminal terminal(options->json == "-");
  const auto result = classify(*options, terminal);
  if (result) return *result;
  terminal.complain(result.error().what);
  return kFailure;
}
