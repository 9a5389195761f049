#include "store/segment/container_form.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/checksum.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

constexpr std::size_t kEntryBytes = 32;
constexpr std::size_t kMaxSections = 1024;

std::string_view magic_of(FileKind kind) {
  switch (kind) {
    case FileKind::kText:
      return "QUERNSEG";
    case FileKind::kVectors:
      return "QUERNVEC";
    case FileKind::kGraph:
      return "QUERNGRF";
  }
  return {};
}

Status damaged(std::string what) { return {Code::kBadInput, std::move(what)}; }

Status check_version(std::uint32_t version) {
  if (version == kContainerVersion) return {};
  return {Code::kUnsupported,
          fmt::format("it has format {}, this version reads {}", version, kContainerVersion)};
}

std::optional<FileKind> kind_of(std::string_view magic) {
  for (const FileKind kind : {FileKind::kText, FileKind::kVectors, FileKind::kGraph}) {
    if (magic == magic_of(kind)) return kind;
  }
  return {};
}

bool is_known(SectionKind kind) { return section_name(kind) != std::string_view("unknown"); }

}  // namespace

std::string header_bytes(const PartIdentity& identity) {
  std::string out(magic_of(identity.kind));
  append_number(out, kContainerVersion);
  append_number(out, std::uint32_t{0});
  append_number(out, identity.segment);
  append_number(out, identity.nonce);
  append_number(out, identity.n_docs);
  out.resize(kHeaderBytes - 8, '\0');
  append_number(out, checksum64(bytes_of(out)));
  return out;
}

std::string footer_bytes(const ContainerFooter& footer, FileKind kind) {
  std::string out;
  append_number(out, footer.sums_offset);
  append_number(out, footer.table_offset);
  append_number(out, footer.n_sums);
  append_number(out, footer.n_sections);
  append_number(out, footer.n_bytes);
  append_number(out, footer.sum);
  append_number(out, footer.version);
  out.resize(kFooterBytes - 8, '\0');
  return out.append(magic_of(kind));
}

std::string table_bytes(std::span<const Section> sections) {
  std::string out;
  for (const Section& section : sections) {
    append_number(out, section.kind);
    append_number(out, section.argument);
    append_number(out, section.flags);
    append_number(out, section.offset);
    append_number(out, section.n_bytes);
    append_number(out, section.n_rows);
  }
  return out;
}

Result<PartIdentity> read_header(std::span<const std::byte> file) {
  ByteCursor cursor(file.first(kHeaderBytes));
  PartIdentity identity;
  const std::optional<FileKind> kind = kind_of(cursor.text(8));
  if (!kind) return damaged("it is no part of a segment");
  identity.kind = *kind;
  // Before the checksum: a newer header may be summed in another way.
  QUERN_TRY(check_version(cursor.number<std::uint32_t>()));
  if (cursor.number<std::uint32_t>() != 0) {
    return {Code::kUnsupported, "it has flags that this version does not know"};
  }
  identity.segment = cursor.number<std::uint64_t>();
  identity.nonce = cursor.number<std::uint64_t>();
  identity.n_docs = cursor.number<std::uint32_t>();
  std::uint64_t sum = 0;
  std::memcpy(&sum, file.data() + kHeaderBytes - 8, 8);
  if (checksum64(file.first(kHeaderBytes - 8)) != sum) return damaged("its header is damaged");
  if (identity.n_docs > kMaxPartDocs) {
    return damaged(fmt::format("{} documents, want {} at most", identity.n_docs, kMaxPartDocs));
  }
  return identity;
}

// Every place in the file follows from two others, so that none can lie outside.
Result<ContainerFooter> read_footer(std::span<const std::byte> file, FileKind kind) {
  ByteCursor cursor(file.last(kFooterBytes));
  ContainerFooter footer{.sums_offset = cursor.number<std::uint64_t>(),
                         .table_offset = cursor.number<std::uint64_t>(),
                         .n_sums = cursor.number<std::uint32_t>(),
                         .n_sections = cursor.number<std::uint32_t>(),
                         .n_bytes = cursor.number<std::uint64_t>(),
                         .sum = cursor.number<std::uint64_t>(),
                         .version = cursor.number<std::uint32_t>()};
  const auto zeros = cursor.take(kFooterBytes - 8 - cursor.position());
  if (cursor.text(8) != magic_of(kind)) return damaged("it has no footer: it was cut");
  QUERN_TRY(check_version(footer.version));
  const std::uint64_t n_blocks = (footer.sums_offset + kSumBlockBytes - 1) / kSumBlockBytes;
  const bool is_right =
      std::all_of(zeros.begin(), zeros.end(), [](std::byte b) { return b == std::byte{0}; }) &&
      footer.n_bytes == file.size() && footer.n_sections <= kMaxSections &&
      footer.sums_offset >= kHeaderBytes && footer.sums_offset <= file.size() &&
      footer.sums_offset % kSectionAlign == 0 && footer.n_sums == n_blocks &&
      footer.table_offset == footer.sums_offset + std::uint64_t{footer.n_sums} * 8 &&
      footer.table_offset + footer.n_sections * kEntryBytes + kFooterBytes == file.size();
  if (!is_right) return damaged("its footer is damaged");
  const auto summed = file.subspan(footer.sums_offset)
                          .first(footer.n_sums * std::size_t{8} + footer.n_sections * kEntryBytes);
  if (checksum64(summed) != footer.sum) return damaged("its table of sections is damaged");
  return footer;
}

Result<std::vector<Section>> read_table(std::span<const std::byte> file,
                                        const ContainerFooter& footer) {
  ByteCursor cursor(file.subspan(footer.table_offset, footer.n_sections * kEntryBytes));
  std::vector<Section> out(footer.n_sections);
  std::uint64_t lowest = kHeaderBytes;
  for (Section& section : out) {
    section = {.kind = static_cast<SectionKind>(cursor.number<std::uint16_t>()),
               .argument = cursor.number<std::uint16_t>(),
               .flags = cursor.number<std::uint32_t>(),
               .offset = cursor.number<std::uint64_t>(),
               .n_bytes = cursor.number<std::uint64_t>(),
               .n_rows = cursor.number<std::uint64_t>()};
    if (section.offset < lowest || section.offset % kSectionAlign != 0 ||
        section.offset > footer.sums_offset ||
        section.n_bytes > footer.sums_offset - section.offset) {
      return damaged(fmt::format("section '{}' lies at {} with {} bytes of {}",
                                 section_name(section.kind), section.offset, section.n_bytes,
                                 footer.sums_offset));
    }
    lowest = section.offset + section.n_bytes;
    if (!is_known(section.kind) && (section.flags & kMustKnow) != 0) {
      return {Code::kUnsupported,
              fmt::format("it has a section of kind {}, which this version does not know",
                          static_cast<int>(section.kind))};
    }
  }
  return out;
}

}  // namespace quern::store
