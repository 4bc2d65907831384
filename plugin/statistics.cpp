// SPDX-License-Identifier: MIT
#include "plugin/statistics.h"

#include <bit>
#include <cmath>
#include <string>

namespace cnn {
namespace {

// Below 8 ns a bucket a nanosecond, then the three bits after the leading one tell the bucket inside its octave.
size_t bucket_of(uint64_t ns) {
  if (ns < 8) return ns;
  const int octave = std::bit_width(ns) - 4;
  return static_cast<size_t>(octave + 1) * 8 + ((ns >> octave) & 7);
}

uint64_t last_of(size_t bucket) {
  if (bucket < 8) return bucket;
  const int octave = static_cast<int>(bucket / 8) - 1;
  return ((uint64_t{8} + bucket % 8 + 1) << octave) - 1;
}

void set_percentiles(GstStructure* structure, const std::string& stage, const Histogram& histogram) {
  for (const int percent : {50, 95, 99})
    gst_structure_set(structure, (stage + "-p" + std::to_string(percent)).c_str(), G_TYPE_UINT64,
                      guint64{histogram.percentile(percent)}, nullptr);
}

}  // namespace

void Histogram::add(uint64_t ns) {
  ++buckets_[bucket_of(ns)];
  ++count_;
}

uint64_t Histogram::percentile(double percent) const {
  const auto rank = static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= rank) return last_of(i);
  }
  return 0;
}

void Statistics::reset() {
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

void Statistics::frame_in() {
  const std::lock_guard lock(mutex_);
  ++counts_.frames_in;
}

void Statistics::frame_out(bool inferred) {
  const std::lock_guard lock(mutex_);
  ++counts_.frames_out;
  ++(inferred ? counts_.inferred : counts_.skipped);
}

void Statistics::preprocessed(uint64_t ns) {
  const std::lock_guard lock(mutex_);
  counts_.preprocess.add(ns);
}

void Statistics::ran(int frames, uint64_t ns) {
  const std::lock_guard lock(mutex_);
  ++counts_.batches;
  for (int i = 0; i < frames; ++i) counts_.run.add(ns / static_cast<uint64_t>(frames));
}

GstStructure* Statistics::structure() const {
  const std::lock_guard lock(mutex_);
  GstStructure* structure = gst_structure_new(
      "cnnclassify-stats", "frames-in", G_TYPE_UINT64, guint64{counts_.frames_in}, "frames-out", G_TYPE_UINT64,
      guint64{counts_.frames_out}, "inferred", G_TYPE_UINT64, guint64{counts_.inferred}, "skipped", G_TYPE_UINT64,
      guint64{counts_.skipped}, "batches", G_TYPE_UINT64, guint64{counts_.batches}, nullptr);
  set_percentiles(structure, "preprocess", counts_.preprocess);
  set_percentiles(structure, "run", counts_.run);
  return structure;
}

}  // namespace cnn
