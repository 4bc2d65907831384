// SPDX-License-Identifier: MIT
#include "plugin/service/engine_cache.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <new>

#include "plugin/service/classifier_engine.h"
#include "plugin/service/engine_identity.h"

namespace cnn {

EngineCache::~EngineCache() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (keeper_.joinable()) keeper_.join();
}

EngineCache::Entry* EngineCache::find(const Entry& wanted) {
  Entry* other = nullptr;
  for (Entry& entry : entries_) {
    if (entry.id != wanted.id) continue;
    if (entry.identity == wanted.identity && (!wanted.id.empty() || entry.options == wanted.options)) return &entry;
    if (!wanted.id.empty()) other = &entry;
  }
  return other;
}

/// Whoever waits for the model has to hear how it went, whatever happens.
Result<std::unique_ptr<Engine>> EngineCache::open(const EngineSpec& spec) const try {
  return open_(spec.model_file, spec.options);
} catch (const std::bad_alloc&) {
  return error(ErrorCode::DeviceFailure, spec.model_file, ": out of memory");
} catch (const std::exception& failure) {
  return error(ErrorCode::DeviceFailure, spec.model_file, ": ", failure.what());
}

Result<std::shared_ptr<Service>> EngineCache::acquire(const EngineSpec& spec) {
  Entry wanted;
  wanted.id = spec.engine_id;
  wanted.identity = engine_identity(spec.model_file, spec.options);
  wanted.options = engine_resources(spec.options);

  std::unique_lock lock(mutex_);
  for (Entry* entry = find(wanted); entry; entry = find(wanted)) {
    const bool same = entry->identity == wanted.identity;
    if (!same && spec.beside) break;
    if (same && entry->service) return hand_out(*entry);
    if (!same && entry->users > 0)
      return error(ErrorCode::InvalidArgument, "engine-id \"", wanted.id, "\" is taken by ", entry->identity,
                   ", which is not ", wanted.identity);
    if (!same && entry->service) {
      // Nobody holds it: its id is free for another model.
      Entries old;
      old.splice(old.begin(), entries_,
                 std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return &e == entry; }));
      lock.unlock();
      old.clear();
      lock.lock();
      continue;
    }
    clock_.wait_until(changed_, lock, kNever);
  }
  Entry& entry = entries_.emplace_back(std::move(wanted));
  entry.users = 1;  // so that it is nobody's to throw away while the model is opened
  lock.unlock();
  auto opened = open(spec);
  std::unique_ptr<Service> service;
  if (opened) service = std::make_unique<Service>(std::move(*opened), clock_);
  lock.lock();
  entry.users = 0;
  entry.service = std::move(service);
  changed_.notify_all();
  if (opened) return hand_out(entry);
  entries_.remove_if([&](const Entry& e) { return &e == &entry; });
  return opened.error();
}

std::shared_ptr<Service> EngineCache::hand_out(Entry& entry) {
  ++entry.users;
  return {entry.service.get(), [this, &entry](Service*) { release(&entry); }};
}

void EngineCache::release(Entry* entry) {
  Entries expired;  // dies after the lock
  const std::lock_guard lock(mutex_);
  if (--entry->users > 0) return;
  entry->unused_since_ns = clock_.now_ns();
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return &e == entry; });
  entries_.splice(entries_.end(), entries_, at);
  expired = take_expired();
  start_keeper();
}

EngineCache::Entries EngineCache::take_expired() {
  const uint64_t now = clock_.now_ns();
  Entries expired;
  size_t newer = 0;  // unused ones stand in the order in which they were given back
  for (auto entry = entries_.end(); entry != entries_.begin();) {
    --entry;
    if (entry->users > 0) continue;
    if (newer++ < kKept && now < entry->unused_since_ns + kKeptNs) continue;
    const auto next = std::next(entry);
    expired.splice(expired.end(), entries_, entry);
    entry = next;
  }
  return expired;
}

uint64_t EngineCache::next_expiry_ns() const {
  uint64_t next = kNever;
  for (const Entry& entry : entries_)
    if (entry.users == 0) next = std::min(next, entry.unused_since_ns + kKeptNs);
  return next;
}

void EngineCache::start_keeper() {
  if (next_expiry_ns() == kNever) return;
  changed_.notify_all();
  if (keeping_) return;
  if (keeper_.joinable()) keeper_.join();
  keeping_ = true;
  keeper_ = std::thread([this] { keep(); });
}

void EngineCache::keep() {
  std::unique_lock lock(mutex_);
  while (!ending_ && next_expiry_ns() != kNever) {
    clock_.wait_until(changed_, lock, next_expiry_ns());
    Entries expired = take_expired();
    lock.unlock();
    expired.clear();
    lock.lock();
  }
  keeping_ = false;
}

size_t EngineCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

namespace {
std::atomic<EngineCache*> replacement{nullptr};
}

EngineCache& engine_cache() {
  if (EngineCache* cache = replacement.load()) return *cache;
  // Never destroyed: at exit, threads of other libraries may still hold services.
  static auto* const cache = new EngineCache(open_classifier_engine, steady_clock());
  return *cache;
}

void replace_engine_cache(EngineCache* cache) { replacement = cache; }

}  // namespace cnn
