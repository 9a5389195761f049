#include "apps/papers/paper_search.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/paper_documents.h"
#include "apps/papers/paper_filter.h"
#include "apps/papers/paper_schema.h"
#include "base/elapsed.h"
#include "base/utf8.h"
#include "store/stored_texts.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// The vectors' weight, chosen on citation sentences and the papers that they cite (docs/papers.md).
constexpr double kPaperAlpha = 0.2;
constexpr double kPassageAlpha = 0.5;

// Pages up to here are ranked together.
constexpr std::uint32_t kFirstPapers = 200;

// Where another order than that of relevance is wanted, so many are put into it.
constexpr std::size_t kSortedPapers = 100;

store::FusionChoice fusion_of(const PaperAsk& ask, double alpha) {
  return {.spec = {.alpha = ask.alpha.value_or(alpha)}, .fitted = {}};
}

Ask ask_of(const PaperAsk& wanted, double alpha) {
  Ask ask;
  ask.text = wanted.text;
  ask.mode = wanted.mode;
  ask.deadline = wanted.deadline;
  ask.fusion = fusion_of(wanted, alpha);
  ask.give = store::Give::kKeysOnly;
  return ask;
}

Result<std::string> field_of(const store::Generation& generation, const std::string& key,
                             int field) {
  QUERN_ASSIGN(store::StoredDocument document, store::document_of(generation.segments(), key));
  return std::move(document.fields[static_cast<std::size_t>(field)]);
}

}  // namespace

Result<PaperSnippet> snippet_of_key(const store::Generation& generation, const std::string& key) {
  QUERN_ASSIGN(const store::StoredDocument document,
               store::document_of(generation.segments(), key));
  QUERN_ASSIGN(StoredPaperPassage passage,
               passage_from_stored_paper(document.fields[kPassageField], document.stored));
  PaperSnippet out;
  QUERN_ASSIGN(out.corpus_id, corpus_id_of_key(key));
  out.kind = passage.kind;
  out.section = std::move(passage.heading);
  out.bytes = passage.bytes;
  out.begin = passage.begin;
  out.end = passage.begin + count_chars(passage.text);
  out.sentences = text::sentences_of(passage.text);
  out.text = std::move(passage.text);
  return out;
}

Result<std::unique_ptr<PaperSearcher>> PaperSearcher::create(store::Store& store, ThreadPool& pool,
                                                             engine::Engine* engine) {
  store::Schema titles = paper_search_schema();
  for (std::size_t i = 0; i < titles.fields.size(); ++i) {
    titles.fields[i].boost = i == kTitleField ? 1.0f : 0.0f;
  }
  QUERN_ASSIGN(Retriever papers, Retriever::create(paper_search_schema(), pool, engine));
  QUERN_ASSIGN(Retriever passages, Retriever::create(passage_search_schema(), pool, engine));
  QUERN_ASSIGN(Retriever by_titles, Retriever::create(titles, pool, engine));
  return std::unique_ptr<PaperSearcher>(new PaperSearcher(
      store, engine, std::move(papers), std::move(passages), std::move(by_titles)));
}

