// One folder of a tree: which of what lies in it is in, which is skipped and why, and which folders
// are to be looked into. The walk and `why PATH` ask the same function, so they cannot disagree.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/git_repository.h"
#include "apps/code/rule_chain.h"
#include "apps/code/tree_walk.h"
#include "base/status.h"

namespace quern::apps {

/// The four layers of rules, strongest first. A path is what the strongest layer makes it that says
/// anything.
enum class RuleLayer { kOptions, kQuernIgnore, kIgnore, kGit };
constexpr std::size_t kRuleLayers = 4;
/// ".quernignore", ".ignore", ".gitignore"; "" for the options.
std::string_view layer_file(RuleLayer layer);

/// Why nothing of a folder is in but what a stronger layer brings back, and what git tracks where
/// the layer is git's.
struct Hiding {
  RuleLayer layer = RuleLayer::kGit;
  SkipReason reason = SkipReason::kIgnored;
  std::string rule_file = {};
  int rule_line = 0;
  std::string rule = {};
  std::string problem = {};
};

using NameSet = std::set<std::string, std::less<>>;

/// A folder that is to be looked into.
struct FolderToLook {
  std::string path = {};  // From the root; "" is the root.
  std::array<RuleChain, kRuleLayers> rules = {};
  std::shared_ptr<const GitRepository> repository = {};  // nullptr: none.
  std::size_t n_top = 0;  // Bytes of a path from the base that lead to the repository's top.
  std::size_t first = 0;  // Its tracked paths in the index.
  std::size_t last = 0;
  bool is_submodule = false;  // The index above says that a repository of its own is here.
  std::optional<RuleLayer> kept_by = {};  // A `!` rule: then it is no tool's folder.
  std::shared_ptr<const Hiding> hiding = {};
};

struct FolderFindings {
  bool is_looked_into = false;  // Else it is among `skipped`, or gone.
  std::vector<WalkedFile> files;
  std::vector<SkippedPath> skipped;
  std::vector<FolderToLook> folders;
  /// As many as `folders`: how many of `files` come before it when all are ordered by path.
  std::vector<std::size_t> n_files_before;
  std::vector<std::string> notes;
  std::shared_ptr<const GitRepository> repository;  // That the folder's files belong to.
};

/// What holds for the whole tree. Threads: any, several at once.
class TreeLook {
 public:
  /// Errors: as walk_tree.
  static Result<TreeLook> open(const std::string& root, const WalkOptions& options);
  TreeLook(TreeLook&& other) noexcept;
  TreeLook& operator=(TreeLook&&) = delete;
  ~TreeLook();

  const FolderToLook& root_folder() const { return root_folder_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::string& root() const { return root_; }
  int root_fd() const { return root_fd_; }

  /// With `only`, as if nothing but these lay there.
  FolderFindings look_into(const FolderToLook& folder, const NameSet* only = nullptr) const;

 private:
  friend class FolderLook;

  TreeLook(std::string root, WalkOptions options)
      : root_(std::move(root)), options_(std::move(options)) {}
  void find_repository();

  std::string root_;  // Absolute, without links.
  WalkOptions options_;
  int root_fd_ = -1;
  // From the base, the top of the repository or else the root, to the root, with the '/'. Rules are
  // asked about paths from the base.
  std::string prefix_;
  FolderToLook root_folder_;
  std::vector<std::string> notes_;
};

}  // namespace quern::apps
