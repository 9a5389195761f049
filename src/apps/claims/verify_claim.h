// One claim from its text to its verdict: evidence, the model's word on each sentence, the judge.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/claim_rules.h"
#include "apps/claims/evidence_search.h"
#include "apps/claims/verdict.h"
#include "apps/entailment.h"
#include "apps/text_embedder.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxClaimBytes = 20'000;
/// Named in every stored verdict: results of the same name are the same bytes.
inline constexpr const char* kClaimPipeline = "quern-claims/4";

struct ClaimAsk {
  std::string id = {};  // The asker's own; comes back as it is.
  std::string claim;
  // Just these are judged; unset: evidence is retrieved.
  std::optional<std::vector<EvidenceSentence>> evidence = {};
  EvidenceWish wish = {};
  bool has_unreadable = false;  // Evidence was given that has no letter or digit.
};

/// A sentence with everything that was said of it.
struct ClaimEvidence {
  EvidenceSentence sentence;
  std::uint32_t i_judged = 0;  // Its place among those that were judged, from 0.
  NliLogits logits = {};
  int n_dropped = 0;  // Tokens of the pair that the model did not see: then it has no voice.
  SentenceVoice voice = {};
  std::vector<ClaimMismatch> mismatches = {};
};

struct ClaimTimings {
  double embed_ms = 0;
  double retrieve_ms = 0;
  double nli_ms = 0;
  double aggregate_ms = 0;
  double database_ms = 0;
  double total_ms = 0;
};

struct ClaimResult {
  std::string id;
  std::string claim;
  Judgement judgement;                  // Without its voices: each is with its sentence.
  std::vector<ClaimEvidence> evidence;  // What weighs most first.
  std::string corpus = {};              // "" for given evidence.
  store::GenerationId generation = 0;
  std::string nli_model, nli_digest;
  std::string calibration;  // calibration_digest() of what it was judged by.
  std::string pipeline = kClaimPipeline;
  ClaimTimings timings = {};
};

/// Errors: kBadInput for an empty claim, one without a letter or digit, bytes that are no UTF-8;
/// kTooLarge with both numbers.
Status check_claim(const std::string& claim);

/// SHA-256 of its JSON, in hex.
std::string calibration_digest(const Calibration& calibration);

/// What the model is asked about a sentence.
NliPair pair_of(const std::string& claim, const EvidenceSentence& sentence);

/// What the judge is asked about each sentence: [its evidence], borrowed from it.
std::vector<JudgedPair> judged_pairs(const ClaimResult& result);

/// Fills in voices, mismatches, order and judgement from the claim, sentences and logits of
/// `result`: the same inputs give the same bytes, now and when a stored claim is replayed. Errors:
/// as judge.
Status judge_evidence(ClaimResult& result, const Calibration& calibration);

/// Threads: one at a time. What is borrowed outlives it.
class ClaimVerifier {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    EvidenceSearch* search = nullptr;  // Null: only given evidence is judged.
    std::string corpus = {};           // What is searched, by name.
    const Entailment* entailment = nullptr;
    Calibration calibration = {};
    // Asked when evidence is given: whose cosines tell how near it is. Null: they are not known.
    std::function<Result<const TextEmbedder*>()> embedder = {};
  };
  /// Errors: kBadInput where the calibration is another model's, or was fitted and does not say for
  /// which; naming the model's labels where one of the three is not there.
  static Result<ClaimVerifier> create(Parts parts);

  /// Errors: as check_claim and those of its steps; kBadInput where evidence is wanted without a
  /// corpus.
  Result<ClaimResult> verify(const ClaimAsk& ask,
                             engine::WorkClass work_class = engine::WorkClass::kInteractive);

  /// Several at once, whose pairs share the model's batches: as verify of each, to the byte; what
  /// is wrong with one is its own error. `is_stopped` is asked between claims and requests to the
  /// model: then the rest is kCancelled.
  std::vector<Result<ClaimResult>> verify_all(std::span<const ClaimAsk> asks,
                                              engine::WorkClass work_class,
                                              const std::function<bool()>& is_stopped = {});

  const Calibration& calibration() const { return parts_.calibration; }

 private:
  void measure(std::span<const ClaimAsk> asks, std::span<Result<ClaimResult>> claims,
               engine::WorkClass work_class, const std::function<bool()>& is_stopped) const;
  explicit ClaimVerifier(Parts parts) : parts_(std::move(parts)) {}
  Result<ClaimResult> prepare(const ClaimAsk& ask);
  Status ask_model(std::span<Result<ClaimResult>> claims, engine::WorkClass work_class,
                   const std::function<bool()>& is_stopped);
  Parts parts_;
};

}  // namespace quern::apps
