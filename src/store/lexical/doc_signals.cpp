#include "store/lexical/doc_signals.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "base/pace.h"
#include "store/lexical/bm25.h"
#include "store/lexical/clause_lists.h"
#include "store/lexical/term_positions.h"

namespace quern::store {
namespace {

double weight_of(const QueryClause& clause) {
  double weight = 0;
  for (const QueryPart& part : clause.parts) weight = std::max(weight, double{part.weight});
  return weight;
}

// Documents come ascending, so each list is read once.
std::optional<double> score_in(ScoredList& list, std::uint32_t doc) {
  list.seek_block(doc);
  return list.block() < list.n_blocks() ? list.find(doc) : std::nullopt;
}

// The sum over a clause's lists; nothing where none has the document.
std::optional<double> score_in(ClauseLists& clause, std::uint32_t doc) {
  std::optional<double> sum;
  for (ScoredList& list : clause.lists) {
    const std::optional<double> score = score_in(list, doc);
    if (score) sum = sum.value_or(0) + *score;
  }
  return sum;
}

double log_length(const LexicalPart& part, std::uint32_t doc) {
  double n_tokens = 0;
  for (const auto& norms : part.norms) n_tokens += length_from_norm(norms[doc]);
  return std::log1p(n_tokens);
}

struct WeighedTerm {
  std::string text;
  float weight = 0;
};

/// Of each field, the heaviest terms that are looked for, alone or in phrases.
std::map<int, std::vector<WeighedTerm>> near_terms(const LexicalQuery& query) {
  std::map<int, std::map<std::string, float>> all;
  for (const QueryClause& clause : query.clauses) {
    if (clause.occur == Occur::kMustNot) continue;
    for (const QueryPart& part : clause.parts) {
      if (part.match == TermMatch::kPrefix) continue;
      const float weight = part.weight / static_cast<float>(part.terms.size());
      for (const std::string& term : part.terms) {
        float& heaviest = all[part.field][term];
        heaviest = std::max(heaviest, weight);
      }
    }
  }
  std::map<int, std::vector<WeighedTerm>> out;
  for (const auto& [field, terms] : all) {
    std::vector<WeighedTerm>& kept = out[field];
    for (const auto& [text, weight] : terms) kept.push_back({text, weight});
    std::stable_sort(kept.begin(), kept.end(), [](const WeighedTerm& a, const WeighedTerm& b) {
      return a.weight > b.weight;
    });
    if (kept.size() > kMaxNearTerms) kept.resize(kMaxNearTerms);
  }
  return out;
}

// The closeness of a field's terms, by how many of them a document has.
Status raise_proximity(const LexicalPart& part, int field, const std::vector<WeighedTerm>& terms,
                       std::span<const std::uint32_t> docs, std::span<DocSignals> out) {
  if (terms.size() < 2) return {};
  std::vector<TermPositions> cursors;
  for (const WeighedTerm& term : terms) {
    QUERN_ASSIGN(const auto info, part.dictionary.find(field, term.text));
    if (!info || info->positions_bytes == 0) continue;
    QUERN_ASSIGN(TermPositions cursor, TermPositions::open(part, *info, term.text));
    cursors.push_back(std::move(cursor));
  }
  std::vector<std::vector<std::uint32_t>> positions;
  for (std::size_t i = 0; i < docs.size(); ++i) {
    if (!Pace::current().go_on()) return {Code::kCancelled, "the search is not wanted any more"};
    positions.clear();
    for (TermPositions& cursor : cursors) {
      QUERN_ASSIGN(const std::uint32_t at, cursor.seek(docs[i]));
      if (at != docs[i]) continue;
      QUERN_TRY(cursor.read(positions.emplace_back()));
    }
    const double share = static_cast<double>(positions.size()) / static_cast<double>(terms.size());
    out[i].proximity = std::max(out[i].proximity, share * closeness(positions));
  }
  return {};
}

}  // namespace

double closeness(std::span<const std::vector<std::uint32_t>> positions) {
  if (positions.size() < 2) return 0;
  for (const auto& term : positions) {
    if (term.empty()) return 0;
  }
  // The hindmost term moves on until one is at its end.
  std::vector<std::size_t> at(positions.size());
  std::uint32_t shortest = ~0u;
  for (;;) {
    std::size_t hindmost = 0;
    std::uint32_t first = ~0u, last = 0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const std::uint32_t place = positions[i][at[i]];
      if (place < first) {
        first = place;
        hindmost = i;
      }
      last = std::max(last, place);
    }
    shortest = std::min(shortest, last - first);
    if (++at[hindmost] == positions[hindmost].size()) break;
  }
  // Several terms at one position (a part of a word beside the whole) are as close as can be.
  const auto n_steps = static_cast<double>(positions.size() - 1);
  return std::min(1.0, n_steps / std::max(1.0, static_cast<double>(shortest)));
}

