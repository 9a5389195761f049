// The bytes around the sections of a container, both ways: header, table and footer. Every place in
// a file follows from two others, so that none that is read can lie outside.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/segment/container.h"

namespace quern::store {

inline constexpr std::size_t kHeaderBytes = 64;
inline constexpr std::size_t kFooterBytes = 64;
inline constexpr std::uint32_t kMustKnow = 1;  // Of Section::flags.

struct ContainerFooter {
  std::uint64_t sums_offset = 0;
  std::uint64_t table_offset = 0;
  std::uint32_t n_sums = 0;
  std::uint32_t n_sections = 0;
  std::uint64_t n_bytes = 0;
  std::uint64_t sum = 0;  // Of sums and table.
  std::uint32_t version = 0;
};

std::string header_bytes(const PartIdentity& identity);
std::string table_bytes(std::span<const Section> sections);
std::string footer_bytes(const ContainerFooter& footer, FileKind kind);

// `file` is the whole file, of a header and a footer at least. Errors: kBadInput, kUnsupported for
// another version or a section that must be known.
Result<PartIdentity> read_header(std::span<const std::byte> file);
Result<ContainerFooter> read_footer(std::span<const std::byte> file, FileKind kind);
Result<std::vector<Section>> read_table(std::span<const std::byte> file,
                                        const ContainerFooter& footer);

}  // namespace quern::store
