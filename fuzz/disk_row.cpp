// The reader of a result's row on disk: any bytes give a result whose row is these bytes, or an
// error.

#include "engine/cache/disk_row.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const quern::engine::ResultKey key;
  const auto row = std::as_bytes(std::span(data, n));
  const auto result = quern::engine::parse_disk_row(key, row);
  if (!result.ok()) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  QUERN_CHECK(quern::engine::disk_row(key, *result) == text);
  return 0;
}
