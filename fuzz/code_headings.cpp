// Texts with headings, and any text cut by lines: pieces that cover it and are no larger than
// allowed.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/code/headings.h"
#include "apps/code/line_chunks.h"
#include "base/check.h"

namespace {

using namespace quern::apps;

void check(const ChunkedCode& code, std::string_view text, const CutSizes& sizes) {
  const TextMeasure measure(text);
  std::size_t at = 0;
  for (const CodeChunk& chunk : code.chunks) {
    QUERN_CHECK(at <= chunk.span.begin && chunk.span.begin < chunk.span.end);
    QUERN_CHECK(measure.n_chars(at, chunk.span.begin) == 0);
    QUERN_CHECK(measure.n_chars(chunk.span.begin, chunk.span.end) <= sizes.max_chars);
    QUERN_CHECK(measure.trimmed(chunk.span.begin, chunk.span.end) == chunk.span);
    at = chunk.span.end;
  }
  QUERN_CHECK(measure.n_chars(at, text.size()) == 0);
  for (const Symbol& symbol : code.symbols) {
    QUERN_CHECK(symbol.span.begin < symbol.span.end && symbol.span.end <= text.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n < 1) return 0;
  const CutSizes sizes = {
      .max_chars = 16 + data[0] % 64, .alone_chars = data[0] % 32, .tiny_chars = data[0] % 8};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, n - 1);
  check(chunk_by_headings("markdown", text, sizes), text, sizes);
  check(chunk_by_headings("rst", text, sizes), text, sizes);
  check(chunk_by_lines(text, sizes), text, sizes);
  return 0;
}