// Where vectors answer, each paper has some likeness: all that the filter lets pass are found, and
// only as many are ranked as are wanted. The first kFirstPapers are ranked among themselves,
// however many are wanted, so that pages fit together.
Result<std::vector<PaperHit>> PaperSearcher::find(const store::Snapshot& snapshot,
                                                  const PaperAsk& wanted, PaperHits& out,
                                                  std::vector<float>& vector) {
  std::vector<PaperHit> hits;
  QUERN_ASSIGN(const std::optional<store::Filter> filter,
               store_filter_of(wanted.filter, kPaperKind, *snapshot));
  if (!filter) {
    out.why_empty = "no paper passes the filter";
    return hits;
  }
  std::unordered_set<std::int64_t> cited;
  if (wanted.filter.min_citations > 0) {
    QUERN_ASSIGN(cited, papers_with_citations(store_, wanted.filter.min_citations));
  }
  Ask ask = ask_of(wanted, kPaperAlpha);
  ask.filter = filter;
  std::unordered_set<std::int64_t> seen;
  std::uint32_t n_looked_at = 0;
  const auto look = [&](std::uint32_t n) -> Status {
    ask.n_wanted = n;
    ask.window = n;
    ask.vector = vector;
    QUERN_ASSIGN(Retrieved found, papers_.retrieve(snapshot, ask));
    out.timings.vector_ms += found.timings.vector_ms;
    out.timings.search_ms += found.timings.search_ms;
    out.why_empty = std::move(found.found.why_empty);
    out.why_one_side = std::move(found.found.why_one_side);
    vector = std::move(found.vector);
    n_looked_at = static_cast<std::uint32_t>(found.hits.size());
    for (const RetrievedHit& one : found.hits) {
      PaperHit hit;
      QUERN_ASSIGN(hit.corpus_id, corpus_id_of_key(one.found.hit.key));
      hit.score = one.found.hit.score;
      if (wanted.filter.min_citations > 0 && !cited.contains(hit.corpus_id)) continue;
      if (hits.size() < kMaxPaperHits && seen.insert(hit.corpus_id).second) {
        hits.push_back(std::move(hit));
      }
    }
    return {};
  };
  QUERN_ASSIGN(const std::uint64_t n_alike, n_answered_by_vectors(*snapshot, wanted, *filter));
  if (n_alike > kFirstPapers) QUERN_TRY(look(kFirstPapers));
  if (n_alike > kFirstPapers && n_needed(wanted) <= hits.size()) {
    out.total = std::min<std::uint64_t>(n_alike, kMaxPaperHits);
    return hits;
  }
  QUERN_TRY(look(kMaxPaperHits));
  // Where few of the best are cited often enough, more are looked at.
  if (wanted.filter.min_citations > 0 && n_looked_at == kMaxPaperHits &&
      hits.size() < kMaxPaperHits) {
    QUERN_TRY(look(store::kMaxHits));
  }
  if (hits.empty() && out.why_empty.empty()) {
    out.why_empty =
        fmt::format("no paper that was found has {} citations", wanted.filter.min_citations);
  }
  out.total = hits.size();
  return hits;
}

std::size_t PaperSearcher::n_needed(const PaperAsk& ask) {
  std::size_t n = std::size_t{ask.offset} + ask.n_wanted;
  if (ask.order != PaperOrder::kRelevance) n = std::max(n, kSortedPapers);
  return ask.rerank ? std::max(n, ask.rerank->n) : n;
}

/// Papers that a search by vectors has an answer for; 0 where words alone are asked, or who answers
/// is known only when they were looked at.
Result<std::uint64_t> PaperSearcher::n_answered_by_vectors(const store::Generation& generation,
                                                           const PaperAsk& ask,
                                                           const store::Filter& filter) const {
  const store::SpaceRow* space = generation.active_space();
  const bool by_vectors = space != nullptr && engine_ != nullptr &&
                          ask.mode.value_or(store::Mode::kHybrid) != store::Mode::kLexical;
  if (!by_vectors || ask.filter.min_citations > 0 || generation.n_missing(space->id) > 0) {
    return std::uint64_t{0};
  }
  QUERN_ASSIGN(const auto allowed, generation.allowed(filter));
  std::uint64_t n = 0;
  for (const store::Bitmap& docs : *allowed) n += docs.count();
  return n;
}

Status PaperSearcher::put_in_order(const PaperAsk& ask, std::vector<PaperHit>& hits) {
  if (ask.order == PaperOrder::kRelevance) return {};
  const std::size_t n =
      std::min(hits.size(), std::max<std::size_t>(kSortedPapers, ask.offset + ask.n_wanted));
  std::unordered_map<std::int64_t, std::int64_t> by;
  QUERN_TRY(store_.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(SqlStatement row,
                 sql.prepare(ask.order == PaperOrder::kDate
                                 ? "SELECT day FROM papers_paper WHERE corpus_id = ?"
                                 : "SELECT max(n_citations, n_cited) FROM papers_paper "
                                   "WHERE corpus_id = ?"));
    for (std::size_t i = 0; i < n; ++i) {
      row.reset();
      row.bind(1, hits[i].corpus_id);
      QUERN_ASSIGN(const bool is_row, row.step());
      if (is_row) by[hits[i].corpus_id] = row.number(0);
    }
    return {};
  }));
  std::stable_sort(
      hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(n),
      [&](const PaperHit& a, const PaperHit& b) { return by[a.corpus_id] > by[b.corpus_id]; });
  return {};
}

