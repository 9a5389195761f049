#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "apps/code/file_kind.h"
#include "apps/code/file_language.h"
#include "apps/code/wildcard.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

enum class Encoding { kUtf8, kUtf8Mark, kUtf16Little, kUtf16Big, kUtf32Little, kUtf32Big };

bool begins(std::string_view bytes, std::string_view with) {
  return bytes.substr(0, with.size()) == with;
}

// By the byte order mark. FF FE 00 00 is UTF-32: a text in UTF-16 has no NUL.
Encoding encoding_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (begins(bytes, "\xEF\xBB\xBF"sv)) return Encoding::kUtf8Mark;
  if (begins(bytes, "\xFF\xFE\0\0"sv)) return Encoding::kUtf32Little;
  if (begins(bytes, "\0\0\xFE\xFF"sv)) return Encoding::kUtf32Big;
  if (begins(bytes, "\xFF\xFE"sv)) return Encoding::kUtf16Little;
  if (begins(bytes, "\xFE\xFF"sv)) return Encoding::kUtf16Big;
  return Encoding::kUtf8;
}

// The n bytes at `pos` as a number.
CodePoint unit_at(std::string_view bytes, std::size_t pos, std::size_t n, bool is_big) {
  CodePoint unit = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = is_big ? pos + i : pos + n - 1 - i;
    unit = unit << 8 | static_cast<unsigned char>(bytes[at]);
  }
  return unit;
}

bool is_high(CodePoint unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(CodePoint unit) { return unit >= 0xDC00 && unit < 0xE000; }

std::string utf8_from_utf16(std::string_view bytes, bool is_big) {
  std::string out;
  out.reserve(bytes.size() / 2 + bytes.size() / 8);
  std::size_t pos = 2;
  for (; pos + 2 <= bytes.size(); pos += 2) {
    CodePoint code = unit_at(bytes, pos, 2, is_big);
    if (is_high(code) && pos + 4 <= bytes.size() && is_low(unit_at(bytes, pos + 2, 2, is_big))) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit_at(bytes, pos + 2, 2, is_big) - 0xDC00);
      pos += 2;
    } else if (is_high(code) || is_low(code)) {
      code = kReplacement;
    }
    append_utf8(code, out);
  }
  if (pos < bytes.size()) append_utf8(kReplacement, out);
  return out;
}

std::string utf8_from_utf32(std::string_view bytes, bool is_big) {
  std::string out;
  out.reserve(bytes.size() / 4 + bytes.size() / 16);
  std::size_t pos = 4;
  for (; pos + 4 <= bytes.size(); pos += 4) {
    const CodePoint code = unit_at(bytes, pos, 4, is_big);
    append_utf8(code > 0x10FFFF || is_high(code) || is_low(code) ? kReplacement : code, out);
  }
  if (pos < bytes.size()) append_utf8(kReplacement, out);
  return out;
}

// What windows-1252 has at 0x80 to 0x9F; the five bytes without a meaning are controls, as the
// web's standard has it. Source: https://encoding.spec.whatwg.org/#windows-1252
constexpr std::array<std::uint16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

std::string utf8_from_windows1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : CodePoint{byte}, out);
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

struct Binary {
  std::string_view kind;
  std::string_view extensions;  // Each between blanks.
};

constexpr Binary kBinaries[] = {
    {"a picture", " avif bmp cur gif heic icns ico jpeg jpg png psd tif tiff webp xcf "},
    {"sound or video", " aac avi flac m4a mkv mov mp3 mp4 ogg wav webm wmv "},
    {"a font", " eot otf ttc ttf woff woff2 "},
    {"an archive",
     " 7z apk br bz2 cab crate deb dmg ear egg gem gz iso jar lz4 lzma nupkg rar rpm "
     "tar tbz2 tgz txz war whl xz zip zst "},
    {"a program or a library",
     " a class dll dylib elc exe hi ko lib o obj pdb pyc pyd pyo so wasm "},
    {"a document", " doc docx odp ods odt pdf ppt pptx xls xlsx "},
    {"data",
     " bin ckpt db dta feather gguf h5 hdf5 joblib mdb npy npz onnx parquet pb pickle pkl pt "
     "pth rdata rds safetensors sqlite sqlite3 tflite "},
};

