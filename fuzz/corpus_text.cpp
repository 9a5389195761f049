// Sources of evidence from any bytes: a line of JSON, Markdown, pages and plain text, cut into
// passages and sentences that lie in the text, and read back from what a store keeps of them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_documents.h"
#include "apps/claims/corpus_reader.h"
#include "apps/claims/pdf_pages.h"
#include "base/check.h"
#include "base/utf8.h"
#include "text/analysis/sentences.h"

namespace {

using namespace quern;
using namespace quern::apps;

void check_sentences(std::string_view text) {
  std::size_t at = 0;
  for (const ByteSpan& span : text::sentences_of(text)) {
    QUERN_CHECK(at <= span.begin && span.begin < span.end && span.end <= text.size());
    QUERN_CHECK(span.end - span.begin <= text::kMaxSentenceBytes);
    at = span.end;
  }
}

// Only what a corpus takes is cut.
void check_documents(CorpusText text) {
  if (text.source.key.empty()) text.source.key = "k";
  if (!check_corpus_text(text).ok()) return;
  for (const store::Document& document : documents_of(text).documents) {
    QUERN_CHECK(store::check_document(document, corpus_schema()).ok());
    if (document.fields[0].empty()) {
      QUERN_CHECK(text.text.find(document.fields[1]) != std::string::npos);
      continue;
    }
    const auto passage = passage_from_stored(document.key, document.fields[0], document.stored);
    QUERN_CHECK(passage.ok());
    QUERN_CHECK(std::string_view(text.text).substr(passage->span.begin, passage->text.size()) ==
                passage->text);
    for (const PassageSentence& sentence : passage->sentences) {
      QUERN_CHECK(is_valid_utf8(passage->text_of(sentence)));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), n);
  check_sentences(bytes);
  if (const auto line = corpus_text_from_line(bytes); line.ok()) check_documents(*line);
  CorpusText plain;
  plain.text = bytes;
  check_documents(plain);
  check_documents(corpus_text_from_markdown(bytes));
  QUERN_CHECK(text_of_pages(bytes).size() <= 2 * n);
  // What was stored may be any bytes, too.
  const std::size_t half = n / 2;
  (void)passage_from_stored(std::string("k\0"
                                        "0",
                                        3),
                            bytes.substr(0, half), bytes.substr(half));
  return 0;
}
