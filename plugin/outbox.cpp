// SPDX-License-Identifier: MIT
#include "plugin/outbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cnn {
namespace {

// Events count too where nobody reads.
constexpr size_t kMostItems = 1000;

bool is_settled(const Item& item) { return !item.waits || item.settled(); }

}  // namespace

void Outbox::append(Item item) {
  const std::lock_guard lock(mutex_);
  frames_ += item.is_frame();
  items_.push_back(std::move(item));
}

size_t Outbox::frames_waiting() const {
  const std::lock_guard lock(mutex_);
  const auto first = std::find_if(items_.begin(), items_.end(), [](const Item& item) { return !is_settled(item); });
  return static_cast<size_t>(std::count_if(first, items_.end(), [](const Item& item) { return item.is_frame(); }));
}

bool Outbox::front_is_ready(size_t patience) const {
  if (flushing_ || items_.empty()) return false;
  const Item& front = items_.front();
  return is_settled(front) || (front.is_frame() && frames_ > patience);
}

void Outbox::send_ready(const Send& send, size_t patience) {
  std::unique_lock lock(mutex_);
  if (sending_) return;
  sending_ = true;
  while (front_is_ready(patience)) {
    Item item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    const bool was_frame = item.is_frame();
    send(item);
    lock.lock();
    frames_ -= was_frame;
    changed_.notify_all();
  }
  sending_ = false;
  changed_.notify_all();
}

bool Outbox::wait_for_kick() {
  std::unique_lock lock(mutex_);
  kicked_condition_.wait(lock, [&] { return kicked_ || flushing_; });
  kicked_ = false;
  return !flushing_;
}

void Outbox::kick() {
  const std::lock_guard lock(mutex_);
  kicked_ = true;
  kicked_condition_.notify_one();
}

bool Outbox::wait_for_room(size_t limit) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return (frames_ < limit && items_.size() < kMostItems) || flushing_; });
  return !flushing_;
}

bool Outbox::wait_until_empty() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return (items_.empty() && !sending_) || flushing_; });
  return !flushing_;
}

void Outbox::set_flushing(bool flushing) {
  const std::lock_guard lock(mutex_);
  flushing_ = flushing;
  kicked_ = false;
  changed_.notify_all();
  kicked_condition_.notify_all();
}

std::vector<Item> Outbox::take_all() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !sending_; });
  std::vector<Item> taken(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
  items_.clear();
  frames_ = 0;
  return taken;
}

void Outbox::clear() {
  for (const Item& item : take_all()) gst_mini_object_unref(item.object);
}

}  // namespace cnn
