#include "apps/claims/evidence_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_documents.h"
#include "apps/retriever.h"
#include "base/elapsed.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// Candidates of each side, of which the best passages are chosen.
constexpr std::uint32_t kWindow = 200;

store::Filter is_kind(const char* kind) {
  return {.op = store::FilterOp::kText, .parts = {}, .name = "kind", .text = kind, .range = {}};
}

store::Filter begins_with(std::string prefix) {
  return {.op = store::FilterOp::kKeyPrefix,
          .parts = {},
          .name = {},
          .text = std::move(prefix),
          .range = {}};
}

store::Filter joined(store::FilterOp op, std::vector<store::Filter> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  return {.op = op, .parts = std::move(parts), .name = {}, .text = {}, .range = {}};
}

/// A passage that was found.
struct NearPassage {
  std::string key;
  StoredPassage passage;
  store::SideScores sides;
  std::uint32_t rank = 0;  // From 1.
};

Result<StoredPassage> read_passage(const store::Generation& generation, const std::string& key) {
  QUERN_ASSIGN(const store::StoredDocument document,
               store::document_of(generation.segments(), key));
  return passage_from_stored(key, document.fields[0], document.stored);
}

/// A sentence of one of them.
struct NearSentence {
  const NearPassage* passage = nullptr;
  std::size_t i = 0;  // In the passage.
  Nearness nearness;
  double score = 0;
};

/// What answered for any of the sentences.
struct Answered {
  bool by_words = false;
  bool by_vectors = false;
};

Answered answered_of(const std::vector<RetrievedHit>& hits) {
  Answered out;
  for (const RetrievedHit& hit : hits) {
    out.by_words = out.by_words || hit.found.sides.lexical.has_value();
    out.by_vectors = out.by_vectors || hit.found.sides.dense.has_value();
  }
  return out;
}

// How near a sentence is, by all that is known: its own numbers, and where its passage stands. The
// weights were fitted on which sentences of the best abstracts are evidence for claims of SciFact's
// training part (docs/claims_corpora.md), for each case of what answered. One that has no vector
// yet is near by its words alone.
double score_of(const Nearness& nearness, const Answered& answered) {
  const double far = std::log(static_cast<double>(nearness.passage_rank));
  if (!answered.by_vectors) return nearness.lexical.value_or(0) - 13 * far;
  if (!answered.by_words) return nearness.cosine.value_or(0) - 0.4 * far;
  return nearness.cosine.value_or(0) + 0.03 * nearness.lexical.value_or(0) - 0.6 * far;
}

Result<std::vector<NearSentence>> rated(const std::vector<NearPassage>& passages,
                                        const std::vector<RetrievedHit>& hits) {
  const Answered answered = answered_of(hits);
  std::vector<NearSentence> out;
  for (const RetrievedHit& hit : hits) {
    const std::string& key = hit.found.hit.key;
    const auto passage =
        std::find_if(passages.begin(), passages.end(), [&](const NearPassage& one) {
          return key.starts_with(one.key) && key.size() > one.key.size() &&
                 key[one.key.size()] == '\0';
        });
    QUERN_ASSIGN(const std::uint32_t i_sentence, sentence_of_key(key));
    if (passage == passages.end() || passage->passage.sentences.empty() ||
        i_sentence - passage->passage.sentences[0].i_sentence >=
            passage->passage.sentences.size()) {
      return {Code::kBadInput,
              fmt::format("'{}' is in no passage of its source", store::printable_key(key))};
    }
    NearSentence& near = out.emplace_back();
    near.passage = &*passage;
    near.i = i_sentence - passage->passage.sentences[0].i_sentence;
    near.nearness = {.cosine = hit.found.sides.dense,
                     .passage_cosine = passage->sides.dense,
                     .lexical = hit.found.sides.lexical,
                     .passage_lexical = passage->sides.lexical,
                     .passage_rank = passage->rank};
    near.score = score_of(near.nearness, answered);
  }
  return out;
}

// What stands beside a sentence, as far as it says something.
std::string beside(const StoredPassage& passage, std::size_t i, int step) {
  const std::size_t at = i + static_cast<std::size_t>(step);
  if (at >= passage.sentences.size()) return {};
  return std::string(passage.text_of(passage.sentences[at]));
}

EvidenceSentence evidence_of(const NearSentence& near) {
  const StoredPassage& in = near.passage->passage;
  const PassageSentence& sentence = in.sentences[near.i];
  return {.source = in.source,
          .passage = passage_name(near.passage->key),
          .i_sentence = sentence.i_sentence,
          .text = std::string(in.text_of(sentence)),
          .span = sentence.span,
          .before = beside(in, near.i, -1),
          .after = beside(in, near.i, 1),
          .nearness = near.nearness};
}

class CorpusSearch : public EvidenceSearch {
 public:
  CorpusSearch(store::Store& store, Retriever retriever)
      : store_(store), retriever_(std::move(retriever)) {}

  Result<FoundEvidence> find(const std::string& claim, const EvidenceWish& wish) override;

