// What documents said and what a hit gives back: zstd frames of about 16 KiB, read from the file
// and not mapped, so that no page of them stays in memory. docs/format_store.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/input_file.h"
#include "base/status.h"
#include "store/byte_sink.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace quern::store {

struct StoredDocument {
  std::vector<std::string> fields;  // [n_fields]
  std::string stored;

  bool operator==(const StoredDocument&) const = default;
};

/// The same, borrowed from a reader.
struct StoredView {
  std::vector<std::string_view> fields;  // [n_fields]
  std::string_view stored;
};

/// Writes the blocks as documents come; the index at the end.
class StoredTextWriter {
 public:
  explicit StoredTextWriter(ByteSink blocks);
  StoredTextWriter(StoredTextWriter&&) noexcept;
  ~StoredTextWriter();

  /// The next document, by id. Errors: the sink's, kExhausted.
  Status add(std::span<const std::string> fields, std::string_view stored);

  /// What is left of the last block, then the index. Errors: as add.
  Status finish(const ByteSink& index);

 private:
  Status write_block();

  ByteSink blocks_;
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> context_;
  std::string raw_;
  std::string frame_;
  std::string index_;
  std::uint64_t n_written_ = 0;
  std::uint32_t n_docs_ = 0;
  std::uint32_t first_doc_ = 0;  // Of the block in raw_.
};

/// Threads: any.
class StoredText {
 public:
  StoredText() = default;

  /// `index` is mapped and outlives this; the blocks are `n_bytes` of `file` from `offset` on.
  /// Errors: kBadInput where index and file do not fit.
  static Result<StoredText> open(std::span<const std::byte> index, std::uint32_t n_docs,
                                 const InputFile& file, std::uint64_t offset,
                                 std::uint64_t n_bytes);

  std::uint32_t n_docs() const { return n_docs_; }

 private:
  friend class StoredTextReader;
  struct Block {
    std::uint64_t begin = 0;  // Of the frame, in the section.
    std::uint64_t end = 0;
    std::uint32_t first_doc = 0;
    std::uint32_t end_doc = 0;
    std::uint32_t n_raw_bytes = 0;
  };
  Result<Block> block_of(std::uint32_t doc) const;
  std::uint32_t n_blocks() const;

  std::span<const std::byte> index_;
  const InputFile* file_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t n_bytes_ = 0;
  std::uint32_t n_docs_ = 0;
};

/// Reads documents, keeping the block of the last one: documents in order cost one reading of each
/// block. The text outlives it. Threads: an object per thread.
class StoredTextReader {
 public:
  StoredTextReader(const StoredText& text, std::size_t n_fields);
  StoredTextReader(StoredTextReader&&) noexcept;
  ~StoredTextReader();

  /// doc < n_docs. Errors: kBadInput where the bytes are damaged, kIo.
  Result<StoredDocument> read(std::uint32_t doc);

  /// Without a copy: valid until the next call. Errors: as read.
  Result<StoredView> view(std::uint32_t doc);

  /// Only what a hit gives back: the fields are passed over. Errors: as read.
  Result<std::string> read_stored(std::uint32_t doc);

  /// Reads all: each frame has its documents and not a byte more. Errors: as read.
  Status check();

 private:
  Status load(std::uint32_t doc);
  std::optional<std::uint32_t> n_records() const;
  Result<std::span<const std::byte>> record(std::uint32_t doc);

  const StoredText* text_;
  std::size_t n_fields_;
  std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s*)> context_;
  std::string frame_;
  std::string raw_;
  std::uint32_t first_doc_ = 0;  // Of the block in raw_,
  std::uint32_t end_doc_ = 0;    // which is empty at the beginning.
  std::uint32_t next_doc_ = 0;   // In raw_ it lies at next_at_.
  std::size_t next_at_ = 0;
};

}  // namespace quern::store
