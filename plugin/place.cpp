// SPDX-License-Identifier: MIT
#include "plugin/place.h"

#include <utility>

#include "engine/vision/picture_size.h"

namespace cnn {
namespace {

// Where the user leaves the batch to us: most of what a batch gains is had by then.
constexpr int kAutoBatch = 8;

struct GiveBack {
  std::shared_ptr<Desk> desk;
  void operator()(Tenancy* tenancy) const {
    std::unique_ptr<Tenancy> ended(tenancy);  // at the latest when the lock is released
    const std::lock_guard lock(desk->mutex);
    if (!desk->attended) return;
    desk->left.push_back(std::move(ended));
    desk->changed.notify_all();
  }
};

/// A lane for one picture.
struct ProbeLane {
  struct Bell {
    std::mutex mutex;
    std::condition_variable rung;
  };
  explicit ProbeLane(Service& at)
      : service(at), lane(at.add(1, [bell = bell] {
          const std::lock_guard lock(bell->mutex);
          bell->rung.notify_all();
        })) {}
  ~ProbeLane() { service.remove(lane); }
  void wait_for(const Ticket& ticket) const {
    std::unique_lock lock(bell->mutex);
    bell->rung.wait(lock, [&] { return ticket.settled(); });
  }

  Service& service;
  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  LanePtr lane;
};

}  // namespace

Result<EngineSpec> spec_of(const Settings& settings) {
  ClassifierOptions options;
  if (!settings.input_size.empty()) {
    const auto size = parse_picture_size(settings.input_size);
    if (!size)
      return error(ErrorCode::InvalidArgument, "input-size is \"", settings.input_size,
                   "\", it must be WIDTHxHEIGHT in pixels, each 1 to 16384");
    options.input_width = size->first;
    options.input_height = size->second;
  }
  options.device = settings.device;
  options.precision = settings.precision;
  options.threads = static_cast<int>(settings.threads);
  options.max_batch = settings.batch_size > 0 ? static_cast<int>(settings.batch_size) : kAutoBatch;
  options.labels_file = settings.labels_file;
  options.features = settings.features == "none" ? "" : settings.features;
  options.normalise_features = settings.normalise_features;
  return EngineSpec{settings.model_file, options, settings.engine_id};
}

Status probe(Service& service, bool check) {
  if (service.engine().spectrogram_size() || (!check && service.expected_run_ns(1) > 0)) return {};
  constexpr int kSide = 64;
  std::vector<uint8_t> pixels(kSide * kSide * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * i / 7 + 31 * i);
  Frame frame;
  frame.image.width = frame.image.height = kSide;
  frame.image.planes[0] = pixels.data();
  frame.image.strides[0] = kSide * 3;
  CNN_TRY(stager, service.engine().make_stager());
  const ProbeLane own(service);
  Request request;
  request.choice.check = check;
  const Claim claim = service.claim(own.lane, request);
  if (const Status staged = service.engine().stage(claim.slot, frame, *stager); !staged) {
    service.cancel(claim);
    return staged;
  }
  service.submit(own.lane, claim, 0, true);
  own.wait_for(*claim.ticket);
  return claim.ticket->state == Ticket::State::Failed ? Status(claim.ticket->error) : Status();
}

Result<Place> take_place(const EngineSpec& spec, unsigned priority, std::function<void()> settled,
                         std::shared_ptr<Desk> desk, bool check) {
  CNN_TRY(service, engine_cache().acquire(spec));
  CNN_CHECK(probe(*service, check));
  CNN_TRY(stager, service->engine().make_stager());
  CNN_TRY(part_stager, service->engine().make_stager());
  const LanePtr lane = service->add(priority, std::move(settled));
  Service* const there = service.get();
  const std::shared_ptr<Tenancy> tenancy(new Tenancy{std::move(service), lane}, GiveBack{std::move(desk)});
  return Place{{tenancy, there},
               lane,
               std::move(stager),
               std::move(part_stager),
               spec.model_file.empty() ? default_model_file() : spec.model_file};
}

}  // namespace cnn
