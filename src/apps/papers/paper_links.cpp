#include "apps/papers/paper_links.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/papers/paper_identity.h"

namespace quern::apps {
namespace {

std::vector<std::string> texts_from_json(const std::string& text) {
  std::vector<std::string> out;
  const nlohmann::json list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return out;
  for (const nlohmann::json& one : list) {
    if (one.is_string()) out.push_back(one.get<std::string>());
  }
  return out;
}

/// The other end of a row: name, title, authors, year, contexts from column `c` on.
Result<PaperLink> link_from_row(Sql& sql, const SqlStatement& rows) {
  PaperLink link;
  const std::string name = rows.bytes(0);
  link.contexts = contexts_from_bytes(rows.bytes(4));
  const PaperIds ids = ids_of_name(name);
  if (ids.corpus_id > 0) {
    QUERN_ASSIGN(std::optional<PaperRow> row, read_paper(sql, ids.corpus_id));
    if (row) {
      link.paper = known_paper(std::move(*row));
      return link;
    }
  }
  // Not in the library: its numbers are not, either.
  Paper& paper = link.paper.paper;
  paper.ids = ids;
  paper.ids.corpus_id = 0;
  paper.title = rows.bytes(1);
  for (std::string& author : texts_from_json(rows.bytes(2))) {
    paper.authors.push_back({.name = std::move(author)});
  }
  paper.year = static_cast<int>(rows.number(3));
  return link;
}

Result<LinkPage> read_page(Sql& sql, SqlStatement rows, std::uint32_t n) {
  LinkPage page;
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) return page;
    if (page.links.size() == n) {
      page.has_more = true;
      return page;
    }
    QUERN_ASSIGN(PaperLink link, link_from_row(sql, rows));
    page.links.push_back(std::move(link));
  }
}

std::int64_t as_number(std::uint64_t n) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(n, INT64_MAX - 1));
}

}  // namespace

KnownPaper known_paper(PaperRow row) {
  KnownPaper out;
  out.paper = std::move(row.paper);
  out.paper.n_citations = std::max(out.paper.n_citations, row.n_cited);
  out.n_references = row.n_citing;
  out.has_text = row.has_text;
  out.added_ms = row.added_ms;
  return out;
}

Result<LinkPage> read_citations(Sql& sql, std::int64_t corpus_id, std::uint64_t offset,
                                std::uint32_t n, const std::optional<DayRange>& published) {
  const char* const all =
      "SELECT l.citing, l.title, l.authors, l.year, l.contexts FROM papers_link l "
      "LEFT JOIN papers_paper p ON substr(l.citing, 1, 9) = 'corpusid:' AND "
      "p.corpus_id = CAST(substr(l.citing, 10) AS INTEGER) WHERE l.cited = ?1 "
      "ORDER BY p.day DESC NULLS LAST, l.citing LIMIT ?2 OFFSET ?3";
  const char* const of_days =
      "SELECT l.citing, l.title, l.authors, l.year, l.contexts FROM papers_link l "
      "JOIN papers_paper p ON substr(l.citing, 1, 9) = 'corpusid:' AND "
      "p.corpus_id = CAST(substr(l.citing, 10) AS INTEGER) WHERE l.cited = ?1 "
      "AND p.day BETWEEN ?4 AND ?5 ORDER BY p.day DESC, l.citing LIMIT ?2 OFFSET ?3";
  QUERN_ASSIGN(SqlStatement rows, sql.prepare(published ? of_days : all));
  rows.bind(1, std::string_view(fmt::format("corpusid:{}", corpus_id)))
      .bind(2, std::int64_t{n} + 1)
      .bind(3, as_number(offset));
  if (published) rows.bind(4, published->first).bind(5, published->last);
  return read_page(sql, std::move(rows), n);
}

Result<LinkPage> read_references(Sql& sql, std::int64_t corpus_id, std::uint64_t offset,
                                 std::uint32_t n) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT cited, title, authors, year, contexts FROM papers_link "
                           "WHERE citing = ? ORDER BY i, cited LIMIT ? OFFSET ?"));
  rows.bind(1, std::string_view(fmt::format("corpusid:{}", corpus_id)))
      .bind(2, std::int64_t{n} + 1)
      .bind(3, as_number(offset));
  return read_page(sql, std::move(rows), n);
}

// Names of papers that are here stand together in the table's key, behind the citing one.
Result<std::vector<KnownReference>> read_known_references(Sql& sql, std::int64_t corpus_id) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT cited, i, authors, year, contexts FROM papers_link WHERE "
                           "citing = ? AND cited >= 'corpusid:' AND cited < 'corpusid;' "
                           "ORDER BY i, cited"));
  rows.bind(1, std::string_view(fmt::format("corpusid:{}", corpus_id)));
  std::vector<KnownReference> out;
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) return out;
    KnownReference& one = out.emplace_back();
    one.corpus_id = ids_of_name(rows.bytes(0)).corpus_id;
    one.number = static_cast<std::size_t>(std::max<std::int64_t>(rows.number(1), 0)) + 1;
    one.authors = texts_from_json(rows.bytes(2));
    one.year = static_cast<int>(rows.number(3));
    one.contexts = contexts_from_bytes(rows.bytes(4)).texts;
    if (!one.authors.empty() && one.year > 0) continue;
    QUERN_ASSIGN(std::optional<PaperRow> row, read_paper(sql, one.corpus_id));
    if (!row) continue;
    if (one.year == 0) one.year = row->paper.year;
    for (PaperAuthor& author : row->paper.authors) {
      if (one.authors.empty()) one.authors.push_back(std::move(author.name));
    }
  }
}

}  // namespace quern::apps
