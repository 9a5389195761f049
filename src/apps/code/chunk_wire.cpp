#include "apps/code/chunk_wire.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "apps/code/text_measure.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr std::uint32_t kMagic = 0x4B435551;  // "QUCK"
constexpr std::size_t kMaxStringBytes = 8192;

template <typename T>
void put(T value, std::string& out) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

void put_size(std::size_t value, std::string& out) { put(static_cast<std::uint32_t>(value), out); }

void put_string(std::string_view text, std::string& out) {
  put_size(text.size(), out);
  out += text;
}

Status malformed(const char* what) {
  return {Code::kBadInput, fmt::format("a parser's message is malformed: {}", what)};
}

/// Takes numbers and strings from the front of bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  Status take(T& out) {
    if (bytes_.size() < sizeof(T)) return malformed("it ends early");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
    }
    out = static_cast<T>(value);
    bytes_.remove_prefix(sizeof(T));
    return {};
  }

  Status take_view(std::string_view& out) {
    std::uint32_t n = 0;
    QUERN_TRY(take(n));
    if (n > kMaxStringBytes || n > bytes_.size()) return malformed("a string is too long");
    out = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return {};
  }

  // Names are shown and written as JSON: whatever the worker sent is made UTF-8.
  Status take_string(std::string& out) {
    std::string_view view;
    QUERN_TRY(take_view(view));
    std::string storage;
    out = repair_utf8(view, storage);
    return {};
  }

  // Of things that take at least `least` bytes each.
  Status take_count(std::size_t least, std::uint32_t& out) {
    QUERN_TRY(take(out));
    if (out > bytes_.size() / least) return malformed("more is announced than is there");
    return {};
  }

  Status take_kind(SymbolKind& out) {
    std::uint8_t number = 0;
    QUERN_TRY(take(number));
    if (number >= kNSymbolKinds) return malformed("an unknown kind");
    out = static_cast<SymbolKind>(number);
    return {};
  }

  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

/// Line numbers of a text, from 1.
class LineNumbers {
 public:
  explicit LineNumbers(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
      ends_.push_back(at);
    }
  }

  int at(std::size_t byte) const {
    return static_cast<int>(std::lower_bound(ends_.begin(), ends_.end(), byte) - ends_.begin()) + 1;
  }

 private:
  std::vector<std::size_t> ends_;
};

bool is_all_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_blank); }

Status take_span(Reader& reader, std::string_view text, const LineNumbers& lines, CodeSpan& out) {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  QUERN_TRY(reader.take(begin));
  QUERN_TRY(reader.take(end));
  if (begin >= end || end > text.size()) return malformed("a span is none of the text");
  out = {.begin = begin, .end = end, .first_line = lines.at(begin), .last_line = lines.at(end - 1)};
  return {};
}

Status take_chunks(Reader& reader, std::string_view text, const LineNumbers& lines,
                   std::vector<CodeChunk>& out) {
  std::uint32_t n = 0;
  QUERN_TRY(reader.take_count(13, n));
  std::size_t at = 0;
  out.resize(n);
  for (CodeChunk& chunk : out) {
    QUERN_TRY(take_span(reader, text, lines, chunk.span));
    QUERN_TRY(reader.take_kind(chunk.kind));
    QUERN_TRY(reader.take_string(chunk.symbol));
    if (chunk.span.begin < at) return malformed("pieces overlap");
    if (!is_all_blank(text.substr(at, chunk.span.begin - at))) {
      return malformed("pieces leave text out");
    }
    at = chunk.span.end;
  }
  return is_all_blank(text.substr(at)) ? Status() : malformed("pieces leave text out");
}

Status take_symbols(Reader& reader, std::string_view text, const LineNumbers& lines,
                    std::vector<Symbol>& out) {
  std::uint32_t n = 0;
  QUERN_TRY(reader.take_count(25, n));
  out.resize(n);
  std::size_t at = 0;
  for (Symbol& symbol : out) {
    QUERN_TRY(take_span(reader, text, lines, symbol.span));
    QUERN_TRY(reader.take_kind(symbol.kind));
    std::uint32_t name_begin = 0;
    QUERN_TRY(reader.take(name_begin));
    QUERN_TRY(reader.take_string(symbol.name));
    QUERN_TRY(reader.take_string(symbol.path));
    QUERN_TRY(reader.take_string(symbol.signature));
    if (name_begin >= text.size()) return malformed("a name is nowhere in the text");
    if (symbol.span.begin < at) return malformed("symbols are out of order");
    symbol.name_begin = name_begin;
    symbol.line = lines.at(name_begin);
    at = symbol.span.begin;
  }
  return {};
}

}  // namespace

