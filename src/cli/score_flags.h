// --scores: the scale that scores are told on.

#pragma once

#include <optional>
#include <string>

#include "cli/flags.h"
#include "engine/scoring/scores.h"

namespace quern::cli {

void add_scores_flag(CLI::App& command, std::string& scores);

/// None where the flag was not given.
std::optional<engine::Scale> wanted_scale(const std::string& scores);

}  // namespace quern::cli
