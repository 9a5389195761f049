#include "store/segment/container.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/checksum.h"
#include "store/byte_cursor.h"
#include "store/segment/container_form.h"

namespace quern::store {
namespace {

Status damaged(std::string what) { return {Code::kBadInput, std::move(what)}; }

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
    case SectionKind::kAttributes:
      return "attributes";
    case SectionKind::kPresent:
      return "present";
    case SectionKind::kScales:
      return "scales";
    case SectionKind::kNorms2:
      return "squared lengths";
    case SectionKind::kHighCodes:
      return "high codes";
    case SectionKind::kLowCodes:
      return "low codes";
    case SectionKind::kLinks:
      return "links";
    case SectionKind::kLandmarks:
      return "landmarks";
    case SectionKind::kLandmarkCodes:
      return "codes of landmarks";
  }
  return "unknown";
}

std::uint64_t random_nonce() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::string part_file(const PartName& name, FileKind kind) {
  const char* suffix = kind == FileKind::kText      ? ".qsg"
                       : kind == FileKind::kVectors ? ".qvs"
                                                    : ".qgr";
  return fmt::format("{}-{:016x}{}", name.segment, name.nonce, suffix);
}

std::string temporary_part(const std::string& folder, const PartName& name, const char* what) {
  return fmt::format("{}/tmp-{}-{:016x}-{}", folder, name.segment, name.nonce, what);
}

Status name_part(FileLayer& files, const std::string& temporary, const std::string& folder,
                 const std::string& file) {
  const Status renamed = files.rename(temporary, folder + "/" + file);
  if (!renamed.ok()) static_cast<void>(files.remove(temporary));
  return renamed;
}

Result<ContainerWriter> ContainerWriter::create(FileLayer& files, const std::string& path,
                                                const PartIdentity& identity) {
  QUERN_CHECK(identity.n_docs <= kMaxPartDocs);
  QUERN_ASSIGN(OutputFile file, files.create(path));
  ContainerWriter writer(files, std::move(file), identity.kind);
  QUERN_TRY(writer.append(bytes_of(header_bytes(identity))));
  return writer;
}

ContainerWriter::ContainerWriter(ContainerWriter&& other) noexcept
    : files_(other.files_),
      file_(std::move(other.file_)),
      kind_(other.kind_),
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
  ContainerFooter footer{.sums_offset = n_bytes_,
                         .n_sums = static_cast<std::uint32_t>(sums_.size()),
                         .n_sections = static_cast<std::uint32_t>(sections_.size()),
                         .version = kContainerVersion};
  std::string tail;
  for (const std::uint64_t sum : sums_) append_number(tail, sum);
  footer.table_offset = footer.sums_offset + tail.size();
  tail += table_bytes(sections_);
  footer.sum = checksum64(bytes_of(tail));
  footer.n_bytes = n_bytes_ + tail.size() + kFooterBytes;
  const std::string last = footer_bytes(footer, kind_);
  QUERN_TRY(files_->append(file_, bytes_of(tail + last)));
  QUERN_TRY(files_->sync(file_));
  is_done_ = true;
  return PartSeal{.n_bytes = footer.n_bytes, .footer_sum = checksum64(bytes_of(last))};
}

Result<Container> Container::open(const FilePlace& place, const PartIdentity& identity,
                                  const PartSeal& seal) {
  const std::string where = "'" + place.path + "'";
  QUERN_ASSIGN(Container out, open(place));
  const auto file = out.bytes_;
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

Result<Container> Container::open(const FilePlace& place) {
  const std::string where = "'" + place.path + "'";
  Container out;
  out.file_ = place.mapping;
  if (out.file_ == nullptr) {
    QUERN_ASSIGN(MappedFile file, MappedFile::open(place.path));
    out.file_ = std::make_shared<const MappedFile>(std::move(file));
  }
  const auto whole = out.file_->bytes();
  if (place.offset > whole.size() || place.n_bytes > whole.size() - place.offset) {
    return damaged(fmt::format("{}: it has {} bytes, want {} from {} on", where, whole.size(),
                               place.n_bytes, place.offset));
  }
  out.offset_ = place.offset;
  out.bytes_ =
      whole.subspan(place.offset, place.n_bytes == 0 ? std::dynamic_extent : place.n_bytes);
  const auto file = out.bytes_;
  if (file.size() < kHeaderBytes + kFooterBytes) {
    return damaged(fmt::format("{}: it has {} bytes, want {} at least", where, file.size(),
                               kHeaderBytes + kFooterBytes));
  }
  QUERN_ASSIGN(out.identity_, read_header(file).in(where));
  QUERN_ASSIGN(const ContainerFooter footer, read_footer(file, out.identity_.kind).in(where));
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
  return bytes_.subspan(section.offset, section.n_bytes);
}

Status Container::check(std::span<const std::byte> part) const {
  if (part.empty()) return {};
  const auto begin = static_cast<std::size_t>(part.data() - bytes_.data());
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
  const auto summed = bytes_.first(static_cast<std::size_t>(sums_.data() - bytes_.data()));
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
      file_->drop_pages(
          bytes_.subspan((i + 1 - kDropEvery) * kSumBlockBytes, kDropEvery * kSumBlockBytes));
    }
  }
  return {};
}

}  // namespace quern::store
