#include "text/bpe/byte_chars.h"

#include <array>

#include "base/utf8.h"

namespace quern::text {
namespace {

struct ByteChars {
  std::array<CodePoint, 256> char_of{};
  std::array<int, 512> byte_of{};  // -1: stands for none.
};

const ByteChars& byte_chars() {
  static const ByteChars table = [] {
    ByteChars made;
    made.byte_of.fill(-1);
    CodePoint next = 256;  // The unprintable bytes take the characters from here on, in order.
    for (unsigned b = 0; b < 256; ++b) {
      const bool printable =
          (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
      made.char_of[b] = printable ? b : next++;
      made.byte_of[made.char_of[b]] = static_cast<int>(b);
    }
    return made;
  }();
  return table;
}

}  // namespace

void append_byte_char(unsigned char byte, std::string& out) {
  append_utf8(byte_chars().char_of[byte], out);
}

void append_bytes_of_chars(std::string_view written, std::string& out) {
  const auto& byte_of = byte_chars().byte_of;
  for (std::size_t pos = 0; pos < written.size();) {
    const Decoded c = decode_utf8(written, pos);
    const auto n = static_cast<std::size_t>(c.n_bytes);
    const int byte = c.valid && c.code < byte_of.size() ? byte_of[c.code] : -1;
    if (byte >= 0) {
      out.push_back(static_cast<char>(byte));
    } else {
      out.append(written.substr(pos, n));
    }
    pos += n;
  }
}

}  // namespace quern::text
