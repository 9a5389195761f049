#include "cli/code_session.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "base/machine.h"
#include "cli/early_engine.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/store_vectors.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A question waits so long for what changed since the last one; the rest is said.
constexpr auto kUpdatePatience = std::chrono::seconds(3);

// Of documents that a writer holds before they become a segment, however small the budget is.
constexpr std::size_t kLeastWriterBytes = std::size_t{4} << 20;

// And so long for another process that is making the index for the first time.
constexpr auto kFirstPatience = std::chrono::seconds(10);

struct RealPath {
  std::string folder;
  std::string file;  // Its name, where the path is no folder.
};

Result<RealPath> real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) {
    return {error == std::errc::no_such_file_or_directory ? Code::kNotFound : Code::kIo,
            fmt::format("'{}': {}", path, error.message())};
  }
  if (fs::is_directory(real, error)) return RealPath{.folder = real.string(), .file = {}};
  return RealPath{.folder = real.parent_path().string(), .file = real.filename().string()};
}

// The repository's top, or the folder itself.
std::string top_of(const std::string& folder) {
  std::error_code error;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return at.string();
    if (at == at.parent_path()) return folder;
  }
}

// "" for the root itself, nothing for what lies outside.
std::optional<std::string> below_root(const std::string& root, const RealPath& path) {
  const fs::path whole =
      path.file.empty() ? fs::path(path.folder) : fs::path(path.folder) / path.file;
  const std::string below = whole.lexically_relative(root).string();
  if (below == ".") return std::string();
  if (below.empty() || below == ".." || below.starts_with("../")) return {};
  return below;
}

Result<CodeTarget> target_of_index(const CodeFlags& flags, CodePurpose purpose,
                                   const RealPath& path) {
  std::error_code error;
  CodeTarget out;
  out.place.folder = fs::absolute(flags.index, error).string();
  out.place.root = flags.path.empty() ? top_of(path.folder) : path.folder;
  if (!has_code_index(out.place)) return out;
  QUERN_ASSIGN(const std::string root, root_of_code_index(out.place.folder));
  if (root.empty()) return out;
  const auto other = [&]() -> Status {
    return {Code::kBadInput, fmt::format("the index in '{}' is of {}, not of {}", flags.index, root,
                                         out.place.root)};
  };
  if (!flags.path.empty()) {
    const std::optional<std::string> below = below_root(root, path);
    // A tree that has moved takes its index along.
    if (!below && purpose == CodePurpose::kIndexing && !fs::exists(root, error)) return out;
    if (!below || (purpose == CodePurpose::kIndexing && !below->empty())) return other();
    out.below = *below;
  }
  out.place.root = root;
  return out;
}

bool bring_up_to_date_may_read(const Status& status) {
  return status.code() == Code::kUnavailable || status.code() == Code::kIo ||
         status.code() == Code::kBadInput || status.code() == Code::kNotFound;
}

// Whether any commit of the index is there to be read.
bool has_generation(const apps::CodePlace& place) {
  const auto store = store::Store::open({.folder = place.folder});
  if (!store.ok()) return true;  // What is wrong with it is said by whoever reads it.
  const auto snapshot = (*store)->snapshot();
  return !snapshot.ok() || (*snapshot)->id() > 0;
}

Status bring_up_to_date(const CodeFlags& flags, const apps::CodePlace& place) {
  const bool is_there = has_code_index(place);
  if (is_there && flags.no_update) return {};
  QUERN_ASSIGN(const auto chunker, open_chunker());
  if (!is_there) {
    chunker->start_early();  // While the disk is waited for.
    QUERN_TRY(ensure_code_index(place));
  }
  const auto end = Clock::now() + kFirstPatience;
  auto writer = store::Writer::open({.folder = place.folder}, {.who = "quern code search"});
  while (!writer.ok() && writer.status().code() == Code::kUnavailable && !has_generation(place) &&
         Clock::now() < end && !is_interrupted()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    writer = store::Writer::open({.folder = place.folder}, {.who = "quern code search"});
  }
  if (!writer.ok()) {
    if (!bring_up_to_date_may_read(writer.status())) return writer.status();
    print_note("searched as it is: " + writer.status().message() + "\n");
    return {};
  }
  std::optional<Clock::time_point> deadline;
  if (is_there) deadline = Clock::now() + kUpdatePatience;
  QUERN_ASSIGN(
      const apps::CodeUpdateReport report,
      update_code(flags, place, **writer, *chunker, apps::EmptyTree::kKeepsTheIndex, deadline));
  if (report.was_stopped && is_interrupted()) {
    return {Code::kCancelled, "interrupted while the tree was read"};
  }
  for (const std::string& note : report.notes) print_error(note);
  if (flags.quiet) return {};
  if (report.was_stopped) {
    print_note(
        report.n_pending > 0
            ? fmt::format("{} changed files are not read yet: 'quern code index' reads them\n",
                          grouped(static_cast<long>(report.n_pending)))
            : std::string("the tree is large: it was not looked through for changes\n"));
  }
  if (report.n_gone > 0 && report.n_files == 0) {
    print_note(fmt::format("{} files are gone\n", grouped(static_cast<long>(report.n_gone))));
  }
  print_note(unreadable_note(report));
  return {};
}

}  // namespace

