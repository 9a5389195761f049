#include "serve/claims/claims_desk.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include "apps/claims/calibration_files.h"
#include "apps/claims/claim_corpus.h"
#include "apps/claims/shipped_calibrations.h"
#include "base/elapsed.h"

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;

/// 0 where there is no such folder or file.
std::uint64_t inode_of(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

Status no_corpus(const std::string& name, const std::vector<std::string>& all) {
  const std::string those = all.empty() ? std::string("there is none yet: 'quern claims add'")
                                        : fmt::format("there are: {}", fmt::join(all, ", "));
  return {Code::kNotFound, name.empty() ? "no corpus to look for evidence in: " + those
                                        : fmt::format("no corpus '{}': {}", name, those)};
}

/// At most `n_most`: the first of every list, then the second, and so on; those of one rank by
/// their cosines. Cosines alone would leave out corpora that have none, or longer sentences.
std::vector<apps::EvidenceSentence> merged(std::span<std::vector<apps::EvidenceSentence>> lists,
                                           std::size_t n_most) {
  std::vector<apps::EvidenceSentence> out;
  bool has_more = true;
  for (std::size_t rank = 0; has_more && out.size() < n_most; ++rank) {
    const std::size_t begin = out.size();
    for (std::vector<apps::EvidenceSentence>& list : lists) {
      if (rank < list.size()) out.push_back(std::move(list[rank]));
    }
    has_more = out.size() > begin;
    std::ranges::stable_sort(
        std::span(out).subspan(begin), std::ranges::greater(),
        [](const auto& sentence) { return sentence.nearness.cosine.value_or(-1); });
  }
  if (out.size() > n_most) out.resize(n_most);
  return out;
}

apps::NliScores softmax(const apps::NliAnswer& answer, double temperature) {
  const double top = std::max({answer.entailment, answer.contradiction, answer.neutral});
  const auto share = [&](float logit) { return std::exp((double{logit} - top) / temperature); };
  apps::NliScores out{share(answer.entailment), share(answer.contradiction), share(answer.neutral)};
  const double sum = out.entailment + out.contradiction + out.neutral;
  return {out.entailment / sum, out.contradiction / sum, out.neutral / sum};
}

}  // namespace

void ClaimsDesk::describe_search(const Found& found, apps::ClaimResult& out) {
  if (out.evidence.empty() && !found.why_empty.empty()) out.judgement.reason = found.why_empty;
  out.corpus = fmt::format("{}", fmt::join(found.corpora, ","));
  out.generation = found.generation;
  out.timings.embed_ms = found.vector_ms;
  out.timings.retrieve_ms = found.search_ms;
}

Result<std::shared_ptr<const apps::Entailment>> ClaimsDesk::entailment() {
  const std::lock_guard lock(mutex_);
  if (entailment_ != nullptr) {
    QUERN_ASSIGN(const std::string digest, engine_.model_digest(model_));
    if (digest == entailment_->digest()) return entailment_;
    entailment_ = nullptr;
  }
  QUERN_ASSIGN(apps::Entailment opened, apps::Entailment::open(engine_, model_));
  entailment_ = std::make_shared<const apps::Entailment>(std::move(opened));
  return entailment_;
}

Result<apps::Calibration> ClaimsDesk::calibration_for(const std::string& digest) const {
  QUERN_ASSIGN(std::optional<apps::Calibration> fitted, apps::load_calibration(home_, digest));
  return fitted ? std::move(*fitted) : apps::calibration_for(digest);
}

Result<std::shared_ptr<const apps::TextEmbedder>> ClaimsDesk::embedder() {
  const std::lock_guard lock(mutex_);
  const Result<std::string> digest = engine_.model_digest(embedder_);
  if (digest.status().code() == Code::kNotFound) return std::shared_ptr<const apps::TextEmbedder>();
  QUERN_TRY(digest.status());
  if (opened_embedder_ != nullptr && embedder_digest_ == *digest) return opened_embedder_;
  QUERN_ASSIGN(apps::TextEmbedder opened, apps::TextEmbedder::open(engine_, {.model = embedder_}));
  opened_embedder_ = std::make_shared<const apps::TextEmbedder>(std::move(opened));
  embedder_digest_ = *digest;
  return opened_embedder_;
}

