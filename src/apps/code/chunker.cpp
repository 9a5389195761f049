#include "apps/code/chunker.h"

#include <fmt/format.h>

namespace quern::apps {
namespace {

// Counts up where the same text comes out in other pieces or with other symbols.
constexpr int kCutVersion = 1;

}  // namespace

Result<std::unique_ptr<Chunker>> Chunker::create(const ChunkerOptions& options) {
  if (options.sizes.max_chars < 16) {
    return {Code::kBadInput,
            fmt::format("chunks of {} characters, want 16 or more", options.sizes.max_chars)};
  }
  return std::unique_ptr<Chunker>(new Chunker(options));
}

Chunker::~Chunker() = default;

void Chunker::start_early() {}

ChunkedCode Chunker::chunk(std::string_view, std::string_view utf8) {
  ChunkedCode out = chunk_by_lines(utf8, options_.sizes);
  out.note = "no grammar";
  return out;
}

std::string Chunker::fingerprint() const {
  return fmt::format("cut {} max {} alone {}", kCutVersion, options_.sizes.max_chars,
                     options_.sizes.alone_chars);
}

}  // namespace quern::apps
