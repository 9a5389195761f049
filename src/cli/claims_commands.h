// The commands under `quern claims`, each in a file of its own: commands/claims_*.cpp.

#pragma once

#include <string>

#include "cli/flags.h"

namespace quern::cli {

void add_claims_add(CLI::App& claims, Context& context);
void add_claims_corpora(CLI::App& claims, Context& context);
void add_claims_parts(CLI::App& claims, Context& context);
void add_claims_remove(CLI::App& claims, Context& context);
void add_claims_verify(CLI::App& claims, Context& context);
void add_claims_batch(CLI::App& claims, Context& context);
void add_claims_show(CLI::App& claims, Context& context);  // And list.
void add_claims_fit(CLI::App& claims, Context& context);
void add_claims_eval(CLI::App& claims, Context& context);
void add_claims_replay(CLI::App& claims, Context& context);

/// Adds --corpus.
void add_corpus_flag(CLI::App& command, std::string& corpus);

}  // namespace quern::cli
