#include "store/lexical/trigram_table.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "store/lexical/doubling.h"
#include "text/analysis/case_fold.h"

namespace quern::store {
namespace {

// Spreads 24 bits: Knuth's multiplicative hash.
std::size_t hash_of(Trigram trigram) {
  return static_cast<std::size_t>((std::uint64_t{trigram} * 0x9E3779B97F4A7C15u) >> 32);
}

}  // namespace

void TrigramTable::add(std::uint32_t doc, std::string_view utf8) {
  QUERN_CHECK(doc + 1 >= doc_begins_.size() && doc < kMaxSegmentDocs);
  doc_begins_.resize(doc + 1, ids_.size());
  folded_.clear();
  text::append_folded(utf8, folded_);
  Trigram trigram = 0;
  for (std::size_t i = 0; i < folded_.size(); ++i) {
    trigram = next_trigram(trigram, folded_[i]);
    if (i + 1 < kTrigramBytes) continue;
    const std::uint32_t id = find_or_add(trigram);
    Entry& entry = trigrams_[id];
    if (entry.end_doc == doc + 1) continue;
    entry.end_doc = doc + 1;
    ++entry.n_docs;
    ids_.push_back(id);
  }
}

std::size_t TrigramTable::count_new(std::string_view utf8, std::vector<bool>& seen) {
  std::string folded;
  text::append_folded(utf8, folded);
  Trigram trigram = 0;
  std::size_t n = 0;
  for (std::size_t i = 0; i < folded.size(); ++i) {
    trigram = next_trigram(trigram, folded[i]);
    if (i + 1 < kTrigramBytes || seen[trigram]) continue;
    seen[trigram] = true;
    ++n;
  }
  return n;
}

std::size_t TrigramTable::growth_bytes(std::size_t n_trigrams, std::size_t n_field_bytes) const {
  const auto growth = [](const auto& list, std::size_t n) {
    return doubling_bytes(list.size(), list.capacity(), n, sizeof(list[0]));
  };
  // There are no more of them than there are, whatever the text.
  const std::size_t n_new = std::min(n_trigrams, kTrigrams - trigrams_.size());
  std::size_t n_slots = std::max<std::size_t>(slots_.size(), 1024);
  while ((trigrams_.size() + n_new) * 2 >= n_slots) n_slots *= 2;
  const std::size_t held = growth(trigrams_, n_new) + growth(slots_, n_slots - slots_.size()) +
                           growth(ids_, n_trigrams) + growth(doc_begins_, 1) +
                           doubling_bytes(0, folded_.capacity(), folded_bytes(n_field_bytes), 1);
  const std::size_t to_write =
      (n_trigrams + n_new + 1) * sizeof(std::uint32_t) + 2 * n_new * sizeof(std::uint64_t);
  return held + to_write;
}

std::uint32_t TrigramTable::find_or_add(Trigram trigram) {
  if (trigrams_.size() * 2 >= slots_.size()) grow_slots();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash_of(trigram) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (trigrams_[slots_[slot] - 1].trigram == trigram) return slots_[slot] - 1;
  }
  trigrams_.push_back({.trigram = trigram});
  slots_[slot] = static_cast<std::uint32_t>(trigrams_.size());
  return slots_[slot] - 1;
}

void TrigramTable::grow_slots() {
  slots_.assign(std::max<std::size_t>(1024, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t id = 0; id < trigrams_.size(); ++id) {
    std::size_t slot = hash_of(trigrams_[id].trigram) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(id + 1);
  }
}

std::size_t TrigramTable::bytes() const {
  const std::size_t held = trigrams_.capacity() * sizeof(Entry) +
                           (slots_.capacity() + ids_.capacity()) * sizeof(std::uint32_t) +
                           doc_begins_.capacity() * sizeof(std::uint64_t) + folded_.capacity();
  const std::size_t to_write =
      (ids_.size() + trigrams_.size() + doc_begins_.size()) * sizeof(std::uint32_t) +
      2 * trigrams_.size() * sizeof(std::uint64_t);
  return held + to_write;
}

// By trigram, the new numbers of the documents that stay, ascending. `ends` gets where each
// trigram's end.
std::vector<std::uint32_t> TrigramTable::deal_out(std::span<const std::uint32_t> new_docs,
                                                  std::vector<std::uint64_t>& ends) const {
  std::vector<std::uint32_t> old_docs;
  for (std::uint32_t doc = 0; doc < doc_begins_.size(); ++doc) {
    if (new_docs[doc] != kNoDoc) old_docs.push_back(doc);
  }
  std::sort(old_docs.begin(), old_docs.end(),
            [&](std::uint32_t a, std::uint32_t b) { return new_docs[a] < new_docs[b]; });
  std::vector<std::uint32_t> docs(ids_.size());
  std::uint64_t begin = 0;
  for (const Entry& entry : trigrams_) {
    ends.push_back(begin);
    begin += entry.n_docs;
  }
  for (const std::uint32_t doc : old_docs) {
    const std::uint64_t end = doc + 1 < doc_begins_.size() ? doc_begins_[doc + 1] : ids_.size();
    for (std::uint64_t i = doc_begins_[doc]; i < end; ++i) docs[ends[ids_[i]]++] = new_docs[doc];
  }
  return docs;
}

Status TrigramTable::write(std::span<const std::uint32_t> new_docs,
                           std::span<const std::uint8_t> norms, PostingsWriter& postings,
                           DictionaryWriter& dictionary) const {
  QUERN_CHECK(new_docs.size() >= doc_begins_.size());
  std::vector<std::uint64_t> ends;
  const std::vector<std::uint32_t> docs = deal_out(new_docs, ends);
  std::vector<std::uint32_t> order(trigrams_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return trigrams_[a].trigram < trigrams_[b].trigram;
  });
  std::vector<std::uint64_t> begins(trigrams_.size());
  std::uint64_t begin = 0;
  for (std::size_t id = 0; id < trigrams_.size(); ++id) {
    begins[id] = begin;
    begin += trigrams_[id].n_docs;
  }
  for (const std::uint32_t id : order) {
    if (begins[id] == ends[id]) continue;  // Only in documents that are gone.
    postings.start_term(norms);
    for (std::uint64_t i = begins[id]; i < ends[id]; ++i) QUERN_TRY(postings.add(docs[i], 1, {}));
    QUERN_ASSIGN(const TermInfo info, postings.finish_term());
    QUERN_TRY(
        dictionary.add(term_key(kTrigramField, bytes_of_trigram(trigrams_[id].trigram)), info));
  }
  return {};
}

}  // namespace quern::store
