// Questions to a code index: both sides of the store, and then the order that people want.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/code/code_documents.h"
#include "apps/code/code_ranking.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "store/search.h"

namespace quern::apps {

struct CodeAsk {
  std::string question;
  std::uint32_t n_wanted = 10;
  std::vector<std::string> languages = {};   // Any of them; empty: all. So too the next ones.
  std::vector<std::string> kinds = {};       // symbol_kind_name
  std::vector<std::string> roles = {};       // role_name
  std::vector<std::string> paths = {};       // Globs as in ignore files, from the root.
  std::vector<std::string> extensions = {};  // ".py"
  std::string below = {};                    // A folder or file, from the root; "": all.
  bool only_definitions = false;             // Pieces that define the name which is asked for.
  std::optional<double> least_cosine = {};   // Of the vectors of question and piece.
  std::optional<store::Mode> mode = {};      // Unset: by both, where there are vectors.
  CodeWeights weights = {};
};

struct CodeHit {
  std::string path;
  StoredChunk chunk;
  std::string text;
  double score = 0;
  store::SideScores sides;
  RankedCode parts;  // What made the score.
};

struct CodeAnswer {
  std::vector<CodeHit> hits;
  CodeQuestion question;
  std::vector<std::string> tiers;  // Which answered: "lexical", "symbols", "dense".
  std::string why_empty;
  std::string why_no_vectors;  // Why the dense side did not answer; "" where it did.
  std::uint64_t n_without_vector = 0;
  std::vector<std::string> damaged;
  store::GenerationId generation = 0;
  double vector_ms = 0;
  double search_ms = 0;
  double rank_ms = 0;
  double total_ms = 0;
};

/// Threads: one object per thread. Everything that is borrowed outlives it.
class CodeSearcher {
 public:
  /// Without an engine no question gets a vector.
  static Result<CodeSearcher> create(ThreadPool& pool, engine::Engine* engine);

  /// Errors: kBadInput for an empty question, a kind or a glob that there is not, kDense without
  /// vectors; those of store and engine.
  Result<CodeAnswer> search(const store::Snapshot& snapshot, const CodeAsk& ask);

  /// Pieces like the one that holds a line of a file (from 1), itself left out: by its vector where
  /// it has one, else by its words. `ask.question` does not count. Errors: kNotFound where the
  /// index has no such file, or no piece of it near the line.
  Result<CodeAnswer> similar(const store::Snapshot& snapshot, const std::string& path, int line,
                             const CodeAsk& ask);

 private:
  explicit CodeSearcher(store::Searcher searcher, engine::Engine* engine)
      : searcher_(std::move(searcher)), engine_(engine) {}

  Result<std::vector<float>> query_vector(const store::Generation& generation,
                                          const std::string& question, std::string& why_not);
  Result<CodeQuestion> read(const store::Generation& generation, const std::string& question);
  Status find(const store::Generation& generation, const CodeAsk& ask, store::Query query,
              CodeAnswer& out);
  Status add_definitions(const store::Generation& generation, const CodeAsk& ask,
                         store::Query query, store::SearchResult& found,
                         std::vector<double>& bases);
  Status rank(const store::Generation& generation, const CodeAsk& ask,
              std::vector<store::SearchHit> hits, const std::vector<double>& bases,
              CodeAnswer& out);

  store::Searcher searcher_;
  engine::Engine* engine_;
  CodeQuestionReader reader_;
  std::int64_t counted_ = -1;  // Of the generation of that time,
  std::string main_language_;  // the language of most pieces; "": there is none.
  std::string embeds_for_;     // The fingerprint of the space that embedder_ is for.
  std::optional<TextEmbedder> embedder_;
};

}  // namespace quern::apps
