#include "base/mapped_sections.h"

#include <fmt/format.h>

#include "base/checksum.h"

namespace quern {

std::size_t MappedSections::n_bytes() const {
  std::size_t n = 0;
  for (const Section& section : sections) n += section.bytes.size();
  return n;
}

Status MappedSections::check(int i) const {
  const Section& section = sections[static_cast<std::size_t>(i)];
  if (checksum64(section.bytes) == section.checksum) return {};
  return {Code::kBadInput,
          fmt::format("'{}': section {} of {} is damaged", file.path(), i, sections.size())};
}

}  // namespace quern
