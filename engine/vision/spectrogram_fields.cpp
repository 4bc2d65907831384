// SPDX-License-Identifier: MIT
#include "engine/vision/spectrogram_fields.h"

#include <set>

#include "engine/audio/setting_names.h"

namespace cnn {
namespace {

/// Calls visit(key, member) for each setting.
template <class Settings, class Visit>
void visit_settings(Settings& s, Visit&& visit) {
  visit("sample_rate", s.sample_rate);
  visit("n_fft", s.n_fft);
  visit("win_length", s.win_length);
  visit("hop_length", s.hop_length);
  visit("window", s.window);
  visit("periodic", s.periodic);
  visit("window_place", s.window_place);
  visit("center", s.center);
  visit("pad_mode", s.pad_mode);
  visit("power", s.power);
  visit("n_mels", s.n_mels);
  visit("f_min", s.f_min);
  visit("f_max", s.f_max);
  visit("mel_scale", s.mel_scale);
  visit("mel_slopes", s.mel_slopes);
  visit("norm", s.norm);
  visit("log", s.log);
  visit("log_offset", s.log_offset);
  visit("log_floor", s.log_floor);
  visit("patch_frames", s.patch_frames);
  visit("patch_hop", s.patch_hop);
  visit("normalise", s.normalise);
  visit("layout", s.layout);
  visit("band_mean", s.band_mean);
  visit("band_deviation", s.band_deviation);
}

class Reader {
 public:
  explicit Reader(const JsonFields& json) : json_(json) {}

  template <class T>
  void operator()(const char* key, T& member) {
    known_.insert(key);
    if (!outcome_ || !json_.has(key)) return;
    if (const Status read = value(key, member); !read) outcome_ = read.error();
  }

  Status finish() const {
    CNN_CHECK(outcome_);
    for (const std::string& key : json_.keys())
      if (!known_.contains(key)) return json_.wrong(key.c_str(), "left out: there is no such setting");
    return {};
  }

 private:
  Status value(const char* key, int& member) {
    CNN_TRY(number, json_.integer(key, 0, 1 << 30));
    member = number;
    return {};
  }
  Status value(const char* key, double& member) {
    CNN_TRY(number, json_.number(key, 0, 1e9));
    member = number;
    return {};
  }
  Status value(const char* key, bool& member) {
    CNN_TRY(flag, json_.flag(key));
    member = flag;
    return {};
  }
  Status value(const char* key, std::vector<float>& member) {
    CNN_TRY(numbers, json_.numbers(key, false));
    member = std::move(numbers);
    return {};
  }
  template <class T>
  Status value(const char* key, T& member) {
    CNN_TRY(text, json_.text(key));
    std::string names;
    for (const auto& choice : choices_of<T>) {
      if (text == choice.name) {
        member = choice.value;
        return {};
      }
      names += (names.empty() ? "" : ", ") + std::string(choice.name);
    }
    return json_.wrong(key, "one of " + names + ", not " + text);
  }

  const JsonFields& json_;
  Status outcome_;
  std::set<std::string> known_;
};

struct Writer {
  nlohmann::ordered_json json;

  template <class T>
  void operator()(const char* key, const T& member) {
    if constexpr (std::is_enum_v<T>) {
      for (const auto& choice : choices_of<T>)
        if (choice.value == member) json[key] = choice.name;
    } else {
      json[key] = member;
    }
  }
};

}  // namespace

Result<SpectrogramSettings> read_spectrogram(const JsonFields& json) {
  SpectrogramSettings settings;
  Reader reader(json);
  visit_settings(settings, reader);
  CNN_CHECK(reader.finish());
  if (const Status checked = check(settings); !checked)
    return error(checked.error().code, json.source(), ": ", checked.error().what);
  return settings;
}

nlohmann::ordered_json spectrogram_json(const SpectrogramSettings& settings) {
  Writer writer;
  visit_settings(settings, writer);
  return std::move(writer.json);
}

}  // namespace cnn
