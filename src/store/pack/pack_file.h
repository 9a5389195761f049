// A store as one file that is only read: the image of its catalog and the files of its segments.
// docs/format_store.md has the byte tables.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_layer.h"
#include "base/status.h"
#include "store/segment/part_places.h"

namespace quern::store {

inline constexpr std::uint32_t kPackVersion = 1;
inline constexpr std::size_t kPackAlign = 4096;
inline constexpr std::size_t kMaxPackedFiles = 100'000;
inline constexpr std::size_t kMaxCatalogImageBytes = std::size_t{1} << 30;

/// What `open` finds in a pack. Threads: any.
class PackFile {
 public:
  /// Reads header, footer and table. Errors: kNotFound, kIo; kBadInput where it is no pack or is
  /// damaged; kUnsupported for a newer version, with both numbers.
  static Result<PackFile> open(const std::string& path);

  const PartPlaces& parts() const { return parts_; }

  /// What catalog_image() takes.
  std::size_t catalog_bytes() const { return static_cast<std::size_t>(catalog_.n_bytes); }

  /// The catalog as SQLite has it. Errors: kBadInput where it is damaged; kIo.
  Result<std::string> catalog_image() const;

 private:
  std::string path_;
  PartPlaces parts_;
  FilePlace catalog_;
  std::uint64_t catalog_sum_ = 0;
};

/// Is there a pack's beginning at this path? False for anything else, or nothing.
bool is_pack(const std::string& path);

/// Writes a pack, whole or not at all: beside its place, synced, renamed. Errors: kUnavailable
/// where something is there already; kIo; those of `go_on`, asked for each piece of a file.
Status write_pack(FileLayer& files, const std::string& path, std::string_view catalog_image,
                  const std::string& folder, std::span<const std::string> parts,
                  const std::function<Status()>& go_on);

}  // namespace quern::store