FrameHead frame_head(std::size_t n_bytes) {
  std::string bytes;
  put(kMagic, bytes);
  put_size(n_bytes, bytes);
  FrameHead head;
  std::copy(bytes.begin(), bytes.end(), head.begin());
  return head;
}

Result<std::size_t> parse_frame_head(const FrameHead& head) {
  Reader reader(std::string_view(head.data(), head.size()));
  std::uint32_t magic = 0;
  std::uint32_t n_bytes = 0;
  QUERN_TRY(reader.take(magic));
  QUERN_TRY(reader.take(n_bytes));
  if (magic != kMagic) return malformed("it is no frame");
  if (n_bytes > kMaxFrameBytes) return malformed("it is too long");
  return std::size_t{n_bytes};
}

std::string encode_request(const ChunkRequest& request) {
  std::string out;
  put(static_cast<std::uint32_t>(request.time_limit.count()), out);
  put(request.sizes.max_chars, out);
  put(request.sizes.alone_chars, out);
  put(request.sizes.tiny_chars, out);
  put_string(request.language, out);
  return out;
}

Result<ChunkRequest> decode_request(std::string_view bytes) {
  Reader reader(bytes);
  ChunkRequest request;
  std::uint32_t time_limit_ms = 0;
  QUERN_TRY(reader.take(time_limit_ms));
  request.time_limit = std::chrono::milliseconds(time_limit_ms);
  QUERN_TRY(reader.take(request.sizes.max_chars));
  QUERN_TRY(reader.take(request.sizes.alone_chars));
  QUERN_TRY(reader.take(request.sizes.tiny_chars));
  if (request.sizes.max_chars < 1) return malformed("pieces of no size");
  QUERN_TRY(reader.take_view(request.language));
  request.text = reader.rest();
  return request;
}

std::string encode_reply(const Result<ChunkedCode>& code) {
  std::string out;
  put(static_cast<std::uint8_t>(code.ok() ? Code::kOk : code.status().code()), out);
  if (!code.ok()) {
    put_string(std::string_view(code.status().message()).substr(0, kMaxStringBytes), out);
    return out;
  }
  put_size(code->chunks.size(), out);
  for (const CodeChunk& chunk : code->chunks) {
    put_size(chunk.span.begin, out);
    put_size(chunk.span.end, out);
    put(static_cast<std::uint8_t>(chunk.kind), out);
    put_string(std::string_view(chunk.symbol).substr(0, kMaxStringBytes), out);
  }
  put_size(code->symbols.size(), out);
  for (const Symbol& symbol : code->symbols) {
    put_size(symbol.span.begin, out);
    put_size(symbol.span.end, out);
    put(static_cast<std::uint8_t>(symbol.kind), out);
    put_size(symbol.name_begin, out);
    put_string(std::string_view(symbol.name).substr(0, kMaxStringBytes), out);
    put_string(std::string_view(symbol.path).substr(0, kMaxStringBytes), out);
    put_string(std::string_view(symbol.signature).substr(0, kMaxStringBytes), out);
  }
  return out;
}

Result<ChunkedCode> decode_reply(std::string_view bytes, std::string_view text) {
  Reader reader(bytes);
  std::uint8_t code = 0;
  QUERN_TRY(reader.take(code));
  if (code > static_cast<std::uint8_t>(Code::kUnavailable)) return malformed("an unknown answer");
  if (static_cast<Code>(code) != Code::kOk) {
    std::string message;
    QUERN_TRY(reader.take_string(message));
    return Status(static_cast<Code>(code), message);
  }
  const LineNumbers lines(text);
  ChunkedCode out;
  out.by_syntax = true;
  QUERN_TRY(take_chunks(reader, text, lines, out.chunks));
  QUERN_TRY(take_symbols(reader, text, lines, out.symbols));
  if (!reader.rest().empty()) return malformed("it goes on behind its end");
  return out;
}

}  // namespace quern::apps
