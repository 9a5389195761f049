// quern dialogue eval: how often a predictor finds the next turn, beside what it has to beat.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/dialogue/dialogue_table.h"
#include "base/mapped_file.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_flags.h"
#include "cli/dialogue_input.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Each turn that is followed by another one is a question: which of N texts comes next. The others are
turns of the same file, drawn by the seed. A row: recall at 1 with half of its 95 % interval, at 2, 5 and
10, the mean reciprocal rank; of trained predictors the calibration error and the accuracy of the 80 %
that they are surest of.

Examples:
  quern dialogue eval talks.qdp --texts others.jsonl
  quern dialogue eval talks.qdp --texts others.jsonl --candidates 100 --gru gru.json --json)";

constexpr std::size_t kMaxRowBytes = std::size_t{1} << 16;

struct EvalFlags {
  std::string file;
  std::string texts;
  std::string gru;
  std::string model;
  apps::TableAsk ask;
  bool json = false;
  bool quiet = false;
  VectorLogFlags log;
};

std::string line_of(const apps::TableRow& row) {
  const apps::ChoiceMetrics& m = row.choices;
  std::string out =
      fmt::format("{:38} {:.4f} ±{:.4f}  {:.4f}  {:.4f}  {:.4f}  {:.4f}", in_one_line(m.name),
                  m.recall_1, m.margin, m.recall_2, m.recall_5, m.recall_10, m.mrr);
  if (row.confidence) {
    out += fmt::format("  {:.4f}  {:.4f}", row.confidence->ece, row.confidence->accuracy_80);
  }
  return out + '\n';
}

Status show(const EvalFlags& flags, std::span<const apps::TableRow> rows) {
  OutputFile out = OutputFile::standard_output();
  if (!flags.json) {
    QUERN_TRY(
        out.write(fmt::format("1 of {}, {} questions\n{:38} {:6} {:7}  {:6}  {:6}  {:6}  "
                              "{:6}  {:6}  {}\n",
                              flags.ask.n_candidates, rows[0].choices.n, "", "R@1", "", "R@2",
                              "R@5", "R@10", "MRR", "ECE", "at 80 %")));
  }
  for (const apps::TableRow& row : rows) {
    QUERN_TRY(out.write(flags.json ? apps::json_from_row(row) + "\n" : line_of(row)));
  }
  return out.commit();
}

Status evaluate(const EvalFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const auto file, apps::PredictorFile::open(flags.file));
  QUERN_ASSIGN(const auto reading, DialogueReading::open(flags.texts));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::TextEmbedder embedder, file->embedder(*engine, flags.model));
  QUERN_ASSIGN(
      const auto vectors,
      embed_dialogues(*reading, {.embedder = &embedder, .log = &flags.log, .quiet = flags.quiet}));
  ThreadPool pool(thread_count(engine_flags));
  QUERN_ASSIGN(std::vector<apps::TableRow> rows,
               apps::dialogue_table(*file, vectors, flags.ask, pool));
  if (!flags.gru.empty()) {
    QUERN_ASSIGN(const std::string text, read_file(flags.gru, kMaxRowBytes));
    QUERN_ASSIGN(apps::TableRow row, apps::row_from_json(text).in(flags.gru));
    rows.insert(rows.end() - 1, std::move(row));
  }
  return show(flags, rows);
}

}  // namespace

void add_dialogue_eval(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = parent.add_subcommand("eval", "How often a predictor finds the next turn");
  command->footer(kExamples);
  command->add_option("FILE", flags->file, "The predictor")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  add_dialogue_file_flag(*command, "--texts", flags->texts, "Dialogues that it was not trained on");
  add_candidates_flag(*command, flags->ask);
  command->add_option("--seed", flags->ask.seed, "By which they are drawn (7)")->type_name("S");
  command
      ->add_option("--gru", flags->gru,
                   "A row that another program measured on the same questions, as JSON")
      ->type_name("FILE");
  command->add_option("--model", flags->model, "Where the model is now that embeds for it")
      ->type_name("MODEL");
  command->add_flag("--json", flags->json, "As JSON, an object a line");
  add_dialogue_embed_flags(*command, flags->quiet, flags->log, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(evaluate(*flags, context.engine));
  });
}

}  // namespace quern::cli