  Status pin() override {
    QUERN_ASSIGN(pinned_, store_.snapshot());
    return {};
  }

 private:
  Result<std::vector<NearPassage>> find_passages(const store::Snapshot& snapshot,
                                                 const EvidenceWish& wish, Ask ask,
                                                 std::vector<float>& vector, FoundEvidence& out);
  Status find_sentences(const store::Snapshot& snapshot, const std::vector<NearPassage>& passages,
                        const EvidenceWish& wish, Ask ask, FoundEvidence& out);

  store::Store& store_;
  Retriever retriever_;
  store::Snapshot pinned_;  // Null: the newest.
};

Result<FoundEvidence> CorpusSearch::find(const std::string& claim, const EvidenceWish& wish) {
  const auto start = Clock::now();
  FoundEvidence out;
  store::Snapshot snapshot = pinned_;
  if (!snapshot) {
    QUERN_ASSIGN(snapshot, store_.snapshot());
  }
  Ask ask;
  ask.text = claim;
  ask.mode = wish.mode;
  ask.give = store::Give::kKeysOnly;
  std::vector<float> vector;
  QUERN_ASSIGN(const std::vector<NearPassage> passages,
               find_passages(snapshot, wish, ask, vector, out));
  if (!passages.empty()) {
    ask.vector = std::move(vector);
    if (ask.vector.empty()) ask.mode = store::Mode::kLexical;
    QUERN_TRY(find_sentences(snapshot, passages, wish, std::move(ask), out));
  }
  out.search_ms = ms_since(start) - out.vector_ms;
  return out;
}

Result<std::vector<NearPassage>> CorpusSearch::find_passages(const store::Snapshot& snapshot,
                                                             const EvidenceWish& wish, Ask ask,
                                                             std::vector<float>& vector,
                                                             FoundEvidence& out) {
  std::vector<store::Filter> filters = {is_kind("passage")};
  if (wish.filter) filters.push_back(*wish.filter);
  ask.filter = joined(store::FilterOp::kAnd, std::move(filters));
  ask.n_wanted = wish.n_passages;
  ask.window = std::max(kWindow, wish.n_passages);
  QUERN_ASSIGN(Retrieved found, retriever_.retrieve(snapshot, ask));
  out.generation = found.found.generation;
  out.why_empty = std::move(found.found.why_empty);
  out.vector_ms = found.timings.vector_ms;
  vector = std::move(found.vector);
  std::vector<NearPassage> passages;
  for (RetrievedHit& hit : found.hits) {
    NearPassage& passage = passages.emplace_back();
    passage.key = std::move(hit.found.hit.key);
    QUERN_ASSIGN(passage.passage, read_passage(*snapshot, passage.key));
    passage.sides = std::move(hit.found.sides);
    passage.rank = static_cast<std::uint32_t>(passages.size());
  }
  return passages;
}

Status CorpusSearch::find_sentences(const store::Snapshot& snapshot,
                                    const std::vector<NearPassage>& passages,
                                    const EvidenceWish& wish, Ask ask, FoundEvidence& out) {
  std::vector<store::Filter> in_passages;
  std::uint32_t n_sentences = 0;
  for (const NearPassage& passage : passages) {
    in_passages.push_back(begins_with(sentences_prefix(passage.key)));
    n_sentences += static_cast<std::uint32_t>(passage.passage.sentences.size());
  }
  ask.filter = joined(store::FilterOp::kOr, std::move(in_passages));
  // All of them are scored by both sides.
  ask.n_wanted = std::min(std::max(n_sentences, std::uint32_t{1}), store::kMaxHits);
  ask.window = ask.n_wanted;
  QUERN_ASSIGN(Retrieved found, retriever_.retrieve(snapshot, ask));
  QUERN_ASSIGN(std::vector<NearSentence> near, rated(passages, found.hits));
  // Equal ones stand in the order of their passages.
  std::sort(near.begin(), near.end(), [](const NearSentence& a, const NearSentence& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::pair(a.nearness.passage_rank, a.i) < std::pair(b.nearness.passage_rank, b.i);
  });
  if (near.size() > wish.n_sentences) near.resize(wish.n_sentences);
  for (const NearSentence& one : near) out.sentences.push_back(evidence_of(one));
  if (out.sentences.empty()) out.why_empty = std::move(found.found.why_empty);
  return {};
}

}  // namespace

Result<std::unique_ptr<EvidenceSearch>> EvidenceSearch::create(store::Store& store,
                                                               ThreadPool& pool,
                                                               engine::Engine* engine) {
  if (store.schema() != corpus_schema()) {
    return {Code::kBadInput,
            fmt::format("'{}' is no corpus of this version", store.place().folder)};
  }
  QUERN_ASSIGN(Retriever retriever, Retriever::create(store.schema(), pool, engine));
  return std::unique_ptr<EvidenceSearch>(new CorpusSearch(store, std::move(retriever)));
}

}  // namespace quern::apps
