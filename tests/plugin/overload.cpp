// SPDX-License-Identifier: MIT
// Live streams at an engine that is too slow for all of them, played by the clock: how old their results get.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "plugin/service/service.h"
#include "tests/plugin/stub_engine.h"

namespace cnn::test {
namespace {

constexpr uint64_t kMs = 1000000;

struct Camera {
  uint64_t frame_ns;
  LanePtr lane;
  uint64_t next_ns;
  std::vector<std::pair<uint64_t, TicketPtr>> waiting{};  ///< time of the frame
  std::vector<uint64_t> inferred{};                       ///< times of frames with results
  uint64_t oldest_ns = 0;                                 ///< result that a frame carried, without the first seconds
  int frames = 0, too_old = 0;
};

/// One thread plays cameras and the end of each run, in the order of their times.
class Overload {
 public:
  /// A run takes `frame_cost_ns` for each frame, and by chance up to `jitter` of that more or less.
  Overload(int max_batch, uint64_t frame_cost_ns, double jitter)
      : service_(std::make_unique<StubEngine>(control_, max_batch), clock_),
        frame_cost_ns_(frame_cost_ns),
        jitter_(jitter) {
    control_.gate(true);
    stager_ = *service_.engine().make_stager();
  }
  ~Overload() {
    control_.gate(false);
    for (Camera& camera : cameras_) service_.remove(camera.lane);
  }

  void add(uint64_t frame_ns, unsigned priority) {
    const LanePtr lane = service_.add(priority, [this, own = std::this_thread::get_id()] {
      if (std::this_thread::get_id() != own) ++heard_;
    });
    cameras_.push_back({frame_ns, lane, clock_.now_ns() + cameras_.size() * 7 * kMs});
  }
  void play(uint64_t ns) {
    const uint64_t start = clock_.now_ns(), end = start + ns;
    settled_in_ns_ = start + ns / 4;
    while (true) {
      Camera& next = *std::min_element(cameras_.begin(), cameras_.end(),
                                       [](const Camera& a, const Camera& b) { return a.next_ns < b.next_ns; });
      const uint64_t now = std::min(next.next_ns, run_ends_ns_);
      if (now >= end) break;
      clock_.advance(now - clock_.now_ns());
      if (now == run_ends_ns_)
        end_run();
      else
        bring_frame(next);
      begin_run();
    }
  }
  std::vector<Camera>& cameras() { return cameras_; }

 private:
  void bring_frame(Camera& camera) {
    const uint64_t now = clock_.now_ns();
    camera.next_ns += camera.frame_ns;
    const Claim claim = service_.claim(camera.lane, {Demand::Newest, {}, 1, camera.frame_ns});
    if (claim.outcome == Claim::Outcome::Granted) {
      const BytePicture picture(1);
      EXPECT_TRUE(service_.engine().stage(claim.slot, picture.frame(), *stager_));
      service_.submit(camera.lane, claim, 0, false);
      camera.waiting.push_back({now, claim.ticket});
    }
    if (camera.inferred.size() < 3 || now < settled_in_ns_) return;
    const uint64_t last = camera.inferred.back(), age = now - last;
    const uint64_t period = last - camera.inferred[camera.inferred.size() - 2];
    camera.oldest_ns = std::max(camera.oldest_ns, age);
    ++camera.frames;
    camera.too_old += age > 2 * std::max(period, mean_period(camera)) + camera.frame_ns;
  }
  static uint64_t mean_period(const Camera& camera) {
    return (camera.inferred.back() - camera.inferred.front()) / (camera.inferred.size() - 1);
  }
  /// The service's thread takes what is staged as soon as the engine is free.
  void begin_run() {
    if (!computing_.empty()) return;
    for (Camera& camera : cameras_) {
      std::erase_if(camera.waiting, [](const auto& frame) { return frame.second->settled(); });
      for (const auto& frame : camera.waiting) computing_.push_back({&camera, frame.first, frame.second});
    }
    if (computing_.empty()) return;
    control_.wait_until_running();
    heard_ = 0;
    const double chance = std::uniform_real_distribution<double>(1 - jitter_, 1 + jitter_)(random_);
    run_ends_ns_ = clock_.now_ns() + static_cast<uint64_t>(static_cast<double>(frame_cost_ns_) * chance) *
                                         static_cast<uint64_t>(computing_.size());
  }
  /// Lanes hear of their results when the service is ready for the next run.
  void end_run() {
    control_.let_run();
    while (heard_ < static_cast<int>(computing_.size())) std::this_thread::yield();
    for (const auto& [camera, time, ticket] : computing_) camera->inferred.push_back(time);
    computing_.clear();
    run_ends_ns_ = kNever;
  }

  struct Computing {
    Camera* camera;
    uint64_t time_ns;
    TicketPtr ticket;
  };

  SetClock clock_;
  StubControl control_;
  Service service_;
  std::unique_ptr<Stager> stager_;
  const uint64_t frame_cost_ns_;
  const double jitter_;
  std::mt19937 random_{7};
  std::vector<Camera> cameras_;
  std::vector<Computing> computing_;
  std::atomic<int> heard_{0};
  uint64_t run_ends_ns_ = kNever;
  uint64_t settled_in_ns_ = 0;
};

class Ages : public ::testing::TestWithParam<double> {};

/// 16 cameras of four rates at an engine that computes 9 frames/s: each gets every second batch.
TEST_P(Ages, StayWithinTwoPeriods) {
  Overload overload(8, 110 * kMs, GetParam());
  constexpr std::array kFrames = {33 * kMs, 40 * kMs, 67 * kMs, 100 * kMs};
  for (size_t i = 0; i < 16; ++i) overload.add(kFrames[i % kFrames.size()], 10);
  overload.play(120000 * kMs);
  for (const Camera& camera : overload.cameras()) {
    EXPECT_GT(camera.frames, 800);
    EXPECT_NEAR(static_cast<double>(camera.inferred.size()), 68, 3);
    EXPECT_EQ(camera.too_old, 0) << "of " << camera.frames << " frames each " << camera.frame_ns / kMs
                                 << " ms; the oldest result is of " << camera.oldest_ns / kMs << " ms ago";
  }
}

INSTANTIATE_TEST_SUITE_P(By, Ages, ::testing::Values(0., 0.1, 0.3));

}  // namespace
}  // namespace cnn::test
