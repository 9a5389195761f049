#include "cli/dialogue_flags.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "reservoir/network.h"

namespace quern::cli {

void add_dialogue_file_flag(CLI::App& command, const char* name, std::string& path,
                            const char* what) {
  command.add_option(name, path, what)->type_name("FILE")->required()->check(empty_problem);
}

void add_dialogue_model_flag(CLI::App& command, std::string& model) {
  command.add_option("--model", model, fmt::format("What embeds ({})", kDialogueModel))
      ->type_name("MODEL")
      ->check(empty_problem);
}

void add_units_flag(CLI::App& command, int& n_units, const char* what) {
  command.add_option("--units", n_units, what)
      ->type_name("N")
      ->check(CLI::Range(1, reservoir::kMaxUnits));
}

void add_origin_flags(CLI::App& command, OriginFlags& flags, const char* batch_size) {
  command.add_option("--batch-size", flags.batch_size, batch_size)
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  command.add_flag("--lazy-load", flags.is_lazy,
                   "Model and candidates are read when they are needed (always so)");
  command.add_flag("--legacy-mode", flags.is_legacy,
                   "One at a time, and nothing is kept: the same answers, slower");
}

void add_candidates_flag(CLI::App& command, apps::TableAsk& ask) {
  command.add_option("--candidates", ask.n_candidates, "Texts to choose from (10)")
      ->type_name("N")
      ->check(CLI::Range(2, 1000));
}

void add_dialogue_embed_flags(CLI::App& command, bool& quiet, VectorLogFlags& log,
                              EngineFlags& engine) {
  command.add_flag("-q,--quiet", quiet, "No progress");
  add_vector_log_flag(command, log);
  add_engine_flags(command, engine);
  add_precision_flag(command, engine);
  add_batch_flag(command, engine);
}

}  // namespace quern::cli
