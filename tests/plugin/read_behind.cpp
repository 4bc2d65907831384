// SPDX-License-Identifier: MIT
// Where an engine has three banks: results of a batch are read while the next one runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/service/service.h"
#include "tests/plugin/stream.h"
#include "tests/plugin/stub_engine.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;

class ReadBehind : public ::testing::Test {
 protected:
  ReadBehind() {
    control.banks = 3;
    service = std::make_unique<Service>(std::make_unique<StubEngine>(control, 2), steady_clock());
    lane = service->add(10, [this] { ++heard; });
    stager = std::move(*service->engine().make_stager());
  }
  ~ReadBehind() override {
    control.gate_reading(false);
    if (lane) service->remove(lane);
  }

  /// A frame that closes its batch; see Service::submit() for `here`.
  TicketPtr push(int value, bool here = false) {
    const Claim claim = service->claim(lane, {Demand::Every, {}, 2, 0});
    if (claim.outcome != Claim::Outcome::Granted) return nullptr;
    const BytePicture picture(value);
    EXPECT_TRUE(service->engine().stage(claim.slot, picture.frame(), *stager));
    service->submit(lane, claim, 0, here);
    return claim.ticket;
  }
  int value_of(const TicketPtr& ticket) {
    if (!ticket) return -1;
    while (!ticket->settled()) std::this_thread::yield();
    return ticket->state == Ticket::State::Done ? ticket->result.classes.at(0).index : -1;
  }
  void wait_for_batches(size_t count) {
    while (control.done().size() < count) std::this_thread::yield();
  }

  StubControl control;
  std::atomic<int> heard{0};
  std::unique_ptr<Service> service;
  LanePtr lane;
  std::unique_ptr<Stager> stager;
};

TEST_F(ReadBehind, RunsTheNextBatchMeanwhile) {
  control.gate_reading(true);
  const TicketPtr first = push(1);
  control.wait_until_reading();
  const TicketPtr second = push(2);
  wait_for_batches(2);
  EXPECT_FALSE(first->settled());
  EXPECT_EQ(heard, 0);
  control.gate_reading(false);
  EXPECT_EQ(value_of(first), 1);
  EXPECT_EQ(value_of(second), 2);
}

TEST_F(ReadBehind, KeepsResultsUntilTheyAreRead) {
  control.gate_reading(true);
  const TicketPtr first = push(1);
  control.wait_until_reading();
  const TicketPtr second = push(2);
  wait_for_batches(2);
  // The second waits for the reader, so that the third stays in its bank.
  const TicketPtr third = push(3);
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  EXPECT_EQ(control.done().size(), 2u);
  control.gate_reading(false);
  EXPECT_EQ(value_of(first), 1);
  EXPECT_EQ(value_of(second), 2);
  EXPECT_EQ(value_of(third), 3);
}

TEST_F(ReadBehind, GivesEveryFrameItsResultInTheOrderOfTheBatches) {
  std::vector<TicketPtr> tickets;
  for (int value = 0; value < 200; ++value) tickets.push_back(push(value));
  uint64_t batch = 0;
  for (int value = 0; value < 200; ++value) {
    const TicketPtr& ticket = tickets[static_cast<size_t>(value)];
    EXPECT_EQ(value_of(ticket), value);
    EXPECT_GE(ticket->batch, batch);
    batch = ticket->batch;
  }
}

TEST_F(ReadBehind, ReadsWhatIsLeftWhenTheLaneGoes) {
  control.gate_reading(true);
  const TicketPtr ticket = push(1);
  control.wait_until_reading();
  std::thread opener([&] { control.gate_reading(false); });
  service->remove(std::exchange(lane, nullptr));
  opener.join();
  EXPECT_EQ(ticket->state, Ticket::State::Done);
  lane = service->add(10, [] {});
  EXPECT_EQ(value_of(push(2)), 2);
}

TEST_F(ReadBehind, ComputesABatchThatFailsAgainFrameByFrame) {
  control.gate(true);
  const TicketPtr blocker = push(9);
  control.wait_until_running();
  control.poison = {4};
  const TicketPtr bad = push(4), good = push(5);
  control.gate(false);
  EXPECT_EQ(value_of(blocker), 9);
  EXPECT_EQ(value_of(bad), -1);
  EXPECT_EQ(value_of(good), 5);
}

TEST_F(ReadBehind, LetsTheLanesOwnThreadReadWhatItComputes) {
  const TicketPtr ticket = push(7, true);
  ASSERT_TRUE(ticket && ticket->settled());
  EXPECT_EQ(value_of(ticket), 7);
  EXPECT_EQ(heard, 0);
}

}  // namespace
}  // namespace cnn::test
