// quern store verify, compact and pack: what keeps a store right, small and portable.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/asking_pace.h"
#include "base/byte_ledger.h"
#include "base/machine.h"
#include "base/thread_pool.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "store/check/rebuild.h"
#include "store/check/verify.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

struct VerifyFlags {
  std::string folder;
  bool rebuild = false;
};

Status report_differences(const std::string& folder) {
  watch_interrupts();
  AskingPace pace(is_interrupted);
  QUERN_ASSIGN(const store::RebuildReport report,
               store::verify_rebuild({.folder = folder}, folder + ".rebuild", pace));
  for (const Status& difference : report.differences) print_error(difference.message());
  if (!report.differences.empty()) {
    return {Code::kBadInput, fmt::format("'{}' is not what its documents make now", folder)};
  }
  print_note(fmt::format("made anew from its {} documents it is the same\n", report.n_docs));
  return {};
}

Status verify(const VerifyFlags& flags) {
  const std::string& folder = flags.folder;
  QUERN_ASSIGN(const store::VerifyReport report, store::verify_store({.folder = folder}));
  for (const Status& problem : report.problems) print_error(problem.message());
  for (const std::string& file : report.unused_files) {
    print_note(fmt::format("unused: {} (the next writer removes it)\n", file));
  }
  if (!report.problems.empty()) {
    return {Code::kBadInput, fmt::format("{} problems in '{}'", report.problems.size(), folder)};
  }
  print_note(fmt::format("generation {}: {} documents in {} segments, {}: all right\n",
                         report.generation, report.n_live, report.n_segments,
                         human_bytes(report.n_bytes)));
  return flags.rebuild ? report_differences(folder) : Status();
}

Status compact(const std::string& folder) {
  watch_interrupts();
  ThreadPool pool(usable_cpus());
  QUERN_ASSIGN(
      const auto writer,
      store::Writer::open({.folder = folder}, {.who = "quern store compact", .pool = &pool}));
  AskingPace pace(is_interrupted);
  return writer->compact(pace);
}

struct PackFlags {
  std::string folder;
  std::string file;
};

Status pack(const PackFlags& flags) {
  watch_interrupts();
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern store pack"}));
  AskingPace pace(is_interrupted);
  QUERN_TRY(writer->compact(pace));
  return writer->pack(flags.file, pace);
}

void add_verify_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* command = parent.add_subcommand("verify", "Read all of a store, and say what is wrong");
  add_store_folder(*command, flags->folder);
  command->add_flag("--rebuild", flags->rebuild,
                    "Make it anew from its texts too, in DIR.rebuild, and compare");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(verify(*flags)); });
}

void add_compact_command(CLI::App& parent, Context& context) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command =
      parent.add_subcommand("compact", "Give back the space of what was deleted or replaced");
  add_store_folder(*command, *folder);
  command->callback([folder, &context] { context.exit_code = fail_or_ok(compact(*folder)); });
}

void add_pack_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<PackFlags>();
  CLI::App* command = parent.add_subcommand(
      "pack", "Compact a store and write it into one file, which is only read");
  add_store_folder(*command, flags->folder);
  command->add_option("FILE", flags->file, "The file, which every reading command takes as DIR")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(pack(*flags)); });
}

}  // namespace

void add_store_care(CLI::App& store, Context& context) {
  add_verify_command(store, context);
  add_compact_command(store, context);
  add_pack_command(store, context);
}

}  // namespace quern::cli
