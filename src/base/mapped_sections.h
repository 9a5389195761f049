// Runs of a mapped file's bytes, each checked by itself, so that opening a large file reads none of
// them.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/mapped_file.h"
#include "base/status.h"

namespace quern {

/// What becomes of pages that were read.
enum class PagesAfter {
  kStay,
  kGo,  // A piece at a time: little of the file is in memory at once.
};

struct MappedSections {
  struct Section {
    std::span<const std::byte> bytes;
    std::uint64_t checksum = 0;  // That the bytes should have (checksum.h).
  };

  MappedFile file;
  std::vector<Section> sections;  // In the order of the file.

  int n() const { return static_cast<int>(sections.size()); }
  std::size_t n_bytes() const;  // Of all sections.

  /// Reads section `i`. Errors: kBadInput, naming file and section, when it is damaged.
  Status check(int i, PagesAfter after = PagesAfter::kStay) const;
};

}  // namespace quern
