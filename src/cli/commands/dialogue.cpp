// quern dialogue: the next turn of a dialogue. Each command has a file of its own.

#include <CLI/CLI.hpp>

#include "cli/dialogue_commands.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Examples:
  quern dialogue demo
  quern dialogue train --texts talks.jsonl --out talks.qdp
  quern dialogue eval talks.qdp --texts others.jsonl --candidates 20
  quern dialogue predict talks.qdp < conversations.jsonl
  quern dialogue state list talks.state)";

}  // namespace

void add_dialogue(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("dialogue", "Predict the next turn of a dialogue");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_dialogue_demo(*command, context);
  add_dialogue_train(*command, context);
  add_dialogue_eval(*command, context);
  add_dialogue_curves(*command, context);
  add_dialogue_predict(*command, context);
  add_dialogue_state(*command, context);
}

}  // namespace quern::cli
