// The flags of `quern serve` that are about predictors of dialogues.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "serve/dialogue/dialogue_options.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct DialogueServingFlags {
  std::vector<std::string> files;  // --dialogue: FILE or FILE=NAME
  std::string cache;               // --dialogue-cache
  std::size_t max_conversations = 100'000;
};

void add_dialogue_serving_flags(CLI::App& command, DialogueServingFlags& flags);

/// Errors: kNotFound for a file that is not there; kBadInput for a name that two have.
Result<serve::DialogueOptions> dialogue_options(const DialogueServingFlags& flags, bool is_lazy);

/// "talks.qdp" and its stem as its name; of "talks.qdp=talks", unless there is a file of that name,
/// the name behind the last sign of equality.
serve::DialogueFile dialogue_file_from(const std::string& text);

}  // namespace quern::cli
