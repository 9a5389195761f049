#include "store/lexical/term_table.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/checksum.h"
#include "store/lexical/doubling.h"

namespace quern::store {

void TermTable::add(int field, std::uint32_t doc, std::string_view term, std::uint32_t position) {
  QUERN_CHECK(field >= 0 && field < kMaxTextFields && term.size() <= kMaxTermBytes);
  QUERN_CHECK(doc + 1 >= doc_begins_.size() && doc < kMaxSegmentDocs);
  doc_begins_.resize(doc + 1, ids_.size());
  scratch_.assign(1, static_cast<char>(field)).append(term);
  const std::uint32_t id = find_or_add(scratch_);
  ++terms_[id].n_seen;
  ids_.push_back(id);
  positions_.push_back(position);
}

std::uint32_t TermTable::find_or_add(std::string_view wanted) {
  if (terms_.size() * 4 >= slots_.size() * 3) grow_slots();
  const auto hash = static_cast<std::uint32_t>(checksum64(std::as_bytes(std::span(wanted))));
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Entry& entry = terms_[slots_[slot] - 1];
    if (entry.hash == hash && key(entry) == wanted) return slots_[slot] - 1;
  }
  terms_.push_back(
      {.begin = keys_.size(), .n_bytes = static_cast<std::uint32_t>(wanted.size()), .hash = hash});
  keys_ += wanted;
  slots_[slot] = static_cast<std::uint32_t>(terms_.size());
  return static_cast<std::uint32_t>(terms_.size() - 1);
}

void TermTable::grow_slots() {
  slots_.assign(std::max<std::size_t>(1024, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t id = 0; id < terms_.size(); ++id) {
    std::size_t slot = terms_[id].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(id + 1);
  }
}

std::size_t TermTable::bytes() const {
  const std::size_t held = keys_.capacity() + terms_.capacity() * sizeof(Entry) +
                           slots_.capacity() * sizeof(std::uint32_t) +
                           (ids_.capacity() + positions_.capacity()) * sizeof(std::uint32_t) +
                           doc_begins_.capacity() * sizeof(std::uint64_t);
  const std::size_t to_write = ids_.size() * sizeof(Token) +
                               terms_.size() * (sizeof(std::uint64_t) + sizeof(std::uint32_t)) +
                               doc_begins_.size() * sizeof(std::uint32_t);
  return held + to_write;
}

std::size_t TermTable::growth_bytes(const TermCounts& more) const {
  const auto growth = [](const auto& list, std::size_t n) {
    return doubling_bytes(list.size(), list.capacity(), n, sizeof(list[0]));
  };
  std::size_t n_slots = std::max<std::size_t>(slots_.size(), 1024);
  while ((terms_.size() + more.n_terms) * 4 >= n_slots * 3) n_slots *= 2;
  // A byte of each key is its field's.
  const std::size_t held = growth(keys_, more.n_term_bytes + more.n_terms) +
                           growth(terms_, more.n_terms) + growth(slots_, n_slots - slots_.size()) +
                           growth(ids_, more.n_tokens) + growth(positions_, more.n_tokens) +
                           growth(doc_begins_, 1);
  const std::size_t to_write = more.n_tokens * sizeof(Token) +
                               more.n_terms * (sizeof(std::uint64_t) + sizeof(std::uint32_t)) +
                               sizeof(std::uint32_t);
  return held + to_write;
}

// The tokens of the documents that stay, by term, and in a term by new document. `ends` gets where
// each term's tokens end.
std::vector<TermTable::Token> TermTable::deal_out(std::span<const std::uint32_t> new_docs,
                                                  std::vector<std::uint64_t>& ends) const {
  std::vector<std::uint32_t> old_docs;
  for (std::uint32_t doc = 0; doc < doc_begins_.size(); ++doc) {
    if (new_docs[doc] != kNoDoc) old_docs.push_back(doc);
  }
  std::sort(old_docs.begin(), old_docs.end(),
            [&](std::uint32_t a, std::uint32_t b) { return new_docs[a] < new_docs[b]; });

  std::vector<Token> tokens(ids_.size());
  ends.resize(terms_.size());
  std::uint64_t begin = 0;
  for (std::size_t id = 0; id < terms_.size(); ++id) {
    ends[id] = begin;
    begin += terms_[id].n_seen;
  }
  for (const std::uint32_t doc : old_docs) {
    const std::uint64_t end = doc + 1 < doc_begins_.size() ? doc_begins_[doc + 1] : ids_.size();
    for (std::uint64_t i = doc_begins_[doc]; i < end; ++i) {
      tokens[ends[ids_[i]]++] = {new_docs[doc], positions_[i]};
    }
  }
  return tokens;
}

Status TermTable::write(std::span<const std::uint32_t> new_docs,
                        std::span<const std::span<const std::uint8_t>> norms,
                        std::span<const int> with_positions, PostingsWriter& postings,
                        DictionaryWriter& dictionary) const {
  QUERN_CHECK(new_docs.size() >= doc_begins_.size());
  std::vector<std::uint64_t> ends;
  const std::vector<Token> tokens = deal_out(new_docs, ends);
  std::vector<std::uint32_t> order(terms_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return key(terms_[a]) < key(terms_[b]); });

  std::uint64_t first = 0;
  std::vector<std::uint64_t> begins(terms_.size());
  for (std::size_t id = 0; id < terms_.size(); ++id) {
    begins[id] = first;
    first += terms_[id].n_seen;
  }
  std::vector<std::uint32_t> positions;
  for (const std::uint32_t id : order) {
    if (begins[id] == ends[id]) continue;  // Only in documents that are gone.
    const int field = static_cast<unsigned char>(keys_[terms_[id].begin]);
    const bool has_positions =
        std::find(with_positions.begin(), with_positions.end(), field) != with_positions.end();
    postings.start_term(norms[static_cast<std::size_t>(field)]);
    for (std::uint64_t i = begins[id]; i < ends[id];) {
      const std::uint32_t doc = tokens[i].doc;
      std::uint32_t tf = 0;
      positions.clear();
      for (; i < ends[id] && tokens[i].doc == doc; ++i, ++tf) {
        if (has_positions) positions.push_back(tokens[i].position);
      }
      QUERN_TRY(postings.add(doc, tf, positions));
    }
    QUERN_ASSIGN(const TermInfo info, postings.finish_term());
    QUERN_TRY(dictionary.add(key(terms_[id]), info));
  }
  return {};
}

}  // namespace quern::store
