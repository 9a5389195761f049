#include "apps/code/folder_watches.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "apps/code/tree_file.h"
#include "base/mapped_file.h"

namespace quern::apps {
namespace {

constexpr std::uint32_t kDone = IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t kUnderWay = IN_CREATE | IN_MODIFY | IN_ATTRIB;
constexpr std::uint32_t kSelf = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

// A number of the system's, as a message has it.
std::string limit(const char* name) {
  auto text = read_whole_file(std::string("/proc/sys/fs/inotify/") + name, 64);
  if (!text.ok()) return fmt::format("fs.inotify.{}", name);
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return fmt::format("{} (fs.inotify.{})", *text, name);
}

}  // namespace

Result<FolderWatches> FolderWatches::open() {
  FolderWatches out;
  out.fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (out.fd_ >= 0) return out;
  if (errno == EMFILE) {
    return Status{Code::kExhausted,
                  fmt::format("the system's limit of watching programs, {}, is reached",
                              limit("max_user_instances"))};
  }
  return Status{Code::kIo, "cannot watch folders: " + errno_text(errno)};
}

FolderWatches::FolderWatches(FolderWatches&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderWatches& FolderWatches::operator=(FolderWatches&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FolderWatches::~FolderWatches() {
  if (fd_ >= 0) ::close(fd_);
}

Result<int> FolderWatches::add(int folder_fd) {
  // By the open folder: its path may have become another one's, or be too long.
  const std::string path = fmt::format("/proc/self/fd/{}", folder_fd);
  const int watch = ::inotify_add_watch(fd_, path.c_str(),
                                        kDone | kUnderWay | kSelf | IN_ONLYDIR | IN_EXCL_UNLINK);
  if (watch >= 0) return watch;
  if (errno == ENOSPC) {
    return Status{Code::kExhausted,
                  fmt::format("the system's limit of watched folders, {}, is reached",
                              limit("max_user_watches"))};
  }
  return Status{Code::kIo, "cannot watch a folder: " + errno_text(errno)};
}

void FolderWatches::remove(int watch) { ::inotify_rm_watch(fd_, watch); }

void FolderWatches::read(const std::function<void(const FolderEvent&)>& tell) {
  alignas(inotify_event) char buffer[32 << 10];
  while (true) {
    const ssize_t n = ::read(fd_, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    for (ssize_t at = 0; at < n;) {
      const auto* raw = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + raw->len);
      FolderEvent event{.watch = raw->wd,
                        .is_folder = (raw->mask & IN_ISDIR) != 0,
                        .is_leaving = (raw->mask & (IN_DELETE | IN_MOVED_FROM)) != 0};
      if (raw->len > 0) event.name = raw->name;
      if ((raw->mask & IN_Q_OVERFLOW) != 0) {
        event.kind = FolderEvent::Kind::kLost;
      } else if ((raw->mask & IN_IGNORED) != 0) {
        event.kind = FolderEvent::Kind::kEnd;
      } else if ((raw->mask & kSelf) != 0) {
        event.kind = FolderEvent::Kind::kSelf;
      } else if (event.name.empty()) {
        continue;  // The folder's own times or rights.
      } else if ((raw->mask & kDone) == 0 && !(event.is_folder && (raw->mask & IN_CREATE) != 0)) {
        if (event.is_folder) continue;  // A folder's times or rights, told by the one above.
        event.kind = FolderEvent::Kind::kUnderWay;
      }
      tell(event);
    }
  }
}

}  // namespace quern::apps
