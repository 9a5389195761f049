// What the system tells of folders: inotify(7), one watch a folder.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

struct FolderEvent {
  enum class Kind {
    kDone,      // A name came, went, or its content is written and closed.
    kUnderWay,  // A file was made, or is being written; kDone may follow.
    kSelf,      // The folder itself was removed or moved.
    kEnd,       // Its watch is no more.
    kLost,      // Events were lost: anything may have changed. Of no folder.
  };
  Kind kind = Kind::kDone;
  int watch = -1;
  std::string_view name = {};  // In the folder; for kDone and kUnderWay.
  bool is_folder = false;
  bool is_leaving = false;  // It went from here: what has the name now is something else.
};

class FolderWatches {
 public:
  /// Errors: kExhausted where the system's limit of users is reached.
  static Result<FolderWatches> open();
  FolderWatches() = default;
  FolderWatches(FolderWatches&& other) noexcept;
  FolderWatches& operator=(FolderWatches&& other) noexcept;
  ~FolderWatches();

  /// The folder's watch; the same one for the same folder.
  /// Errors: kExhausted where fs.inotify.max_user_watches is reached, which the message says; kIo.
  Result<int> add(int folder_fd);
  void remove(int watch);

  /// Readable when there are events.
  int fd() const { return fd_; }

  /// Tells what there is, without waiting.
  void read(const std::function<void(const FolderEvent&)>& tell);

 private:
  int fd_ = -1;
};

}  // namespace quern::apps
