#include "apps/papers/import/char_places.h"

#include <algorithm>

#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr std::size_t kEvery = 64;

}  // namespace

CharPlaces::CharPlaces(std::string_view text) : text_(text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_continuation_byte(text[i])) continue;
    if (n_chars_ % kEvery == 0) marks_.push_back(i);
    ++n_chars_;
  }
}

std::size_t CharPlaces::byte_of(std::size_t i_char) const {
  if (i_char >= n_chars_) return text_.size();
  std::size_t at = marks_[i_char / kEvery];
  for (std::size_t n = i_char % kEvery; n > 0; --n) {
    do {
      ++at;
    } while (is_continuation_byte(text_[at]));
  }
  return at;
}

std::string_view CharPlaces::between(std::size_t begin, std::size_t end) const {
  const std::size_t first = byte_of(begin);
  const std::size_t behind = byte_of(end);
  return behind <= first ? std::string_view() : text_.substr(first, behind - first);
}

}  // namespace quern::apps
