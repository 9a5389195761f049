// What a Chunker and its worker processes say to each other: frames of a length and that many
// bytes, numbers little-endian. Both sides check all they read; a worker has run outside code, so
// that its bytes may be anything. docs/code_chunks.md; fuzz/chunk_reply.cpp.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "apps/code/code_chunk.h"
#include "base/status.h"

namespace quern::apps {

constexpr std::size_t kFrameHeadBytes = 8;
using FrameHead = std::array<char, kFrameHeadBytes>;
constexpr std::size_t kMaxFrameBytes = std::size_t{256} << 20;

FrameHead frame_head(std::size_t n_bytes);

/// The number of bytes behind it. Errors: kBadInput.
Result<std::size_t> parse_frame_head(const FrameHead& head);

struct ChunkRequest {
  std::string_view language;
  CutSizes sizes;
  std::chrono::milliseconds time_limit{0};
  std::string_view text;
};

/// All but the text, which follows it in the frame.
std::string encode_request(const ChunkRequest& request);

/// Views into `bytes`. Errors: kBadInput.
Result<ChunkRequest> decode_request(std::string_view bytes);

/// Lines are not sent: who has the text counts them.
std::string encode_reply(const Result<ChunkedCode>& code);

/// The worker's answer about `text`, whose pieces it has: in order, covering all that is not blank.
/// Errors: kBadInput for bytes that say no such thing; the worker's own otherwise.
Result<ChunkedCode> decode_reply(std::string_view bytes, std::string_view text);

}  // namespace quern::apps
