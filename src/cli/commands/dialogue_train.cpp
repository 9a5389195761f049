// quern dialogue train: from dialogues to a file that predicts their next turns.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/dialogue/predictor_file.h"
#include "apps/store_model.h"
#include "base/byte_ledger.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_input.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Dialogues are lines of JSON: {"turns": [{"speaker": 0, "text": "Hello."}, ...]}. The file has the predictor,
the turns that it chooses from, and the plain maps that 'quern dialogue eval' measures it beside; it is
only read afterwards. docs/dialogue.md says more.

Examples:
  quern dialogue train --texts talks.jsonl --out talks.qdp
  quern dialogue train --texts talks.jsonl --reservoir lif --units 1000 --seed 7 --out liquid.qdp
  quern dialogue train --texts talks.jsonl --reservoir none --turns 3 --out linear.qdp)";

constexpr const char* kDefaultModel = "all-MiniLM-L6-v2";

struct TrainFlags {
  std::string texts;
  std::string out;
  std::string reservoir = "tanh";
  std::string model = kDefaultModel;
  int n_units = 500;
  int n_turns = 0;  // 0: 1 beside a reservoir, 3 without one.
  std::uint64_t seed = 1;
  bool quiet = false;
  VectorLogFlags log;
};

apps::ContextSpec context_of(const TrainFlags& flags) {
  apps::ContextSpec out;
  const bool has_reservoir = flags.reservoir != "none";
  out.n_turns = flags.n_turns > 0 ? flags.n_turns : has_reservoir ? 1 : 3;
  if (!has_reservoir) return out;
  const bool is_spiking = flags.reservoir == "lif";
  out.reservoir = is_spiking ? apps::liquid_spec(flags.n_units, flags.seed)
                             : apps::echo_state_spec(flags.n_units, flags.seed);
  return out;
}

/// What is trained beside the predictor, to measure it by.
struct Wanted {
  std::string name;
  apps::TurnPredictor::Training training;
};

std::vector<Wanted> all_wanted(const TrainFlags& flags) {
  std::vector<Wanted> out = {{"linear, last turn", {}},
                             {"linear, last 3 turns", {}},
                             {"mean of turns + linear, last turn", {}},
                             {"mean of turns + linear, last 3 turns", {}},
                             {apps::kMainPredictor, {.context = context_of(flags)}}};
  // The plain ones are what others compare with: nothing beside a ridge.
  out[0].training.priors = out[1].training.priors = {0};
  out[0].training.rounds = out[1].training.rounds = {0};
  out[1].training.context.n_turns = out[3].training.context.n_turns = 3;
  for (Wanted& each : out) {
    each.training.seed = flags.seed;
    each.training.is_stopped = is_interrupted;
  }
  return out;
}

Status check_is_free(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  return {Code::kUnavailable, fmt::format("'{}' is there already", path)};
}

void tell(const TrainFlags& flags, const DialogueInput& input, const apps::TurnPredictor& predictor,
          double seconds) {
  std::error_code error;
  const auto n_bytes = std::filesystem::file_size(flags.out, error);
  std::string text = fmt::format("trained on {} dialogues, {} turns",
                                 grouped(static_cast<long>(input.dialogues.size())),
                                 grouped(static_cast<long>(input.n_turns)));
  if (input.n_blank > 0) text += fmt::format(", {} blank turns passed over", input.n_blank);
  if (input.n_refused > 0) text += fmt::format(", {} lines refused", input.n_refused);
  text += fmt::format(
      "; prior {}, ridge {}, refined {} times; {} bytes a conversation; {} in {:.1f} s\n",
      predictor.parts().prior, predictor.parts().lambda, predictor.parts().n_rounds,
      predictor.context().n_state() * sizeof(float), human_bytes(error ? 0 : n_bytes), seconds);
  print_note(text);
}

Status train(const TrainFlags& flags, const EngineFlags& engine_flags) {
  const auto start = std::chrono::steady_clock::now();
  QUERN_TRY(check_is_free(flags.out));
  QUERN_ASSIGN(const DialogueInput input, read_dialogues(flags.texts));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::TextEmbedder embedder,
               apps::TextEmbedder::open(*engine, {.model = flags.model}));
  QUERN_ASSIGN(const store::VectorSpace space, apps::space_of(embedder, flags.model));
  QUERN_ASSIGN(const auto vectors, embed_dialogues(input, embedder, flags.log, flags.quiet));
  ThreadPool pool(thread_count(engine_flags));
  std::vector<Wanted> wanted = all_wanted(flags);
  std::vector<apps::TurnPredictor> trained;
  trained.reserve(wanted.size());
  for (const Wanted& each : wanted) {
    if (!flags.quiet) {
      print_note(
          fmt::format("train: {} of {}, {}\n", trained.size() + 1, wanted.size(), each.name));
    }
    QUERN_ASSIGN(apps::TurnPredictor predictor,
                 apps::TurnPredictor::train(vectors, pool, each.training));
    trained.push_back(std::move(predictor));
  }
  std::vector<apps::NamedPredictor> named;
  for (std::size_t i = 0; i < wanted.size(); ++i) named.push_back({wanted[i].name, &trained[i]});
  QUERN_TRY(apps::write_predictor_file(flags.out, {.space = space,
                                                   .predictors = named,
                                                   .dialogues = vectors,
                                                   .made_by = "quern dialogue train",
                                                   .is_stopped = is_interrupted}));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  tell(flags, input, trained.back(), took.count());
  return {};
}

}  // namespace

void add_dialogue_train(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = parent.add_subcommand("train", "Train a predictor on dialogues");
  command->footer(kExamples);
  command->add_option("--texts", flags->texts, "Dialogues to train on; - for standard input")
      ->type_name("FILE")
      ->required()
      ->check(empty_problem);
  command->add_option("--out", flags->out, "The predictor's file, which must not be there yet")
      ->type_name("FILE")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("--reservoir", flags->reservoir,
                   "What hears the dialogue: tanh (an echo state network), lif (a spiking liquid)\n"
                   "or none, the last turns alone (tanh)")
      ->type_name("KIND")
      ->check(CLI::IsMember({"tanh", "lif", "none"}));
  command->add_option("--units", flags->n_units, "Of the reservoir (500)")
      ->type_name("N")
      ->check(CLI::Range(1, reservoir::kMaxUnits));
  command
      ->add_option("--turns", flags->n_turns,
                   "The last ones that the readout sees as they are (1; 3 without a reservoir)")
      ->type_name("K")
      ->check(CLI::Range(1, 16));
  command->add_option("--seed", flags->seed, "Of the reservoir and of what is drawn (1)")
      ->type_name("S");
  command->add_option("--model", flags->model, fmt::format("What embeds ({})", kDefaultModel))
      ->type_name("MODEL")
      ->check(empty_problem);
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
  add_vector_log_flag(*command, flags->log);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_batch_flag(*command, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(train(*flags, context.engine));
  });
}

}  // namespace quern::cli
