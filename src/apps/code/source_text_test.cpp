#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "apps/code/file_kind.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

using namespace std::string_view_literals;

std::string utf8(std::string_view bytes) { return utf8_from_source(std::string(bytes)); }

std::string why(std::string_view path, std::string_view content) {
  return why_no_text(path, content).value_or("");
}

}  // namespace

TEST(source_text, utf8_stays_but_for_its_mark) {
  EXPECT_EQ(utf8("a\r\né\n"), "a\r\né\n");
  EXPECT_EQ(utf8("\xEF\xBB\xBFint"), "int");
  EXPECT_EQ(utf8(""), "");
}

TEST(source_text, utf16_and_utf32_are_read_by_their_marks) {
  EXPECT_EQ(utf8("\xFF\xFE"
                 "a\0\xE9\0\x3D\xD8\x00\xDE"sv),
            "aé\U0001F600");
  EXPECT_EQ(utf8("\xFE\xFF\0a\0\xE9\xD8\x3D\xDE\x00"sv), "aé\U0001F600");
  EXPECT_EQ(utf8("\xFF\xFE\0\0"
                 "a\0\0\0\x00\xF6\x01\0"sv),
            "a\U0001F600");
  EXPECT_EQ(utf8("\0\0\xFE\xFF\0\0\0a\0\x01\xF6\x00"sv), "a\U0001F600");
}

TEST(source_text, what_is_cut_or_unpaired_becomes_a_replacement) {
  EXPECT_EQ(utf8("\xFF\xFE"
                 "a\0\x3D\xD8"sv),
            "a\uFFFD");
  EXPECT_EQ(utf8("\xFF\xFE"
                 "\x3D\xD8"
                 "a\0b"sv),
            "\uFFFDa\uFFFD");
  EXPECT_EQ(utf8("\xFF\xFE\0\0\x00\xD8\0\0\0\0\x11\0a"sv), "\uFFFD\uFFFD\uFFFD");
}

TEST(source_text, anything_else_is_windows_1252) {
  EXPECT_EQ(utf8("caf\xE9 \x80 \x93x\x94"), "café € “x”");
  std::string all;
  for (int i = 1; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_TRUE(is_valid_utf8(utf8(all)));
}

TEST(source_text, binaries_are_known_by_name_beginning_and_bytes) {
  EXPECT_EQ(why("a/logo.PNG", ""), "binary: a picture");
  EXPECT_EQ(why("a.so", ""), "binary: a program or a library");
  EXPECT_EQ(why("a.c", "int a;\0"sv), "binary: it has NUL bytes");
  EXPECT_EQ(why("manual", "%PDF-1.4\n"), "binary: a document");
  EXPECT_EQ(why("x", "\x1F\x8B\x08"sv), "binary: an archive");
  std::string noise;
  for (int i = 0; i < 500; ++i) noise += static_cast<char>(1 + i * 7 % 255);
  EXPECT_EQ(why("x", noise), "binary: control characters among its bytes");
  EXPECT_NE(why("x.bin", "text"), "");
}

TEST(source_text, text_in_any_encoding_is_text) {
  EXPECT_EQ(why("a.c", "int a;\n"), "");
  EXPECT_EQ(why("a.c", ""), "");
  EXPECT_EQ(why("a.ts", "let a;\n"), "");
  EXPECT_EQ(why("a.c",
                "\xFF\xFE"
                "a\0b\0"sv),
            "");
  EXPECT_EQ(why("a.c", "caf\xE9\n\x1B[1m\f\n"), "");
  EXPECT_EQ(why("Makefile", "a:\n\tb\n"), "");
  EXPECT_EQ(why(".so", "x"), "binary: a program or a library");
}

TEST(source_text, minified_files_are_known_by_name_and_by_their_lines) {
  EXPECT_EQ(why("lib/jquery.min.js", "x"), "minified: so its name says");
  const std::string line(6000, 'x');
  EXPECT_EQ(why("a.js", line),
            "minified: its longest line has 6000 bytes, and lines of 1000 and more are most of it");
  EXPECT_NE(why("a.json", "{}\n" + line), "");
  EXPECT_EQ(why("a.md", line), "");  // A paragraph.
  EXPECT_NE(why("a.md", std::string(200'000, 'x')), "");
  std::string code;
  for (int i = 0; i < 1000; ++i) code += "int a = 1;\n";
  EXPECT_EQ(why("a.c", code + line), "");  // One long line among much code.
}

TEST(source_text, a_pointer_of_git_lfs_is_said_to_be_one) {
  EXPECT_NE(why("a.c", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "");
}

}  // namespace quern::apps
