// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/vision/crop.h"
#include "plugin/service/engine_cache.h"
#include "plugin/settings.h"

namespace cnn {

/// A lane at a service. Its end gives both back, for which it may wait for a run, and may unload a model.
struct Tenancy {
  std::shared_ptr<Service> service;
  LanePtr lane;
  ~Tenancy() { service->remove(lane); }
};

/// Where tenancies end. While somebody attends, they wait in `left`, so that no thread that brings or sends frames has
/// to end one; else they end at once. Any thread.
struct Desk {
  std::mutex mutex;  ///< everything below, and what its attendant likes
  std::condition_variable changed;
  std::vector<std::unique_ptr<Tenancy>> left;
  bool attended = false;
};

/// A stream's place at an engine. A copy of `service` keeps the whole place, and with it the labels of its results;
/// when the last goes, the tenancy goes to the desk.
struct Place {
  std::shared_ptr<Service> service;
  LanePtr lane;
  // The streaming thread's. Parts of frames have one of their own: their ever new sizes would push the frame's tables
  // out.
  std::shared_ptr<Stager> stager, part_stager;
  std::string model_file;
  /// For `part`, or for the whole frame where it is null.
  Stager& stager_for(const Box* part) const { return part ? *part_stager : *stager; }
  explicit operator bool() const { return lane != nullptr; }
};

/// What the settings ask of the cache.
Result<EngineSpec> spec_of(const Settings& settings);

/// Gets the engine for `spec`, tries it with probe(), and takes a place. `settled` as in Lane.
Result<Place> take_place(const EngineSpec& spec, unsigned priority, std::function<void()> settled,
                         std::shared_ptr<Desk> desk, bool check);

/// Computes one picture, so that the time of a run is known; not if it is. With `check` always, and it fails where a
/// score is no finite number. A model that takes spectrograms is not tried.
Status probe(Service& service, bool check);

}  // namespace cnn
