// SPDX-License-Identifier: MIT
// Random sequences of frames, events, flushes, caps, state changes and new models: whatever comes, every frame and
// every event leaves once, in order, with what belongs to it. CNN_RANDOM_SEQUENCES says how many (2000),
// CNN_RANDOM_SEED where they begin.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <random>
#include <thread>

#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

int number_from(const char* variable, int otherwise) {
  const char* text = getenv(variable);
  return text ? atoi(text) : otherwise;
}

constexpr const char* kMissing = "missing";

class Dice {
 public:
  explicit Dice(unsigned seed) : generator_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(generator_); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<int>(choices.size()))];
  }

 private:
  std::mt19937 generator_;
};

/// What is pushed between two points where frames may be lost.
struct Generation {
  std::vector<std::string> pushed;  ///< frames by number, marks, gap, eos
  bool cut = false;                 ///< it ended with a flush or a state change
};

/// One stream, what was pushed into it, and what has to hold about what left.
class Player {
 public:
  Player(unsigned seed, bool live, const std::string& properties)
      : dice_(seed), properties_(properties), stream_(properties, live) {
    auto has = [&](const char* text) { return properties.find(text) != std::string::npos; };
    stream_.finds_objects = true;
    const bool every = has("video-delay=result") && has("inference-interval=1") &&
                       (has("live-policy=all") || (has("live-policy=auto") && !live));
    every_own_ = every && !has("regions=objects");
    every_object_ = every && !has("regions=frame");
  }

  void play(int steps) {
    for (int i = 0; i < steps; ++i) step();
    if (!ended_) push_eos();
    stream_.drain();
  }

  /// The first thing that is wrong, or "".
  std::string fault() {
    size_t generation = 0, position = 0;
    int newest = -1, newest_model = 0;
    for (const Left& left : stream_.left()) {
      if (left.event == "flush-stop" || left.event == "cycle") {
        if (!generations_[generation].cut) return "an unexpected " + left.event;
        ++generation;
        position = 0;
        newest = -1;
        continue;
      }
      const auto token = token_of(left);
      if (!token) continue;
      const auto& pushed = generations_[generation].pushed;
      if (position == pushed.size() || pushed[position] != *token)
        return *token + " left instead of " + (position == pushed.size() ? "nothing" : pushed[position]);
      ++position;
      if (left.index < 0) continue;
      if (!left.misfit.empty()) return *token + " arrived with the wrong " + left.misfit;
      if (every_own_ && !left.inferred) return *token + " was not inferred";
      if (every_object_ && left.objects != left.index % 4)
        return *token + " has " + std::to_string(left.objects) + " objects";
      if (left.inferred && left.result != left.index)
        return *token + " has the result of " + std::to_string(left.result);
      // What comes first of a new model may be of objects alone; nothing of the old one's is told as its own.
      if (left.result < 0 && atoi(left.model.c_str()) > newest_model) newest = -1;
      if (left.result > left.index || left.result < newest)
        return *token + " has the result of " + std::to_string(left.result) + " behind that of " +
               std::to_string(newest);
      if (left.result >= 0 && left.result < first_of(generation)) return *token + " has a result from before the flush";
      newest = left.result;
      if (left.result < 0) continue;
      if (left.label != left.model) return *token + " has a label of " + left.label + " by " + left.model;
      const int model = atoi(left.model.c_str());
      if (model < newest_model) return *token + " has a result of the older model " + left.model;
      newest_model = model;
    }
    if (generation + 1 != generations_.size()) return "a flush did not arrive";
    if (position != generations_.back().pushed.size()) return "lost " + generations_.back().pushed[position];
    return "";
  }

  std::string story() {
    std::string text = properties_ + "\npushed:";
    for (const Generation& generation : generations_) {
      for (const std::string& token : generation.pushed) text += ' ' + token;
      if (generation.cut) text += " |";
    }
    return text + "\nleft: " + to_string(stream_.left());
  }

 private:
  static std::optional<std::string> token_of(const Left& left) {
    if (left.index >= 0) return std::to_string(left.index);
    if (left.event.starts_with("mark") || left.event == "gap" || left.event == "eos") return left.event;
    return std::nullopt;
  }
  int first_of(size_t generation) const { return firsts_[generation]; }

  void note(const std::string& token) { generations_.back().pushed.push_back(token); }
  void cut() {
    generations_.back().cut = true;
    generations_.emplace_back();
    firsts_.push_back(frames_);
    ended_ = false;
  }
  void push_eos() {
    note("eos");
    stream_.push_event(gst_event_new_eos());
    ended_ = true;
  }

