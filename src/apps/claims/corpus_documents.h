// A source's text as documents of a corpus: passages of some 250 words, and their sentences.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/claim_evidence.h"
#include "base/byte_spans.h"
#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

/// Bumped where the same text becomes other documents: then all sources are cut anew.
inline constexpr int kCorpusDocumentsVersion = 1;

inline constexpr std::size_t kMaxSourceKeyBytes = 900;
inline constexpr std::size_t kMaxSourceFactBytes = 4000;  // Of title, URL, date and licence each.
inline constexpr std::size_t kMaxSourceBytes = std::size_t{16} << 20;

// Of corpus_schema().
inline constexpr int kKindAttributeOfCorpus = 0;
inline constexpr int kDateAttributeOfCorpus = 1;
inline constexpr int kLicenceAttributeOfCorpus = 2;

/// What a text, a PDF, a line of JSON becomes before it is cut.
struct CorpusText {
  ClaimSource source;
  std::string text;  // UTF-8; spans are of it.
  // Where the giver has cut it already (the sentences of an abstract); empty: by our own rules.
  ByteSpans sentences = {};
  // No passage goes beyond one of these places, where chapters begin: ascending. A heading before
  // the first sentence of a chapter is in its passage.
  std::vector<std::size_t> chapters = {};
  bool is_abstract = false;  // One passage, unless it is far too long for one.
  std::string origin = {};   // For people: "corpus.jsonl line 3".
  std::string input = {};    // As CorpusSource has it.
};

/// Whether a text can be judged by. Errors: kBadInput where it is not UTF-8, has a NUL byte, or no
/// letter or digit.
Status check_source_text(std::string_view text);

/// It has a letter or a digit.
bool says_something(std::string_view text);

/// Errors: kBadInput naming what is wrong with it, kTooLarge with both numbers.
Status check_corpus_text(const CorpusText& text);

/// SHA-256 of all that its documents are made of.
std::string digest_of(const CorpusText& text);

struct CorpusDocuments {
  std::vector<store::Document> documents;
  std::uint32_t n_passages = 0;
  std::uint32_t n_sentences = 0;
  std::uint32_t n_repeated = 0;  // Sentences that the source has already: found once.
};

/// In the order of the text. A sentence without a letter or digit is none to be found.
CorpusDocuments documents_of(const CorpusText& text);

/// One sentence of a passage, as it is stored.
struct PassageSentence {
  std::uint32_t i_sentence = 0;  // In the source.
  ByteSpan span;                 // Of the source's text.
};

/// A passage as it is stored: what it takes to show its sentences.
struct StoredPassage {
  std::string text;  // From span.begin to span.end.
  ByteSpan span;     // Of the source's text.
  ClaimSource source;
  std::vector<PassageSentence> sentences;

  std::string_view text_of(const PassageSentence& sentence) const {
    return std::string_view(text).substr(sentence.span.begin - span.begin,
                                         sentence.span.end - sentence.span.begin);
  }
};

/// From what the store has of a passage. Errors: kBadInput where it is none.
Result<StoredPassage> passage_from_stored(std::string_view key, std::string_view field,
                                          std::string_view stored);

/// What begins the keys of all sentences of a passage.
std::string sentences_prefix(std::string_view passage_key);

/// Which of its passage's sentences a key names. Errors: kBadInput where it is none's.
Result<std::uint32_t> sentence_of_key(std::string_view key);

/// For people and for JSON: a passage's key, "SOURCE#3".
std::string passage_name(std::string_view passage_key);

}  // namespace quern::apps
