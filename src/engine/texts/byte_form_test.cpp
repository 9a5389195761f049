#include "engine/texts/byte_form.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::engine {
namespace {

constexpr ByteForm kWideForms[] = {ByteForm::kUtf16Little, ByteForm::kUtf16Big,
                                   ByteForm::kUtf32Little, ByteForm::kUtf32Big};

void append_unit(CodePoint unit, int n_bytes, bool big, std::string& out) {
  for (int i = 0; i < n_bytes; ++i) {
    const int shift = 8 * (big ? n_bytes - 1 - i : i);
    out += static_cast<char>(unit >> shift & 0xFF);
  }
}

std::string spelt(const std::vector<CodePoint>& text, ByteForm form) {
  const bool wide = form == ByteForm::kUtf32Little || form == ByteForm::kUtf32Big;
  const bool big = form == ByteForm::kUtf16Big || form == ByteForm::kUtf32Big;
  std::string out;
  for (const CodePoint c : text) {
    if (wide || c < 0x10000) {
      append_unit(c, wide ? 4 : 2, big, out);
    } else {
      append_unit(0xD800 + ((c - 0x10000) >> 10), 2, big, out);
      append_unit(0xDC00 + (c & 0x3FF), 2, big, out);
    }
  }
  return out;
}

// As a file that comes in pieces of `n` bytes.
std::string read_in_pieces(const std::string& file, std::size_t n, ByteForm form) {
  std::string bytes, utf8;
  for (std::size_t at = 0; at < file.size(); at += n) {
    bytes += file.substr(at, n);
    move_as_utf8(form, false, bytes, utf8);
  }
  move_as_utf8(form, true, bytes, utf8);
  EXPECT_TRUE(bytes.empty());
  return utf8;
}

}  // namespace

TEST(byte_form, every_character_in_pieces_of_every_size) {
  const std::vector<CodePoint> text = {'a',     '\n',     0,      0x7F,   0x80,   0x7FF,
                                       0x800,   0xD7FF,   0xE000, 0xFFFD, 0xFFFF, 0x10000,
                                       0x1F642, 0x10FFFF, '\r',   '\n'};
  std::string want;
  for (const CodePoint c : text) append_utf8(c, want);
  for (const ByteForm form : kWideForms) {
    for (std::size_t n = 1; n < 12; ++n) {
      EXPECT_EQ(read_in_pieces(spelt(text, form), n, form), want) << n;
    }
  }
}

TEST(byte_form, what_is_no_character_is_replaced_and_nothing_behind_it_lost) {
  const std::string bad = "\xEF\xBF\xBD";
  const auto utf16 = [](const std::string& file) {
    for (std::size_t n = 2; n < 6; ++n) {
      EXPECT_EQ(read_in_pieces(file, n, ByteForm::kUtf16Big),
                read_in_pieces(file, 1, ByteForm::kUtf16Big));
    }
    return read_in_pieces(file, 1, ByteForm::kUtf16Big);
  };
  EXPECT_EQ(utf16({"\xD8\x00\0a", 4}), bad + "a");  // A lead alone,
  EXPECT_EQ(utf16({"\xDC\x00\0a", 4}), bad + "a");  // a trail alone,
  EXPECT_EQ(utf16({"\xD8\x01\xD8\x01\xDC\0", 6}), bad + "\xF0\x90\x90\x80");
  EXPECT_EQ(utf16({"\0a\xD8\x01", 4}), "a" + bad);  // a lead at the end,
  EXPECT_EQ(utf16({"\0a\0", 3}), "a" + bad);        // half a unit.
  EXPECT_EQ(read_in_pieces({"\0\x11\0\0\0\0\0a", 8}, 1, ByteForm::kUtf32Big), bad + "a");
  EXPECT_EQ(read_in_pieces({"\0\0\xD8\0", 4}, 1, ByteForm::kUtf32Big), bad);
}

TEST(byte_form, a_byte_order_mark_tells) {
  const auto start = [](std::string_view bytes) { return *recognise_bytes(bytes); };
  EXPECT_EQ(start("").form, ByteForm::kUtf8);
  EXPECT_EQ(start("plain").n_mark_bytes, 0u);
  EXPECT_EQ(start("\xEF\xBB\xBFx").form, ByteForm::kUtf8);
  EXPECT_EQ(start("\xEF\xBB\xBFx").n_mark_bytes, 3u);
  EXPECT_EQ(start({"\xFF\xFEx\0", 4}).form, ByteForm::kUtf16Little);
  EXPECT_EQ(start({"\xFE\xFF\0x", 4}).form, ByteForm::kUtf16Big);
  EXPECT_EQ(start("\xFE\xFF").n_mark_bytes, 2u);
  EXPECT_EQ(start({"\xFF\xFE\0\0x\0\0\0", 8}).form, ByteForm::kUtf32Little);
  EXPECT_EQ(start({"\0\0\xFE\xFF\0\0\0x", 8}).form, ByteForm::kUtf32Big);
}

TEST(byte_form, archives_are_refused_with_the_tool_that_unpacks_them) {
  const auto refusal = [](std::string_view bytes) { return recognise_bytes(bytes).status(); };
  EXPECT_EQ(refusal("\x1F\x8B\x08").message(),
            "is compressed with gzip, want lines of text: 'gzip -dc FILE' makes some");
  EXPECT_EQ(refusal("\x1F\x8B\x08").code(), Code::kUnsupported);
  EXPECT_NE(refusal("\x28\xB5\x2F\xFD").message().find("zstd -dc"), std::string::npos);
  EXPECT_NE(refusal({"\xFD\x37zXZ\0", 6}).message().find("xz -dc"), std::string::npos);
  EXPECT_NE(refusal("BZh91AY&SY").message().find("bzip2 -dc"), std::string::npos);
  EXPECT_NE(refusal("PK\x03\x04").message().find("zip"), std::string::npos);
  EXPECT_NE(refusal("%PDF-1.7").message().find("pdftotext"), std::string::npos);
  EXPECT_EQ(refusal("PAR1....").message(), "is a Parquet table, want lines of text");
  for (const char* text : {"BZh9 is a name", "PK", "%PDF", "7z", "BZh", "PKzip"}) {
    EXPECT_TRUE(recognise_bytes(text).ok()) << text;
  }
}

}  // namespace quern::engine
