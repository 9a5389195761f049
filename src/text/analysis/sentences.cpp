#include "text/analysis/sentences.h"

#include <algorithm>

#include <utf8proc.h>

#include "base/char_class.h"
#include "base/utf8.h"
#include "text/analysis/abbreviations.h"
#include "text/analysis/text_blocks.h"

namespace quern::text {
namespace {

// No word that decides is longer; so no stop costs more than this, however long what is beside it.
constexpr std::size_t kMaxWordBytes = 48;

bool ends_with_blank(CodePoint code) {
  return code == '.' || code == '!' || code == '?' || code == 0x2026 || code == 0x0964 ||
         code == 0x061F || code == 0x06D4;  // An ellipsis; of Hindi, Arabic and Urdu.
}

// Behind these no blank is needed: full stops and their like of Chinese and Japanese.
bool ends_alone(CodePoint code) {
  return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == 0xFF61;
}

bool is_closing(CodePoint code) {
  switch (code) {
    case '"':
    case '\'':
    case ')':
    case ']':
    case '}':
    case 0x2019:
    case 0x201D:
    case 0xBB:    // >>
    case 0x203A:  // >
    case 0x300D:  // Of Chinese and Japanese, as the next.
    case 0x300F:
    case 0x3011:
    case 0xFF09:
      return true;
    default:
      return false;
  }
}

bool is_opening(CodePoint code) {
  switch (code) {
    case '"':
    case '\'':
    case '(':
    case '[':
    case '{':
    case 0x2018:
    case 0x201C:
    case 0xAB:
    case 0x2039:
      return true;
    default:
      return false;
  }
}

bool is_digit(CodePoint code) { return code >= '0' && code <= '9'; }

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_lower(CodePoint code) {
  if (code < 0x80) return code >= 'a' && code <= 'z';
  const auto c = static_cast<utf8proc_int32_t>(code);
  return utf8proc_toupper(c) != c;
}

/// A stop that may end a sentence, with what belongs to it.
struct Stop {
  std::size_t begin = 0;
  std::size_t end = 0;     // Behind quotes and brackets that it closes, and a reference.
  bool is_strong = false;  // With a ! or ?, or one that needs no blank.
  bool is_alone = false;   // Needs no blank behind it.
};

/// Cuts one block.
class BlockCut {
 public:
  BlockCut(std::string_view utf8, ByteSpan block, ByteSpans& out)
      : utf8_(utf8.substr(0, block.end)), begin_(block.begin), out_(out) {}

  void run() {
    for (std::size_t at = begin_; at < utf8_.size();) {
      const Decoded c = decode_utf8(utf8_, at);
      if (!ends_with_blank(c.code) && !ends_alone(c.code)) {
        at += static_cast<std::size_t>(c.n_bytes);
        continue;
      }
      const Stop stop = read_stop(at);
      if (is_end(stop)) emit(stop.end);
      at = stop.end;
    }
    emit(utf8_.size());
  }

 private:
  Decoded at(std::size_t i) const { return decode_utf8(utf8_, i); }
  Stop read_stop(std::size_t begin) const;
  std::size_t behind_reference(std::size_t begin, std::size_t at) const;
  bool is_end(const Stop& stop) const;
  bool is_end_before(const Stop& stop, std::size_t next) const;
  bool is_end_without_blank(const Stop& stop) const;
  bool is_number_of_item(std::size_t end) const;
  std::string_view word_before(std::size_t end) const;
  std::string_view word_at(std::size_t begin) const;
  std::size_t cut_of(std::size_t begin) const;
  void emit(std::size_t end);

