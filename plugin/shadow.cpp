// SPDX-License-Identifier: MIT
#include "plugin/shadow.h"

namespace cnn {
namespace {

std::string first_label(const Ticket& ticket) {
  return ticket.result.classes.empty() ? "" : *ticket.result.classes[0].label;
}

bool is_done(const Ticket& ticket) { return ticket.state == Ticket::State::Done; }

}  // namespace

Status Shadow::run(const Place& place, const MappedFrame& mapped, const Box* part, const TicketPtr& old, bool here) {
  if (compared_ + computing_.size() >= wanted_) return {};
  Request request;
  // The old model's frames must not wait for the new one's.
  request.demand = Demand::Spare;
  request.choice = old->choice;
  request.choice.probabilities = false;
  request.choice.check = true;
  const Claim claim = place.service->claim(place.lane, request);
  if (claim.outcome != Claim::Outcome::Granted) return {};
  const Status staged = place.service->engine().stage(claim.slot, mapped.frame(part, false), place.stager_for(part));
  if (!staged) {
    place.service->cancel(claim);
    return staged;
  }
  place.service->submit(place.lane, claim, 0, here);
  computing_.push_back({old, claim.ticket});
  return {};
}

Status Shadow::compare() {
  for (; !computing_.empty(); computing_.pop_front()) {
    const auto& [old_result, new_result] = computing_.front();
    if (!old_result->settled() || !new_result->settled()) return {};
    if (new_result->state == Ticket::State::Failed) return new_result->error;
    if (!is_done(*old_result) || !is_done(*new_result)) continue;
    if (first_label(*old_result) == first_label(*new_result)) ++agreed_;
    ++compared_;
  }
  return {};
}

double Shadow::agreement() const {
  const unsigned compared = compared_;
  return compared == 0 ? 0 : static_cast<double>(agreed_) / compared;
}

}  // namespace cnn
