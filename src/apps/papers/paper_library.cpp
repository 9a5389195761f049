#include "apps/papers/paper_library.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/paper_authors.h"
#include "apps/papers/paper_bulk.h"
#include "apps/papers/paper_identity.h"
#include "apps/papers/paper_links.h"
#include "apps/papers/paper_schema.h"
#include "apps/papers/paper_search.h"
#include "apps/papers/paper_tables.h"
#include "apps/papers/paper_titles.h"
#include "store/store.h"
#include "store/vector/stored_vector.h"

namespace quern::apps {
namespace {

// Of these the nearest title is chosen,
constexpr std::uint32_t kTitlesToMatch = 20;
// and of these those that are cited most complete a text.
constexpr std::uint32_t kTitlesToComplete = 200;
constexpr std::size_t kMaxCompletedBytes = 400;

/// "Vaswani et al., 2017"
std::string authors_year(const Paper& paper) {
  std::string out = authors_in_short(paper.authors);
  if (paper.year > 0) out += (out.empty() ? "" : ", ") + std::to_string(paper.year);
  return out;
}

/// Words that must be in a title, the last as a beginning: in the store's language of signs.
std::string completion_query(std::string_view text) {
  const std::string key = title_key(text);
  const std::vector<std::string_view> words = words_of_key(key);
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += i + 1 < words.size() ? fmt::format("{} ", words[i]) : fmt::format("+{}*", words[i]);
  }
  return out;
}

class StoredLibrary : public PaperLibrary {
 public:
  StoredLibrary(const LibraryParts& parts, std::unique_ptr<store::Store> store)
      : parts_(parts), store_(std::move(store)) {}

  Result<std::optional<std::int64_t>> find(std::string_view name) override;
  Result<std::vector<std::optional<KnownPaper>>> papers(
      std::span<const std::int64_t> corpus_ids) override;
  Result<LinkPage> citations(std::int64_t corpus_id, std::uint64_t offset, std::uint32_t n,
                             const std::optional<DayRange>& published) override;
  Result<LinkPage> references(std::int64_t corpus_id, std::uint64_t offset,
                              std::uint32_t n) override;
  Result<std::vector<KnownReference>> known_references(std::int64_t corpus_id) override;
  Result<std::vector<std::optional<KnownAuthor>>> authors(
      std::span<const std::string> ids) override;
  Result<AuthorPage> search_authors(std::string_view text, std::uint64_t offset,
                                    std::uint32_t n) override;
  Result<std::vector<std::int64_t>> papers_of_author(const std::string& id) override;
  Result<PaperHits> search(const PaperAsk& ask) override;
  Result<SnippetHits> snippets(const PaperAsk& ask) override;
  Result<BulkPage> bulk(const BulkAsk& ask) override;
  Result<std::optional<TitleMatch>> match(std::string_view title,
                                          const PaperFilter& filter) override;
  Result<std::vector<TitleCompletion>> complete(std::string_view text, std::size_t n) override;
  Result<std::vector<std::int64_t>> alike(std::span<const std::int64_t> like,
                                          std::span<const std::int64_t> unlike,
                                          std::size_t n) override;
  Result<std::vector<float>> vector_of(std::int64_t corpus_id) override;
  Result<std::vector<std::vector<float>>> vectors_of(std::span<const std::string> texts) override;
  Result<std::string> text_of(std::int64_t corpus_id) override;
  Result<LibraryCounts> counts() override;
  Result<std::string> state() override;

 private:
  /// Reads the tables where there are any. Errors: those of `read`.
  template <typename Read>
  Status read(Read&& read) {
    return store_->read_tables([&](Sql& sql) -> Status {
      QUERN_ASSIGN(const bool is_there, has_paper_tables(sql));
      return is_there ? read(sql) : Status();
    });
  }

  /// With a searcher that nobody else has meanwhile.
  template <typename Search>
  auto with_searcher(Search&& search)
      -> decltype(search(std::declval<PaperSearcher&>(), std::declval<store::Snapshot>()));

  Result<std::vector<float>> mean_of(const store::Generation& generation,
                                     std::span<const std::int64_t> like,
                                     std::span<const std::int64_t> unlike);

