#include "cli/made_up_texts.h"

#include <iterator>

namespace quern::cli {

std::string made_up_text(int n_words, std::mt19937_64& random) {
  static constexpr const char* kWords[] = {
      "the",    "river", "takes", "stone", "from",   "hill",  "with",   "light", "water", "of",
      "spring", "and",   "town",  "below", "counts", "every", "bridge", "night", "when",  "boats",
      "pass",   "under", "paper", "lamps", "for",    "old",   "market", "songs", "in",    "winter"};
  std::string text;
  for (int i = 0; i < n_words; ++i) {
    text += i > 0 ? " " : "";
    text += kWords[random() % std::size(kWords)];
  }
  return text + " " + std::to_string(random() % 1'000'000'000);
}

}  // namespace quern::cli
