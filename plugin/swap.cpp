// SPDX-License-Identifier: MIT
#include "plugin/swap.h"

#include <exception>
#include <new>
#include <utility>

#include "plugin/log.h"

namespace cnn {
namespace {

std::string input_of(const Engine& engine) {
  const auto size = engine.spectrogram_size();
  if (!size) return "pictures";
  return "spectrograms of " + std::to_string(size->width) + "x" + std::to_string(size->height);
}

/// Whether what a stream brings to one model can be taken by another.
Status check_input(const Engine& old, const Engine& next) {
  if (old.spectrogram_size() == next.spectrogram_size()) return {};
  return error(ErrorCode::InvalidArgument, "it takes ", input_of(next), ", but the stream brings ", input_of(old));
}

std::string path_of(const std::string& model_file) { return model_file.empty() ? default_model_file() : model_file; }

}  // namespace

void Swap::start(const Settings& running) {
  {
    const std::lock_guard lock(desk_->mutex);
    running_settings_ = running;
    running_ = true;
    requested_ = loading_ = false;
    compared_ = changes_ = rollbacks_ = 0;
    agreement_ = 0;
  }
  // Settings that changed between the copy and now asked nobody.
  const Settings newest = outlet_.settings();
  if (newest.model_file != running.model_file || newest.labels_file != running.labels_file) request();
}

void Swap::stop() {
  CandidatePtr dropped;
  std::thread ending;
  {
    const std::lock_guard lock(desk_->mutex);
    running_ = requested_ = false;
    ++request_;
    dropped = std::move(candidate_);
    pending_ = false;
    ending = std::move(thread_);
  }
  dropped.reset();
  desk_->changed.notify_all();
  if (ending.joinable()) ending.join();
}

void Swap::request() {
  CandidatePtr dropped;  // dies after the lock: its place goes to the desk
  const std::lock_guard lock(desk_->mutex);
  if (!running_) return;
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { work(); });
    desk_->attended = true;
  }
  requested_ = true;
  ++request_;
  dropped = std::move(candidate_);
  pending_ = false;
  desk_->changed.notify_all();
}

void Swap::work() {
  std::unique_lock lock(desk_->mutex);
  while (true) {
    desk_->changed.wait(lock, [&] { return requested_ || !running_ || !desk_->left.empty(); });
    if (!desk_->left.empty()) {
      auto left = std::move(desk_->left);
      desk_->left.clear();
      lock.unlock();
      left.clear();
      lock.lock();
    } else if (requested_) {
      load_newest(lock);
    } else {
      desk_->attended = false;
      return;
    }
  }
}

void Swap::load_newest(std::unique_lock<std::mutex>& lock) {
  requested_ = false;
  loading_ = true;
  const uint64_t number = request_;
  Settings wanted = running_settings_;
  const std::string kept = wanted.model_file;
  lock.unlock();
  Settings newest = outlet_.settings();
  wanted.model_file = std::move(newest.model_file);
  wanted.labels_file = std::move(newest.labels_file);
  static_cast<Tuning&>(wanted) = newest;
  auto loaded = load(wanted);
  lock.lock();
  loading_ = false;
  if (number != request_) {
    GST_INFO("model %s is not wanted any more", path_of(wanted.model_file).c_str());
    lock.unlock();
    loaded = Error{ErrorCode::InvalidArgument, ""};  // its place goes to the desk
    lock.lock();
  } else if (loaded) {
    candidate_ = std::move(*loaded);
    pending_.store(true, std::memory_order_release);
  } else {
    ++rollbacks_;
    lock.unlock();
    warn(wanted.model_file, kept, loaded.error());
    lock.lock();
  }
}

