// The terms of several segments as those of one: nothing is analysed again.

#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/postings_writer.h"

namespace quern::store {

struct PostingsMergeInput {
  const LexicalPart* part = nullptr;
  std::span<const std::uint32_t> new_docs;  // [part->n_docs], ascending; kNoDoc: left out.
};

/// Writes each term of the inputs with those of its documents that stay, by their new numbers,
/// which no two inputs share. norms are by field and new number. Errors: kBadInput naming a term
/// that is damaged; what the writers say.
Status merge_postings(std::span<const PostingsMergeInput> inputs,
                      std::span<const std::span<const std::uint8_t>> norms,
                      PostingsWriter& postings, DictionaryWriter& dictionary);

}  // namespace quern::store
