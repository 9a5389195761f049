// What a claim is judged by: sentences of sources, each with what stands around it, where it comes
// from, and how near to the claim it is.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/byte_spans.h"

namespace quern::apps {

/// Who says it. Evidence of one source counts together, however many sentences it has.
struct ClaimSource {
  std::string key;  // Unique in a corpus; for given evidence what its giver calls it.
  std::string title = {};
  std::string url = {};
  std::string date = {};  // ISO 8601, as far as it is known.
  std::string licence = {};
};

/// How near a sentence is to the claim. What is not known is nothing, never 0.
struct Nearness {
  std::optional<double> cosine = {};           // Of the sentence's vector with the claim's,
  std::optional<double> passage_cosine = {};   // of its passage's.
  std::optional<double> lexical = {};          // BM25 of the sentence,
  std::optional<double> passage_lexical = {};  // of its passage.
  std::uint32_t passage_rank = 0;              // From 1, in the order of the passages; 0: given.
};

struct EvidenceSentence {
  ClaimSource source;
  std::string passage;           // Key of the passage in its corpus; "" for given evidence.
  std::uint32_t i_sentence = 0;  // In its source, from 0.
  std::string text;              // The sentence as it stands there.
  ByteSpan span;                 // Of the text of its source, bytes.
  std::string before = {};       // The sentences beside it in its passage; "": none.
  std::string after = {};
  Nearness nearness = {};
  // Of a sentence that is too long to be read whole beside its claim: which stretch of it this is.
  std::uint32_t i_piece = 0;
  std::uint32_t n_pieces = 1;
};

}  // namespace quern::apps
