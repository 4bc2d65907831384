// SPDX-License-Identifier: MIT
#include "plugin/statistics.h"

#include <numeric>
#include <string>
#include <utility>

#include "plugin/stage_tracer.h"

namespace cnn {
namespace {

constexpr std::array<const char*, 5> kReasonNames = {"none", "interval", "busy", "late", "qos"};
constexpr std::array<const char*, 5> kStageNames = {"map", "preprocess", "wait", "run", "attach"};

void set_count(GstStructure* structure, const std::string& name, uint64_t count) {
  gst_structure_set(structure, name.c_str(), G_TYPE_UINT64, guint64{count}, nullptr);
}

void set_percentiles(GstStructure* structure, const std::string& name, const Histogram& histogram) {
  for (const int percent : {50, 95, 99})
    set_count(structure, name + "-p" + std::to_string(percent), histogram.percentile(percent));
}

}  // namespace

uint64_t Statistics::Counts::all_skipped() const {
  return std::accumulate(skipped.begin(), skipped.end(), uint64_t{0});
}

void Statistics::reset(std::string element) {
  element_ = std::move(element);
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

void Statistics::frame_in() {
  const std::lock_guard lock(mutex_);
  ++counts_.frames_in;
}

void Statistics::frame_out() {
  const std::lock_guard lock(mutex_);
  ++counts_.frames_out;
}

void Statistics::frame_dropped(uint64_t frames) {
  const std::lock_guard lock(mutex_);
  counts_.dropped += frames;
}

void Statistics::inferred() {
  const std::lock_guard lock(mutex_);
  ++counts_.inferred;
}

void Statistics::skipped(SkipReason reason) {
  const std::lock_guard lock(mutex_);
  ++counts_.skipped[static_cast<size_t>(reason)];
}

void Statistics::took(Stage stage, uint64_t ns) {
  {
    const std::lock_guard lock(mutex_);
    counts_.stages[static_cast<size_t>(stage)].add(ns);
  }
  // Without the lock: whoever listens to the log may ask for the statistics.
  trace_stage(element_.c_str(), kStageNames[static_cast<size_t>(stage)], ns);
}

void Statistics::batch(int frames) {
  const std::lock_guard lock(mutex_);
  ++counts_.batches;
  counts_.batch_frames += static_cast<uint64_t>(frames);
}

void Statistics::result_age(uint64_t ns) {
  const std::lock_guard lock(mutex_);
  counts_.age.add(ns);
}

void Statistics::objects(const ObjectCounts& counts) {
  const std::lock_guard lock(mutex_);
  counts_.objects.seen += counts.seen;
  counts_.objects.classified += counts.classified;
  counts_.objects.carried += counts.carried;
  counts_.objects.filtered += counts.filtered;
  counts_.objects.empty += counts.empty;
  counts_.objects.skipped += counts.skipped;
}

uint64_t Statistics::inferred_frames() const {
  const std::lock_guard lock(mutex_);
  return counts_.inferred;
}

uint64_t Statistics::skipped_frames() const {
  const std::lock_guard lock(mutex_);
  return counts_.all_skipped();
}

GstStructure* Statistics::structure() const {
  const std::lock_guard lock(mutex_);
  GstStructure* structure = gst_structure_new_empty("cnnclassify-stats");
  set_count(structure, "frames-in", counts_.frames_in);
  set_count(structure, "frames-out", counts_.frames_out);
  set_count(structure, "dropped", counts_.dropped);
  set_count(structure, "inferred", counts_.inferred);
  set_count(structure, "skipped", counts_.all_skipped());
  for (size_t reason = 1; reason < kReasonNames.size(); ++reason)
    set_count(structure, std::string("skipped-") + kReasonNames[reason], counts_.skipped[reason]);
  set_count(structure, "batches", counts_.batches);
  const double fill =
      counts_.batches == 0 ? 0 : static_cast<double>(counts_.batch_frames) / static_cast<double>(counts_.batches);
  gst_structure_set(structure, "batch-fill", G_TYPE_DOUBLE, fill, nullptr);
  for (size_t stage = 0; stage < kStageNames.size(); ++stage)
    set_percentiles(structure, kStageNames[stage], counts_.stages[stage]);
  set_percentiles(structure, "age", counts_.age);
  set_count(structure, "objects", counts_.objects.seen);
  set_count(structure, "objects-classified", counts_.objects.classified);
  set_count(structure, "objects-carried", counts_.objects.carried);
  set_count(structure, "objects-filtered", counts_.objects.filtered);
  set_count(structure, "objects-empty", counts_.objects.empty);
  set_count(structure, "objects-skipped", counts_.objects.skipped);
  return structure;
}

}  // namespace cnn
