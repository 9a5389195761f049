#include "engine/texts/text_reader.h"

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "formats/test_folder.h"

namespace quern::engine {
namespace {

std::vector<TextItem> read_all(TextReader& reader) {
  std::vector<TextItem> items;
  for (TextItem item;;) {
    const Result<bool> more = reader.next(item);
    EXPECT_TRUE(more.ok()) << more.status().message();
    if (!more.ok() || !*more) return items;
    items.push_back(item);
  }
}

std::vector<TextItem> read_bytes(const std::string& bytes, TextFormat format = TextFormat::kAuto,
                                 const std::string& name = "texts.txt") {
  const formats::TestFolder folder;
  Result<TextReader> reader = TextReader::open(folder.write(name, bytes), format);
  EXPECT_TRUE(reader.ok()) << reader.status().message();
  if (!reader.ok()) return {};
  std::vector<TextItem> items = read_all(*reader);
  EXPECT_EQ(reader->bytes_read(), bytes.size());
  EXPECT_EQ(reader->bytes_total(), bytes.size());
  return items;
}

std::vector<std::string> texts_of(const std::vector<TextItem>& items) {
  std::vector<std::string> texts;
  for (const TextItem& item : items) texts.push_back(item.text);
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST(text_reader, every_line_is_a_text) {
  EXPECT_EQ(texts_of(read_bytes("one\ntwo\n")), Texts({"one", "two"}));
  EXPECT_EQ(texts_of(read_bytes("one\n\n two \nthree")), Texts({"one", "", " two ", "three"}));
  EXPECT_EQ(texts_of(read_bytes("")), Texts());
  EXPECT_EQ(texts_of(read_bytes("\n")), Texts({""}));
}

TEST(text_reader, drops_byte_order_mark_and_carriage_returns) {
  EXPECT_EQ(texts_of(read_bytes("\xEF\xBB\xBFone\r\ntwo\r\n")), Texts({"one", "two"}));
  EXPECT_EQ(texts_of(read_bytes("a\rb\n")), Texts({"a\rb"}));
}

TEST(text_reader, other_byte_order_marks_say_how_to_read_on) {
  const formats::TestFolder folder;
  const std::string line(300'000, 'x');  // More than one read.
  std::string utf16 = "\xFF\xFE";
  std::string utf32("\0\0\xFE\xFF", 4);
  for (const char c : "one\r\n" + line + "\n") {
    utf16 += std::string({c, '\0'});
    utf32 += std::string({'\0', '\0', '\0', c});
  }
  utf16 += std::string("\x3D\xD8\x42\xDE", 4);  // A face, without a newline.
  utf32 += std::string("\0\x01\xF6\x42", 4);
  for (const std::string& bytes : {utf16, utf32}) {
    Result<TextReader> reader = TextReader::open(folder.write("texts", bytes), TextFormat::kAuto);
    ASSERT_TRUE(reader.ok()) << reader.status().message();
    EXPECT_EQ(texts_of(read_all(*reader)), Texts({"one", line, "\xF0\x9F\x99\x82"}));
    EXPECT_FALSE(reader->bytes_total());
  }
  std::string json("\xFE\xFF", 2);
  for (const char c : std::string("{\"text\": \"a\"}")) json += std::string({'\0', c});
  Result<TextReader> reader = TextReader::open(folder.write("texts", json), TextFormat::kAuto);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(texts_of(read_all(*reader)), Texts({"a"}));
}

TEST(text_reader, compressed_files_are_refused_by_name) {
  const formats::TestFolder folder;
  const std::string path = folder.write("texts.jsonl", "\x1F\x8B\x08 and so on\n");
  for (const TextFormat format : {TextFormat::kAuto, TextFormat::kLines, TextFormat::kJsonLines}) {
    const Status status = TextReader::open(path, format).status();
    EXPECT_EQ(status.code(), Code::kUnsupported);
    EXPECT_EQ(status.message(), "'" + path +
                                    "' is compressed with gzip, want lines of text: "
                                    "'gzip -dc FILE' makes some");
  }
}

TEST(text_reader, a_pipe_that_does_not_block_is_waited_for) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  std::thread writer([&] {
    for (const char* piece : {"one\n", "tw", "o\n"}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      EXPECT_GT(::write(ends[1], piece, std::strlen(piece)), 0);
    }
    ::close(ends[1]);
  });
  // dup keeps O_NONBLOCK, which opening /dev/fd would not.
  const int kept = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  Result<TextReader> reader = TextReader::open("-", TextFormat::kLines);
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  EXPECT_EQ(texts_of(read_all(*reader)), Texts({"one", "two"}));
  ::dup2(kept, STDIN_FILENO);
  ::close(kept);
  writer.join();
  ::close(ends[0]);
}

TEST(text_reader, keeps_nul_and_invalid_bytes) {
  const std::string bytes("a\0b\xff\n", 5);
  EXPECT_EQ(texts_of(read_bytes(bytes)), Texts({std::string("a\0b\xff", 4)}));
}

TEST(text_reader, lines_around_the_buffer_size_come_out_whole) {
  for (const std::size_t n : {(256u << 10) - 1, 256u << 10, (256u << 10) + 1, 700u << 10}) {
    const std::string a(n, 'a'), b(3, 'b'), c(n, 'c');
    EXPECT_EQ(texts_of(read_bytes(a + "\n" + b + "\n" + c + "\n")), Texts({a, b, c}));
  }
}

TEST(text_reader, json_lines_by_name_by_look_or_when_told) {
  const std::string bytes = "{\"text\": \"a\"}\n\n{\"text\": \"b\", \"text_pair\": \"c\"}\n";
  for (const auto& items : {read_bytes(bytes), read_bytes(bytes, TextFormat::kAuto, "x.jsonl"),
                            read_bytes(bytes, TextFormat::kJsonLines)}) {
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].text, "a");
    EXPECT_EQ(items[1].text_pair, "c");
    EXPECT_EQ(items[1].line, 3);  // The blank line is counted, not handed out.
  }
  EXPECT_EQ(texts_of(read_bytes(bytes, TextFormat::kLines)).size(), 3u);
  EXPECT_EQ(texts_of(read_bytes("{not json}\n")), Texts({"{not json}"}));
}

TEST(text_reader, a_bad_line_keeps_its_place_and_the_others_go_on) {
  const auto items =
      read_bytes("{\"text\": \"a\"}\n{\"title\": 1}\n{\"text\": \"c\"}\n", TextFormat::kJsonLines);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_TRUE(items[0].status.ok());
  EXPECT_EQ(items[1].status.message(), "no \"text\" field; it has 'title'");
  EXPECT_EQ(items[1].line, 2);
  EXPECT_EQ(items[2].text, "c");
}

TEST(text_reader, a_line_over_the_limit_fails_alone) {
  const std::string longest(kMaxLineBytes, 'a'), over(kMaxLineBytes + 1, 'b');
  auto items = read_bytes("x\n" + longest + "\n" + over + "\ny\n" + over);
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[1].text.size(), kMaxLineBytes);
  EXPECT_EQ(items[2].status.code(), Code::kBadInput);
  EXPECT_EQ(items[3].text, "y");
  EXPECT_EQ(items[3].line, 4);
  EXPECT_EQ(items[4].status.code(), Code::kBadInput);
}

