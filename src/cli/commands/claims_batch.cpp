// quern claims batch: a file of claims to a file of verdicts.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/claim_batch.h"
#include "base/machine.h"
#include "cli/claims_commands.h"
#include "cli/claims_output.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/resumable_output.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(FILE holds an object of JSON a line: {"id": "7", "claim": "..."} has evidence looked for in a corpus,
{"id": "7", "claim": "...", "evidence": [{"text": "...", "source": "..."}]} is judged by just that (several
texts of one source count once). Out comes an object a line in the same order: id, claim, verdict,
confidence, scores, conflict, abstained, evidence, ... as 'quern claims verify --json' gives it. A line that
is no claim costs only itself: {"id","line","error":{"code","message"}}.
Each claim is kept in the database as it is judged. A run with --out that was cut off, however, goes on when
the same command is given again: no claim is judged twice, none is left out.

Examples:
  quern claims batch claims.jsonl --corpus papers --out verdicts.jsonl
  jq -c '{id, claim, evidence}' claims.jsonl | quern claims batch - > verdicts.jsonl)";

struct BatchFlags {
  ClaimsFlags claims;
  std::string file;
  std::string out;
  double save_every_s = 5;
  bool restart = false;
  bool timings = false;
  bool quiet = false;
};

// The verdicts would replace the claims.
Status check_not_same(const BatchFlags& flags) {
  std::error_code none;
  if (flags.file == "-" || flags.out.empty() ||
      !std::filesystem::equivalent(flags.file, flags.out, none)) {
    return {};
  }
  return {Code::kBadInput,
          fmt::format("'{}' is the file of claims itself: name another --out", flags.out)};
}

// What decides the bytes beside the claims.
Result<RunFacts> run_facts(const BatchFlags& flags, ClaimsSession& session) {
  const apps::Entailment& model = session.entailment();
  QUERN_ASSIGN(const engine::ModelInfo info, session.engine().describe(model.model()));
  std::string generation = "none";
  if (session.store() != nullptr) {
    QUERN_ASSIGN(const store::Snapshot snapshot, session.store()->snapshot());
    generation = std::to_string(snapshot->id());
  }
  return RunFacts{{"the model", model.digest()},
                  {"its precision", info.precision},
                  {"the instruction set", kernels::active().isa},
                  {"the pipeline", apps::kClaimPipeline},
                  {"the calibration", apps::calibration_digest(session.calibration())},
                  {"--corpus", session.corpus()},
                  {"the corpus' generation", generation},
                  {"--evidence", std::to_string(flags.claims.n_evidence)},
                  {"--filter", flags.claims.filter},
                  {"--mode", flags.claims.mode},
                  {"--timings", flags.timings ? "true" : "false"},
                  {"--no-keep", flags.claims.no_keep ? "true" : "false"},
                  {"the program", version_line()}};
}

// Null where the run cannot be gone on with: its claims come from a pipe, or go to one.
Result<std::unique_ptr<ClaimsOutput>> open_resumable(const BatchFlags& flags,
                                                     ClaimsSession& session, ClaimSource& source) {
  if (flags.out.empty() || !can_be_read_again(flags.file) || !can_be_resumed(flags.out)) {
    return std::unique_ptr<ClaimsOutput>();
  }
  QUERN_ASSIGN(RunFacts facts, run_facts(flags, session));
  ClaimsOutputJob job = {
      .out = flags.out,
      .texts = flags.file,
      .facts = std::move(facts),
      .save_every = std::chrono::milliseconds(static_cast<std::int64_t>(flags.save_every_s * 1000)),
      .begin_anew = flags.restart};
  if (!flags.quiet) job.note = [](const std::string& text) { print_note(text + "\n"); };
  return ClaimsOutput::open(std::move(job), source);
}

/// A run as it goes: what is judged, and where its lines go.
struct Run {
  apps::ClaimBatchJob job = {};
  std::unique_ptr<apps::ClaimsDb> db = {};
  std::unique_ptr<ClaimsOutput> resumable = {};
  std::optional<OutputFile> plain = {};
  long n_done = 0;
  std::unique_ptr<Progress> progress = {};

  Status write(const apps::BatchOutput& output) {
    if (!output.status.ok()) {
      progress->wipe();
      print_error(fmt::format("line {}: {}", output.line.n_line, output.status.message()));
    }
    ++n_done;
    progress->show(WorkDone{.n_texts = n_done, .share = {}, .resident_bytes = resident_bytes()});
    if (resumable) return resumable->write(output);
    QUERN_TRY(plain->write(output.json));
    return plain->write("\n");
  }
};

