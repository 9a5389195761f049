#include "store/segment/container.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/checksum.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kFooterBytes = 64;
constexpr std::size_t kEntryBytes = 32;
constexpr std::size_t kMaxSections = 1024;
constexpr std::uint32_t kMustKnow = 1;

std::string_view magic_of(FileKind kind) {
  switch (kind) {
    case FileKind::kText:
      return "QUERNSEG";
  }
  return {};
}

struct Footer {
  std::uint64_t sums_offset = 0;
  std::uint64_t table_offset = 0;
  std::uint32_t n_sums = 0;
  std::uint32_t n_sections = 0;
  std::uint64_t n_bytes = 0;
  std::uint64_t sum = 0;  // Of sums and table.
  std::uint32_t version = 0;
};

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

std::string footer_bytes(const Footer& footer, FileKind kind) {
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

Status damaged(std::string what) { return {Code::kBadInput, std::move(what)}; }

Status check_version(std::uint32_t version) {
  if (version == kContainerVersion) return {};
  return {Code::kUnsupported,
          fmt::format("it has format {}, this version reads {}", version, kContainerVersion)};
}

Result<PartIdentity> read_header(std::span<const std::byte> file) {
  ByteCursor cursor(file.first(kHeaderBytes));
  PartIdentity identity;
  if (cursor.text(8) != magic_of(identity.kind)) return damaged("it is no part of a segment");
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
Result<Footer> read_footer(std::span<const std::byte> file, FileKind kind) {
  ByteCursor cursor(file.last(kFooterBytes));
  Footer footer{.sums_offset = cursor.number<std::uint64_t>(),
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

bool is_known(SectionKind kind) {
  return kind >= SectionKind::kKeys && kind <= SectionKind::kPositions;
}

Result<std::vector<Section>> read_table(std::span<const std::byte> file, const Footer& footer) {
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

}  // namespace

const char* section_name(SectionKind kind) {
  switch (kind) {
    case SectionKind::kKeys:
      return "keys";
    case SectionKind::kStoredText:
      return "stored text";
    case SectionKind::kStoredIndex:
      return "index of stored text";
    case SectionKind::kLengths:
      return "lengths";
    case SectionKind::kNorms:
      return "norms";
    case SectionKind::kDictionary:
      return "dictionary";
    case SectionKind::kPostings:
      return "postings";
    case SectionKind::kPositions:
      return "positions";
  }
  return "unknown";
}

Result<ContainerWriter> ContainerWriter::create(FileLayer& files, const std::string& path,
                                                const PartIdentity& identity) {
  QUERN_CHECK(identity.n_docs <= kMaxPartDocs);
  QUERN_ASSIGN(OutputFile file, files.create(path));
  ContainerWriter writer(files, std::move(file));
  QUERN_TRY(writer.append(bytes_of(header_bytes(identity))));
  return writer;
}

ContainerWriter::ContainerWriter(ContainerWriter&& other) noexcept
    : files_(other.files_),
      file_(std::move(other.file_)),
      block_(std::move(other.block_)),
      n_bytes_(other.n_bytes_),
      sums_(std::move(other.sums_)),
      sections_(std::move(other.sections_)),
      is_in_section_(other.is_in_section_),
      is_done_(std::exchange(other.is_done_, true)) {}

ContainerWriter::~ContainerWriter() {
  // What cannot be removed now is when the store is opened the next time.
  if (!is_done_) static_cast<void>(files_->remove(file_.path()));
}

Status ContainerWriter::begin_section(SectionKind kind, std::uint16_t argument, Unknown unknown) {
  QUERN_CHECK(!is_in_section_);
  QUERN_TRY(pad());
  sections_.push_back({.kind = kind,
                       .argument = argument,
                       .flags = unknown == Unknown::kMustBeRefused ? kMustKnow : 0,
                       .offset = n_bytes_});
  is_in_section_ = true;
  return {};
}

void ContainerWriter::end_section(std::uint64_t n_rows) {
  QUERN_CHECK(is_in_section_);
  sections_.back().n_bytes = n_bytes_ - sections_.back().offset;
  sections_.back().n_rows = n_rows;
  is_in_section_ = false;
}

ByteSink ContainerWriter::sink() {
  return [this](std::span<const std::byte> bytes) { return append(bytes); };
}

Status ContainerWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kSumBlockBytes - block_.size()));
    block_.append(reinterpret_cast<const char*>(part.data()), part.size());
    n_bytes_ += part.size();
    bytes = bytes.subspan(part.size());
    if (block_.size() == kSumBlockBytes) QUERN_TRY(flush());
  }
  return {};
}

Status ContainerWriter::flush() {
  if (block_.empty()) return {};
  sums_.push_back(checksum64(bytes_of(block_)));
  const Status written = files_->append(file_, bytes_of(block_));
  block_.clear();
  return written;
}

Status ContainerWriter::pad() {
  constexpr std::byte kZeros[kSectionAlign] = {};
  return append(
      std::span(kZeros).first((kSectionAlign - n_bytes_ % kSectionAlign) % kSectionAlign));
}

