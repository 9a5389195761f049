// An index of a source tree: a store of its files' pieces, kept as the files are. What did not
// change is neither read nor embedded again; text is found as soon as it is committed, vectors
// follow.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/code/chunker.h"
#include "apps/code/code_files.h"
#include "apps/code/tree_walk.h"
#include "apps/code/watch.h"
#include "base/byte_ledger.h"
#include "base/status.h"
#include "store/store.h"
#include "store/writer.h"

namespace quern::apps {

struct CodePlace {
  std::string root;    // Of the tree: absolute, without links.
  std::string folder;  // Of the store.
};

/// The index inside its tree. `root` is absolute and without links.
CodePlace code_place_here(const std::string& root);

/// Where the index of a tree lies: inside it where there is one, else below `home`, under the
/// tree's name and a hash of its path.
/// Errors: kNotFound, kIo for the root.
Result<CodePlace> default_code_place(const std::string& root, const std::string& home);

/// The nearest folder, `from` or above it, of which there is an index in `home`; nothing where
/// there is none. Errors: as default_code_place.
Result<std::optional<CodePlace>> find_code_place(const std::string& from, const std::string& home);

struct CodeUpdateProgress {
  std::size_t n_files = 0;   // Done,
  std::size_t n_wanted = 0;  // of so many that are new or changed.
  std::uint64_t n_bytes = 0;
  std::uint64_t n_bytes_wanted = 0;
  std::size_t n_chunks = 0;
};

/// A tree without a single file may be a disk that is not there just now.
enum class EmptyTree { kKeepsTheIndex, kEmptiesIt };

struct CodeUpdate {
  store::Writer* writer = nullptr;
  Chunker* chunker = nullptr;
  std::string root;
  // Which files are meant, kept with the index; unset: what it was made with.
  std::optional<WalkOptions> walk = {};
  int n_threads = 2;                     // That read and cut files.
  const TreeChanges* changes = nullptr;  // Null, or a rescan: the whole tree is looked at.
  EmptyTree empty_tree = EmptyTree::kKeepsTheIndex;
  std::function<void(const CodeUpdateProgress&)> on_progress = {};  // May be empty.
  /// Asked often: true ends it, with what was done so far committed. May be empty.
  std::function<bool()> is_stopped = {};
};

struct CodeUpdateReport {
  std::size_t n_files = 0;       // Of the tree, that are text,
  std::size_t n_unchanged = 0;   // of which so many were there as they are,
  std::size_t n_read = 0;        // were read,
  std::size_t n_same = 0;        // and had their old content.
  std::size_t n_gone = 0;        // Were there, and are not any more.
  std::size_t n_chunks = 0;      // Written.
  std::uint64_t n_bytes = 0;     // Read.
  std::size_t n_by_lines = 0;    // Files of a known language that could not be cut by syntax.
  std::size_t n_for_now = 0;     // Of these, for a reason that may pass: they are tried again.
  std::string first_for_now;     // The first of them, and why.
  std::size_t n_pending = 0;     // Changed, but not looked at: it was stopped.
  std::size_t n_unreadable = 0;  // Files and folders that could not be read.
  std::string first_unreadable;
  std::vector<SkippedPath> skipped;
  std::vector<std::string> notes;
  store::GenerationId generation = 0;
  bool is_of_all = false;  // All of the tree was looked at, not some changes.
  bool was_stopped = false;
};

/// Facts of an index's tree that no update has to look for. Errors: as SqlStatement::step.
Result<CodeFacts> code_facts_of(store::Store& store);

/// The options of its walks, and that neither the index nor the home that it lies in is looked at.
WalkOptions walk_of_index(const CodeFacts& facts, const std::string& root,
                          const std::string& folder);

/// Makes an index what its tree is now. After a kill it goes on where it was. Errors: as walk_tree,
/// those of the store; what is wrong with a file costs that file, and is among its facts.
Result<CodeUpdateReport> update_code_index(const CodeUpdate& update);

/// Makes an empty index, and the folders above it; with `space` it will have vectors. Errors: as
/// store::create_store.
Status create_code_index(const CodePlace& place, const std::optional<store::VectorSpace>& space);

}  // namespace quern::apps
