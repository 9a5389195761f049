#include "apps/papers/paper_bulk.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "apps/papers/boolean_query.h"
#include "apps/papers/paper_filter.h"
#include "apps/papers/paper_schema.h"
#include "apps/papers/paper_tables.h"

namespace quern::apps {
namespace {

/// What papers are sorted by.
struct SortRow {
  std::int64_t corpus_id = 0;
  std::string paper_id;
  std::int64_t day = 0;
  std::int64_t n_citations = 0;
};

Result<std::unordered_set<std::int64_t>> matching(const store::Generation& generation,
                                                  const BulkAsk& ask) {
  std::unordered_set<std::int64_t> out;
  QUERN_ASSIGN(const std::optional<store::Filter> filter,
               store_filter_of(ask.filter, kPaperKind, generation));
  if (!filter) return out;
  QUERN_ASSIGN(const auto allowed, generation.allowed(*filter));
  std::vector<store::Bitmap> docs = *allowed;
  if (!ask.query.empty()) {
    QUERN_ASSIGN(const BooleanQuery query, parse_boolean_query(ask.query));
    QUERN_ASSIGN(const std::vector<store::Bitmap> found,
                 match_boolean_query(query, generation, {.index = kPaperField}));
    for (std::size_t i = 0; i < docs.size(); ++i) docs[i] &= found[i];
  }
  Status status;
  for (std::size_t i = 0; i < docs.size(); ++i) {
    QUERN_ASSIGN(const store::KeyColumn* keys, generation.segments()[i].segment->keys());
    docs[i].for_each([&](std::uint32_t doc) {
      const Result<store::Key> key = keys->key(doc);
      if (status.ok() && !key.ok()) status = key.status();
      if (!status.ok()) return;
      const Result<std::int64_t> corpus_id = corpus_id_of_key(key->bytes);
      if (corpus_id.ok()) out.insert(*corpus_id);
    });
  }
  QUERN_TRY(status);
  return out;
}

Result<std::vector<SortRow>> sort_rows(store::Store& store, const BulkAsk& ask,
                                       const std::unordered_set<std::int64_t>& wanted) {
  std::vector<SortRow> out;
  QUERN_TRY(store.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(const bool is_there, has_paper_tables(sql));
    if (!is_there) return {};
    QUERN_ASSIGN(SqlStatement rows, sql.prepare("SELECT corpus_id, paper_id, day, "
                                                "max(n_citations, n_cited) FROM papers_paper"));
    while (true) {
      QUERN_ASSIGN(const bool is_row, rows.step());
      if (!is_row) return {};
      SortRow row = {.corpus_id = rows.number(0),
                     .paper_id = rows.bytes(1),
                     .day = rows.number(2),
                     .n_citations = rows.number(3)};
      const bool is_wanted =
          wanted.contains(row.corpus_id) && row.n_citations >= ask.filter.min_citations;
      if (is_wanted) out.push_back(std::move(row));
    }
  }));
  return out;
}

// Papers without the value come last, whichever the direction; equals by their ids.
void sort_bulk(const BulkAsk& ask, std::vector<SortRow>& rows) {
  const auto is_before = [&](const SortRow& a, const SortRow& b) {
    if (ask.sort == BulkSort::kPaperId) {
      return ask.is_descending ? a.paper_id > b.paper_id : a.paper_id < b.paper_id;
    }
    const bool by_day = ask.sort == BulkSort::kPublicationDate;
    const std::int64_t x = by_day ? a.day : a.n_citations, y = by_day ? b.day : b.n_citations;
    constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::min();
    if (x == y) return a.paper_id < b.paper_id;
    if (x == kUnknown || y == kUnknown) return y == kUnknown;
    return ask.is_descending ? x > y : x < y;
  };
  std::sort(rows.begin(), rows.end(), is_before);
}

}  // namespace

Result<BulkPage> find_bulk(store::Store& store, const store::Generation& generation,
                           const BulkAsk& ask) {
  QUERN_ASSIGN(const std::unordered_set<std::int64_t> wanted, matching(generation, ask));
  QUERN_ASSIGN(std::vector<SortRow> rows, sort_rows(store, ask, wanted));
  sort_bulk(ask, rows);
  BulkPage page;
  page.total = rows.size();
  for (std::uint64_t i = ask.offset; i < rows.size() && page.corpus_ids.size() < ask.n_wanted;
       ++i) {
    page.corpus_ids.push_back(rows[i].corpus_id);
  }
  return page;
}

}  // namespace quern::apps
