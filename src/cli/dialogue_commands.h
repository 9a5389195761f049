// `quern dialogue`, and the commands under it, each in a file of its own: commands/dialogue_*.cpp.

#pragma once

#include "cli/flags.h"

namespace quern::cli {

void add_dialogue(CLI::App& app, Context& context);
void add_dialogue_eval(CLI::App& dialogue, Context& context);
void add_dialogue_predict(CLI::App& dialogue, Context& context);
void add_dialogue_train(CLI::App& dialogue, Context& context);

}  // namespace quern::cli
