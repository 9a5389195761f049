// What git knows of a work tree: which paths it tracks, and the ignore rules that lie beside it.
//
// Everything is read, nothing run, and whoever owns it: no file of a repository can make us do more
// than skip paths.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/code/git_index.h"
#include "apps/code/rule_chain.h"
#include "apps/code/wildcard.h"
#include "base/status.h"

namespace quern::apps {

/// Where a work tree keeps what git knows of it. Absolute paths, without links.
struct GitPlace {
  std::string top;     // The work tree's folder.
  std::string folder;  // Its `.git`, or what that names.
  std::string common;  // What linked worktrees share; `folder` where there are none.

  bool is_linked_worktree() const { return folder != common; }
};

/// Nothing where `top` has no `.git` that is one.
std::optional<GitPlace> git_place_at(const std::string& top);

/// The work tree that `folder` lies in. Like git, it does not look on other file systems than
/// `folder`'s own.
std::optional<GitPlace> git_place_above(const std::string& folder);

struct GitRepository {
  GitPlace place;
  PathLetters letters = PathLetters::kExact;  // core.ignorecase.
  GitIndex index;
  RuleChain rules;                 // .git/info/exclude over core.excludesFile.
  std::vector<std::string> notes;  // What could not be read, and what that means.
};

/// `n_base`: bytes of the paths that rules will be asked about that lead to its top, with the '/'.
/// Never an error: what cannot be read is noted, and is as if it were not there.
std::shared_ptr<const GitRepository> open_git_repository(const GitPlace& place, std::size_t n_base);

}  // namespace quern::apps
