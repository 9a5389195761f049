// quern store fit: how words and vectors of a store go together, learnt from judgements.

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/fusion_fitting.h"
#include "apps/json_document.h"
#include "apps/rerank_gating.h"
#include "apps/store_model.h"
#include "base/machine.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/question_lines.h"
#include "cli/store_vectors.h"
#include "store/store.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Learns the weight of the two sides, and a combination of more signals, which is taken where five folds of
the questions say that it is better. What was learnt is kept with the store, and used by every hybrid search
that does not say --fusion. It holds for the store's vectors as they are: those of another model want it anew.
With --rerank MODEL it learns, too, which questions that model need not be asked for: those where both sides
agree on the first document and it is far ahead. Such a search says "skipped: both sides agree".

Example:
  quern store fit papers --queries queries.jsonl --qrels judged.tsv
(lines of judged.tsv: the id of a question, of a document, and a gain above 0 where it answers))";

struct FitFlags {
  std::string folder;
  std::string queries;
  std::string qrels;
  std::uint32_t window = 200;
  std::string rerank;  // A model; "": none.
  std::size_t rerank_top = 50;
};

Result<std::vector<apps::QueryLine>> read_questions(const std::string& path) {
  std::vector<apps::QueryLine> out;
  QUERN_TRY(for_each_question(path, [&](const apps::QueryLine& question) {
    out.push_back(question);
    return Status();
  }));
  return out;
}

Result<apps::Judgements> read_qrels(const std::string& path) {
  std::ifstream file(path);
  if (!file) return {Code::kNotFound, fmt::format("cannot open '{}'", path)};
  return apps::read_judgements(file).in(path);
}

void tell(const store::FusionFit& fit) {
  const store::FusionReport& report = fit.report;
  print_note(fmt::format(
      "{} questions; nDCG@10 by words {:.4f}, by vectors {:.4f}, by the best weight {:.4f}, learnt "
      "{:.4f}\n",
      report.n_queries, report.lexical, report.dense, report.alpha, report.fitted));
  print_note(fit.choice.fitted
                 ? std::string("kept: the learnt combination\n")
                 : fmt::format("kept: {}, a weight of {} for the vectors\n",
                               store::fusion_name(fit.choice.spec.kind), fit.choice.spec.alpha));
}

void tell(const store::RerankGate& gate, const std::string& model) {
  const store::GateReport& report = gate.report;
  print_note(fmt::format("reranked by {}: nDCG@10 {:.4f}, {:.4f} as it was fused\n", model,
                         report.reranked, report.fused));
  if (gate.tau > 1) {
    print_note("kept: all questions are reranked\n");
    return;
  }
  print_note(
      fmt::format("kept: none where both sides agree on the first and it leads by {:.3f}: {:.0f} % "
                  "of the questions, nDCG@10 {:.4f}\n",
                  gate.tau, 100 * report.spared, report.gated));
}

Status fit(const FitFlags& flags, const EngineFlags& engine_flags) {
  watch_interrupts();
  QUERN_ASSIGN(const std::vector<apps::QueryLine> questions, read_questions(flags.queries));
  QUERN_ASSIGN(const apps::Judgements judgements, read_qrels(flags.qrels));
  QUERN_ASSIGN(const auto opened, store::Store::open({.folder = flags.folder}));
  QUERN_ASSIGN(const store::Snapshot snapshot, opened->snapshot());
  std::unique_ptr<engine::Engine> engine;
  const store::SpaceRow* space = snapshot->active_space();
  if (!flags.rerank.empty() || (space != nullptr && !apps::is_of_given(space->space))) {
    QUERN_ASSIGN(engine, open_engine(engine_flags));
  }
  ThreadPool pool(engine_flags.n_threads > 0 ? engine_flags.n_threads : usable_cpus());
  QUERN_ASSIGN(apps::Retriever retriever,
               apps::Retriever::create(opened->schema(), pool, engine.get()));
  QUERN_ASSIGN(const store::FusionFit learnt,
               apps::fit_questions(retriever, snapshot, questions, judgements, flags.window,
                                   is_interrupted));
  const store::FitRow fusion = apps::row_of_fit(learnt, *snapshot);
  std::optional<store::RerankGate> gate;
  store::FitRow gate_row;
  if (!flags.rerank.empty()) {
    const apps::RerankWish wish = {.model = flags.rerank, .n_texts = flags.rerank_top};
    QUERN_ASSIGN(gate, apps::fit_gate(retriever, snapshot, questions, judgements, learnt, wish,
                                      is_interrupted));
    QUERN_ASSIGN(gate_row, apps::row_of_gate(*engine, *gate, fusion, flags.rerank));
  }
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern store fit"}));
  QUERN_TRY(writer->set_fit(fusion));
  if (gate) QUERN_TRY(writer->set_fit(gate_row));
  tell(learnt);
  if (gate) tell(*gate, flags.rerank);
  return {};
}

}  // namespace

void add_store_fit(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<FitFlags>();
  CLI::App* command =
      parent.add_subcommand("fit", "Learn from judgements how words and vectors go together");
  command->footer(kExamples);
  command->add_option("DIR", flags->folder, "The store's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("--queries", flags->queries,
                   "JSON lines: objects with \"id\" or \"_id\" and \"text\"")
      ->type_name("FILE")
      ->required();
  command->add_option("--qrels", flags->qrels, "Judgements: question, document, gain; tabs between")
      ->type_name("FILE")
      ->required();
  command->add_option("--window", flags->window, "Candidates of each side (200)")
      ->type_name("N")
      ->check(CLI::Range(1u, 10000u));
  command
      ->add_option("--rerank", flags->rerank,
                   "A model that searches rerank with: which questions need it not is\nlearnt, too")
      ->type_name("MODEL");
  command->add_option("--rerank-top", flags->rerank_top, "So many of the best are reranked (50)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(fit(*flags, context.engine)); });
}

}  // namespace quern::cli
