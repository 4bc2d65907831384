// SPDX-License-Identifier: MIT
#include "tests/plugin/stub_engine.h"

#include <algorithm>
#include <new>
#include <utility>

namespace cnn::test {

void SetClock::wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                          uint64_t deadline_ns) {
  {
    const std::lock_guard own(mutex_);
    sleepers_.push_back({&condition, lock.mutex()});
  }
  if (now_ns() < deadline_ns) condition.wait(lock);
  const std::lock_guard own(mutex_);
  sleepers_.erase(
      std::find_if(sleepers_.begin(), sleepers_.end(), [&](const Sleeper& s) { return s.condition == &condition; }));
}

void SetClock::advance(uint64_t ns) {
  now_ns_ += ns;
  std::vector<Sleeper> sleepers;
  {
    const std::lock_guard own(mutex_);
    sleepers = sleepers_;
  }
  for (const Sleeper& sleeper : sleepers) {
    // Whoever saw the old time is asleep once its mutex is free.
    { const std::lock_guard theirs(*sleeper.mutex); }
    sleeper.condition->notify_all();
  }
}

void StubControl::gate(bool on) {
  const std::lock_guard lock(mutex);
  gated = on;
  let = 0;
  changed.notify_all();
}

void StubControl::let_run() {
  const std::lock_guard lock(mutex);
  ++let;
  changed.notify_all();
}

void StubControl::wait_until_running() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return running > 0; });
}

std::vector<std::vector<int>> StubControl::done() {
  const std::lock_guard lock(mutex);
  return batches;
}

void StubControl::gate_reading(bool on) {
  const std::lock_guard lock(mutex);
  reading_gated = on;
  changed.notify_all();
}

void StubControl::wait_until_reading() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return reading > 0; });
}

void StubControl::gate_opening(bool on) {
  const std::lock_guard lock(mutex);
  opening_gated = on;
  changed.notify_all();
}

void StubControl::wait_until_opening() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return opening > 0; });
}

Result<std::unique_ptr<Engine>> StubControl::open(const std::string& model, int max_batch) {
  {
    std::unique_lock lock(mutex);
    ++opening;
    changed.notify_all();
    changed.wait(lock, [&] { return !opening_gated; });
    --opening;
    if (missing.contains(model)) return error(ErrorCode::Io, model, ": No such file or directory");
    if (too_large.contains(model)) throw std::bad_alloc();
  }
  return std::unique_ptr<Engine>(std::make_unique<StubEngine>(*this, max_batch, model));
}

StubEngine::StubEngine(StubControl& control, int max_batch, std::string model)
    : control_(control),
      max_batch_(max_batch),
      banks_(control.banks),
      name_(std::move(model)),
      labels_(256, name_),
      values_(static_cast<size_t>(banks_ * max_batch), -1) {
  std::fill_n(labels_.begin(), control_.common_below, kCommonLabel);
  ++control_.opened;
  ++control_.alive;
}

StubEngine::~StubEngine() { --control_.alive; }

std::optional<SpectrogramSize> StubEngine::spectrogram_size() const {
  const std::lock_guard lock(control_.mutex);
  const auto size = control_.listening.find(name_);
  return size == control_.listening.end() ? std::nullopt : std::optional(size->second);
}

Result<std::unique_ptr<Stager>> StubEngine::make_stager() const { return std::make_unique<Stager>(); }

Status StubEngine::stage(int slot, const Frame& frame, Stager&) {
  values_[static_cast<size_t>(slot)] = frame.image.planes[0][0];
  const std::lock_guard lock(control_.mutex);
  if (control_.frame_slots) control_.staged.push_back(frame);
  return {};
}

Status StubEngine::run(int first, int count) {
  std::vector<int> values(values_.begin() + first, values_.begin() + first + count);
  std::unique_lock lock(control_.mutex);
  ++control_.running;
  control_.changed.notify_all();
  const bool gated = control_.gated_model.empty() || control_.gated_model == name_;
  control_.changed.wait(lock, [&] { return !gated || !control_.gated || control_.let > 0; });
  if (gated && control_.gated) --control_.let;
  --control_.running;
  control_.batches.push_back(values);
  const uint64_t ns = control_.run_ns * static_cast<uint64_t>(count);
  if (control_.trouble.empty())
    trouble_.reset();
  else if (!trouble_ || *trouble_ != control_.trouble)
    trouble_ = std::make_shared<const std::string>(control_.trouble);
  const bool fails = std::any_of(values.begin(), values.end(), [&](int v) { return control_.poison.contains(v); });
  lock.unlock();
  std::atomic<int> turns{0};
  while (turns++ < control_.busy_loops) continue;
  if (control_.clock && ns > 0) control_.clock->advance(ns);
  if (fails) return error(ErrorCode::DeviceFailure, "stub: a batch of ", count, " failed");
  return {};
}

void StubEngine::read(int slot, const ReadChoice& choice, Classification& result) const {
  if (control_.reading_gated) {
    std::unique_lock lock(control_.mutex);
    ++control_.reading;
    control_.changed.notify_all();
    control_.changed.wait(lock, [&] { return !control_.reading_gated; });
    --control_.reading;
  }
  result.classes.clear();
  const int value = values_[static_cast<size_t>(slot)];
  if (choice.top_k > 0) result.classes.push_back({value, 1.0f, &labels_.at(static_cast<size_t>(value))});
  if (!choice.probabilities) return;
  result.probabilities.assign(labels_.size(), 0);
  result.probabilities[static_cast<size_t>(value)] = 1;
  result.labels = labels_;
}

Status StubEngine::check(int slot) const {
  const std::lock_guard lock(control_.mutex);
  const auto values = control_.unsound.find(name_);
  if (values == control_.unsound.end() || !values->second.contains(values_[static_cast<size_t>(slot)])) return {};
  return error(ErrorCode::InvalidModel, name_, " gives nan for class 0, no finite number");
}

}  // namespace cnn::test
