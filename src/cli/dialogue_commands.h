// `quern dialogue`, and the commands under it, each in a file of its own: commands/dialogue_*.cpp.

#pragma once

#include <string>

#include "cli/flags.h"

namespace quern::cli {

void add_dialogue(CLI::App& app, Context& context);
void add_dialogue_curves(CLI::App& dialogue, Context& context);
void add_dialogue_demo(CLI::App& dialogue, Context& context);
void add_dialogue_eval(CLI::App& dialogue, Context& context);
void add_dialogue_predict(CLI::App& dialogue, Context& context);
void add_dialogue_state(CLI::App& dialogue, Context& context);
void add_dialogue_state_load(CLI::App& state, Context& context);  // Under "state".
void add_dialogue_state_save(CLI::App& state, Context& context);  // Under "state".
void add_dialogue_train(CLI::App& dialogue, Context& context);

/// FILE: of conversations.
void add_conversation_file(CLI::App& command, std::string& file);

}  // namespace quern::cli
