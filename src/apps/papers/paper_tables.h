// The tables of a library, beside its store's own: papers, their names, authors and links, and the
// records that they were read from. docs/papers.md describes them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/link_contexts.h"
#include "apps/papers/paper.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

struct PaperRow {
  Paper paper;  // Without sections, references and cited_by; ids complete.
  bool has_text = false;
  std::int64_t added_ms = 0;
  std::int64_t n_cited = 0;   // Links to it,
  std::int64_t n_citing = 0;  // and from it.
};

/// A record that a paper was read from.
struct KnownRecord {
  std::string origin;
  std::string input;   // ReadPaper::input
  std::string digest;  // digest_of
  std::int64_t corpus_id = 0;
};

/// One end of a link: a paper of the library, or what is known of another one.
struct LinkEnd {
  std::int64_t corpus_id = 0;  // 0: by name alone.
  std::string name = {};       // best_name; "" where nothing tells which it is.
  std::string title = {};
  std::vector<std::string> authors = {};
  int year = 0;
};

struct PaperLinkRow {
  LinkEnd other;
  LinkContexts contexts = {};
};

/// What one paper brings into the tables.
struct PaperPut {
  PaperRow row;
  std::vector<std::string> names;                            // names_of and that of its title.
  std::optional<std::vector<PaperLinkRow>> references = {};  // Unset: those that there are stay.
  std::vector<PaperLinkRow> cited_by = {};                   // Added to what there is.
};

struct PaperTablesChange {
  std::vector<PaperPut> put;
  std::vector<KnownRecord> records;
  std::vector<std::int64_t> gone;
};

/// Makes the tables where they are missing, and changes them. Errors: as SqlStatement::step.
Status write_paper_tables(Sql& sql, const PaperTablesChange& change);

/// Whether the tables are there: a library to which nothing was added has none.
Result<bool> has_paper_tables(Sql& sql);

/// Nothing where there is none. Errors: as SqlStatement::step; kBadInput for damage.
Result<std::optional<PaperRow>> read_paper(Sql& sql, std::int64_t corpus_id);
Result<std::optional<std::int64_t>> find_paper_name(Sql& sql, std::string_view name);
Result<std::optional<KnownRecord>> read_record(Sql& sql, std::string_view origin);

}  // namespace quern::apps
