// The files of a source tree that are worth looking at, and why the others are not.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace quern::apps {

enum class SkipReason {
  kIgnored,         // By a rule of an ignore file, which is named.
  kHuge,            // More than WalkOptions::max_file_bytes.
  kVendoredFolder,  // node_modules, .venv, ...: what tools put there.
  kLink,        // Links are never followed: what they name is in under its own name, or outside.
  kOutside,     // Not below the root.
  kUnreadable,  // The system's reason is in `problem`.
  kNotAFile,    // A pipe, a socket, a device.
  kNestedRepository,  // A repository of its own, e.g. another worktree: to be indexed by itself.
  kExcluded,          // By WalkOptions::exclude.
};

struct WalkOptions {
  bool obey_ignore_rules = true;           // Off: what is ignored, and vendored folders, are in.
  std::uint64_t max_file_bytes = 1 << 20;  // Larger ones are skipped as kHuge and said.
  std::vector<std::string> exclude = {};   // Globs as in .gitignore, from the root.
};

/// Its numbers are its identity: they change when the content may have.
struct WalkedFile {
  std::string path;  // Relative to the root, '/' between names, any bytes but NUL.
  std::uint64_t n_bytes = 0;
  std::int64_t mtime_ns = 0;  // Since 1970.
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
};

struct SkippedPath {
  std::string path;  // As WalkedFile's.
  bool is_folder = false;
  SkipReason reason = SkipReason::kIgnored;
  // Of kIgnored: as `path` where it lies below the root, else absolute.
  std::string rule_file = {};
  int rule_line = 0;         // From 1.
  std::string rule = {};     // As it stands there.
  std::string problem = {};  // In words, where there is more to say than the reason.
};

struct TreeWalk {
  std::vector<WalkedFile> files;     // By path, bytewise.
  std::vector<SkippedPath> skipped;  // By path; a folder once, not all that is in it.
  std::vector<std::string> notes;    // What the user should know of the walk: a damaged index, ...
  std::size_t n_folders = 0;         // Looked into.
};

/// All regular files below `root` that no rule hides. In a git tree that is git's own view: tracked
/// files whatever the rules say, and what is neither tracked nor ignored.
/// Threads: any; `is_stopped` is asked at each folder, never by two at once.
/// Errors: kNotFound, kBadInput where `root` is no folder, kIo where it cannot be read, kCancelled.
/// A folder below that cannot be read is among `skipped`.
Result<TreeWalk> walk_tree(const std::string& root, const WalkOptions& options,
                           const std::function<bool()>& is_stopped = {});

}  // namespace quern::apps
