// quern dialogue train: from dialogues to a file that predicts their next turns.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/store_model.h"
#include "base/byte_ledger.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_flags.h"
#include "cli/dialogue_input.h"
#include "cli/dialogue_training.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Dialogues are lines of JSON: {"turns": [{"speaker": 0, "text": "Hello."}, ...]}. The file has the predictor,
the turns that it chooses from, and the plain maps that 'quern dialogue eval' measures it beside; it is
only read afterwards. While it is trained the turns' vectors wait on the disk beside it, 1.6 kB each of 384
numbers. docs/dialogue.md says more.

Examples:
  quern dialogue train --texts talks.jsonl --out talks.qdp
  quern dialogue train --texts talks.jsonl --reservoir lif --units 1000 --seed 7 --out liquid.qdp
  quern dialogue train --texts talks.jsonl --reservoir none --turns 3 --out linear.qdp)";

struct TrainFlags {
  std::string texts;
  std::string out;
  std::string model = kDialogueModel;
  PredictorFlags predictor;
  OriginFlags origin;
  bool quiet = false;
  VectorLogFlags log;
};

Status check_is_free(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  return {Code::kUnavailable, fmt::format("'{}' is there already", path)};
}

std::string folder_of(const std::string& path) {
  const std::string out = std::filesystem::path(path).parent_path().string();
  return out.empty() ? "." : out;
}

void tell(const TrainFlags& flags, const DialogueCounts& counts,
          const apps::TurnPredictor& predictor, double seconds) {
  std::error_code error;
  const auto n_bytes = std::filesystem::file_size(flags.out, error);
  std::string text = fmt::format("trained on {} dialogues, {} turns",
                                 grouped(static_cast<long>(counts.n_dialogues)),
                                 grouped(static_cast<long>(counts.n_turns)));
  if (counts.n_blank > 0) text += fmt::format(", {} blank turns passed over", counts.n_blank);
  if (counts.n_refused > 0) text += fmt::format(", {} lines refused", counts.n_refused);
  text += fmt::format(
      "; prior {}, ridge {}, refined {} times; {} bytes a conversation; {} in {:.1f} s\n",
      predictor.parts().prior, predictor.parts().lambda, predictor.parts().n_rounds,
      predictor.context().n_state() * sizeof(float), human_bytes(error ? 0 : n_bytes), seconds);
  print_note(text);
}

struct Embedded {
  apps::TurnSpool turns;
  store::VectorSpace space = {};
  DialogueCounts counts = {};
};

// The model's memory is free again afterwards.
Result<Embedded> embedded(const TrainFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const auto reading, DialogueReading::open(flags.texts));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::TextEmbedder embedder,
               apps::TextEmbedder::open(*engine, {.model = flags.model}));
  QUERN_ASSIGN(store::VectorSpace space, apps::space_of(embedder, flags.model));
  QUERN_ASSIGN(
      apps::TurnSpool turns,
      spool_dialogues(*reading, {.embedder = &embedder, .log = &flags.log, .quiet = flags.quiet},
                      folder_of(flags.out)));
  return Embedded{
      .turns = std::move(turns), .space = std::move(space), .counts = reading->counts()};
}

Status train(TrainFlags flags, EngineFlags engine_flags) {
  if (flags.origin.is_legacy) {
    engine_flags.cache.size = "0";
    flags.log.size = "0";
  }
  const auto start = std::chrono::steady_clock::now();
  QUERN_TRY(check_is_free(flags.out));
  QUERN_ASSIGN(const Embedded input, embedded(flags, engine_flags));
  ThreadPool pool(thread_count(engine_flags));
  StageProgress progress(flags.quiet);
  QUERN_ASSIGN(const apps::TurnPredictor trained,
               train_to_file(input.turns, trainings_of(flags.predictor), input.space, flags.out,
                             pool, progress));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  tell(flags, input.counts, trained, took.count());
  return {};
}

}  // namespace

void add_dialogue_train(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = parent.add_subcommand("train", "Train a predictor on dialogues");
  command->footer(kExamples);
  add_dialogue_file_flag(*command, "--texts", flags->texts,
                         "Dialogues to train on; - for standard input");
  add_dialogue_file_flag(*command, "--out", flags->out,
                         "The predictor's file, which must not be there yet");
  add_predictor_flags(*command, flags->predictor);
  add_dialogue_model_flag(*command, flags->model);
  add_origin_flags(*command, flags->origin,
                   "Of no effect here: turns are embedded by --batch-tokens together");
  add_cache_flags(*command, context.engine.cache);
  add_dialogue_embed_flags(*command, flags->quiet, flags->log, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(train(*flags, context.engine));
  });
}

}  // namespace quern::cli