void add_code_flags(CLI::App& command, CodeFlags& flags) {
  command.add_option("--index", flags.index, "Folder of the index (default: in the home)")
      ->type_name("DIR")
      ->check(empty_problem);
  command.add_flag("-q,--quiet", flags.quiet, "No progress, no summary");
}

void add_code_files_flags(CLI::App& command, CodeFlags& flags) {
  command.add_flag("--here", flags.here, "Keep the index inside the tree, in .quern/code")
      ->excludes(command.get_option("--index"));
  command.add_flag("--no-ignore", flags.no_ignore, "Index what ignore files hide, too");
  command
      .add_option("--exclude", flags.exclude,
                  "Leave out what this pattern matches, as a line of .gitignore would")
      ->type_name("GLOB")
      ->check(empty_problem);
  command.add_option("--max-file,--max-filesize", flags.max_file, "Leave out larger files (1MB)")
      ->type_name("BYTES")
      ->check(empty_problem);
  command.add_flag("--default-files", flags.default_files,
                   "Forget --no-ignore, --exclude and --max-file of earlier runs, which hold\n"
                   "until one of them is given again");
}

void add_no_update_flag(CLI::App& command, CodeFlags& flags) {
  command.add_flag("--no-update", flags.no_update, "Do not look for changed files first");
}

Result<CodeTarget> code_target(const CodeFlags& flags, CodePurpose purpose) {
  const bool is_given = !flags.path.empty();
  QUERN_ASSIGN(const RealPath path, real_path(is_given ? flags.path : "."));
  if (!path.file.empty() && purpose == CodePurpose::kIndexing) {
    return {Code::kBadInput, fmt::format("'{}' is no folder", flags.path)};
  }
  if (!flags.index.empty()) return target_of_index(flags, purpose, path);
  const std::string home = hub::home_folder();
  const std::string root = is_given ? path.folder : top_of(path.folder);
  CodeTarget out;
  if (flags.here) {
    out.place = apps::code_place_here(root);
    return out;
  }
  if (is_given && purpose == CodePurpose::kIndexing) {
    QUERN_ASSIGN(out.place, apps::default_code_place(root, home));
    return out;
  }
  QUERN_ASSIGN(std::optional<apps::CodePlace> found, apps::find_code_place(path.folder, home));
  if (found) {
    out.place = std::move(*found);
  } else {
    QUERN_ASSIGN(out.place, apps::default_code_place(root, home));
  }
  if (is_given) out.below = below_root(out.place.root, path).value_or("");
  return out;
}

bool has_code_index(const apps::CodePlace& place) {
  std::error_code error;
  return fs::exists(store::catalog_path(place.folder), error);
}

Result<std::string> root_of_code_index(const std::string& folder) {
  QUERN_ASSIGN(const auto store, store::Store::open({.folder = folder}));
  QUERN_ASSIGN(const apps::CodeFacts facts, apps::code_facts_of(*store));
  const auto root = facts.find("root");
  return root == facts.end() ? std::string() : root->second;
}

Status ensure_code_index(const apps::CodePlace& place) {
  if (has_code_index(place)) return {};
  const Status made = apps::create_code_index(place, {});
  if (made.code() == Code::kUnavailable && has_code_index(place)) return {};
  return made;
}

Status remove_code_index(const apps::CodePlace& place) {
  if (!has_code_index(place)) return {};
  const auto writer = store::Writer::open({.folder = place.folder}, {.who = "quern code"});
  if (!writer.ok() && writer.status().code() == Code::kUnavailable) return writer.status();
  std::error_code error;
  const std::string aside = place.folder + ".old";
  fs::remove_all(aside, error);
  fs::rename(place.folder, aside, error);
  if (error) {
    return {Code::kIo, fmt::format("cannot move '{}' away: {}", place.folder, error.message())};
  }
  fs::remove_all(aside, error);
  return {};
}

Result<std::optional<apps::WalkOptions>> walk_options(const CodeFlags& flags) {
  const bool is_silent = !flags.no_ignore && flags.exclude.empty() && flags.max_file.empty();
  if (is_silent && !flags.default_files) return std::optional<apps::WalkOptions>();
  apps::WalkOptions out;
  out.obey_ignore_rules = !flags.no_ignore;
  out.exclude = flags.exclude;
  if (!flags.max_file.empty()) {
    QUERN_ASSIGN(out.max_file_bytes, parse_bytes(flags.max_file).in("--max-file"));
  }
  return std::optional(std::move(out));
}

