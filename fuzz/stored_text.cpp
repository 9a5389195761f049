// The stored text of a segment on disk: whatever index and blocks are, reading is a text or an
// error. The first byte is the number of documents, the second the rows of the index.

#include "store/segment/stored_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  if (n < 2) return 0;
  const std::uint32_t n_docs = data[0];
  const std::size_t index_bytes = std::min<std::size_t>(data[1] * std::size_t{16}, n - 2);
  const std::size_t begin = 2 + index_bytes;
  const MemoryFile bytes(data + begin, n - begin);
  const auto file = quern::InputFile::open(bytes.path());
  QUERN_CHECK(file.ok());
  const auto text = StoredText::open(std::as_bytes(std::span(data + 2, index_bytes)), n_docs, *file,
                                     0, n - begin);
  if (!text.ok()) return 0;
  StoredTextReader reader(*text, 2);
  const bool is_right = reader.check().ok();
  for (std::uint32_t i = n_docs; i-- > 0;) {
    const auto document = reader.read(i);
    QUERN_CHECK(document.ok() || !is_right);
    const auto stored = reader.read_stored(i);
    if (document.ok()) QUERN_CHECK(stored.ok() && *stored == document->stored);
  }
  return 0;
}
