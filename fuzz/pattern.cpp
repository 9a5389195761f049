// Patterns: any bytes are one that PCRE2 takes, or an error; a text in which it finds a match has
// the trigrams that the pattern is said to need, with case and without.
//
// Input: a line with the pattern, then the text.

#include "store/lexical/pattern.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "text/analysis/case_fold.h"

namespace {

using namespace quern::store;

std::vector<Trigram> trigrams_in(std::string_view text) {
  std::string folded;
  quern::text::append_folded(text, folded);
  std::vector<Trigram> out;
  Trigram trigram = 0;
  for (std::size_t i = 0; i < folded.size(); ++i) {
    trigram = next_trigram(trigram, folded[i]);
    if (i + 1 >= kTrigramBytes) out.push_back(trigram);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view input(reinterpret_cast<const char*>(data), std::min<std::size_t>(n, 4096));
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view text = input.substr(std::min(end + 1, input.size()));
  const std::vector<Trigram> trigrams = trigrams_in(text);
  for (const PatternKind kind : {PatternKind::kRegex, PatternKind::kSubstring}) {
    for (const LetterCase letters : {LetterCase::kExact, LetterCase::kIgnored}) {
      const auto pattern = Pattern::compile(
          {.text = std::string(input.substr(0, end)), .kind = kind, .letters = letters});
      if (!pattern.ok()) continue;
      PatternMatcher matcher(*pattern,
                             std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
      std::vector<PatternMatch> matches;
      if (matcher.find(text, 4, matches) != Matched::kYes) continue;
      std::size_t before = 0;
      for (const PatternMatch& match : matches) {
        QUERN_CHECK(before <= match.begin && match.begin <= match.end && match.end <= text.size());
        before = match.end;
      }
      QUERN_CHECK(fits(pattern->needs(), trigrams));
    }
  }
  return 0;
}
