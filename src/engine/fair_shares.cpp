#include "engine/fair_shares.h"

#include <algorithm>

namespace quern::engine {

FairShares::LanePtr FairShares::least(std::span<const LanePtr> lanes, WorkClass work_class,
                                      const Lane* except) {
  double& level = level_ms_[static_cast<int>(work_class)];
  LanePtr best;
  for (const LanePtr& lane : lanes) {
    if (lane.get() == except) continue;
    Lane::Share& share = lane->share;
    if (!lane->has_work()) {
      share.active = false;
      continue;
    }
    if (lane->work_class() != work_class) continue;
    if (!share.active) share.ms = std::max(share.ms, level);
    share.active = true;
    if (best == nullptr || share.ms < best->share.ms) best = lane;
  }
  if (best != nullptr) level = std::max(level, best->share.ms);
  return best;
}

FairShares::LanePtr FairShares::pick(std::span<const LanePtr> lanes) {
  const LanePtr interactive = least(lanes, WorkClass::kInteractive, nullptr);
  const LanePtr bulk = least(lanes, WorkClass::kBulk, nullptr);
  bulk_waits_ = bulk != nullptr;
  both_wait_ = bulk_waits_ && interactive != nullptr;
  if (!both_wait_) {
    bulk_credit_ms_ = 0;
    return interactive != nullptr ? interactive : bulk;
  }
  const bool bulk_is_due = bulk_credit_ms_ > 0 && bulk_credit_ms_ >= bulk->share.last_ms;
  return bulk_is_due ? bulk : interactive;
}

FairShares::LanePtr FairShares::pick_beside(std::span<const LanePtr> lanes, const Lane& running,
                                            double running_ms) {
  const LanePtr other = least(lanes, WorkClass::kInteractive, &running);
  if (other == nullptr || running.work_class() == WorkClass::kBulk) return other;
  return other->share.ms < running.share.ms + running_ms ? other : nullptr;
}

void FairShares::charge(Lane& lane, double ms) {
  lane.share.ms += ms;
  lane.share.last_ms = ms;
  if (lane.work_class() == WorkClass::kInteractive) {
    if (bulk_waits_) bulk_credit_ms_ += ms * kBulkShare;
  } else if (both_wait_) {
    bulk_credit_ms_ -= ms;
  }
}

}  // namespace quern::engine
