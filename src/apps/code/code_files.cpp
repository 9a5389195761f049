#include "apps/code/code_files.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace quern::apps {
namespace {

// File systems tick in up to 10 ms, and some in whole seconds: what was written so shortly before
// it was read may have been written once more without its times saying so.
constexpr std::int64_t kTickNs = 20'000'000;
constexpr std::int64_t kSecondNs = 1'000'000'000;

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS code_fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code_file (
  path BLOB PRIMARY KEY, n_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, read_ns INTEGER NOT NULL,
  digest BLOB NOT NULL, language TEXT NOT NULL, n_text_bytes INTEGER NOT NULL,
  n_chunks INTEGER NOT NULL, by_syntax INTEGER NOT NULL, note TEXT NOT NULL,
  n_tries INTEGER NOT NULL) WITHOUT ROWID;
)";

#define QUERN_CODE_FILE_COLUMNS                                                                \
  "SELECT path, n_bytes, mtime_ns, ctime_ns, inode, read_ns, digest, language, n_text_bytes, " \
  "n_chunks, by_syntax, note, n_tries FROM code_file "
constexpr const char* kAllFiles = QUERN_CODE_FILE_COLUMNS "ORDER BY path";
constexpr const char* kOneFile = QUERN_CODE_FILE_COLUMNS "WHERE path = ?";
constexpr const char* kFilesBetween = QUERN_CODE_FILE_COLUMNS "WHERE path >= ? AND path < ?";
#undef QUERN_CODE_FILE_COLUMNS

// All that the statement gives, which is ready to be bound anew then.
Status take_rows(SqlStatement& rows, CodeFiles& out) {
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) break;
    CodeFile file;
    file.walked = {.path = rows.bytes(0),
                   .n_bytes = static_cast<std::uint64_t>(rows.number(1)),
                   .mtime_ns = rows.number(2),
                   .ctime_ns = rows.number(3),
                   .inode = static_cast<std::uint64_t>(rows.number(4))};
    file.read_ns = rows.number(5);
    file.digest = rows.bytes(6);
    file.language = rows.bytes(7);
    file.n_text_bytes = static_cast<std::uint64_t>(rows.number(8));
    file.n_chunks = static_cast<std::uint32_t>(rows.number(9));
    file.by_syntax = rows.number(10) != 0;
    file.note = rows.bytes(11);
    file.n_tries = static_cast<std::uint32_t>(rows.number(12));
    std::string path = file.walked.path;
    out.insert_or_assign(out.end(), std::move(path), std::move(file));
  }
  rows.reset();
  return {};
}

Result<bool> has_tables(Sql& sql) {
  QUERN_ASSIGN(const std::int64_t n,
               sql.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
                          "name IN ('code_fact', 'code_file')"));
  return n == 2;
}

}  // namespace

CodeFacts facts_of_walk(const WalkOptions& options) {
  std::string exclude;
  for (const std::string& glob : options.exclude) exclude += glob + '\n';
  return {{"exclude", exclude},
          {"obey_ignore_rules", options.obey_ignore_rules ? "1" : "0"},
          {"max_file_bytes", std::to_string(options.max_file_bytes)}};
}

