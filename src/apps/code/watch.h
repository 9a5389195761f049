// Notices at once what changes in a tree of sources.
//
// A saved file is told when it is closed; what follows within 200 ms comes together after that, so
// that a switch of branches is a few batches. docs/code_files.md says what that means for users.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/code/tree_walk.h"
#include "base/status.h"

namespace quern::apps {

struct WatchOptions {
  WalkOptions walk = {};
  std::chrono::milliseconds collect{200};  // After a batch, before the next.
  std::chrono::milliseconds period{5000};  // Of walks, where folders cannot be watched.
  std::size_t max_folders = 0;             // Fewer than the system allows; 0: as many as it does.
  std::function<bool()> is_stopped = {};   // Ends opening with kCancelled. May be empty.
};

struct TreeChanges {
  bool is_rescan = false;  // Anything may have changed: walk the tree. The lists are empty.
  std::vector<std::string> gone =
      {};  // Files that are no longer in, folders with all below; come first.
  std::vector<WalkedFile> files = {};  // That are in, and are new or may have changed. By path.
  std::string note = {};  // For people: why a rescan, or that folders cannot be watched.
};

class TreeWatch {
 public:
  /// Watches from its return on. Where the system allows too few watches, the tree is walked
  /// periodically instead, and the first batch, which comes at once, says so.
  /// Errors: as walk_tree; kCancelled.
  static Result<std::unique_ptr<TreeWatch>> open(const std::string& root,
                                                 const WatchOptions& options);
  ~TreeWatch();

  /// The next batch; nothing after `patience`, or once stop() was called.
  /// Threads: one at a time.
  std::optional<TreeChanges> next(std::chrono::milliseconds patience);

  /// All that changed until now, also what next() would still collect. Where folders cannot be
  /// watched, a rescan. Threads: as next().
  std::optional<TreeChanges> now();

  /// Ends next(), at once and for good. Threads: any.
  void stop();
  bool is_stopped() const;

  /// Whether changes are told by the system, not found by walking.
  bool is_watching() const;

 private:
  class Impl;
  explicit TreeWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Hands each batch to `on_changes`, the first one a rescan as soon as it watches, until
/// `is_stopped` says so, which is asked ten times a second. Errors: as TreeWatch::open.
Status watch_tree(const std::string& root, const WatchOptions& options,
                  const std::function<void(const TreeChanges&)>& on_changes,
                  const std::function<bool()>& is_stopped);

/// What turned `before` into `after`, by their files' identities.
TreeChanges difference_of_walks(const TreeWalk& before, const TreeWalk& after);

}  // namespace quern::apps
