// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"
#include "tools/tensor_compare.h"

namespace cnn::tools {

struct VerifyOptions {
  std::string device = "auto";
  int threads = 0;
  Tolerance tolerance;
  /// For models that state float16 or bfloat16: computed here in float32, there with a rounding at every step.
  Tolerance half{1e-2, 1e-3, 0};
};

enum class Verdict { Pass, Fail, Unsupported, Skipped };

struct CaseResult {
  Verdict verdict;
  std::string reason;  ///< empty for Pass
};

/// One case: a model and where its data are.
struct Case {
  std::string name;
  std::string model;              ///< the .onnx file
  std::vector<std::string> sets;  ///< folders with input_N.pb and output_N.pb
  std::vector<std::string>
      ramp_outputs;  ///< instead of sets: expected outputs for inputs i / count (ONNX's "light" models)
};

/// `path` is a folder with model.onnx (and test_data_set_* folders) or an .onnx file with NAME_output_N.pb beside it.
Result<Case> find_case(const std::string& path);

/// Runs every data set. BackendUnavailable is the only Error; all else is part of the result.
Result<CaseResult> verify(const Case& found, const VerifyOptions& options);

}  // namespace cnn::tools
