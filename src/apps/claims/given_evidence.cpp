#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/corpus_documents.h"
#include "apps/claims/evidence_search.h"
#include "apps/text_windows.h"
#include "base/utf8.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

// Of all texts that are given for one claim.
constexpr std::size_t kMaxGivenBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxGivenSentences = 2'000;

double cosine_of(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    dot += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

/// Texts of one request, each as its windows.
class TextVectors {
 public:
  explicit TextVectors(const TextEmbedder& embedder)
      : embedder_(embedder), request_(embedder.text_request()) {
    request_.work_class = engine::WorkClass::kInteractive;
  }

  Status add(const std::string& text) {
    QUERN_ASSIGN(const std::vector<std::string_view> windows, embedder_.windows(text));
    for (const std::string_view window : windows) {
      request_.inputs.emplace_back();
      request_.inputs.back().text = window;
    }
    n_windows_.push_back(windows.size());
    return {};
  }

  /// [texts]
  Result<std::vector<std::vector<float>>> run() {
    engine::Response response = embedder_.engine().run(std::move(request_));
    QUERN_TRY(response.status);
    std::vector<std::vector<float>> out;
    std::size_t at = 0;
    for (const std::size_t n : n_windows_) {
      WindowMean mean;
      for (std::size_t i = 0; i < n; ++i, ++at) {
        QUERN_TRY(response.outcomes[at].status);
        mean.add(std::move(response.outcomes[at].values));
      }
      out.push_back(mean.take());
    }
    return out;
  }

 private:
  const TextEmbedder& embedder_;
  engine::Request request_;
  std::vector<std::size_t> n_windows_;
};

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

Status measure_given(std::span<EvidenceSentence> sentences, const std::string& claim,
                     const TextEmbedder& embedder) {
  if (sentences.empty()) return {};
  std::vector<std::string> passages;
  std::vector<std::size_t> passage_of;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const bool goes_on = i > 0 && sentences[i].source.key == sentences[i - 1].source.key;
    if (!goes_on) passages.emplace_back();
    if (goes_on) passages.back() += ' ';
    passages.back() += sentences[i].text;
    passage_of.push_back(passages.size() - 1);
  }
  QUERN_ASSIGN(const std::vector<float> wanted, embedder.query_vector(claim));
  TextVectors texts(embedder);
  for (const EvidenceSentence& sentence : sentences) QUERN_TRY(texts.add(sentence.text));
  for (const std::string& passage : passages) QUERN_TRY(texts.add(passage));
  QUERN_ASSIGN(const std::vector<std::vector<float>> vectors, texts.run());
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    sentences[i].nearness.cosine = cosine_of(wanted, vectors[i]);
    sentences[i].nearness.passage_cosine =
        cosine_of(wanted, vectors[sentences.size() + passage_of[i]]);
  }
  return {};
}

}  // namespace quern::apps
