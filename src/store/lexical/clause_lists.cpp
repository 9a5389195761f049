#include "store/lexical/clause_lists.h"

#include "base/check.h"
#include "store/lexical/phrase.h"

namespace quern::store {
namespace {

Status open_part(const LexicalPart& part, const QueryPart& wanted,
                 const InverseNorms& inverse_norms, std::vector<ScoredList>& out) {
  if (wanted.match == TermMatch::kTerm) {
    QUERN_ASSIGN(const auto info, part.dictionary.find(wanted.field, wanted.terms[0]));
    if (!info) return {};
    QUERN_ASSIGN(ScoredList list,
                 ScoredList::of_term(part, wanted.field, *info, wanted.weight, inverse_norms)
                     .in("term '" + wanted.terms[0] + "'"));
    out.push_back(std::move(list));
    return {};
  }
  QUERN_ASSIGN(std::vector<ScoredDoc> docs, wanted.match == TermMatch::kPhrase
                                                ? find_phrase(part, wanted, inverse_norms)
                                                : find_prefix(part, wanted));
  if (!docs.empty()) out.push_back(ScoredList::of_docs(std::move(docs)));
  return {};
}

}  // namespace

std::uint64_t ClauseLists::df() const {
  std::uint64_t df = 0;
  for (const ScoredList& list : lists) df += list.df();
  return df;
}

Status check_damage(std::span<const ClauseLists> clauses) {
  for (const ClauseLists& clause : clauses) {
    for (const ScoredList& list : clause.lists) {
      if (list.is_damaged()) return {Code::kBadInput, "damaged postings"};
    }
  }
  return {};
}

Result<std::vector<ClauseLists>> open_clauses(const LexicalPart& part, const LexicalQuery& query) {
  QUERN_CHECK(query.inverse_norms.size() == part.norms.size());
  std::vector<ClauseLists> clauses;
  for (const QueryClause& clause : query.clauses) {
    ClauseLists& opened = clauses.emplace_back();
    opened.occur = clause.occur;
    for (const QueryPart& wanted : clause.parts) {
      QUERN_TRY(open_part(part, wanted, query.inverse_norms[static_cast<std::size_t>(wanted.field)],
                          opened.lists));
    }
  }
  return clauses;
}

}  // namespace quern::store