Result<PartSeal> ContainerWriter::finish() {
  QUERN_CHECK(!is_in_section_ && !is_done_);
  QUERN_TRY(pad());
  QUERN_TRY(flush());
  Footer footer{.sums_offset = n_bytes_,
                .n_sums = static_cast<std::uint32_t>(sums_.size()),
                .n_sections = static_cast<std::uint32_t>(sections_.size()),
                .version = kContainerVersion};
  std::string tail;
  for (const std::uint64_t sum : sums_) append_number(tail, sum);
  footer.table_offset = footer.sums_offset + tail.size();
  tail += table_bytes(sections_);
  footer.sum = checksum64(bytes_of(tail));
  footer.n_bytes = n_bytes_ + tail.size() + kFooterBytes;
  const std::string last = footer_bytes(footer, FileKind::kText);
  QUERN_TRY(files_->append(file_, bytes_of(tail + last)));
  QUERN_TRY(files_->sync(file_));
  is_done_ = true;
  return PartSeal{.n_bytes = footer.n_bytes, .footer_sum = checksum64(bytes_of(last))};
}

Result<Container> Container::open(const std::string& path, const PartIdentity& identity,
                                  const PartSeal& seal) {
  const std::string where = "'" + path + "'";
  QUERN_ASSIGN(Container out, open(path));
  const auto file = out.file_.bytes();
  if (out.identity_ != identity) {
    return damaged(
        fmt::format("{}: it is part of segment {} ({:016x}, {} documents), want {} "
                    "({:016x}, {})",
                    where, out.identity_.segment, out.identity_.nonce, out.identity_.n_docs,
                    identity.segment, identity.nonce, identity.n_docs));
  }
  if (file.size() != seal.n_bytes) {
    return damaged(fmt::format("{}: it has {} bytes, want {}", where, file.size(), seal.n_bytes));
  }
  if (checksum64(file.last(kFooterBytes)) != seal.footer_sum) {
    return damaged(where + ": its footer is not the one that the catalog knows");
  }
  return out;
}

Result<Container> Container::open(const std::string& path) {
  const std::string where = "'" + path + "'";
  Container out;
  QUERN_ASSIGN(out.file_, MappedFile::open(path));
  const auto file = out.file_.bytes();
  if (file.size() < kHeaderBytes + kFooterBytes) {
    return damaged(fmt::format("{}: it has {} bytes, want {} at least", where, file.size(),
                               kHeaderBytes + kFooterBytes));
  }
  QUERN_ASSIGN(out.identity_, read_header(file).in(where));
  QUERN_ASSIGN(const Footer footer, read_footer(file, out.identity_.kind).in(where));
  QUERN_ASSIGN(out.sections_, read_table(file, footer).in(where));
  out.sums_ = file.subspan(footer.sums_offset, footer.n_sums * std::size_t{8});
  out.checked_ = std::make_unique<std::atomic<std::uint64_t>[]>((footer.n_sums + 63) / 64);
  for (std::size_t i = 0; i < out.sections_.size(); ++i) {
    const Section& section = out.sections_[i];
    if (out.find(section.kind, section.argument) != &section) {
      return damaged(fmt::format("{}: section '{}' of {} is there twice", where,
                                 section_name(section.kind), section.argument));
    }
  }
  return out;
}

const Section* Container::find(SectionKind kind, std::uint16_t argument) const {
  for (const Section& section : sections_) {
    if (section.kind == kind && section.argument == argument) return &section;
  }
  return nullptr;
}

Result<Section> Container::need(SectionKind kind, std::uint16_t argument) const {
  const Section* section = find(kind, argument);
  if (section != nullptr) return *section;
  return damaged(
      fmt::format("'{}' has no section '{}' of {}", path(), section_name(kind), argument));
}

std::span<const std::byte> Container::bytes(const Section& section) const {
  return file_.bytes().subspan(section.offset, section.n_bytes);
}

Status Container::check(std::span<const std::byte> part) const {
  if (part.empty()) return {};
  const auto begin = static_cast<std::size_t>(part.data() - file_.bytes().data());
  const std::size_t last = (begin + part.size() - 1) / kSumBlockBytes;
  for (std::size_t i = begin / kSumBlockBytes; i <= last; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    if ((checked_[i / 64].load(std::memory_order_relaxed) & bit) != 0) continue;
    QUERN_TRY(check_block(i));
    checked_[i / 64].fetch_or(bit, std::memory_order_relaxed);
  }
  return {};
}

Status Container::check_block(std::size_t i) const {
  std::uint64_t want = 0;
  std::memcpy(&want, sums_.data() + i * 8, 8);
  const auto summed =
      file_.bytes().first(static_cast<std::size_t>(sums_.data() - file_.bytes().data()));
  const std::size_t begin = i * kSumBlockBytes;
  const auto block = summed.subspan(begin, std::min(kSumBlockBytes, summed.size() - begin));
  if (checksum64(block) == want) return {};
  const char* name = "header";
  for (const Section& section : sections_) {
    if (section.offset < begin + block.size()) name = section_name(section.kind);
    if (section.offset + section.n_bytes > begin) break;
  }
  return damaged(fmt::format("'{}' is damaged between bytes {} and {} (section '{}')", path(),
                             begin, begin + block.size(), name));
}

Status Container::check_all() const {
  const std::size_t n_blocks = sums_.size() / 8;
  constexpr std::size_t kDropEvery = 64;
  for (std::size_t i = 0; i < n_blocks; ++i) {
    QUERN_TRY(check_block(i));
    if (i % kDropEvery == kDropEvery - 1) {
      file_.drop_pages(file_.bytes().subspan((i + 1 - kDropEvery) * kSumBlockBytes,
                                             kDropEvery * kSumBlockBytes));
    }
  }
  return {};
}

}  // namespace quern::store
