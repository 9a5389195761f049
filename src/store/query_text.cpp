#include "store/query_text.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/utf8.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kMaxSlop = 1000;

/// A word or a phrase of the text, without its signs.
struct Item {
  Occur occur = Occur::kShould;
  TermMatch match = TermMatch::kTerm;
  std::string_view text;
  std::uint32_t slop = 0;
};

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Cuts a text into items.
class ItemReader {
 public:
  explicit ItemReader(std::string_view text) : rest_(text) {}

  /// False at the end. Errors: kBadInput for a slop.
  Result<bool> next(Item& item) {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    item = {};
    if (rest_.size() > 1 && !is_blank(rest_[1]) && (rest_[0] == '+' || rest_[0] == '-')) {
      item.occur = rest_[0] == '+' ? Occur::kMust : Occur::kMustNot;
      rest_.remove_prefix(1);
    }
    if (rest_.front() == '"') {
      QUERN_TRY(read_phrase(item));
      return true;
    }
    std::size_t end = 0;
    while (end < rest_.size() && !is_blank(rest_[end])) ++end;
    item.text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (item.text.size() > 1 && item.text.back() == '*') {
      item.match = TermMatch::kPrefix;
      item.text.remove_suffix(1);
    }
    return true;
  }

 private:
  // One that is not closed goes on to the end.
  Status read_phrase(Item& item) {
    rest_.remove_prefix(1);
    const std::size_t end = std::min(rest_.find('"'), rest_.size());
    item.match = TermMatch::kPhrase;
    item.text = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (rest_.empty() || rest_.front() != '~') return {};
    const char* const last = rest_.data() + rest_.size();
    const auto [after, error] = std::from_chars(rest_.data() + 1, last, item.slop);
    if (error != std::errc() || item.slop > kMaxSlop) {
      return {Code::kBadInput, fmt::format("behind \"{}\"~: want a number up to {}",
                                           item.text.substr(0, 40), kMaxSlop)};
    }
    rest_.remove_prefix(static_cast<std::size_t>(after - rest_.data()));
    return {};
  }

  std::string_view rest_;
};

struct FoundTerm {
  std::string text;
  std::uint32_t position;
  bool is_overlap;
};

std::vector<FoundTerm> terms_of(text::Analyzer& analyzer, std::string_view text) {
  std::vector<FoundTerm> terms;
  analyzer.analyze(text, [&](const text::Term& term) {
    terms.push_back({std::string(term.text), term.position, term.is_overlap});
  });
  return terms;
}

// Terms of a code analyzer's identifier overlap: its parts say where it is, too.
QueryPart phrase_of(const std::vector<FoundTerm>& terms) {
  QueryPart part = {.match = TermMatch::kPhrase};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (i + 1 < terms.size() && terms[i + 1].is_overlap) continue;
    part.terms.push_back(terms[i].text);
    part.offsets.push_back(terms[i].position - terms.front().position);
  }
  return part;
}

void add_words(const std::vector<FoundTerm>& terms, int field, float boost, LexicalQuery& query) {
  for (const FoundTerm& term : terms) {
    query.clauses.push_back({.parts = {{.field = field, .terms = {term.text}, .boost = boost}}});
  }
}

bool is_asked(const TextField& field) { return field.boost > 0; }

// An item as one clause of all fields.
Result<QueryClause> clause_of(const Item& item, const Schema& schema,
                              std::span<text::Analyzer> analyzers) {
  QueryClause clause = {.occur = item.occur};
  for (std::size_t field = 0; field < schema.fields.size(); ++field) {
    if (!is_asked(schema.fields[field])) continue;
    QueryPart part;
    if (item.match == TermMatch::kPrefix) {
      // The beginning of a word has no stem: only its case is the field's.
      text::Analyzer simple("standard");
      const auto terms = terms_of(simple, item.text);
      if (terms.size() != 1) {
        return Status(Code::kBadInput,
                      fmt::format("'{}*': want one word before the *", item.text.substr(0, 40)));
      }
      part = {.match = TermMatch::kPrefix, .terms = {terms[0].text}};
    } else {
      const auto terms = terms_of(analyzers[field], item.text);
      if (terms.empty()) continue;
      part = phrase_of(terms);
      part.slop = item.slop;
      if (part.terms.size() == 1) {
        part = {.terms = {std::move(part.terms[0])}};
      } else if (schema.fields[field].positions == Positions::kNo) {
        return Status(Code::kBadInput,
                      fmt::format("field '{}' keeps no positions: no phrases in it",
                                  schema.fields[field].name));
      }
    }
    part.field = static_cast<int>(field);
    part.boost = schema.fields[field].boost;
    clause.parts.push_back(std::move(part));
  }
  return clause;
}

}  // namespace

Result<LexicalQuery> query_from_text(std::string_view text, const Schema& schema,
                                     std::span<text::Analyzer> analyzers, QuerySyntax syntax) {
  QUERN_CHECK(analyzers.size() == schema.fields.size());
  if (text.size() > kMaxQueryBytes) {
    return Status(Code::kTooLarge,
                  fmt::format("a question of {} bytes, at most {}", text.size(), kMaxQueryBytes));
  }
  LexicalQuery query;
  const auto add_plain = [&](std::string_view words) {
    for (std::size_t field = 0; field < analyzers.size(); ++field) {
      if (!is_asked(schema.fields[field])) continue;
      add_words(terms_of(analyzers[field], words), static_cast<int>(field),
                schema.fields[field].boost, query);
    }
  };
  if (syntax == QuerySyntax::kPlain) {
    add_plain(text);
    return query;
  }
  ItemReader items(text);
  Item item;
  while (true) {
    QUERN_ASSIGN(const bool is_one, items.next(item));
    if (!is_one) return query;
    if (item.match == TermMatch::kTerm && item.occur == Occur::kShould) {
      add_plain(item.text);
      continue;
    }
    QUERN_ASSIGN(QueryClause clause, clause_of(item, schema, analyzers));
    if (!clause.parts.empty()) query.clauses.push_back(std::move(clause));
  }
}

}  // namespace quern::store
