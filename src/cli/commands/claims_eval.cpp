// quern claims eval: how good verdicts are, and where their time goes.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "apps/claims/label_scores.h"
#include "apps/claims/score_sets.h"
#include "base/elapsed.h"
#include "cli/claims_commands.h"
#include "cli/claims_gold.h"
#include "cli/claims_session.h"
#include "cli/claims_stage_report.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(DATASET is a file of claims with labels, a line of JSON each: {"claim": "...", "label": "SUPPORTED"}, with
"evidence" where just that is to be judged; or a file in the form of SciFact's, or a folder with its
claims_dev.jsonl, whose claims have evidence looked for in --corpus. Printed are accuracy, macro-F1, ECE (10 equal-width bins), Brier
score, the accuracy of the 80 % of claims with the highest confidence, and a table of what was said for what,
with the mean confidence and the ECE of each verdict; of claims that were left undecided, how often
NOT_ENOUGH_INFO was right, beside the share that it was given.
Then, step by step, where the time of a claim goes, one claim at a time: average, median, 95th percentile,
share, and PASS or FAIL against targets (1 s a claim, its steps as TruthGraph's write-up shares out a minute).

Examples:
  quern claims eval labelled.jsonl
  quern claims eval scifact --corpus scifact --num-claims 50 --evidence-count 10 --warmup)";

struct EvalFlags {
  ClaimsFlags claims;
  std::string dataset;
  std::size_t n_claims = 0;  // 0: all.
  bool warmup = false;
  bool verbose = false;
  bool json = false;
};

// A folder stands for the claims of it that SciFact measures by.
std::string file_of(const std::string& dataset) {
  std::error_code none;
  return std::filesystem::is_directory(dataset, none) ? dataset + "/claims_dev.jsonl" : dataset;
}

/// A database beside the home's, so that its step is timed as it is and nothing of it stays.
class TimedDb {
 public:
  static Result<TimedDb> open() {
    TimedDb out;
    out.path_ = fmt::format("{}/claims/eval-{}.db", hub::home_folder(), ::getpid());
    QUERN_ASSIGN(out.db_, apps::ClaimsDb::open(out.path_, Sql::Access::kCreate));
    return out;
  }
  TimedDb(TimedDb&&) = default;
  TimedDb& operator=(TimedDb&&) = default;
  ~TimedDb() {
    if (!db_) return;
    db_.reset();
    for (const char* end : {"", "-wal", "-shm"}) ::unlink((path_ + end).c_str());
  }
  apps::ClaimsDb& db() { return *db_; }

 private:
  TimedDb() = default;
  std::string path_;
  std::unique_ptr<apps::ClaimsDb> db_;
};

struct Evaluation {
  std::vector<apps::LabelledVerdict> verdicts = {};
  std::vector<apps::ClaimTimings> times = {};
  std::vector<apps::SciFactPrediction> predictions = {};  // Where sentences are known to be right.
  std::vector<apps::SciFactGold> abstracts = {};
};

// The whole way of a claim, its row in the database included.
Result<apps::ClaimResult> timed(ClaimsSession& session, TimedDb& timed_db,
                                const apps::ClaimAsk& ask) {
  using Clock = std::chrono::steady_clock;
  QUERN_ASSIGN(apps::ClaimVerifier* const verifier, session.verifier());
  const auto start = Clock::now();
  QUERN_ASSIGN(apps::ClaimResult result, verifier->verify(ask));
  const auto judged = Clock::now();
  QUERN_TRY(timed_db.db().add(result, session.calibration()).status());
  result.timings.database_ms = ms_since(judged);
  result.timings.total_ms = ms_since(start);
  return result;
}

void tell_claim(const apps::GoldClaim& gold, const apps::ClaimResult& result) {
  const apps::Judgement& judgement = result.judgement;
  const std::string sure =
      judgement.is_abstention ? "undecided" : fmt::format("{:.0f} %", 100 * judgement.confidence);
  print_note(fmt::format("{} {:<15} {:>9}, {:.1f} ms: {}\n",
                         judgement.verdict == gold.label ? " " : "!",
                         apps::verdict_name(judgement.verdict), sure, result.timings.total_ms,
                         in_one_line(gold.ask.claim)));
}

Result<Evaluation> evaluate(const EvalFlags& flags, ClaimsSession& session,
                            const std::vector<apps::GoldClaim>& gold) {
  QUERN_ASSIGN(TimedDb db, TimedDb::open());
  if (flags.warmup) {
    apps::ClaimAsk first = gold.front().ask;
    first.wish = session.wish();
    QUERN_TRY(timed(session, db, first).status());
  }
  Progress progress("claims", progress_style(stderr, flags.verbose), stderr);
  Evaluation out;
  for (const apps::GoldClaim& claim : gold) {
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    apps::ClaimAsk ask = claim.ask;
    ask.wish = session.wish();
    QUERN_ASSIGN(const apps::ClaimResult result,
                 timed(session, db, ask).in(fmt::format("claim '{}'", ask.id)));
    out.verdicts.push_back({.label = claim.label,
                            .verdict = result.judgement.verdict,
                            .confidence = result.judgement.confidence,
                            .scores = result.judgement.scores,
                            .is_abstention = result.judgement.is_abstention});
    out.times.push_back(result.timings);
    if (claim.knows_sentences) {
      out.predictions.push_back(apps::cited_abstracts(result, session.calibration()));
      out.abstracts.push_back(claim.abstracts);
    }
    if (flags.verbose) tell_claim(claim, result);
    const auto n = static_cast<long>(out.times.size());
    progress.show(
        WorkDone{.n_texts = n, .share = static_cast<double>(n) / static_cast<double>(gold.size())});
  }
  return out;
}