  std::string_view utf8_;  // To the block's end.
  std::size_t begin_;      // Of the sentence that is being read.
  ByteSpans& out_;
};

Stop BlockCut::read_stop(std::size_t begin) const {
  Stop out = {.begin = begin, .end = begin};
  while (out.end < utf8_.size()) {
    const Decoded c = at(out.end);
    if (!ends_with_blank(c.code) && !ends_alone(c.code)) break;
    out.is_alone = out.is_alone || ends_alone(c.code);
    out.is_strong = out.is_strong || c.code != '.';
    out.end += static_cast<std::size_t>(c.n_bytes);
  }
  if (begin > begin_) out.end = behind_reference(begin, out.end);
  while (out.end < utf8_.size()) {
    const Decoded c = at(out.end);
    if (!is_closing(c.code)) break;
    out.end += static_cast<std::size_t>(c.n_bytes);
  }
  return out;
}

// "cells.[12,13] The", "cells.12 The": the numbers belong to the sentence that they are behind.
std::size_t BlockCut::behind_reference(std::size_t begin, std::size_t at) const {
  const char before = utf8_[begin - 1];
  if (!is_ascii_letter(before) && before != ')' && before != '"') return at;
  std::size_t end = at;
  const bool has_bracket = end < utf8_.size() && utf8_[end] == '[';
  if (has_bracket) ++end;
  const std::size_t first = end;
  constexpr std::string_view kNumbers = "0123456789,-";
  while (end < utf8_.size() && end < at + kMaxWordBytes &&
         kNumbers.find(utf8_[end]) != std::string_view::npos) {
    ++end;
  }
  if (end == first) return at;
  if (!has_bracket) return end == utf8_.size() || utf8_[end] == ' ' ? end : at;
  return end < utf8_.size() && utf8_[end] == ']' ? end + 1 : at;
}

bool BlockCut::is_end(const Stop& stop) const {
  if (stop.is_alone) return true;
  std::size_t next = stop.end;
  while (next < utf8_.size()) {
    const Decoded c = at(next);
    if (!is_white_space(c.code)) break;
    next += static_cast<std::size_t>(c.n_bytes);
  }
  if (next == utf8_.size()) return true;
  if (next == stop.end) return is_end_without_blank(stop);
  return !is_number_of_item(stop.begin) && is_end_before(stop, next);
}

// A blank was forgotten: "of the cells.The results". Not in an address of the net or a file's name.
bool BlockCut::is_end_without_blank(const Stop& stop) const {
  if (stop.end != stop.begin + 1) return false;
  const std::string_view before = word_before(stop.begin);
  const bool is_word = before.size() > 2 && before.size() < kMaxWordBytes &&
                       std::all_of(
                           before.begin() + 1, before.end(),
                           [](char c) { return is_lower(static_cast<unsigned char>(c)); });
  return is_word && is_ascii_letter(before[0]) && begins_sentences(word_at(stop.end));
}

bool BlockCut::is_end_before(const Stop& stop, std::size_t next) const {
  std::size_t first = next;
  for (int n = 0; n < 3 && first < utf8_.size() && is_opening(at(first).code); ++n) {
    first += static_cast<std::size_t>(at(first).n_bytes);
  }
  if (first == utf8_.size()) return false;
  const CodePoint c = at(first).code;
  const std::string_view word = word_at(first);
  if (std::string_view("<>=+%,;:/)]}.!?").find(static_cast<char>(c)) != std::string_view::npos &&
      c < 0x80) {
    return false;
  }
  // "p53", "mTOR", "siRNA" and "β-catenin" begin sentences, too.
  const bool is_greek = c >= 0x3B1 && c <= 0x3C9 && word.size() > 2 && word[2] == '-';
  const bool is_mixed =
      std::any_of(word.begin() + (word.empty() ? 0 : 1), word.end(), [](char letter) {
        return is_digit(static_cast<unsigned char>(letter)) || (letter >= 'A' && letter <= 'Z');
      });
  const bool is_term = is_lower(c) && (is_greek || is_mixed);
  if (is_lower(c) && !is_term) return false;
  if (stop.is_strong) return true;
  const std::string_view before = word_before(stop.begin);
  const bool is_before_number =
      is_digit(c) || word.size() == 1 || std::any_of(word.begin(), word.end(), [](char letter) {
        return is_digit(static_cast<unsigned char>(letter));
      });
  // The "d" of "2 mg/d" is no initial.
  const bool is_unit =
      before.size() == 1 && before.data() > utf8_.data() && before.data()[-1] == '/';
  switch (is_unit ? StopWord::kPlain : stop_word(before)) {
    case StopWord::kTitle:
      return false;
    case StopWord::kReference:
      return !is_before_number && !is_term && first == next;
    case StopWord::kMaybe:
      return first == next && begins_sentences(word);
    case StopWord::kPlain:
      break;
  }
  // "0. 05": a number that was torn apart.
  return !(is_digit(c) && before == "0");
}

// "3. ", "(b). ", "iv. ": the sentence is still to come.
bool BlockCut::is_number_of_item(std::size_t end) const {
  std::size_t at = begin_;
  while (at < end && is_white_space(static_cast<unsigned char>(utf8_[at]))) ++at;
  if (at < end && utf8_[at] == '(') ++at;
  std::string_view item = utf8_.substr(at, end - at);
  if (item.ends_with(')')) item.remove_suffix(1);
  if (item.empty() || item.size() > 5) return false;
  const auto is_all = [&](std::string_view of) {
    return item.find_first_not_of(of) == std::string_view::npos;
  };
  return (item.size() <= 3 && is_all("0123456789")) || is_all("ivxIVX") || is_all("0123456789.") ||
         (item.size() == 1 && is_ascii_letter(item[0]));
}

std::string_view BlockCut::word_before(std::size_t end) const {
  std::size_t begin = end;
  while (begin > begin_ && end - begin < kMaxWordBytes) {
    const auto c = static_cast<unsigned char>(utf8_[begin - 1]);
    if (c <= ' ' || c == '(' || c == '[' || c == '"' || c == '/' || c == ',') break;
    --begin;
  }
  return utf8_.substr(begin, end - begin);
}

std::string_view BlockCut::word_at(std::size_t begin) const {
  std::size_t end = begin;
  while (end < utf8_.size() && end - begin < kMaxWordBytes) {
    const auto c = static_cast<unsigned char>(utf8_[end]);
    const bool is_in_word = c >= 0x80 || is_ascii_letter(utf8_[end]) || is_digit(c) || c == '-';
    if (!is_in_word) break;
    ++end;
  }
  return utf8_.substr(begin, end - begin);
}

// Of what is too long: between words, else between characters.
std::size_t BlockCut::cut_of(std::size_t begin) const {
  const std::size_t cut = begin + kMaxSentenceBytes;
  for (std::size_t i = cut; i > begin + kMaxSentenceBytes / 2; --i) {
    if (is_white_space(static_cast<unsigned char>(utf8_[i]))) return i;
  }
  for (std::size_t n = 1; n < 4; ++n) {
    if (static_cast<std::size_t>(at(cut - n).n_bytes) > n) return cut - n;
  }
  return cut;
}

// The sentence ends here: without blanks, and in pieces where it is too long.
void BlockCut::emit(std::size_t end) {
  std::size_t begin = begin_;
  begin_ = end;
  const auto skip_blanks = [&] {
    while (begin < end) {
      const Decoded c = at(begin);
      if (!is_white_space(c.code)) break;
      begin += static_cast<std::size_t>(c.n_bytes);
    }
  };
  skip_blanks();
  while (begin < end) {
    std::size_t cut = end;
    if (end - begin > kMaxSentenceBytes) cut = cut_of(begin);
    std::size_t last = cut;
    while (last > begin) {
      std::size_t start = last - 1;
      while (start > begin && last - start < 4 && is_continuation_byte(utf8_[start])) --start;
      const Decoded c = at(start);
      if (!is_white_space(c.code) || start + static_cast<std::size_t>(c.n_bytes) != last) break;
      last = start;
    }
    if (last > begin) out_.push_back({begin, last});
    begin = cut;
    skip_blanks();
  }
}

}  // namespace

ByteSpans sentences_of(std::string_view utf8) {
  ByteSpans out;
  for (const ByteSpan& block : blocks_of(utf8)) BlockCut(utf8, block, out).run();
  return out;
}

}  // namespace quern::text
