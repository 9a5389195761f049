#include "store/segment/segment_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "store/filter/attributes.h"

namespace quern::store {
namespace {

// Nodes of the maps, the vectors' own.
constexpr std::size_t kDocumentOverhead = 256;

// A value's place in the document, its number and text on the way into a column, and there.
constexpr std::size_t kValueBytes = 2 * sizeof(AttributeValue) + 64;

// What starts of each column take, built and written.
std::size_t column_bytes(const Schema& schema) { return 16 * schema.attributes.size(); }

std::size_t text_bytes(const Document& document) {
  std::size_t n =
      2 * document.key.size() + document.n_parent + document.stored.size() + kDocumentOverhead;
  for (const std::string& field : document.fields) n += field.size() + sizeof(std::string) + 4;
  for (const AttributeValue& value : document.attributes) n += 2 * value.text.size() + kValueBytes;
  return n;
}

std::size_t coded_bytes(const std::optional<OwnedRow>& coded) {
  return coded ? coded->planes.size() : 0;
}

// By its bytes. A word has a letter and a sign behind it, but for those of code: "aB" is a word and
// two parts, each with a stem.
TermCounts most_terms(const Document& document, const Schema& schema) {
  TermCounts out;
  for (std::size_t f = 0; f < schema.fields.size(); ++f) {
    const std::size_t n_bytes = document.fields[f].size();
    const bool is_code = schema.fields[f].analyzer.starts_with("code");
    out.n_tokens += is_code ? 3 * n_bytes + 1 : n_bytes / 2 + 1;
    out.n_term_bytes += is_code ? 6 * n_bytes : 2 * n_bytes;  // Small letters may take more bytes.
  }
  out.n_terms = out.n_tokens;
  return out;
}

}  // namespace

Result<SegmentWriter> SegmentWriter::create(const Schema& schema) {
  std::vector<text::Analyzer> analyzers;
  for (const TextField& field : schema.fields) {
    QUERN_ASSIGN(text::Analyzer analyzer,
                 text::make_analyzer(field.analyzer).in("field '" + field.name + "'"));
    analyzers.push_back(std::move(analyzer));
  }
  return SegmentWriter(schema, std::move(analyzers));
}

std::size_t SegmentWriter::most_bytes(const Document& document) {
  std::size_t n_field_bytes = 0, n_longest = 0;
  for (const std::string& field : document.fields) {
    n_field_bytes += field.size();
    n_longest = std::max(n_longest, field.size());
  }
  const TermCounts terms =
      n_field_bytes > kCountedBytes ? count_terms(document) : most_terms(document, schema_);
  std::size_t n = text_bytes(document) + document.vector.size() * sizeof(float) +
                  column_bytes(schema_) + table_.growth_bytes(terms);
  if (schema_.patterns) {
    // Noting which there are costs as much as adding a few kilobytes.
    constexpr std::size_t kNotedBytes = std::size_t{8} << 10;
    n += trigrams_.growth_bytes(n_field_bytes > kNotedBytes
                                    ? count_trigrams(document)
                                    : TrigramTable::folded_bytes(n_field_bytes),
                                n_longest);
  }
  return n;
}

// Exact up to so many different terms, which are noted by their checksums; of the others each
// counts as a new one.
TermCounts SegmentWriter::count_terms(const Document& document) {
  constexpr std::size_t kNoted = 100'000;
  TermCounts out;
  std::unordered_set<std::uint64_t> seen;
  for (std::size_t f = 0; f < analyzers_.size(); ++f) {
    analyzers_[f].analyze(document.fields[f], [&](const text::Term& term) {
      ++out.n_tokens;
      const std::uint64_t sum = checksum64(std::as_bytes(std::span(term.text))) + f;
      if (seen.contains(sum)) return;
      if (seen.size() < kNoted) seen.insert(sum);
      ++out.n_terms;
      out.n_term_bytes += term.text.size();
    });
  }
  return out;
}

std::size_t SegmentWriter::count_trigrams(const Document& document) const {
  std::vector<bool> seen(TrigramTable::kTrigrams, false);
  std::size_t n = 0;
  for (const std::string& field : document.fields) n += TrigramTable::count_new(field, seen);
  return n;
}

void SegmentWriter::add(Document document, std::optional<OwnedRow> coded) {
  document.vector = {};
  QUERN_CHECK(!is_full());
  const auto place = static_cast<std::uint32_t>(documents_.size());
  const auto [entry, is_new] = by_key_.try_emplace(document.key, place);
  if (!is_new) drop(std::exchange(entry->second, place));
  Held held{.document = std::move(document),
            .lengths = std::vector<std::uint32_t>(schema_.fields.size()),
            .coded = std::move(coded)};
  for (std::size_t f = 0; f < analyzers_.size(); ++f) {
    analyzers_[f].analyze(held.document.fields[f], [&](const text::Term& term) {
      table_.add(static_cast<int>(f), place, term.text, term.position);
      if (!term.is_overlap) ++held.lengths[f];
    });
    if (schema_.patterns) trigrams_.add(place, held.document.fields[f]);
  }
  if (held.document.n_parent > 0) {
    by_parent_[held.document.key.substr(0, held.document.n_parent)].push_back(place);
  }
  n_text_bytes_ += text_bytes(held.document) + column_bytes(schema_) + coded_bytes(held.coded);
  documents_.push_back(std::move(held));
}

bool SegmentWriter::erase(std::string_view key) {
  const auto found = by_key_.find(std::string(key));
  if (found == by_key_.end()) return false;
  drop(found->second);
  by_key_.erase(found);
  return true;
}

std::unordered_set<std::string> SegmentWriter::erase_parent(std::string_view parent) {
  std::unordered_set<std::string> erased;
  const auto found = by_parent_.find(std::string(parent));
  if (found == by_parent_.end()) return erased;
  for (const std::uint32_t place : found->second) {
    std::string key = documents_[place].document.key;  // Empty: replaced or erased before.
    if (!key.empty() && erase(key)) erased.insert(std::move(key));
  }
  by_parent_.erase(found);
  return erased;
}

// Its tokens stay in the table, and are left out when it is written.
void SegmentWriter::drop(std::uint32_t place) {
  const Held& held = documents_[place];
  n_text_bytes_ -= text_bytes(held.document) + column_bytes(schema_) + coded_bytes(held.coded);
  documents_[place] = {};
}

std::vector<std::uint32_t> SegmentWriter::in_order() const {
  std::vector<std::uint32_t> order;
  order.reserve(by_key_.size());
  for (const auto& [key, place] : by_key_) order.push_back(place);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return documents_[a].document.key < documents_[b].document.key;
  });
  return order;
}

