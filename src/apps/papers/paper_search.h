// The search of a library: papers by what they say and who wrote them, passages by what they say,
// each by words and by vectors.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apps/papers/paper_library.h"
#include "apps/retriever.h"
#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/store.h"

namespace quern::apps {

/// Papers that one question is answered with.
inline constexpr std::uint32_t kMaxPaperHits = 1'000;

/// Threads: one at a time. What is borrowed outlives it.
class PaperSearcher {
 public:
  /// Errors: as Retriever::create.
  static Result<std::unique_ptr<PaperSearcher>> create(store::Store& store, ThreadPool& pool,
                                                       engine::Engine* engine);

  /// Errors: as PaperLibrary::search.
  Result<PaperHits> papers(const store::Snapshot& snapshot, const PaperAsk& ask);
  Result<SnippetHits> snippets(const store::Snapshot& snapshot, const PaperAsk& ask);

  /// Papers by words of their titles alone, the best first; with signs, as kOperators has them.
  Result<Retrieved> by_title(const store::Snapshot& snapshot, const std::string& text,
                             store::QuerySyntax syntax, const PaperFilter& filter,
                             std::uint32_t n_wanted);

  /// As PaperLibrary::vectors_of.
  Result<std::vector<std::vector<float>>> vectors_of(const store::Snapshot& snapshot,
                                                     std::span<const std::string> texts) {
    return papers_.vectors_of(snapshot, texts);
  }

  /// Papers whose vectors are nearest.
  Result<Retrieved> by_vector(const store::Snapshot& snapshot, std::vector<float> vector,
                              std::uint32_t n_wanted);

 private:
  PaperSearcher(store::Store& store, engine::Engine* engine, Retriever papers, Retriever passages,
                Retriever titles)
      : store_(store),
        engine_(engine),
        papers_(std::move(papers)),
        passages_(std::move(passages)),
        titles_(std::move(titles)) {}

  Result<std::vector<PaperHit>> find(const store::Snapshot& snapshot, const PaperAsk& ask,
                                     PaperHits& out, std::vector<float>& vector);
  static std::size_t n_needed(const PaperAsk& ask);
  Result<std::uint64_t> n_answered_by_vectors(const store::Generation& generation,
                                              const PaperAsk& ask,
                                              const store::Filter& filter) const;
  Status put_in_order(const PaperAsk& ask, std::vector<PaperHit>& hits);
  Status rerank_papers(const store::Snapshot& snapshot, const PaperAsk& ask,
                       std::vector<PaperHit>& hits, PaperHits& out);
  Status add_snippets(const store::Snapshot& snapshot, const PaperAsk& ask,
                      std::vector<float> vector, PaperHits& out);

  store::Store& store_;
  engine::Engine* engine_;
  Retriever papers_;
  Retriever passages_;
  Retriever titles_;
};

/// A passage that was found. Errors: as find_key; kBadInput where it is none.
Result<PaperSnippet> snippet_of_key(const store::Generation& generation, const std::string& key);

}  // namespace quern::apps
