// What a run did to its disk, in order: for tests that make from it what a power cut could leave.

#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace quern::store {

struct DiskOperation {
  enum class Kind {
    kCreate,
    kMakeFolder,
    kWrite,
    kTruncate,
    kSync,
    kRename,
    kRemove,
    kSyncFolder,
    kNothing,  // One that was taken out, to plant a fault.
  };
  Kind kind{};
  std::string path;
  std::string to = {};       // kRename
  std::uint64_t offset = 0;  // kWrite; of kTruncate the new size
  std::string bytes = {};    // kWrite
};

/// Threads: any.
class Trace {
 public:
  /// Only what lies in `root` is recorded.
  explicit Trace(std::string root) : root_(std::move(root)) {}

  void add(DiskOperation operation) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (operation.path.starts_with(root_)) operations_.push_back(std::move(operation));
  }

  const std::string& root() const { return root_; }
  std::size_t n_operations() const { return operations_.size(); }
  const std::vector<DiskOperation>& operations() const { return operations_; }

  /// Asked before each operation; true: it fails, undone.
  std::function<bool()> fails = [] { return false; };

 private:
  const std::string root_;
  std::mutex mutex_;
  std::vector<DiskOperation> operations_;
};

}  // namespace quern::store
