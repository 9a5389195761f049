#include "apps/papers/import/citing_sentences.h"

#include <algorithm>

#include "apps/papers/import/clean_text.h"
#include "text/analysis/sentences.h"

namespace quern::apps {

CitingSentences::CitingSentences(std::string_view text)
    : text_(text), sentences_(text::sentences_of(text)) {}

std::string CitingSentences::at(std::size_t byte) const {
  const auto found = std::upper_bound(
      sentences_.begin(), sentences_.end(), byte,
      [](std::size_t place, const ByteSpan& sentence) { return place < sentence.end; });
  if (found == sentences_.end() || found->begin > byte) return {};
  return one_line(text_.substr(found->begin, found->end - found->begin));
}

void add_context(std::string sentence, std::vector<std::string>& contexts) {
  if (sentence.empty() || contexts.size() >= kMaxContexts) return;
  if (!contexts.empty() && contexts.back() == sentence) return;
  contexts.push_back(std::move(sentence));
}

}  // namespace quern::apps
