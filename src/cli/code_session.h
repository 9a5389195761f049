// What the commands of `quern code` have in common: which tree is meant, where its index lies, and
// bringing it up to date.

#pragma once

#include <chrono>
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
  std::string path;   // Of the tree, or in it; "": around the current folder.
  std::string index;  // --index: the store's folder; "": in the home, or in the tree.
  bool here = false;  // --here: inside the tree.
  bool no_ignore = false;
  std::vector<std::string> exclude;
  std::string max_file;
  bool default_files = false;
  bool no_update = false;  // The index is read as it is.
  bool quiet = false;
};

/// How a search ends that found nothing; errors end with 2 and more.
inline constexpr int kExitNothingFound = 1;

/// Adds --index and --quiet.
void add_code_flags(CLI::App& command, CodeFlags& flags);

/// Adds what says which files an index is of: --here, --exclude, --no-ignore, --max-file and
/// --default-files.
void add_code_files_flags(CLI::App& command, CodeFlags& flags);

/// Adds --no-update.
void add_no_update_flag(CLI::App& command, CodeFlags& flags);

/// A tree's index, and what of it is asked about.
struct CodeTarget {
  apps::CodePlace place;
  std::string below;  // A folder or file of the tree, from its root; "": all.
};

enum class CodePurpose {
  kIndexing,  // A path is the tree itself.
  kAsking,    // A path is the tree, or something in one that has an index.
};

/// Without a path: the nearest index around the current folder, else the top of its repository,
/// else the folder. An index of `--index` is of the tree that it was made for. Errors: kNotFound,
/// kIo; kBadInput where the index is another tree's.
Result<CodeTarget> code_target(const CodeFlags& flags, CodePurpose purpose);

bool has_code_index(const apps::CodePlace& place);

/// The tree that an index is of; "" where it was never brought up to date. Errors: those of the
/// store.
Result<std::string> root_of_code_index(const std::string& folder);

/// Also a damaged one: all of it can be made again, and vectors are in the log. Errors:
/// kUnavailable naming who writes to it, kIo.
Status remove_code_index(const apps::CodePlace& place);

/// Makes the index where there is none yet; somebody else may do so at the same time. Errors: as
/// apps::create_code_index.
Status ensure_code_index(const apps::CodePlace& place);

/// What the flags say of files; nothing where they say nothing. Errors: kBadInput for a flag.
Result<std::optional<apps::WalkOptions>> walk_options(const CodeFlags& flags);

/// A path as the index has it: from the current folder, or else from the root. Errors: kNotFound
/// where it lies outside the tree.
Result<std::string> path_in_tree(const apps::CodePlace& place, const std::string& path);

/// Grammars from $QUERN_GRAMMARS, else from the home. With a ledger, which outlives it, its workers
/// are booked there.
Result<std::unique_ptr<apps::Chunker>> open_chunker(ByteLedger* ledger = nullptr);

/// Of who writes an index within the budget of an engine's ledger.
store::WriterOptions code_writer_options(std::string who, ByteLedger& ledger);

/// Makes the index what the tree is now, with progress; until an interrupt, or the deadline.
/// Errors: as update_code_index, kBadInput for a flag.
Result<apps::CodeUpdateReport> update_code(
    const CodeFlags& flags, const apps::CodePlace& place, store::Writer& writer,
    apps::Chunker& chunker, apps::EmptyTree empty_tree,
    std::optional<std::chrono::steady_clock::time_point> deadline = {});

/// "3 files and folders cannot be read, 'a/b' the first"; "" where all could be.
std::string unreadable_note(const apps::CodeUpdateReport& report);

/// Whose vectors answer, too.
enum class CodeVectors { kWanted, kNotWanted };

/// An index that is asked: brought up to date, made where there is none.
class CodeReader {
 public:
  /// Where somebody else writes, or the index cannot be written to, it is read as it is, which is
  /// said. Errors: those of the index and its store, kCancelled.
  static Result<std::unique_ptr<CodeReader>> open(const CodeFlags& flags, const EngineFlags& engine,
                                                  CodeVectors vectors);

  const apps::CodePlace& place() const { return target_.place; }
  const std::string& below() const { return target_.below; }
  const store::Snapshot& snapshot() const { return snapshot_; }
  store::Store& store() { return *store_; }
  apps::CodeSearcher& searcher() { return *searcher_; }

 private:
  CodeReader() = default;

  CodeTarget target_;
  std::unique_ptr<store::Store> store_;
  store::Snapshot snapshot_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<ThreadPool> pool_;
  std::optional<apps::CodeSearcher> searcher_;
};

}  // namespace quern::cli