WalkOptions walk_of_facts(const CodeFacts& facts) {
  WalkOptions out;
  const auto obey = facts.find("obey_ignore_rules");
  if (obey != facts.end()) out.obey_ignore_rules = obey->second != "0";
  const auto bytes = facts.find("max_file_bytes");
  if (bytes != facts.end()) {
    std::from_chars(bytes->second.data(), bytes->second.data() + bytes->second.size(),
                    out.max_file_bytes);
  }
  const auto exclude = facts.find("exclude");
  if (exclude == facts.end()) return out;
  for (std::string_view rest = exclude->second; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) out.exclude.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

bool CodeFile::looks_same(const WalkedFile& now) const {
  return read_ns > 0 && now.n_bytes == walked.n_bytes && now.mtime_ns == walked.mtime_ns &&
         now.ctime_ns == walked.ctime_ns && now.inode == walked.inode;
}

bool CodeFile::is_unchanged(const WalkedFile& now) const {
  if (!looks_same(now)) return false;
  const bool in_whole_seconds = walked.ctime_ns % kSecondNs == 0;
  return walked.ctime_ns + (in_whole_seconds ? kSecondNs : kTickNs) < read_ns;
}

Result<CodeFacts> read_code_facts(Sql& sql) {
  CodeFacts out;
  QUERN_ASSIGN(const bool are_there, has_tables(sql));
  if (!are_there) return out;
  QUERN_ASSIGN(SqlStatement facts, sql.prepare("SELECT name, value FROM code_fact"));
  while (true) {
    QUERN_ASSIGN(const bool is_row, facts.step());
    if (!is_row) return out;
    out[facts.bytes(0)] = facts.bytes(1);
  }
}

Result<CodeFiles> read_all_code_files(Sql& sql) {
  CodeFiles out;
  QUERN_ASSIGN(const bool are_there, has_tables(sql));
  if (!are_there) return out;
  QUERN_ASSIGN(SqlStatement files, sql.prepare(kAllFiles));
  QUERN_TRY(take_rows(files, out));
  return out;
}

Result<CodeTables> read_code_tables(Sql& sql) {
  CodeTables out;
  QUERN_ASSIGN(out.facts, read_code_facts(sql));
  QUERN_ASSIGN(out.files, read_all_code_files(sql));
  return out;
}

Result<CodeFiles> read_code_files(Sql& sql, const std::vector<std::string>& paths,
                                  const std::vector<std::string>& folders) {
  CodeFiles out;
  QUERN_ASSIGN(const bool are_there, has_tables(sql));
  if (!are_there) return out;
  QUERN_ASSIGN(SqlStatement one, sql.prepare(kOneFile));
  for (const std::string& path : paths) {
    one.bind_blob(1, std::string_view(path));
    QUERN_TRY(take_rows(one, out));
  }
  QUERN_ASSIGN(SqlStatement below, sql.prepare(kFilesBetween));
  for (const std::string& folder : folders) {
    const std::string first = folder + "/", end = folder + "0";  // '0' follows '/'.
    below.bind_blob(1, std::string_view(first)).bind_blob(2, std::string_view(end));
    QUERN_TRY(take_rows(below, out));
  }
  return out;
}

Status write_code_tables(Sql& sql, const CodeTablesChange& change) {
  QUERN_ASSIGN(const bool are_there, has_tables(sql));
  if (!are_there) QUERN_TRY(sql.run(kTables));
  QUERN_ASSIGN(SqlStatement fact, sql.prepare("INSERT OR REPLACE INTO code_fact VALUES (?, ?)"));
  for (const auto& [name, value] : change.facts) {
    fact.bind(1, std::string_view(name)).bind_blob(2, std::string_view(value));
    QUERN_TRY(fact.run());
  }
  QUERN_ASSIGN(SqlStatement gone, sql.prepare("DELETE FROM code_file WHERE path = ?"));
  for (const std::string& path : change.gone) {
    gone.bind_blob(1, std::string_view(path));
    QUERN_TRY(gone.run());
  }
  QUERN_ASSIGN(SqlStatement put, sql.prepare("INSERT OR REPLACE INTO code_file VALUES "
                                             "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const CodeFile& file : change.changed) {
    put.bind_blob(1, std::string_view(file.walked.path))
        .bind(2, static_cast<std::int64_t>(file.walked.n_bytes))
        .bind(3, file.walked.mtime_ns)
        .bind(4, file.walked.ctime_ns)
        .bind(5, static_cast<std::int64_t>(file.walked.inode))
        .bind(6, file.read_ns)
        .bind_blob(7, std::string_view(file.digest))
        .bind(8, std::string_view(file.language))
        .bind(9, static_cast<std::int64_t>(file.n_text_bytes))
        .bind(10, std::int64_t{file.n_chunks})
        .bind(11, std::int64_t{file.by_syntax})
        .bind(12, std::string_view(file.note))
        .bind(13, std::int64_t{file.n_tries});
    QUERN_TRY(put.run());
  }
  return {};
}

}  // namespace quern::apps
