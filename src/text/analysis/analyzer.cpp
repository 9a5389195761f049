#include "text/analysis/analyzer.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utf8proc.h>

#include "base/char_class.h"
#include "base/check.h"
#include "base/utf8.h"
#include "text/analysis/code_words.h"
#include "text/analysis/stem.h"
#include "text/analysis/words.h"

namespace quern::text {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"english", "standard", "code", "code_english",
                                                    "simple"};

// No identifier has it, so stems and parts of identifiers are never the same term.
constexpr char kStemMark = '~';

// Source: Lucene's EnglishAnalyzer.ENGLISH_STOP_WORDS_SET. Sorted.
constexpr std::array<std::string_view, 33> kStopWords = {
    "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
    "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
    "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};
static_assert(std::is_sorted(kStopWords.begin(), kStopWords.end()));

bool is_stop_word(std::string_view word) {
  return word.size() <= 5 && std::binary_search(kStopWords.begin(), kStopWords.end(), word);
}

// "'s" in any case behind a straight, curly or full-width apostrophe.
std::string_view without_possessive(std::string_view word) {
  if (word.size() < 2 || (word.back() != 's' && word.back() != 'S')) return word;
  for (const std::string_view apostrophe : {"'", "\u2019", "\uFF07"}) {
    const std::string_view before = word.substr(0, word.size() - 1);
    if (before.ends_with(apostrophe)) return before.substr(0, before.size() - apostrophe.size());
  }
  return word;
}

// By Unicode's simple mapping, character for character, as Lucene's LowerCaseFilter.
void lower_to(std::string_view utf8, std::string& out) {
  out.clear();
  for (std::size_t pos = 0; pos < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[pos]);
    if (byte < 0x80) {
      out.push_back(byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : utf8[pos]);
      ++pos;
      continue;
    }
    const Decoded c = decode_utf8(utf8, pos);
    append_utf8(static_cast<CodePoint>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c.code))),
                out);
    pos += static_cast<std::size_t>(c.n_bytes);
  }
}

std::optional<WordSpan> next_letters(std::string_view utf8, std::size_t pos) {
  WordSpan span = {pos, pos};
  int n_chars = 0;
  while (span.end < utf8.size() && n_chars < kMaxWordChars) {
    const Decoded c = decode_utf8(utf8, span.end);
    const std::size_t end = span.end + static_cast<std::size_t>(c.n_bytes);
    if (c.valid && is_letter(c.code)) {
      span.end = end;
      ++n_chars;
    } else if (n_chars > 0) {
      break;
    } else {
      span = {end, end};
    }
  }
  return n_chars > 0 ? std::optional(span) : std::nullopt;
}

std::string_view text_of(std::string_view utf8, WordSpan span) {
  return utf8.substr(span.begin, span.end - span.begin);
}

}  // namespace

struct Analyzer::Impl {
  std::string_view name;
  PorterStemmer stemmer;
  std::string lower;
  std::string stem;

  Term term_of(std::string_view utf8, WordSpan span, std::uint32_t position) {
    lower_to(text_of(utf8, span), lower);
    return {lower, position, span.begin, span.end};
  }

  void english(std::string_view utf8, const TermSink& sink) {
    WordReader words(utf8);
    for (std::uint32_t position = 0; const auto span = words.next(); ++position) {
      lower_to(without_possessive(text_of(utf8, *span)), lower);
      if (lower.empty() || is_stop_word(lower)) continue;
      sink({stemmer.stem(lower), position, span->begin, span->end});
    }
  }

  void standard(std::string_view utf8, const TermSink& sink) {
    WordReader words(utf8);
    for (std::uint32_t position = 0; const auto span = words.next(); ++position) {
      sink(term_of(utf8, *span, position));
    }
  }

  void simple(std::string_view utf8, const TermSink& sink) {
    std::uint32_t position = 0;
    std::size_t pos = 0;
    while (const auto span = next_letters(utf8, pos)) {
      pos = span->end;
      sink(term_of(utf8, *span, position++));
    }
  }

  // The part's stem beside it, so that "parsing" and "parse" meet, and less than the part alone.
  void stem_of(const Term& part, const TermSink& sink) {
    if (is_stop_word(part.text) || part.text.size() >= kMaxTermBytes) return;
    stem.assign(1, kStemMark);
    stem += stemmer.stem(part.text);
    sink({stem, part.position, part.begin, part.end, true});
  }

  // An identifier of several parts stands whole at the position of the first one.
  void code(std::string_view utf8, bool has_stems, const TermSink& sink) {
    std::uint32_t position = 0;
    std::size_t pos = 0;
    while (const auto found = next_identifier(utf8, pos)) {
      pos = found->end;
      const std::string_view identifier = text_of(utf8, *found);
      auto part = next_part(identifier, 0);
      const bool is_one_part = part->begin == 0 && part->end == identifier.size();
      // What is longer than a word is no name, but data.
      const bool has_whole = !is_one_part && count_chars(identifier) <= kMaxWordChars;
      if (has_whole) sink(term_of(utf8, *found, position));
      for (bool is_first = true; part; part = next_part(identifier, part->end), is_first = false) {
        const WordSpan span = {found->begin + part->begin, found->begin + part->end};
        Term term = term_of(utf8, span, position++);
        term.is_overlap = has_whole && is_first;
        sink(term);
        if (has_stems) stem_of(term, sink);
      }
    }
  }
};

Analyzer::Analyzer(std::string_view name) : impl_(std::make_unique<Impl>()) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  QUERN_CHECK(found != kNames.end());
  impl_->name = *found;
}
Analyzer::Analyzer(Analyzer&& other) noexcept = default;
Analyzer& Analyzer::operator=(Analyzer&& other) noexcept = default;
Analyzer::~Analyzer() = default;

void Analyzer::analyze(std::string_view utf8, const TermSink& sink) {
  if (impl_->name == "english") return impl_->english(utf8, sink);
  if (impl_->name == "standard") return impl_->standard(utf8, sink);
  if (impl_->name == "code") return impl_->code(utf8, false, sink);
  if (impl_->name == "code_english") return impl_->code(utf8, true, sink);
  impl_->simple(utf8, sink);
}

std::string_view Analyzer::name() const { return impl_->name; }

Result<Analyzer> make_analyzer(std::string_view name) {
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
    return Status(Code::kBadInput,
                  fmt::format("no analyzer '{}', want {}", name, fmt::join(kNames, ", ")));
  }
  return Analyzer(name);
}

std::span<const std::string_view> analyzer_names() { return kNames; }

}  // namespace quern::text
