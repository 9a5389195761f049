#include "store/segment/segment.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "store/lexical/postings.h"
#include "store/lexical/trigram_table.h"

namespace quern::store {
namespace {

std::span<const std::uint8_t> as_norms(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<std::shared_ptr<const Segment>> Segment::open(const PartPlaces& places,
                                                     const SegmentRow& row, const Schema& schema) {
  QUERN_ASSIGN(const FilePlace place, places.find(row.file));
  std::shared_ptr<Segment> out(new Segment);
  QUERN_ASSIGN(out->container_, Container::open(place, row.identity, row.seal));
  QUERN_TRY(out->open_sections(place.path, schema).in("'" + place.path + "'"));
  return std::shared_ptr<const Segment>(std::move(out));
}

Status Segment::open_sections(const std::string& path, const Schema& schema) {
  const auto bytes_in = [&](SectionKind kind,
                            std::size_t field = 0) -> Result<std::span<const std::byte>> {
    QUERN_ASSIGN(const Section section, container_.need(kind, static_cast<std::uint16_t>(field)));
    return container_.bytes(section);
  };
  QUERN_ASSIGN(const auto keys, bytes_in(SectionKind::kKeys));
  QUERN_ASSIGN(keys_, KeyColumn::open(keys, n_docs()));

  QUERN_ASSIGN(file_, InputFile::open(path));
  QUERN_ASSIGN(const Section stored, container_.need(SectionKind::kStoredText));
  QUERN_ASSIGN(const auto index, bytes_in(SectionKind::kStoredIndex));
  QUERN_ASSIGN(text_, StoredText::open(index, n_docs(), file_, container_.offset() + stored.offset,
                                       stored.n_bytes));

  QUERN_ASSIGN(const auto dictionary, bytes_in(SectionKind::kDictionary));
  QUERN_ASSIGN(lexical_.dictionary, Dictionary::open(dictionary));
  QUERN_ASSIGN(lexical_.postings, bytes_in(SectionKind::kPostings));
  QUERN_ASSIGN(lexical_.positions, bytes_in(SectionKind::kPositions));
  lexical_.n_docs = n_docs();
  has_trigrams_ = schema.patterns;
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    QUERN_ASSIGN(const auto lengths, bytes_in(SectionKind::kLengths, f));
    QUERN_ASSIGN(FieldLengths column, FieldLengths::open(lengths, n_docs()));
    lengths_.push_back(column);
    QUERN_ASSIGN(const auto norms, bytes_in(SectionKind::kNorms, f));
    if (norms.size() != n_docs()) {
      return {Code::kBadInput, fmt::format("{} norms of {} documents", norms.size(), n_docs())};
    }
    lexical_.norms.push_back(as_norms(norms));
  }
  return open_attributes(schema);
}

Status Segment::open_attributes(const Schema& schema) {
  if (schema.attributes.empty()) return {};
  QUERN_ASSIGN(const Section section, container_.need(SectionKind::kAttributes));
  QUERN_ASSIGN(attributes_, Attributes::open(container_.bytes(section), n_docs()));
  has_attributes_ = true;
  for (const AttributeColumn& column : attributes_.columns()) {
    const Attribute found{.name = column.name(), .type = column.type()};
    if (std::find(schema.attributes.begin(), schema.attributes.end(), found) ==
        schema.attributes.end()) {
      return {Code::kBadInput, fmt::format("the schema has no {} '{}'",
                                           attribute_type_name(found.type), found.name)};
    }
  }
  return {};
}

Status Segment::check_section(SectionKind kind, std::size_t field) const {
  return container_.check(
      container_.bytes(*container_.find(kind, static_cast<std::uint16_t>(field))));
}

Result<const KeyColumn*> Segment::keys() const {
  QUERN_TRY(check_section(SectionKind::kKeys));
  return &keys_;
}

Result<const FieldLengths*> Segment::lengths(std::size_t field) const {
  QUERN_TRY(check_section(SectionKind::kLengths, field));
  return &lengths_[field];
}

Result<const Attributes*> Segment::attributes() const {
  if (!has_attributes_) return static_cast<const Attributes*>(nullptr);
  QUERN_TRY(check_section(SectionKind::kAttributes));
  return &attributes_;
}

Result<const LexicalPart*> Segment::lexical() const {
  for (std::size_t f = 0; f < n_fields(); ++f) QUERN_TRY(check_section(SectionKind::kNorms, f));
  QUERN_TRY(check_section(SectionKind::kDictionary));
  return &lexical_;
}

Result<const LexicalPart*> Segment::whole_lexical() const {
  QUERN_TRY(check_section(SectionKind::kPostings));
  QUERN_TRY(check_section(SectionKind::kPositions));
  return lexical();
}

Status Segment::check_list(const TermInfo& term) const {
  const auto check_part = [&](std::span<const std::byte> section, std::uint64_t offset,
                              std::uint64_t n_bytes) -> Status {
    if (offset > section.size() || n_bytes > section.size() - offset) {
      return {Code::kBadInput, fmt::format("'{}': a list of {} bytes at {} of {}",
                                           container_.path(), n_bytes, offset, section.size())};
    }
    return container_.check(
        section.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(n_bytes)));
  };
  QUERN_TRY(check_part(lexical_.postings, term.postings_offset, term.postings_bytes));
  return check_part(lexical_.positions, term.positions_offset, term.positions_bytes);
}

Status Segment::check() const {
  const std::string where = "'" + container_.path() + "'";
  QUERN_TRY(container_.check_all());
  QUERN_TRY(keys_.check().in(where));
  QUERN_TRY(stored_text().check().in(where));
  QUERN_TRY(attributes_.check().in(where));
  for (std::size_t f = 0; f < n_fields(); ++f) {
    for (std::uint32_t doc = 0; doc < n_docs(); ++doc) {
      if (norm_from_length(lengths_[f].length(doc)) != lexical_.norms[f][doc]) {
        return Status(Code::kBadInput,
                      fmt::format("length and norm of document {} do not agree", doc))
            .in(where);
      }
    }
  }
  return check_terms().in(where);
}

Status Segment::check_trigram(std::string_view trigram, const TermInfo& term,
                              std::span<const std::uint8_t> norms) const {
  if (trigram.size() != kTrigramBytes || term.ttf != term.df || term.positions_bytes > 0) {
    return {Code::kBadInput, "not as a trigram is written"};
  }
  return check_postings(lexical_.postings, lexical_.positions, term, norms);
}

Status Segment::check_terms() const {
  const std::vector<std::uint8_t> no_norms(has_trigrams_ ? n_docs() : 0);
  Dictionary::Cursor terms = lexical_.dictionary.begin();
  for (;;) {
    QUERN_ASSIGN(const bool is_there, terms.next());
    if (!is_there) return {};
    if (has_trigrams_ && terms.field() == kTrigramField) {
      QUERN_TRY(check_trigram(terms.term(), terms.info(), no_norms)
                    .in("trigram '" + printable_key(terms.term()) + "'"));
      continue;
    }
    const auto field = static_cast<std::size_t>(terms.field());
    if (field >= n_fields()) {
      return {Code::kBadInput, fmt::format("a term of field {}, there are {}", field, n_fields())};
    }
    QUERN_TRY(
        check_postings(lexical_.postings, lexical_.positions, terms.info(), lexical_.norms[field])
            .in("term '" + printable_key(terms.term()) + "'"));
  }
}

}  // namespace quern::store
