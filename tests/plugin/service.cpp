// SPDX-License-Identifier: MIT
#include "plugin/service/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

#include "tests/plugin/stub_engine.h"

namespace cnn::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Outcome = Claim::Outcome;

constexpr uint64_t kMs = 1000000;

/// A lane and the hand that feeds it.
struct Feeder {
  Feeder(Service& to, unsigned priority)
      : service(to), lane(to.add(priority, [heard = heard] { ++*heard; })), stager(std::move(*to.engine().make_stager())) {}
  ~Feeder() { leave(); }
  void leave() {
    if (lane) service.remove(lane);
    lane.reset();
  }

  /// Asks for a slot and stages `value`; null when refused.
  TicketPtr offer(int value, Request request, uint64_t close_at_ns = 0, bool here = false) {
    const Claim claim = service.claim(lane, request);
    if (claim.outcome != Outcome::Granted) return nullptr;
    const BytePicture picture(value);
    EXPECT_TRUE(service.engine().stage(claim.slot, picture.frame(), *stager));
    service.submit(lane, claim, close_at_ns, here);
    return claim.ticket;
  }
  TicketPtr newest(int value, uint64_t next_frame_ns = 0) {
    return offer(value, {Demand::Newest, {}, 1, next_frame_ns});
  }
  TicketPtr every(int value, uint64_t close_at_ns = 0, bool here = false) {
    return offer(value, {Demand::Every, {}, 1, 0}, close_at_ns, here);
  }

  Service& service;
  std::shared_ptr<std::atomic<int>> heard = std::make_shared<std::atomic<int>>(0);  ///< may be called after remove()
  LanePtr lane;
  std::unique_ptr<Stager> stager;
};

class ServiceOf : public ::testing::Test {
 protected:
  void open(int max_batch) {
    control.clock = &clock;
    service = std::make_unique<Service>(std::make_unique<StubEngine>(control, max_batch), clock);
  }
  std::unique_ptr<Feeder> lane(unsigned priority = 10) { return std::make_unique<Feeder>(*service, priority); }
  void wait_for(const TicketPtr& ticket) {
    ASSERT_TRUE(ticket);
    while (!ticket->settled()) std::this_thread::yield();
  }
  /// The result, or -1.
  int value_of(const TicketPtr& ticket) {
    if (!ticket) return -1;
    while (!ticket->settled()) std::this_thread::yield();
    return ticket->state == Ticket::State::Done ? ticket->result.classes.at(0).index : -1;
  }
  /// One run stands before the closed gate, with a frame of a lane that is gone again when it is over.
  TicketPtr block_engine(Feeder& feeder) {
    control.gate(true);
    TicketPtr ticket = feeder.every(99);
    control.wait_until_running();
    return ticket;
  }

  SetClock clock;
  StubControl control;
  std::unique_ptr<Service> service;
};

TEST_F(ServiceOf, RunsADueBatchOfALoneLaneOnItsOwnThread) {
  open(1);
  auto a = lane();
  const TicketPtr ticket = a->every(7, 0, true);
  ASSERT_TRUE(ticket->settled());
  EXPECT_EQ(value_of(ticket), 7);
  EXPECT_EQ(*a->heard, 0);
}

TEST_F(ServiceOf, RunsFramesOfSeveralLanesTogether) {
  open(4);
  auto a = lane(), b = lane(), c = lane();
  const TicketPtr first = block_engine(*a);
  const std::vector<TicketPtr> tickets = {a->every(1), b->every(2), c->every(3)};
  control.let_run();
  control.let_run();
  EXPECT_EQ(value_of(tickets[0]), 1);
  EXPECT_EQ(value_of(tickets[1]), 2);
  EXPECT_EQ(value_of(tickets[2]), 3);
  EXPECT_THAT(control.done(), ElementsAre(ElementsAre(99), ElementsAre(1, 2, 3)));
  EXPECT_EQ(tickets[2]->batch_frames, 3);
}

