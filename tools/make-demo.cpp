// SPDX-License-Identifier: MIT
// Makes the demo clip: photographs one after the other, panned and zoomed, with a short cross-fade. The demo
// needs a real video, and none may be shipped with the sources.
#include <gst/gst.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/demo/clip_writer.h"
#include "tools/demo/slide.h"

namespace cnn::demo {
namespace {

constexpr double kFadeShare = 0.2;  // of a slide's time, at its end

Status make_clip(const std::vector<std::string>& files, const std::string& output, double seconds_each) {
  CNN_TRY(writer, ClipWriter::open(output));
  const int frames_each = std::max(1, static_cast<int>(seconds_each * kFramesPerSecond));
  CNN_TRY(current, Slide::open(files.front()));
  for (size_t i = 0; i < files.size(); ++i) {
    std::optional<Slide> next;
    if (i + 1 < files.size()) {
      CNN_TRY(opened, Slide::open(files[i + 1]));
      next = std::move(opened);
    }
    for (int frame = 0; frame < frames_each; ++frame) {
      const double progress = static_cast<double>(frame) / frames_each;
      Canvas canvas;
      current.draw(canvas, progress, 1);
      const double fade = (progress - (1 - kFadeShare)) / kFadeShare;
      if (next && fade > 0) next->draw(canvas, 0, fade);
      CNN_CHECK(writer->write(canvas));
    }
    if (next) current = std::move(*next);
  }
  return writer->finish();
}

}  // namespace
}  // namespace cnn::demo

int main(int argc, char** argv) {
  CLI::App app{"Makes a clip of photographs, panned and zoomed.", "make-demo"};
  std::vector<std::string> files;
  std::string output;
  double seconds_each = 1.5;
  app.add_option("PHOTOGRAPH", files, "picture files, in the order of the clip")->required()->check(CLI::ExistingFile);
  app.add_option("--output", output, "the clip, .mp4")->required();
  app.add_option("--seconds", seconds_each, "time of one photograph")->check(CLI::Range(0.1, 60.0));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    return app.exit(information);
  } catch (const CLI::ParseError& mistake) {
    std::cerr << "make-demo: " << mistake.what() << "\n";
    return 2;
  }
  gst_init(nullptr, nullptr);
  const auto made = cnn::demo::make_clip(files, output, seconds_each);
  if (made) return 0;
  std::cerr << "make-demo: " << made.error().what << "\n";
  return 2;
}