std::vector<std::string_view> SegmentWriter::keys() const {
  std::vector<std::string_view> out;
  for (const std::uint32_t place : in_order()) out.push_back(documents_[place].document.key);
  return out;
}

Result<SegmentRow> SegmentWriter::finish(FileLayer& files, const std::string& folder,
                                         const PartName& name, const SpaceRow* space) {
  const std::vector<std::uint32_t> order = in_order();
  std::vector<std::uint32_t> new_docs(documents_.size(), kNoDoc);
  SegmentContent content{.n_docs = n_docs(), .has_trigrams = schema_.patterns};
  content.lengths.resize(schema_.fields.size());
  std::vector<int> with_positions;
  for (std::size_t f = 0; f < schema_.fields.size(); ++f) {
    if (schema_.fields[f].positions == Positions::kYes) {
      with_positions.push_back(static_cast<int>(f));
    }
    for (const std::uint32_t place : order) {
      content.lengths[f].push_back(documents_[place].lengths[f]);
    }
  }
  for (std::uint32_t i = 0; i < order.size(); ++i) new_docs[order[i]] = i;

  content.write_keys = [&](KeyWriter& keys) -> Status {
    for (const std::uint32_t place : order) {
      const Document& document = documents_[place].document;
      QUERN_TRY(keys.add(document.key, document.n_parent));
    }
    return {};
  };
  content.write_text = [&](StoredTextWriter& text) -> Status {
    for (const std::uint32_t place : order) {
      const Document& document = documents_[place].document;
      QUERN_TRY(text.add(document.fields, document.stored));
    }
    return {};
  };
  content.write_terms = [&](NormsByField norms, PostingsWriter& postings,
                            DictionaryWriter& dictionary) -> Status {
    QUERN_TRY(table_.write(new_docs, norms, with_positions, postings, dictionary));
    if (!schema_.patterns) return {};
    return trigrams_.write(new_docs, norms[kTrigramField], postings, dictionary);
  };
  if (!schema_.attributes.empty()) {
    content.attributes = [&] {
      std::vector<std::span<const AttributeValue>> values;
      values.reserve(order.size());
      for (const std::uint32_t place : order) {
        values.emplace_back(documents_[place].document.attributes);
      }
      return bytes_from_attributes(schema_.attributes, values);
    };
  }
  QUERN_ASSIGN(SegmentRow row, write_segment(files, folder, name, content));
  const bool has_vectors = std::any_of(order.begin(), order.end(), [&](std::uint32_t place) {
    return documents_[place].coded.has_value();
  });
  if (has_vectors) {
    QUERN_CHECK(space != nullptr);
    Result<PartRow> part = finish_vectors(files, folder, name, *space, order);
    if (!part.ok()) {
      static_cast<void>(files.remove(folder + "/" + row.file));
      return part.status();
    }
    row.parts.push_back(std::move(*part));
  }
  clear();
  return row;
}

Result<PartRow> SegmentWriter::finish_vectors(FileLayer& files, const std::string& folder,
                                              const PartName& name, const SpaceRow& space,
                                              std::span<const std::uint32_t> order) const {
  return write_vectors(files, folder, name, n_docs(), space,
                       [&](std::uint32_t doc) -> Result<std::optional<CodedRow>> {
                         const std::optional<OwnedRow>& coded = documents_[order[doc]].coded;
                         return coded ? std::optional(coded->row()) : std::nullopt;
                       });
}

void SegmentWriter::clear() {
  documents_ = {};
  by_key_ = {};
  by_parent_ = {};
  table_ = {};
  trigrams_ = {};
  n_text_bytes_ = 0;
}

}  // namespace quern::store
