#include "apps/code/folder_listing.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace quern::apps {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

unsigned char type_of(int folder_fd, const char* name) {
  struct stat info{};
  if (::fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return DT_REG;  // Gone; seen later.
  return static_cast<unsigned char>(IFTODT(info.st_mode));
}

}  // namespace

bool ListedEntry::is_folder() const { return type == DT_DIR; }

bool is_before(std::string_view a, bool is_folder_a, std::string_view b, bool is_folder_b) {
  const std::size_t n = std::min(a.size(), b.size());
  const int order = n == 0 ? 0 : std::memcmp(a.data(), b.data(), n);
  if (order != 0) return order < 0;
  const auto next = [n](std::string_view name, bool is_folder) {
    if (n < name.size()) return static_cast<int>(static_cast<unsigned char>(name[n]));
    return is_folder ? static_cast<int>('/') : -1;
  };
  return next(a, is_folder_a) < next(b, is_folder_b);
}

int FolderListing::read(int folder_fd) {
  // One buffer a thread: a folder's entries are copied out of it at once.
  thread_local std::vector<char> buffer(kBufferBytes);
  names_.clear();
  entries_.clear();
  begins_.clear();
  while (true) {
    const ssize_t n = ::getdents64(folder_fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) break;
    for (ssize_t at = 0; at < n;) {
      const auto* one = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += one->d_reclen;
      const std::string_view name = one->d_name;
      if (name == "." || name == "..") continue;
      begins_.push_back(names_.size());
      names_.append(name.data(), name.size() + 1);
      entries_.push_back(
          {.name = {},
           .type = one->d_type == DT_UNKNOWN ? type_of(folder_fd, one->d_name) : one->d_type});
    }
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].name = names_.c_str() + begins_[i];
  std::sort(entries_.begin(), entries_.end(), [](const ListedEntry& a, const ListedEntry& b) {
    return is_before(a.name, a.is_folder(), b.name, b.is_folder());
  });
  return 0;
}

const ListedEntry* FolderListing::find(std::string_view name) const {
  for (const bool is_folder : {false, true}) {
    const auto found = std::lower_bound(
        entries_.begin(), entries_.end(), name, [&](const ListedEntry& a, std::string_view wanted) {
          return is_before(a.name, a.is_folder(), wanted, is_folder);
        });
    if (found != entries_.end() && found->name == name) return &*found;
  }
  return nullptr;
}

}  // namespace quern::apps
