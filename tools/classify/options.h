// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace cnn::classify {

/// What the command line asks for; empty strings mean "not asked for".
struct Options {
  std::string input;
  std::string output;  ///< labelled video; the extension chooses the container
  std::string json;    ///< file of JSON lines, "-" for standard output
  bool display = false;
  std::string model;
  std::string labels;
  int top_k = 3;
  double threshold = 0;
  double smoothing = 0;  ///< seconds; 0: none
  std::string device = "auto";
  std::string precision = "auto";
  int threads = 0;
  int batch_size = 0;  ///< 0: the element's default
  std::string features;
  bool stats = false;
  bool quiet = false;
};

/// Parses the command line. Without a value the program has nothing more to do and ends with `exit_code`: after --help
/// and --version with 0, after a mistake with 2 and one line on standard error.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace cnn::classify
