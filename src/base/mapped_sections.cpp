#include "base/mapped_sections.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checksum.h"

namespace quern {
namespace {

// Read between two givings back: a multiple of pages.
constexpr std::size_t kPiece = std::size_t{4} << 20;

}  // namespace

std::size_t MappedSections::n_bytes() const {
  std::size_t n = 0;
  for (const Section& section : sections) n += section.bytes.size();
  return n;
}

Status MappedSections::check(int i, PagesAfter after) const {
  const Section& section = sections[static_cast<std::size_t>(i)];
  Checksum64 sum;
  for (std::size_t at = 0; at < section.bytes.size(); at += kPiece) {
    const auto piece = section.bytes.subspan(at, std::min(kPiece, section.bytes.size() - at));
    sum.add({reinterpret_cast<const char*>(piece.data()), piece.size()});
    if (after == PagesAfter::kGo) file.drop_pages(piece);
  }
  if (sum.value() == section.checksum) return {};
  return {Code::kBadInput,
          fmt::format("'{}': section {} of {} is damaged", file.path(), i, sections.size())};
}

}  // namespace quern