double best_attainable(const LexicalQuery& query) {
  double sum = 0;
  for (const QueryClause& clause : query.clauses) {
    if (clause.occur == Occur::kMustNot) continue;
    for (const QueryPart& part : clause.parts) sum += part.weight;
  }
  return sum;
}

Result<std::vector<DocSignals>> signals_of(const LexicalPart& part, const LexicalQuery& query,
                                           std::span<const std::uint32_t> docs, Signals wanted) {
  // A question may have no words that are looked for; then there is nothing that was prepared.
  std::vector<ClauseLists> clauses;
  if (!query.clauses.empty()) {
    QUERN_ASSIGN(clauses, open_clauses(part, query));
  }
  std::vector<DocSignals> out(docs.size());
  double whole = 0;
  for (std::size_t c = 0; c < clauses.size(); ++c) {
    const Occur occur = clauses[c].occur;
    const double weight = weight_of(query.clauses[c]);
    if (occur != Occur::kMustNot) whole += weight;
    for (std::size_t i = 0; i < docs.size(); ++i) {
      const std::optional<double> score = score_in(clauses[c], docs[i]);
      if (occur == Occur::kMustNot) {
        out[i].is_excluded = out[i].is_excluded || score.has_value();
        continue;
      }
      out[i].is_excluded = out[i].is_excluded || (occur == Occur::kMust && !score);
      if (!score) continue;
      out[i].score += *score;
      if (wanted == Signals::kAll) out[i].idf_share += weight;
    }
  }
  QUERN_TRY(check_damage(clauses));
  if (wanted == Signals::kScores) return out;
  for (std::size_t i = 0; i < docs.size(); ++i) {
    out[i].idf_share = whole > 0 ? out[i].idf_share / whole : 0;
    out[i].log_length = log_length(part, docs[i]);
  }
  for (const auto& [field, terms] : near_terms(query)) {
    QUERN_TRY(raise_proximity(part, field, terms, docs, out));
  }
  return out;
}

Result<std::vector<std::vector<PartScore>>> parts_of(const LexicalPart& part,
                                                     const LexicalQuery& query,
                                                     std::span<const std::uint32_t> docs) {
  std::vector<std::vector<PartScore>> out(docs.size());
  for (std::size_t c = 0; c < query.clauses.size(); ++c) {
    if (query.clauses[c].occur == Occur::kMustNot) continue;
    for (std::size_t p = 0; p < query.clauses[c].parts.size(); ++p) {
      // A query of this part alone: lists say nothing of where they come from.
      const LexicalQuery alone{.clauses = {{.parts = {query.clauses[c].parts[p]}}},
                               .inverse_norms = query.inverse_norms};
      QUERN_ASSIGN(std::vector<ClauseLists> lists, open_clauses(part, alone));
      for (std::size_t i = 0; i < docs.size(); ++i) {
        const std::optional<double> score = score_in(lists[0], docs[i]);
        if (score) out[i].push_back({.i_clause = c, .i_part = p, .score = *score});
      }
      QUERN_TRY(check_damage(lists));
    }
  }
  return out;
}

}  // namespace quern::store