  const LibraryParts parts_;
  const std::unique_ptr<store::Store> store_;
  std::mutex mutex_;                                       // Guards this.
  std::vector<std::unique_ptr<PaperSearcher>> searchers_;  // That nobody uses now.
};

template <typename Search>
auto StoredLibrary::with_searcher(Search&& search)
    -> decltype(search(std::declval<PaperSearcher&>(), std::declval<store::Snapshot>())) {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  std::unique_ptr<PaperSearcher> searcher;
  {
    const std::lock_guard lock(mutex_);
    if (!searchers_.empty()) {
      searcher = std::move(searchers_.back());
      searchers_.pop_back();
    }
  }
  if (!searcher) {
    QUERN_ASSIGN(searcher, PaperSearcher::create(*store_, *parts_.pool, parts_.engine));
  }
  auto answer = search(*searcher, snapshot);
  const std::lock_guard lock(mutex_);
  searchers_.push_back(std::move(searcher));
  return answer;
}

Result<std::optional<std::int64_t>> StoredLibrary::find(std::string_view text) {
  QUERN_ASSIGN(const std::string name, name_from_api(text));
  std::optional<std::int64_t> out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, find_paper_name(sql, name));
    return {};
  }));
  return out;
}

Result<std::vector<std::optional<KnownPaper>>> StoredLibrary::papers(
    std::span<const std::int64_t> corpus_ids) {
  std::vector<std::optional<KnownPaper>> out(corpus_ids.size());
  QUERN_TRY(read([&](Sql& sql) -> Status {
    for (std::size_t i = 0; i < corpus_ids.size(); ++i) {
      QUERN_ASSIGN(std::optional<PaperRow> row, read_paper(sql, corpus_ids[i]));
      if (row) out[i] = known_paper(std::move(*row));
    }
    return {};
  }));
  return out;
}

Result<LinkPage> StoredLibrary::citations(std::int64_t corpus_id, std::uint64_t offset,
                                          std::uint32_t n,
                                          const std::optional<DayRange>& published) {
  LinkPage out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_citations(sql, corpus_id, offset, n, published));
    return {};
  }));
  return out;
}

Result<LinkPage> StoredLibrary::references(std::int64_t corpus_id, std::uint64_t offset,
                                           std::uint32_t n) {
  LinkPage out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_references(sql, corpus_id, offset, n));
    return {};
  }));
  return out;
}

Result<std::vector<KnownReference>> StoredLibrary::known_references(std::int64_t corpus_id) {
  std::vector<KnownReference> out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_known_references(sql, corpus_id));
    return {};
  }));
  return out;
}

Result<std::vector<std::optional<KnownAuthor>>> StoredLibrary::authors(
    std::span<const std::string> ids) {
  std::vector<std::optional<KnownAuthor>> out(ids.size());
  QUERN_TRY(read([&](Sql& sql) -> Status {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      QUERN_ASSIGN(out[i], read_author(sql, ids[i]));
    }
    return {};
  }));
  return out;
}

Result<AuthorPage> StoredLibrary::search_authors(std::string_view text, std::uint64_t offset,
                                                 std::uint32_t n) {
  AuthorPage out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, find_authors(sql, text, offset, n));
    return {};
  }));
  return out;
}

Result<std::vector<std::int64_t>> StoredLibrary::papers_of_author(const std::string& id) {
  std::vector<std::int64_t> out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_papers_of_author(sql, id));
    return {};
  }));
  return out;
}

Result<PaperHits> StoredLibrary::search(const PaperAsk& ask) {
  return with_searcher([&](PaperSearcher& searcher, const store::Snapshot& snapshot) {
    return searcher.papers(snapshot, ask);
  });
}

Result<SnippetHits> StoredLibrary::snippets(const PaperAsk& ask) {
  return with_searcher([&](PaperSearcher& searcher, const store::Snapshot& snapshot) {
    return searcher.snippets(snapshot, ask);
  });
}

Result<BulkPage> StoredLibrary::bulk(const BulkAsk& ask) {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  return find_bulk(*store_, *snapshot, ask);
}

