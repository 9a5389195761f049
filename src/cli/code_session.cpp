#include "cli/code_session.h"

#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "base/machine.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "hub/hub.h"

namespace quern::cli {

void add_code_flags(CLI::App& command, CodeFlags& flags) {
  CLI::Option* index =
      command.add_option("--index", flags.index, "Folder of the index (default: in the home)")
          ->type_name("DIR")
          ->check(empty_problem);
  command.add_flag("--here", flags.here, "Keep the index inside the tree, in .quern/code")
      ->excludes(index);
  command.add_flag("--no-ignore", flags.no_ignore, "Index what ignore files hide, too");
  command
      .add_option("--exclude", flags.exclude,
                  "Leave out what this pattern matches, as a line of .gitignore would")
      ->type_name("GLOB")
      ->check(empty_problem);
  command.add_option("--max-file", flags.max_file, "Leave out larger files (1MB)")
      ->type_name("BYTES");
  command.add_flag("-q,--quiet", flags.quiet, "No progress, no summary");
}

Result<apps::CodePlace> code_place(const CodeFlags& flags) {
  const std::string home = hub::home_folder();
  const std::string path = flags.path.empty() ? "." : flags.path;
  if (!flags.index.empty()) {
    QUERN_ASSIGN(apps::CodePlace place, apps::default_code_place(path, home));
    place.folder = flags.index;
    return place;
  }
  if (flags.here) {
    QUERN_ASSIGN(const apps::CodePlace place, apps::default_code_place(path, home));
    return apps::code_place_here(place.root);
  }
  QUERN_ASSIGN(std::optional<apps::CodePlace> found, apps::find_code_place(path, home));
  if (found) return std::move(*found);
  return apps::default_code_place(path, home);
}

bool has_code_index(const apps::CodePlace& place) {
  std::error_code error;
  return std::filesystem::exists(store::catalog_path(place.folder), error);
}

Result<std::unique_ptr<apps::Chunker>> open_chunker() {
  apps::ChunkerOptions options;
  const char* given = std::getenv("QUERN_GRAMMARS");
  options.grammars_folder = given != nullptr ? given : hub::home_folder() + "/grammars";
  options.n_children = usable_cpus();
  return apps::Chunker::create(options);
}

Result<apps::CodeUpdateReport> update_code(const CodeFlags& flags, const apps::CodePlace& place,
                                           store::Writer& writer) {
  QUERN_ASSIGN(const auto chunker, open_chunker());
  apps::CodeUpdate update;
  update.writer = &writer;
  update.chunker = chunker.get();
  update.root = place.root;
  update.n_threads = usable_cpus();
  update.walk.obey_ignore_rules = !flags.no_ignore;
  update.walk.exclude = flags.exclude;
  QUERN_ASSIGN(update.walk.max_file_bytes, parse_bytes(flags.max_file).in("--max-file"));
  Progress progress("read", progress_style(stderr, flags.quiet), stderr);
  std::uint64_t shown_bytes = 0;
  double shown_at = 0, rate = 0;
  update.on_progress = [&](const apps::CodeUpdateProgress& done) {
    if (!progress.is_due()) return;
    const double now = progress.seconds();
    rate = static_cast<double>(done.n_bytes - shown_bytes) / std::max(now - shown_at, 1e-3);
    shown_bytes = done.n_bytes;
    shown_at = now;
    progress.show(
        BytesDone{.n_bytes = done.n_bytes, .n_bytes_all = done.n_bytes_wanted, .per_second = rate});
  };
  update.is_stopped = [] { return is_interrupted(); };
  return apps::update_code_index(update);
}

}  // namespace quern::cli
