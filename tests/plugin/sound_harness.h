// SPDX-License-Identifier: MIT
#pragma once

#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <string>
#include <vector>

#include "tests/plugin/harness.h"

namespace cnn::test {

/// A patch that left cnnspectrogram.
struct Patch {
  GstClockTime pts, duration;
  bool discont;
  std::vector<float> values;
};

/// cnnspectrogram between two pads, at 1000 samples a second: frames of 20 samples every 10, 3 bands, patches of 4
/// frames every 2, so that a patch needs 50 samples and begins every 20 ms.
class SoundHarness {
 public:
  /// `properties` in gst-launch syntax, after those that make the patches small.
  explicit SoundHarness(const std::string& properties = "", const std::string& caps_fields = "format=F32LE,channels=1");
  ~SoundHarness();
  SoundHarness(const SoundHarness&) = delete;
  SoundHarness& operator=(const SoundHarness&) = delete;

  GstHarness* get() { return harness_; }
  GstElement* element() { return element_.get(); }
  GstBus* bus() { return bus_; }

  /// Pushes interleaved samples that begin at `ms`; -1: without a time stamp.
  template <class T>
  GstFlowReturn push(const std::vector<T>& sound, int ms, bool discont = false) {
    return push_bytes(sound.data(), sound.size() * sizeof(T), ms, discont);
  }
  bool send(GstEvent* event) { return gst_harness_push_event(harness_, event); }
  /// All patches that have left since the last call.
  std::vector<Patch> pull();
  /// Their time stamps in ms.
  std::vector<int> begins();
  /// The next error on the bus, as "domain/code: text", or "".
  std::string error() { return pop_error(bus_); }

 private:
  GstFlowReturn push_bytes(const void* bytes, size_t size, int ms, bool discont);

  GstHarness* harness_;
  Owned<GstElement> element_;
  GstBus* bus_;
};

/// The settings of SoundHarness.
inline constexpr const char* kSmallPatches =
    "sample-rate=1000 n-fft=20 win-length=20 hop-length=10 n-mels=3 f-min=0 f-max=0 patch-frames=4 patch-hop=2 ";

}  // namespace cnn::test