Result<std::vector<std::string>> ClaimsDesk::corpora_of(
    const std::vector<std::string>& wanted) const {
  QUERN_ASSIGN(std::vector<std::string> all, apps::corpus_names(home_));
  if (all.empty()) return no_corpus("", all);
  if (wanted.empty()) return all;
  for (const std::string& name : wanted) {
    if (std::find(all.begin(), all.end(), name) == all.end()) return no_corpus(name, all);
  }
  std::vector<std::string> out = wanted;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::shared_ptr<ClaimsDesk::Corpus>> ClaimsDesk::corpus(const std::string& name) {
  const std::string folder = apps::corpus_folder(home_, name);
  const std::uint64_t inode = inode_of(folder);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Corpus>& known = corpora_[name];
  if (known != nullptr && known->inode == inode) return known;
  auto opened = std::make_shared<Corpus>();
  opened->inode = inode;
  QUERN_ASSIGN(opened->store, store::Store::open({.folder = folder}));
  QUERN_ASSIGN(opened->search, apps::EvidenceSearch::create(*opened->store, scans_, &engine_));
  known = std::move(opened);
  return known;
}

Result<ClaimsDesk::Found> ClaimsDesk::find(const std::string& text,
                                           const std::vector<std::string>& corpora,
                                           std::uint32_t n_wanted, store::Mode mode) {
  Found out;
  QUERN_ASSIGN(out.corpora, corpora_of(corpora));
  apps::EvidenceWish wish;
  wish.n_sentences = n_wanted;
  // Hybrid where there are vectors, by words where there are none.
  if (mode != store::Mode::kHybrid) wish.mode = mode;
  std::vector<std::vector<apps::EvidenceSentence>> lists;
  for (const std::string& name : out.corpora) {
    QUERN_ASSIGN(const std::shared_ptr<Corpus> here, corpus(name));
    const std::lock_guard lock(here->mutex);
    QUERN_ASSIGN(apps::FoundEvidence found,
                 here->search->find(text, wish).in(fmt::format("corpus '{}'", name)));
    out.vector_ms += found.vector_ms;
    out.search_ms += found.search_ms;
    if (out.corpora.size() == 1) out.generation = found.generation;
    if (out.why_empty.empty()) out.why_empty = found.why_empty;
    for (apps::EvidenceSentence& sentence : found.sentences) {
      // Sources of two corpora are not the same for having the same key.
      if (out.corpora.size() > 1) sentence.source.key = name + "/" + sentence.source.key;
    }
    lists.push_back(std::move(found.sentences));
  }
  out.sentences = merged(lists, n_wanted);
  return out;
}

Result<ClaimsDesk::Found> ClaimsDesk::evidence_for(const VerifyRequest& request) {
  if (!request.evidence) {
    return find(request.claim_text, request.corpus_ids,
                static_cast<std::uint32_t>(request.n_evidence), request.mode);
  }
  Found out;
  QUERN_ASSIGN(out.sentences, apps::sentences_of_given(*request.evidence));
  return out;
}

Result<VerifiedClaim> ClaimsDesk::verify(const VerifyRequest& request,
                                         const std::function<void(int)>& on_progress) {
  const auto start = Clock::now();
  QUERN_TRY(apps::check_claim(request.claim_text));
  QUERN_ASSIGN(const std::shared_ptr<const apps::Entailment> model, entailment());
  QUERN_ASSIGN(apps::Calibration calibration, calibration_for(model->digest()));
  on_progress(10);
  QUERN_ASSIGN(Found found, evidence_for(request));
  on_progress(50);
  apps::ClaimVerifier::Parts parts = {
      .engine = &engine_, .entailment = model.get(), .calibration = calibration};
  std::shared_ptr<const apps::TextEmbedder> near;
  // What a corpus has found has its numbers from there.
  if (request.evidence) {
    QUERN_ASSIGN(near, embedder());
    parts.embedder = [&near]() -> Result<const apps::TextEmbedder*> { return near.get(); };
  }
  QUERN_ASSIGN(apps::ClaimVerifier verifier, apps::ClaimVerifier::create(std::move(parts)));
  VerifiedClaim out;
  const bool has_unreadable =
      request.evidence && !request.evidence->empty() && found.sentences.empty();
  const apps::ClaimAsk ask = {.id = request.claim_id,
                              .claim = request.claim_text,
                              .evidence = std::move(found.sentences),
                              .has_unreadable = has_unreadable};
  QUERN_ASSIGN(out.result, verifier.verify(ask));
  if (!request.evidence) describe_search(found, out.result);
  out.claim_id = request.claim_id;
  out.threshold = request.threshold;
  out.wants_reasoning = request.wants_reasoning;
  out.corpora = std::move(found.corpora);
  if (calibration.digest.empty()) {
    out.warnings.push_back("no calibration was fitted for this model: confidence is a rough one");
  }
  out.calibration = std::move(calibration);
  out.total_ms = out.result.timings.total_ms = ms_since(start);
  on_progress(90);
  return out;
}

Result<std::vector<NliSaid>> ClaimsDesk::judge(std::span<const apps::NliPair> pairs) {
  QUERN_ASSIGN(const std::shared_ptr<const apps::Entailment> model, entailment());
  QUERN_ASSIGN(const apps::Calibration calibration, calibration_for(model->digest()));
  QUERN_ASSIGN(const std::vector<apps::NliAnswer> answers,
               model->judge(pairs, engine::WorkClass::kInteractive));
  std::vector<NliSaid> out;
  for (const apps::NliAnswer& answer : answers) {
    QUERN_TRY(answer.status.in(fmt::format("pair {}", out.size() + 1)));
    out.push_back(
        {.scores = softmax(answer, calibration.temperature), .n_dropped = answer.n_dropped});
  }
  return out;
}

Result<std::vector<apps::EvidenceSentence>> ClaimsDesk::search(const EvidenceRequest& request) {
  const auto n_wanted = static_cast<std::uint32_t>(request.n_wanted);
  QUERN_ASSIGN(Found found, find(request.query, request.corpus_ids, n_wanted, request.mode));
  std::erase_if(found.sentences, [&](const apps::EvidenceSentence& sentence) {
    const bool is_far = request.least_similarity > 0 &&
                        sentence.nearness.cosine.value_or(0) < double{request.least_similarity};
    return is_far || (!request.source_url.empty() && sentence.source.url != request.source_url);
  });
  return std::move(found.sentences);
}

std::string ClaimsDesk::lock_path() const { return home_ + "/claims/claims.lock"; }

bool ClaimsDesk::has_books() const {
  std::error_code error;
  return std::filesystem::exists(apps::claims_db_path(home_), error);
}

Status ClaimsDesk::with_books(const std::function<Status(Books)>& fn) {
  const std::lock_guard lock(books_mutex_);
  const std::string path = apps::claims_db_path(home_);
  // A file that was removed would be written to all the same, and lost.
  if (tasks_ == nullptr || inode_of(path) != books_inode_) {
    tasks_ = nullptr;
    QUERN_ASSIGN(claims_, apps::ClaimsDb::open(path, Sql::Access::kCreate));
    QUERN_ASSIGN(tasks_, apps::ClaimTasks::open(path));
    books_inode_ = inode_of(path);
  }
  return fn({*claims_, *tasks_});
}

}  // namespace quern::serve
