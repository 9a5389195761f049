// What the commands that judge claims have in common: model, calibration, corpus, database.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "apps/claims/claims_db.h"
#include "apps/claims/evidence_search.h"
#include "apps/claims/verify_claim.h"
#include "apps/entailment.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "cli/flags.h"
#include "engine/engine.h"
#include "store/store.h"

namespace quern::cli {

/// Installed by ./quickstart; docs/claims.md says how good it is.
inline constexpr const char* kDefaultNliModel = "nli-scifact-minilm";

struct ClaimsFlags {
  std::string corpus;             // --corpus; "": the only one, else "default".
  std::string model;              // --model; "": kDefaultNliModel
  std::uint32_t n_evidence = 16;  // --evidence
  std::string filter;             // --filter
  std::string mode;               // --mode; "": by both, where there are vectors.
  std::string calibration;        // --calibration; "": what was fitted here, else built in.
  bool no_keep = false;           // --no-keep
};

/// Adds --model and --calibration.
void add_claims_model_flags(CLI::App& command, ClaimsFlags& flags);
/// Adds --corpus, --evidence, --filter and --mode.
void add_claims_corpus_flags(CLI::App& command, ClaimsFlags& flags);

/// Threads: one at a time.
class ClaimsSession {
 public:
  /// The engine with the model and its calibration. Errors: kNotFound, with how to get one, for
  /// the model; kBadInput for one that is no NLI model, a calibration of another one.
  static Result<std::unique_ptr<ClaimsSession>> open(const ClaimsFlags& flags,
                                                     const EngineFlags& engine);

  /// Opens the corpus; before the verifier is first asked for. Errors: kNotFound naming those that
  /// there are; kBadInput for the filter.
  Status open_corpus(const ClaimsFlags& flags);

  /// The same where a corpus is named or there is one to take without a name; else nothing.
  Status open_corpus_if_wanted(const ClaimsFlags& flags);

  /// All claims from now on find the corpus, where there is one, as it is now. Errors: as
  /// EvidenceSearch::pin.
  Status pin_corpus() { return search_ ? search_->pin() : Status(); }

  /// Errors: as ClaimVerifier::create.
  Result<apps::ClaimVerifier*> verifier();

  engine::Engine& engine() { return *engine_; }
  const apps::Entailment& entailment() const { return *entailment_; }
  const apps::Calibration& calibration() const { return calibration_; }
  const apps::EvidenceWish& wish() const { return wish_; }
  const std::string& corpus() const { return corpus_; }
  store::Store* store() { return store_.get(); }

 private:
  ClaimsSession() = default;

  Result<const apps::TextEmbedder*> embedder();

  std::unique_ptr<engine::Engine> engine_;
  std::optional<apps::Entailment> entailment_;
  apps::Calibration calibration_;
  std::string corpus_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<apps::EvidenceSearch> search_;
  apps::EvidenceWish wish_;
  std::optional<apps::TextEmbedder> embedder_;  // Of evidence that is given.
  std::optional<apps::ClaimVerifier> verifier_;
};

/// The database of the home. Errors: as ClaimsDb::open.
Result<std::unique_ptr<apps::ClaimsDb>> open_claims_db(Sql::Access access);

}  // namespace quern::cli
