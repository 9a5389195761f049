#include "store/lexical/trigram_search.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace quern::store {
namespace {

class TrigramSearch {
 public:
  TrigramSearch(const LexicalPart& part, const CheckList& check) : part_(&part), check_(&check) {}

  Result<Bitmap> docs(const TrigramQuery& query, Bitmap within) const {
    switch (query.op) {
      case TrigramOp::kAll:
        return within;
      case TrigramOp::kNone:
        return Bitmap(within.n_bits());
      case TrigramOp::kAnd:
        return docs_of_all(query, std::move(within));
      case TrigramOp::kOr:
        break;
    }
    return docs_of_any(query, within);
  }

 private:
  // The rarest first: of the others' lists only blocks are read that can hold one that is left.
  Result<Bitmap> docs_of_all(const TrigramQuery& query, Bitmap left) const {
    std::vector<TermInfo> lists;
    for (const Trigram trigram : query.trigrams) {
      QUERN_ASSIGN(const auto info, find(trigram));
      if (!info) return Bitmap(left.n_bits());
      lists.push_back(*info);
    }
    std::sort(lists.begin(), lists.end(),
              [](const TermInfo& a, const TermInfo& b) { return a.df < b.df; });
    for (const TermInfo& list : lists) {
      // A text costs what 4,096 postings do: where few are left, reading them is cheaper.
      if (std::uint64_t{left.count()} * 4096 < list.df) return left;
      Bitmap found(left.n_bits());
      QUERN_TRY(add_docs(list, left, found));
      left = std::move(found);
    }
    for (const TrigramQuery& inner : query.parts) {
      QUERN_ASSIGN(left, docs(inner, std::move(left)));
    }
    return left;
  }

  Result<Bitmap> docs_of_any(const TrigramQuery& query, const Bitmap& within) const {
    Bitmap found(within.n_bits());
    for (const Trigram trigram : query.trigrams) {
      QUERN_ASSIGN(const auto info, find(trigram));
      if (info) QUERN_TRY(add_docs(*info, within, found));
    }
    for (const TrigramQuery& inner : query.parts) {
      QUERN_ASSIGN(const Bitmap more, docs(inner, within));
      found |= more;
    }
    return found;
  }

  Result<std::optional<TermInfo>> find(Trigram trigram) const {
    return part_->dictionary.find(kTrigramField, bytes_of_trigram(trigram));
  }

  // Adds the documents of a list that are in `within`.
  Status add_docs(const TermInfo& info, const Bitmap& within, Bitmap& found) const {
    QUERN_TRY((*check_)(info));
    QUERN_ASSIGN(const Postings list, Postings::open(part_->postings, info, part_->n_docs));
    BlockValues docs;
    std::uint32_t begin = 0;  // The first document that the block may hold.
    for (std::uint32_t block = 0; block < list.n_blocks(); ++block) {
      if (list.has_heads()) {
        const std::uint32_t last = std::min(list.head(block).last_doc, part_->n_docs - 1);
        const bool is_wanted = begin <= last && has_any(within, begin, last);
        begin = last + 1;
        if (!is_wanted) continue;
      }
      const std::uint32_t n = list.decode_docs(block, docs);
      if (n == 0) return {Code::kBadInput, "damaged postings of a trigram"};
      for (std::uint32_t i = 0; i < n; ++i) {
        if (within.has(docs[i])) found.set(docs[i]);
      }
    }
    return {};
  }

  // Any of first to last, looked at word by word.
  static bool has_any(const Bitmap& docs, std::uint32_t first, std::uint32_t last) {
    const auto words = docs.words();
    for (std::uint32_t w = first / 64; w <= last / 64; ++w) {
      std::uint64_t word = words[w];
      if (w == first / 64) word &= ~std::uint64_t{0} << first % 64;
      if (w == last / 64) word &= ~std::uint64_t{0} >> (63 - last % 64);
      if (word != 0) return true;
    }
    return false;
  }

  const LexicalPart* part_;
  const CheckList* check_;
};

}  // namespace

Result<Bitmap> docs_with_trigrams(const LexicalPart& part, const TrigramQuery& query,
                                  const Bitmap& within, const CheckList& check) {
  return TrigramSearch(part, check).docs(query, within);
}

}  // namespace quern::store
