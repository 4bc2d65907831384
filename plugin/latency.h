// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace cnn {

/// The delay that the element tells the pipeline: how long a frame may wait for its batch to fill, and how long
/// everything else takes for 95 of 100 frames, with some room. Any thread.
class Latency {
 public:
  /// `processing_ns`: a first guess of what a full batch takes.
  void reset(unsigned batch_size, uint64_t processing_ns);
  void set_live(bool live);
  /// Off: frames leave before their results, and total_ns() is without the wait for a batch. On after reset().
  void set_frames_wait(bool wait);
  bool live() const;
  /// 0: unknown, the rate varies. True: total_ns() changed.
  bool set_frame_duration(uint64_t ns);
  uint64_t frame_duration_ns() const;
  /// The same, or where it is unknown what is customary.
  uint64_t nominal_frame_ns() const;
  /// A frame took `ns` from its arrival to its result, the wait for its batch left out. True: total_ns() changed so
  /// much that the pipeline has to ask again.
  bool observe(uint64_t ns);

  /// How long the first frame of a batch may wait for the last. A live stream of unknown rate does not wait: nothing
  /// true could be said about it.
  uint64_t batch_wait_ns() const;
  uint64_t total_ns() const;
  /// Whether frames may be held for a batch at all.
  bool may_wait() const;

 private:
  uint64_t wait_locked() const;

  mutable std::mutex mutex_;
  unsigned batch_size_ = 1;
  uint64_t frame_duration_ns_ = 0;
  uint64_t told_ns_ = 0;
  bool live_ = false;
  bool frames_wait_ = true;
  std::array<uint64_t, 64> recent_{};
  size_t observed_ = 0;
};

}  // namespace cnn
