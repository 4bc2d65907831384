// SPDX-License-Identifier: MIT
#include "engine/device_failover.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine/vision/preprocess.h"

namespace cnn {
namespace {

using namespace std::chrono_literals;

/// Slots that anything goes into.
class AnySlots final : public FrameSlots {
 public:
  class Intake final : public FrameIntake {
   public:
    bool takes(const Frame&) const override { return true; }
    Status stage(int, const Frame&) override { return {}; }
  };
  Result<std::unique_ptr<FrameIntake>> make_intake() const override {
    return std::unique_ptr<FrameIntake>(std::make_unique<Intake>());
  }
  std::shared_ptr<std::byte> host_memory(size_t) const override { return std::make_shared<std::byte>(); }
  void* context() const override { return const_cast<AnySlots*>(this); }
};

/// A network that answers with what it is told to, and writes its name's first letter as the result.
class Puppet final : public Network {
 public:
  Puppet(std::string device, std::deque<Status>& answers) : answers_(answers) { running_on_.device = std::move(device); }
  const Graph& graph() const override { return graph_; }
  Status run(int, const BatchImages& images) override {
    Status answer;
    if (!answers_.empty()) {
      answer = answers_.front();
      answers_.pop_front();
    }
    if (!images.filled.on_device.empty() && running_on_.device == "cpu") return error(ErrorCode::InvalidArgument, "slots");
    if (answer) images.outputs[0][0] = static_cast<std::byte>(running_on_.device[1]);
    return answer;
  }
  Status run_timed(int batch, const BatchImages& images, std::span<double>) override { return run(batch, images); }
  Result<std::shared_ptr<const FrameSlots>> make_slots(int, const Preprocessing&, const InputFormat&) override {
    return std::shared_ptr<const FrameSlots>(std::make_shared<AnySlots>());
  }
  std::vector<LayerReport> layers(int) const override { return {}; }
  size_t arena_bytes() const override { return 0; }
  const RunningOn& running_on() const override { return running_on_; }

 private:
  Graph graph_;
  std::deque<Status>& answers_;
  RunningOn running_on_;
};

Error lost() { return {ErrorCode::DeviceFailure, "the device was lost"}; }

class Failover : public testing::Test {
 protected:
  std::unique_ptr<Network> puppet(const char* device, std::deque<Status>& answers) {
    return std::make_unique<Puppet>(device, answers);
  }
  /// 'u' when the device (cuda) computed the batch, 'p' when the CPU did, '-' when nobody did.
  char run() {
    std::byte result{'-'};
    BatchImages images;
    images.outputs = {&result};
    images.filled = filled;
    status = network.run(1, images);
    return static_cast<char>(result);
  }

  std::deque<Status> device_answers, cpu_answers;
  FilledSlots filled;
  Status opening_device, opening_cpu, status;
  int device_openings = 0, cpu_openings = 0;
  DeviceFailover::Clock::time_point now{1h};
  DeviceFailover network{puppet("cuda:0", device_answers),
                         [this]() -> Result<std::unique_ptr<Network>> {
                           ++device_openings;
                           CNN_CHECK(opening_device);
                           return puppet("cuda:0", device_answers);
                         },
                         [this]() -> Result<std::unique_ptr<Network>> {
                           ++cpu_openings;
                           CNN_CHECK(opening_cpu);
                           return puppet("cpu", cpu_answers);
                         },
                         [this] { return now; }};
};

TEST_F(Failover, StaysOnADeviceThatWorks) {
  EXPECT_EQ(run(), 'u');
  EXPECT_EQ(network.running_on().device, "cuda:0");
  EXPECT_EQ(cpu_openings, 0) << "the CPU's network takes memory only when it is needed";
}

TEST_F(Failover, TheCpuComputesTheBatchThatFailed) {
  device_answers = {lost()};
  EXPECT_EQ(run(), 'p');
  EXPECT_TRUE(status);
  EXPECT_EQ(network.running_on().device, "cpu");
  EXPECT_EQ(network.running_on().device_reason, "cuda:0 failed: the device was lost");
}

TEST_F(Failover, ComesBackAfterAWhile) {
  device_answers = {lost()};
  run();
  now += DeviceFailover::first_pause - 1s;
  EXPECT_EQ(run(), 'p');
  now += 1s;
  EXPECT_EQ(run(), 'u');
  EXPECT_EQ(network.running_on().device, "cuda:0");
  EXPECT_EQ(network.running_on().device_reason, "");
}

TEST_F(Failover, WaitsTwiceAsLongAfterEveryFailure) {
  device_answers = {lost()};
  run();
  opening_device = lost();
  now += DeviceFailover::first_pause;
  EXPECT_EQ(run(), 'p');
  EXPECT_EQ(device_openings, 1);
  now += DeviceFailover::first_pause;
  EXPECT_EQ(run(), 'p');
  EXPECT_EQ(device_openings, 1);
  now += DeviceFailover::first_pause;
  opening_device = {};
  device_answers = {lost()};  // opens, and fails with the first batch
  EXPECT_EQ(run(), 'p');
  EXPECT_EQ(device_openings, 2);
  now += 2 * DeviceFailover::first_pause;
  EXPECT_EQ(run(), 'p');
  EXPECT_EQ(device_openings, 2) << "a device that fails again soon is left alone for longer";
  now += 2 * DeviceFailover::first_pause;
  EXPECT_EQ(run(), 'u');
  EXPECT_EQ(cpu_openings, 1);
}

TEST_F(Failover, FramesOfADeviceThatFailsComeFromTheHostAndSlotsAreNoMore) {
  const auto slots = *network.make_slots(2, {}, {});
  const auto intake = std::move(*slots->make_intake());
  EXPECT_TRUE(intake->takes({}));
  const std::vector<uint8_t> on_device{0, 1};
  int brought = 0;
  filled = {0, on_device, [&]() -> Status {
              ++brought;
              return {};
            }};
  EXPECT_EQ(run(), 'u');
  EXPECT_EQ(brought, 0);
  device_answers = {lost()};
  EXPECT_EQ(run(), 'p');
  EXPECT_EQ(brought, 1);
  EXPECT_FALSE(intake->takes({})) << "their memory is lost";
  EXPECT_FALSE(slots->context());
  EXPECT_FALSE(*slots->make_intake());
  now += DeviceFailover::first_pause;
  EXPECT_EQ(run(), 'u');
  EXPECT_EQ(brought, 2) << "the device that came back has no slots; a frame was on its way into the old ones";
  filled.to_host = [] { return Status(lost()); };
  EXPECT_EQ(run(), '-');
  EXPECT_EQ(status.error().what, "the device was lost");
}

TEST_F(Failover, OtherErrorsAreTold) {
  device_answers = {Error{ErrorCode::InvalidArgument, "a batch too many"}};
  EXPECT_EQ(run(), '-');
  EXPECT_EQ(status.error().what, "a batch too many");
  EXPECT_EQ(network.running_on().device, "cuda:0");
}

TEST_F(Failover, TellsWhenNobodyCanCompute) {
  device_answers = {lost(), {}};
  opening_cpu = Error{ErrorCode::Unsupported, "no memory"};
  EXPECT_EQ(run(), '-');
  EXPECT_EQ(status.error().what, "no memory");
  EXPECT_EQ(run(), 'u') << "the device stays the only hope";
}

}  // namespace
}  // namespace cnn