/// A slot that was given to a waiting lane, and comes back because that lane is flushed, held the batch up until then.
TEST_F(ServiceOf, RunsADueBatchWhenAGrantedSlotComesBack) {
  open(2);
  for (int round = 0; round < 30; ++round) {
    auto a = lane(), b = lane(), c = lane();
    const Claim held = service->claim(c->lane, {Demand::Every, {}, 1, 0});
    const TicketPtr waits = b->every(5);  // due, but for the slot that is being staged
    std::thread asks([&] {
      const Claim claim = service->claim(a->lane, {Demand::Every, {}, 1, 0});
      if (claim.outcome == Outcome::Granted) service->cancel(claim);  // awake before the flush: nothing is shown
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // until it waits
    service->cancel(held);
    service->set_flushing(a->lane, true);
    asks.join();
    const auto begin = std::chrono::steady_clock::now();
    while (!waits->settled() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(5))
      std::this_thread::yield();
    ASSERT_TRUE(waits->settled()) << "round " << round;
  }
}

TEST_F(ServiceOf, ClosesABatchWhenItIsFull) {
  open(2);
  auto a = lane();
  EXPECT_FALSE(a->every(1, kNever, true)->settled());
  const TicketPtr second = a->every(2, kNever, true);
  ASSERT_TRUE(second->settled());
  EXPECT_THAT(control.done(), ElementsAre(ElementsAre(1, 2)));
}

TEST_F(ServiceOf, ClosesABatchWhenItsTimeHasCome) {
  open(4);
  auto a = lane();
  const TicketPtr late = a->every(1, clock.now_ns() + 50 * kMs);
  const TicketPtr urgent = a->every(2, clock.now_ns() + 20 * kMs);
  clock.advance(19 * kMs);
  EXPECT_FALSE(late->settled());
  clock.advance(kMs);
  EXPECT_EQ(value_of(late), 1);
  EXPECT_EQ(value_of(urgent), 2);
  EXPECT_EQ(control.done().size(), 1u);
  EXPECT_EQ(late->wait_ns, 20 * kMs);
}

TEST_F(ServiceOf, ClosesABatchOnRequest) {
  open(4);
  auto a = lane(), b = lane();
  const TicketPtr waiting = a->every(1, kNever);
  service->close(b->lane, false);
  EXPECT_FALSE(waiting->settled());
  service->close(a->lane, false);
  EXPECT_EQ(value_of(waiting), 1);
}

TEST_F(ServiceOf, GivesANewerFrameThePlaceOfTheOlder) {
  open(2);
  auto a = lane(), b = lane();
  block_engine(*b);
  const TicketPtr older = a->newest(1), newer = a->newest(2);
  ASSERT_TRUE(older && newer);
  EXPECT_EQ(older->state, Ticket::State::Dropped);
  control.let_run();
  control.let_run();
  EXPECT_EQ(value_of(newer), 2);
  EXPECT_THAT(control.done(), ElementsAre(ElementsAre(99), ElementsAre(2)));
}

TEST_F(ServiceOf, LeavesTheSlotToAFrameThatComesBeforeTheEngineIsFree) {
  open(1);
  control.run_ns = 100 * kMs;
  auto a = lane(), b = lane();
  value_of(a->every(1));
  block_engine(*b);
  EXPECT_FALSE(a->newest(2, 40 * kMs));
  clock.advance(70 * kMs);
  EXPECT_TRUE(a->newest(3, 40 * kMs));
  control.gate(false);
}

TEST_F(ServiceOf, RefusesWhatItHasNoRoomForAndIsOrderedAfterOthers) {
  open(1);
  auto a = lane(), b = lane(), c = lane();
  block_engine(*a);
  EXPECT_TRUE(b->newest(1));
  EXPECT_FALSE(c->newest(2));
  control.gate(false);
}

TEST_F(ServiceOf, TellsOthersThatTheirTicketsAreSettled) {
  open(2);
  auto a = lane(), b = lane();
  const TicketPtr ticket = a->every(5);
  while (*a->heard == 0) std::this_thread::yield();
  EXPECT_TRUE(ticket->settled());
  EXPECT_EQ(*b->heard, 0);
}

TEST_F(ServiceOf, DropsStagedFramesOfAFlushedLaneOnly) {
  open(4);
  auto a = lane(), b = lane();
  block_engine(*b);
  const TicketPtr flushed = a->every(1), kept = b->every(2);
  service->set_flushing(a->lane, true);
  EXPECT_EQ(flushed->state, Ticket::State::Dropped);
  EXPECT_EQ(service->claim(a->lane, {}).outcome, Outcome::Flushing);
  service->set_flushing(a->lane, false);
  control.gate(false);
  EXPECT_EQ(value_of(kept), 2);
  EXPECT_EQ(value_of(a->every(3)), 3);
}

TEST_F(ServiceOf, ForgetsTheTimeOfABatchThatIsEmptyAgain) {
  open(4);
  auto a = lane();
  a->every(1, clock.now_ns() + 10 * kMs);
  service->set_flushing(a->lane, true);
  service->set_flushing(a->lane, false);
  clock.advance(20 * kMs);
  EXPECT_FALSE(a->every(2, clock.now_ns() + 10 * kMs, true)->settled());
}

TEST_F(ServiceOf, WakesAClaimThatWaitsWhenItsLaneIsFlushed) {
  open(1);
  auto a = lane(), b = lane();
  block_engine(*b);
  const TicketPtr staged = b->every(1);
  std::atomic<int> outcome{-1};
  std::thread waiting([&] { outcome = static_cast<int>(service->claim(a->lane, {}).outcome); });
  service->set_flushing(a->lane, true);
  waiting.join();
  EXPECT_EQ(outcome, static_cast<int>(Outcome::Flushing));
  control.gate(false);
  EXPECT_EQ(value_of(staged), 1);
}

TEST_F(ServiceOf, OutlivesALaneWhoseFramesAreBeingComputed) {
  open(2);
  auto a = lane(), b = lane();
  const TicketPtr running = block_engine(*a), staged = a->every(1);
  a->leave();
  EXPECT_EQ(staged->state, Ticket::State::Dropped);
  EXPECT_EQ(*a->heard, 1) << "an EOS may wait for it";
  control.gate(false);
  EXPECT_EQ(value_of(b->every(4)), 4);
  wait_for(running);
}

TEST_F(ServiceOf, FailsOnlyTheFramesThatFailAlone) {
  open(4);
  control.poison = {66};
  auto a = lane(), b = lane();
  block_engine(*b);
  const TicketPtr good = a->every(1), bad = b->every(66), also_good = a->every(2);
  control.gate(false);
  EXPECT_EQ(value_of(good), 1);
  EXPECT_EQ(value_of(also_good), 2);
  wait_for(bad);
  EXPECT_EQ(bad->state, Ticket::State::Failed);
  EXPECT_THAT(bad->error.what, ::testing::HasSubstr("stub"));
}

/// Lanes that ask again and again while the engine is busy; how often each was served after `batches`.
class Shares : public ServiceOf {
 protected:
  std::map<int, int> serve(const std::vector<Feeder*>& lanes, int batches, int asks = 1) {
    control.gate(true);
    // Whoever is first gets the first batch; from then on all ask during each run.
    lanes[0]->newest(0);
    for (int n = 0; n < batches; ++n) {
      control.wait_until_running();
      clock.advance(10 * kMs);
      for (size_t i = 0; i < lanes.size() * static_cast<size_t>(asks); ++i) {
        const size_t turn = (i + static_cast<size_t>(n)) % lanes.size();
        lanes[turn]->newest(static_cast<int>(turn));
      }
      const size_t before = control.done().size();
      control.let_run();
      while (control.done().size() == before) std::this_thread::yield();
    }
    control.gate(false);
    std::map<int, int> served;
    for (const auto& batch : control.done())
      for (int value : batch) ++served[value];
    return served;
  }
};

TEST_F(Shares, AreEqualForEqualPriorities) {
  open(2);
  auto a = lane(), b = lane(), c = lane(), d = lane(), e = lane();
  const auto served = serve({a.get(), b.get(), c.get(), d.get(), e.get()}, 100);
  for (const auto& [value, times] : served) EXPECT_NEAR(times, 40, 2) << value;
}

TEST_F(Shares, FollowPriorities) {
  open(1);
  auto a = lane(10), b = lane(20), c = lane(50);
  const auto served = serve({a.get(), b.get(), c.get()}, 160);
  EXPECT_NEAR(served.at(0), 20, 2);
  EXPECT_NEAR(served.at(1), 40, 2);
  EXPECT_NEAR(served.at(2), 100, 2);
}

TEST_F(Shares, FollowPrioritiesWhereABatchHasRoomForAll) {
  open(4);
  auto a = lane(10), b = lane(20), c = lane(40);
  const auto served = serve({a.get(), b.get(), c.get()}, 200, 2);
  EXPECT_NEAR(served.at(0), 50, 4);
  EXPECT_NEAR(served.at(1), 100, 6);
  EXPECT_NEAR(served.at(2), 200, 8);
}

TEST_F(Shares, DoNotMatterWhereAllGetWhatTheyAskFor) {
  open(4);
  auto a = lane(10), b = lane(40);
  const auto served = serve({a.get(), b.get()}, 100);
  EXPECT_NEAR(served.at(0), 100, 2);
  EXPECT_NEAR(served.at(1), 100, 2);
}

TEST_F(Shares, LeaveNobodyOut) {
  open(1);
  auto heavy = lane(100), light = lane(1);
  const auto served = serve({heavy.get(), light.get()}, 303);
  EXPECT_NEAR(served.at(1), 3, 1);
}

TEST_F(ServiceOf, DoesNotLetLanesThatWaitInLineStarveLiveOnes) {
  open(1);
  auto file_a = lane(), file_b = lane(), live = lane();
  control.gate(true);
  std::atomic<bool> stop{false};
  auto read = [&](Feeder& feeder) {
    while (!stop)
      if (const TicketPtr ticket = feeder.every(1)) value_of(ticket);
  };
  std::thread a([&] { read(*file_a); }), b([&] { read(*file_b); });
  int granted = 0;
  for (int run = 0; run < 20; ++run) {
    control.wait_until_running();
    granted += live->newest(2) != nullptr;
    const size_t before = control.done().size();
    control.let_run();
    while (control.done().size() == before) std::this_thread::yield();
  }
  stop = true;
  control.gate(false);
  a.join();
  b.join();
  EXPECT_GE(granted, 6);  // a third is its share
}

TEST_F(ServiceOf, WhoWaitsForAPlaceClosesWhatHeStagedHimself) {
  open(2);
  const auto one = lane(), other = lane();
  // The other asked and has nothing: the free slot beside the first picture is left to it.
  service->cancel(service->claim(other->lane, {Demand::Newest, {}, 1, 0}));
  const TicketPtr first = one->every(1, kNever), second = one->every(2, kNever);
  EXPECT_EQ(value_of(first), 1);
  service->close(one->lane, false);
  EXPECT_EQ(value_of(second), 2);
}

TEST_F(ServiceOf, ClosesAtTheTimeThatIsSaid) {
  open(4);
  const auto one = lane();
  const TicketPtr ticket = one->every(1, kNever);
  service->close(one->lane, true, clock.now_ns() + 5 * kMs);
  EXPECT_FALSE(ticket->settled());
  clock.advance(5 * kMs);
  EXPECT_EQ(value_of(ticket), 1);
}

TEST_F(ServiceOf, PicturesOfAGroupAreReplacedTogetherAndNeverByTheirOwn) {
  open(3);
  const auto blocking = lane(), one = lane();
  block_engine(*blocking);
  const auto offer = [&](int value, uint64_t group) {
    return one->offer(value, {Demand::Newest, {}, 3, 0, group}, kNever);
  };
  const TicketPtr a = offer(1, 7), b = offer(2, 7), c = offer(3, 7);
  EXPECT_FALSE(offer(4, 7));
  EXPECT_FALSE(a->settled());
  const TicketPtr d = offer(5, 8);
  EXPECT_TRUE(d);
  for (const TicketPtr& dropped : {a, b, c}) EXPECT_EQ(dropped->state, Ticket::State::Dropped);
  service->close(one->lane, false);
  control.gate(false);
  EXPECT_EQ(value_of(d), 5);
}

}  // namespace
}  // namespace cnn::test