  void step() {
    const int what = dice_.below(100);
    if (what >= 92 && what < 95) {
      stream_.flush();
      cut();
    } else if (what == 95) {
      if (wants_missing_) swap();
      stream_.cycle();
      cut();
    } else if (ended_) {
      return;  // behind EOS there is nothing but a flush
    } else if (what < 60) {
      note(std::to_string(frames_));
      push_frame();
    } else if (what < 68) {
      stream_.push_mark(++marks_);
      note("mark" + std::to_string(marks_));
    } else if (what < 72) {
      note("gap");
      stream_.push_event(gst_event_new_gap(0, 40 * GST_MSECOND));
    } else if (what < 80) {
      const int side = dice_.one_of({4, 8, 12});
      stream_.set_size(side, dice_.one_of({4, 8}));
    } else if (what < 84) {
      stream_.push_segment();
    } else if (what < 88) {
      stream_.push_event(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty("oob")));
    } else if (what < 92) {
      stream_.drain();
    } else if (what == 96) {
      push_eos();
    } else if (what == 97) {
      swap();
    } else if (what == 98) {
      stream_.set_model(kMissing);
      wants_missing_ = true;
    } else {
      std::this_thread::yield();
    }
  }

  /// Models have numbers.
  void swap() {
    stream_.set_model(std::to_string(++models_));
    wants_missing_ = false;
  }

  void push_frame() {
    const int index = frames_++;
    const GstClockTime regular = static_cast<GstClockTime>(index) * 40 * GST_MSECOND;
    const int time = dice_.below(20);
    stream_.push(index, time == 0   ? GST_CLOCK_TIME_NONE
                        : time == 1 ? regular / 2
                        : time == 2 ? regular + GST_SECOND
                                    : regular);
  }

  Dice dice_;
  std::string properties_;
  bool every_own_ = false;     ///< each frame has to carry its own result
  bool every_object_ = false;  ///< each object has to have a result
  Stream stream_;
  std::vector<Generation> generations_ = std::vector<Generation>(1);
  std::vector<int> firsts_ = {0};
  int frames_ = 0, marks_ = 0, models_ = 0;
  bool ended_ = false;
  bool wants_missing_ = false;
};

std::string random_properties(Dice& dice) {
  std::string text = "batch-size=" + std::to_string(dice.one_of({0, 1, 2, 4}));
  text += std::string(" live-policy=") + dice.one_of({"auto", "auto", "all", "latest", "deadline"});
  text += std::string(" video-delay=") + dice.one_of({"result", "result", "none"});
  text += " inference-interval=" + std::to_string(dice.one_of({1, 1, 2, 3}));
  text += " post-messages=" + std::string(dice.one_of({"results", "none", "changes"}));
  text += std::string(dice.one_of({"", "", " smoothing=100000000 hysteresis=0.1 unknown-threshold=0.3"}));
  text += std::string(" regions=") + dice.one_of({"frame", "both", "objects"});
  text += " reclassify-interval=" + std::to_string(dice.one_of({1, 0, 3}));
  text += " shadow-frames=" + std::to_string(dice.one_of({0, 0, 3}));
  return text;
}

void play_sequence(unsigned seed) {
  Dice dice(seed);
  StubWorld world;
  world.control.common_below = 0;
  world.control.missing.insert(kMissing);
  world.control.busy_loops = dice.one_of({0, 0, 0, 100, 100, 10000, 60000});
  world.control.banks = dice.one_of({2, 2, 3});
  const int streams = dice.one_of({1, 1, 2, 3});
  const std::string properties = random_properties(dice);
  std::vector<std::unique_ptr<Player>> players;
  for (int i = 0; i < streams; ++i)
    players.push_back(std::make_unique<Player>(seed * 10 + static_cast<unsigned>(i), dice.chance(40),
                                               dice.chance(70) ? properties : random_properties(dice)));
  std::vector<std::thread> threads;
  const int steps = dice.one_of({40, 40, 40, 120});
  for (size_t i = 1; i < players.size(); ++i) threads.emplace_back([&, i] { players[i]->play(steps); });
  players[0]->play(steps);
  for (auto& thread : threads) thread.join();
  for (auto& player : players) {
    const std::string fault = player->fault();
    ASSERT_EQ(fault, "") << "seed " << seed << ": " << player->story();
  }
}

TEST(RandomSequences, LoseDoubleAndMixUpNothing) {
  const int count = number_from("CNN_RANDOM_SEQUENCES", 2000);
  const auto first = static_cast<unsigned>(number_from("CNN_RANDOM_SEED", 1));
  for (unsigned seed = first; seed < first + static_cast<unsigned>(count) && !HasFatalFailure(); ++seed)
    play_sequence(seed);
}

}  // namespace
}  // namespace cnn::test