// By extension. `ts` is no video, `pb` may be text but is a program's own.
std::string_view binary_by_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return "";
  const std::string wanted = " " + std::string(name.substr(dot + 1)) + " ";
  for (const Binary& one : kBinaries) {
    if (one.extensions.find(wanted) != std::string_view::npos) return one.kind;
  }
  return "";
}

// Formats that may do without a NUL byte for long.
std::string_view binary_by_beginning(std::string_view content) {
  using namespace std::string_view_literals;
  if (begins(content, "%PDF-")) return "a document";
  if (begins(content, "\x1F\x8B"sv) || begins(content, "BZh9") ||
      begins(content,
             "\xFD"
             "7zXZ") ||
      begins(content, "\x28\xB5\x2F\xFD")) {
    return "an archive";
  }
  if (begins(content, "-----BEGIN PGP MESSAGE") || begins(content, "age-encryption.org/")) {
    return "encrypted";
  }
  return "";
}

constexpr std::size_t kLookedAt = 8 << 10;

// Characters that no text has but in passing. Escape, form feed and backspace are in some.
bool has_many_controls(std::string_view content) {
  std::size_t n = 0;
  for (const char c : content) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_usual = byte >= 0x20 || (byte >= 0x08 && byte <= 0x0D) || byte == 0x1B;
    n += is_usual && byte != 0x7F ? 0 : 1;
  }
  return n > 4 && n * 50 > content.size();
}

// Text that programs wrote on few lines. Prose has long lines, too: a paragraph each.
constexpr std::size_t kLongLine = 1000, kHugeLine = 5000, kHugeProse = 100'000;

std::optional<std::string> why_minified(std::string_view name, std::string_view content) {
  std::size_t longest = 0, in_long_lines = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::size_t n = end - begin;
    longest = std::max(longest, n);
    in_long_lines += n >= kLongLine ? n : 0;
    begin = end + 1;
  }
  const bool is_prose = ends_with(name, ".md") || ends_with(name, ".markdown") ||
                        ends_with(name, ".rst") || ends_with(name, ".txt") ||
                        ends_with(name, ".tex") || ends_with(name, ".adoc");
  if (longest < (is_prose ? kHugeProse : kHugeLine) || in_long_lines * 2 <= content.size()) {
    return std::nullopt;
  }
  return fmt::format(
      "minified: its longest line has {} bytes, and lines of {} and more are most of it", longest,
      kLongLine);
}

}  // namespace

std::string utf8_from_source(std::string bytes) {
  switch (encoding_of(bytes)) {
    case Encoding::kUtf16Little:
      return utf8_from_utf16(bytes, false);
    case Encoding::kUtf16Big:
      return utf8_from_utf16(bytes, true);
    case Encoding::kUtf32Little:
      return utf8_from_utf32(bytes, false);
    case Encoding::kUtf32Big:
      return utf8_from_utf32(bytes, true);
    case Encoding::kUtf8Mark:
      bytes.erase(0, 3);
      break;
    case Encoding::kUtf8:
      break;
  }
  return is_valid_utf8(bytes) ? bytes : utf8_from_windows1252(bytes);
}

std::optional<std::string> why_no_text(std::string_view path, std::string_view content) {
  const std::string name = lower(name_of_path(path));
  if (const std::string_view kind = binary_by_name(name); !kind.empty()) {
    return fmt::format("binary: {}", kind);
  }
  if (ends_with(name, ".min.js") || ends_with(name, ".min.css") || ends_with(name, "-min.js")) {
    return "minified: so its name says";
  }
  if (begins(content, "version https://git-lfs.github.com/spec/")) {
    return "a pointer of git-lfs: the content is not here";
  }
  const Encoding encoding = encoding_of(content);
  if (encoding != Encoding::kUtf8 && encoding != Encoding::kUtf8Mark) return std::nullopt;
  if (const std::string_view magic = binary_by_beginning(content); !magic.empty()) {
    return fmt::format("binary: {}", magic);
  }
  if (content.find('\0') != std::string_view::npos) return "binary: it has NUL bytes";
  if (has_many_controls(content.substr(0, kLookedAt))) {
    return "binary: control characters among its bytes";
  }
  return why_minified(name, content);
}

}  // namespace quern::apps
