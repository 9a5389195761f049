#include "store/segment/stored_text.h"

#include <cstring>

#include <fmt/format.h>
#include <zstd.h>

#include "base/check.h"
#include "store/byte_cursor.h"
#include "store/schema.h"

namespace quern::store {
namespace {

constexpr std::size_t kBlockBytes = 16 << 10;
constexpr std::size_t kRowBytes = 16;
constexpr int kLevel = 3;  // On source code and abstracts 5 saves 3 % more and takes twice as long.

// A document beside a block that was nearly full, with its counts.
constexpr std::uint64_t kMaxRawBytes = kMaxDocumentBytes + kBlockBytes + 1024;

// zstd's best is 128 KiB from 4 bytes: what claims more is damaged, and costs no memory.
constexpr std::uint64_t kMaxRatio = 40'000;

Status damaged(std::uint32_t doc) {
  return {Code::kBadInput, fmt::format("the stored text is damaged near document {}", doc)};
}

}  // namespace

StoredTextWriter::StoredTextWriter(ByteSink blocks)
    : blocks_(std::move(blocks)), context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
  QUERN_CHECK(context_ != nullptr);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
  // The container's sums are of what is mapped; these are not.
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

StoredTextWriter::StoredTextWriter(StoredTextWriter&&) noexcept = default;
StoredTextWriter::~StoredTextWriter() = default;

Status StoredTextWriter::add(std::span<const std::string> fields, std::string_view stored) {
  std::string head;
  std::uint64_t n_bytes = stored.size();
  for (const std::string& field : fields) {
    append_varint(head, field.size());
    n_bytes += field.size();
  }
  append_varint(raw_, head.size() + n_bytes);
  raw_ += head;
  for (const std::string& field : fields) raw_ += field;
  raw_ += stored;
  ++n_docs_;
  return raw_.size() < kBlockBytes ? Status() : write_block();
}

Status StoredTextWriter::write_block() {
  if (raw_.empty()) return {};
  QUERN_CHECK(raw_.size() <= kMaxRawBytes);
  frame_.resize(ZSTD_compressBound(raw_.size()));
  const std::size_t n =
      ZSTD_compress2(context_.get(), frame_.data(), frame_.size(), raw_.data(), raw_.size());
  if (ZSTD_isError(n) != 0) {
    return {Code::kExhausted,
            fmt::format("cannot compress {} bytes: {}", raw_.size(), ZSTD_getErrorName(n))};
  }
  append_number(index_, n_written_);
  append_number(index_, first_doc_);
  append_number(index_, static_cast<std::uint32_t>(raw_.size()));
  n_written_ += n;
  first_doc_ = n_docs_;
  raw_.clear();
  return blocks_(bytes_of(std::string_view(frame_).substr(0, n)));
}

Status StoredTextWriter::finish(const ByteSink& index) {
  QUERN_TRY(write_block());
  return index(bytes_of(index_));
}

Result<StoredText> StoredText::open(std::span<const std::byte> index, std::uint32_t n_docs,
                                    const InputFile& file, std::uint64_t offset,
                                    std::uint64_t n_bytes) {
  const bool is_right = index.size() % kRowBytes == 0 && index.empty() == (n_docs == 0) &&
                        index.size() / kRowBytes <= n_docs && offset <= file.n_bytes() &&
                        n_bytes <= file.n_bytes() - offset;
  if (!is_right) {
    return {Code::kBadInput,
            fmt::format("stored text of {} documents: {} bytes of index, blocks from {} to {} of a "
                        "file of {}",
                        n_docs, index.size(), offset, offset + n_bytes, file.n_bytes())};
  }
  StoredText out;
  out.index_ = index;
  out.n_docs_ = n_docs;
  out.file_ = &file;
  out.offset_ = offset;
  out.n_bytes_ = n_bytes;
  return out;
}

std::uint32_t StoredText::n_blocks() const {
  return static_cast<std::uint32_t>(index_.size() / kRowBytes);
}

Result<StoredText::Block> StoredText::block_of(std::uint32_t doc) const {
  const auto row = [&](std::uint32_t i) {
    ByteCursor cursor(index_.subspan(i * kRowBytes, kRowBytes));
    Block block{.begin = cursor.number<std::uint64_t>()};
    block.first_doc = cursor.number<std::uint32_t>();
    block.n_raw_bytes = cursor.number<std::uint32_t>();
    return block;
  };
  std::uint32_t low = 0;
  for (std::uint32_t high = n_blocks(); high - low > 1;) {
    const std::uint32_t middle = low + (high - low) / 2;
    (row(middle).first_doc > doc ? high : low) = middle;
  }
  Block block = row(low);
  const bool is_last = low + 1 == n_blocks();
  block.end = is_last ? n_bytes_ : row(low + 1).begin;
  block.end_doc = is_last ? n_docs_ : row(low + 1).first_doc;
  if (doc < block.first_doc || doc >= block.end_doc || block.begin >= block.end ||
      block.end > n_bytes_ || block.n_raw_bytes > kMaxRawBytes ||
      block.n_raw_bytes / kMaxRatio > block.end - block.begin) {
    return damaged(doc);
  }
  return block;
}

StoredTextReader::StoredTextReader(const StoredText& text, std::size_t n_fields)
    : text_(&text), n_fields_(n_fields), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
  QUERN_CHECK(context_ != nullptr);
}

