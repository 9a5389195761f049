// The keys of a segment on disk: whatever the bytes are, looking up is an answer or an error; keys
// that pass the check are found at their places. The first byte is the number of keys.

#include "store/segment/keys.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  if (n == 0) return 0;
  const auto column = KeyColumn::open(std::as_bytes(std::span(data + 1, n - 1)), data[0]);
  if (!column.ok()) return 0;
  const bool is_right = column->check().ok();
  for (std::uint32_t i = 0; i < column->n_keys(); ++i) {
    const auto key = column->key(i);
    QUERN_CHECK(key.ok() || !is_right);
    if (!key.ok()) continue;
    const auto found = column->find(key->bytes);
    const auto range = column->with_prefix(key->parent());
    if (!is_right) continue;
    QUERN_CHECK(found.ok() && *found == i);
    QUERN_CHECK(range.ok() && range->begin <= i && i < range->end);
  }
  return 0;
}
