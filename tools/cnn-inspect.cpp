// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>

#include "tools/device_option.h"
#include "tools/inspect_model.h"
#include "tools/precision_option.h"
#include "tools/show/picture_options.h"

namespace {

using namespace cnn;
using namespace cnn::tools;

/// "NAME=1,3,224,224"
Result<std::pair<std::string, Shape>> parse_shape(const std::string& text) {
  const size_t equals = text.rfind('=');
  const Error bad = error(ErrorCode::InvalidArgument, "--input-shape ", text, " is not NAME=N,C,...");
  if (equals == std::string::npos || equals == 0 || text.back() == ',') return bad;
  Shape shape;
  const char* at = text.data() + equals + 1;
  const char* const end = text.data() + text.size();
  while (at < end) {
    int64_t extent = 0;
    const auto parsed = std::from_chars(at, end, extent);
    if (parsed.ec != std::errc() || extent < 0 || (parsed.ptr < end && *parsed.ptr != ',')) return bad;
    shape.push_back(extent);
    at = parsed.ptr + 1;
  }
  return std::pair{text.substr(0, equals), shape};
}

int refuse(std::string_view why) {
  std::cerr << "cnn-inspect: " << why << '\n';
  return 2;
}

int run(int argc, char** argv) {
  CLI::App app("Prints the layers of an ONNX model as they are executed, or draws what they do.", "cnn-inspect");
  std::string path;
  InspectOptions options;
  std::string precision = "auto";
  bool json = false, plain = false;
  std::vector<std::string> shapes;
  app.add_option("MODEL", path, "an .onnx file")->required();
  app.add_flag("--json", json, "print JSON");
  app.add_option("--device", options.device, "auto, cpu, cuda, cuda:N")->capture_default_str()->check(check_device);
  app.add_option("--precision", precision, "fp32, bf16, fp16, tf32, int8, auto")->capture_default_str()->check(check_precision);
  app.add_option("--threads", options.threads, "0: one per core")->capture_default_str()->check(CLI::Range(0, 1024));
  app.add_option("--batch", options.batch, "largest batch; memory is planned for it")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--input-shape", shapes, "NAME=N,C,... for inputs whose extents the model leaves open")
      ->allow_extra_args(false);
  app.add_flag("--no-optimise", plain, "print the layers as the file states them");
  PictureOptions pictures;
  pictures.add_to(app);
  app.set_version_flag("--version", "cnn-inspect " CNN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    return app.exit(information);
  } catch (const CLI::ParseError& failure) {
    return refuse(failure.what());
  }
  options.optimise = !plain;
  options.precision = *parse_precision(precision);
  for (const std::string& text : shapes) {
    auto parsed = parse_shape(text);
    if (!parsed) return refuse(parsed.error().what);
    options.input_shapes.insert(*std::move(parsed));
  }
  auto picture = pictures.request();
  if (!picture) return refuse(picture.error().what);
  if (*picture) {
    const auto drawn = draw_picture(path, options, **picture);
    if (!drawn) return refuse(drawn.error().what);
    std::cout << *drawn << '\n';
    return 0;
  }
  auto inspection = inspect(path, options);
  if (!inspection) return refuse(inspection.error().what);
  std::cout << (json ? as_json(*inspection) : as_table(*inspection));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try { return run(argc, argv); } catch (const std::exception& failure) {
  return refuse(failure.what());
}
