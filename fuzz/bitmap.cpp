// The form of a set of documents on disk: any bytes give a set whose form is these bytes, or an
// error. The first two bytes are the number of documents, in steps that cross a chunk's end.

#include "store/filter/bitmap.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "store/byte_cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  quern::store::ByteCursor cursor(std::as_bytes(std::span(data, n)));
  const std::uint32_t n_bits = cursor.number<std::uint16_t>() * 3u;
  const auto bytes = cursor.take(cursor.n_left());
  const auto bitmap = quern::store::bitmap_from_bytes(bytes, n_bits);
  if (!bitmap.ok()) return 0;
  const std::string again = quern::store::bytes_from_bitmap(*bitmap);
  QUERN_CHECK(again == std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  std::uint32_t n_members = 0;
  bitmap->for_each([&](std::uint32_t i) {
    QUERN_CHECK(i < n_bits);
    ++n_members;
  });
  QUERN_CHECK(n_members == bitmap->count());
  return 0;
}
