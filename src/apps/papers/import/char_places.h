// Places in a text by character, as Python counts them, to places by byte.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace quern::apps {

class CharPlaces {
 public:
  /// The text, well-formed UTF-8, outlives it.
  explicit CharPlaces(std::string_view text);

  std::size_t n_chars() const { return n_chars_; }

  /// The byte at which a character begins; text.size() for those behind the last.
  /// Cost: constant.
  std::size_t byte_of(std::size_t i_char) const;

  /// The text between two characters; empty where they are in no order.
  std::string_view between(std::size_t begin, std::size_t end) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> marks_;  // The byte of each kEvery-th character.
  std::size_t n_chars_ = 0;
};

}  // namespace quern::apps
