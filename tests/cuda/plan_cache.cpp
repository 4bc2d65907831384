// SPDX-License-Identifier: MIT
#include "engine/cuda/plan_cache.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

namespace fs = std::filesystem;
using cuda::PlanCache;
using cuda::StoredPlan;

std::vector<fs::path> files_in(const std::string& folder) {
  return {fs::directory_iterator(folder), fs::directory_iterator()};
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return std::move(text).str();
}

TEST(PlanCache, FindsWhatAnotherProcessStored) {
  TemporaryFolder folder;
  PlanCache(folder / "plans", "machine").store("problem", {"eng1 k2=3", "{\"json\": 1}"});
  const auto found = PlanCache(folder / "plans", "machine").find("problem");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "eng1 k2=3");
  EXPECT_EQ(found->json, "{\"json\": 1}");
  EXPECT_EQ(files_in(folder / "plans").size(), 1u);
}

TEST(PlanCache, KeepsMachinesAndProblemsApart) {
  TemporaryFolder folder;
  const PlanCache cache(folder / "", "machine");
  cache.store("problem", {"eng1", "a"});
  cache.store("other", {"eng2", "b"});
  EXPECT_FALSE(PlanCache(folder / "", "another driver").find("problem"));
  EXPECT_FALSE(cache.find("unknown"));
  EXPECT_EQ(cache.find("other")->name, "eng2");
}

TEST(PlanCache, PassesOverAFileThatWasMovedToAnotherProblem) {
  TemporaryFolder folder;
  const PlanCache cache(folder / "", "machine");
  cache.store("a", {"eng1", "a"});
  const fs::path first = files_in(folder / "")[0];
  const std::string bytes = read(first);
  fs::remove(first);
  cache.store("b", {"eng2", "b"});
  std::ofstream(files_in(folder / "")[0]) << bytes;
  EXPECT_FALSE(cache.find("b"));
}

TEST(PlanCache, PassesOverAndReplacesDamagedFiles) {
  TemporaryFolder folder;
  const PlanCache cache(folder / "", "machine");
  cache.store("problem", {"eng1", "plan-text"});
  const fs::path file = files_in(folder / "")[0];
  const std::string good = read(file);
  std::string flipped = good, format = good, retyped = good;
  flipped[flipped.find("plan-text")] = 'q';
  format.replace(format.find("\"format\": 1"), 11, "\"format\": 2");
  retyped.replace(retyped.find("\"eng1\""), 6, "[1, 2]");
  const std::string cut = good.substr(0, good.size() / 2);
  for (const std::string& bad : {std::string(), cut, flipped, format, retyped, std::string("[]"), std::string("null"),
                                 std::string(1000, '\xff'), std::string(32 << 20, ' ') + good}) {
    std::ofstream(file, std::ios::binary) << bad;
    EXPECT_FALSE(cache.find("problem")) << bad.substr(0, 300);
    cache.store("problem", {"eng1", "plan-text"});
    EXPECT_EQ(read(file), good);
  }
}

TEST(PlanCache, KeepsNothingWithoutAFolderOrWhereItCannotWrite) {
  TemporaryFolder folder;
  folder.write("file", "no folder");
  for (const std::string& place : {std::string(), folder / "file", folder / "file/below"}) {
    const PlanCache cache(place, "machine");
    cache.store("problem", {"eng1", "a"});
    EXPECT_FALSE(cache.find("problem"));
  }
}

TEST(PlanCache, IsWholeWhileProcessesWrite) {
  TemporaryFolder folder;
  const StoredPlan plans[] = {{"eng1", std::string(200000, 'a')}, {"eng2", std::string(3000, 'b')}};
  const PlanCache cache(folder / "", "machine");
  cache.store("problem", plans[0]);
  pid_t writers[2];
  for (int i = 0; i < 2; ++i) {
    writers[i] = fork();
    if (writers[i] == 0) {
      for (int times = 0; times < 200; ++times) cache.store("problem", plans[i]);
      _exit(0);
    }
  }
  for (int times = 0; times < 200; ++times) {
    const auto found = cache.find("problem");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->json.size(), found->name == "eng1" ? 200000u : 3000u);
  }
  for (const pid_t writer : writers) {
    int status = -1;
    waitpid(writer, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files_in(folder / "").size(), 1u);
}

TEST(PlanCache, LiesInTheUsersCacheFolder) {
  setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_EQ(cuda::plan_cache_folder(), "/cache/gst-cnn/plans");
  setenv("XDG_CACHE_HOME", "relative", 1);
  setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(cuda::plan_cache_folder(), "/home/somebody/.cache/gst-cnn/plans");
  unsetenv("HOME");
  EXPECT_EQ(cuda::plan_cache_folder(), "");
}

}  // namespace
}  // namespace cnn::test
