// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/classifier.h"
#include "engine/vision/frame_intake.h"

namespace cnn {

/// What one stream needs to preprocess its frames, such as the filter tables of its size. One thread at a time.
class Stager {
 public:
  virtual ~Stager() = default;
};

struct ReadChoice {
  int top_k = 5;
  float threshold = 0;
  bool probabilities = false;  ///< of all classes, with their labels, too
  bool check = false;          ///< the frame fails where Engine::check() does
};

struct SpectrogramSize {
  int width = 0, height = 0;
  bool operator==(const SpectrogramSize&) const = default;
};

/// A compiled model as a Service needs it: banks() of max_batch() slots, so that one fills while another computes.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual int max_batch() const = 0;
  /// 2, or 3 where a device computes: one bank may then be read while the next one is computed.
  virtual int banks() const { return 2; }
  virtual const std::string& model_name() const = 0;
  /// Of the spectrograms that it takes; nothing where it takes pictures, of any size.
  virtual std::optional<SpectrogramSize> spectrogram_size() const = 0;
  /// One line for the log: size of the input, classes, device.
  virtual std::string description() const = 0;

  virtual Result<std::unique_ptr<Stager>> make_stager() const = 0;
  /// Memory on its device for frames that the device preprocesses itself; null where there is none.
  virtual std::shared_ptr<const FrameSlots> frame_slots() const { return nullptr; }
  /// Preprocesses `frame` into `slot`, 0 <= slot < banks() * max_batch(). Any thread, also during run(), as long as slots and
  /// stagers differ.
  virtual Status stage(int slot, const Frame& frame, Stager& stager) = 0;
  /// Computes the slots [first, first + count) of one bank. One thread at a time, read() and check() included unless there
  /// are 3 banks: then one thread may read while another runs a bank that it does not read.
  virtual Status run(int first, int count) = 0;
  /// The result of a slot, until it is computed again. Labels are owned by the engine.
  virtual void read(int slot, const ReadChoice& choice, Classification& result) const = 0;
  /// Why the last run() was not where it should be ("cuda:0 failed: ..."), another object for each new reason; null while
  /// all is well.
  virtual std::shared_ptr<const std::string> trouble() const { return nullptr; }
  /// Whether a slot's result is of finite numbers.
  virtual Status check(int slot) const = 0;
};

}  // namespace cnn
