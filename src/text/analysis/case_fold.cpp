#include "text/analysis/case_fold.h"

#include <utf8proc.h>

namespace quern::text {
namespace {

constexpr char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

}  // namespace

CodePoint folded(CodePoint code) {
  if (code < 0x80) {
    return static_cast<unsigned char>(lower_ascii(static_cast<char>(code)));
  }
  return static_cast<CodePoint>(
      utf8proc_tolower(utf8proc_toupper(static_cast<utf8proc_int32_t>(code))));
}

void append_folded(std::string_view utf8, std::string& out) {
  out.reserve(out.size() + utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t end = find_non_ascii(utf8, at);
    for (; at < end; ++at) out.push_back(lower_ascii(utf8[at]));
    if (at == utf8.size()) return;
    const Decoded c = decode_utf8(utf8, at);
    const auto n_bytes = static_cast<std::size_t>(c.n_bytes);
    if (c.valid) {
      append_utf8(folded(c.code), out);
    } else {
      out += utf8.substr(at, n_bytes);
    }
    at += n_bytes;
  }
}

}  // namespace quern::text
