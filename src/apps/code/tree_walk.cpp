#include "apps/code/tree_walk.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"

namespace quern::apps {
namespace {

constexpr std::string_view kVendored[] = {
    "node_modules", "__pycache__",   ".venv",       "venv",  ".tox",
    ".mypy_cache",  ".pytest_cache", ".ruff_cache", ".eggs",
};

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<TreeWalk> walk_tree(const std::string& root, const WalkOptions& options,
                           const std::function<bool()>& is_stopped) {
  TreeWalk walk;
  std::vector<std::string> folders = {""};
  while (!folders.empty()) {
    if (is_stopped && is_stopped()) return Status{Code::kCancelled, "the walk was stopped"};
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const std::string place = folder.empty() ? root : root + "/" + folder;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(place.c_str()), ::closedir);
    if (dir == nullptr) {
      if (folder.empty()) {
        return Status{errno == ENOENT    ? Code::kNotFound
                      : errno == ENOTDIR ? Code::kBadInput
                                         : Code::kIo,
                      fmt::format("cannot read the folder '{}': {}", root, errno_text(errno))};
      }
      walk.skipped.push_back({.path = folder,
                              .is_folder = true,
                              .reason = SkipReason::kUnreadable,
                              .problem = errno_text(errno)});
      continue;
    }
    walk.n_folders += 1;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || name == ".git" || name == ".hg" || name == ".svn")
        continue;
      std::string path = folder.empty() ? std::string(name) : folder + "/" + std::string(name);
      struct stat info{};
      if (::fstatat(::dirfd(dir.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      const auto skip = [&](bool is_folder, SkipReason reason) {
        walk.skipped.push_back({.path = path, .is_folder = is_folder, .reason = reason});
      };
      if (S_ISDIR(info.st_mode)) {
        if (options.obey_ignore_rules &&
            std::find(std::begin(kVendored), std::end(kVendored), name) != std::end(kVendored)) {
          skip(true, SkipReason::kVendoredFolder);
        } else {
          folders.push_back(std::move(path));
        }
      } else if (S_ISLNK(info.st_mode)) {
        skip(false, SkipReason::kLink);
      } else if (!S_ISREG(info.st_mode)) {
        skip(false, SkipReason::kNotAFile);
      } else if (static_cast<std::uint64_t>(info.st_size) > options.max_file_bytes) {
        skip(false, SkipReason::kHuge);
      } else {
        walk.files.push_back({.path = std::move(path),
                              .n_bytes = static_cast<std::uint64_t>(info.st_size),
                              .mtime_ns = nanoseconds(info.st_mtim),
                              .ctime_ns = nanoseconds(info.st_ctim),
                              .inode = info.st_ino});
      }
    }
  }
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(walk.files.begin(), walk.files.end(), by_path);
  std::sort(walk.skipped.begin(), walk.skipped.end(), by_path);
  return walk;
}

}  // namespace quern::apps
