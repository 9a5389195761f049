#include "engine/texts/byte_form.h"

#include "base/utf8.h"

namespace quern::engine {
namespace {

struct Mark {
  std::string_view bytes;
  ByteForm form;
};

// Longer ones first: the mark of UTF-32 begins like that of UTF-16.
constexpr Mark kMarks[] = {
    {{"\xFF\xFE\0\0", 4}, ByteForm::kUtf32Little}, {{"\0\0\xFE\xFF", 4}, ByteForm::kUtf32Big},
    {{"\xEF\xBB\xBF", 3}, ByteForm::kUtf8},        {{"\xFF\xFE", 2}, ByteForm::kUtf16Little},
    {{"\xFE\xFF", 2}, ByteForm::kUtf16Big},
};

struct NoText {
  std::string_view bytes;
  const char* what;
  const char* remedy;
};

constexpr NoText kNoTexts[] = {
    {"\x1F\x8B", "compressed with gzip", "gzip -dc FILE"},
    {"\x28\xB5\x2F\xFD", "compressed with zstd", "zstd -dc FILE"},
    {{"\xFD\x37zXZ\0", 6}, "compressed with xz", "xz -dc FILE"},
    {"\x04\x22\x4D\x18", "compressed with lz4", "lz4 -dc FILE"},
    {"PK\x03\x04", "a zip archive", "unzip -p FILE"},
    {"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "7z x -so FILE"},
    {"%PDF-", "a PDF document", "pdftotext FILE -"},
    {"PAR1", "a Parquet table", ""},
    {"\x93NUMPY", "a NumPy array", ""},
};

// Its fourth byte is the size of blocks; behind it stand the first digits of pi.
bool is_bzip2(std::string_view bytes) {
  return bytes.size() >= 8 && bytes.starts_with("BZh") && bytes.substr(4, 4) == "1AY&";
}

Status no_text(const char* what, std::string_view remedy) {
  std::string message = std::string("is ") + what + ", want lines of text";
  if (!remedy.empty()) message.append(": '").append(remedy).append("' makes some");
  return {Code::kUnsupported, message};
}

constexpr bool is_wide(ByteForm form) {
  return form == ByteForm::kUtf32Little || form == ByteForm::kUtf32Big;
}

constexpr bool is_big(ByteForm form) {
  return form == ByteForm::kUtf16Big || form == ByteForm::kUtf32Big;
}

constexpr bool is_lead(CodePoint c) { return c >= 0xD800 && c < 0xDC00; }
constexpr bool is_trail(CodePoint c) { return c >= 0xDC00 && c < 0xE000; }

/// One code unit from the front of `bytes`.
CodePoint unit_at(std::string_view bytes, std::size_t at, ByteForm form) {
  const std::size_t n = is_wide(form) ? 4 : 2;
  CodePoint unit = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t from = is_big(form) ? at + i : at + n - 1 - i;
    unit = unit << 8 | static_cast<unsigned char>(bytes[from]);
  }
  return unit;
}

bool is_character(CodePoint c) { return c <= 0x10FFFF && !is_lead(c) && !is_trail(c); }

}  // namespace

Result<FileStart> recognise_bytes(std::string_view bytes) {
  for (const Mark& mark : kMarks) {
    if (bytes.starts_with(mark.bytes)) return FileStart{mark.form, mark.bytes.size()};
  }
  for (const NoText& other : kNoTexts) {
    if (bytes.starts_with(other.bytes)) return no_text(other.what, other.remedy);
  }
  if (is_bzip2(bytes)) return no_text("compressed with bzip2", "bzip2 -dc FILE");
  return FileStart{};
}

void move_as_utf8(ByteForm form, bool is_end, std::string& bytes, std::string& utf8) {
  const std::size_t n_unit = is_wide(form) ? 4 : 2;
  std::size_t at = 0;
  while (at + n_unit <= bytes.size()) {
    CodePoint c = unit_at(bytes, at, form);
    std::size_t n_taken = n_unit;
    if (!is_wide(form) && is_lead(c)) {
      if (at + 2 * n_unit > bytes.size() && !is_end) break;
      const CodePoint next =
          at + 2 * n_unit <= bytes.size() ? unit_at(bytes, at + n_unit, form) : 0;
      if (is_trail(next)) {
        c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
        n_taken = 2 * n_unit;
      }
    }
    append_utf8(is_character(c) ? c : kReplacement, utf8);
    at += n_taken;
  }
  bytes.erase(0, at);
  if (!is_end || bytes.empty()) return;
  append_utf8(kReplacement, utf8);
  bytes.clear();
}

}  // namespace quern::engine
