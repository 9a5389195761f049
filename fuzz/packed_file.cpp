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
  if (file.size() < quern::hub::kPackedHeaderBytes) return 0;
  const std::span<const std::byte> all(file);
  put(file, 24, quern::checksum64(all.subspan(quern::hub::kPackedHeaderBytes)));
  put(file, 4088, quern::checksum64(all.first(4088)));
  const auto read = quern::hub::parse_packed_file(file);
  if (!read.ok()) return 0;
  QUERN_CHECK(read->payload.data() == file.data() + quern::hub::kPackedHeaderBytes);
  QUERN_CHECK(read->payload.size() == n - quern::hub::kPackedHeaderBytes);
  QUERN_CHECK(read->key.precision.size() < 16 && read->key.isa.size() < 16);
  // What was read can be written again, and reads the same.
  const std::string again = quern::hub::packed_header(read->key, read->payload);
  QUERN_CHECK(again.size() == quern::hub::kPackedHeaderBytes);
  return 0;
}
