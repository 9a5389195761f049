// An immutable part of a store: documents in order of their keys, mapped read-only. A document is
// its place in that order. Everything read from it is checked against its bounds, and summed when
// it is first touched, so that damage is an error and never a crash.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/input_file.h"
#include "base/status.h"
#include "store/catalog/catalog.h"
#include "store/filter/attributes.h"
#include "store/lexical/lexical_part.h"
#include "store/schema.h"
#include "store/segment/container.h"
#include "store/segment/field_lengths.h"
#include "store/segment/keys.h"
#include "store/segment/stored_text.h"

namespace quern::store {

/// Threads: any.
class Segment {
 public:
  /// Reads the ends of the file and nothing between. Errors: kNotFound, kIo; kBadInput where it is
  /// damaged or another one than `row` says.
  static Result<std::shared_ptr<const Segment>> open(const PartPlaces& places,
                                                     const SegmentRow& row, const Schema& schema);

  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  SegmentId id() const { return container_.identity().segment; }
  std::uint32_t n_docs() const { return container_.identity().n_docs; }
  std::size_t n_fields() const { return lengths_.size(); }
  bool has_trigrams() const { return has_trigrams_; }
  const Container& container() const { return container_; }

  // Each sums its bytes when it is first asked for. Errors: kBadInput naming file and section.
  Result<const KeyColumn*> keys() const;
  Result<const FieldLengths*> lengths(std::size_t field) const;

  /// Null where the schema has none.
  Result<const Attributes*> attributes() const;

  /// What is known of them without reading values, for sizes.
  const Attributes& attribute_heads() const { return attributes_; }

  /// For searches: dictionary and norms are summed, lists are not, see check_list().
  Result<const LexicalPart*> lexical() const;

  /// For merges: all of it is summed.
  Result<const LexicalPart*> whole_lexical() const;

  /// Sums the postings and positions of a term of lexical(), each block when it is first touched.
  Status check_list(const TermInfo& term) const;

  /// Frames have their own checksums. n_fields() strings of fields to each document.
  StoredTextReader stored_text() const { return {text_, n_fields()}; }

  /// Reads all of it: sums, keys in order, each text, each list against its term.
  /// Errors: kBadInput naming the first thing that is wrong.
  Status check() const;

 private:
  Segment() = default;
  Status open_sections(const std::string& path, const Schema& schema);
  Status open_attributes(const Schema& schema);
  Status check_section(SectionKind kind, std::size_t field = 0) const;
  Status check_terms() const;
  Status check_trigram(std::string_view trigram, const TermInfo& term,
                       std::span<const std::uint8_t> norms) const;

  Container container_;
  InputFile file_;
  KeyColumn keys_;
  std::vector<FieldLengths> lengths_;  // [n_fields]
  StoredText text_;
  LexicalPart lexical_;
  bool has_trigrams_ = false;
  bool has_attributes_ = false;
  Attributes attributes_;
};

}  // namespace quern::store
