// SPDX-License-Identifier: MIT
#include <gst/gst.h>

#include "tools/classify/json_lines.h"
#include "tools/classify/plugin_path.h"
#include "tools/classify/report.h"
#include "tools/classify/stop_signal.h"
#include "tools/classify/terminal.h"
#include "tools/listen/options.h"
#include "tools/listen/pipeline.h"

namespace cnn::listen {
namespace {

constexpr int kFailure = 2;

Result<int> listen(const Options& options, classify::Terminal& terminal) {
  std::unique_ptr<classify::JsonLines> json;
  if (!options.json.empty()) {
    CNN_TRY(opened, classify::JsonLines::open(options.json));
    json = std::move(opened);
  }
  // A patch is long enough to be believed at once.
  classify::Report report(terminal, json.get(), options.quiet, 1, "patches");
  Pipeline::Watcher watcher;
  watcher.patch = [&](classify::FrameResult& result) { report.frame(result); };
  watcher.stop_wanted = [&] { return classify::stop_signal() != 0 || report.reader_gone(); };
  CNN_TRY(pipeline, Pipeline::create(options, std::move(watcher)));
  CNN_TRY(patches, pipeline->play());
  if (patches > 0) report.finish();
  if (json && json->finish() == classify::JsonLines::State::Failed) return error(ErrorCode::Io, json->reason());
  return classify::stop_signal() != 0 ? 128 + classify::stop_signal() : 0;
}

}  // namespace
}  // namespace cnn::listen

int main(int argc, char** argv) {
  using namespace cnn::classify;
  int exit_code = 0;
  const auto options = cnn::listen::parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  catch_stop_signals();
  gst_init(nullptr, nullptr);
  find_plugin();
  Terminal terminal(options->json == "-", "cnn-listen");
  const auto result = cnn::listen::listen(*options, terminal);
  if (result) return *result;
  terminal.complain(result.error().what);
  return cnn::listen::kFailure;
}