Result<std::optional<TitleMatch>> StoredLibrary::match(std::string_view title,
                                                       const PaperFilter& filter) {
  QUERN_ASSIGN(const Retrieved found,
               with_searcher([&](PaperSearcher& searcher, const store::Snapshot& snapshot) {
                 return searcher.by_title(snapshot, std::string(title), store::QuerySyntax::kPlain,
                                          filter, kTitlesToMatch);
               }));
  std::vector<std::int64_t> ids;
  for (const RetrievedHit& hit : found.hits) {
    QUERN_ASSIGN(const std::int64_t id, corpus_id_of_key(hit.found.hit.key));
    ids.push_back(id);
  }
  QUERN_ASSIGN(const auto known, papers(ids));
  const std::string key = title_key(title);
  std::optional<TitleMatch> best;
  double best_likeness = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!known[i] || known[i]->paper.n_citations < filter.min_citations) continue;
    const double likeness = title_likeness(key, title_key(known[i]->paper.title));
    if (likeness < kIsTheTitle || likeness <= best_likeness) continue;
    best_likeness = likeness;
    best = TitleMatch{.corpus_id = ids[i], .score = found.hits[i].found.hit.score * likeness};
  }
  return best;
}

Result<std::vector<TitleCompletion>> StoredLibrary::complete(std::string_view text, std::size_t n) {
  const std::string query = completion_query(text.substr(0, kMaxCompletedBytes));
  if (query.empty()) return std::vector<TitleCompletion>();
  QUERN_ASSIGN(const Retrieved found,
               with_searcher([&](PaperSearcher& searcher, const store::Snapshot& snapshot) {
                 return searcher.by_title(snapshot, query, store::QuerySyntax::kOperators, {},
                                          kTitlesToComplete);
               }));
  std::vector<std::int64_t> ids;
  for (const RetrievedHit& hit : found.hits) {
    QUERN_ASSIGN(const std::int64_t id, corpus_id_of_key(hit.found.hit.key));
    ids.push_back(id);
  }
  QUERN_ASSIGN(const auto known, papers(ids));
  // A title that begins with the text goes before others.
  const std::string key = title_key(text);
  struct Ranked {
    bool is_beginning = false;
    std::int64_t n_citations = 0;
    TitleCompletion completion;
  };
  std::vector<Ranked> ranked;
  for (const auto& paper : known) {
    if (!paper) continue;
    ranked.push_back({.is_beginning = title_key(paper->paper.title).starts_with(key),
                      .n_citations = paper->paper.n_citations,
                      .completion = {.corpus_id = paper->paper.ids.corpus_id,
                                     .title = paper->paper.title,
                                     .authors_year = authors_year(paper->paper)}});
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::pair(a.is_beginning, a.n_citations) > std::pair(b.is_beginning, b.n_citations);
  });
  std::vector<TitleCompletion> out;
  for (std::size_t i = 0; i < std::min(n, ranked.size()); ++i) {
    out.push_back(std::move(ranked[i].completion));
  }
  return out;
}

/// The direction from the unlike ones to the like ones; empty where none of them has a vector.
Result<std::vector<float>> StoredLibrary::mean_of(const store::Generation& generation,
                                                  std::span<const std::int64_t> like,
                                                  std::span<const std::int64_t> unlike) {
  std::vector<float> sum;
  for (const auto& [ids, weight] : {std::pair(like, 1.0f), std::pair(unlike, -0.5f)}) {
    for (const std::int64_t id : ids) {
      const Result<store::Place> place = store::find_key(generation.segments(), paper_key(id));
      if (!place.ok()) continue;
      QUERN_ASSIGN(const std::vector<float> one, store::stored_vector(generation, *place));
      if (one.empty()) continue;
      sum.resize(one.size());
      for (std::size_t i = 0; i < one.size(); ++i) {
        sum[i] += weight / static_cast<float>(ids.size()) * one[i];
      }
    }
  }
  if (std::all_of(sum.begin(), sum.end(), [](float x) { return x == 0; })) sum.clear();
  return sum;
}