Status begin(const BatchFlags& flags, ClaimsSession& session, ClaimSource& source, Run& run) {
  // First, since only then is it known which precision "auto" is.
  QUERN_TRY(session.engine().warm(session.entailment().model()));
  QUERN_ASSIGN(run.job.verifier, session.verifier());
  QUERN_ASSIGN(run.resumable, open_resumable(flags, session, source));
  if (!run.resumable) {
    if (flags.out.empty()) {
      run.plain.emplace(OutputFile::standard_output());
    } else {
      QUERN_ASSIGN(OutputFile file, OutputFile::create(flags.out));
      run.plain.emplace(std::move(file));
    }
  }
  if (!flags.claims.no_keep) {
    QUERN_ASSIGN(run.db, open_claims_db(Sql::Access::kCreate));
  }
  run.job.db = run.db.get();
  if (run.resumable) run.job.run = run.resumable->run();
  run.job.wish = session.wish();
  run.job.times = flags.timings ? apps::ClaimTimes::kGiven : apps::ClaimTimes::kLeftOut;
  run.job.is_stopped = is_interrupted;
  run.progress = std::make_unique<Progress>("claims", progress_style(stderr, flags.quiet), stderr);
  return {};
}

Status note_run(const Run& run, const char* how) {
  if (!run.db) return {};
  return run.db->note("batch", fmt::format(R"({{"run":"{}","state":"{}","lines":{}}})", run.job.run,
                                           how, run.n_done));
}

Status ended(Run& run, Status status, apps::ClaimBatchReport& report) {
  if (status.ok() && report.was_stopped) status = {Code::kCancelled, "interrupted"};
  if (status.ok()) status = run.resumable ? run.resumable->finish() : run.plain->commit();
  if (status.ok()) {
    if (run.resumable) {
      report.n_claims += run.resumable->before().n_texts;
      report.n_failed += run.resumable->before().n_failed;
    }
    return note_run(run, "done");
  }
  static_cast<void>(note_run(run, "cut off"));
  const long n_kept = run.resumable ? run.resumable->leave() : 0;
  if (n_kept == 0) return status;
  return {status.code(), fmt::format("{}; {} claims are done, the same command goes on from there",
                                     status.message(), grouped(n_kept))};
}

Result<apps::ClaimBatchReport> batch(const BatchFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  QUERN_TRY(check_not_same(flags));
  QUERN_ASSIGN(ClaimSource source, ClaimSource::open(flags.file));
  QUERN_ASSIGN(const auto session, ClaimsSession::open(flags.claims, engine));
  QUERN_TRY(session->open_corpus_if_wanted(flags.claims));
  QUERN_TRY(session->pin_corpus());
  Run run;
  QUERN_TRY(begin(flags, *session, source, run));
  run.job.next = [&source] { return source.next(); };
  run.job.sink = [&run](const apps::BatchOutput& output) { return run.write(output); };
  QUERN_TRY(note_run(run, "begun"));
  Result<apps::ClaimBatchReport> done = apps::verify_batch(run.job);
  run.progress->wipe();
  apps::ClaimBatchReport report = done.ok() ? *done : apps::ClaimBatchReport();
  QUERN_TRY(ended(run, done.status(), report));
  return report;
}

ExitCode tell(const BatchFlags& flags, const apps::ClaimBatchReport& report, double seconds) {
  if (!flags.quiet) {
    print_note(fmt::format("judged {} claims in {:.1f} s, peak {}\n",
                           grouped(report.n_claims - report.n_failed), seconds,
                           human_bytes(peak_resident_bytes())));
  }
  if (report.n_failed == 0) return kExitOk;
  print_error(fmt::format("{} of {} lines failed; the others are done", grouped(report.n_failed),
                          grouped(report.n_claims)));
  return kExitSomeFailed;
}

}  // namespace

void add_claims_batch(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<BatchFlags>();
  CLI::App* command = parent.add_subcommand("batch", "Judge a file of claims");
  command->footer(kExamples);
  command->add_option("FILE", flags->file, "Claims, JSON lines; '-' is standard input")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->add_option("-o,--out", flags->out, "Where the verdicts go (default: standard output)")
      ->type_name("FILE")
      ->check(empty_problem);
  add_claims_corpus_flags(*command, flags->claims);
  add_claims_model_flags(*command, flags->claims);
  command
      ->add_option("--checkpoint", flags->save_every_s,
                   "With --out: seconds between the savings of what is done (5)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 86400.0));
  command->add_flag("--restart", flags->restart,
                    "Begin anew, whatever an earlier run that was cut off has left");
  command->add_flag("--timings", flags->timings,
                    "How long each step took; the output then differs from run to run");
  command->add_flag("--no-keep", flags->claims.no_keep, "Do not keep the claims in the database");
  command->add_flag("-q,--quiet", flags->quiet, "No progress, no summary");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback([flags, &context] {
    const auto start = std::chrono::steady_clock::now();
    const Result<apps::ClaimBatchReport> done = batch(*flags, context.engine);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    context.exit_code = done.ok() ? tell(*flags, *done, taken.count()) : fail(done.status());
  });
}

}  // namespace quern::cli
