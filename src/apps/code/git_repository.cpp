#include "apps/code/git_repository.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/code/git_config.h"
#include "apps/code/tree_file.h"
#include "base/file_layer.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxIndexBytes = std::size_t{1} << 31;
constexpr std::size_t kMaxRuleBytes = 100 << 20;  // git's own limit.
constexpr std::size_t kMaxNameBytes = 64 << 10;

bool is_there(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0;
}

bool is_folder(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::optional<std::string> real_path(const std::string& path) {
  char* found = ::realpath(path.c_str(), nullptr);
  if (found == nullptr) return std::nullopt;
  std::string out = found;
  std::free(found);
  return out;
}

// A file that holds a path, relative to `folder`: `.git` of a linked worktree, `commondir`.
std::optional<std::string> named_folder(const std::string& file, std::string_view prefix,
                                        const std::string& folder) {
  auto text = read_whole_file(file, kMaxNameBytes);
  if (!text.ok() || std::string_view(*text).substr(0, prefix.size()) != prefix) return std::nullopt;
  std::string name = text->substr(prefix.size());
  while (!name.empty() && (name.back() == '\n' || name.back() == '\r')) name.pop_back();
  if (name.empty()) return std::nullopt;
  return real_path(name[0] == '/' ? name : folder + "/" + name);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The user's folder for git, of the desktop's kind.
std::string user_git_folder() {
  const std::string config = environment("XDG_CONFIG_HOME");
  if (!config.empty()) return config + "/git";
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.config/git";
}

// All levels, the strongest last. Source: git-config(1), "FILES".
Status read_config(const GitPlace& place, GitConfig& config) {
  std::vector<std::string> files;
  const std::string no_system = environment("GIT_CONFIG_NOSYSTEM");
  if (no_system.empty() || no_system == "0" || no_system == "false") {
    const std::string system = environment("GIT_CONFIG_SYSTEM");
    files.push_back(system.empty() ? "/etc/gitconfig" : system);
  }
  const std::string global = environment("GIT_CONFIG_GLOBAL");
  if (!global.empty()) {
    files.push_back(global);
  } else {
    if (!user_git_folder().empty()) files.push_back(user_git_folder() + "/config");
    if (!environment("HOME").empty()) files.push_back(environment("HOME") + "/.gitconfig");
  }
  files.push_back(place.common + "/config");
  Status first;
  for (const std::string& file : files) {
    const Status status = config.read(file, place.folder);
    if (first.ok()) first = status;
  }
  if (config.is_yes("extensions.worktreeconfig")) {
    const Status status = config.read(place.folder + "/config.worktree", place.folder);
    if (first.ok()) first = status;
  }
  return first;
}

// Errors: kUnsupported where its settings may change what the index means.
Status check_format(const GitConfig& config) {
  const std::string version = config.text("core.repositoryformatversion").value_or("0");
  if (version == "0") return {};
  if (version != "1") {
    return {Code::kUnsupported, fmt::format("the repository has format {}, want 0 or 1", version)};
  }
  constexpr std::string_view kKnown[] = {
      "extensions.noop",         "extensions.noop-v1",        "extensions.preciousobjects",
      "extensions.partialclone", "extensions.objectformat",   "extensions.compatobjectformat",
      "extensions.refstorage",   "extensions.worktreeconfig", "extensions.relativeworktrees"};
  for (const std::string& name : config.names_with("extensions.")) {
    bool is_known = false;
    for (const std::string_view known : kKnown) is_known |= name == known;
    if (!is_known) {
      return {Code::kUnsupported,
              fmt::format("the repository needs '{}', which is not known", name)};
    }
  }
  return {};
}

Result<GitIndex> read_index(const GitPlace& place, const GitConfig& config) {
  QUERN_TRY(check_format(config));
  auto bytes = read_whole_file(place.folder + "/index", kMaxIndexBytes);
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) return GitIndex();
  if (!bytes.ok()) return bytes.status();
  const std::size_t n_hash_bytes =
      config.text("extensions.objectformat").value_or("sha1") == "sha256" ? 32 : 20;
  return GitIndex::from_bytes(*bytes, n_hash_bytes, [&](const std::string& name) {
    return read_whole_file(place.folder + "/" + name, kMaxIndexBytes);
  });
}

RuleChain with_file(RuleChain chain, const std::string& file, std::size_t n_base,
                    GitRepository& repository) {
  auto bytes = read_whole_file(file, kMaxRuleBytes);
  if (bytes.ok()) {
    return with_rules(std::move(chain), file, n_base,
                      IgnoreRules::from_file(*bytes, repository.letters));
  }
  if (bytes.status().code() != Code::kNotFound) {
    repository.notes.push_back(bytes.status().message() + "; its rules are not obeyed");
  }
  return chain;
}

}  // namespace

std::optional<GitPlace> git_place_at(const std::string& top) {
  const std::string name = top == "/" ? "/.git" : top + "/.git";
  struct stat info{};
  if (::stat(name.c_str(), &info) != 0) return std::nullopt;
  std::optional<std::string> folder;
  if (S_ISDIR(info.st_mode)) folder = real_path(name);
  if (S_ISREG(info.st_mode)) folder = named_folder(name, "gitdir: ", top);
  if (!folder || !is_there(*folder + "/HEAD")) return std::nullopt;
  const std::string common = named_folder(*folder + "/commondir", "", *folder).value_or(*folder);
  if (!is_folder(common + "/objects") || !is_folder(common + "/refs")) return std::nullopt;
  return GitPlace{.top = top, .folder = *folder, .common = common};
}

std::optional<GitPlace> git_place_above(const std::string& folder) {
  struct stat first{};
  if (::stat(folder.c_str(), &first) != 0) return std::nullopt;
  for (std::string top = folder;;) {
    if (auto place = git_place_at(top)) return place;
    if (top == "/") return std::nullopt;
    top = parent_of(top);
    struct stat info{};
    if (::stat(top.c_str(), &info) != 0 || info.st_dev != first.st_dev) return std::nullopt;
  }
}

std::shared_ptr<const GitRepository> open_git_repository(const GitPlace& place,
                                                         std::size_t n_base) {
  auto repository = std::make_shared<GitRepository>();
  repository->place = place;
  GitConfig config;
  const Status configured = read_config(place, config);
  if (!configured.ok()) repository->notes.push_back(configured.message());
  if (config.is_yes("core.ignorecase")) repository->letters = PathLetters::kIgnoreCase;

  auto index = read_index(place, config);
  if (index.ok()) {
    repository->index = std::move(*index);
  } else {
    repository->notes.push_back(fmt::format("{}: {}; ignore rules decide about tracked files, too",
                                            place.top, index.status().message()));
  }

  const std::string user_folder = user_git_folder();
  const auto excludes = config.text("core.excludesfile");
  if (excludes && !excludes->empty()) {
    repository->rules =
        with_file(repository->rules, expanded_path(*excludes, place.top), n_base, *repository);
  } else if (!excludes && !user_folder.empty()) {
    repository->rules = with_file(repository->rules, user_folder + "/ignore", n_base, *repository);
  }
  repository->rules =
      with_file(repository->rules, place.common + "/info/exclude", n_base, *repository);
  return repository;
}

}  // namespace quern::apps
