// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>
#include <string>

#include "tools/show/request.h"

namespace cnn::tools {

/// The options of cnn-inspect that ask for a picture.
class PictureOptions {
 public:
  void add_to(CLI::App& app) {
    const std::string group = "Pictures (one at a time)";
    app.add_option("--feature-maps", maps_, "FRAME: the maps that --layer makes of a picture")->group(group);
    app.add_flag("--filters", filters_, "the weights of --layer (default: the first convolution)")->group(group);
    app.add_option("--receptive-field", field_,
                   "FRAME: what one element of --layer sees of it (default: how the view grows)")
        ->group(group);
    app.add_option("--activation-map", activation_, "FRAME: which pixels spoke for --class")->group(group);
    app.add_option("--layer", layer_, "a layer's or tensor's name, see --no-optimise")->group(group);
    app.add_option("--at", at_, "Y,X: row and column of the element (default: the middle)")->group(group);
    app.add_flag("--effective", effective_, "also measure the receptive field by changing pixels")->group(group);
    app.add_option("--class", class_, "number or label (default: the most probable class)")->group(group);
    app.add_option("-o,--output", output_, "the PNG to write")->group(group);
  }

  /// What was asked for; nothing where no picture was.
  Result<std::optional<PictureRequest>> request() const {
    using Kind = PictureRequest::Kind;
    const int kinds = !maps_.empty() + filters_ + !field_.empty() + !activation_.empty();
    const bool details = !layer_.empty() || !at_.empty() || effective_ || !class_.empty() || !output_.empty();
    if (kinds == 0 && !details) return std::optional<PictureRequest>();
    if (kinds != 1)
      return wrong(
          "--layer, --at, --effective, --class and -o go with exactly one of --feature-maps, --filters, "
          "--receptive-field and --activation-map");
    PictureRequest request;
    request.kind = !maps_.empty()    ? Kind::FeatureMaps
                   : filters_        ? Kind::Filters
                   : !field_.empty() ? Kind::ReceptiveField
                                     : Kind::ActivationMap;
    request.frame = maps_ + field_ + activation_;
    request.layer = layer_;
    request.wanted = class_;
    request.effective = effective_;
    request.output = output_;
    if (output_.empty()) return wrong("where shall the picture go? -o FILE.png is missing");
    if (!output_.ends_with(".png")) return wrong("-o " + output_ + ": only .png is written");
    if (request.kind != Kind::ReceptiveField && (!at_.empty() || effective_))
      return wrong("--at and --effective go with --receptive-field");
    if (request.kind != Kind::ActivationMap && !class_.empty()) return wrong("--class goes with --activation-map");
    if (request.kind == Kind::ActivationMap && !layer_.empty())
      return wrong("--layer does not go with --activation-map");
    if (!at_.empty()) {
      CNN_TRY(place, parse_place(at_));
      request.at = place;
    }
    return std::optional(request);
  }

 private:
  static Error wrong(const std::string& why) { return {ErrorCode::InvalidArgument, why}; }

  static Result<std::pair<int64_t, int64_t>> parse_place(const std::string& text) {
    int64_t y = 0, x = 0;
    const char* const end = text.data() + text.size();
    const auto row = std::from_chars(text.data(), end, y);
    if (row.ec == std::errc() && row.ptr < end && *row.ptr == ',') {
      const auto column = std::from_chars(row.ptr + 1, end, x);
      if (column.ec == std::errc() && column.ptr == end) return std::pair{y, x};
    }
    return wrong("--at " + text + " is not Y,X");
  }

  std::string maps_, field_, activation_, layer_, at_, class_, output_;
  bool filters_ = false, effective_ = false;
};

}  // namespace cnn::tools
