// Bytes that arrive in pieces -> text in whole characters, for streams of tokens.

#pragma once

#include <string>
#include <string_view>

namespace quern {

/// Holds back the unfinished character at the end of what it was given. Ill-formed bytes become
/// U+FFFD, one per maximal subpart, whatever the borders between the pieces.
class Utf8Assembler {
 public:
  /// Appends to `out` the characters that `bytes` completes.
  void add(std::string_view bytes, std::string& out);

  /// The end of the stream: an unfinished character becomes U+FFFD.
  void finish(std::string& out);

  /// Bytes held back, at most 3.
  std::string_view pending() const { return pending_; }

 private:
  std::string pending_;
};

}  // namespace quern
