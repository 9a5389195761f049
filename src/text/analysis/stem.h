// Stems of English words by libstemmer, which no other file sees.

#pragma once

#include <memory>
#include <string_view>

namespace quern::text {

/// Porter's algorithm of 1980. Threads: one object per thread.
/// Source: Porter 1980, "An algorithm for suffix stripping"; Snowball's "porter".
class PorterStemmer {
 public:
  PorterStemmer();
  PorterStemmer(PorterStemmer&& other) noexcept;
  PorterStemmer& operator=(PorterStemmer&& other) noexcept;
  ~PorterStemmer();

  /// The stem of a word in lower case, well-formed UTF-8; one of at most two letters is its own, as
  /// in Porter's program and Lucene. Valid until the next call.
  std::string_view stem(std::string_view word);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::text
