// quern claims replay: verdicts made again from what is stored.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/replay_claim.h"
#include "cli/claims_commands.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Every verdict is kept with what it was made of: the claim, its sentences and how near they were, the three
logits of each, the calibration. 'replay' judges these again, without the model, and compares what comes out
with what was said then, to the byte. It fails where anything was changed, and says what.

Examples:
  quern claims replay 17
  quern claims replay --all)";

struct ReplayFlags {
  std::vector<std::int64_t> ids;
  bool all = false;
};

struct ReplayReport {
  long n_same = 0;
  long n_other = 0;
  Status first;  // That was not the same.
};

Status replay_one(apps::ClaimsDb& db, std::int64_t id, ReplayReport& report) {
  const auto replayed = [&]() -> Status {
    QUERN_ASSIGN(const apps::StoredClaim stored, db.find(id));
    return apps::replay_claim(stored);
  };
  const Status status = replayed();
  // Of the claim itself; what else goes wrong ends the command.
  const bool is_its_own = status.code() == Code::kBadInput || status.code() == Code::kUnsupported ||
                          status.code() == Code::kNotFound;
  if (!status.ok() && !is_its_own) return status;
  if (status.ok()) {
    ++report.n_same;
    return {};
  }
  ++report.n_other;
  if (report.first.ok()) report.first = status;
  print_error(status.message());
  return {};
}

Status find_rows_without_claim(apps::ClaimsDb& db, ReplayReport& report) {
  QUERN_ASSIGN(const std::vector<std::int64_t> gone, db.ids_without_claim());
  for (const std::int64_t id : gone) {
    const Status status = {Code::kBadInput,
                           fmt::format("claim {} is gone, what it was judged by is there", id)};
    ++report.n_other;
    if (report.first.ok()) report.first = status;
    print_error(status.message());
  }
  return {};
}

Status replay(const ReplayFlags& flags, ReplayReport& report) {
  watch_interrupts();
  if (flags.all == !flags.ids.empty()) {
    return {Code::kBadInput, "which claims? numbers of some, or --all"};
  }
  QUERN_ASSIGN(const auto db, open_claims_db(Sql::Access::kWrite));
  std::vector<std::int64_t> ids = flags.ids;
  if (flags.all) {
    QUERN_ASSIGN(ids, db->ids());
  }
  for (const std::int64_t id : ids) {
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    QUERN_TRY(replay_one(*db, id, report));
  }
  if (flags.all) QUERN_TRY(find_rows_without_claim(*db, report));
  return db->note("replayed",
                  fmt::format(R"({{"same":{},"other":{}}})", report.n_same, report.n_other));
}

}  // namespace

void add_claims_replay(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<ReplayFlags>();
  CLI::App* command =
      parent.add_subcommand("replay", "Make stored verdicts again and compare them, to the byte");
  command->footer(kExamples);
  command->add_option("ID", flags->ids, "Numbers of claims: 'quern claims list'")
      ->type_name("")
      ->check(CLI::PositiveNumber);
  command->add_flag("--all", flags->all, "All claims in the database");
  command->callback([flags, &context] {
    ReplayReport report;
    const Status status = replay(*flags, report);
    if (!status.ok()) {
      context.exit_code = fail(status);
      return;
    }
    print_note(fmt::format("{} of {} claims give the same bytes\n", grouped(report.n_same),
                           grouped(report.n_same + report.n_other)));
    context.exit_code = report.first.ok() ? kExitOk : exit_code(report.first);
  });
}

}  // namespace quern::cli
