// What is known of each source file of a code index: what it was when it was read, so that what did
// not change is not read again. Rows of the store's catalog, changed in the same commit as the
// documents.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/code/tree_walk.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

struct CodeFile {
  WalkedFile walked;               // As it was when it was read.
  std::int64_t read_ns = 0;        // When that was: what changed about then may have changed after.
  std::string digest;              // Of its bytes: SHA-256, 32 bytes.
  std::string language;            // "" where unknown.
  std::uint64_t n_text_bytes = 0;  // As UTF-8; 0 of a file that is not indexed.
  std::uint32_t n_chunks = 0;
  bool by_syntax = false;
  std::string note;           // Why it is not indexed, or not by syntax.
  std::uint32_t n_tries = 0;  // It was cut by lines for a passing reason, so often in a row.

  /// Whether the file has the numbers that it had.
  bool looks_same(const WalkedFile& now) const;

  /// The same, and the numbers are old enough to be believed: its content is what was read.
  bool is_unchanged(const WalkedFile& now) const;
};

/// By path.
using CodeFiles = std::map<std::string, CodeFile, std::less<>>;

/// Facts of the index as a whole: "root", "recipe", and which files are meant ("exclude", ...).
using CodeFacts = std::map<std::string, std::string, std::less<>>;

/// The options of walks as facts, and back: what an index was made with holds until something else
/// is said.
CodeFacts facts_of_walk(const WalkOptions& options);
WalkOptions walk_of_facts(const CodeFacts& facts);

/// A content that could not be cut by syntax for a passing reason is tried so often.
inline constexpr std::uint32_t kMaxCutTries = 3;

struct CodeTables {
  CodeFacts facts;
  CodeFiles files;
};

/// Empty where there are no tables yet. Errors: as SqlStatement::step.
Result<CodeTables> read_code_tables(Sql& sql);

/// The facts alone. Errors: as SqlStatement::step.
Result<CodeFacts> read_code_facts(Sql& sql);

/// The files alone, all of them. Errors: as SqlStatement::step.
Result<CodeFiles> read_all_code_files(Sql& sql);

/// Of these files alone, and of all that lie below these folders. Errors: as SqlStatement::step.
Result<CodeFiles> read_code_files(Sql& sql, const std::vector<std::string>& paths,
                                  const std::vector<std::string>& folders);

/// What a commit changes.
struct CodeTablesChange {
  CodeFacts facts = {};
  std::vector<CodeFile> changed = {};
  std::vector<std::string> gone = {};  // Paths.

  bool is_empty() const { return facts.empty() && changed.empty() && gone.empty(); }
};

/// Makes the tables where there are none. Errors: as SqlStatement::step.
Status write_code_tables(Sql& sql, const CodeTablesChange& change);

}  // namespace quern::apps
