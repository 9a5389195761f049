// quern cache: what is kept of results on disk, and getting rid of it.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/byte_ledger.h"
#include "cli/cache_flags.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "engine/cache/result_disk.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Results lie on disk where a command was given --cache-disk. They are found again by any later
run with the same model, precision and processor; docs/cache.md says what counts.

Examples:
  quern embed all-MiniLM-L6-v2 --texts passages.txt --cache-disk 2GB
  quern cache stats
  quern cache clear)";

Status print(const std::string& text) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

Status show_stats(const std::string& folder, bool as_json) {
  Result<engine::ResultFileInfo> info = engine::result_file_info(folder);
  if (info.status().code() == Code::kNotFound) info = engine::ResultFileInfo{};  // None so far.
  QUERN_TRY(info.status());
  const std::string file = engine::ResultDisk::file_in(folder);
  if (as_json) {
    const nlohmann::json line = {{"file", file},
                                 {"results", info->n_items},
                                 {"bytes", info->n_bytes},
                                 {"file_bytes", info->n_file_bytes}};
    return print(line.dump() + "\n");
  }
  return print(fmt::format("{} results, {}\n{}, {}\n", info->n_items, human_bytes(info->n_bytes),
                           file, human_bytes(info->n_file_bytes)));
}

Status clear(const std::string& folder) {
  Result<std::size_t> freed = engine::clear_result_file(folder);
  if (freed.status().code() == Code::kNotFound) freed = std::size_t{0};
  QUERN_TRY(freed.status());
  print_note(fmt::format("{} of results removed from {}\n", human_bytes(*freed),
                         engine::ResultDisk::file_in(folder)));
  return {};
}

void add_folder_flag(CLI::App& command, CacheFlags& flags) {
  command
      .add_option("--cache-dir", flags.folder, "Where results lie (default: cache/ in the home)")
      ->type_name("FOLDER");
}

}  // namespace

void add_cache(CLI::App& app, Context& context) {
  auto flags = std::make_shared<CacheFlags>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("cache", "Show and clear results that are kept on disk");
  command->footer(kExamples);
  command->require_subcommand(1);
  CLI::App* stats = command->add_subcommand("stats", "How many results there are, and their bytes");
  add_folder_flag(*stats, *flags);
  stats->add_flag("--json", *json, "One JSON object");
  stats->callback([flags, json, &context] {
    context.exit_code = fail_or_ok(show_stats(cache_folder(*flags), *json));
  });
  CLI::App* clear_command =
      command->add_subcommand("clear", "Remove all of them, also while a server uses them");
  add_folder_flag(*clear_command, *flags);
  clear_command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(clear(cache_folder(*flags))); });
}

}  // namespace quern::cli