Result<std::vector<std::int64_t>> StoredLibrary::alike(std::span<const std::int64_t> like,
                                                       std::span<const std::int64_t> unlike,
                                                       std::size_t n) {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  QUERN_ASSIGN(std::vector<float> vector, mean_of(*snapshot, like, unlike));
  const auto n_wanted = static_cast<std::uint32_t>(
      std::min<std::size_t>(n + like.size() + unlike.size(), store::kMaxHits));
  std::vector<std::int64_t> found_ids;
  if (!vector.empty()) {
    QUERN_ASSIGN(const Retrieved found,
                 with_searcher([&](PaperSearcher& searcher, const store::Snapshot& newest) {
                   return searcher.by_vector(newest, std::move(vector), n_wanted);
                 }));
    for (const RetrievedHit& hit : found.hits) {
      QUERN_ASSIGN(const std::int64_t id, corpus_id_of_key(hit.found.hit.key));
      found_ids.push_back(id);
    }
  } else {
    PaperAsk ask;
    QUERN_ASSIGN(const auto known, papers(like));
    for (const auto& paper : known) {
      if (paper) ask.text += paper->paper.title + "\n" + paper->paper.abstract + "\n";
    }
    ask.n_wanted = std::min(n_wanted, kMaxPaperHits);
    ask.mode = store::Mode::kLexical;
    QUERN_ASSIGN(const PaperHits found, search(ask));
    for (const PaperHit& hit : found.hits) found_ids.push_back(hit.corpus_id);
  }
  std::unordered_set<std::int64_t> given(like.begin(), like.end());
  given.insert(unlike.begin(), unlike.end());
  std::vector<std::int64_t> out;
  for (const std::int64_t id : found_ids) {
    if (!given.contains(id) && out.size() < n) out.push_back(id);
  }
  return out;
}

Result<std::vector<float>> StoredLibrary::vector_of(std::int64_t corpus_id) {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  QUERN_ASSIGN(const store::Place place,
               store::find_key(snapshot->segments(), paper_key(corpus_id)));
  if (snapshot->active_space() == nullptr) return std::vector<float>();
  return store::stored_vector(*snapshot, place);
}

Result<std::vector<std::vector<float>>> StoredLibrary::vectors_of(
    std::span<const std::string> texts) {
  return with_searcher([&](PaperSearcher& searcher, const store::Snapshot& snapshot) {
    return searcher.vectors_of(snapshot, texts);
  });
}

Result<std::string> StoredLibrary::text_of(std::int64_t corpus_id) {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  QUERN_ASSIGN(const store::StoredDocument document,
               store::document_of(snapshot->segments(), paper_key(corpus_id)));
  const std::string_view title = document.fields[kTitleField];
  std::string_view abstract = document.fields[kPaperField];
  abstract.remove_prefix(std::min(abstract.size(), title.empty() ? 0 : title.size() + 1));
  std::string out(title);
  for (const std::string_view part : {abstract, std::string_view(document.fields[kBodyField])}) {
    if (part.empty()) continue;
    if (!out.empty()) out += "\n\n";
    out += part;
  }
  return out;
}

Result<LibraryCounts> StoredLibrary::counts() {
  LibraryCounts out;
  QUERN_TRY(read([&](Sql& sql) -> Status {
    QUERN_ASSIGN(const std::int64_t n, sql.number("SELECT count(*) FROM papers_paper"));
    QUERN_ASSIGN(const std::int64_t n_texts,
                 sql.number("SELECT count(*) FROM papers_paper WHERE has_text"));
    QUERN_ASSIGN(const std::int64_t n_links, sql.number("SELECT count(*) FROM papers_link"));
    out.n_papers = static_cast<std::uint64_t>(n);
    out.n_with_text = static_cast<std::uint64_t>(n_texts);
    out.n_links = static_cast<std::uint64_t>(n_links);
    return {};
  }));
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  out.n_passages = snapshot->row().n_live - std::min(snapshot->row().n_live, out.n_papers);
  if (const store::SpaceRow* space = snapshot->active_space()) {
    out.n_without_vector = snapshot->n_missing(space->id);
    out.model = space->space.model;
  }
  return out;
}

// Tables change in the same commits as documents do, so the store's generation is that of both.
Result<std::string> StoredLibrary::state() {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  return fmt::format("{}.{}", snapshot->row().id, snapshot->row().at_ms);
}

}  // namespace

Result<std::unique_ptr<PaperLibrary>> PaperLibrary::open(const LibraryParts& parts) {
  QUERN_ASSIGN(std::unique_ptr<store::Store> store,
               store::Store::open({.folder = parts.folder, .ledger = parts.ledger}));
  if (store->schema() != paper_schema()) {
    return {Code::kBadInput,
            fmt::format("'{}' is a store, but no library of papers of this version", parts.folder)};
  }
  return std::unique_ptr<PaperLibrary>(new StoredLibrary(parts, std::move(store)));
}

}  // namespace quern::apps
