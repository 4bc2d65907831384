// SPDX-License-Identifier: MIT
#include "plugin/object_cache.h"

#include <gtest/gtest.h>

namespace cnn {
namespace {

TicketPtr ticket(Ticket::State state) {
  auto made = std::make_shared<Ticket>();
  made->settle(state);
  return made;
}

ObjectResultPtr result(const char* label, uint64_t frame) {
  auto made = std::make_shared<ObjectResult>();
  made->frame = frame;
  made->classes = {{label, 1, 0}};
  return made;
}

std::string recalled(const ObjectCache& cache, int64_t id) {
  const ObjectResultPtr found = cache.recall(id);
  return found ? found->classes[0].label : "";
}

TEST(ObjectCache, AsksForAnObjectEachIntervalFrames) {
  ObjectCache cache;
  std::string due;
  for (uint64_t frame = 1; frame <= 7; ++frame) {
    const bool now = cache.is_due(5, frame, 3);
    due += now ? 'x' : '.';
    if (now) cache.begun(5, frame, ticket(Ticket::State::Pending));
  }
  EXPECT_EQ(due, "x..x..x");
}

TEST(ObjectCache, NeverAsksAgainWithIntervalZero) {
  ObjectCache cache;
  EXPECT_TRUE(cache.is_due(5, 1, 0));
  cache.begun(5, 1, ticket(Ticket::State::Done));
  for (uint64_t frame = 2; frame < 1000; frame += 200) EXPECT_FALSE(cache.is_due(5, frame, 0)) << frame;
}

TEST(ObjectCache, AsksAgainForWhatCameToNothing) {
  ObjectCache cache;
  cache.begun(5, 1, ticket(Ticket::State::Dropped));
  cache.begun(6, 1, ticket(Ticket::State::Done));
  EXPECT_TRUE(cache.is_due(5, 2, 0));
  EXPECT_FALSE(cache.is_due(6, 2, 0));
}

TEST(ObjectCache, AsksAgainOnDemandButNotForWhatIsUnderWay) {
  ObjectCache cache;
  cache.begun(5, 1, ticket(Ticket::State::Done));
  cache.begun(6, 1, ticket(Ticket::State::Pending));
  for (int64_t id : {5, 6, 7}) cache.infer_again(id);
  EXPECT_TRUE(cache.is_due(5, 2, 0));
  EXPECT_FALSE(cache.is_due(6, 2, 0));
  EXPECT_EQ(cache.size(), 2u);
}

TEST(ObjectCache, KeepsTheResultOfTheNewestFrame) {
  ObjectCache cache;
  cache.begun(5, 1, ticket(Ticket::State::Done));
  EXPECT_EQ(recalled(cache, 5), "");
  EXPECT_EQ(cache.keep(5, result("newer", 4)), 1u);
  cache.keep(5, result("older", 3));
  EXPECT_EQ(recalled(cache, 5), "newer");
  EXPECT_EQ(cache.keep(5, result("newest", 7)), 3u);
  EXPECT_EQ(recalled(cache, 5), "newest");
  EXPECT_EQ(recalled(cache, 6), "");
}

TEST(ObjectCache, ForgetsWhatIsNotSeenForAWhile) {
  ObjectCache cache;
  for (int64_t id : {1, 2}) {
    cache.begun(id, 1, ticket(Ticket::State::Done));
    cache.keep(id, result("seen", 1));
  }
  EXPECT_FALSE(cache.is_due(2, ObjectCache::kForgetFrames, 0));
  EXPECT_FALSE(cache.is_due(2, ObjectCache::kForgetFrames + 1, 0));
  EXPECT_TRUE(cache.is_due(1, ObjectCache::kForgetFrames + 2, 0));
  EXPECT_EQ(recalled(cache, 1), "");
  EXPECT_EQ(recalled(cache, 2), "seen");
  // Also without being asked for.
  EXPECT_TRUE(cache.is_due(3, 3 * ObjectCache::kForgetFrames, 0));
  EXPECT_EQ(cache.size(), 0u);
}

TEST(ObjectCache, IsBounded) {
  ObjectCache cache;
  const int64_t most = ObjectCache::kMostObjects;
  for (int64_t id = 0; id < 2 * most; ++id)
    cache.begun(id, static_cast<uint64_t>(id) / 50 + 1, ticket(Ticket::State::Done));
  EXPECT_EQ(cache.size(), ObjectCache::kMostObjects);
  const uint64_t now = static_cast<uint64_t>(2 * most) / 50 + 1;
  EXPECT_FALSE(cache.is_due(2 * most - 1, now, 0));
  EXPECT_TRUE(cache.is_due(0, now, 0));
}

}  // namespace
}  // namespace cnn
