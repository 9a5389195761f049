// Where claims of clients are judged and kept: model, corpora and database, opened when they are
// first needed.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/claim_tasks.h"
#include "apps/claims/claims_db.h"
#include "apps/claims/evidence_search.h"
#include "apps/entailment.h"
#include "apps/text_embedder.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "serve/claims/claims_responses.h"
#include "serve/claims/nli_share.h"
#include "store/store.h"

namespace quern::serve {

/// Threads: any.
class ClaimsDesk {
 public:
  /// `embedder` tells how near evidence is that clients give, where it is installed.
  ClaimsDesk(engine::Engine& engine, ThreadPool& scans, std::string home, std::string model,
             std::string embedder)
      : engine_(engine),
        scans_(scans),
        home_(std::move(home)),
        model_(std::move(model)),
        embedder_(std::move(embedder)) {}

  /// Evidence as it is given, or out of all the corpora asked for, then a verdict; nothing is kept.
  /// `on_progress` is told percents. Errors: kNotFound naming the corpora or models that there are;
  /// as sentences_of_given and ClaimVerifier::verify.
  Result<VerifiedClaim> verify(const VerifyRequest& request,
                               const std::function<void(int)>& on_progress);

  /// [as the pairs], calibrated for the model. Errors: as Entailment; the first pair's that failed.
  Result<std::vector<NliSaid>> judge(std::span<const apps::NliPair> pairs);

  /// The nearest first. Errors: as EvidenceSearch::find.
  Result<std::vector<apps::EvidenceSentence>> search(const EvidenceRequest& request);

  /// Runs `fn` with the database, one at a time. Errors: those of opening it, and of `fn`.
  struct Books {
    apps::ClaimsDb& claims;
    apps::ClaimTasks& tasks;
  };
  Status with_books(const std::function<Status(Books)>& fn);

  /// Of the one server that verifies claims of this home; its folder is there with the database.
  std::string lock_path() const;

  /// Whether there is a database already.
  bool has_books() const;

 private:
  struct Corpus {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<apps::EvidenceSearch> search;
    std::uint64_t inode = 0;  // Of its folder: a corpus made anew is another one.
    std::mutex mutex;         // Of its searches.
  };
  struct Found {
    std::vector<apps::EvidenceSentence> sentences;
    std::vector<std::string> corpora;
    std::string why_empty;
    store::GenerationId generation = 0;  // Of a single corpus.
    double vector_ms = 0;
    double search_ms = 0;
  };

  /// Read anew where the model of that name is another one by now.
  Result<std::shared_ptr<const apps::Entailment>> entailment();
  Result<apps::Calibration> calibration_for(const std::string& digest) const;
  /// Likewise. Null where it is not installed.
  Result<std::shared_ptr<const apps::TextEmbedder>> embedder();
  Result<std::shared_ptr<Corpus>> corpus(const std::string& name);
  Result<std::vector<std::string>> corpora_of(const std::vector<std::string>& wanted) const;
  static void describe_search(const Found& found, apps::ClaimResult& out);
  Result<Found> evidence_for(const VerifyRequest& request);
  Result<Found> find(const std::string& text, const std::vector<std::string>& corpora,
                     std::uint32_t n_wanted, store::Mode mode);

  engine::Engine& engine_;
  ThreadPool& scans_;
  const std::string home_;
  const std::string model_;
  const std::string embedder_;

  std::mutex mutex_;  // Guards these.
  std::shared_ptr<const apps::Entailment> entailment_;
  std::map<std::string, std::shared_ptr<Corpus>> corpora_;
  std::shared_ptr<const apps::TextEmbedder> opened_embedder_;
  std::string embedder_digest_;

  std::mutex books_mutex_;  // Guards these.
  std::unique_ptr<apps::ClaimsDb> claims_;
  std::unique_ptr<apps::ClaimTasks> tasks_;
  std::uint64_t books_inode_ = 0;  // Of their file.
};

}  // namespace quern::serve
