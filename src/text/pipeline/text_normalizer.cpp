#include "text/pipeline/text_normalizer.h"

#include <array>

#include <utf8proc.h>

#include "base/char_class.h"
#include "base/utf8.h"
#include "text/bert/bert_chars.h"
#include "text/bpe/byte_chars.h"
#include "text/pipeline/overloaded.h"
#include "text/pipeline/unicode_form.h"

namespace quern::text {
namespace {

bool is_mark(CodePoint code) {
  const auto kind = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_MC ||
         kind == UTF8PROC_CATEGORY_ME;
}

bool is_nmt_dropped(CodePoint code) {
  return (code >= 0x01 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) ||
         code == 0x7F || code == 0x8F || code == 0x9F;
}

bool is_nmt_space(CodePoint code) {
  switch (code) {
    case 0x09:
    case 0x0A:
    case 0x0C:
    case 0x0D:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x2581:
    case 0xFEFF:
    case 0xFFFD:
      return true;
    default:
      return code >= 0x200B && code <= 0x200F;
  }
}

/// Appends the characters of `in` for which `keeps` is true. True if the first was not.
template <typename Keeps>
bool append_if(std::string_view in, const Keeps& keeps, std::string& out) {
  bool lost_front = false;
  for (std::size_t pos = 0; pos < in.size();) {
    const Decoded c = decode_utf8(in, pos);
    const auto n = static_cast<std::size_t>(c.n_bytes);
    if (keeps(c.code)) {
      out += in.substr(pos, n);
    } else {
      lost_front = lost_front || pos == 0;
    }
    pos += n;
  }
  return lost_front;
}

void append_lower(std::string_view in, std::string& out) {
  for (std::size_t pos = 0; pos < in.size();) {
    const Decoded c = decode_utf8(in, pos);
    std::array<CodePoint, 2> lower{};
    const int n = bert_lower(c.code, lower);
    for (int i = 0; i < n; ++i) append_utf8(lower[static_cast<std::size_t>(i)], out);
    pos += static_cast<std::size_t>(c.n_bytes);
  }
}

void append_nmt(std::string_view in, std::string& out) {
  for (std::size_t pos = 0; pos < in.size();) {
    const Decoded c = decode_utf8(in, pos);
    if (!is_nmt_dropped(c.code)) append_utf8(is_nmt_space(c.code) ? ' ' : c.code, out);
    pos += static_cast<std::size_t>(c.n_bytes);
  }
}

std::string_view stripped(const normalizers::Strip& strip, std::string_view text) {
  while (strip.left && !text.empty()) {
    const Decoded c = decode_utf8(text, 0);
    if (!is_white_space(c.code)) break;
    text.remove_prefix(static_cast<std::size_t>(c.n_bytes));
  }
  while (strip.right && !text.empty()) {
    const std::size_t last = last_char(text);
    if (!is_white_space(decode_utf8(text, last).code)) break;
    text = text.substr(0, last);
  }
  return text;
}

}  // namespace

Result<TextNormalizer::Step> TextNormalizer::make_step(const Normalizer& normalizer) {
  if (const auto* rules = std::get_if<BertRules>(&normalizer)) return Step(BertNormalizer(*rules));
  if (const auto* form = std::get_if<normalizers::UnicodeForm>(&normalizer)) return Step(*form);
  if (const auto* strip = std::get_if<normalizers::Strip>(&normalizer)) return Step(*strip);
  if (const auto* prepend = std::get_if<normalizers::Prepend>(&normalizer)) return Step(*prepend);
  if (std::holds_alternative<normalizers::Lowercase>(normalizer)) {
    return Step(normalizers::Lowercase{});
  }
  if (std::holds_alternative<normalizers::StripAccents>(normalizer)) {
    return Step(normalizers::StripAccents{});
  }
  if (std::holds_alternative<normalizers::Nmt>(normalizer)) return Step(normalizers::Nmt{});
  if (const auto* replace = std::get_if<Replace>(&normalizer)) {
    QUERN_ASSIGN(Matcher matcher, Matcher::make(replace->pattern));
    return Step(Replacing{std::move(matcher), replace->content});
  }
  if (const auto* precompiled = std::get_if<normalizers::Precompiled>(&normalizer)) {
    QUERN_ASSIGN(Charsmap charsmap, Charsmap::make(*precompiled));
    return Step(std::move(charsmap));
  }
  return Step(normalizers::ByteLevel{});
}

Result<TextNormalizer> TextNormalizer::make(const std::vector<Normalizer>& list) {
  TextNormalizer made;
  for (const Normalizer& normalizer : list) {
    const std::string where = "normalizer " + std::to_string(made.steps_.size() + 1);
    QUERN_ASSIGN(Step step, make_step(normalizer).in(where));
    made.steps_.push_back(std::move(step));
  }
  return made;
}

void TextNormalizer::run(const Step& step, std::string_view in, Scratch& scratch,
                         std::string& out) {
  std::visit(Overloaded{
                 [&](const BertNormalizer& bert) { bert.normalize(in, out); },
                 [&](normalizers::UnicodeForm form) { append_in_form(form, in, out); },
                 [&](const normalizers::Lowercase&) { append_lower(in, out); },
                 [&](const normalizers::StripAccents&) {
                   const bool lost = append_if(in, [](CodePoint c) { return !is_mark(c); }, out);
                   scratch.lost_front = scratch.lost_front || lost;
                 },
                 [&](const normalizers::Strip& strip) {
                   const std::string_view kept = stripped(strip, in);
                   scratch.lost_front = scratch.lost_front || kept.data() != in.data();
                   out += kept;
                 },
                 [&](const Replacing& replacing) {
                   replacing.matcher.append_replaced(in, replacing.content, scratch.regex, out);
                 },
                 [&](const normalizers::Prepend& prepend) {
                   if (!in.empty()) out.append(prepend.text).append(in);
                 },
                 [&](const normalizers::Nmt&) { append_nmt(in, out); },
                 [&](const Charsmap& charsmap) { charsmap.append(in, out); },
                 [&](const normalizers::ByteLevel&) {
                   for (const char c : in) append_byte_char(static_cast<unsigned char>(c), out);
                 },
             },
             step);
}

std::string_view TextNormalizer::normalize(std::string_view text, Scratch& scratch,
                                           std::string& storage) const {
  scratch.lost_front = false;
  if (steps_.empty()) return text;
  std::string_view in = text;
  for (const Step& step : steps_) {
    std::string& out = scratch.other;
    out.clear();
    run(step, in, scratch, out);
    std::swap(storage, scratch.other);
    in = storage;
  }
  return storage;
}

std::size_t TextNormalizer::resident_bytes() const {
  std::size_t n = steps_.capacity() * sizeof(Step);
  for (const Step& step : steps_) {
    if (const auto* replacing = std::get_if<Replacing>(&step)) {
      n += replacing->matcher.resident_bytes() + replacing->content.capacity();
    } else if (const auto* charsmap = std::get_if<Charsmap>(&step)) {
      n += charsmap->resident_bytes();
    } else if (const auto* prepend = std::get_if<normalizers::Prepend>(&step)) {
      n += prepend->text.capacity();
    }
  }
  return n;
}

}  // namespace quern::text