StoredTextReader::StoredTextReader(StoredTextReader&&) noexcept = default;
StoredTextReader::~StoredTextReader() = default;

Status StoredTextReader::load(std::uint32_t doc) {
  first_doc_ = end_doc_ = 0;
  QUERN_ASSIGN(const StoredText::Block block, text_->block_of(doc));
  frame_.resize(static_cast<std::size_t>(block.end - block.begin));
  QUERN_TRY(
      text_->file_->read(text_->offset_ + block.begin, std::as_writable_bytes(std::span(frame_))));
  raw_.resize(block.n_raw_bytes);
  const std::size_t n =
      ZSTD_decompressDCtx(context_.get(), raw_.data(), raw_.size(), frame_.data(), frame_.size());
  if (ZSTD_isError(n) != 0 || n != raw_.size()) return damaged(doc);
  if (n_records() != block.end_doc - block.first_doc) return damaged(doc);
  first_doc_ = next_doc_ = block.first_doc;
  end_doc_ = block.end_doc;
  next_at_ = 0;
  return {};
}

// In the frame that was read: an index that counts otherwise would give another document's text.
std::optional<std::uint32_t> StoredTextReader::n_records() const {
  ByteCursor cursor(bytes_of(raw_));
  std::uint32_t n = 0;
  for (; cursor.n_left() > 0; ++n) {
    cursor.take(cursor.varint());
    if (!cursor.is_ok()) return std::nullopt;
  }
  return n;
}

Result<std::span<const std::byte>> StoredTextReader::record(std::uint32_t doc) {
  QUERN_CHECK(doc < text_->n_docs());
  if (doc < first_doc_ || doc >= end_doc_) QUERN_TRY(load(doc));
  if (doc < next_doc_) {
    next_doc_ = first_doc_;
    next_at_ = 0;
  }
  for (;;) {
    ByteCursor cursor(bytes_of(raw_).subspan(next_at_));
    const std::uint64_t n = cursor.varint();
    const auto bytes = cursor.take(n);
    if (!cursor.is_ok()) return damaged(doc);
    next_at_ += cursor.position();
    if (next_doc_++ == doc) return bytes;
  }
}

Result<StoredView> StoredTextReader::view(std::uint32_t doc) {
  QUERN_ASSIGN(const auto bytes, record(doc));
  ByteCursor cursor(bytes);
  StoredView out;
  std::vector<std::uint64_t> n_field_bytes(n_fields_);
  for (std::uint64_t& n : n_field_bytes) n = cursor.varint();
  for (const std::uint64_t n : n_field_bytes) out.fields.push_back(cursor.text(n));
  out.stored = cursor.text(cursor.n_left());
  if (!cursor.is_ok()) return damaged(doc);
  return out;
}

Result<StoredDocument> StoredTextReader::read(std::uint32_t doc) {
  QUERN_ASSIGN(const StoredView found, view(doc));
  return StoredDocument{.fields = {found.fields.begin(), found.fields.end()},
                        .stored = std::string(found.stored)};
}

Result<std::string> StoredTextReader::read_stored(std::uint32_t doc) {
  QUERN_ASSIGN(const StoredView found, view(doc));
  return std::string(found.stored);
}

Status StoredTextReader::check() {
  for (std::uint32_t doc = 0; doc < text_->n_docs(); ++doc) {
    QUERN_TRY(read(doc).status());
    if (next_doc_ == end_doc_ && next_at_ != raw_.size()) return damaged(doc);
  }
  return {};
}

}  // namespace quern::store
