// Whose turn it is: interactive lanes before bulk ones, lanes of a class by the time they have had.

#pragma once

#include <memory>
#include <span>

#include "engine/lane.h"

namespace quern::engine {

/// Of the time, while there is interactive work: what bulk work gets that waits.
inline constexpr double kBulkShare = 1.0 / 16;

class FairShares {
 public:
  using LanePtr = std::shared_ptr<Lane>;

  /// The lane whose turn it is; null if none has work.
  ///
  /// Within a class it is the one that has had the least time. One that comes (back) starts level
  /// with the others: what it left unused is not made up for.
  LanePtr pick(std::span<const LanePtr> lanes);

  /// The interactive lane that may go first in the midst of a step of `running`, which has taken
  /// `running_ms` so far; null if there is none. Where that is interactive too, only a lane that
  /// has had less time may.
  LanePtr pick_beside(std::span<const LanePtr> lanes, const Lane& running, double running_ms);

  /// Books the time of a step.
  void charge(Lane& lane, double ms);

 private:
  LanePtr least(std::span<const LanePtr> lanes, WorkClass work_class, const Lane* except);

  double level_ms_[2] = {};    // Of the lane of each class that had the last turn.
  double bulk_credit_ms_ = 0;  // Due to bulk work that waits.
  bool bulk_waits_ = false;
  bool both_wait_ = false;
};

}  // namespace quern::engine
