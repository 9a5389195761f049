// Which tokens belong to the text told so far: the engine reports a token when it is made, and its
// text when no stop string can begin there any more.

#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "engine/generate/generation.h"

namespace quern::serve {

class TokenWindow {
 public:
  /// Appends to `out` the tokens that begin within the text up to and with this step.
  void add(const engine::GenerateDelta& delta, std::vector<engine::GeneratedToken>& out);

  /// Appends the rest: the answer was not cut by a stop string.
  void finish(std::vector<engine::GeneratedToken>& out);

 private:
  void release_front(std::vector<engine::GeneratedToken>& out);

  std::deque<engine::GeneratedToken> held_;
  std::size_t front_ = 0;   // Byte of the answer where the first held token begins.
  std::size_t n_told_ = 0;  // Bytes of text told.
};

}  // namespace quern::serve