std::string label_table(const apps::LabelScores& scores) {
  std::string out = fmt::format(
      "{} claims: accuracy {:.3f}, macro-F1 {:.3f}, ECE {:.3f}, Brier {:.3f}, accuracy at 80 % "
      "coverage {:.3f}\n\n  {:<16}{:>10}{:>10}{:>16}{:>11}{:>8}{:>7}{:>12}{:>7}\n",
      scores.n_claims, scores.accuracy, scores.macro_f1, scores.ece, scores.brier,
      scores.accuracy_at_80, "label", "SUPPORTED", "REFUTED", "NOT_ENOUGH_INFO", "precision",
      "recall", "F1", "confidence", "ECE");
  for (std::size_t i = 0; i < 3; ++i) {
    out +=
        fmt::format("  {:<16}{:>10}{:>10}{:>16}{:>11.3f}{:>8.3f}{:>7.3f}{:>12.3f}{:>7.3f}\n",
                    apps::verdict_name(static_cast<apps::Verdict>(i)), scores.confusion[i][0],
                    scores.confusion[i][1], scores.confusion[i][2], scores.precision[i],
                    scores.recall[i], scores.f1[i], scores.said[i].confidence, scores.said[i].ece);
  }
  const apps::Sureness& open = scores.abstained;
  if (open.n_claims == 0) return out;
  return out + fmt::format(
                   "\n  {} claims undecided: {:.3f} of them NOT_ENOUGH_INFO, which was "
                   "given {:.3f}\n",
                   open.n_claims, open.accuracy, open.confidence);
}

/// SciFact's measures by their names.
std::vector<std::pair<const char*, apps::F1Score>> named(const apps::SciFactScores& scores) {
  return {{"abstract_label_only", scores.abstract_label_only},
          {"abstract_rationalized", scores.abstract_rationalized},
          {"sentence_selection", scores.sentence_selection},
          {"sentence_label", scores.sentence_label}};
}

std::string scifact_table(const apps::SciFactScores& scores) {
  std::string out =
      fmt::format("\n  {:<24}{:>11}{:>8}{:>7}\n", "SciFact", "precision", "recall", "F1");
  for (const auto& [name, score] : named(scores)) {
    out += fmt::format("  {:<24}{:>11.3f}{:>8.3f}{:>7.3f}\n", name, score.precision, score.recall,
                       score.f1);
  }
  return out;
}

std::string scifact_json(const apps::SciFactScores& scores) {
  std::string out;
  for (const auto& [name, score] : named(scores)) {
    out += fmt::format(R"({}"{}":{{"precision":{},"recall":{},"f1":{}}})", out.empty() ? "" : ",",
                       name, score.precision, score.recall, score.f1);
  }
  return "{" + out + "}";
}

std::string report_of(const EvalFlags& flags, const ClaimsSession& session,
                      const Evaluation& done) {
  const apps::LabelScores labels = apps::score_labels(done.verdicts);
  const StageReport stages = stage_report(done.times);
  const apps::SciFactScores scifact = apps::scifact_scores(done.abstracts, done.predictions);
  const bool has_sentences = !done.abstracts.empty();
  if (!flags.json) {
    return label_table(labels) + (has_sentences ? scifact_table(scifact) : "") + "\n" +
           stage_table(stages);
  }
  std::string out = "{\"model\":";
  append_json_string(session.entailment().model(), out);
  out +=
      fmt::format(R"(,"calibration":"{}","labels":{})",
                  apps::calibration_digest(session.calibration()), apps::json_from_scores(labels));
  if (has_sentences) out += ",\"scifact\":" + scifact_json(scifact);
  return out + fmt::format(",\"stages\":{}}}\n", stage_json(stages));
}

Status eval(const EvalFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  QUERN_ASSIGN(const std::vector<apps::GoldClaim> gold,
               read_gold(file_of(flags.dataset), flags.n_claims));
  QUERN_ASSIGN(const auto session, ClaimsSession::open(flags.claims, engine));
  if (needs_corpus(gold)) QUERN_TRY(session->open_corpus(flags.claims));
  QUERN_ASSIGN(const Evaluation done, evaluate(flags, *session, gold));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(report_of(flags, *session, done)));
  return out.commit();
}

}  // namespace

void add_claims_eval(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command =
      parent.add_subcommand("eval", "How good verdicts are, and where their time goes");
  command->footer(kExamples);
  command
      ->add_option("DATASET", flags->dataset, "A file of claims with labels, or SciFact's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->add_option("--num-claims", flags->n_claims, "Only the first N (default: all)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}));
  add_claims_corpus_flags(*command, flags->claims);
  add_claims_model_flags(*command, flags->claims);
  command->add_flag("--warmup", flags->warmup, "Judge one claim first, which is not counted");
  command->add_flag("--verbose", flags->verbose, "A line for each claim on standard error");
  command->add_flag("--json", flags->json, "One JSON object");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(eval(*flags, context.engine)); });
}

}  // namespace quern::cli