Result<Swap::CandidatePtr> Swap::load(const Settings& wanted) const try {
  const uint64_t start = steady_clock().now_ns();
  CNN_TRY(spec, spec_of(wanted));
  spec.beside = true;
  GST_INFO("model %s is being loaded", path_of(wanted.model_file).c_str());
  CNN_TRY(place, take_place(spec, wanted.priority, settled_, desk_, true));
  return std::make_shared<Candidate>(std::move(place), wanted, steady_clock().now_ns() - start);
} catch (const std::bad_alloc&) {
  return error(ErrorCode::DeviceFailure, path_of(wanted.model_file), ": out of memory");
} catch (const std::exception& failure) {
  return error(ErrorCode::DeviceFailure, path_of(wanted.model_file), ": ", failure.what());
}

Swap::CandidatePtr Swap::candidate() const {
  const std::lock_guard lock(desk_->mutex);
  return candidate_;
}

/// False: a newer request was faster.
bool Swap::end(const CandidatePtr& candidate, bool changes) {
  const std::lock_guard lock(desk_->mutex);
  if (candidate_ != candidate) return false;
  candidate_.reset();
  pending_ = false;
  compared_ = candidate->shadow.compared();
  agreement_ = candidate->shadow.agreement();
  ++(changes ? changes_ : rollbacks_);
  if (changes) running_settings_.model_file = candidate->place.model_file;
  return true;
}

void Swap::run_beside(const MappedFrame& mapped, const Box* part, const TicketPtr& old, bool here) {
  const CandidatePtr next = candidate();
  if (!next) return;
  if (const Status run = next->shadow.run(next->place, mapped, part, old, here); !run) roll_back(next, run.error());
}

std::optional<Swap::Change> Swap::take(const Place& old, const FrameTimes& times) {
  const CandidatePtr next = candidate();
  if (!next) return {};
  if (const Status fits = check_input(old.service->engine(), next->place.service->engine()); !fits) {
    roll_back(next, fits.error());
    return {};
  }
  if (const Status compared = next->shadow.compare(); !compared) {
    roll_back(next, compared.error());
    return {};
  }
  if (!next->shadow.complete()) return {};
  const unsigned frames = next->shadow.compared();
  const double agreement = next->shadow.agreement();
  if (frames > 0 && agreement < next->least) {
    roll_back(next, error(ErrorCode::InvalidArgument, "it agrees with ", old.service->engine().model_name(), " in ",
                          agreement, " of ", frames, " frames, not in ", next->least));
    return {};
  }
  if (!end(next, true)) return {};
  return Change{next->place,
                {old.service->engine().model_name(), next->place.service->engine().model_name(), old.model_file,
                 next->place.model_file, times, next->load_ns, frames, agreement}};
}

void Swap::roll_back(const CandidatePtr& candidate, const Error& reason) {
  std::string kept;
  {
    const std::lock_guard lock(desk_->mutex);
    kept = running_settings_.model_file;
  }
  if (end(candidate, false)) warn(candidate->place.model_file, kept, reason);
}

void Swap::warn(const std::string& wanted, const std::string& kept, const Error& reason) {
  outlet_.warn(
      error(reason.code, "model-file ", path_of(wanted), " is not taken, ", path_of(kept), " stays: ", reason.what));
}

void Swap::describe(GstStructure* stats) const {
  const std::lock_guard lock(desk_->mutex);
  const bool in_shadow = candidate_ && !candidate_->shadow.complete();
  const char* state = requested_ || loading_ ? "loading" : in_shadow ? "shadow" : candidate_ ? "ready" : "idle";
  const guint64 compared = candidate_ ? candidate_->shadow.compared() : compared_;
  const double agreement = candidate_ ? candidate_->shadow.agreement() : agreement_;
  gst_structure_set(stats, "swap", G_TYPE_STRING, state, "model-changes", G_TYPE_UINT64, guint64{changes_},
                    "model-rollbacks", G_TYPE_UINT64, guint64{rollbacks_}, "shadow-frames", G_TYPE_UINT64, compared,
                    "shadow-agreement", G_TYPE_DOUBLE, agreement, nullptr);
}

}  // namespace cnn
