#include "store/lexical/max_score.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "store/lexical/doc_window.h"

namespace quern::store {
namespace {

/// A list in the current window.
struct Ranked {
  ScoredList* list;
  double bound;
};

std::vector<ScoredList*> lists_of(std::span<ClauseLists> clauses, Occur occur) {
  std::vector<ScoredList*> lists;
  for (ClauseLists& clause : clauses) {
    if (clause.occur != occur) continue;
    for (ScoredList& list : clause.lists) lists.push_back(&list);
  }
  return lists;
}

// What is still in the window has its full score.
void collect(DocWindow& window, std::span<ClauseLists> clauses, BestDocs& best) {
  for (ClauseLists& clause : clauses) {
    if (clause.occur == Occur::kMustNot && window.n() > 0) {
      window.keep(clause.lists, DocWindow::Keep::kOthers);
    }
  }
  for (std::uint32_t i = 0; i < window.n(); ++i) best.add(window.at(i));
}

/// Windowed block-max MAXSCORE over some of a query's lists.
class AnySearch {
 public:
  AnySearch(std::span<ScoredList* const> lists, std::span<ClauseLists> clauses,
            std::uint32_t n_docs, BestDocs& best, DocWindow& window)
      : clauses_(clauses), n_docs_(n_docs), best_(best), window_(window) {
    for (ScoredList* list : lists) ranked_.push_back({list, 0});
    others_.resize(ranked_.size());
    lead_.resize(ranked_.size());
  }

  void run() {
    for (std::uint32_t begin = 0; begin < n_docs_;) {
      const std::uint32_t end = std::min(begin + kWindowDocs, n_docs_);
      begin = score_window(begin, end);
    }
  }

 private:
  // Where to go on.
  std::uint32_t score_window(std::uint32_t begin, std::uint32_t end) {
    double total = 0;
    std::uint32_t same_until = n_docs_;  // Up to here no list comes to another block.
    for (Ranked& r : ranked_) {
      r.list->seek_block(begin);
      r.bound = r.list->bound_within(end);
      total += r.bound;
      if (r.list->block() < r.list->n_blocks()) {
        same_until = std::min(same_until, r.list->last_doc(r.list->block()) + 1);
      }
    }
    const double bar = best_.bar();
    if (total < bar) return std::max(end, same_until);

    // The least bounds first: as many as together stay below the bar do not lead.
    std::sort(ranked_.begin(), ranked_.end(),
              [](const Ranked& a, const Ranked& b) { return a.bound < b.bound; });
    double rest = 0;
    std::size_t n_follow = 0;
    while (n_follow + 1 < ranked_.size() && rest + ranked_[n_follow].bound < bar) {
      rest += ranked_[n_follow++].bound;
    }
    const std::size_t n_lead = ranked_.size() - n_follow;
    for (std::size_t i = 0; i < n_lead; ++i) {
      lead_[i] = ranked_[n_follow + i].list;
      others_[i] = total - ranked_[n_follow + i].bound;
    }
    window_.gather(std::span(lead_).first(n_lead), std::span(others_).first(n_lead), begin, end,
                   rest, bar);
    while (n_follow > 0 && window_.n() > 0) {
      const Ranked& next = ranked_[--n_follow];
      rest -= next.bound;
      window_.complete(*next.list, rest, bar);
    }
    collect(window_, clauses_, best_);
    return end;
  }

  std::span<ClauseLists> clauses_;
  std::uint32_t n_docs_;
  BestDocs& best_;
  DocWindow& window_;
  std::vector<Ranked> ranked_;
  std::vector<ScoredList*> lead_;
  std::vector<double> others_;
};

// Lists with so small a part of all postings are searched alone at first.
constexpr std::uint64_t kScoutShare = 8;

/// What the search of one query's optional clauses shares with its scouts.
struct AnyQuery {
  std::span<ClauseLists> clauses;
  std::uint32_t n_docs;
  const SearchLimits& limits;
  bool has_exclusions;  // The best documents of a list may be just those that are left out.
  DocWindow& window;

