#include "store/vector/vector_file.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "store/byte_cursor.h"
#include "store/segment/spool.h"

namespace quern::store {
namespace {

// Codes stand for -127 to 127.
bool are_codes(std::span<const std::uint8_t> codes) {
  return std::find(codes.begin(), codes.end(), std::uint8_t{0}) == codes.end();
}

bool is_nothing(std::span<const std::uint8_t> codes) {
  return std::all_of(codes.begin(), codes.end(), [](std::uint8_t code) { return code == 128; });
}

}  // namespace

Result<std::shared_ptr<const VectorFile>> VectorFile::open(const PartPlaces& places,
                                                           std::uint64_t segment,
                                                           std::uint32_t n_docs, const PartRow& row,
                                                           const VectorSpace& space) {
  QUERN_ASSIGN(const FilePlace place, places.find(row.file));
  const std::string& path = place.path;
  std::shared_ptr<VectorFile> out(new VectorFile);
  out->row_ = row;
  QUERN_ASSIGN(
      out->container_,
      Container::open(place,
                      {.kind = row.kind, .segment = segment, .nonce = row.nonce, .n_docs = n_docs},
                      row.seal));
  QUERN_TRY(out->open_sections(path, n_docs, space).in("'" + path + "'"));
  const Container& container = out->container_;
  QUERN_TRY(container.check(container.bytes(*container.find(SectionKind::kPresent))));
  return std::shared_ptr<const VectorFile>(std::move(out));
}

Status VectorFile::open_sections(const std::string& path, std::uint32_t n_docs,
                                 const VectorSpace& space) {
  VectorSections sections;
  const std::pair<SectionKind, std::span<const std::byte>*> kMapped[] = {
      {SectionKind::kPresent, &sections.present},
      {SectionKind::kScales, &sections.scales},
      {SectionKind::kNorms2, &sections.norms2},
      {SectionKind::kHighCodes, &sections.hi}};
  for (const auto& [kind, bytes] : kMapped) {
    QUERN_ASSIGN(const Section section, container_.need(kind));
    *bytes = container_.bytes(section);
  }
  QUERN_ASSIGN(part_, VectorPart::open(sections, n_docs, space.d, space.metric));
  if (part_.n_vectors() != row_.n_rows) {
    return {Code::kBadInput, fmt::format("{} documents have a vector, {} in the catalog",
                                         part_.n_vectors(), row_.n_rows)};
  }
  QUERN_ASSIGN(const Section low, container_.need(SectionKind::kLowCodes));
  if (low.n_bytes != sections.hi.size()) {
    return {Code::kBadInput,
            fmt::format("{} bytes of low codes, {} of high ones", low.n_bytes, sections.hi.size())};
  }
  low_offset_ = container_.offset() + low.offset;
  QUERN_ASSIGN(file_, InputFile::open(path));
  return {};
}

Result<const VectorPart*> VectorFile::vectors() const {
  QUERN_TRY(container_.check(std::as_bytes(part_.codes().scales)));
  QUERN_TRY(container_.check(std::as_bytes(part_.codes().norms2)));
  return &part_;
}

Result<std::optional<CodedRow>> VectorFile::coded_row(std::uint32_t doc,
                                                      std::span<std::uint8_t> low) const {
  if (!part_.present().has(doc)) return std::optional<CodedRow>();
  QUERN_TRY(read_low()({&doc, 1}, low));
  const CodesView& codes = part_.codes();
  return std::optional<CodedRow>(
      {.hi = codes.hi.subspan(doc * low.size(), low.size()),
       .lo = low,
       .factors = {.scale = codes.scales[doc], .norm2 = codes.norms2[doc]}});
}

Status VectorFile::check() const {
  const std::string where = "'" + container_.path() + "'";
  QUERN_TRY(container_.check_all());
  std::vector<std::uint8_t> low(static_cast<std::size_t>(kernels::padded_codes(part_.codes().d)));
  for (std::uint32_t doc = 0; doc < container_.identity().n_docs; ++doc) {
    if (!Pace::current().go_on()) return {Code::kCancelled, "the check is not wanted any more"};
    QUERN_TRY(check_row(doc, low).in(where));
  }
  return {};
}

Status VectorFile::check_row(std::uint32_t doc, std::span<std::uint8_t> low) const {
  const CodesView& codes = part_.codes();
  const auto high = codes.hi.subspan(doc * low.size(), low.size());
  const float scale = codes.scales[doc], norm2 = codes.norms2[doc];
  QUERN_TRY(read_low()({&doc, 1}, low));
  const auto d = static_cast<std::size_t>(codes.d);
  const bool is_right = part_.present().has(doc)
                            ? are_codes(high) && are_codes(low) && is_nothing(high.subspan(d)) &&
                                  is_nothing(low.subspan(d)) && std::isfinite(scale) && scale > 0 &&
                                  std::isfinite(norm2) && norm2 > 0
                            : is_nothing(high) && is_nothing(low) && scale == 0 && norm2 == 0;
  if (is_right) return {};
  return {Code::kBadInput, fmt::format("the vector of document {} cannot be one", doc)};
}

std::size_t vector_write_bytes(std::uint32_t n_docs, int d) {
  const auto n_codes = static_cast<std::size_t>(kernels::padded_codes(d));
  const std::size_t n = n_docs;
  const auto spooled = [](std::size_t n_bytes) {
    return std::min(2 * n_bytes, Spool::kMaxPendingBytes) + std::min(n_bytes, Spool::kCopyBytes);
  };
  // Three spools; the section that is written meanwhile; rows on their way; who has none, as a list
  // that doubles and as a bitmap.
  return spooled(n * n_codes) + 2 * spooled(n * sizeof(float)) + 2 * kSumBlockBytes + 4 * n_codes +
         3 * n * sizeof(std::uint32_t) + n / 8;
}

Result<PartRow> write_vectors(FileLayer& files, const std::string& folder, const PartName& name,
                              std::uint32_t n_docs, const SpaceRow& space, const RowOf& row_of) {
  PartRow row{.kind = FileKind::kVectors,
              .space = space.id,
              .nonce = name.nonce,
              .file = part_file(name, FileKind::kVectors),
              .seal = {},
              .n_rows = 0};
  const std::string path = temporary_part(folder, name, "vectors");
  Spool scales(files, temporary_part(folder, name, "scales"));
  Spool norms2(files, temporary_part(folder, name, "norms2"));
  Spool low(files, temporary_part(folder, name, "low"));
  {
    QUERN_ASSIGN(
        ContainerWriter out,
        ContainerWriter::create(
            files, path,
            {.kind = row.kind, .segment = name.segment, .nonce = name.nonce, .n_docs = n_docs}));
    QUERN_TRY(out.begin_section(SectionKind::kHighCodes));
    VectorWriter vectors(
        space.space.metric, space.space.d,
        {.scales = scales.sink(), .norms2 = norms2.sink(), .hi = out.sink(), .lo = low.sink()});
    for (std::uint32_t doc = 0; doc < n_docs; ++doc) {
      QUERN_ASSIGN(const std::optional<CodedRow> coded, row_of(doc));
      QUERN_TRY(coded ? vectors.add_coded(*coded) : vectors.add_none());
      row.n_rows += coded ? 1 : 0;
    }
    out.end_section(n_docs);
    QUERN_TRY(write_section(out, SectionKind::kLowCodes, low, n_docs));
    QUERN_TRY(write_section(out, SectionKind::kScales, scales, n_docs));
    QUERN_TRY(write_section(out, SectionKind::kNorms2, norms2, n_docs));
    QUERN_TRY(out.begin_section(SectionKind::kPresent));
    QUERN_TRY(out.append(bytes_of(vectors.present())));
    out.end_section(row.n_rows);
    QUERN_ASSIGN(row.seal, out.finish());
  }
  QUERN_TRY(name_part(files, path, folder, row.file));
  return row;
}

}  // namespace quern::store
