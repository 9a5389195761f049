// quern code: the commands of code search.

#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Examples:
  quern code index                        the tree around you
  quern code search "where are requests retried"
  quern code search GsonBuilder --lang java --limit 5
  quern code search "parse flags" --path 'src/**' --json)";

}  // namespace

void add_code(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("code", "Search source code by meaning, words and names");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_code_index(*command, context);
  add_code_search(*command, context);
  add_code_similar(*command, context);
  add_code_symbols(*command, context);
  add_code_status(*command, context);
  add_code_list(*command, context);
  add_code_clean(*command, context);
  add_code_watch(*command, context);
  add_code_why(*command, context);
  add_code_mcp(*command, context);
}

}  // namespace quern::cli