TEST(text_reader, missing_files_and_folders_are_named) {
  const formats::TestFolder folder;
  const auto missing = TextReader::open(folder.path("none"), TextFormat::kAuto);
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  EXPECT_EQ(missing.status().message(),
            "cannot open texts '" + folder.path("none") + "': No such file or directory");
  EXPECT_EQ(TextReader::open(folder.path(""), TextFormat::kAuto).status().code(), Code::kIo);
}

TEST(text_reader, a_pipe_is_ready_when_a_line_is_there) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  ASSERT_EQ(::write(ends[1], "one\ntwo\n", 8), 8);
  Result<TextReader> reader = TextReader::open(path, TextFormat::kAuto);
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  EXPECT_FALSE(reader->bytes_total());
  TextItem item;
  for (const char* want : {"one", "two"}) {
    EXPECT_TRUE(reader->is_ready());
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.text, want);
  }
  EXPECT_FALSE(reader->is_ready());
  ::close(ends[1]);
  EXPECT_TRUE(reader->is_ready());
  EXPECT_FALSE(*reader->next(item));
  ::close(ends[0]);
}

TEST(text_reader, format_names) {
  EXPECT_EQ(*parse_text_format("jsonl"), TextFormat::kJsonLines);
  EXPECT_EQ(parse_text_format("csv").status().message(),
            "format 'csv' is not known, want auto, lines or jsonl");
}

}  // namespace quern::engine
