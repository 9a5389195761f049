// quern claims show and list: what was judged.

#include <ctime>
#include <limits>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "apps/claims/claim_json.h"
#include "cli/bold.h"
#include "cli/claims_commands.h"
#include "cli/claims_report.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

struct ShowFlags {
  std::int64_t id = 0;
  bool json = false;
  bool report = false;
};

struct ListFlags {
  std::size_t limit = 20;
  std::int64_t before = 0;
  bool json = false;
  bool events = false;
};

std::string time_of(std::int64_t at_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(at_ms / 1000)));
}

Status print(const std::string& text) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

Status show(const ShowFlags& flags) {
  QUERN_ASSIGN(const auto db, open_claims_db(Sql::Access::kRead));
  QUERN_ASSIGN(const apps::StoredClaim stored, db->find(flags.id));
  if (flags.json) return print(stored.json + "\n");
  QUERN_ASSIGN(const apps::ClaimResult result,
               apps::claim_from_json(stored.json).in(fmt::format("claim {}", flags.id)));
  if (flags.report) return print(claim_markdown(result));
  return print(fmt::format("claim {}, {}\n", stored.id, time_of(stored.at_ms)) +
               claim_text(result, output_shows_bold(), FarEvidence::kListed));
}

std::string json_of(const apps::ClaimHead& head) {
  std::string line =
      fmt::format("{{\"id\":{},\"at\":\"{}\",\"verdict\":", head.id, time_of(head.at_ms));
  append_json_string(head.verdict, line);
  line += fmt::format(",\"confidence\":{},\"abstained\":{},\"corpus\":", head.confidence,
                      head.is_abstention);
  append_json_string(head.corpus, line);
  line += ",\"claim\":";
  append_json_string(head.claim, line);
  return line + "}\n";
}

std::string line_of(const apps::ClaimHead& head) {
  const std::string sure =
      head.is_abstention ? "undecided" : fmt::format("{:.0f} %", 100 * head.confidence);
  return fmt::format("{:>6}  {}  {:<15}  {:>9}  {}\n", head.id, time_of(head.at_ms), head.verdict,
                     sure, in_one_line(head.claim));
}

Status list_events(const ListFlags& flags, apps::ClaimsDb& db) {
  QUERN_ASSIGN(const std::vector<apps::ClaimEvent> events, db.events(flags.limit));
  std::string out;
  for (const apps::ClaimEvent& event : events) {
    if (flags.json) {
      out += fmt::format("{{\"at\":\"{}\",\"what\":", time_of(event.at_ms));
      append_json_string(event.what, out);
      out += ",\"detail\":" + event.detail + "}\n";
    } else {
      out += fmt::format("{}  {:<10}  {}\n", time_of(event.at_ms), event.what,
                         in_one_line(event.detail));
    }
  }
  return print(out);
}

Status list(const ListFlags& flags) {
  QUERN_ASSIGN(const auto db, open_claims_db(Sql::Access::kRead));
  if (flags.events) return list_events(flags, *db);
  QUERN_ASSIGN(const std::vector<apps::ClaimHead> heads, db->list(flags.limit, flags.before));
  std::string out;
  for (const apps::ClaimHead& head : heads) out += flags.json ? json_of(head) : line_of(head);
  return print(out);
}

void add_list(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* command =
      parent.add_subcommand("list", "The claims that were judged, the newest first");
  command->footer(
      "Output: number, time, verdict, confidence (or 'undecided') and claim of each; with --json "
      "an object a "
      "line.\n\n"
      "Examples:\n  quern claims list --limit 50\n  quern claims list --events");
  command->add_option("--limit", flags->limit, "So many (20)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  command->add_option("--before", flags->before, "Only those before this number")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  command->add_flag("--events", flags->events,
                    "What was done in place of claims: batches, replays, fits");
  command->add_flag("--json", flags->json, "One JSON object a line");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(list(*flags)); });
}

}  // namespace

void add_claims_show(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<ShowFlags>();
  CLI::App* command = parent.add_subcommand("show", "A claim that was judged, as it was said then");
  command->footer("Example:\n  quern claims show 17 --report > claim.md");
  command->add_option("ID", flags->id, "Its number: 'quern claims list'")
      ->type_name("")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  CLI::Option* json =
      command->add_flag("--json", flags->json, "One JSON object, as 'verify --json'");
  command->add_flag("--report", flags->report, "A page of Markdown")->excludes(json);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(show(*flags)); });
  add_list(parent, context);
}

}  // namespace quern::cli
