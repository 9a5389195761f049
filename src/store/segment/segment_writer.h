// Documents on their way into a segment: analysed as they come, held in memory, written in order of
// their keys.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file_layer.h"
#include "base/status.h"
#include "store/lexical/term_table.h"
#include "store/lexical/trigram_table.h"
#include "store/schema.h"
#include "store/segment/write_segment.h"
#include "store/vector/vector_file.h"
#include "text/analysis/analyzer.h"

namespace quern::store {

/// Threads: of one.
class SegmentWriter {
 public:
  /// Errors: kBadInput for an analyzer that there is not.
  static Result<SegmentWriter> create(const Schema& schema);

  /// At most what bytes() grows by when this document is added, and what is held besides
  /// meanwhile. One of more than kCountedBytes is analysed for it: by its bytes alone much more
  /// would be said than it takes.
  std::size_t most_bytes(const Document& document);
  static constexpr std::size_t kCountedBytes = std::size_t{64} << 10;

  /// What is held, and what writing takes besides.
  std::size_t bytes() const { return n_text_bytes_ + table_.bytes() + trigrams_.bytes(); }

  bool is_full() const { return documents_.size() >= kMaxPartDocs; }

  /// Documents that would be written.
  std::uint32_t n_docs() const { return static_cast<std::uint32_t>(by_key_.size()); }

  /// Of equal keys the last one stays. `document` was checked against the schema; its vector is not
  /// looked at, `coded` is.
  void add(Document document, std::optional<OwnedRow> coded = {});

  /// False where there is none of this key.
  bool erase(std::string_view key);

  /// Erases those whose parent it is; their keys.
  std::unordered_set<std::string> erase_parent(std::string_view parent);

  /// The keys that would be written, ascending; borrowed until the next change.
  std::vector<std::string_view> keys() const;

  /// As after finish().
  void clear();

  /// There is a document at least; none is left. `space` is that of the coded rows, if there are
  /// any. Errors: as write_segment and write_vectors; nothing stays.
  Result<SegmentRow> finish(FileLayer& files, const std::string& folder, const PartName& name,
                            const SpaceRow* space = nullptr);

 private:
  struct Held {
    Document document;
    std::vector<std::uint32_t> lengths;  // [n_fields] tokens
    std::optional<OwnedRow> coded = {};
  };
  SegmentWriter(const Schema& schema, std::vector<text::Analyzer> analyzers)
      : schema_(schema), analyzers_(std::move(analyzers)) {}
  TermCounts count_terms(const Document& document);
  std::size_t count_trigrams(const Document& document) const;
  std::vector<std::uint32_t> in_order() const;
  Result<PartRow> finish_vectors(FileLayer& files, const std::string& folder, const PartName& name,
                                 const SpaceRow& space, std::span<const std::uint32_t> order) const;
  void drop(std::uint32_t place);

  Schema schema_;
  std::vector<text::Analyzer> analyzers_;  // [n_fields]
  std::vector<Held> documents_;            // In the order they came; replaced ones are empty.
  std::unordered_map<std::string, std::uint32_t> by_key_;  // Where each one that stays is.
  // Where those of a parent are, and some that do not stay.
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_parent_;
  TermTable table_;
  TrigramTable trigrams_;  // Where the schema has patterns.
  std::size_t n_text_bytes_ = 0;
};

}  // namespace quern::store
