#include "apps/papers/paper_tables.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/papers/paper_documents.h"
#include "apps/papers/paper_form.h"
#include "apps/papers/paper_identity.h"

namespace quern::apps {
namespace {

// An end of a link is a name: "corpusid:N" as soon as the paper is in the library.
constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS papers_paper (
  corpus_id INTEGER PRIMARY KEY, paper_id TEXT NOT NULL, facts BLOB NOT NULL, day INTEGER NOT NULL,
  has_text INTEGER NOT NULL, added_ms INTEGER NOT NULL, n_citations INTEGER NOT NULL,
  n_cited INTEGER NOT NULL, n_citing INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS papers_name (
  name TEXT PRIMARY KEY, corpus_id INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS papers_name_of ON papers_name (corpus_id);
CREATE TABLE IF NOT EXISTS papers_record (
  origin BLOB PRIMARY KEY, input BLOB NOT NULL, digest BLOB NOT NULL, corpus_id INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS papers_record_of ON papers_record (corpus_id);
CREATE TABLE IF NOT EXISTS papers_link (
  citing TEXT NOT NULL, cited TEXT NOT NULL, i INTEGER NOT NULL, title BLOB NOT NULL,
  authors BLOB NOT NULL, year INTEGER NOT NULL, contexts BLOB NOT NULL,
  PRIMARY KEY (citing, cited)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS papers_link_cited ON papers_link (cited);
CREATE TABLE IF NOT EXISTS papers_author (
  author_id TEXT NOT NULL, corpus_id INTEGER NOT NULL, i INTEGER NOT NULL, name BLOB NOT NULL,
  PRIMARY KEY (author_id, corpus_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS papers_author_of ON papers_author (corpus_id);
)";

std::string own_name(std::int64_t corpus_id) { return fmt::format("corpusid:{}", corpus_id); }

std::string json_of(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class Writing {
 public:
  explicit Writing(Sql& sql) : sql_(sql) {}

  Status run(const PaperTablesChange& change);

 private:
  Status remove(std::int64_t corpus_id);
  Status put_row(const PaperPut& put);
  Status put_names(const PaperPut& put);
  Status put_authors(const PaperPut& put);
  Status put_links(const PaperPut& put);
  Status put_link(const std::string& citing, const std::string& cited, std::size_t i,
                  const PaperLinkRow& link);
  Result<std::string> end_of(const LinkEnd& end);
  Status count_links();

  Sql& sql_;
  SqlStatement new_link_;           // Gives way to one that is there,
  SqlStatement any_link_;           // takes its place.
  std::set<std::int64_t> touched_;  // Whose links are to be counted anew.
};

Status Writing::run(const PaperTablesChange& change) {
  QUERN_TRY(sql_.run(kTables));
  for (const std::int64_t corpus_id : change.gone) QUERN_TRY(remove(corpus_id));
  for (const PaperPut& put : change.put) {
    QUERN_TRY(put_row(put));
    QUERN_TRY(put_names(put));
    QUERN_TRY(put_authors(put));
  }
  QUERN_ASSIGN(new_link_,
               sql_.prepare("INSERT OR IGNORE INTO papers_link VALUES (?, ?, ?, ?, ?, ?, ?)"));
  QUERN_ASSIGN(any_link_,
               sql_.prepare("INSERT OR REPLACE INTO papers_link VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const PaperPut& put : change.put) QUERN_TRY(put_links(put));
  QUERN_ASSIGN(SqlStatement record,
               sql_.prepare("INSERT OR REPLACE INTO papers_record VALUES (?, ?, ?, ?)"));
  for (const KnownRecord& one : change.records) {
    record.bind_blob(1, std::string_view(one.origin))
        .bind_blob(2, std::string_view(one.input))
        .bind_blob(3, std::string_view(one.digest))
        .bind(4, one.corpus_id);
    QUERN_TRY(record.run());
  }
  return count_links();
}

// Links to it stay, by what the other end called it.
Status Writing::remove(std::int64_t corpus_id) {
  for (const char* text : {"DELETE FROM papers_paper WHERE corpus_id = ?",
                           "DELETE FROM papers_name WHERE corpus_id = ?",
                           "DELETE FROM papers_record WHERE corpus_id = ?",
                           "DELETE FROM papers_author WHERE corpus_id = ?"}) {
    QUERN_ASSIGN(SqlStatement statement, sql_.prepare(text));
    statement.bind(1, corpus_id);
    QUERN_TRY(statement.run());
  }
  QUERN_ASSIGN(SqlStatement links, sql_.prepare("DELETE FROM papers_link WHERE citing = ?"));
  links.bind(1, own_name(corpus_id));
  return links.run();
}

Status Writing::put_row(const PaperPut& put) {
  const Paper& paper = put.row.paper;
  QUERN_ASSIGN(SqlStatement row, sql_.prepare("INSERT OR REPLACE INTO papers_paper VALUES "
                                              "(?, ?, ?, ?, ?, ?, ?, 0, 0)"));
  const std::string facts = facts_from_paper(paper);
  row.bind(1, paper.ids.corpus_id)
      .bind(2, std::string_view(paper.ids.paper_id))
      .bind_blob(3, std::string_view(facts))
      .bind(4, published_day(paper))
      .bind(5, std::int64_t{put.row.has_text})
      .bind(6, put.row.added_ms)
      .bind(7, paper.n_citations);
  touched_.insert(paper.ids.corpus_id);
  return row.run();
}

// Who was known by one of these names is known by its number from now on.
Status Writing::put_names(const PaperPut& put) {
  const std::int64_t corpus_id = put.row.paper.ids.corpus_id;
  const std::string own = own_name(corpus_id);
  QUERN_ASSIGN(SqlStatement name, sql_.prepare("INSERT OR IGNORE INTO papers_name VALUES (?, ?)"));
  QUERN_ASSIGN(SqlStatement citing,
               sql_.prepare("UPDATE OR REPLACE papers_link SET citing = ? WHERE citing = ?"));
  QUERN_ASSIGN(SqlStatement cited,
               sql_.prepare("UPDATE OR REPLACE papers_link SET cited = ? WHERE cited = ?"));
  for (const std::string& one : put.names) {
    if (one == own) continue;
    name.bind(1, std::string_view(one)).bind(2, corpus_id);
    QUERN_TRY(name.run());
    if (sql_.n_changed() == 0) continue;
    for (SqlStatement* statement : {&citing, &cited}) {
      statement->bind(1, std::string_view(own)).bind(2, std::string_view(one));
      QUERN_TRY(statement->run());
    }
  }
  return {};
}

Status Writing::put_authors(const PaperPut& put) {
  const Paper& paper = put.row.paper;
  QUERN_ASSIGN(SqlStatement gone, sql_.prepare("DELETE FROM papers_author WHERE corpus_id = ?"));
  gone.bind(1, paper.ids.corpus_id);
  QUERN_TRY(gone.run());
  QUERN_ASSIGN(SqlStatement author,
               sql_.prepare("INSERT OR IGNORE INTO papers_author VALUES (?, ?, ?, ?)"));
  for (std::size_t i = 0; i < paper.authors.size(); ++i) {
    author.bind(1, std::string_view(paper.authors[i].id))
        .bind(2, paper.ids.corpus_id)
        .bind(3, static_cast<std::int64_t>(i))
        .bind_blob(4, std::string_view(paper.authors[i].name));
    QUERN_TRY(author.run());
  }
  return {};
}

Result<std::string> Writing::end_of(const LinkEnd& end) {
  if (end.corpus_id > 0) return own_name(end.corpus_id);
  QUERN_ASSIGN(const std::optional<std::int64_t> corpus_id, find_paper_name(sql_, end.name));
  if (corpus_id) touched_.insert(*corpus_id);
  return corpus_id ? own_name(*corpus_id) : end.name;
}

Status Writing::put_link(const std::string& citing, const std::string& cited, std::size_t i,
                         const PaperLinkRow& link) {
  if (citing.empty() || cited.empty() || citing == cited) return {};
  // What a citing paper says of a link (its place, its sentences) goes before what the cited one
  // does.
  SqlStatement& row =
      link.contexts.texts.empty() && link.other.title.empty() ? new_link_ : any_link_;
  const std::string authors = json_of(link.other.authors);
  const std::string contexts = bytes_from_contexts(link.contexts);
  row.bind(1, std::string_view(citing))
      .bind(2, std::string_view(cited))
      .bind(3, static_cast<std::int64_t>(i))
      .bind_blob(4, std::string_view(link.other.title))
      .bind_blob(5, std::string_view(authors))
      .bind(6, std::int64_t{link.other.year})
      .bind_blob(7, std::string_view(contexts));
  return row.run();
}

Status Writing::put_links(const PaperPut& put) {
  const std::string own = own_name(put.row.paper.ids.corpus_id);
  if (put.references) {
    QUERN_ASSIGN(SqlStatement gone, sql_.prepare("DELETE FROM papers_link WHERE citing = ?"));
    gone.bind(1, std::string_view(own));
    QUERN_TRY(gone.run());
    for (std::size_t i = 0; i < put.references->size(); ++i) {
      QUERN_ASSIGN(const std::string cited, end_of((*put.references)[i].other));
      QUERN_TRY(put_link(own, cited, i, (*put.references)[i]));
    }
  }
  for (std::size_t i = 0; i < put.cited_by.size(); ++i) {
    QUERN_ASSIGN(const std::string citing, end_of(put.cited_by[i].other));
    QUERN_TRY(put_link(citing, own, i, put.cited_by[i]));
  }
  return {};
}

Status Writing::count_links() {
  QUERN_ASSIGN(SqlStatement count,
               sql_.prepare("UPDATE papers_paper SET "
                            "n_cited = (SELECT count(*) FROM papers_link WHERE cited = ?2), "
                            "n_citing = (SELECT count(*) FROM papers_link WHERE citing = ?2) "
                            "WHERE corpus_id = ?1"));
  for (const std::int64_t corpus_id : touched_) {
    count.bind(1, corpus_id).bind(2, std::string_view(own_name(corpus_id)));
    QUERN_TRY(count.run());
  }
  return {};
}

}  // namespace

Status write_paper_tables(Sql& sql, const PaperTablesChange& change) {
  return Writing(sql).run(change);
}

Result<bool> has_paper_tables(Sql& sql) {
  QUERN_ASSIGN(const std::int64_t n,
               sql.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
                          "name = 'papers_paper'"));
  return n > 0;
}

Result<std::optional<PaperRow>> read_paper(Sql& sql, std::int64_t corpus_id) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT facts, has_text, added_ms, n_cited, n_citing, paper_id "
                           "FROM papers_paper WHERE corpus_id = ?"));
  rows.bind(1, corpus_id);
  QUERN_ASSIGN(const bool is_row, rows.step());
  if (!is_row) return std::optional<PaperRow>();
  PaperRow row;
  QUERN_ASSIGN(row.paper, paper_from_facts(rows.bytes(0)));
  row.paper.ids.corpus_id = corpus_id;
  row.paper.ids.paper_id = rows.bytes(5);
  row.has_text = rows.number(1) != 0;
  row.added_ms = rows.number(2);
  row.n_cited = rows.number(3);
  row.n_citing = rows.number(4);
  return std::optional<PaperRow>(std::move(row));
}

Result<std::optional<std::int64_t>> find_paper_name(Sql& sql, std::string_view name) {
  constexpr std::string_view kOwn = "corpusid:";
  const bool is_own = name.starts_with(kOwn);
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare(is_own ? "SELECT corpus_id FROM papers_paper WHERE corpus_id = ?"
                                  : "SELECT corpus_id FROM papers_name WHERE name = ?"));
  if (is_own) {
    rows.bind(1, ids_of_name(name).corpus_id);
  } else {
    rows.bind(1, name);
  }
  QUERN_ASSIGN(const bool is_row, rows.step());
  return is_row ? std::optional<std::int64_t>(rows.number(0)) : std::nullopt;
}

Result<std::optional<KnownRecord>> read_record(Sql& sql, std::string_view origin) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT input, digest, corpus_id FROM papers_record WHERE origin = ?"));
  rows.bind_blob(1, origin);
  QUERN_ASSIGN(const bool is_row, rows.step());
  if (!is_row) return std::optional<KnownRecord>();
  return std::optional<KnownRecord>(KnownRecord{.origin = std::string(origin),
                                                .input = rows.bytes(0),
                                                .digest = rows.bytes(1),
                                                .corpus_id = rows.number(2)});
}

}  // namespace quern::apps
