#include "store/lexical/lexical_query.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "store/lexical/dictionary.h"

namespace quern::store {
namespace {

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

Status check_part(const QueryPart& part, std::size_t n_fields) {
  if (part.field < 0 || static_cast<std::size_t>(part.field) >= n_fields) {
    return bad(fmt::format("field {}, want one of {}", part.field, n_fields));
  }
  if (!(part.boost > 0) || part.boost > kMaxBoost) {
    return bad(fmt::format("a boost of {}, want above 0 and at most {}", part.boost, kMaxBoost));
  }
  const bool is_phrase = part.match == TermMatch::kPhrase;
  if (is_phrase ? part.terms.empty() : part.terms.size() != 1) {
    return bad(fmt::format("{} terms, want {}", part.terms.size(), is_phrase ? "some" : "one"));
  }
  if (is_phrase && (part.offsets.size() != part.terms.size() ||
                    !std::is_sorted(part.offsets.begin(), part.offsets.end()))) {
    return bad("offsets of a phrase that do not ascend with its terms");
  }
  return {};
}

// Terms that a document should have and that come twice weigh their sum, as in Lucene.
void join_repeated(std::vector<QueryClause>& clauses) {
  const auto is_plain = [](const QueryClause& c) {
    return c.occur == Occur::kShould && c.parts.size() == 1 && c.parts[0].match == TermMatch::kTerm;
  };
  std::stable_sort(clauses.begin(), clauses.end(), [&](const QueryClause& a, const QueryClause& b) {
    if (is_plain(a) != is_plain(b)) return is_plain(a);
    if (!is_plain(a)) return false;
    return std::tie(a.parts[0].field, a.parts[0].terms[0]) <
           std::tie(b.parts[0].field, b.parts[0].terms[0]);
  });
  std::vector<QueryClause> out;
  for (QueryClause& clause : clauses) {
    if (!out.empty() && is_plain(out.back()) && is_plain(clause) &&
        out.back().parts[0].field == clause.parts[0].field &&
        out.back().parts[0].terms == clause.parts[0].terms) {
      out.back().parts[0].boost += clause.parts[0].boost;
    } else {
      out.push_back(std::move(clause));
    }
  }
  clauses = std::move(out);
}

Result<float> weight_of(const QueryPart& part, const FieldStats& stats, const LiveDf& live_df) {
  if (part.match == TermMatch::kPrefix) return part.boost;
  double idf = 0;
  for (const std::string& term : part.terms) {
    if (term.size() > kMaxTermBytes) return bad(fmt::format("a term of {} bytes", term.size()));
    QUERN_ASSIGN(const std::int64_t df, live_df(part.field, term));
    idf += bm25_idf(stats.n_docs, df);
  }
  return part.boost * static_cast<float>(idf);
}

}  // namespace

Status prepare(const Bm25Parameters& parameters, std::span<const FieldStats> fields,
               const LiveDf& live_df, LexicalQuery& query) {
  bool has_positive = false;
  for (const QueryClause& clause : query.clauses) {
    has_positive = has_positive || clause.occur != Occur::kMustNot;
    if (clause.parts.empty()) return bad("a clause of no parts");
    for (const QueryPart& part : clause.parts) QUERN_TRY(check_part(part, fields.size()));
  }
  if (!has_positive) return bad("a query that looks for nothing");
  join_repeated(query.clauses);
  std::size_t n_terms = 0;
  int n_found = 0;
  double boosts = 0;
  for (const QueryClause& clause : query.clauses) {
    for (const QueryPart& part : clause.parts) {
      n_terms += part.terms.size();
      n_found += part.match == TermMatch::kTerm ? 0 : 1;
      boosts += static_cast<double>(part.boost) * static_cast<double>(part.terms.size());
    }
  }
  if (n_terms > kMaxQueryTerms) {
    return {Code::kTooLarge,
            fmt::format("a query of {} terms, at most {}", n_terms, kMaxQueryTerms)};
  }
  if (n_found > kMaxFoundParts) {
    return {Code::kTooLarge,
            fmt::format("a query of {} phrases and prefixes, in all fields together, at most {}",
                        n_found, kMaxFoundParts)};
  }
  if (boosts > kMaxBoosts) {
    return {Code::kTooLarge,
            fmt::format("terms that are boosted by {} together, at most {}", boosts, kMaxBoosts)};
  }
  for (QueryClause& clause : query.clauses) {
    for (QueryPart& part : clause.parts) {
      const FieldStats& stats = fields[static_cast<std::size_t>(part.field)];
      QUERN_ASSIGN(part.weight, weight_of(part, stats, live_df));
    }
  }
  query.inverse_norms.clear();
  for (const FieldStats& stats : fields) {
    query.inverse_norms.push_back(inverse_norms(parameters, stats));
  }
  return {};
}

}  // namespace quern::store
