// SPDX-License-Identifier: MIT
#include "plugin/spectrogram/properties.h"

#include "engine/audio/setting_names.h"
#include "engine/model_bundle.h"

namespace cnn {

template <>
inline constexpr auto choices_of<PartialPatch> = std::to_array<NamedChoice<PartialPatch>>(
    {{PartialPatch::Drop, "drop", "Is left out"},
     {PartialPatch::Pad, "pad", "Is filled up with silence"},
     {PartialPatch::First, "first", "Is filled up with silence if there was no patch before it, else left out"}});

namespace {

template <class T>
GType register_choices(const char* type_name) {
  static GEnumValue values[choices_of<T>.size() + 1] = {};
  for (size_t i = 0; i < choices_of<T>.size(); ++i)
    values[i] = {static_cast<int>(choices_of<T>[i].value), choices_of<T>[i].meaning, choices_of<T>[i].name};
  return register_enum(type_name, values);
}

}  // namespace

template <>
GType enum_type<WindowKind>() {
  static const GType type = register_choices<WindowKind>("CnnSpectrogramWindow");
  return type;
}
template <>
GType enum_type<WindowPlace>() {
  static const GType type = register_choices<WindowPlace>("CnnSpectrogramWindowPlace");
  return type;
}
template <>
GType enum_type<PadMode>() {
  static const GType type = register_choices<PadMode>("CnnSpectrogramPadMode");
  return type;
}
template <>
GType enum_type<MelScale>() {
  static const GType type = register_choices<MelScale>("CnnSpectrogramMelScale");
  return type;
}
template <>
GType enum_type<MelSlopes>() {
  static const GType type = register_choices<MelSlopes>("CnnSpectrogramMelSlopes");
  return type;
}
template <>
GType enum_type<MelNorm>() {
  static const GType type = register_choices<MelNorm>("CnnSpectrogramNorm");
  return type;
}
template <>
GType enum_type<LogKind>() {
  static const GType type = register_choices<LogKind>("CnnSpectrogramLog");
  return type;
}
template <>
GType enum_type<PatchNormalisation>() {
  static const GType type = register_choices<PatchNormalisation>("CnnSpectrogramNormalise");
  return type;
}
template <>
GType enum_type<PatchLayout>() {
  static const GType type = register_choices<PatchLayout>("CnnSpectrogramLayout");
  return type;
}
template <>
GType enum_type<PartialPatch>() {
  static const GType type = register_choices<PartialPatch>("CnnSpectrogramPartialPatch");
  return type;
}

const PropertyTable<SpectrogramProperties>& spectrogram_properties() {
  using P = SpectrogramProperties;
  using S = SpectrogramSettings;
  constexpr GParamFlags flags = kMutableReady;
  static const PropertyTable<P> table = {
      property<P>("model-file", "Model whose bundle has the settings that are not set here", &P::model_file, flags),
      property<P>("sample-rate", "Samples a second of the sound", &S::sample_rate, flags, 1, 1000000),
      property<P>("n-fft", "Samples of the Fourier transform", &S::n_fft, flags, 2, 65536),
      property<P>("win-length", "Samples under the window, at most n-fft", &S::win_length, flags, 1, 65536),
      property<P>("hop-length", "Samples from one frame to the next", &S::hop_length, flags, 1, 1000000),
      property<P>("window", "Window function", &S::window, flags),
      property<P>("periodic", "One period of the window; false: symmetric", &S::periodic, flags),
      property<P>("window-place", "Where a window shorter than n-fft stands", &S::window_place, flags),
      property<P>("center", "Frame t is centred on sample t * hop-length; false: begins there", &S::center, flags),
      property<P>("pad-mode", "What surrounds the sound where frames are centred", &S::pad_mode, flags),
      property<P>("power", "Exponent of the magnitude; 1: magnitude, 2: power", &S::power, flags, 0.01, 10),
      property<P>("n-mels", "Mel bands", &S::n_mels, flags, 1, 4096),
      property<P>("f-min", "Lower end of the lowest band in Hz", &S::f_min, flags, 0, 1e6),
      property<P>("f-max", "Upper end of the highest band in Hz; 0: half the sample rate", &S::f_max, flags, 0, 1e6),
      property<P>("mel-scale", "Formula of the mel scale", &S::mel_scale, flags),
      property<P>("mel-slopes", "What the sides of the filters are straight over", &S::mel_slopes, flags),
      property<P>("norm", "Height of the filters", &S::norm, flags),
      property<P>("log", "Logarithm of max(mel, log-floor) + log-offset", &S::log, flags),
      property<P>("log-offset", "Added before the logarithm", &S::log_offset, flags, 0, 1e6),
      property<P>("log-floor", "Least value before the logarithm", &S::log_floor, flags, 0, 1e6),
      property<P>("patch-frames", "Frames of a patch", &S::patch_frames, flags, 1, 16384),
      property<P>("patch-hop", "Frames from one patch to the next", &S::patch_hop, flags, 1, 1000000),
      property<P>("normalise", "What is brought to mean 0 and deviation 1", &S::normalise, flags),
      property<P>("layout", "Order of a patch in memory", &S::layout, flags),
      property<P>("channel", "Channel to listen to; -1: the mean of all", &P::channel, flags, kAllChannels, 63),
      property<P>("partial-patch", "What a patch becomes that the sound's end or a gap cuts off", &P::partial_patch,
                  flags),
  };
  return table;
}

Result<SpectrogramProperties> resolve(const SpectrogramProperties& values, const std::vector<bool>& stated) {
  SpectrogramProperties resolved;
  if (!values.model_file.empty()) {
    CNN_TRY(bundle, read_model_bundle(values.model_file));
    if (!bundle.spectrogram)
      return error(ErrorCode::InvalidModel, values.model_file,
                   ": the model does not say what spectrogram it listens to (\"cnn.spectrogram\" in its metadata or "
                   "\"spectrogram\" in the .json beside it)");
    static_cast<SpectrogramSettings&>(resolved) = *std::move(bundle.spectrogram);
  }
  for (size_t i = 0; i < stated.size(); ++i)
    if (stated[i]) spectrogram_properties()[i].copy(values, resolved);
  CNN_CHECK(check(resolved));
  return resolved;
}

}  // namespace cnn
