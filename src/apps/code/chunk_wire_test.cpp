#include "apps/code/chunk_wire.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

constexpr std::string_view kText = "# one\n\ndef f():\n    pass\n\nx = 1\n";

ChunkedCode sample_code() {
  ChunkedCode code;
  code.by_syntax = true;
  code.chunks = {{.span = {0, 24, 1, 4}, .symbol = "f", .kind = SymbolKind::kFunction},
                 {.span = {26, 31, 6, 6}, .symbol = "x", .kind = SymbolKind::kVariable}};
  code.symbols = {{.name = "f",
                   .path = "f",
                   .kind = SymbolKind::kFunction,
                   .span = {0, 24, 1, 4},
                   .line = 3,
                   .name_begin = 11,
                   .signature = "def f()"},
                  {.name = "x",
                   .path = "x",
                   .kind = SymbolKind::kVariable,
                   .span = {26, 31, 6, 6},
                   .line = 6,
                   .name_begin = 26,
                   .signature = "x = 1"}};
  return code;
}

TEST(chunk_wire, a_request_comes_back_as_it_was) {
  const ChunkRequest request = {.language = "c_sharp",
                                .sizes = {.max_chars = 900, .alone_chars = 7, .tiny_chars = 3},
                                .time_limit = std::chrono::milliseconds(1234),
                                .text = kText};
  const std::string bytes = encode_request(request) + std::string(request.text);
  const Result<ChunkRequest> got = decode_request(bytes);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->language, "c_sharp");
  EXPECT_EQ(got->sizes, request.sizes);
  EXPECT_EQ(got->time_limit, request.time_limit);
  EXPECT_EQ(got->text, kText);
}

TEST(chunk_wire, a_reply_comes_back_with_the_lines_of_the_text) {
  const Result<ChunkedCode> got = decode_reply(encode_reply(sample_code()), kText);
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ(got->chunks, sample_code().chunks);
  EXPECT_EQ(got->symbols, sample_code().symbols);
  EXPECT_TRUE(got->by_syntax);
}

TEST(chunk_wire, an_error_comes_back_as_it_was) {
  const Result<ChunkedCode> got =
      decode_reply(encode_reply(Status(Code::kDeadline, "too long")), kText);
  EXPECT_EQ(got.status().code(), Code::kDeadline);
  EXPECT_EQ(got.status().message(), "too long");
}

TEST(chunk_wire, frames_that_are_none_are_refused) {
  EXPECT_EQ(*parse_frame_head(frame_head(77)), 77U);
  FrameHead head = frame_head(77);
  head[0] = 'x';
  EXPECT_FALSE(parse_frame_head(head).ok());
  EXPECT_FALSE(parse_frame_head(frame_head(kMaxFrameBytes + 1)).ok());
}

TEST(chunk_wire, a_reply_that_ends_early_or_goes_on_is_refused) {
  const std::string bytes = encode_reply(sample_code());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_EQ(decode_reply(bytes.substr(0, n), kText).status().code(), Code::kBadInput) << n;
  }
  EXPECT_FALSE(decode_reply(bytes + "x", kText).ok());
}

TEST(chunk_wire, pieces_that_are_none_of_the_text_are_refused) {
  const auto refused = [](const auto& change) {
    ChunkedCode code = sample_code();
    change(code);
    return decode_reply(encode_reply(code), kText).status().code() == Code::kBadInput;
  };
  EXPECT_FALSE(refused([](ChunkedCode&) {}));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.chunks[1].span.end = 99; }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.chunks[1].span.begin = 20; }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.chunks[0].span.end = 0; }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.chunks[0].span.begin = 1; }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.chunks.pop_back(); }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { std::swap(code.chunks[0], code.chunks[1]); }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.symbols[0].span.end = 99; }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { code.symbols[0].name_begin = 99; }));
  EXPECT_TRUE(refused([](ChunkedCode& code) { std::swap(code.symbols[0], code.symbols[1]); }));
}

TEST(chunk_wire, names_become_utf8_whatever_was_sent) {
  ChunkedCode code = sample_code();
  code.symbols[0].name = "f\xFF";
  const Result<ChunkedCode> got = decode_reply(encode_reply(code), kText);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->symbols[0].name, "f\uFFFD");
}

TEST(chunk_wire, changed_bytes_never_give_pieces_outside_the_text) {
  std::mt19937 random(3);
  const std::string bytes = encode_reply(sample_code());
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = bytes;
    for (int i = 0; i < 3; ++i) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    const Result<ChunkedCode> got = decode_reply(changed, kText);
    if (!got.ok()) continue;
    for (const CodeChunk& chunk : got->chunks) EXPECT_LE(chunk.span.end, kText.size());
    for (const Symbol& symbol : got->symbols) EXPECT_LE(symbol.span.end, kText.size());
  }
}

}  // namespace
}  // namespace quern::apps
