// quern claims corpora: which corpora of evidence there are.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/claims/claim_corpus.h"
#include "cli/claims_commands.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

Status list() {
  QUERN_ASSIGN(const std::vector<std::string> names, apps::corpus_names(hub::home_folder()));
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

}  // namespace

void add_claims_corpora(CLI::App& parent, Context& context) {
  CLI::App* command = parent.add_subcommand("corpora", "The corpora of evidence that there are");
  command->callback([&context] { context.exit_code = fail_or_ok(list()); });
}

}  // namespace quern::cli
