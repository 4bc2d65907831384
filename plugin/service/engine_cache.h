// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "plugin/service/service.h"

namespace cnn {

struct EngineSpec {
  std::string model_file;     ///< "": the default model
  ClassifierOptions options;  ///< max_batch included
  std::string engine_id;      ///< "": shared by all that want the same; else only by the same id
  bool beside = false;        ///< another model that is in use under the id is no error: its user is about to change
};

/// The services of this process. Who asks for the same file (path, identity and time of change) with the same options
/// gets the same service. With an engine id, only the same id does, and the options of the first to come apply; another
/// model, device or form of output under that id is an error. A service that nobody holds any more is kept for kKeptNs,
/// the last kKept of them, so that cycles through READY and new elements find their model compiled. Any thread.
class EngineCache {
 public:
  using Open = std::function<Result<std::unique_ptr<Engine>>(const std::string& model_file, const ClassifierOptions&)>;

  static constexpr size_t kKept = 2;
  static constexpr uint64_t kKeptNs = 30000000000;

  EngineCache(Open open, Clock& clock) : open_(std::move(open)), clock_(clock) {}
  ~EngineCache();
  EngineCache(const EngineCache&) = delete;
  EngineCache& operator=(const EngineCache&) = delete;

  /// Opens the model unless it is there. The cache must outlive what it hands out.
  Result<std::shared_ptr<Service>> acquire(const EngineSpec& spec);
  /// Number of services, held or kept.
  size_t size() const;

 private:
  struct Entry {
    std::string id, identity, options;
    std::unique_ptr<Service> service;  ///< null while the model is opened
    int users = 0;
    uint64_t unused_since_ns = 0;
  };
  using Entries = std::list<Entry>;

  Entry* find(const Entry& wanted);
  Result<std::unique_ptr<Engine>> open(const EngineSpec& spec) const;
  std::shared_ptr<Service> hand_out(Entry& entry);
  void release(Entry* entry);
  /// Takes what was unused too long, or is too much, out of the list.
  Entries take_expired();
  uint64_t next_expiry_ns() const;
  void start_keeper();
  void keep();

  const Open open_;
  Clock& clock_;

  mutable std::mutex mutex_;  ///< everything below
  std::condition_variable changed_;
  Entries entries_;
  std::thread keeper_;  ///< runs while something unused is kept
  bool keeping_ = false;
  bool ending_ = false;
};

/// The cache that elements use; lives as long as the process.
EngineCache& engine_cache();
/// Tests put theirs in its place; null: back to the process's own.
void replace_engine_cache(EngineCache* cache);

}  // namespace cnn
