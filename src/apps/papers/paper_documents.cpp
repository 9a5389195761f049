#include "apps/papers/paper_documents.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "apps/papers/paper_schema.h"
#include "base/utf8.h"
#include "store/byte_cursor.h"
#include "text/analysis/case_fold.h"

namespace quern::apps {
namespace {

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::int64_t kMsOfDay = kSecondsOfDay * 1000;

// Of one paper as attributes: a store takes 1,024 values of a document, 4,095 bytes of text.
constexpr std::size_t kMaxAuthorValues = 200;
constexpr std::size_t kMaxAttributeBytes = 3'600;

std::string folded_text(std::string_view text) {
  std::string out;
  text::append_folded(text, out);
  return out;
}

/// The attributes of all documents of a paper, but for their kind.
class PaperAttributes {
 public:
  explicit PaperAttributes(std::int64_t added_ms) {
    add_number(kAddedAttribute, added_ms / kMsOfDay * kSecondsOfDay);
  }
  void add_number(int i, std::int64_t number) {
    values_.push_back({.i_attribute = i, .text = {}, .number = number});
  }
  /// What does not fit any more is not found by this attribute.
  void add_text(int i, std::string_view text) {
    std::string value = folded_text(text);
    if (value.empty() || n_bytes_ + value.size() > kMaxAttributeBytes) return;
    n_bytes_ += value.size();
    values_.push_back({.i_attribute = i, .text = std::move(value), .number = 0});
  }
  std::vector<store::AttributeValue> of_kind(const char* kind) const {
    std::vector<store::AttributeValue> out = values_;
    out.push_back({.i_attribute = kPaperKindAttribute, .text = kind, .number = 0});
    return out;
  }

 private:
  std::vector<store::AttributeValue> values_;
  std::size_t n_bytes_ = 0;
};

PaperAttributes attributes_of(const Paper& paper, std::int64_t added_ms) {
  PaperAttributes out(added_ms);
  const std::int64_t day = published_day(paper);
  if (day != std::numeric_limits<std::int64_t>::min()) {
    out.add_number(kDayAttribute, day * kSecondsOfDay);
  }
  if (paper.is_open_access) out.add_number(kOpenAttribute, 1);
  out.add_text(kVenueAttribute, paper.venue);
  if (paper.journal.name != paper.venue) out.add_text(kVenueAttribute, paper.journal.name);
  for (const std::string& field : paper.fields_of_study) out.add_text(kFieldAttribute, field);
  for (const std::string& type : paper.publication_types) out.add_text(kTypeAttribute, type);
  for (std::size_t i = 0; i < std::min(paper.authors.size(), kMaxAuthorValues); ++i) {
    out.add_text(kAuthorAttribute, paper.authors[i].name);
  }
  return out;
}

std::string joined(std::string_view title, std::string_view text) {
  std::string out(title);
  if (!out.empty() && !text.empty()) out += '\n';
  out += text;
  return out;
}

std::string authors_field(const Paper& paper) {
  std::string out;
  for (const PaperAuthor& author : paper.authors) out += author.name + "\n";
  if (paper.year > 0) out += std::to_string(paper.year) + "\n";
  out += paper.venue;
  return out;
}

store::Document document_for(std::int64_t corpus_id, std::string key) {
  store::Document document;
  document.key = std::move(key);
  document.n_parent = static_cast<std::uint32_t>(paper_parent(corpus_id).size());
  return document;
}

std::string stored_of(const PaperPassage& passage, std::size_t n_title, std::uint64_t begin) {
  std::string out;
  store::append_varint(out, kPaperTextVersion);
  store::append_varint(out, static_cast<std::uint64_t>(passage.kind));
  store::append_varint(out, n_title);
  store::append_varint(out, passage.span.begin);
  store::append_varint(out, begin);
  out += passage.heading;
  return out;
}

}  // namespace

std::int64_t published_day(const Paper& paper) {
  const std::string date = !paper.date.empty() ? paper.date
                           : paper.year > 0    ? fmt::format("{:04}-01-01", paper.year)
                                               : "";
  const Result<std::int64_t> seconds = store::seconds_from_date(date);
  return seconds.ok() ? *seconds / kSecondsOfDay - (*seconds % kSecondsOfDay < 0 ? 1 : 0)
                      : std::numeric_limits<std::int64_t>::min();
}

std::vector<store::Document> documents_of(const Paper& paper, std::int64_t corpus_id,
                                          std::int64_t added_ms) {
  const FullText text = full_text_of(paper);
  const PaperAttributes attributes = attributes_of(paper, added_ms);
  std::vector<store::Document> out;
  store::Document& whole = out.emplace_back(document_for(corpus_id, paper_key(corpus_id)));
  whole.fields = {paper.title, joined(paper.title, paper.abstract), authors_field(paper),
                  std::string(text.body()), ""};
  whole.stored = bytes_from_sections(text);
  whole.attributes = attributes.of_kind(kPaperKind);
  std::uint32_t n = 0;
  std::size_t at = 0;
  std::uint64_t n_chars = 0;  // Before `at`.
  for (const PaperPassage& passage : passages_of(text)) {
    n_chars += count_chars(text.part({at, passage.span.begin}));
    at = passage.span.begin;
    store::Document& document =
        out.emplace_back(document_for(corpus_id, paper_passage_key(corpus_id, n++)));
    const bool is_title = passage.kind == SnippetKind::kTitle;
    const std::string title = is_title ? "" : paper.title;
    const std::size_t n_title = title.empty() ? 0 : title.size() + 1;
    document.fields = {"", "", "", "", joined(title, text.part(passage.span))};
    document.stored = stored_of(passage, n_title, n_chars);
    document.attributes = attributes.of_kind(kPassageKind);
  }
  return out;
}

Result<StoredPaperPassage> passage_from_stored_paper(std::string_view field,
                                                     std::string_view stored) {
  store::ByteCursor cursor(store::bytes_of(stored));
  StoredPaperPassage out;
  const std::uint64_t version = cursor.varint();
  const std::uint64_t kind = cursor.varint();
  const std::uint64_t n_title = cursor.varint();
  out.bytes.begin = cursor.varint();
  out.begin = cursor.varint();
  out.heading = cursor.text(cursor.n_left());
  if (!cursor.is_ok() || version != kPaperTextVersion || kind > 2 || n_title > field.size()) {
    return {Code::kBadInput, "a passage of a paper is damaged"};
  }
  out.kind = static_cast<SnippetKind>(kind);
  out.title = field.substr(0, n_title == 0 ? 0 : n_title - 1);
  out.text = field.substr(n_title);
  out.bytes.end = out.bytes.begin + out.text.size();
  return out;
}

}  // namespace quern::apps
