// SPDX-License-Identifier: MIT
#include "engine/vision/preprocessing_json.h"

#include <nlohmann/json.hpp>

namespace cnn {
namespace {

using Json = nlohmann::ordered_json;

constexpr int largest_extent = 4096;
const std::vector<std::string> field_names = {"color", "mean",      "scale", "resize", "interpolation",
                                              "crop",  "antialias", "fill",  "size"};

const char* name_of(ChannelOrder order) {
  switch (order) {
    case ChannelOrder::Rgb:
      return "RGB";
    case ChannelOrder::Bgr:
      return "BGR";
    case ChannelOrder::Gray:
      break;
  }
  return "GRAY";
}

const char* name_of(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::Stretch:
      return "stretch";
    case ResizeMode::CentreCrop:
      return "centre-crop";
    case ResizeMode::Letterbox:
      break;
  }
  return "letterbox";
}

Status read_scaling(const JsonFields& json, Preprocessing& p) {
  if (json.has("mean")) {
    CNN_TRY(mean, json.numbers("mean", true));
    p.mean = std::move(mean);
  }
  if (json.has("scale")) {
    CNN_TRY(scale, json.numbers("scale", true));
    p.scale = std::move(scale);
  }
  if (json.has("fill")) {
    CNN_TRY(fill, json.numbers("fill", true));
    if (fill.size() != 1 && fill.size() != 3) return json.wrong("fill", "one or three numbers");
    for (float value : fill)
      if (!(value >= 0 && value <= 255)) return json.wrong("fill", "numbers from 0 to 255");
    p.fill = std::move(fill);
  }
  return {};
}

Status read_geometry(const JsonFields& json, Preprocessing& p) {
  if (json.has("resize")) {
    CNN_TRY(mode, json.text("resize"));
    if (mode == "stretch")
      p.resize = ResizeMode::Stretch;
    else if (mode == "centre-crop")
      p.resize = ResizeMode::CentreCrop;
    else if (mode == "letterbox")
      p.resize = ResizeMode::Letterbox;
    else
      return json.wrong("resize", "stretch, centre-crop or letterbox, not " + mode);
  }
  if (json.has("interpolation")) {
    CNN_TRY(name, json.text("interpolation"));
    if (name != "bilinear" && name != "bicubic") return json.wrong("interpolation", "bilinear or bicubic, not " + name);
    p.interpolation = name == "bicubic" ? Interpolation::Bicubic : Interpolation::Bilinear;
  }
  if (json.has("antialias")) {
    CNN_TRY(antialias, json.flag("antialias"));
    p.antialias = antialias;
  }
  if (json.has("crop")) {
    CNN_TRY(crop, json.number("crop", 0, 1));
    if (crop < 1e-3) return json.wrong("crop", "a share of at least 0.001");
    p.crop = crop;
  }
  if (json.has("size")) {
    CNN_TRY(size, json.numbers("size", false));
    auto extent = [](float v) { return v >= 1 && v <= largest_extent && v == static_cast<float>(static_cast<int>(v)); };
    if (size.size() != 2 || !extent(size[0]) || !extent(size[1]))
      return json.wrong("size", "[width, height] in pixels, 1 to " + std::to_string(largest_extent));
    p.size = {static_cast<int>(size[0]), static_cast<int>(size[1])};
  }
  return {};
}

Status read_order(const JsonFields& json, Preprocessing& p) {
  if (!json.has("color")) return {};
  CNN_TRY(color, json.text("color"));
  for (const ChannelOrder order : {ChannelOrder::Rgb, ChannelOrder::Bgr, ChannelOrder::Gray}) {
    if (color != name_of(order)) continue;
    p.order = order;
    return {};
  }
  return json.wrong("color", "RGB, BGR or GRAY, not " + color);
}

}  // namespace

Result<Preprocessing> read_preprocessing(const JsonFields& json) {
  Result<Preprocessing> read = Preprocessing();
  Preprocessing& p = *read;
  CNN_CHECK(read_order(json, p));
  CNN_CHECK(read_scaling(json, p));
  CNN_CHECK(read_geometry(json, p));
  return read;
}

Result<Preprocessing> parse_preprocessing(std::string_view text, const std::string& source) {
  CNN_TRY(json, JsonFields::parse(text, source));
  CNN_CHECK(json.check_keys(field_names));
  return read_preprocessing(json);
}

std::string to_json(const Preprocessing& p) {
  Json json = {{"resize", name_of(p.resize)},
               {"interpolation", p.interpolation == Interpolation::Bicubic ? "bicubic" : "bilinear"},
               {"antialias", p.antialias},
               {"crop", p.crop},
               {"fill", p.fill}};
  if (p.order) json["color"] = name_of(*p.order);
  if (!p.mean.empty()) json["mean"] = p.mean;
  if (!p.scale.empty()) json["scale"] = p.scale;
  if (p.size) json["size"] = {p.size->first, p.size->second};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cnn
