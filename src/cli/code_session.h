// What the commands of `quern code` have in common: which tree is meant, where its index lies, and
// bringing it up to date.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/code/chunker.h"
#include "apps/code/code_index.h"
#include "apps/code/code_search.h"
#include "base/status.h"
#include "cli/flags.h"
#include "store/store.h"
#include "store/writer.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct CodeFlags {
  std::string path;   // Of the tree, or a folder in it; "": where one is.
  std::string index;  // --index: the store's folder; "": in the home.
  bool here = false;  // --here: inside the tree.
  bool no_ignore = false;
  std::vector<std::string> exclude;
  std::string max_file = "1MB";
  bool no_update = false;  // The index is read as it is.
  bool quiet = false;
};

/// Adds --index, --here, --no-ignore, --exclude, --max-file and --quiet.
void add_code_flags(CLI::App& command, CodeFlags& flags);

/// Adds --no-update.
void add_no_update_flag(CLI::App& command, CodeFlags& flags);

/// The index that is meant: that of the tree which `path` lies in, or one to be made for `path`.
/// Errors: kNotFound, kIo, kBadInput for flags that exclude each other.
Result<apps::CodePlace> code_place(const CodeFlags& flags);

/// Which files of a tree there are. Errors: kBadInput for a flag.
Result<apps::WalkOptions> walk_options(const CodeFlags& flags);

/// A path as the index has it: from the current folder, or else from the root. Errors: kNotFound
/// where it lies outside the tree.
Result<std::string> path_in_tree(const apps::CodePlace& place, const std::string& path);

/// How a search ends that found nothing; errors end with 2 and more.
inline constexpr int kExitNothingFound = 1;

bool has_code_index(const apps::CodePlace& place);

/// Grammars from $QUERN_GRAMMARS, else from the home.
Result<std::unique_ptr<apps::Chunker>> open_chunker();

/// Makes the index what the tree is now, with progress; until an interrupt. Errors: as
/// update_code_index, kBadInput for a flag.
Result<apps::CodeUpdateReport> update_code(const CodeFlags& flags, const apps::CodePlace& place,
                                           store::Writer& writer);

/// Whose vectors answer, too.
enum class CodeVectors { kWanted, kNotWanted };

/// An index that is asked: brought up to date, made where there is none.
class CodeReader {
 public:
  /// Where somebody else writes, or the index cannot be written to, it is read as it is, which is
  /// said. Errors: those of the index and its store, kCancelled.
  static Result<std::unique_ptr<CodeReader>> open(const CodeFlags& flags, const EngineFlags& engine,
                                                  CodeVectors vectors);

  const apps::CodePlace& place() const { return place_; }
  const store::Snapshot& snapshot() const { return snapshot_; }
  store::Store& store() { return *store_; }
  apps::CodeSearcher& searcher() { return *searcher_; }

 private:
  CodeReader() = default;

  apps::CodePlace place_;
  std::unique_ptr<store::Store> store_;
  store::Snapshot snapshot_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<ThreadPool> pool_;
  std::optional<apps::CodeSearcher> searcher_;
};

}  // namespace quern::cli
