// `why PATH`: whether a path of a tree is indexed, and if not, what is in the way.

#pragma once

#include <string>

#include "apps/code/file_kind.h"
#include "apps/code/tree_walk.h"
#include "base/status.h"

namespace quern::apps {

/// "ignored", "huge", "vendored_folder", ...: for JSON.
const char* skip_reason_name(SkipReason reason);

/// Without the path: "ignored by line 3 of .gitignore: *.log".
std::string words_of_skip(const SkippedPath& skipped);

enum class PathState {
  kIndexed,  // A file that the walk finds and that is text.
  kFolder,   // A folder that is looked into.
  kSkipped,  // It, or a folder above it: `skipped`.
  kNoText,   // Binary or minified.
  kMissing,  // No such file or folder.
  kOutside,  // Not below the root.
};

struct PathReason {
  PathState state = PathState::kMissing;
  std::string path = {};     // From the root; as given where it lies outside.
  SkippedPath skipped = {};  // kSkipped: its path is `path` or a folder above it.
  FileKind kind = {};        // kIndexed.
  std::string sentence =
      {};  // For people, on one line: "'a.log' is ignored by line 1 of .gitignore: *.log".
};

/// What walk_tree would do with it; the content is read where that decides. `path` is absolute or
/// from the root; where it goes through a link, what the link names is asked about.
/// Errors: as walk_tree.
Result<PathReason> reason_of_path(const std::string& root, const std::string& path,
                                  const WalkOptions& options);

}  // namespace quern::apps
