#include "apps/claims/score_sets.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace quern::apps {
namespace {

F1Score f1_of(double precision, double recall) {
  const double sum = precision + recall;
  return {precision, recall, sum > 0 ? 2 * precision * recall / sum : 0};
}

double share(double n, double of) { return of > 0 ? n / of : 0; }

template <typename T>
bool holds_all(const std::set<T>& found, const std::vector<T>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const T& item) { return found.contains(item); });
}

template <typename T>
bool holds_one(const std::set<T>& found, const std::vector<std::vector<T>>& sets) {
  return std::any_of(sets.begin(), sets.end(),
                     [&](const std::vector<T>& wanted) { return holds_all(found, wanted); });
}

/// Share of the first sentences that are in any set; 1 where there are none.
double fever_precision(const FeverGold& gold, std::span<const SentenceId> evidence) {
  if (evidence.empty()) return 1;
  std::set<SentenceId> all;
  for (const auto& wanted : gold.sets) all.insert(wanted.begin(), wanted.end());
  const auto n = std::count_if(evidence.begin(), evidence.end(),
                               [&](const SentenceId& id) { return all.contains(id); });
  return static_cast<double>(n) / static_cast<double>(evidence.size());
}

/// What is counted over all claims.
struct SciFactCounts {
  double n_predicted = 0;
  double n_gold = 0;
  double n_right = 0;           // Label only; selection.
  double n_strictly_right = 0;  // With a rationale; with the label.

  F1Score loose() const { return f1_of(share(n_right, n_predicted), share(n_right, n_gold)); }
  F1Score strict() const {
    return f1_of(share(n_strictly_right, n_predicted), share(n_strictly_right, n_gold));
  }
};

void count_abstract(const SciFactPredicted& predicted, const SciFactAbstract* gold,
                    SciFactCounts& counts) {
  ++counts.n_predicted;
  if (gold == nullptr || gold->label != predicted.label) return;
  ++counts.n_right;
  const auto n =
      static_cast<std::ptrdiff_t>(std::min(predicted.sentences.size(), kSciFactSentences));
  const std::set<std::uint32_t> first(predicted.sentences.begin(), predicted.sentences.begin() + n);
  if (holds_one(first, gold->rationales)) ++counts.n_strictly_right;
}

/// All sentences count here, not just the first three.
void count_sentences(const SciFactPredicted& predicted, const SciFactAbstract* gold,
                     SciFactCounts& counts) {
  counts.n_predicted += static_cast<double>(predicted.sentences.size());
  if (gold == nullptr) return;
  const std::set<std::uint32_t> found(predicted.sentences.begin(), predicted.sentences.end());
  std::set<std::uint32_t> right;
  for (const auto& rationale : gold->rationales) {
    if (holds_all(found, rationale)) right.insert(rationale.begin(), rationale.end());
  }
  const auto n = static_cast<double>(right.size());
  counts.n_right += n;
  if (gold->label == predicted.label) counts.n_strictly_right += n;
}

bool is_heard(const ClaimEvidence& e) {
  return e.voice.voice == Voice::kSupports || e.voice.voice == Voice::kRefutes;
}

/// Sentences that are heard or would be, if their source had not spoken already; the most relevant
/// first.
std::vector<const ClaimEvidence*> speaking(const ClaimResult& result) {
  std::vector<const ClaimEvidence*> out;
  for (const ClaimEvidence& e : result.evidence) {
    if (is_heard(e) || e.voice.voice == Voice::kRepeats) out.push_back(&e);
  }
  std::stable_sort(out.begin(), out.end(), [](const ClaimEvidence* a, const ClaimEvidence* b) {
    return a->voice.relevance > b->voice.relevance;
  });
  return out;
}

}  // namespace

FeverScores fever_scores(std::span<const FeverGold> gold,
                         std::span<const FeverPrediction> predictions) {
  QUERN_CHECK(gold.size() == predictions.size());
  FeverScores out;
  double n_decided = 0;
  double precision = 0;
  double recall = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    const std::span<const SentenceId> evidence =
        std::span(predictions[i].evidence)
            .first(std::min(predictions[i].evidence.size(), kFeverEvidence));
    const bool is_open = gold[i].label == Verdict::kNotEnoughInfo;
    const bool is_right = gold[i].label == predictions[i].verdict;
    const std::set<SentenceId> found(evidence.begin(), evidence.end());
    const bool has_set = gold[i].sets.empty() || holds_one(found, gold[i].sets);
    out.accuracy += is_right ? 1 : 0;
    out.fever += is_right && (is_open || (!gold[i].sets.empty() && has_set)) ? 1 : 0;
    if (is_open) continue;
    ++n_decided;
    precision += fever_precision(gold[i], evidence);
    recall += has_set ? 1 : 0;
  }
  const auto n = static_cast<double>(gold.size());
  out.accuracy = share(out.accuracy, n);
  out.fever = share(out.fever, n);
  out.evidence = f1_of(share(precision, n_decided), share(recall, n_decided));
  return out;
}

SciFactScores scifact_scores(std::span<const SciFactGold> gold,
                             std::span<const SciFactPrediction> predictions) {
  QUERN_CHECK(gold.size() == predictions.size());
  SciFactCounts abstracts, sentences;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    abstracts.n_gold += static_cast<double>(gold[i].size());
    for (const auto& [source, abstract] : gold[i]) {
      for (const auto& rationale : abstract.rationales) {
        sentences.n_gold += static_cast<double>(rationale.size());
      }
    }
    for (const auto& [source, predicted] : predictions[i]) {
      if (predicted.label == Verdict::kNotEnoughInfo) continue;
      const auto found = gold[i].find(source);
      const SciFactAbstract* abstract = found == gold[i].end() ? nullptr : &found->second;
      count_abstract(predicted, abstract, abstracts);
      count_sentences(predicted, abstract, sentences);
    }
  }
  return {.abstract_label_only = abstracts.loose(),
          .abstract_rationalized = abstracts.strict(),
          .sentence_selection = sentences.loose(),
          .sentence_label = sentences.strict()};
}

SciFactPrediction cited_abstracts(const ClaimResult& result, const Calibration& calibration) {
  SciFactPrediction out;
  for (const ClaimEvidence& e : result.evidence) {
    if (!is_heard(e) || e.voice.relevance < calibration.cited) continue;
    out[e.sentence.source.key].label =
        e.voice.voice == Voice::kSupports ? Verdict::kSupported : Verdict::kRefuted;
  }
  for (const ClaimEvidence* e : speaking(result)) {
    const auto found = out.find(e->sentence.source.key);
    if (found == out.end() || found->second.sentences.size() == kSciFactSentences) continue;
    std::vector<std::uint32_t>& sentences = found->second.sentences;
    // Pieces of a sentence are one.
    if (std::ranges::find(sentences, e->sentence.i_sentence) != sentences.end()) continue;
    sentences.push_back(e->sentence.i_sentence);
  }
  return out;
}

FeverPrediction cited_sentences(const ClaimResult& result) {
  FeverPrediction out = {.verdict = result.judgement.verdict};
  for (const ClaimEvidence* e : speaking(result)) {
    const bool supports = e->voice.stance >= 0.5;
    if (supports != (out.verdict == Verdict::kSupported)) continue;
    if (out.verdict == Verdict::kNotEnoughInfo) break;
    SentenceId id = {e->sentence.source.key, e->sentence.i_sentence};
    if (std::ranges::find(out.evidence, id) == out.evidence.end()) {
      out.evidence.push_back(std::move(id));
    }
  }
  return out;
}

}  // namespace quern::apps
