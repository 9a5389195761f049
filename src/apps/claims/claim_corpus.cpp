#include "apps/claims/claim_corpus.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace quern::apps {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

constexpr const char* kTable = R"(
CREATE TABLE IF NOT EXISTS claims_source (
  key BLOB PRIMARY KEY, title BLOB NOT NULL, url BLOB NOT NULL, date BLOB NOT NULL,
  licence BLOB NOT NULL, origin BLOB NOT NULL, digest BLOB NOT NULL, n_bytes INTEGER NOT NULL,
  n_passages INTEGER NOT NULL, n_sentences INTEGER NOT NULL, added_ms INTEGER NOT NULL,
  input BLOB NOT NULL
) WITHOUT ROWID;
)";

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

Status check_corpus_name(const std::string& name) {
  const bool is_good =
      !name.empty() && name.size() <= kMaxNameBytes && is_letter_or_digit(name[0]) &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
  if (is_good) return {};
  return {Code::kBadInput, fmt::format("'{}' is no name of a corpus: want small letters, digits, _ "
                                       "and -, {} at most, a letter or digit first",
                                       store::printable_key(name), kMaxNameBytes)};
}

std::string corpus_folder(const std::string& home, const std::string& name) {
  return home + "/claims/corpora/" + name;
}

Result<std::vector<std::string>> corpus_names(const std::string& home) {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  const std::string folder = home + "/claims/corpora";
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return out;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    std::error_code missing;
    if (check_corpus_name(name).ok() && fs::exists(store::catalog_path(entries->path()), missing)) {
      out.push_back(std::move(name));
    }
  }
  if (error) return {Code::kIo, fmt::format("cannot read '{}': {}", folder, error.message())};
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::unique_ptr<store::Store>> open_corpus(const std::string& home, const std::string& name,
                                                  ByteLedger* ledger) {
  QUERN_TRY(check_corpus_name(name));
  auto store = store::Store::open({.folder = corpus_folder(home, name), .ledger = ledger});
  if (store.ok() || store.status().code() != Code::kNotFound) return store;
  QUERN_ASSIGN(const std::vector<std::string> names, corpus_names(home));
  return {Code::kNotFound,
          fmt::format("no corpus '{}': {}", name,
                      names.empty() ? "there is none yet ('quern claims add' makes one)"
                                    : fmt::format("there are {}", fmt::join(names, ", ")))};
}

Status ensure_corpus(const std::string& home, const std::string& name) {
  QUERN_TRY(check_corpus_name(name));
  return ensure_store(corpus_folder(home, name), corpus_schema(), "quern claims");
}

store::Schema corpus_schema() {
  using store::AttributeType;
  // k1 and b are those that BM25's baselines on scientific abstracts use.
  return {.fields = {{.name = "passage", .analyzer = "english"},
                     {.name = "sentence", .analyzer = "english"}},
          .k1 = 0.9f,
          .b = 0.4f,
          .attributes = {{.name = "kind", .type = AttributeType::kKeyword},
                         {.name = "date", .type = AttributeType::kDate},
                         {.name = "licence", .type = AttributeType::kKeyword}}};
}

Result<std::vector<CorpusSource>> corpus_sources(store::Store& store) {
  std::vector<CorpusSource> out;
  QUERN_TRY(store.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_corpus_sources(sql));
    return {};
  }));
  return out;
}

Result<std::vector<CorpusSource>> read_corpus_sources(Sql& sql) {
  std::vector<CorpusSource> out;
  QUERN_ASSIGN(const std::int64_t n_tables,
               sql.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
                          "name = 'claims_source'"));
  if (n_tables == 0) return out;
  QUERN_ASSIGN(
      SqlStatement rows,
      sql.prepare("SELECT key, title, url, date, licence, origin, digest, n_bytes, "
                  "n_passages, n_sentences, added_ms, input FROM claims_source ORDER BY key"));
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) return out;
    out.push_back({.source = {.key = rows.bytes(0),
                              .title = rows.bytes(1),
                              .url = rows.bytes(2),
                              .date = rows.bytes(3),
                              .licence = rows.bytes(4)},
                   .origin = rows.bytes(5),
                   .digest = rows.bytes(6),
                   .input = rows.bytes(11),
                   .n_bytes = static_cast<std::uint64_t>(rows.number(7)),
                   .n_passages = static_cast<std::uint32_t>(rows.number(8)),
                   .n_sentences = static_cast<std::uint32_t>(rows.number(9)),
                   .added_ms = rows.number(10)});
  }
}

Status write_corpus_sources(Sql& sql, const CorpusSourcesChange& change) {
  QUERN_TRY(sql.run(kTable));
  QUERN_ASSIGN(SqlStatement gone, sql.prepare("DELETE FROM claims_source WHERE key = ?"));
  for (const std::string& key : change.gone) {
    gone.bind_blob(1, std::string_view(key));
    QUERN_TRY(gone.run());
  }
  QUERN_ASSIGN(SqlStatement put, sql.prepare("INSERT OR REPLACE INTO claims_source VALUES "
                                             "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const CorpusSource& row : change.put) {
    put.bind_blob(1, std::string_view(row.source.key))
        .bind_blob(2, std::string_view(row.source.title))
        .bind_blob(3, std::string_view(row.source.url))
        .bind_blob(4, std::string_view(row.source.date))
        .bind_blob(5, std::string_view(row.source.licence))
        .bind_blob(6, std::string_view(row.origin))
        .bind_blob(7, std::string_view(row.digest))
        .bind(8, static_cast<std::int64_t>(row.n_bytes))
        .bind(9, std::int64_t{row.n_passages})
        .bind(10, std::int64_t{row.n_sentences})
        .bind(11, row.added_ms)
        .bind_blob(12, std::string_view(row.input));
    QUERN_TRY(put.run());
  }
  return {};
}

}  // namespace quern::apps
