// quern dialogue curves: how predictors learn, and how long their reservoirs remember, as a
// picture.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/dialogue_charts.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_flags.h"
#include "cli/dialogue_input.h"
#include "cli/dialogue_training.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "reservoir/memory_curve.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Predictors are trained on the first 25, 50, 100, ... of --texts, up to all, and each is asked about --eval as
'quern dialogue eval' asks. The picture has recall at 1 and the mean reciprocal rank with their 95 % intervals,
and what of a turn each reservoir still knows k turns later. The numbers are printed, a line of JSON each.

Example:
  quern dialogue curves --texts talks.jsonl --eval others.jsonl --out curves.svg)";

constexpr std::size_t kFewestLearnt = 25;
constexpr int kDelays = 12;

struct CurvesFlags {
  std::string texts;
  std::string others;
  std::string out;
  std::string model = kDialogueModel;
  int n_units = 500;
  std::uint64_t seed = 1;
  apps::TableAsk ask;
  bool quiet = false;
  VectorLogFlags log;
};

/// Two reservoirs are not trained together: the plain maps beside the first one.
std::vector<std::vector<apps::NamedTraining>> groups_of(const CurvesFlags& flags) {
  PredictorFlags predictor = {.n_units = flags.n_units, .n_turns = 0, .seed = flags.seed};
  std::vector<apps::NamedTraining> all = trainings_of(predictor);
  all.back().name = fmt::format("tanh, {} units", flags.n_units);
  predictor.reservoir = "lif";
  apps::NamedTraining liquid = trainings_of(predictor).back();
  liquid.name = fmt::format("lif, {} units", flags.n_units);
  return {{all[1], all[3], all[4]}, {liquid}};
}

std::vector<std::size_t> sizes_up_to(std::size_t n) {
  std::vector<std::size_t> out;
  for (std::size_t size = kFewestLearnt; size < n; size *= 2) out.push_back(size);
  out.push_back(n);
  return out;
}

Result<std::vector<apps::LearningPoint>> learnt(const CurvesFlags& flags,
                                                std::span<const apps::DialogueVectors> dialogues,
                                                std::span<const apps::DialogueVectors> others,
                                                ThreadPool& pool) {
  StageProgress progress(flags.quiet);
  std::vector<apps::LearningPoint> out;
  double done = 0, all = 0;
  for (const std::size_t n : sizes_up_to(dialogues.size())) all += static_cast<double>(n + 200);
  for (const std::size_t n : sizes_up_to(dialogues.size())) {
    progress.show("learn", done / all);
    apps::LearningPoint point = {.n_dialogues = n, .rows = {}};
    for (const auto& group : groups_of(flags)) {
      QUERN_ASSIGN(apps::LearningPoint some,
                   apps::learning_point(dialogues, n, others, flags.ask, group, pool));
      point.rows.insert(point.rows.end(), some.rows.begin(), some.rows.end());
    }
    out.push_back(std::move(point));
    done += static_cast<double>(n + 200);
  }
  return out;
}

/// Of the reservoirs as dialogues have them: of a vector of `d` numbers a turn, and of one number.
Result<std::vector<MemoryLine>> remembered(const CurvesFlags& flags, int d, ThreadPool& pool) {
  std::vector<MemoryLine> out;
  for (const auto& group : groups_of(flags)) {
    for (const int d_in : {1, d}) {
      reservoir::NetworkSpec spec = *group.back().training.context.reservoir;
      spec.d_in = d_in;
      QUERN_ASSIGN(const reservoir::Network network, reservoir::Network::make(spec));
      const reservoir::MemoryAsk ask = {
          .n_delays = kDelays, .seed = flags.seed, .is_stopped = is_interrupted};
      QUERN_ASSIGN(std::vector<double> curve, reservoir::memory_curve(network, ask, pool));
      out.push_back({.name = fmt::format("{}, {}", reservoir::dynamics_name(spec.dynamics),
                                         d_in == 1 ? "a number" : fmt::format("{} numbers", d)),
                     .recalled = std::move(curve)});
    }
  }
  return out;
}

Status tell(const std::vector<apps::LearningPoint>& points, const std::vector<MemoryLine>& lines) {
  OutputFile out = OutputFile::standard_output();
  for (const apps::LearningPoint& point : points) {
    for (const apps::ChoiceMetrics& row : point.rows) {
      QUERN_TRY(out.write(fmt::format("{{\"dialogues\":{},\"row\":{}}}\n", point.n_dialogues,
                                      apps::json_from_row({.choices = row}))));
    }
  }
  for (const MemoryLine& line : lines) {
    std::string numbers;
    for (const double value : line.recalled) {
      numbers += fmt::format("{}{:.4f}", numbers.empty() ? "" : ",", value);
    }
    QUERN_TRY(
        out.write(fmt::format("{{\"memory\":\"{}\",\"recalled\":[{}]}}\n", line.name, numbers)));
  }
  return out.commit();
}

Status draw(const CurvesFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const auto reading, DialogueReading::open(flags.texts));
  QUERN_ASSIGN(const auto others_reading, DialogueReading::open(flags.others));
  QUERN_ASSIGN(OutputFile picture, OutputFile::create(flags.out));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::TextEmbedder embedder,
               apps::TextEmbedder::open(*engine, {.model = flags.model}));
  const DialogueEmbedFlags embed = {.embedder = &embedder, .log = &flags.log, .quiet = flags.quiet};
  QUERN_ASSIGN(const auto dialogues, embed_dialogues(*reading, embed));
  QUERN_ASSIGN(const auto others, embed_dialogues(*others_reading, embed));
  ThreadPool pool(thread_count(engine_flags));
  QUERN_ASSIGN(const auto points, learnt(flags, dialogues, others, pool));
  QUERN_ASSIGN(const auto lines, remembered(flags, embedder.d(), pool));
  using Metrics = apps::ChoiceMetrics;
  const std::string asked =
      fmt::format("1 of {}, {} questions", flags.ask.n_candidates, points.front().rows.front().n);
  QUERN_TRY(picture.write(svg_of_charts(
      {learning_chart(points, "Recall at 1, " + asked, &Metrics::recall_1, &Metrics::margin),
       learning_chart(points, "Mean reciprocal rank, " + asked, &Metrics::mrr,
                      &Metrics::mrr_margin),
       memory_chart(lines)})));
  QUERN_TRY(picture.commit());
  return tell(points, lines);
}

}  // namespace

void add_dialogue_curves(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<CurvesFlags>();
  CLI::App* command = parent.add_subcommand(
      "curves", "A picture of how predictors learn and how long reservoirs remember");
  command->footer(kExamples);
  add_dialogue_file_flag(*command, "--texts", flags->texts, "Dialogues to train on");
  add_dialogue_file_flag(*command, "--eval", flags->others, "Dialogues to ask about");
  add_dialogue_file_flag(*command, "--out", flags->out, "The picture, SVG");
  add_units_flag(*command, flags->n_units, "Of the reservoirs (500)");
  command->add_option("--seed", flags->seed, "Of the reservoirs and of what is drawn (1)")
      ->type_name("S");
  add_candidates_flag(*command, flags->ask);
  add_dialogue_model_flag(*command, flags->model);
  add_dialogue_embed_flags(*command, flags->quiet, flags->log, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(draw(*flags, context.engine));
  });
}

}  // namespace quern::cli
