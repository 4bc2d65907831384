// SPDX-License-Identifier: MIT
#include "plugin/object_cache.h"

#include <algorithm>
#include <utility>

namespace cnn {
namespace {

/// Whether nothing will come, or came, of `ticket`.
bool is_lost(const Ticket& ticket) {
  const Ticket::State state = ticket.state;
  return state == Ticket::State::Dropped || state == Ticket::State::Failed;
}

}  // namespace

bool ObjectCache::is_due(int64_t id, uint64_t frame, unsigned interval) {
  const std::lock_guard lock(mutex_);
  forget_unseen(frame);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return true;
  Entry& entry = found->second;
  if (entry.seen + kForgetFrames < frame) {
    entries_.erase(found);
    return true;
  }
  entry.seen = frame;
  if (entry.inferred == 0 || !entry.ticket || is_lost(*entry.ticket)) return true;
  return interval > 0 && frame - entry.inferred >= interval;
}

void ObjectCache::begun(int64_t id, uint64_t frame, TicketPtr ticket) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[id];
  entry.seen = entry.inferred = frame;
  entry.ticket = std::move(ticket);
  make_room();
}

uint64_t ObjectCache::keep(int64_t id, ObjectResultPtr result) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return 1;
  ObjectResultPtr& kept = found->second.result;
  if (kept && kept->frame > result->frame) return 1;
  const uint64_t frames = kept ? std::max<uint64_t>(1, result->frame - kept->frame) : 1;
  kept = std::move(result);
  return frames;
}

void ObjectCache::infer_again(int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (!entry.ticket || entry.ticket->settled()) entry.inferred = 0;
}

void ObjectCache::infer_all_again() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) entry.inferred = 0;
}

void ObjectCache::forget_results() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) entry.result.reset();
}

ObjectResultPtr ObjectCache::recall(int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.result;
}

size_t ObjectCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void ObjectCache::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  swept_at_ = 0;
}

void ObjectCache::forget_unseen(uint64_t frame) {
  if (frame < swept_at_ + kForgetFrames / 10) return;
  swept_at_ = frame;
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.seen + kForgetFrames < frame; });
}

void ObjectCache::make_room() {
  if (entries_.size() <= kMostObjects) return;
  entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                  [](const auto& a, const auto& b) { return a.second.seen < b.second.seen; }));
}

}  // namespace cnn
