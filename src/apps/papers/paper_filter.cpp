#include "apps/papers/paper_filter.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/papers/paper_identity.h"
#include "apps/papers/paper_schema.h"
#include "apps/papers/paper_tables.h"
#include "base/edit_distance.h"
#include "store/attribute_counts.h"
#include "text/analysis/case_fold.h"

namespace quern::apps {
namespace {

constexpr std::int64_t kFilterDaySeconds = 86'400;
constexpr std::size_t kMaxFilterIds = 1'000;
constexpr std::size_t kMaxFilterValues = 200;

store::Filter text_is(const char* name, std::string text) {
  return {.op = store::FilterOp::kText,
          .parts = {},
          .name = name,
          .text = std::move(text),
          .range = {}};
}

store::Filter range_is(const char* name, std::int64_t low, std::int64_t high) {
  return {.op = store::FilterOp::kRange,
          .parts = {},
          .name = name,
          .text = {},
          .range = {.low = low, .high = high}};
}

store::Filter all_or_any(store::FilterOp op, std::vector<store::Filter> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  return {.op = op, .parts = std::move(parts), .name = {}, .text = {}, .range = {}};
}

Status add_values(const char* name, const std::vector<std::string>& values,
                  std::vector<store::Filter>& out) {
  if (values.empty()) return {};
  if (values.size() > kMaxFilterValues) {
    return {Code::kTooLarge,
            fmt::format("{} values of {}, at most {}", values.size(), name, kMaxFilterValues)};
  }
  std::vector<store::Filter> any;
  for (const std::string& value : values) {
    std::string folded;
    text::append_folded(value, folded);
    any.push_back(text_is(name, std::move(folded)));
  }
  out.push_back(all_or_any(store::FilterOp::kOr, std::move(any)));
  return {};
}

Status add_ids(const std::vector<std::int64_t>& ids, std::vector<store::Filter>& out) {
  if (ids.empty()) return {};
  if (ids.size() > kMaxFilterIds) {
    return {Code::kTooLarge,
            fmt::format("{} papers to look in, at most {}", ids.size(), kMaxFilterIds)};
  }
  std::vector<store::Filter> any;
  for (const std::int64_t id : ids) {
    any.push_back({.op = store::FilterOp::kKeyPrefix,
                   .parts = {},
                   .name = {},
                   .text = paper_key(id),
                   .range = {}});
  }
  out.push_back(all_or_any(store::FilterOp::kOr, std::move(any)));
  return {};
}

/// False where nobody has such a name.
Result<bool> add_authors(const std::vector<std::string>& wanted,
                         const store::Generation& generation, std::vector<store::Filter>& out) {
  if (wanted.empty()) return true;
  QUERN_ASSIGN(const std::vector<store::ValueCount> names,
               store::count_values(generation, "author"));
  for (const std::string& one : wanted) {
    std::vector<store::Filter> any;
    for (const store::ValueCount& name : names) {
      if (is_like_author(one, name.text)) any.push_back(text_is("author", name.text));
    }
    if (any.empty()) return false;
    if (any.size() > kMaxAuthorNames) {
      return {Code::kBadInput, fmt::format("author '{}' may be any of {} names: say more of it",
                                           one.substr(0, 100), any.size())};
    }
    out.push_back(all_or_any(store::FilterOp::kOr, std::move(any)));
  }
  return true;
}

int most_edits(std::string_view word) {
  if (word.size() <= 2) return 0;
  return word.size() <= 5 ? 1 : 2;
}

bool is_like_word(std::string_view wanted, std::string_view word) {
  if (wanted == word) return true;
  if (wanted.size() == 1 || word.size() == 1) return wanted[0] == word[0];
  const int most = most_edits(wanted);
  const std::size_t apart =
      wanted.size() > word.size() ? wanted.size() - word.size() : word.size() - wanted.size();
  return apart <= static_cast<std::size_t>(most) && edit_distance(wanted, word) <= most;
}

}  // namespace

bool is_like_author(std::string_view wanted, std::string_view name) {
  const std::string wanted_key = title_key(wanted), name_key = title_key(name);
  const std::vector<std::string_view> words = words_of_key(name_key);
  bool is_any = false;
  for (const std::string_view one : words_of_key(wanted_key)) {
    is_any = true;
    if (std::none_of(words.begin(), words.end(),
                     [&](std::string_view word) { return is_like_word(one, word); })) {
      return false;
    }
  }
  return is_any;
}

Result<std::optional<store::Filter>> store_filter_of(const PaperFilter& wanted, const char* kind,
                                                     const store::Generation& generation) {
  std::vector<store::Filter> all = {text_is("kind", kind)};
  if (wanted.published) {
    // Days may be the least and the greatest number there is.
    const auto seconds = [](std::int64_t day) {
      constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kFilterDaySeconds;
      return std::clamp(day, -kMost, kMost) * kFilterDaySeconds;
    };
    all.push_back(
        range_is("published", seconds(wanted.published->first), seconds(wanted.published->last)));
  }
  if (wanted.added_before_day) {
    all.push_back(range_is("added", std::numeric_limits<std::int64_t>::min(),
                           *wanted.added_before_day * kFilterDaySeconds - 1));
  }
  if (wanted.is_open_access) all.push_back(range_is("open", 1, 1));
  QUERN_TRY(add_values("venue", wanted.venues, all));
  QUERN_TRY(add_values("field", wanted.fields_of_study, all));
  QUERN_TRY(add_values("type", wanted.publication_types, all));
  QUERN_TRY(add_ids(wanted.corpus_ids, all));
  QUERN_ASSIGN(const bool has_authors, add_authors(wanted.authors, generation, all));
  if (!has_authors) return std::optional<store::Filter>();
  return std::optional(all_or_any(store::FilterOp::kAnd, std::move(all)));
}

Result<std::unordered_set<std::int64_t>> papers_with_citations(store::Store& store,
                                                               std::int64_t at_least) {
  std::unordered_set<std::int64_t> out;
  QUERN_TRY(store.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(const bool is_there, has_paper_tables(sql));
    if (!is_there) return {};
    QUERN_ASSIGN(SqlStatement rows, sql.prepare("SELECT corpus_id FROM papers_paper WHERE "
                                                "max(n_citations, n_cited) >= ?"));
    rows.bind(1, at_least);
    while (true) {
      QUERN_ASSIGN(const bool is_row, rows.step());
      if (!is_row) return {};
      out.insert(rows.number(0));
    }
  }));
  return out;
}

}  // namespace quern::apps
