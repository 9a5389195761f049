// The commands under `quern claims`, each in a file of its own: commands/claims_*.cpp.

#pragma once

#include "cli/flags.h"

namespace quern::cli {

void add_claims_corpora(CLI::App& claims, Context& context);

}  // namespace quern::cli
