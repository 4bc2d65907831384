// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "tools/device_option.h"
#include "tools/verify_case.h"

namespace {

using namespace cnn::tools;

struct Totals {
  int passed = 0, failed = 0, unsupported = 0, skipped = 0;
};

void print(const std::string& name, const CaseResult& result, bool quiet, Totals& totals) {
  switch (result.verdict) {
    case Verdict::Pass:
      ++totals.passed;
      if (!quiet) std::cout << "pass " << name << std::endl;
      break;
    case Verdict::Fail:
      ++totals.failed;
      std::cout << "fail " << name << " (" << result.reason << ")" << std::endl;
      break;
    case Verdict::Unsupported:
      ++totals.unsupported;
      std::cout << "unsupported " << name << " (" << result.reason << ")" << std::endl;
      break;
    case Verdict::Skipped:
      ++totals.skipped;
      std::cout << "skip " << name << " (" << result.reason << ")" << std::endl;
      break;
  }
}

int run(int argc, char** argv) {
  CLI::App app("Runs ONNX conformance cases: every DIR holds model.onnx and test_data_set_*/{input,output}_N.pb.",
               "cnn-verify");
  std::vector<std::string> paths;
  VerifyOptions options;
  bool quiet = false;
  app.add_option("DIR", paths, "folders of cases, or .onnx files with NAME_output_N.pb beside them")->required();
  app.add_option("--device", options.device, "auto, cpu, cuda, cuda:N")
      ->capture_default_str()
      ->check(check_device);
  app.add_option("--threads", options.threads, "0: one per core")->capture_default_str()->check(CLI::Range(0, 1024));
  app.add_option("--rtol", options.tolerance.relative, "relative tolerance")->capture_default_str();
  app.add_option("--atol", options.tolerance.absolute, "absolute tolerance")->capture_default_str();
  app.add_option("--half-rtol", options.half.relative, "the same where the data state float16 or bfloat16")
      ->capture_default_str();
  app.add_option("--half-atol", options.half.absolute, "absolute tolerance there")->capture_default_str();
  app.add_option("--integer-tolerance", options.tolerance.integer, "allowed difference of int8 and uint8 outputs")
      ->capture_default_str();
  app.add_flag("-q,--quiet", quiet, "print no passes");
  app.set_version_flag("--version", "cnn-verify " CNN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    return app.exit(information);
  } catch (const CLI::ParseError& failure) {
    std::cerr << "cnn-verify: " << failure.what() << '\n';
    return 2;
  }
  options.half.integer = options.tolerance.integer;
  std::vector<Case> cases;
  for (const std::string& path : paths) {
    // A pattern like FOLDER/* also names the data beside bare models.
    std::error_code failure;
    if (path.ends_with(".pb") && std::filesystem::is_regular_file(path, failure)) continue;
    auto found = find_case(path);
    if (!found) {
      std::cerr << "cnn-verify: " << found.error().what << '\n';
      return 2;
    }
    cases.push_back(*std::move(found));
  }
  Totals totals;
  for (const Case& found : cases) {
    auto result = verify(found, options);
    if (!result) {
      std::cerr << "cnn-verify: " << result.error().what << '\n';
      return 2;
    }
    print(found.name, *result, quiet, totals);
  }
  std::cout << cases.size() << " cases: " << totals.passed << " passed, " << totals.failed << " failed, "
            << totals.unsupported << " unsupported, " << totals.skipped << " skipped\n";
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try { return run(argc, argv); } catch (const std::exception& failure) {
  std::cerr << "cnn-verify: " << failure.what() << '\n';
  return 2;
}
