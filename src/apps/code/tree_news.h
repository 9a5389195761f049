// What changed in a tree since it was last asked, without a walk where the system tells: a question
// about a tree that stays as it is costs no look at its files.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "apps/code/watch.h"
#include "base/status.h"

namespace quern::apps {

/// Whether the system tells of all changes below a folder: not on file systems that others write
/// to.
bool tells_of_all_changes(const std::string& folder);

/// Threads: one at a time.
class TreeNews {
 public:
  /// The system does not tell of everything (a file that is written through a mapping): after
  /// `walk_after` without a walk the tree is walked again.
  explicit TreeNews(std::string root,
                    std::chrono::milliseconds walk_after = std::chrono::seconds(60))
      : root_(std::move(root)), walk_after_(walk_after) {}

  /// From here on the system tells; take() says to walk once more, for what came before. Where the
  /// system cannot tell, take() always says so, and watch() is of no use from then on. `is_stopped`
  /// ends it: then it may be tried again.
  void watch(const WalkOptions& walk, const std::function<bool()>& is_stopped);
  bool may_watch() const { return watch_ == nullptr && may_watch_; }

  /// Nothing where all is as it was at the last call.
  std::optional<TreeChanges> take();

  /// What was taken was not made use of, or something else than the tree changed.
  void walk_next() { is_walk_due_ = true; }
  /// Other files belong to the tree by now: what is watched is no longer what counts.
  void end_watch();

 private:
  using Clock = std::chrono::steady_clock;

  const std::string root_;
  const std::chrono::milliseconds walk_after_;
  std::unique_ptr<TreeWatch> watch_;
  bool may_watch_ = true;
  bool is_walk_due_ = true;
  Clock::time_point walked_at_;
};

}  // namespace quern::apps
