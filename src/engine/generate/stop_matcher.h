// Stop strings in a stream of text: finds them across the borders of its pieces, and holds back
// only what may still become one.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quern::engine {

class StopMatcher {
 public:
  /// Empty strings are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  /// Appends to `out` the text that is certain to lie before any stop string. True when a stop
  /// string is complete: the text before the first of them is out, the rest is dropped.
  bool add(std::string_view text, std::string& out);

  /// The end of the stream: what was held back was no stop string.
  void finish(std::string& out);

 private:
  std::vector<std::string> stops_;
  std::string held_;
};

}  // namespace quern::engine
