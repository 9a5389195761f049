// The dialogues of samples/dialogues.jsonl, as they were when the program was built.

#pragma once

#include <string_view>

namespace quern::cli {

std::string_view sample_dialogues();

}  // namespace quern::cli
