#include "apps/code/code_index.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "apps/code/code_documents.h"
#include "apps/code/source_reading.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// What was read is found at last after so long; small trees are one commit.
constexpr auto kCommitEvery = std::chrono::seconds(5);

class Updating {
 public:
  explicit Updating(const CodeUpdate& update) : update_(update) {}

  Status run();
  CodeUpdateReport take_report() { return std::move(report_); }

 private:
  bool is_stopped() const { return update_.is_stopped && update_.is_stopped(); }
  Status look_at_all();
  Status read_known_files();
  void choose_files();
  void note_unreadable(const std::string& path);
  Status look_at(const TreeChanges& changes);
  bool note_fact(const char* name, const std::string& value);
  void compare(const std::vector<WalkedFile>& files);
  Status read_changed();
  Status take(ReadFile file);
  Status forget(const std::string& path);
  Status commit();
  void show();

  const CodeUpdate& update_;
  WalkOptions walk_;
  CodeTables known_;
  std::string recipe_;  // How files are cut and kept; "" where only some are looked at.
  std::vector<FileToRead> changed_;
  CodeTablesChange change_;
  Clock::time_point committed_ = Clock::now();
  CodeUpdateProgress progress_;
  CodeUpdateReport report_;
};

Status Updating::run() {
  if (update_.changes != nullptr && !update_.changes->is_rescan) {
    QUERN_TRY(look_at(*update_.changes));
  } else {
    report_.is_of_all = true;
    QUERN_TRY(look_at_all());
    if (report_.was_stopped) return {};
  }
  QUERN_TRY(read_changed());
  // Files that an ended run did not come to are still cut in the old way.
  if (!report_.was_stopped && !recipe_.empty()) note_fact("recipe", recipe_);
  return commit();
}

Status Updating::look_at_all() {
  QUERN_TRY(update_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(known_.facts, read_code_facts(sql));
    return {};
  }));
  // Where much is to be cut, workers start while the tree is walked.
  if (known_.facts.empty()) update_.chunker->start_early();
  choose_files();
  // Of a tree that did not change, reading the rows takes as long as half of the walk.
  std::future<Status> rows = std::async(std::launch::async, [this] { return read_known_files(); });
  Result<TreeWalk> walk = walk_tree(update_.root, walk_, update_.is_stopped);
  QUERN_TRY(rows.get());
  if (!walk.ok() && walk.status().code() == Code::kCancelled) {
    report_.was_stopped = true;
    return {};
  }
  if (!walk.ok()) return walk.status();
  if (walk->files.empty() && !known_.files.empty() &&
      update_.empty_tree == EmptyTree::kKeepsTheIndex) {
    report_.notes.push_back(
        fmt::format("'{}' has no file: its index is kept as it was; 'quern code index' empties it",
                    update_.root));
    change_ = {};
    return {};
  }
  const bool is_other_root = note_fact("root", update_.root);
  recipe_ = fmt::format("documents {}, {}", kCodeDocumentsVersion, update_.chunker->fingerprint());
  // A first run that is ended goes on by the rows that there are.
  if (known_.files.empty()) note_fact("recipe", recipe_);
  const auto recipe = known_.facts.find("recipe");
  const bool is_other_recipe = recipe == known_.facts.end() || recipe->second != recipe_;
  if (is_other_root || is_other_recipe) {
    for (auto& [path, file] : known_.files) {
      file.read_ns = 0;
      if (is_other_recipe) file.digest.clear();
    }
  }
  compare(walk->files);
  report_.skipped = std::move(walk->skipped);
  report_.notes = std::move(walk->notes);
  for (const SkippedPath& skipped : report_.skipped) {
    if (skipped.reason == SkipReason::kUnreadable) note_unreadable(skipped.path);
  }
  return {};
}

Status Updating::read_known_files() {
  return update_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(known_.files, read_all_code_files(sql));
    return {};
  });
}

