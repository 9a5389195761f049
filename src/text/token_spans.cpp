#include "text/token_spans.h"

#include <algorithm>
#include <string>

#include "base/utf8.h"

namespace quern::text {
namespace {

// Words that are tried together where one alone gives other tokens than it gave in its text.
constexpr int kMostWordsTogether = 8;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Characters that normal forms drop: they belong to the one before them.
bool is_dropped(CodePoint c) {
  return (c >= 0x300 && c <= 0x36f) || c == 0xad || (c >= 0x200b && c <= 0x200f) || c == 0xfe0f ||
         c < 0x20 || (c >= 0x7f && c < 0xa0) || c == kReplacement;
}

/// The end of the word that begins at `at`, white space before it included; at the end of a text,
/// what is behind it too.
std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  while (at < text.size() && !is_space(text[at])) ++at;
  const bool is_last =
      std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_space);
  return is_last ? text.size() : at;
}

/// A stretch of text and its tokens.
class Word {
 public:
  Word(std::string_view text, std::size_t begin, std::size_t end) : text_(text) {
    span_ = trimmed({begin, end});
    whole_ = {begin, end};
  }

  std::vector<ByteSpan> spread(const Tokenizer& tokenizer, TokenId unknown,
                               const std::vector<TokenId>& ids) const {
    std::vector<std::string> pieces(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) tokenizer.decode(ids[i], pieces[i]);
    std::vector<ByteSpan> out(ids.size(), span_);
    if (!by_bytes(pieces, out)) by_characters(pieces, ids, unknown, out);
    return out;
  }

 private:
  ByteSpan trimmed(ByteSpan span) const {
    while (span.begin < span.end && is_space(text_[span.begin])) ++span.begin;
    while (span.end > span.begin && is_space(text_[span.end - 1])) --span.end;
    return span;
  }

  /// Tokens that are the bytes of the text, as of byte-level BPE: one may end within a character.
  bool by_bytes(const std::vector<std::string>& pieces, std::vector<ByteSpan>& out) const {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    if (all != text_.substr(whole_.begin, whole_.end - whole_.begin)) return false;
    std::size_t at = whole_.begin;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      ByteSpan span{at, at + pieces[i].size()};
      at = span.end;
      while (span.begin > 0 && span.begin < text_.size() &&
             is_continuation_byte(text_[span.begin])) {
        --span.begin;
      }
      while (span.end < text_.size() && is_continuation_byte(text_[span.end])) ++span.end;
      // A tab or a line end is a token of its own, a space belongs to the word behind it.
      while (span.begin < span.end && text_[span.begin] == ' ') ++span.begin;
      while (span.end > span.begin && text_[span.end - 1] == ' ') --span.end;
      out[i] = span;
    }
    return true;
  }

  /// Tokens of as many characters as the text, which may be other ones: of lower case, say.
  void by_characters(const std::vector<std::string>& pieces, const std::vector<TokenId>& ids,
                     TokenId unknown, std::vector<ByteSpan>& out) const {
    const std::vector<std::size_t> starts = characters_of(span_);
    const std::size_t n_chars = starts.size() - 1;
    std::vector<std::size_t> lengths(pieces.size());
    std::size_t n_known = 0;
    std::size_t n_unknown = 0;
    std::size_t i_unknown = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (ids[i] == unknown) {
        ++n_unknown;
        i_unknown = i;
      } else {
        n_known += lengths[i] = length_of(pieces[i], i > 0);
      }
    }
    if (n_unknown > 1 || n_known > n_chars) return;
    if (n_unknown == 1) lengths[i_unknown] = n_chars - n_known;
    if (n_unknown == 0 && n_known != n_chars) return;
    std::size_t at = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      out[i] = {starts[at], starts[at + lengths[i]]};
      at += lengths[i];
    }
  }

  /// Where each character of a stretch begins, and its end.
  std::vector<std::size_t> characters_of(ByteSpan span) const {
    std::vector<std::size_t> out;
    for (std::size_t at = span.begin; at < span.end;) {
      const Decoded c = decode_utf8(text_, at);
      if (!is_dropped(c.code) && !is_space(text_[at])) out.push_back(at);
      at += static_cast<std::size_t>(c.n_bytes);
    }
    out.push_back(span.end);
    return out;
  }

  /// Characters of a token, without the marks of WordPiece and of SentencePiece.
  static std::size_t length_of(std::string_view piece, bool continues) {
    if (continues && piece.size() > 2 && piece.starts_with("##")) piece.remove_prefix(2);
    std::size_t n = 0;
    for (std::size_t at = 0; at < piece.size();) {
      const Decoded c = decode_utf8(piece, at);
      if (!is_dropped(c.code) && !is_space(piece[at])) ++n;
      at += static_cast<std::size_t>(c.n_bytes);
    }
    return n;
  }

  std::string_view text_;
  ByteSpan span_, whole_;
};

bool stands_at(const std::vector<TokenId>& all, std::size_t at, const std::vector<TokenId>& part) {
  return part.size() <= all.size() - at &&
         std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::vector<ByteSpan> token_spans(const Tokenizer& tokenizer, TokenId unknown,
                                  std::string_view utf8, const std::vector<TokenId>& ids) {
  std::vector<ByteSpan> out;
  std::size_t begin = 0;
  while (begin < utf8.size() && out.size() < ids.size()) {
    std::vector<TokenId> own;
    std::size_t end = begin;
    bool fits = false;
    for (int n = 0; n < kMostWordsTogether && !fits && end < utf8.size(); ++n) {
      end = end_of_word(utf8, end);
      own.clear();
      tokenizer.encode(utf8.substr(begin, end - begin), Specials::kAsToken, own);
      fits = stands_at(ids, out.size(), own) &&
             (end < utf8.size() || out.size() + own.size() == ids.size());
    }
    if (!fits) {  // All that is left, as one word.
      end = utf8.size();
      own.assign(ids.begin() + static_cast<std::ptrdiff_t>(out.size()), ids.end());
    }
    const std::vector<ByteSpan> spans = Word(utf8, begin, end).spread(tokenizer, unknown, own);
    out.insert(out.end(), spans.begin(), spans.end());
    begin = end;
  }
  out.resize(ids.size(), {utf8.size(), utf8.size()});
  return out;
}

}  // namespace quern::text
