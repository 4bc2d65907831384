// SPDX-License-Identifier: MIT
#include "plugin/service/fair_share.h"

#include <algorithm>
#include <utility>

namespace cnn {

void FairShare::ask(Lane& lane, uint64_t now_ns) const {
  if (!lane.hungry) {
    const bool was_away = now_ns - lane.last_ask_ns >= kMemoryNs;
    lane.tag = std::max(lane.finish, was_away ? present_ : present_ - kCredit);
    lane.hungry = true;
  }
  lane.last_ask_ns = now_ns;
}

void FairShare::serve(Lane& lane, int frames) {
  lane.finish = tag_of(lane, frames);
  lane.hungry = false;
  lane.was_refused = std::exchange(lane.refused, false);
}

void FairShare::advance(double tag) { present_ = std::max(present_, tag); }

}  // namespace cnn
