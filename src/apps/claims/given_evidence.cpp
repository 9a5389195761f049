#include <utility>

#include <fmt/format.h>

#include "apps/claims/corpus_documents.h"
#include "apps/claims/evidence_search.h"
#include "base/utf8.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

// Of all texts that are given for one claim.
constexpr std::size_t kMaxGivenBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxGivenSentences = 2'000;

void append_sentences(const GivenEvidence& given, std::vector<EvidenceSentence>& out) {
  const ByteSpans spans = text::sentences_of(given.text);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const auto text_of = [&](std::size_t at) {
      return given.text.substr(spans[at].begin, spans[at].end - spans[at].begin);
    };
    EvidenceSentence sentence;
    sentence.text = text_of(i);
    if (!says_something(sentence.text)) continue;
    sentence.source = given.source;
    sentence.i_sentence = static_cast<std::uint32_t>(i);
    sentence.span = spans[i];
    if (i > 0) sentence.before = text_of(i - 1);
    if (i + 1 < spans.size()) sentence.after = text_of(i + 1);
    out.push_back(std::move(sentence));
  }
}

Status check_given(std::span<const GivenEvidence> given) {
  std::size_t n_bytes = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (says_something(given[i].text) || given[i].text.find('\0') != std::string::npos ||
        !is_valid_utf8(given[i].text)) {
      QUERN_TRY(check_source_text(given[i].text).in(fmt::format("evidence {}", i + 1)));
    }
    n_bytes += given[i].text.size();
  }
  if (n_bytes <= kMaxGivenBytes) return {};
  return {Code::kTooLarge,
          fmt::format("the evidence has {} bytes, {} at most", n_bytes, kMaxGivenBytes)};
}

}  // namespace

Result<std::vector<EvidenceSentence>> sentences_of_given(std::span<const GivenEvidence> given) {
  QUERN_TRY(check_given(given));
  std::vector<EvidenceSentence> out;
  for (const GivenEvidence& one : given) append_sentences(one, out);
  if (out.size() <= kMaxGivenSentences) return out;
  return {Code::kTooLarge,
          fmt::format("the evidence has {} sentences, {} at most", out.size(), kMaxGivenSentences)};
}

}  // namespace quern::apps
