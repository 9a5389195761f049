#include "cli/code_session.h"

#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "base/machine.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/store_vectors.h"
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

Result<apps::WalkOptions> walk_options(const CodeFlags& flags) {
  apps::WalkOptions out;
  out.obey_ignore_rules = !flags.no_ignore;
  out.exclude = flags.exclude;
  QUERN_ASSIGN(out.max_file_bytes, parse_bytes(flags.max_file).in("--max-file"));
  return out;
}

Result<std::string> path_in_tree(const apps::CodePlace& place, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const fs::path& from : {fs::current_path(error), fs::path(place.root)}) {
    const fs::path whole = fs::weakly_canonical(from / path, error);
    if (error || !fs::exists(whole, error)) continue;
    const std::string below = whole.lexically_relative(place.root).string();
    if (!below.empty() && below != "." && !below.starts_with("..")) return below;
  }
  return {Code::kNotFound, fmt::format("'{}' is no file of {}", path, place.root)};
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
  QUERN_ASSIGN(update.walk, walk_options(flags));
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

namespace {

Status bring_up_to_date(const CodeFlags& flags, const apps::CodePlace& place) {
  const bool is_there = has_code_index(place);
  if (is_there && flags.no_update) return {};
  if (!is_there) QUERN_TRY(apps::create_code_index(place, {}));
  auto writer = store::Writer::open({.folder = place.folder}, {.who = "quern code search"});
  if (!writer.ok()) {
    const Code code = writer.status().code();
    if (code != Code::kUnavailable && code != Code::kIo) return writer.status();
    print_note("searched as it is: " + writer.status().message() + "\n");
    return {};
  }
  QUERN_ASSIGN(const apps::CodeUpdateReport report, update_code(flags, place, **writer));
  if (report.was_stopped) return {Code::kCancelled, "interrupted while the tree was read"};
  for (const std::string& note : report.notes) print_error(note);
  return {};
}

}  // namespace

void add_no_update_flag(CLI::App& command, CodeFlags& flags) {
  command.add_flag("--no-update", flags.no_update, "Do not look for changed files first");
}

Result<std::unique_ptr<CodeReader>> CodeReader::open(const CodeFlags& flags,
                                                     const EngineFlags& engine,
                                                     CodeVectors vectors) {
  auto out = std::unique_ptr<CodeReader>(new CodeReader);
  QUERN_ASSIGN(out->place_, code_place(flags));
  QUERN_TRY(bring_up_to_date(flags, out->place_));
  QUERN_ASSIGN(out->store_, store::Store::open({.folder = out->place_.folder}));
  QUERN_ASSIGN(out->snapshot_, out->store_->snapshot());
  for (const Status& damaged : out->snapshot_->damaged()) print_error(damaged.message());
  // What has no vectors needs no engine.
  if (vectors == CodeVectors::kWanted && out->snapshot_->active_space() != nullptr) {
    QUERN_ASSIGN(out->engine_, open_engine(engine));
  }
  out->pool_ =
      std::make_unique<ThreadPool>(engine.n_threads > 0 ? engine.n_threads : usable_cpus());
  QUERN_ASSIGN(apps::CodeSearcher searcher,
               apps::CodeSearcher::create(*out->pool_, out->engine_.get()));
  out->searcher_.emplace(std::move(searcher));
  return out;
}

}  // namespace quern::cli
