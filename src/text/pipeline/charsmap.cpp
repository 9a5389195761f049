#include "text/pipeline/charsmap.h"

#include <algorithm>
#include <cstring>

#include <utf8proc.h>

#include "base/utf8.h"

namespace quern::text {
namespace {

// A longer grapheme cluster is replaced character by character.
constexpr std::size_t kMaxGraphemeBytes = 5;

// No key in use is near this; a damaged trie may go in circles.
constexpr std::size_t kMaxKeyBytes = 256;

// The parts of a unit of the double array.
std::uint32_t offset_of(std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }
std::uint32_t label_of(std::uint32_t unit) { return unit & ((1u << 31) | 0xFF); }
bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t value_of(std::uint32_t unit) { return unit & ((1u << 31) - 1); }

/// End of the grapheme cluster that starts at `pos`.
std::size_t grapheme_end(std::string_view utf8, std::size_t pos) {
  const Decoded first = decode_utf8(utf8, pos);
  auto code = static_cast<utf8proc_int32_t>(first.code);
  pos += static_cast<std::size_t>(first.n_bytes);
  utf8proc_int32_t state = 0;
  while (pos < utf8.size()) {
    const Decoded next = decode_utf8(utf8, pos);
    const auto next_code = static_cast<utf8proc_int32_t>(next.code);
    if (utf8proc_grapheme_break_stateful(code, next_code, &state)) break;
    code = next_code;
    pos += static_cast<std::size_t>(next.n_bytes);
  }
  return pos;
}

}  // namespace

Result<Charsmap> Charsmap::make(const normalizers::Precompiled& precompiled) {
  const std::string_view bytes = precompiled.charsmap;
  const auto wrong = [](const char* what) {
    return Status(Code::kBadInput, std::string("charsmap: ") + what);
  };
  if (bytes.size() < 4) return wrong("no size");
  std::uint32_t n_trie = 0;
  std::memcpy(&n_trie, bytes.data(), 4);
  if (n_trie == 0 || n_trie % 4 != 0 || n_trie > bytes.size() - 4) return wrong("a wrong size");
  Charsmap map;
  map.match_ = precompiled.match;
  map.units_.resize(n_trie / 4);
  std::memcpy(map.units_.data(), bytes.data() + 4, n_trie);
  map.strings_ = bytes.substr(4 + n_trie);
  if (!is_valid_utf8(map.strings_)) return wrong("a replacement that is not UTF-8");
  for (std::size_t c = 0; c < map.ascii_stays_.size(); ++c) {
    const char letter = static_cast<char>(c);
    map.ascii_stays_[c] = map.find({&letter, 1}).n_bytes == 0;
  }
  return map;
}

Charsmap::Found Charsmap::find(std::string_view text) const {
  Found found;
  std::size_t node = offset_of(units_[0]);
  const std::size_t n = std::min(text.size(), kMaxKeyBytes);
  for (std::size_t i = 0; i < n; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) break;
    node ^= byte;
    if (node >= units_.size() || label_of(units_[node]) != byte) break;
    const std::uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (node >= units_.size()) break;
    const std::uint32_t value = value_of(units_[node]);
    // Into a character, or past the strings, no value leads.
    if (value >= strings_.size() || is_continuation_byte(strings_[value])) break;
    if (i + 1 < text.size() && is_continuation_byte(text[i + 1])) continue;
    found = {i + 1, value};
    if (match_ == Match::kGrapheme) break;
  }
  return found;
}

std::string_view Charsmap::replacement(std::uint32_t offset) const {
  const std::string_view rest = std::string_view(strings_).substr(offset);
  return rest.substr(0, rest.find('\0'));
}

bool Charsmap::append_replacement(std::string_view text, std::string& out) const {
  const Found found = find(text);
  if (found.n_bytes == 0) return false;
  out += replacement(found.offset);
  return true;
}

void Charsmap::append(std::string_view utf8, std::string& out) const {
  match_ == Match::kGrapheme ? append_graphemes(utf8, out) : append_longest(utf8, out);
}

// A found prefix stands for all of its cluster: marks behind it are lost, as in the source.
void Charsmap::append_graphemes(std::string_view utf8, std::string& out) const {
  for (std::size_t pos = 0; pos < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[pos]);
    const bool is_alone =
        byte < 0x80 && byte != '\r' &&
        (pos + 1 == utf8.size() || static_cast<unsigned char>(utf8[pos + 1]) < 0x80);
    if (is_alone && ascii_stays_[byte]) {
      out += utf8[pos++];
      continue;
    }
    const std::size_t end = is_alone ? pos + 1 : grapheme_end(utf8, pos);
    const std::string_view grapheme = utf8.substr(pos, end - pos);
    if (grapheme.size() > kMaxGraphemeBytes || !append_replacement(grapheme, out)) {
      for (; pos < end;) {
        const auto n = static_cast<std::size_t>(decode_utf8(utf8, pos).n_bytes);
        if (!append_replacement(utf8.substr(pos, n), out)) out += utf8.substr(pos, n);
        pos += n;
      }
    }
    pos = end;
  }
}

void Charsmap::append_longest(std::string_view utf8, std::string& out) const {
  for (std::size_t pos = 0; pos < utf8.size();) {
    const Found found = find(utf8.substr(pos));
    if (found.n_bytes > 0) {
      out += replacement(found.offset);
      pos += found.n_bytes;
      continue;
    }
    const auto n = static_cast<std::size_t>(decode_utf8(utf8, pos).n_bytes);
    out += utf8.substr(pos, n);
    pos += n;
  }
}

}  // namespace quern::text