void Updating::note_unreadable(const std::string& path) {
  if (report_.n_unreadable++ == 0) report_.first_unreadable = path;
}

// What is said holds from now on, else what was said before.
void Updating::choose_files() {
  CodeFacts facts = known_.facts;
  if (update_.walk) {
    facts = facts_of_walk(*update_.walk);
    for (const auto& [name, value] : facts) note_fact(name.c_str(), value);
  }
  walk_ = walk_of_index(facts, update_.root, update_.writer->folder());
}

// Rows of what is not in `files` any more are those of files that are gone.
Status Updating::look_at(const TreeChanges& changes) {
  std::vector<std::string> paths = changes.gone;
  for (const WalkedFile& file : changes.files) paths.push_back(file.path);
  QUERN_TRY(update_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(known_.files, read_code_files(sql, paths, changes.gone));
    QUERN_ASSIGN(const CodeFacts facts, read_code_facts(sql));
    walk_ = walk_of_index(facts, update_.root, update_.writer->folder());
    return {};
  }));
  compare(changes.files);
  return {};
}

bool Updating::note_fact(const char* name, const std::string& value) {
  const auto found = known_.facts.find(name);
  if (found != known_.facts.end() && found->second == value) return false;
  change_.facts[name] = value;
  return true;
}

void Updating::compare(const std::vector<WalkedFile>& files) {
  auto known = known_.files.begin();
  const auto gone = [&] { change_.gone.push_back((known++)->first); };
  for (const WalkedFile& file : files) {
    while (known != known_.files.end() && known->first < file.path) gone();
    FileToRead wanted = {.file = file, .old_digest = {}};
    if (known != known_.files.end() && known->first == file.path) {
      const CodeFile& old = (known++)->second;
      if (old.is_unchanged(file)) {
        ++report_.n_unchanged;
        if (old.n_chunks > 0) ++report_.n_files;
        continue;
      }
      // What may be cut by syntax the next time is cut again.
      wanted.n_tries = old.n_tries;
      if (old.n_tries == 0 || old.n_tries >= kMaxCutTries) wanted.old_digest = old.digest;
      wanted.tried_digest = old.digest;
    }
    progress_.n_bytes_wanted += file.n_bytes;
    changed_.push_back(std::move(wanted));
  }
  while (known != known_.files.end()) gone();
  report_.n_gone = change_.gone.size();
  progress_.n_wanted = changed_.size();
}

Status Updating::read_changed() {
  for (const std::string& path : change_.gone) {
    QUERN_ASSIGN(const std::uint64_t n_erased, update_.writer->erase_parent(path));
    (void)n_erased;
  }
  SourceReading reading(update_.root, changed_, walk_.max_file_bytes, *update_.chunker,
                        update_.n_threads);
  for (std::size_t i = 0; i < changed_.size(); ++i) {
    if (is_stopped()) {
      report_.was_stopped = true;
      report_.n_pending = changed_.size() - i;
      return {};
    }
    QUERN_TRY(take(reading.next()));
    show();
    if (Clock::now() - committed_ > kCommitEvery) QUERN_TRY(commit());
  }
  return {};
}

Status Updating::forget(const std::string& path) {
  const auto old = known_.files.find(path);
  if (old == known_.files.end()) return {};
  QUERN_ASSIGN(const std::uint64_t n_erased, update_.writer->erase_parent(path));
  (void)n_erased;
  return {};
}

