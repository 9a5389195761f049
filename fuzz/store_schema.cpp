// The schema of a store as JSON: any bytes give a schema that is written and read the same, or an
// error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  const auto schema = schema_from_json(std::string_view(reinterpret_cast<const char*>(data), n));
  if (!schema.ok()) return 0;
  const auto again = schema_from_json(json_from_schema(*schema));
  QUERN_CHECK(again.ok() && *again == *schema);
  return 0;
}
