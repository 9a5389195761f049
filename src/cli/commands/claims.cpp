// quern claims: corpora of evidence, and claims judged by them. Each command has a file of its own.

#include <CLI/CLI.hpp>

#include "cli/claims_commands.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Examples:
  quern claims add abstracts.jsonl papers/ --corpus science
  quern claims verify "Aspirin inhibits the production of PGE2." --corpus science
  quern claims batch claims.jsonl --corpus science --out verdicts.jsonl
  quern claims corpora
  quern claims remove science 10.1000/182)";

}  // namespace

void add_corpus_flag(CLI::App& command, std::string& corpus) {
  command.add_option("--corpus", corpus, "Which corpus of evidence (default: default)")
      ->type_name("NAME")
      ->check(empty_problem);
}

void add_claims(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("claims", "Check claims against evidence");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_claims_add(*command, context);
  add_claims_parts(*command, context);
  add_claims_verify(*command, context);
  add_claims_batch(*command, context);
  add_claims_show(*command, context);
  add_claims_replay(*command, context);
  add_claims_fit(*command, context);
  add_claims_eval(*command, context);
  add_claims_corpora(*command, context);
  add_claims_remove(*command, context);
}

}  // namespace quern::cli