  void rewind(std::span<ScoredList* const> lists) const {
    for (ScoredList* list : lists) list->rewind();
    for (ClauseLists& clause : clauses) {
      if (clause.occur != Occur::kMustNot) continue;
      for (ScoredList& list : clause.lists) list.rewind();
    }
  }
};

void search_lists(const AnyQuery& query, std::span<ScoredList* const> lists, BestDocs& best);

// The best documents of the rarest lists are mostly among the best of all. What the worst of them
// scores with all lists, as many documents have at least. `lists` ascend by df.
double scout(const AnyQuery& query, std::span<ScoredList* const> lists) {
  const std::uint32_t n_wanted = query.limits.n_wanted;
  std::uint64_t all = 0;
  for (const ScoredList* list : lists) all += list->df();
  std::size_t n_rare = 0;
  std::uint64_t rare = 0;
  while (n_rare < lists.size() && (rare + lists[n_rare]->df()) * kScoutShare <= all) {
    rare += lists[n_rare++]->df();
  }
  if (rare < n_wanted || n_wanted > kWindowDocs) return 0;
  BestDocs of_rare(n_wanted, 0);
  search_lists(query, lists.first(n_rare), of_rare);
  query.rewind(lists.first(n_rare));
  std::vector<ScoredDoc> found = std::move(of_rare).take();
  if (found.size() < n_wanted) return 0;

  std::sort(found.begin(), found.end(),
            [](const ScoredDoc& a, const ScoredDoc& b) { return a.doc < b.doc; });
  query.window.set(found);
  for (ScoredList* list : lists.subspan(n_rare)) query.window.complete(*list, 0, 0);
  double least = query.window.at(0).score;
  for (std::uint32_t i = 1; i < query.window.n(); ++i) {
    least = std::min(least, query.window.at(i).score);
  }
  query.rewind(lists.subspan(n_rare));
  return least;
}

void search_lists(const AnyQuery& query, std::span<ScoredList* const> lists, BestDocs& best) {
  if (!query.has_exclusions) {
    double floor = 0;
    for (ScoredList* list : lists) {
      if (list->max_bound() > floor) {
        floor = std::max(floor, list->floor_of_best(query.limits.n_wanted));
      }
    }
    best.raise_bar(floor);
  }
  best.raise_bar(scout(query, lists));
  AnySearch(lists, query.clauses, query.n_docs, best, query.window).run();
}

bool has_any(std::span<ClauseLists> clauses, Occur occur) {
  return std::any_of(clauses.begin(), clauses.end(), [&](const ClauseLists& clause) {
    return clause.occur == occur && !clause.lists.empty();
  });
}

}  // namespace

void search_any(std::span<ClauseLists> clauses, std::uint32_t n_docs, const SearchLimits& limits,
                BestDocs& best) {
  std::vector<ScoredList*> lists = lists_of(clauses, Occur::kShould);
  std::stable_sort(lists.begin(), lists.end(),
                   [](const ScoredList* a, const ScoredList* b) { return a->df() < b->df(); });
  const auto window = std::make_unique<DocWindow>(limits.allowed);
  search_lists({.clauses = clauses,
                .n_docs = n_docs,
                .limits = limits,
                .has_exclusions = !limits.allowed.empty() || has_any(clauses, Occur::kMustNot),
                .window = *window},
               lists, best);
}

void search_all(std::span<ClauseLists> clauses, std::uint32_t n_docs, const SearchLimits& limits,
                BestDocs& best) {
  std::vector<ClauseLists*> must;
  for (ClauseLists& clause : clauses) {
    if (clause.occur == Occur::kMust) must.push_back(&clause);
  }
  std::sort(must.begin(), must.end(),
            [](const ClauseLists* a, const ClauseLists* b) { return a->df() < b->df(); });
  if (must[0]->lists.empty()) return;
  std::vector<ScoredList*> lead;
  for (ScoredList& list : must[0]->lists) lead.push_back(&list);
  const std::vector<ScoredList*> should = lists_of(clauses, Occur::kShould);

  const auto window = std::make_unique<DocWindow>(limits.allowed);
  std::vector<double> others(lead.size());
  std::vector<double> should_bounds(should.size());
  for (std::uint32_t begin = 0; begin < n_docs;) {
    const std::uint32_t end = std::min(begin + kWindowDocs, n_docs);
    const auto bound_of = [&](ScoredList& list) {
      list.seek_block(begin);
      return list.bound_within(end);
    };
    double rest = 0;
    for (std::size_t i = 0; i < should.size(); ++i) {
      rest += should_bounds[i] = bound_of(*should[i]);
    }
    double total = rest;
    for (std::size_t i = 1; i < must.size(); ++i) {
      for (ScoredList& list : must[i]->lists) total += bound_of(list);
    }
    const double followers = total;
    for (std::size_t i = 0; i < lead.size(); ++i) total += others[i] = bound_of(*lead[i]);
    for (double& other : others) other = total - other;

    const double bar = best.bar();
    if (total >= bar) {
      window->gather(lead, others, begin, end, followers, bar);
      for (std::size_t i = 1; i < must.size() && window->n() > 0; ++i) {
        window->keep(must[i]->lists, DocWindow::Keep::kMatching);
      }
      for (std::size_t i = 0; i < should.size() && window->n() > 0; ++i) {
        rest -= should_bounds[i];
        window->complete(*should[i], rest, bar);
      }
      collect(*window, clauses, best);
    }
    begin = end;
  }
}

}  // namespace quern::store
