#include "serve/answer_writer.h"

#include <algorithm>

#include "base/utf8.h"

namespace quern::serve {

long count_begun_chars(std::string_view bytes) {
  return std::count_if(bytes.begin(), bytes.end(),
                       [](char byte) { return !is_continuation_byte(byte); });
}

long count_begun_chars(const std::vector<engine::GeneratedToken>& tokens) {
  long n = 0;
  for (const engine::GeneratedToken& token : tokens) n += count_begun_chars(token.bytes);
  return n;
}

}  // namespace quern::serve
