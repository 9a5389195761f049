#include "store/lexical/merge_postings.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/pace.h"

namespace quern::store {
namespace {

constexpr std::size_t kAskEvery = 4096;  // Postings: that many take a fraction of a millisecond.

Status ask() {
  if (Pace::current().go_on()) return {};
  return {Code::kCancelled, "cancelled in the midst of a merge"};
}

/// The documents of one input's term that stay, one after another.
class MovedList {
 public:
  static Result<MovedList> open(const PostingsMergeInput& input, const TermInfo& term) {
    MovedList list;
    list.input_ = &input;
    list.term_ = term;
    QUERN_ASSIGN(list.postings_, Postings::open(input.part->postings, term, input.part->n_docs));
    QUERN_TRY(list.next());
    return list;
  }

  bool at_end() const { return doc_ == kNoDoc; }
  std::uint32_t doc() const { return doc_; }
  std::uint32_t tf() const { return tfs_[index_ - 1]; }
  std::span<const std::uint32_t> positions() const { return found_; }

  /// To the next document that stays. Errors: kBadInput, damaged.
  Status next() {
    doc_ = kNoDoc;
    while (true) {
      if (index_ == n_) {
        if (block_ == postings_.n_blocks()) return {};
        QUERN_TRY(enter());
      }
      const std::uint32_t tf = tfs_[index_];
      const std::uint32_t new_doc = input_->new_docs[docs_[index_++]];
      if (term_.positions_bytes > 0 &&
          !(new_doc == kNoDoc ? reader_.skip(tf) : reader_.read(tf, found_))) {
        return {Code::kBadInput, "damaged positions"};
      }
      if (new_doc == kNoDoc) continue;
      doc_ = new_doc;
      return {};
    }
  }

 private:
  Status enter() {
    n_ = postings_.decode_docs(block_, docs_);
    if (n_ == 0 || postings_.decode_tfs(block_, tfs_) != n_) {
      return {Code::kBadInput, "damaged postings"};
    }
    if (term_.positions_bytes > 0) {
      QUERN_ASSIGN(reader_, positions_of(input_->part->positions, term_, postings_, block_));
    }
    ++block_;
    index_ = 0;
    return {};
  }

  const PostingsMergeInput* input_ = nullptr;
  TermInfo term_;
  Postings postings_;
  PositionsReader reader_{{}};
  std::uint32_t block_ = 0;  // To be entered next.
  std::uint32_t index_ = 0;  // In the block that was entered: of the next document,
  std::uint32_t n_ = 0;      // of so many.
  std::uint32_t doc_ = kNoDoc;
  BlockValues docs_{};
  BlockValues tfs_{};
  std::vector<std::uint32_t> found_;
};

Status merge_term(std::string_view key, std::vector<MovedList>& lists,
                  std::span<const std::uint8_t> norms, PostingsWriter& postings,
                  DictionaryWriter& dictionary) {
  std::erase_if(lists, [](const MovedList& list) { return list.at_end(); });
  if (lists.empty()) return {};
  if (norms.empty()) return {Code::kBadInput, "damaged dictionary: a field of no norms"};
  postings.start_term(norms);
  std::size_t n_added = 0;
  while (!lists.empty()) {
    const auto first =
        std::min_element(lists.begin(), lists.end(),
                         [](const MovedList& a, const MovedList& b) { return a.doc() < b.doc(); });
    if (++n_added % kAskEvery == 0) QUERN_TRY(ask());
    QUERN_TRY(postings.add(first->doc(), first->tf(), first->positions()));
    QUERN_TRY(first->next());
    if (first->at_end()) lists.erase(first);
  }
  QUERN_ASSIGN(const TermInfo info, postings.finish_term());
  return dictionary.add(key, info);
}

}  // namespace

Status merge_postings(std::span<const PostingsMergeInput> inputs,
                      std::span<const std::span<const std::uint8_t>> norms,
                      PostingsWriter& postings, DictionaryWriter& dictionary) {
  struct Source {
    const PostingsMergeInput* input;
    Dictionary::Cursor cursor;
  };
  std::vector<Source> sources;
  for (const PostingsMergeInput& input : inputs) {
    QUERN_CHECK(input.new_docs.size() == input.part->n_docs);
    Source source = {&input, input.part->dictionary.begin()};
    QUERN_ASSIGN(const bool is_one, source.cursor.next());
    if (is_one) sources.push_back(std::move(source));
  }
  std::string key;
  std::vector<MovedList> lists;
  while (!sources.empty()) {
    key = std::min_element(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
            return a.cursor.key() < b.cursor.key();
          })->cursor.key();
    const auto field = static_cast<std::size_t>(static_cast<unsigned char>(key[0]));
    if (field >= norms.size()) return {Code::kBadInput, "damaged dictionary: a field of no norms"};
    lists.clear();
    for (std::size_t i = 0; i < sources.size();) {
      Source& source = sources[i];
      bool is_one = true;
      if (source.cursor.key() == key) {
        QUERN_ASSIGN(MovedList list, MovedList::open(*source.input, source.cursor.info()));
        lists.push_back(std::move(list));
        QUERN_ASSIGN(is_one, source.cursor.next());
      }
      if (is_one) {
        ++i;
      } else {
        sources.erase(sources.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    QUERN_TRY(ask());
    QUERN_TRY(merge_term(key, lists, norms[field], postings, dictionary));
  }
  return {};
}

}  // namespace quern::store