Result<std::string> path_in_tree(const apps::CodePlace& place, const std::string& path) {
  std::error_code error;
  for (const fs::path& from : {fs::current_path(error), fs::path(place.root)}) {
    const fs::path whole = fs::weakly_canonical(from / path, error);
    if (error || !fs::exists(whole, error)) continue;
    const std::string below = whole.lexically_relative(place.root).string();
    if (!below.empty() && below != "." && below != ".." && !below.starts_with("../")) return below;
  }
  return {Code::kNotFound, fmt::format("'{}' is no file of {}", path, place.root)};
}

Result<std::unique_ptr<apps::Chunker>> open_chunker(ByteLedger* ledger) {
  apps::ChunkerOptions options;
  options.ledger = ledger;
  const char* given = std::getenv("QUERN_GRAMMARS");
  options.grammars_folder = given != nullptr ? given : hub::home_folder() + "/grammars";
  options.n_children = usable_cpus();
  return apps::Chunker::create(options);
}

store::WriterOptions code_writer_options(std::string who, ByteLedger& ledger) {
  store::WriterOptions options;
  options.who = std::move(who);
  options.ledger = &ledger;
  options.memory_bytes =
      std::clamp(ledger.limit_bytes() / 8, kLeastWriterBytes, options.memory_bytes);
  return options;
}

Result<apps::CodeUpdateReport> update_code(const CodeFlags& flags, const apps::CodePlace& place,
                                           store::Writer& writer, apps::Chunker& chunker,
                                           apps::EmptyTree empty_tree,
                                           std::optional<Clock::time_point> deadline) {
  apps::CodeUpdate update;
  update.writer = &writer;
  update.chunker = &chunker;
  update.root = place.root;
  update.n_threads = usable_cpus();
  update.empty_tree = empty_tree;
  QUERN_ASSIGN(update.walk, walk_options(flags));
  Progress progress("read", progress_style(stderr, flags.quiet), stderr);
  std::uint64_t shown_bytes = 0;
  double shown_at = 0;
  update.on_progress = [&](const apps::CodeUpdateProgress& done) {
    if (!progress.is_due()) return;
    const double now = progress.seconds();
    const double rate =
        static_cast<double>(done.n_bytes - shown_bytes) / std::max(now - shown_at, 1e-3);
    shown_bytes = done.n_bytes;
    shown_at = now;
    progress.show(
        BytesDone{.n_bytes = done.n_bytes, .n_bytes_all = done.n_bytes_wanted, .per_second = rate});
  };
  update.is_stopped = [&] { return is_interrupted() || (deadline && Clock::now() >= *deadline); };
  return apps::update_code_index(update);
}

std::string unreadable_note(const apps::CodeUpdateReport& report) {
  if (report.n_unreadable == 0) return {};
  return fmt::format(
      "{} files and folders cannot be read, '{}' the first: 'quern code why' says why\n",
      report.n_unreadable, report.first_unreadable);
}

Result<std::unique_ptr<CodeReader>> CodeReader::open(const CodeFlags& flags,
                                                     const EngineFlags& engine,
                                                     CodeVectors vectors) {
  auto out = std::unique_ptr<CodeReader>(new CodeReader);
  QUERN_ASSIGN(out->target_, code_target(flags, CodePurpose::kAsking));
  const apps::CodePlace& place = out->target_.place;
  const bool has_vectors = vectors == CodeVectors::kWanted;
  EarlyEngine early = has_vectors && has_code_index(place)
                          ? EarlyEngine::for_store(place.folder, engine)
                          : EarlyEngine();
  QUERN_TRY(bring_up_to_date(flags, place));
  QUERN_ASSIGN(out->store_, store::Store::open({.folder = place.folder}));
  QUERN_ASSIGN(out->snapshot_, out->store_->snapshot());
  for (const Status& damaged : out->snapshot_->damaged()) print_error(damaged.message());
  // What has no vectors needs no engine.
  if (has_vectors && out->snapshot_->active_space() != nullptr) {
    QUERN_ASSIGN(out->engine_, early.take());
    if (out->engine_ == nullptr) {
      QUERN_ASSIGN(out->engine_, open_engine(engine));
    }
  }
  out->pool_ =
      std::make_unique<ThreadPool>(engine.n_threads > 0 ? engine.n_threads : usable_cpus());
  QUERN_ASSIGN(apps::CodeSearcher searcher,
               apps::CodeSearcher::create(*out->pool_, out->engine_.get()));
  out->searcher_.emplace(std::move(searcher));
  return out;
}

}  // namespace quern::cli
