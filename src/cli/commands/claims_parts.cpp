// quern claims parts: a claim cut into statements that can be checked one by one.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "apps/claims/claim_parts.h"
#include "apps/claims/verify_claim.h"
#include "cli/claims_commands.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

constexpr const char* kAbout =
    R"(One statement a line: clauses with a verb of their own, between ";", "and", "but" and "while". A claim that is
not surely several is printed as it is. With --json each is an object that 'quern claims batch' reads.

Examples:
  quern claims parts "Zinc deficiency causes fever and reduces growth; it is rare."
  quern claims parts --json "..." > parts.jsonl && quern claims batch parts.jsonl)";

struct PartsFlags {
  std::string claim;
  bool is_json = false;
};

Status print_parts(const PartsFlags& flags) {
  QUERN_TRY(apps::check_claim(flags.claim));
  std::string text;
  std::size_t i = 0;
  for (const apps::ClaimPart& part : apps::split_claim(flags.claim)) {
    ++i;
    if (flags.is_json) {
      const nlohmann::ordered_json line = {{"id", std::to_string(i)},
                                           {"claim", part.text},
                                           {"span", {part.span.begin, part.span.end}}};
      text += line.dump() + "\n";
    } else {
      text += in_one_line(part.text) + "\n";
    }
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

}  // namespace

void add_claims_parts(CLI::App& claims, Context& context) {
  const auto flags = std::make_shared<PartsFlags>();
  CLI::App* command =
      claims.add_subcommand("parts", "A claim cut into statements to check one by one");
  command->footer(kAbout);
  command->add_option("CLAIM", flags->claim, "The claim")->type_name("CLAIM")->required();
  command->add_flag("--json", flags->is_json, "JSON Lines: id, claim and its bytes of the whole");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(print_parts(*flags)); });
}

}  // namespace quern::cli
