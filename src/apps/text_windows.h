// A text that is longer than a model takes, as pieces that it takes: cut between words where that
// can be, all of about one length, so that their mean is about that of all words.

#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::apps {

/// How many tokens a model would see, were there no limit.
using CountTokens = std::function<int(std::string_view text)>;

/// The text itself where it has at most `max_tokens`, of which `n_own` are the template's and the
/// prompt's. Nothing of a longer one is left out but white space at the cuts.
/// Cost: a text is counted once for each time that it is parted, and its pieces are.
/// Errors: kBadInput where not even a single character has so few tokens.
Result<std::vector<std::string_view>> text_windows(std::string_view text, int max_tokens, int n_own,
                                                   const CountTokens& count_tokens);

/// The vector of a text from those of its windows: their mean, as long as they are on average. Of
/// one window it is that one's, to the bit.
class WindowMean {
 public:
  /// Shapes: x [d], the same for all.
  void add(std::vector<float> x);

  int n() const { return n_; }

  /// [d]; there is one at least.
  std::vector<float> take();

 private:
  std::vector<float> sum_;
  double lengths_ = 0;
  int n_ = 0;
};

}  // namespace quern::apps
