#include "apps/code/chunker.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "apps/code/chunk_workers.h"
#include "apps/code/grammars.h"
#include "apps/code/headings.h"
#include "base/checksum.h"
#include "base/sha256.h"

namespace quern::apps {
namespace {

// Counts up where the same text comes out in other pieces or with other symbols.
constexpr int kCutVersion = 2;

// Program, libraries and 85 MB of grammars are mapped besides the heap.
constexpr std::size_t kMappedBytes = std::size_t{1} << 30;

// A grammar's scanner may read memory that it never wrote (that of Lua does): then a file would be
// cut in one way or another by what lay there before. So all that the heap gives is zero: blocks
// that are kept for the same thread would not be, hence there are none. No slower, as measured.
constexpr const char* kZeroedMemory =
    "GLIBC_TUNABLES=glibc.malloc.perturb=255:glibc.malloc.tcache_count=0";

std::uint64_t key_of(std::string_view language, std::string_view text) {
  Checksum64 sum;
  sum.add(language);
  sum.add(std::string_view("\0", 1));
  sum.add(text);
  return sum.value();
}

}  // namespace

Chunker::Chunker(const ChunkerOptions& options)
    : options_(options), identity_(grammars_identity(options.grammars_folder)) {
  ChunkWorkers::Options workers = {.child = {.program = options.program,
                                             .arguments = options.arguments,
                                             .environment = {kZeroedMemory}},
                                   .n_children = std::max(options.n_children, 1),
                                   .ledger = options.ledger,
                                   .patience = options.patience};
  workers.child.arguments.push_back(options.grammars_folder);
  if (options.child_bytes > 0) {
    workers.child.heap_bytes = options.child_bytes;
    workers.child.address_bytes = options.child_bytes + kMappedBytes;
  }
  workers_ = std::make_unique<ChunkWorkers>(workers);
}

Chunker::~Chunker() = default;

Result<std::unique_ptr<Chunker>> Chunker::create(const ChunkerOptions& options) {
  if (options.sizes.max_chars < 16) {
    return {Code::kBadInput,
            fmt::format("chunks of {} characters, want 16 or more", options.sizes.max_chars)};
  }
  return std::unique_ptr<Chunker>(new Chunker(options));
}

void Chunker::start_early() {
  if (!identity_.empty()) workers_->start_early();
}

Result<ChunkedCode> Chunker::chunk_by_syntax(std::string_view language, std::string_view utf8) {
  if (is_heading_language(language)) return chunk_by_headings(language, utf8, options_.sizes);
  if (!is_grammar_language(language)) return {Code::kNotFound, "no grammar"};
  if (identity_.empty()) return {Code::kNotFound, "no grammars are installed"};
  if (utf8.size() > options_.max_file_bytes) {
    return {Code::kTooLarge, fmt::format("larger than {}", human_bytes(options_.max_file_bytes))};
  }
  const std::uint64_t key = key_of(language, utf8);
  {
    const std::lock_guard lock(mutex_);
    const auto refused = refused_.find(key);
    if (refused != refused_.end()) return refused->second;
  }
  Result<ChunkedCode> code = workers_->ask({.language = language,
                                            .sizes = options_.sizes,
                                            .time_limit = options_.time_limit,
                                            .text = utf8});
  const Code why = code.status().code();
  if (why == Code::kUnavailable || why == Code::kDeadline || why == Code::kBadInput) {
    const std::lock_guard lock(mutex_);
    refused_.emplace(key, code.status());
  }
  return code;
}

ChunkedCode Chunker::chunk(std::string_view language, std::string_view utf8) {
  Result<ChunkedCode> code = chunk_by_syntax(language, utf8);
  if (code.ok()) return std::move(*code);
  ChunkedCode lines = chunk_by_lines(utf8, options_.sizes);
  lines.note = code.status().message();
  const Code why = code.status().code();
  lines.is_passing = why == Code::kUnavailable || why == Code::kDeadline ||
                     why == Code::kExhausted || why == Code::kIo;
  return lines;
}

std::string Chunker::fingerprint() const {
  return fmt::format(
      "cut {} max {} alone {} tiny {} grammars {}", kCutVersion, options_.sizes.max_chars,
      options_.sizes.alone_chars, options_.sizes.tiny_chars,
      identity_.empty() ? "none" : sha256_hex(std::as_bytes(std::span(identity_))).substr(0, 16));
}

}  // namespace quern::apps
