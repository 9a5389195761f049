// The commands under `quern papers`, each in a file of its own: commands/papers_*.cpp.

#pragma once

#include <string>

#include "cli/flags.h"

namespace quern::cli {

void add_papers_import(CLI::App& papers, Context& context);
void add_papers_search(CLI::App& papers, Context& context);
void add_papers_serve(CLI::App& papers, Context& context);
void add_papers_show(CLI::App& papers, Context& context);
void add_papers_remove(CLI::App& papers, Context& context);
void add_papers_ask(CLI::App& papers, Context& context);
void add_papers_list(CLI::App& papers, Context& context);
void add_papers_stats(CLI::App& papers, Context& context);

/// Adds DIR, the library's folder.
void add_library_argument(CLI::App& command, std::string& folder);

}  // namespace quern::cli
