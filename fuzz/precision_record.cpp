// The reader of the kept choice of precision: any text gives a record that can be written again and
// reads the same, or an error.

#include "engine/load/precision_record.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const auto record = quern::engine::parse_precision_record(text);
  if (!record.ok()) return 0;
  const auto again =
      quern::engine::parse_precision_record(quern::engine::precision_record_text(*record));
  QUERN_CHECK(again.ok() && *again == *record);
  return 0;
}
