// One claim from its text to its verdict: evidence, the model's word on each sentence, the judge.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/claims/claim_rules.h"
#include "apps/claims/evidence_search.h"
#include "apps/claims/verdict.h"
#include "apps/entailment.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxClaimBytes = 20'000;
/// Named in every stored verdict: results of the same name are the same bytes.
inline constexpr const char* kClaimPipeline = "quern-claims/1";

struct ClaimAsk {
  std::string id = {};
  std::string claim;
  // Just these are judged; unset: evidence is retrieved.
  std::optional<std::vector<EvidenceSentence>> evidence = {};
  EvidenceWish wish = {};
};

/// A sentence with everything that was said of it.
struct ClaimEvidence {
  EvidenceSentence sentence;
  NliLogits logits = {};
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
  Judgement judgement;
  std::vector<ClaimEvidence> evidence;  // What decides first.
  std::string corpus = {};              // "" for given evidence.
  store::GenerationId generation = 0;
  std::string nli_model, nli_digest;
  ClaimTimings timings;
};

/// Errors: kBadInput for an empty claim, one without a letter or digit; kTooLarge with both
/// numbers.
Status check_claim(const std::string& claim);

/// Threads: one at a time. What is borrowed outlives it.
class ClaimVerifier {
 public:
  struct Parts {
    engine::Engine* engine = nullptr;
    EvidenceSearch* search = nullptr;  // Null: only given evidence is judged.
    const Entailment* entailment = nullptr;
    Calibration calibration;
  };
  /// Errors: kBadInput where the calibration is another model's.
  static Result<ClaimVerifier> create(Parts parts);

  /// Errors: as check_claim and those of its steps; kBadInput where evidence is wanted without a
  /// corpus.
  Result<ClaimResult> verify(const ClaimAsk& ask);

 private:
  explicit ClaimVerifier(Parts parts) : parts_(std::move(parts)) {}
  Parts parts_;
};

}  // namespace quern::apps
