// One file for a predictor: a packed store of the turns that may come next, with tables of its own
// for the predictor, the plain maps that it is measured beside, and which model embeds for it.
// docs/dialogue.md.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/turn_predictor.h"
#include "apps/text_embedder.h"
#include "base/byte_ledger.h"
#include "base/status.h"
#include "store/search.h"
#include "store/store.h"
#include "store/vector/space.h"

namespace quern::apps {

/// The predictor itself; all other names are those of maps that it is measured beside.
inline constexpr const char* kMainPredictor = "predictor";

struct NextTurn {
  std::string text;
  double score = 0;  // Cosine.
};

struct NextTurns {
  std::vector<NextTurn> turns;  // The best first.
  double confidence = 0;        // That the first is what comes, if it is among the candidates.
};

/// Reads little before the first prediction. Threads: any.
class PredictorFile {
 public:
  /// Errors: kNotFound; kBadInput where it is no predictor or damaged; kUnsupported for another
  /// version.
  static Result<std::unique_ptr<PredictorFile>> open(const std::string& path,
                                                     ByteLedger* ledger = nullptr);

  const store::VectorSpace& space() const { return space_; }
  const std::vector<std::string>& names() const { return names_; }
  std::uint64_t n_candidates() const { return snapshot_->row().n_live; }

  /// Errors: kNotFound naming those that there are; as predictor_from.
  Result<TurnPredictor> predictor(const std::string& name = kMainPredictor);

  /// What embeds for it. `model`: another place of the same model; "": where it was. Errors:
  /// kNotFound where it is not installed; kBadInput where it is another model now.
  Result<TextEmbedder> embedder(engine::Engine& engine, const std::string& model = {}) const;

  /// The candidates nearest to what a predictor of this file says. Errors: kBadInput for damage.
  Result<NextTurns> nearest(const TurnPredictor& predictor, std::span<const float> predicted,
                            std::uint32_t n_wanted, ThreadPool& pool);

 private:
  explicit PredictorFile(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}
  Status read_facts(Sql& sql);

  std::unique_ptr<store::Store> store_;
  store::Snapshot snapshot_;
  store::VectorSpace space_;
  std::vector<std::string> names_;
  std::vector<float> sample_;  // [n, d] Of candidates: how near any of them is.
};

}  // namespace quern::apps
