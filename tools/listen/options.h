// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace cnn::listen {

/// What the command line asks for; empty strings mean "not asked for".
struct Options {
  std::string input = "demo";
  std::string model;
  std::string labels;
  std::string json;     ///< file of JSON lines, "-" for standard output
  std::string picture;  ///< video of the labelled spectrogram; the extension chooses the container
  int top_k = 3;
  double threshold = 0;
  bool quiet = false;
};

/// Parses the command line. Without a value the program has nothing more to do and ends with `exit_code`: after --help
/// and --version with 0, after a mistake with 2 and one line on standard error.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace cnn::listen
