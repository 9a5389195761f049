// The part of home/models where changes are made: a lock that one process holds at a time, folders
// under preparation, and their publication by rename. Names beginning with '.' belong to it.
//   .lock          held (flock) by whoever adds or removes
//   .part-<n>      a model being copied, or one being removed; stale once the lock is free
//   .old-<name>    the former <name>, where the file system cannot swap two folders at once

#pragma once

#include <string>

#include "base/status.h"

namespace quern::hub {

class Workshop {
 public:
  /// Makes `models`, waits for the lock, clears what a killed process left behind.
  /// Errors: kIo.
  static Result<Workshop> open(const std::string& models);

  Workshop(Workshop&& other) noexcept;
  Workshop& operator=(Workshop&& other) noexcept;
  ~Workshop();  // Removes the folder under preparation, if there is one, and lets go of the lock.

  /// An empty folder to fill. One at a time.
  Result<std::string> make_part();

  /// The part becomes models/`name` in one step, in place of what was there.
  Status publish(const std::string& name);

  /// models/`name` disappears in one step, then its files are removed.
  Status discard(const std::string& name);

 private:
  Workshop(std::string models, int lock) : models_(std::move(models)), lock_(lock) {}

  void clear_leftovers() const;
  void remove_part();
  Status replace(const std::string& target, const std::string& name);

  std::string models_;
  std::string part_;
  int lock_ = -1;
};

}  // namespace quern::hub
