// The sentences in which a text cites others.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"

namespace quern::apps {

/// Sentences of a text by place: made once, asked often. The text outlives it.
class CitingSentences {
 public:
  explicit CitingSentences(std::string_view text);

  /// The sentence that a byte stands in, on one line; "": none.
  std::string at(std::size_t byte) const;

 private:
  std::string_view text_;
  ByteSpans sentences_;
};

/// Adds a sentence that is not the last one there already; beyond kMaxContexts none.
inline constexpr std::size_t kMaxContexts = 64;
void add_context(std::string sentence, std::vector<std::string>& contexts);

}  // namespace quern::apps
