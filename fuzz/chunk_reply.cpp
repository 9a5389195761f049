// What a worker process answers about a text: any bytes, since it has run outside code.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/code/chunk_wire.h"
#include "apps/code/text_measure.h"
#include "base/check.h"
#include "base/utf8.h"

namespace {

using namespace quern::apps;

// What a Chunker promises of its answers, whatever the worker said.
void check(const ChunkedCode& code, std::string_view text) {
  const auto is_blank_between = [&](std::size_t begin, std::size_t end) {
    return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(begin),
                       text.begin() + static_cast<std::ptrdiff_t>(end), is_blank);
  };
  std::size_t at = 0;
  for (const CodeChunk& chunk : code.chunks) {
    QUERN_CHECK(at <= chunk.span.begin && chunk.span.begin < chunk.span.end);
    QUERN_CHECK(chunk.span.end <= text.size());
    QUERN_CHECK(is_blank_between(at, chunk.span.begin));
    QUERN_CHECK(chunk.span.first_line <= chunk.span.last_line);
    QUERN_CHECK(quern::is_valid_utf8(chunk.symbol));
    at = chunk.span.end;
  }
  QUERN_CHECK(is_blank_between(at, text.size()));
  for (const Symbol& symbol : code.symbols) {
    QUERN_CHECK(symbol.span.begin < symbol.span.end && symbol.span.end <= text.size());
    QUERN_CHECK(symbol.name_begin < text.size());
    QUERN_CHECK(symbol_kind_name(symbol.kind) != nullptr);
    QUERN_CHECK(quern::is_valid_utf8(symbol.path) && quern::is_valid_utf8(symbol.signature));
  }
}

}  // namespace

// The first byte says how long the text is, which comes before the answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n < 1) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, n - 1);
  const std::string_view text = all.substr(0, std::min<std::size_t>(data[0], all.size()));
  const std::string_view bytes = all.substr(text.size());
  const quern::Result<ChunkedCode> code = decode_reply(bytes, text);
  if (code.ok()) check(*code, text);
  static_cast<void>(decode_request(bytes));
  FrameHead head = {};
  std::copy_n(bytes.begin(), std::min(bytes.size(), head.size()), head.begin());
  const quern::Result<std::size_t> n_bytes = parse_frame_head(head);
  QUERN_CHECK(!n_bytes.ok() || *n_bytes <= kMaxFrameBytes);
  return 0;
}
