// Where the files of segments lie: each on its own in a folder, or all of them in a packed store.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/mapped_file.h"
#include "base/status.h"

namespace quern::store {

/// A file, or a part of one.
struct FilePlace {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t n_bytes = 0;                            // 0: to the end.
  std::shared_ptr<const MappedFile> mapping = nullptr;  // Of the whole file; null: not mapped yet.
};

class PartPlaces {
 public:
  PartPlaces() = default;
  PartPlaces(std::string folder) : folder_(std::move(folder)) {}  // NOLINT: a folder is one.
  PartPlaces(std::string pack, std::map<std::string, FilePlace> files)
      : folder_(std::move(pack)), files_(std::move(files)), is_packed_(true) {}

  /// Errors: kNotFound where a packed store has no such file; a folder is not looked at.
  Result<FilePlace> find(const std::string& name) const {
    if (!is_packed_) return FilePlace{.path = folder_ + "/" + name};
    const auto found = files_.find(name);
    if (found != files_.end()) return found->second;
    return {Code::kNotFound, "'" + folder_ + "' has no file '" + name + "'"};
  }

 private:
  std::string folder_;  // Or the pack's path.
  std::map<std::string, FilePlace> files_;
  bool is_packed_ = false;
};

}  // namespace quern::store
