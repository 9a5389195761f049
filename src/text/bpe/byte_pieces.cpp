#include "text/bpe/byte_pieces.h"

namespace quern::text {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

}  // namespace

void append_byte_piece(unsigned char byte, std::string& out) {
  out += "<0x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
  out += '>';
}

int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  const std::size_t high = kDigits.find(piece[3]);
  const std::size_t low = kDigits.find(piece[4]);
  if (high == std::string_view::npos || low == std::string_view::npos) return -1;
  return static_cast<int>(high * 16 + low);
}

}  // namespace quern::text
