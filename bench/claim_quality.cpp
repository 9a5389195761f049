// How good verdicts are on SciFact, by the whole pipeline: evidence from a corpus, a model's word,
// a calibration that is fitted on the train claims and judged on the dev claims.
//
//   bench_claim_quality HOME CORPUS MODEL SCIFACT [--trained-on] [--out CALIBRATION.json]
//
// HOME has the corpus (quern claims add --corpus CORPUS scifact_corpus_original.jsonl) and the
// embedder; SCIFACT is a folder with claims_train.jsonl and claims_dev.jsonl. --trained-on says
// that the model was trained on the train claims (FitWish::is_trained_on).

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/claim_fit.h"
#include "apps/claims/score_sets.h"
#include "apps/claims/verify_claim.h"

namespace quern::apps {
namespace {

struct Options {
  std::string home, corpus, model, scifact, out;
  bool is_trained_on = false;
};

struct Part {
  std::vector<ClaimResult> results;
  std::vector<SciFactGold> gold;
  std::vector<FitClaim> claims;  // Borrows from `results`.
};

void stop_on(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  std::exit(1);
}

template <typename T>
T taken(Result<T> result) {
  stop_on(result.status());
  return std::move(*result);
}

SciFactGold gold_of(const nlohmann::json& claim) {
  SciFactGold gold;
  for (const auto& [source, sets] : claim["evidence"].items()) {
    SciFactAbstract abstract;
    for (const auto& set : sets) {
      abstract.label = taken(verdict_from_name(set["label"].get<std::string>()));
      abstract.rationales.push_back(set["sentences"].get<std::vector<std::uint32_t>>());
    }
    gold.emplace(source, std::move(abstract));
  }
  return gold;
}

Verdict label_of(const SciFactGold& gold) {
  return gold.empty() ? Verdict::kNotEnoughInfo : gold.begin()->second.label;
}

Verdict says(const SciFactGold& gold, const EvidenceSentence& sentence) {
  const auto found = gold.find(sentence.source.key);
  if (found == gold.end()) return Verdict::kNotEnoughInfo;
  for (const auto& rationale : found->second.rationales) {
    for (const std::uint32_t i : rationale) {
      if (i == sentence.i_sentence) return found->second.label;
    }
  }
  return Verdict::kNotEnoughInfo;
}

Part judged_part(const std::string& file, ClaimVerifier& verifier) {
  Part part;
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    const nlohmann::json claim = nlohmann::json::parse(line);
    ClaimAsk ask = {.claim = claim["claim"].get<std::string>()};
    ask.wish.n_sentences = 16;
    part.results.push_back(taken(verifier.verify(ask, engine::WorkClass::kBulk)));
    part.gold.push_back(gold_of(claim));
  }
  for (std::size_t i = 0; i < part.results.size(); ++i) {
    FitClaim fit = {.label = label_of(part.gold[i]), .pairs = {}};
    fit.pairs = judged_pairs(part.results[i]);
    for (const ClaimEvidence& e : part.results[i].evidence) {
      fit.gold.push_back(says(part.gold[i], e.sentence));
    }
    part.claims.push_back(std::move(fit));
  }
  return part;
}

std::string line_of(const F1Score& f1) {
  return fmt::format("F1 {:.3f} (precision {:.3f}, recall {:.3f})", f1.f1, f1.precision, f1.recall);
}

void print_sureness(const char* name, const Sureness& of) {
  fmt::print("  {:<16} said of {:>3}: confidence {:.3f}, right {:.3f}, ECE {:.3f}\n", name,
             of.n_claims, of.confidence, of.accuracy, of.ece);
}

void report(const char* name, Part& part, const Calibration& calibration) {
  std::vector<LabelledVerdict> verdicts;
  std::vector<SciFactPrediction> cited;
  double n_held = 0;
  double n_in_set = 0;
  for (std::size_t i = 0; i < part.results.size(); ++i) {
    ClaimResult& result = part.results[i];
    // In the order of the pairs, which is not that of the first judgement.
    result.judgement = taken(judge(part.claims[i].pairs, calibration));
    for (std::size_t k = 0; k < result.evidence.size(); ++k) {
      result.evidence[k].voice = result.judgement.voices[k];
    }
    const Judgement& made = result.judgement;
    verdicts.push_back(
        {part.claims[i].label, made.verdict, made.confidence, made.scores, made.is_abstention});
    cited.push_back(cited_abstracts(result, calibration));
    for (const Verdict v : made.conformal_set) n_held += v == part.claims[i].label ? 1 : 0;
    n_in_set += static_cast<double>(made.conformal_set.size());
  }
  const LabelScores labels = score_labels(verdicts);
  const SciFactScores sets = scifact_scores(part.gold, cited);
  const auto n = static_cast<double>(part.results.size());
  fmt::print("{}: {} claims\n  abstracts, label only {}\n  abstracts, with rationale {}\n", name,
             part.results.size(), line_of(sets.abstract_label_only),
             line_of(sets.abstract_rationalized));
  fmt::print("  sentences, selection {}\n  sentences, with label {}\n",
             line_of(sets.sentence_selection), line_of(sets.sentence_label));
  fmt::print(
      "  verdicts: accuracy {:.3f}, macro F1 {:.3f}, ECE {:.3f}, Brier {:.3f}, accuracy at "
      "80 % coverage {:.3f}\n  conformal set: right one in it {:.3f}, size {:.2f}\n",
      labels.accuracy, labels.macro_f1, labels.ece, labels.brier, labels.accuracy_at_80, n_held / n,
      n_in_set / n);
  for (std::size_t i = 0; i < 3; ++i) {
    print_sureness(verdict_name(static_cast<Verdict>(i)), labels.said[i]);
  }
  print_sureness("undecided", labels.abstained);
}

int run(const Options& options) {
  engine::EngineOptions engine_options;
  engine_options.home = options.home;
  const auto engine = taken(engine::Engine::make(engine_options));
  const Entailment model = taken(Entailment::open(*engine, options.model));
  ThreadPool pool(engine->n_threads());
  const auto store = taken(open_corpus(options.home, options.corpus));
  const auto search = taken(EvidenceSearch::create(*store, pool, engine.get()));
  ClaimVerifier verifier = taken(ClaimVerifier::create({.engine = engine.get(),
                                                        .search = search.get(),
                                                        .corpus = options.corpus,
                                                        .entailment = &model,
                                                        .calibration = default_calibration()}));
  Part train = judged_part(options.scifact + "/claims_train.jsonl", verifier);
  Part dev = judged_part(options.scifact + "/claims_dev.jsonl", verifier);
  FitResult fit = taken(fit_calibration(train.claims, {.is_trained_on = options.is_trained_on}));
  fit.calibration.model = options.model;
  fit.calibration.digest = model.digest();
  fit.calibration.fitted_on =
      fmt::format("SciFact train (CC BY 4.0), {} claims", train.claims.size());
  fmt::print("left out: accuracy {:.3f}, ECE {:.3f}, Brier {:.3f}\n", fit.left_out.accuracy,
             fit.left_out.ece, fit.left_out.brier);
  report("train", train, fit.calibration);
  report("dev", dev, fit.calibration);
  report("dev by the default", dev, default_calibration());
  if (!options.out.empty()) {
    std::ofstream(options.out) << json_from_calibration(fit.calibration) << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace quern::apps

int main(int argc, char** argv) {
  quern::apps::Options options;
  std::vector<std::string> places;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--trained-on") {
      options.is_trained_on = true;
    } else if (argument == "--out" && i + 1 < argc) {
      options.out = argv[++i];
    } else {
      places.emplace_back(argument);
    }
  }
  if (places.size() != 4) {
    std::fprintf(stderr, "want HOME CORPUS MODEL SCIFACT [--trained-on] [--out FILE]\n");
    return 1;
  }
  options.home = places[0];
  options.corpus = places[1];
  options.model = places[2];
  options.scifact = places[3];
  return quern::apps::run(options);
}