Status Updating::take(ReadFile file) {
  ++report_.n_read;
  report_.n_bytes += file.n_bytes;
  ++progress_.n_files;
  progress_.n_bytes += file.n_bytes;
  const std::string path = file.facts.walked.path;
  const auto old = known_.files.find(path);
  if (file.has_old_content) {
    ++report_.n_same;
    CodeFile facts = old->second;
    facts.walked = file.facts.walked;
    facts.read_ns = file.facts.read_ns;
    if (facts.n_chunks > 0) ++report_.n_files;
    change_.changed.push_back(std::move(facts));
    return {};
  }
  QUERN_TRY(forget(path));
  if (file.is_gone) {
    if (old != known_.files.end()) {
      ++report_.n_gone;
      change_.gone.push_back(path);
    }
    return {};
  }
  for (store::Document& document : file.documents) {
    QUERN_TRY(update_.writer->put(std::move(document)));
  }
  if (file.facts.n_chunks > 0) ++report_.n_files;
  if (!file.facts.by_syntax && !file.facts.language.empty()) ++report_.n_by_lines;
  if (file.facts.n_tries > 0 && report_.n_for_now++ == 0) {
    report_.first_for_now = fmt::format("'{}': {}", path, file.facts.note);
  }
  if (file.is_unreadable) note_unreadable(path);
  report_.n_chunks += file.facts.n_chunks;
  progress_.n_chunks += file.facts.n_chunks;
  // A file that still cannot be read is no news.
  if (file.is_unreadable && old != known_.files.end() && old->second.n_chunks == 0 &&
      old->second.note == file.facts.note) {
    return {};
  }
  change_.changed.push_back(std::move(file.facts));
  return {};
}

Status Updating::commit() {
  committed_ = Clock::now();
  if (change_.is_empty()) {
    QUERN_ASSIGN(report_.generation, update_.writer->commit());
    return {};
  }
  QUERN_ASSIGN(report_.generation,
               update_.writer->commit([&](Sql& sql) { return write_code_tables(sql, change_); }));
  change_ = {};
  return {};
}

void Updating::show() {
  if (update_.on_progress) update_.on_progress(progress_);
}

}  // namespace

Result<CodeUpdateReport> update_code_index(const CodeUpdate& update) {
  Updating updating(update);
  QUERN_TRY(updating.run());
  return updating.take_report();
}

namespace {

// By the name that default_code_place gives: home/code/NAME-HASH.
bool is_in_home(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  const std::size_t dash = name.rfind('-');
  return folder.parent_path().filename() == "code" && dash != std::string::npos &&
         name.size() - dash - 1 == 16 &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == std::string::npos;
}

}  // namespace

Result<CodeFacts> code_facts_of(store::Store& store) {
  CodeFacts out;
  QUERN_TRY(store.read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_code_facts(sql));
    return {};
  }));
  return out;
}

WalkOptions walk_of_index(const CodeFacts& facts, const std::string& root,
                          const std::string& folder) {
  namespace fs = std::filesystem;
  WalkOptions out = walk_of_facts(facts);
  std::error_code error;
  const fs::path own = fs::weakly_canonical(folder, error);
  // All indexes of a home lie side by side.
  for (const fs::path& mine : {own, own.parent_path()}) {
    const std::string below = mine.lexically_relative(root).generic_string();
    if (below.empty() || below == "." || below == ".." || below.starts_with("../")) continue;
    const bool is_home = mine != own;
    if (is_home && !is_in_home(own)) continue;
    std::string glob = "/";
    for (const char c : below) {
      if (std::string_view("\\*?[]!# ").find(c) != std::string_view::npos) glob += '\\';
      glob += c;
    }
    out.exclude.push_back(glob + "/");
  }
  return out;
}

Status create_code_index(const CodePlace& place, const std::optional<store::VectorSpace>& space) {
  std::error_code error;
  if (!std::filesystem::is_directory(place.root, error)) {
    return {Code::kBadInput, fmt::format("'{}' is no folder", place.root)};
  }
  std::filesystem::create_directories(std::filesystem::path(place.folder).parent_path(), error);
  if (error) {
    return {Code::kIo,
            fmt::format("cannot make the folder of '{}': {}", place.folder, error.message())};
  }
  // What lies in somebody's tree is none of their repository's.
  if (std::filesystem::path(place.folder).parent_path().filename() == ".quern") {
    std::ofstream(place.root + "/.quern/.gitignore") << "*\n";
  }
  return store::create_store({.folder = place.folder}, code_schema(), "quern code", space);
}

}  // namespace quern::apps
