// SPDX-License-Identifier: MIT
#include "plugin/service/engine_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/plugin/stub_engine.h"

namespace cnn::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class EngineCacheTest : public ::testing::Test {
 protected:
  EngineSpec spec(const std::string& file, int max_batch = 1, const std::string& id = "") {
    EngineSpec spec;
    spec.model_file = file;
    spec.options.max_batch = max_batch;
    spec.engine_id = id;
    return spec;
  }
  std::shared_ptr<Service> get(const EngineSpec& spec) {
    auto service = cache.acquire(spec);
    EXPECT_TRUE(service.ok()) << (service.ok() ? "" : service.error().what);
    return service.ok() ? *service : nullptr;
  }
  /// What is past its time is taken out by a thread.
  void wait_until_alive(int engines) {
    while (control.alive != engines) std::this_thread::yield();
  }

  SetClock clock;
  StubControl control;
  EngineCache cache{
      [this](const std::string& file, const ClassifierOptions& options) -> Result<std::unique_ptr<Engine>> {
        if (file == "broken") return error(ErrorCode::InvalidModel, "broken: is broken");
        return std::unique_ptr<Engine>(std::make_unique<StubEngine>(control, options.max_batch));
      },
      clock};
};

TEST_F(EngineCacheTest, SharesWhatIsTheSame) {
  const auto a = get(spec("a")), again = get(spec("a"));
  EXPECT_EQ(a, again);
  EXPECT_NE(a, get(spec("b")));
  EXPECT_NE(a, get(spec("a", 4)));
  EngineSpec other = spec("a");
  other.options.device = "cuda";
  EXPECT_NE(a, get(other));
  other = spec("a");
  other.options.features = "auto";
  EXPECT_NE(a, get(other));
}

TEST_F(EngineCacheTest, KeepsEnginesApartByTheirId) {
  EXPECT_NE(get(spec("a", 1, "one")), get(spec("a", 1, "two")));
  EXPECT_NE(get(spec("a", 1, "one")), get(spec("a")));
}

TEST_F(EngineCacheTest, SharesByIdWhateverTheResources) {
  const auto a = get(spec("a", 8, "one"));
  EXPECT_EQ(a, get(spec("a", 2, "one")));
  EXPECT_EQ(a->engine().max_batch(), 8);
}

TEST_F(EngineCacheTest, RefusesAnotherModelUnderAnIdInUse) {
  const auto a = get(spec("a", 1, "one"));
  const auto b = cache.acquire(spec("b", 1, "one"));
  ASSERT_FALSE(b.ok());
  EXPECT_THAT(b.error().what, AllOf(HasSubstr("\"one\""), HasSubstr("/a"), HasSubstr("/b")));
}

TEST_F(EngineCacheTest, FreesAnIdThatNobodyUses) {
  get(spec("a", 1, "one"));
  EXPECT_TRUE(get(spec("b", 1, "one")));
}

TEST_F(EngineCacheTest, KeepsAnEngineForAWhile) {
  get(spec("a"));
  clock.advance(EngineCache::kKeptNs - 1);
  get(spec("a"));
  EXPECT_EQ(control.opened, 1);
  clock.advance(EngineCache::kKeptNs);
  wait_until_alive(0);
  get(spec("a"));
  EXPECT_EQ(control.opened, 2);
}

TEST_F(EngineCacheTest, KeepsNoMoreThanItMay) {
  for (const char* file : {"a", "b", "c", "d"}) get(spec(file));
  EXPECT_EQ(control.alive, static_cast<int>(EngineCache::kKept));
  get(spec("d"));
  get(spec("c"));
  EXPECT_EQ(control.opened, 4);
  get(spec("a"));
  EXPECT_EQ(control.opened, 5);
}

TEST_F(EngineCacheTest, NeverThrowsOutWhatIsInUse) {
  const auto a = get(spec("a"));
  for (const char* file : {"b", "c", "d"}) get(spec(file));
  clock.advance(2 * EngineCache::kKeptNs);
  EXPECT_EQ(a, get(spec("a")));
}

TEST_F(EngineCacheTest, OpensAChangedFileAgain) {
  const std::string path = (std::filesystem::temp_directory_path() / "cnn-engine-cache-test").string();
  std::ofstream(path) << "one";
  get(spec(path));
  std::ofstream(path) << "other";
  get(spec(path));
  EXPECT_EQ(control.opened, 2);
  std::filesystem::remove(path);
}

TEST_F(EngineCacheTest, ForgetsAFailure) {
  for (int i = 0; i < 2; ++i) {
    const auto broken = cache.acquire(spec("broken"));
    ASSERT_FALSE(broken.ok());
    EXPECT_EQ(broken.error().what, "broken: is broken");
  }
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(EngineCacheTest, OpensAModelOnceForAllThatAskAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<Service>> services(8);
  for (auto& service : services) threads.emplace_back([&] { service = get(spec("a")); });
  for (auto& thread : threads) thread.join();
  for (const auto& service : services) EXPECT_EQ(service, services[0]);
  EXPECT_EQ(control.opened, 1);
}

}  // namespace
}  // namespace cnn::test
