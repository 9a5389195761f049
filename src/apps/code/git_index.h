// Which paths git tracks in a work tree: its index, read without git.
//
// Source: gitformat-index(5), versions 2 to 4, with split and sparse indexes and both hashes;
// git_index_test.cpp holds it against `git ls-files`.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::apps {

/// Tracked paths by bytes, each once. Without any where there is no index yet.
class GitIndex {
 public:
  /// The bytes of a file beside the index: the base of a split one.
  using ReadBeside = std::function<Result<std::string>(const std::string& name)>;

  GitIndex() = default;

  /// Errors: kBadInput where the bytes are no index, kUnsupported where they need more than we
  /// know. Numerics: the checksum is not looked at; git does not either.
  static Result<GitIndex> from_bytes(std::string_view bytes, std::size_t n_hash_bytes,
                                     const ReadBeside& read_beside);

  std::size_t n_paths() const { return entries_.size(); }
  std::string_view path(std::size_t i) const {
    return std::string_view(names_).substr(entries_[i].begin, entries_[i].n_bytes);
  }
  bool is_submodule(std::size_t i) const { return entries_[i].is_submodule; }

  bool has_same_paths(const GitIndex& other) const;

  /// The first path from `first` on, before `last`, that is not below `folder` ("a/b/").
  std::size_t end_of_folder(std::string_view folder, std::size_t first, std::size_t last) const;

  /// The first path that is not less than `path`.
  std::size_t first_from(std::string_view path) const;

 private:
  struct Entry {
    std::uint32_t begin = 0;  // In names_.
    std::uint16_t n_bytes = 0;
    bool is_submodule = false;
  };
  struct Reader;

  std::string names_;
  std::vector<Entry> entries_;
};

}  // namespace quern::apps
