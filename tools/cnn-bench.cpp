// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/workers.h"
#include "tools/bench/report.h"
#include "tools/device_option.h"
#include "tools/precision_option.h"

namespace {

using namespace cnn;
using namespace cnn::tools;

int refuse(std::string_view why) {
  std::cerr << "cnn-bench: " << why << '\n';
  return 2;
}

int run(int argc, char** argv) {
  CLI::App app("Measures how fast ONNX models run here, beside what this machine can do at most.", "cnn-bench");
  std::vector<std::string> paths;
  BenchOptions options;
  std::string precision = "auto";
  bool json = false;
  app.add_option("MODEL", paths, "one or more .onnx files")->required();
  app.add_option("--batch", options.batch, "images per run")->capture_default_str()->check(CLI::Range(1, 1024));
  app.add_option("--threads", options.threads, "0: one per core")->capture_default_str()->check(CLI::Range(0, 256));
  app.add_option("--device", options.device, "auto, cpu, cuda, cuda:N")->capture_default_str()->check(check_device);
  app.add_option("--precision", precision, "fp32, bf16, fp16, tf32, int8, auto")
      ->capture_default_str()
      ->check(check_precision);
  app.add_option("--rounds", options.rounds, "turns of about 50 ms that each model takes")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_flag("--layers", options.layers, "one row per layer");
  app.add_flag("--json", json, "print JSON");
  app.set_version_flag("--version", "cnn-bench " CNN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    return app.exit(information);
  } catch (const CLI::ParseError& failure) {
    return refuse(failure.what());
  }
  options.precision = *parse_precision(precision);
  Machine machine = measure_machine(Workers(options.threads).count());
  auto models = measure(paths, options);
  if (!models) return refuse(models.error().what);
  const BenchReport report{std::move(machine), *std::move(models), options.layers};
  std::cout << (json ? as_json(report) : as_table(report));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try { return run(argc, argv); } catch (const std::exception& failure) {
  return refuse(failure.what());
}
