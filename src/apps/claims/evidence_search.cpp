#include "apps/claims/evidence_search.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_documents.h"
#include "apps/retriever.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// Candidates of each side, of which the best passages are chosen.
constexpr std::uint32_t kWindow = 200;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

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
  QUERN_ASSIGN(const store::Place place, store::find_key(generation.segments(), key));
  store::StoredTextReader reader = generation.segments()[place.i_segment].segment->stored_text();
  QUERN_ASSIGN(const store::StoredView document, reader.view(place.doc));
  return passage_from_stored(key, document.fields[0], document.stored);
}

// What stands beside a sentence, as far as it says something.
std::string beside(const StoredPassage& passage, std::size_t i, int step) {
  const std::size_t at = i + static_cast<std::size_t>(step);
  if (at >= passage.sentences.size()) return {};
  return std::string(passage.text_of(passage.sentences[at]));
}

class CorpusSearch : public EvidenceSearch {
 public:
  CorpusSearch(store::Store& store, Retriever retriever)
      : store_(store), retriever_(std::move(retriever)) {}

  Result<FoundEvidence> find(const std::string& claim, const EvidenceWish& wish) override;

 private:
  Result<std::vector<NearPassage>> find_passages(const store::Snapshot& snapshot,
                                                 const EvidenceWish& wish, Ask ask,
                                                 std::vector<float>& vector, FoundEvidence& out);
  Status find_sentences(const store::Snapshot& snapshot, const std::vector<NearPassage>& passages,
                        const EvidenceWish& wish, Ask ask, FoundEvidence& out);

  store::Store& store_;
  Retriever retriever_;
};

Result<FoundEvidence> CorpusSearch::find(const std::string& claim, const EvidenceWish& wish) {
  const auto start = Clock::now();
  FoundEvidence out;
  QUERN_ASSIGN(const store::Snapshot snapshot, store_.snapshot());
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
  ask.n_wanted = wish.n_sentences;
  ask.window = std::min(std::max(n_sentences, wish.n_sentences), store::kMaxHits);
  QUERN_ASSIGN(Retrieved found, retriever_.retrieve(snapshot, ask));
  for (const RetrievedHit& hit : found.hits) {
    const std::string& key = hit.found.hit.key;
    const auto passage = std::find_if(
        passages.begin(), passages.end(),
        [&](const NearPassage& one) { return key.starts_with(sentences_prefix(one.key)); });
    if (passage == passages.end()) continue;
    QUERN_ASSIGN(const std::uint32_t i_sentence, sentence_of_key(key));
    const StoredPassage& in = passage->passage;
    const std::size_t i = i_sentence - in.sentences.front().i_sentence;
    if (in.sentences.empty() || i >= in.sentences.size()) {
      return {Code::kBadInput,
              fmt::format("'{}' is in no passage of its source", store::printable_key(key))};
    }
    EvidenceSentence& sentence = out.sentences.emplace_back();
    sentence.source = in.source;
    sentence.passage = passage_name(passage->key);
    sentence.i_sentence = i_sentence;
    sentence.text = in.text_of(in.sentences[i]);
    sentence.span = in.sentences[i].span;
    sentence.before = beside(in, i, -1);
    sentence.after = beside(in, i, 1);
    sentence.nearness = {.cosine = hit.found.sides.dense,
                         .passage_cosine = passage->sides.dense,
                         .lexical = hit.found.sides.lexical,
                         .passage_lexical = passage->sides.lexical,
                         .passage_rank = passage->rank};
  }
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
