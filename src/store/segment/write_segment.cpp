#include "store/segment/write_segment.h"

#include <fmt/format.h>

#include "base/check.h"
#include "store/byte_cursor.h"
#include "store/lexical/bm25.h"
#include "store/lexical/trigram_table.h"
#include "store/segment/container.h"
#include "store/segment/field_lengths.h"
#include "store/segment/spool.h"

namespace quern::store {
namespace {

std::vector<FieldStats> stats_of(const SegmentContent& content) {
  std::vector<FieldStats> out;
  for (const auto& lengths : content.lengths) {
    FieldStats stats;
    for (const std::uint32_t length : lengths) {
      stats.n_docs += length > 0 ? 1 : 0;
      stats.n_tokens += length;
    }
    out.push_back(stats);
  }
  return out;
}

Status write_section(ContainerWriter& out, SectionKind kind, std::size_t field,
                     std::string_view bytes, std::uint64_t n_rows) {
  QUERN_TRY(out.begin_section(kind, static_cast<std::uint16_t>(field)));
  QUERN_TRY(out.append(bytes_of(bytes)));
  out.end_section(n_rows);
  return {};
}

Status write_keys(ContainerWriter& out, const SegmentContent& content) {
  QUERN_TRY(out.begin_section(SectionKind::kKeys));
  KeyWriter keys(out.sink());
  QUERN_TRY(content.write_keys(keys));
  QUERN_TRY(keys.finish());
  QUERN_CHECK(keys.n_keys() == content.n_docs);
  out.end_section(content.n_docs);
  return {};
}

Status write_text(ContainerWriter& out, const SegmentContent& content) {
  QUERN_TRY(out.begin_section(SectionKind::kStoredText));
  StoredTextWriter text(out.sink());
  QUERN_TRY(content.write_text(text));
  std::string index;
  QUERN_TRY(text.finish([&](std::span<const std::byte> bytes) {
    index.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Status();
  }));
  out.end_section(content.n_docs);
  return write_section(out, SectionKind::kStoredIndex, 0, index, content.n_docs);
}

// Postings go straight into the file; dictionary and positions, written meanwhile, wait.
Status write_terms(ContainerWriter& out, const SegmentContent& content, Spool& dictionary_bytes,
                   Spool& position_bytes) {
  std::vector<std::string> norms;
  std::vector<std::span<const std::uint8_t>> views;
  for (std::size_t f = 0; f < content.lengths.size(); ++f) {
    QUERN_CHECK(content.lengths[f].size() == content.n_docs);
    QUERN_TRY(write_section(out, SectionKind::kLengths, f, bytes_from_lengths(content.lengths[f]),
                            content.n_docs));
    std::string& bytes = norms.emplace_back();
    for (const std::uint32_t length : content.lengths[f]) {
      bytes.push_back(static_cast<char>(norm_from_length(length)));
    }
    QUERN_TRY(write_section(out, SectionKind::kNorms, f, bytes, content.n_docs));
  }
  for (const std::string& bytes : norms) {
    views.emplace_back(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  const std::vector<std::uint8_t> no_norms(content.has_trigrams ? content.n_docs : 0);
  if (content.has_trigrams) {
    views.resize(kTrigramField + 1);
    views[kTrigramField] = no_norms;
  }
  QUERN_TRY(out.begin_section(SectionKind::kPostings));
  PostingsWriter postings(out.sink(), position_bytes.sink());
  DictionaryWriter dictionary(dictionary_bytes.sink());
  QUERN_TRY(content.write_terms(views, postings, dictionary));
  QUERN_TRY(dictionary.finish());
  out.end_section(0);
  QUERN_TRY(write_section(out, SectionKind::kDictionary, dictionary_bytes, 0));
  return write_section(out, SectionKind::kPositions, position_bytes, 0);
}

}  // namespace

Result<SegmentRow> write_segment(FileLayer& files, const std::string& folder, const PartName& name,
                                 const SegmentContent& content) {
  QUERN_CHECK(content.n_docs > 0);
  SegmentRow row;
  row.identity = {.segment = name.segment, .nonce = name.nonce, .n_docs = content.n_docs};
  row.file = part_file(name, FileKind::kText);
  row.fields = stats_of(content);
  row.tombstone.fields.resize(row.fields.size());

  const std::string path = temporary_part(folder, name, "segment");
  Spool dictionary(files, temporary_part(folder, name, "dictionary"));
  Spool positions(files, temporary_part(folder, name, "positions"));
  {
    QUERN_ASSIGN(ContainerWriter out, ContainerWriter::create(files, path, row.identity));
    QUERN_TRY(write_keys(out, content));
    QUERN_TRY(write_text(out, content));
    QUERN_TRY(write_terms(out, content, dictionary, positions));
    if (content.attributes) {
      QUERN_ASSIGN(const std::string bytes, content.attributes());
      QUERN_TRY(write_section(out, SectionKind::kAttributes, 0, bytes, content.n_docs));
    }
    QUERN_ASSIGN(row.seal, out.finish());
  }
  QUERN_TRY(name_part(files, path, folder, row.file));
  return row;
}

}  // namespace quern::store
