// quern claims: corpora of evidence. Each command has a file of its own.

#include <CLI/CLI.hpp>

#include "cli/claims_commands.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Examples:
  quern claims corpora)";

}  // namespace

void add_claims(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("claims", "Check claims against evidence");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_claims_corpora(*command, context);
}

}  // namespace quern::cli
