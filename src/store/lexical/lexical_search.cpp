#include "store/lexical/lexical_search.h"

#include <algorithm>

#include "store/lexical/best_docs.h"
#include "store/lexical/clause_lists.h"
#include "store/lexical/max_score.h"

namespace quern::store {
namespace {

bool must_match(const ClauseLists& clause) { return clause.occur == Occur::kMust; }

}  // namespace

Result<std::vector<ScoredDoc>> search_exhaustively(const LexicalPart& part,
                                                   const LexicalQuery& query,
                                                   const SearchLimits& limits) {
  QUERN_ASSIGN(std::vector<ClauseLists> clauses, open_clauses(part, query));
  const auto n_must = std::count_if(clauses.begin(), clauses.end(), must_match);
  std::vector<double> scores(part.n_docs);
  std::vector<std::uint16_t> n_required(part.n_docs);  // Clauses that must match and do,
  std::vector<char> is_in(part.n_docs);                // any that should,
  std::vector<char> is_out(part.n_docs);               // and any that must not.
  std::vector<char> has_clause;
  for (ClauseLists& clause : clauses) {
    has_clause.assign(part.n_docs, 0);
    for (ScoredList& list : clause.lists) {
      for (std::uint32_t doc = 0; list.block() < list.n_blocks(); list.seek_block(doc)) {
        const auto docs = list.docs();
        const auto parts = list.scores();
        for (std::size_t i = 0; i < docs.size(); ++i) {
          has_clause[docs[i]] = 1;
          if (clause.occur != Occur::kMustNot) scores[docs[i]] += parts[i];
        }
        doc = list.last_doc(list.block()) + 1;
      }
    }
    for (std::uint32_t doc = 0; doc < part.n_docs; ++doc) {
      if (has_clause[doc] == 0) continue;
      if (clause.occur == Occur::kMust) ++n_required[doc];
      if (clause.occur == Occur::kShould) is_in[doc] = 1;
      if (clause.occur == Occur::kMustNot) is_out[doc] = 1;
    }
  }
  QUERN_TRY(check_damage(clauses));

  BestDocs best(limits.n_wanted, limits.min_score);
  for (std::uint32_t doc = 0; doc < part.n_docs; ++doc) {
    const bool is_match = n_must > 0 ? n_required[doc] == n_must : is_in[doc] != 0;
    const bool is_allowed =
        limits.allowed.empty() || (limits.allowed[doc / 64] >> doc % 64 & 1) != 0;
    if (is_match && is_out[doc] == 0 && is_allowed) best.add({scores[doc], doc});
  }
  return std::move(best).take();
}

Result<std::vector<ScoredDoc>> search_part(const LexicalPart& part, const LexicalQuery& query,
                                           const SearchLimits& limits) {
  QUERN_ASSIGN(std::vector<ClauseLists> clauses, open_clauses(part, query));
  BestDocs best(limits.n_wanted, limits.min_score);
  if (limits.n_wanted == 0) return std::move(best).take();
  if (std::any_of(clauses.begin(), clauses.end(), must_match)) {
    search_all(clauses, part.n_docs, limits, best);
  } else {
    search_any(clauses, part.n_docs, limits, best);
  }
  QUERN_TRY(check_damage(clauses));
  return std::move(best).take();
}

}  // namespace quern::store
