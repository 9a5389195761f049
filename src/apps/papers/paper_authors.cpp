#include "apps/papers/paper_authors.h"

#include <algorithm>
#include <utility>

#include "apps/papers/paper_identity.h"
#include "apps/papers/paper_tables.h"

namespace quern::apps {
namespace {

/// The largest h of which h papers have h citations each.
std::int64_t h_index(std::vector<std::int64_t> citations) {
  std::sort(citations.rbegin(), citations.rend());
  std::int64_t h = 0;
  while (h < static_cast<std::int64_t>(citations.size()) &&
         citations[static_cast<std::size_t>(h)] > h) {
    ++h;
  }
  return h;
}

// Each word begins one of the name's.
bool has_words(std::string_view name, std::string_view words) {
  const std::string in = " " + title_key(name);
  const std::string key = title_key(words);
  const std::vector<std::string_view> wanted = words_of_key(key);
  return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](std::string_view word) {
    return in.find(" " + std::string(word)) != std::string::npos;
  });
}

}  // namespace

Result<std::optional<KnownAuthor>> read_author(Sql& sql, const std::string& id) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT a.name, max(p.n_citations, p.n_cited), p.corpus_id FROM "
                           "papers_author a JOIN papers_paper p USING (corpus_id) "
                           "WHERE a.author_id = ? ORDER BY p.day DESC, p.corpus_id"));
  rows.bind(1, std::string_view(id));
  KnownAuthor out{.id = id, .name = {}};
  std::vector<std::int64_t> citations;
  std::int64_t newest = 0;
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) break;
    if (citations.empty()) {
      out.name = rows.bytes(0);
      newest = rows.number(2);
    }
    citations.push_back(rows.number(1));
    out.n_citations += citations.back();
  }
  if (citations.empty()) return std::optional<KnownAuthor>();
  out.n_papers = static_cast<std::int64_t>(citations.size());
  out.h_index = h_index(std::move(citations));
  QUERN_ASSIGN(const std::optional<PaperRow> row, read_paper(sql, newest));
  if (row) {
    for (const PaperAuthor& author : row->paper.authors) {
      if (author.id == id) out.affiliations = author.affiliations;
    }
  }
  return std::optional(std::move(out));
}

Result<AuthorPage> find_authors(Sql& sql, std::string_view text, std::uint64_t offset,
                                std::uint32_t n) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT author_id, name, count(*) AS n FROM papers_author "
                           "GROUP BY author_id ORDER BY n DESC, author_id"));
  std::vector<std::string> ids;
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) break;
    if (has_words(rows.bytes(1), text)) ids.push_back(rows.bytes(0));
  }
  AuthorPage page;
  page.total = ids.size();
  for (std::uint64_t i = offset; i < ids.size() && page.authors.size() < n; ++i) {
    QUERN_ASSIGN(std::optional<KnownAuthor> author, read_author(sql, ids[i]));
    if (author) page.authors.push_back(std::move(*author));
  }
  return page;
}

Result<std::vector<std::int64_t>> read_papers_of_author(Sql& sql, const std::string& id) {
  QUERN_ASSIGN(SqlStatement rows,
               sql.prepare("SELECT p.corpus_id FROM papers_author a JOIN papers_paper p USING "
                           "(corpus_id) WHERE a.author_id = ? ORDER BY p.day DESC, p.corpus_id"));
  rows.bind(1, std::string_view(id));
  std::vector<std::int64_t> out;
  while (true) {
    QUERN_ASSIGN(const bool is_row, rows.step());
    if (!is_row) return out;
    out.push_back(rows.number(0));
  }
}

}  // namespace quern::apps