// What a model sees of a paper is its title and abstract.
Status PaperSearcher::rerank_papers(const store::Snapshot& snapshot, const PaperAsk& ask,
                                    std::vector<PaperHit>& hits, PaperHits& out) {
  if (!ask.rerank) return {};
  if (engine_ == nullptr) return {Code::kBadInput, "there is no engine to rerank with"};
  const auto start = Clock::now();
  const std::size_t n = std::min(ask.rerank->n, hits.size());
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < n; ++i) {
    QUERN_ASSIGN(std::string text, field_of(*snapshot, paper_key(hits[i].corpus_id), kPaperField));
    texts.push_back(std::move(text));
  }
  QUERN_ASSIGN(
      const Reranking made,
      apps::rerank(*engine_, {.model = ask.rerank->model, .n_texts = n, .deadline = ask.deadline},
                   ask.text, texts));
  std::vector<PaperHit> ordered;
  for (const std::size_t i : made.order) {
    ordered.push_back(std::move(hits[i]));
    ordered.back().rerank_score = made.scores[i];
  }
  std::move(ordered.begin(), ordered.end(), hits.begin());
  out.n_reranked = made.n_done;
  out.n_to_rerank = made.n_wanted;
  out.timings.rerank_ms = ms_since(start);
  return {};
}

Status PaperSearcher::add_snippets(const store::Snapshot& snapshot, const PaperAsk& wanted,
                                   std::vector<float> vector, PaperHits& out) {
  if (wanted.n_snippets == 0 || out.hits.empty()) return {};
  PaperFilter filter;
  std::unordered_map<std::int64_t, PaperHit*> by_id;
  for (PaperHit& hit : out.hits) {
    filter.corpus_ids.push_back(hit.corpus_id);
    by_id[hit.corpus_id] = &hit;
  }
  Ask ask = ask_of(wanted, kPassageAlpha);
  QUERN_ASSIGN(ask.filter, store_filter_of(filter, kPassageKind, *snapshot));
  ask.n_wanted = static_cast<std::uint32_t>(out.hits.size());
  ask.n_children = wanted.n_snippets;
  ask.window = store::kMaxHits;
  ask.vector = std::move(vector);
  if (ask.vector.empty()) ask.mode = store::Mode::kLexical;
  QUERN_ASSIGN(const Retrieved found, passages_.retrieve(snapshot, ask));
  out.timings.search_ms += found.timings.search_ms;
  for (const store::GroupHit& group : *found.groups) {
    for (const store::Hit& child : group.children) {
      QUERN_ASSIGN(PaperSnippet snippet, snippet_of_key(*snapshot, child.key));
      snippet.score = child.score;
      const auto hit = by_id.find(snippet.corpus_id);
      if (hit != by_id.end()) hit->second->snippets.push_back(std::move(snippet));
    }
  }
  return {};
}

Result<PaperHits> PaperSearcher::papers(const store::Snapshot& snapshot, const PaperAsk& ask) {
  const auto start = Clock::now();
  if (std::uint64_t{ask.offset} + ask.n_wanted > kMaxPaperHits) {
    return {Code::kBadInput,
            fmt::format("papers {} to {} are asked for, a search gives the first {}", ask.offset,
                        std::uint64_t{ask.offset} + ask.n_wanted, kMaxPaperHits)};
  }
  PaperHits out;
  std::vector<float> vector;
  QUERN_ASSIGN(std::vector<PaperHit> hits, find(snapshot, ask, out, vector));
  QUERN_TRY(rerank_papers(snapshot, ask, hits, out));
  QUERN_TRY(put_in_order(ask, hits));
  const std::size_t first = std::min<std::size_t>(ask.offset, hits.size());
  const std::size_t end = std::min(first + ask.n_wanted, hits.size());
  std::move(hits.begin() + static_cast<std::ptrdiff_t>(first),
            hits.begin() + static_cast<std::ptrdiff_t>(end), std::back_inserter(out.hits));
  QUERN_TRY(add_snippets(snapshot, ask, std::move(vector), out));
  out.timings.total_ms = ms_since(start);
  return out;
}

