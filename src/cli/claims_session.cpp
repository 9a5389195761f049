#include "cli/claims_session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/claims/calibration_files.h"
#include "apps/claims/claim_corpus.h"
#include "apps/claims/shipped_calibrations.h"
#include "apps/store_model.h"
#include "base/machine.h"
#include "base/mapped_file.h"
#include "cli/store_vectors.h"
#include "hub/hub.h"
#include "store/filter/filter.h"

namespace quern::cli {
namespace {

// Whose cosines tell how near given evidence is, where no corpus says.
constexpr const char* kDefaultEmbedder = "all-MiniLM-L6-v2";

// That of 'quern claims add' without a name.
constexpr const char* kDefaultCorpus = "default";

constexpr std::size_t kMaxCalibrationBytes = std::size_t{1} << 20;

Status without_model(const std::string& model, const Status& status) {
  if (status.code() != Code::kNotFound) return status;
  return {
      Code::kNotFound,
      fmt::format("{}; claims are judged by an NLI model: ./quickstart installs '{}', 'quern "
                  "pull' fetches others, and --model names yours",
                  model == kDefaultNliModel ? fmt::format("the model '{}' is not installed", model)
                                            : status.message(),
                  kDefaultNliModel)};
}

Result<apps::Calibration> calibration_of(const ClaimsFlags& flags, const apps::Entailment& model) {
  if (!flags.calibration.empty()) {
    QUERN_ASSIGN(const std::string text, read_file(flags.calibration, kMaxCalibrationBytes));
    const std::string quoted = "'" + flags.calibration + "'";
    QUERN_ASSIGN(apps::Calibration read, apps::calibration_from_json(text).in(quoted));
    if (!read.digest.empty()) return read;
    return Status(Code::kBadInput, quoted +
                                       " does not say for which model it was fitted: it has no "
                                       "digest; 'quern claims fit' writes one");
  }
  QUERN_ASSIGN(std::optional<apps::Calibration> fitted,
               apps::load_calibration(hub::home_folder(), model.digest()));
  return fitted ? std::move(*fitted) : apps::calibration_for(model.digest());
}

Result<std::string> corpus_of(const ClaimsFlags& flags) {
  QUERN_ASSIGN(const std::vector<std::string> names, apps::corpus_names(hub::home_folder()));
  if (flags.corpus.empty() && names.size() == 1) return names.front();
  if (!flags.corpus.empty()) {
    QUERN_TRY(apps::check_corpus_name(flags.corpus));
  }
  const std::string wanted = flags.corpus.empty() ? kDefaultCorpus : flags.corpus;
  if (std::ranges::find(names, wanted) != names.end()) return wanted;
  const std::string those = names.empty()
                                ? std::string("there is none yet: 'quern claims add' makes one")
                                : fmt::format("there are: {}", fmt::join(names, ", "));
  if (flags.corpus.empty() && !names.empty()) {
    return Status(Code::kBadInput, "which --corpus is to be searched? " + those);
  }
  return Status(Code::kNotFound, flags.corpus.empty()
                                     ? "no corpus to look for evidence in: " + those
                                     : fmt::format("no corpus '{}': {}", flags.corpus, those));
}

}  // namespace

void add_claims_model_flags(CLI::App& command, ClaimsFlags& flags) {
  command
      .add_option("--model", flags.model,
                  fmt::format("The NLI model that judges: an installed name or a path ({})",
                              kDefaultNliModel))
      ->type_name("MODEL");
  command
      .add_option("--calibration", flags.calibration,
                  "What turns the model's numbers into probabilities (default: what\n'quern "
                  "claims fit' learnt for the model here, else what comes with the program)")
      ->type_name("FILE")
      ->check(empty_problem);
}

void add_claims_corpus_flags(CLI::App& command, ClaimsFlags& flags) {
  command
      .add_option(
          "--corpus", flags.corpus,
          "Where evidence is looked for (default: the only corpus there is, else\n'default')")
      ->type_name("NAME");
  command
      .add_option("--evidence,--evidence-count", flags.n_evidence,
                  "Most sentences that are judged (16)")
      ->type_name("N")
      ->check(CLI::Range(1u, 200u));
  command
      .add_option("--filter", flags.filter,
                  "Only evidence whose attributes fit: 'date >= \"2020-01-01\"'\n(docs/filters.md)")
      ->type_name("FILTER");
  command.add_option("--mode", flags.mode, "bm25, dense or hybrid (where there are vectors)")
      ->type_name("MODE");
}

Result<std::unique_ptr<ClaimsSession>> ClaimsSession::open(const ClaimsFlags& flags,
                                                           const EngineFlags& engine) {
  std::unique_ptr<ClaimsSession> out(new ClaimsSession);
  QUERN_ASSIGN(out->engine_, open_engine(engine));
  const std::string model = flags.model.empty() ? kDefaultNliModel : flags.model;
  Result<apps::Entailment> entailment = apps::Entailment::open(*out->engine_, model);
  if (!entailment.ok()) return without_model(model, entailment.status());
  out->entailment_ = std::move(*entailment);
  QUERN_ASSIGN(out->calibration_, calibration_of(flags, *out->entailment_));
  out->pool_ =
      std::make_unique<ThreadPool>(engine.n_threads > 0 ? engine.n_threads : usable_cpus());
  return out;
}

Status ClaimsSession::open_corpus(const ClaimsFlags& flags) {
  QUERN_ASSIGN(corpus_, corpus_of(flags));
  QUERN_ASSIGN(store_,
               store::Store::open({.folder = apps::corpus_folder(hub::home_folder(), corpus_)}));
  QUERN_ASSIGN(search_, apps::EvidenceSearch::create(*store_, *pool_, engine_.get()));
  wish_.n_sentences = flags.n_evidence;
  if (!flags.mode.empty()) {
    QUERN_ASSIGN(wish_.mode, store::mode_from_name(flags.mode).in("--mode"));
  }
  if (!flags.filter.empty()) {
    QUERN_ASSIGN(wish_.filter,
                 store::parse_filter(flags.filter, store_->schema().attributes).in("--filter"));
  }
  return {};
}

Status ClaimsSession::open_corpus_if_wanted(const ClaimsFlags& flags) {
  if (flags.corpus.empty() && !corpus_of(flags).ok()) return {};
  return open_corpus(flags);
}

// The model of the corpus's vectors, else the default where it is installed.
Result<const apps::TextEmbedder*> ClaimsSession::embedder() {
  if (embedder_) return &*embedder_;
  if (store_) {
    QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
    if (const store::SpaceRow* space = snapshot->active_space()) {
      QUERN_ASSIGN(embedder_, apps::open_embedder(*engine_, space->space));
      return &*embedder_;
    }
  }
  if (!hub::Hub(hub::home_folder()).find(kDefaultEmbedder).ok()) return nullptr;
  QUERN_ASSIGN(embedder_, apps::TextEmbedder::open(*engine_, {.model = kDefaultEmbedder}));
  return &*embedder_;
}

Result<apps::ClaimVerifier*> ClaimsSession::verifier() {
  if (!verifier_) {
    QUERN_ASSIGN(verifier_,
                 apps::ClaimVerifier::create({.engine = engine_.get(),
                                              .search = search_.get(),
                                              .corpus = corpus_,
                                              .entailment = &*entailment_,
                                              .calibration = calibration_,
                                              .embedder = [this] { return embedder(); }}));
  }
  return &*verifier_;
}

Result<std::unique_ptr<apps::ClaimsDb>> open_claims_db(Sql::Access access) {
  return apps::ClaimsDb::open(apps::claims_db_path(hub::home_folder()), access);
}

}  // namespace quern::cli
