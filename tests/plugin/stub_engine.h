// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "plugin/service/clock.h"
#include "plugin/service/engine.h"

namespace cnn::test {

/// A clock that stands still until it is set.
class SetClock final : public Clock {
 public:
  uint64_t now_ns() const override { return now_ns_.load(); }
  void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                  uint64_t deadline_ns) override;
  void advance(uint64_t ns);

 private:
  struct Sleeper {
    std::condition_variable* condition;
    std::mutex* mutex;
  };
  std::atomic<uint64_t> now_ns_{1000000000};
  std::mutex mutex_;
  std::vector<Sleeper> sleepers_;
};

/// What a StubEngine does and did, outside of it so that tests reach it whoever owns the engine.
struct StubControl {
  std::mutex mutex;
  std::condition_variable changed;
  SetClock* clock = nullptr;  ///< a run moves it on by run_ns a frame
  uint64_t run_ns = 0;
  int busy_loops = 0;  ///< how long a run takes by the processor
  int banks = 2;
  std::atomic<bool> reading_gated{false};  ///< a result is not read before gate_reading(false)
  int reading = 0;                         ///< that wait
  bool gated = false;  ///< a run waits for let_run()
  int let = 0;
  int running = 0;
  std::string gated_model;                           ///< "": the gate is for all
  std::set<int> poison;                              ///< values whose batches fail
  std::map<std::string, std::set<int>> unsound;      ///< by model: values for which its numbers are not finite
  int common_below = 256;                            ///< values below have the same label by every model
  std::set<std::string> missing, too_large;          ///< models that fail to open, or run out of memory
  std::map<std::string, SpectrogramSize> listening;  ///< models that take spectrograms
  bool opening_gated = false;                        ///< a model is not opened before open_gate()
  int opening = 0;
  std::string trouble;                               ///< what runs say of the device; "": nothing
  std::vector<std::vector<int>> batches;
  std::shared_ptr<const FrameSlots> frame_slots;     ///< null: the engine is the CPU's
  std::vector<Frame> staged;                         ///< all frames, when there are slots
  std::atomic<int> opened{0}, alive{0};

  void gate(bool on);
  /// Lets one run pass the gate.
  void let_run();
  /// Returns when a run stands before the gate (or is past it, without one).
  void wait_until_running();
  std::vector<std::vector<int>> done();
  void gate_reading(bool on);
  void wait_until_reading();
  void gate_opening(bool on);
  void wait_until_opening();
  /// Opens `model` as an EngineCache does.
  Result<std::unique_ptr<Engine>> open(const std::string& model, int max_batch);
};

inline constexpr const char* kCommonLabel = "value";

/// An Engine whose result for a frame is the frame's first byte as the only class's index. Its label is kCommonLabel,
/// or the model's name.
class StubEngine final : public Engine {
 public:
  StubEngine(StubControl& control, int max_batch, std::string model = "stub");
  ~StubEngine() override;

  int max_batch() const override { return max_batch_; }
  int banks() const override { return banks_; }
  const std::string& model_name() const override { return name_; }
  std::optional<SpectrogramSize> spectrogram_size() const override;
  std::string description() const override { return "stub"; }
  Result<std::unique_ptr<Stager>> make_stager() const override;
  Status stage(int slot, const Frame& frame, Stager& stager) override;
  Status run(int first, int count) override;
  std::shared_ptr<const FrameSlots> frame_slots() const override { return control_.frame_slots; }
  void read(int slot, const ReadChoice& choice, Classification& result) const override;
  Status check(int slot) const override;
  std::shared_ptr<const std::string> trouble() const override { return trouble_; }

 private:
  StubControl& control_;
  const int max_batch_, banks_;
  const std::string name_;
  std::vector<std::string> labels_;
  std::vector<int> values_;
  std::shared_ptr<const std::string> trouble_;
};

/// A picture of one byte.
struct BytePicture {
  explicit BytePicture(int value) : byte(static_cast<uint8_t>(value)) {
    view.format = PixelFormat::Gray8;
    view.width = view.height = 1;
    view.planes[0] = &byte;
    view.strides[0] = 1;
  }
  Frame frame() const {
    Frame frame;
    frame.image = view;
    return frame;
  }

  uint8_t byte;
  ImageView view;
};

}  // namespace cnn::test
