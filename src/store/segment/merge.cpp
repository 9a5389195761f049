#include "store/segment/merge.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "store/lexical/merge_postings.h"
#include "store/lexical/term_table.h"
#include "store/segment/merge_attributes.h"

namespace quern::store {
namespace {

constexpr std::size_t kAskEvery = 256;  // Documents; reading that many takes about a millisecond.

/// The live documents of one input, by key.
class LiveCursor {
 public:
  LiveCursor(std::uint32_t input, const KeyColumn& keys, const Bitmap& live)
      : input_(input), cursor_(keys), live_(&live) {}

  Result<bool> next() {
    for (;;) {
      QUERN_ASSIGN(const bool is_there, cursor_.next());
      if (!is_there || live_->has(cursor_.id())) return is_there;
    }
  }

  const std::string& key() const { return cursor_.key().bytes; }
  MergeDoc doc() const { return {.input = input_, .doc = cursor_.id()}; }

 private:
  std::uint32_t input_;
  KeyCursor cursor_;
  const Bitmap* live_;
};

Status ask(Pace& pace) {
  return pace.go_on() ? Status() : Status(Code::kCancelled, "the merge is not wanted any more");
}

Status write_keys(std::span<const SegmentView> inputs, std::span<const MergeDoc> order,
                  KeyWriter& keys) {
  std::vector<KeyCursor> cursors;
  for (const SegmentView& input : inputs) {
    QUERN_ASSIGN(const KeyColumn* column, input.segment->keys());
    cursors.emplace_back(*column);
  }
  for (const MergeDoc& doc : order) {
    KeyCursor& cursor = cursors[doc.input];
    QUERN_TRY(cursor.go_to(doc.doc));
    QUERN_TRY(keys.add(cursor.key().bytes, cursor.key().n_parent));
  }
  return {};
}

Status write_text(std::span<const SegmentView> inputs, std::span<const MergeDoc> order, Pace& pace,
                  StoredTextWriter& text) {
  std::vector<StoredTextReader> readers;
  for (const SegmentView& input : inputs) readers.push_back(input.segment->stored_text());
  std::size_t n = 0;
  for (const MergeDoc& doc : order) {
    if (n++ % kAskEvery == 0) QUERN_TRY(ask(pace));
    QUERN_ASSIGN(const StoredDocument document,
                 readers[doc.input].read(doc.doc).in("'" + inputs[doc.input].row.file + "'"));
    QUERN_TRY(text.add(document.fields, document.stored));
  }
  return {};
}

Status write_terms(std::span<const SegmentView> inputs, std::span<const MergeDoc> order, Pace& pace,
                   NormsByField norms, PostingsWriter& postings, DictionaryWriter& dictionary) {
  std::vector<std::vector<std::uint32_t>> new_docs;
  for (const SegmentView& input : inputs) new_docs.emplace_back(input.row.identity.n_docs, kNoDoc);
  for (std::uint32_t i = 0; i < order.size(); ++i) new_docs[order[i].input][order[i].doc] = i;
  std::vector<PostingsMergeInput> parts;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    QUERN_ASSIGN(const LexicalPart* part, inputs[i].segment->whole_lexical());
    parts.push_back({.part = part, .new_docs = new_docs[i]});
  }
  const Pace::Scope scope(pace);
  return merge_postings(parts, norms, postings, dictionary);
}

}  // namespace

Result<std::vector<MergeDoc>> merge_order(std::span<const SegmentView> inputs) {
  const auto is_behind = [](const LiveCursor& a, const LiveCursor& b) { return a.key() > b.key(); };
  std::vector<LiveCursor> heap;
  std::size_t n_live = 0;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    QUERN_ASSIGN(const KeyColumn* keys, inputs[i].segment->keys());
    LiveCursor cursor(i, *keys, *inputs[i].live);
    QUERN_ASSIGN(const bool is_there, cursor.next());
    if (is_there) heap.push_back(std::move(cursor));
    n_live += inputs[i].n_live();
  }
  std::make_heap(heap.begin(), heap.end(), is_behind);
  std::vector<MergeDoc> order;
  order.reserve(n_live);
  std::string before;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), is_behind);
    LiveCursor& least = heap.back();
    if (!order.empty() && least.key() <= before) {
      return {Code::kBadInput, "'" + printable_key(least.key()) +
                                   "' lives in two segments, or the "
                                   "keys of one are out of order"};
    }
    order.push_back(least.doc());
    before = least.key();
    QUERN_ASSIGN(const bool is_there, least.next());
    if (is_there) {
      std::push_heap(heap.begin(), heap.end(), is_behind);
    } else {
      heap.pop_back();
    }
  }
  return order;
}

std::size_t merge_bytes(std::span<const SegmentView> inputs) {
  // A block of keys and one of text of each input, packed and unpacked; the two spools' parts.
  constexpr std::size_t kInputBytes = 128 << 10;
  constexpr std::size_t kOutputBytes = 16 << 20;
  std::size_t n = kOutputBytes + inputs.size() * kInputBytes;
  for (const SegmentView& input : inputs) {
    n += merge_attributes_bytes(input.segment->attribute_heads());
    n += input.row.identity.n_docs * sizeof(std::uint32_t);  // New numbers.
    // Order; lengths as numbers, packed, and as norms.
    n += input.n_live() * (sizeof(MergeDoc) + input.segment->n_fields() * 9 +
                           (input.segment->has_trigrams() ? 1 : 0));
  }
  return n;
}

Result<SegmentRow> merge_segments(FileLayer& files, const std::string& folder, const PartName& name,
                                  std::span<const SegmentView> inputs,
                                  std::span<const MergeDoc> order, Pace& pace) {
  QUERN_CHECK(!inputs.empty() && order.size() <= kMaxPartDocs);
  SegmentContent content{.n_docs = static_cast<std::uint32_t>(order.size()),
                         .has_trigrams = inputs[0].segment->has_trigrams()};
  for (std::size_t f = 0; f < inputs[0].segment->n_fields(); ++f) {
    std::vector<const FieldLengths*> columns;
    for (const SegmentView& input : inputs) {
      QUERN_ASSIGN(const FieldLengths* column, input.segment->lengths(f));
      columns.push_back(column);
    }
    auto& lengths = content.lengths.emplace_back();
    lengths.reserve(order.size());
    for (const MergeDoc& doc : order) lengths.push_back(columns[doc.input]->length(doc.doc));
  }
  content.write_keys = [&](KeyWriter& keys) { return write_keys(inputs, order, keys); };
  content.write_text = [&](StoredTextWriter& text) {
    return write_text(inputs, order, pace, text);
  };
  content.write_terms = [&](NormsByField norms, PostingsWriter& postings,
                            DictionaryWriter& dictionary) -> Status {
    QUERN_TRY(ask(pace));
    return write_terms(inputs, order, pace, norms, postings, dictionary);
  };
  std::vector<const Attributes*> attributes;
  for (const SegmentView& input : inputs) {
    QUERN_ASSIGN(const Attributes* columns, input.segment->attributes());
    if (columns != nullptr) attributes.push_back(columns);
  }
  if (!attributes.empty()) {
    content.attributes = [&]() -> Result<std::string> {
      QUERN_TRY(ask(pace));
      const Pace::Scope scope(pace);
      return merge_attributes(attributes, order);
    };
  }
  return write_segment(files, folder, name, content);
}

}  // namespace quern::store
