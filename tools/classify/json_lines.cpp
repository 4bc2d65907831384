// SPDX-License-Identifier: MIT
#include "tools/classify/json_lines.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

namespace cnn::classify {
namespace {

double rounded(double value, double steps_per_one) { return std::round(value * steps_per_one) / steps_per_one; }

nlohmann::ordered_json json_of(const std::vector<LabelledClass>& classes) {
  auto labels = nlohmann::ordered_json::array();
  for (const LabelledClass& found : classes)
    labels.push_back({{"label", found.label}, {"confidence", rounded(found.confidence, 1e6)}, {"index", found.index}});
  return labels;
}

}  // namespace

std::string json_line(const FrameResult& result) {
  nlohmann::ordered_json line;
  line[result.patch ? "patch" : "frame"] = result.frame;
  if (!result.file.empty()) line["file"] = result.file;
  line["pts"] = rounded(result.time, 1e6);
  if (result.patch) {
    line["duration"] = rounded(result.duration, 1e6);
  } else {
    line["width"] = result.width;
    line["height"] = result.height;
  }
  line["labels"] = json_of(result.meta.classes);
  for (const LabelledHead& head : result.meta.heads) line["heads"][head.name] = json_of(head.classes);
  if (const auto& stable = result.meta.stable)
    line["stable"] = {
        {"label", stable->label}, {"confidence", rounded(stable->confidence, 1e6)}, {"index", stable->index}};
  line["inferred"] = result.classified && result.meta.inferred;
  line["inference_ms"] = rounded(static_cast<double>(result.meta.inference_time_ns) * 1e-6, 1e3);
  if (!result.meta.features.empty()) line["features"] = result.meta.features;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::unique_ptr<JsonLines>> JsonLines::open(const std::string& path) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "w");
  if (!file) return error(ErrorCode::Io, path, ": ", std::strerror(errno));
  return std::unique_ptr<JsonLines>(new JsonLines(file, path));
}

JsonLines::~JsonLines() {
  if (file_ && file_ != stdout) std::fclose(file_);
}

void JsonLines::write(const FrameResult& result) {
  if (state_ != State::Good) return;
  std::string line = json_line(result);
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size()) note_failure();
  // A reader at the other end of a pipe wants each frame as it comes.
  if (file_ == stdout && state_ == State::Good && std::fflush(file_) != 0) note_failure();
}

JsonLines::State JsonLines::finish() {
  if (state_ == State::Good && std::fflush(file_) != 0) note_failure();
  return state_;
}

void JsonLines::note_failure() {
  state_ = errno == EPIPE ? State::ReaderGone : State::Failed;
  reason_ = (path_ == "-" ? "standard output" : path_) + ": " + std::strerror(errno);
}

}  // namespace cnn::classify
