// Waiting for a batch to fill: where texts come from many clients at once, those that were just
// answered send their next ones within moments, and a batch of the first few would have the rest
// wait for it.

#pragma once

#include <chrono>
#include <vector>

#include "engine/work_class.h"

namespace quern::engine {

class Servable;

/// The last pass of a model's lane, which may be gone since.
struct RecentPass {
  using Clock = std::chrono::steady_clock;

  const Servable* model = nullptr;  // To compare only.
  WorkClass work_class = WorkClass::kInteractive;
  Clock::time_point end;
  Clock::duration took{};
  int n_requests = 0;  // That had a text in it.
};

/// Until when a lane with `n_waiting` texts waits for `wanted` of them; the past: it does not.
///
/// Never on an idle server: only right behind a pass of several requests, whose clients may be
/// sending again, for at most a quarter of the time that pass took and 5 ms.
RecentPass::Clock::time_point gather_until(const RecentPass* last, int n_waiting, int wanted);

/// Threads: those of whoever drives.
class RecentPasses {
 public:
  void enter(const RecentPass& pass);
  /// Null where there was none of late.
  const RecentPass* find(const Servable* model, WorkClass work_class) const;

 private:
  std::vector<RecentPass> passes_;  // A few: one for each model and class that ran of late.
};

}  // namespace quern::engine
