// quern claims fit: what a model's numbers mean, learnt from claims with labels.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/calibration_files.h"
#include "apps/claims/claim_fit.h"
#include "base/part_file.h"
#include "cli/claims_commands.h"
#include "cli/claims_gold.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(FILE has claims with labels, a line of JSON each: {"claim": "...", "label": "SUPPORTED"} (or REFUTED, or
NOT_ENOUGH_INFO), with "evidence" where just that is to be judged; or it is one of SciFact's, by whose
sentences more is learnt. Each claim is judged by the model, and what its numbers mean is fitted to the labels.
What is reported comes from claims that were left out of the fit. What was learnt is kept for the model, in the
home, and used with it and no other from then on.

Examples:
  quern claims fit labelled.jsonl --fitted-on "our claims of 2025"
  quern claims fit scifact/claims_train.jsonl --corpus scifact --trained-on)";

struct FitFlags {
  ClaimsFlags claims;
  std::string file;
  std::string fitted_on;
  std::string out;
  bool is_trained_on = false;
  bool quiet = false;
};

constexpr std::size_t kTogether = 32;

Result<std::vector<apps::ClaimResult>> judge_all(const FitFlags& flags, ClaimsSession& session,
                                                 const std::vector<apps::GoldClaim>& gold) {
  QUERN_ASSIGN(apps::ClaimVerifier* const verifier, session.verifier());
  Progress progress("claims", progress_style(stderr, flags.quiet), stderr);
  std::vector<apps::ClaimResult> out;
  while (out.size() < gold.size()) {
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    std::vector<apps::ClaimAsk> asks;
    for (std::size_t i = out.size(); i < gold.size() && asks.size() < kTogether; ++i) {
      asks.push_back(gold[i].ask);
      asks.back().wish = session.wish();
    }
    for (Result<apps::ClaimResult>& result : verifier->verify_all(asks, engine::WorkClass::kBulk)) {
      QUERN_TRY(result.status().in(fmt::format("claim {}", out.size() + 1)));
      out.push_back(std::move(*result));
    }
    const auto n = static_cast<long>(out.size());
    progress.show(
        WorkDone{.n_texts = n, .share = static_cast<double>(n) / static_cast<double>(gold.size())});
  }
  return out;
}

std::string line_of(const char* what, const apps::LabelScores& scores) {
  return fmt::format("  {:<9} accuracy {:.3f}, macro-F1 {:.3f}, ECE {:.3f}, Brier {:.3f}\n", what,
                     scores.accuracy, scores.macro_f1, scores.ece, scores.brier);
}

Status save(const FitFlags& flags, const apps::Calibration& calibration) {
  if (flags.out.empty()) return apps::save_calibration(hub::home_folder(), calibration);
  QUERN_ASSIGN(PartFile file, PartFile::create(flags.out, 0666));
  QUERN_TRY(file.write(apps::json_from_calibration(calibration) + "\n"));
  return file.publish();
}

// What happened is noted where it can be; the calibration is there all the same.
void note_fit(const apps::Calibration& calibration) {
  const auto noted = [&]() -> Status {
    QUERN_ASSIGN(const auto db, open_claims_db(Sql::Access::kCreate));
    return db->note("fitted", apps::json_from_calibration(calibration));
  }();
  if (!noted.ok()) print_error("the fit is not noted: " + noted.message());
}

Status fit(const FitFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  QUERN_ASSIGN(const std::vector<apps::GoldClaim> gold, read_gold(flags.file, 0));
  QUERN_ASSIGN(const auto session, ClaimsSession::open(flags.claims, engine));
  if (needs_corpus(gold)) QUERN_TRY(session->open_corpus(flags.claims));
  QUERN_ASSIGN(const std::vector<apps::ClaimResult> results, judge_all(flags, *session, gold));
  std::vector<apps::FitClaim> claims;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    claims.push_back({.label = gold[i].label,
                      .pairs = apps::judged_pairs(results[i]),
                      .gold = apps::gold_of_sentences(gold[i], results[i])});
  }
  QUERN_ASSIGN(apps::FitResult fitted,
               apps::fit_calibration(claims, {.is_trained_on = flags.is_trained_on}));
  apps::Calibration& calibration = fitted.calibration;
  calibration.model = session->entailment().model();
  calibration.digest = session->entailment().digest();
  calibration.fitted_on = flags.fitted_on.empty()
                              ? fmt::format("{}, {} claims", flags.file, gold.size())
                              : flags.fitted_on;
  QUERN_TRY(save(flags, calibration));
  note_fit(calibration);
  if (flags.quiet) return {};
  print_note(fmt::format("fitted for {} to {} claims\n{}{}", calibration.model,
                         grouped(static_cast<long>(gold.size())), line_of("before:", fitted.before),
                         line_of("left out:", fitted.left_out)));
  return {};
}

}  // namespace

void add_claims_fit(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<FitFlags>();
  CLI::App* command =
      parent.add_subcommand("fit", "Learn from labelled claims what a model's numbers mean");
  command->footer(kExamples);
  command->add_option("FILE", flags->file, "Claims with labels, JSON lines")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  add_claims_corpus_flags(*command, flags->claims);
  add_claims_model_flags(*command, flags->claims);
  command->add_option("--fitted-on", flags->fitted_on, "What the claims are, for whoever reads it")
      ->type_name("TEXT");
  command->add_flag("--trained-on", flags->is_trained_on,
                    "The model was trained on these very claims: how far its word goes is not\n"
                    "learnt from them");
  command->add_option("-o,--out", flags->out, "Write to this file, in place of the home")
      ->type_name("FILE")
      ->check(empty_problem);
  command->add_flag("-q,--quiet", flags->quiet, "No progress, no summary");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(fit(*flags, context.engine)); });
}

}  // namespace quern::cli
