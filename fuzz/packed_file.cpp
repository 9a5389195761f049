// The reader of packed weights: any bytes give a payload inside those bytes, or an error. Checksums
// are put right in a copy, so that what lies behind them is reached too.

#include "hub/packed_file.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/checksum.h"
#include "hub/digest_memo.h"

namespace {

void put(std::vector<std::byte>& file, std::size_t at, std::uint64_t value) {
  std::memcpy(file.data() + at, &value, sizeof value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), n);
  [[maybe_unused]] const auto as_it_is = quern::hub::parse_packed_file(input);
  quern::hub::parse_digest_memo({reinterpret_cast<const char*>(data), n});

  std::vector<std::byte> file(input.begin(), input.end());
  if (file.size() < 128) return 0;
  put(file, 16, file.size());
  std::uint64_t n_sections = 0;
  std::memcpy(&n_sections, file.data() + 24, sizeof n_sections);
  if (n_sections > quern::hub::kMaxPackedSections) return 0;
  const std::size_t n_head = quern::hub::packed_head_bytes(n_sections);
  if (n_head > file.size()) return 0;
  put(file, n_head - 8, quern::checksum64(std::span(file).first(n_head - 8)));
  const auto read = quern::hub::parse_packed_file(file);
  if (!read.ok()) return 0;
  QUERN_CHECK(read->key.precision.size() < 16 && read->key.isa.size() < 16);
  QUERN_CHECK(read->sections.size() == n_sections);
  std::vector<quern::hub::PackedSection> sections;
  std::size_t end = n_head;
  for (const auto& section : read->sections) {
    end = quern::hub::packed_next(end);
    QUERN_CHECK(section.bytes.data() == file.data() + end);
    end += section.bytes.size();
    sections.push_back({section.bytes.size(), section.checksum});
  }
  QUERN_CHECK(end == file.size());
  // What was read can be written again.
  QUERN_CHECK(quern::hub::packed_head(read->key, sections).size() == n_head);
  return 0;
}