Result<SnippetHits> PaperSearcher::snippets(const store::Snapshot& snapshot,
                                            const PaperAsk& wanted) {
  const auto start = Clock::now();
  SnippetHits out;
  QUERN_ASSIGN(const std::optional<store::Filter> filter,
               store_filter_of(wanted.filter, kPassageKind, *snapshot));
  if (!filter) {
    out.why_empty = "no paper passes the filter";
    return out;
  }
  std::unordered_set<std::int64_t> cited;
  if (wanted.filter.min_citations > 0) {
    QUERN_ASSIGN(cited, papers_with_citations(store_, wanted.filter.min_citations));
  }
  Ask ask = ask_of(wanted, kPassageAlpha);
  ask.filter = filter;
  const std::uint32_t n = std::min(wanted.offset + wanted.n_wanted, kMaxPaperHits);
  ask.n_wanted = wanted.filter.min_citations > 0 ? store::kMaxHits : n;
  ask.window = std::max(std::uint32_t{200}, ask.n_wanted);
  if (wanted.rerank) ask.n_wanted = std::max(ask.n_wanted, std::uint32_t(wanted.rerank->n));
  if (wanted.rerank)
    ask.rerank = RerankWish{.model = wanted.rerank->model, .n_texts = wanted.rerank->n};
  QUERN_ASSIGN(const Retrieved found, passages_.retrieve(snapshot, ask));
  out.why_empty = found.found.why_empty;
  out.why_one_side = found.found.why_one_side;
  if (found.rerank) {
    out.n_reranked = found.rerank->n_done;
    out.n_to_rerank = found.rerank->n_wanted;
  }
  std::uint32_t n_passed = 0;
  for (const RetrievedHit& hit : found.hits) {
    QUERN_ASSIGN(const std::int64_t corpus_id, corpus_id_of_key(hit.found.hit.key));
    if (wanted.filter.min_citations > 0 && !cited.contains(corpus_id)) continue;
    if (n_passed++ < wanted.offset) continue;
    QUERN_ASSIGN(PaperSnippet snippet, snippet_of_key(*snapshot, hit.found.hit.key));
    snippet.score = hit.rerank_score ? *hit.rerank_score : hit.found.hit.score;
    snippet.sides = hit.found.sides;
    out.snippets.push_back(std::move(snippet));
    if (n_passed == n) break;
  }
  out.timings = {.vector_ms = found.timings.vector_ms,
                 .search_ms = found.timings.search_ms,
                 .rerank_ms = found.timings.rerank_ms,
                 .total_ms = ms_since(start)};
  return out;
}

Result<Retrieved> PaperSearcher::by_title(const store::Snapshot& snapshot, const std::string& text,
                                          store::QuerySyntax syntax, const PaperFilter& filter,
                                          std::uint32_t n_wanted) {
  Ask ask;
  ask.text = text;
  ask.syntax = syntax;
  ask.mode = store::Mode::kLexical;
  ask.n_wanted = n_wanted;
  ask.give = store::Give::kKeysOnly;
  QUERN_ASSIGN(ask.filter, store_filter_of(filter, kPaperKind, *snapshot));
  if (!ask.filter) return Retrieved();
  return titles_.retrieve(snapshot, ask);
}

Result<Retrieved> PaperSearcher::by_vector(const store::Snapshot& snapshot,
                                           std::vector<float> vector, std::uint32_t n_wanted) {
  Ask ask;
  ask.vector = std::move(vector);
  ask.mode = store::Mode::kDense;
  ask.n_wanted = n_wanted;
  ask.give = store::Give::kKeysOnly;
  QUERN_ASSIGN(ask.filter, store_filter_of({}, kPaperKind, *snapshot));
  return papers_.retrieve(snapshot, ask);
}

}  // namespace quern::apps
