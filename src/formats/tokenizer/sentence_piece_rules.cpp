#include "formats/tokenizer/sentence_piece_rules.h"

#include <algorithm>
#include <utility>

namespace quern::formats {

void apply_sentence_piece_rules(SentencePieceRules rules, text::TokenizerSpec& spec) {
  auto& list = spec.normalizers;
  if (!rules.charsmap.empty()) {
    list.push_back(
        text::normalizers::Precompiled{.charsmap = std::move(rules.charsmap),
                                       .match = text::normalizers::Precompiled::Match::kLongest});
  }
  if (rules.joins_spaces) {
    list.push_back(text::Replace{text::regex_pattern(" {2,}"), " "});
    list.push_back(text::Replace{text::regex_pattern("\\A | \\z"), ""});
  }
  if (rules.adds_prefix) list.push_back(text::normalizers::Prepend{text::kSpaceMark});
  list.push_back(text::Replace{text::string_pattern(" "), text::kSpaceMark});
  if (rules.joins_spaces) {
    // Marks that the text itself had go too; the lookbehind keeps a long run from costing its
    // square.
    list.push_back(text::Replace{text::regex_pattern("(?<!\u2581)\u2581+\\z"), ""});
  }
  const bool spans_words = std::any_of(spec.vocab.begin(), spec.vocab.end(), [](const auto& piece) {
    return piece.find(text::kSpaceMark, 1) != std::string::npos;
  });
  if (spans_words) return;
  spec.pre_tokenizers = {text::pre_tokenizers::Split{
      text::string_pattern(text::kSpaceMark), text::pre_tokenizers::Behavior::kMergedWithNext}};
}

}  // namespace quern::formats
