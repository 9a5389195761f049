#include "text/pipeline/pre_tokenization.h"

#include "base/char_class.h"
#include "base/code_range.h"
#include "base/utf8.h"
#include "text/bert/bert_chars.h"
#include "text/bert/bert_words.h"
#include "text/bpe/bpe_words.h"
#include "text/bpe/byte_chars.h"

namespace quern::text {
namespace {

namespace pre = pre_tokenizers;
using pre::Behavior;
using Scratch = PreTokenization::Scratch;

#include "text/pipeline/script_tables.inc"

// Rust's regex crate counts joiners as word characters, as is_word_char does.
enum class Kind { kWord, kSpace, kOther };

Kind kind_of(CodePoint code) {
  if (is_white_space(code)) return Kind::kSpace;
  return is_word_char(code) ? Kind::kWord : Kind::kOther;
}

/// Calls `take(begin, end, class)` for runs of characters of one class.
template <typename ClassOf, typename Take>
void for_each_run(std::string_view text, const ClassOf& class_of, const Take& take) {
  std::size_t begin = 0;
  auto last = class_of(0);
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    const auto now = class_of(c.code);
    if (pos > begin && now != last) {
      take(begin, pos, last);
      begin = pos;
    }
    last = now;
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  if (begin < text.size()) take(begin, text.size(), last);
}

/// Stretches of the characters for which `is_match` is true, each alone, and of the others.
template <typename IsMatch>
void stretches_of_chars(std::string_view text, const IsMatch& is_match, std::vector<Stretch>& out) {
  std::size_t done = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    const Decoded c = decode_utf8(text, pos);
    const std::size_t end = pos + static_cast<std::size_t>(c.n_bytes);
    if (is_match(c.code)) {
      if (done < pos) out.push_back({done, pos, false});
      out.push_back({pos, end, true});
      done = end;
    }
    pos = end;
  }
  if (done < text.size()) out.push_back({done, text.size(), false});
}

void stretches_of_matches(std::string_view text, const Matcher& matcher, RegexScratch& regex,
                          std::vector<Stretch>& out) {
  std::size_t done = 0;
  matcher.for_each(text, regex, [&](const RegexMatch& match) {
    if (done < match.begin) out.push_back({done, match.begin, false});
    out.push_back({match.begin, match.end, true});
    done = match.end;
  });
  if (done < text.size()) out.push_back({done, text.size(), false});
}

/// Runs a step that leaves the text as it is: `cut(piece_text, add)` calls `add(begin, end)`.
template <typename Cut>
void cut_pieces(std::string_view text, Scratch& scratch, const Cut& cut) {
  scratch.next_pieces.clear();
  for (const TextPiece& piece : scratch.pieces) {
    cut(text.substr(piece.begin, piece.end - piece.begin), [&](std::size_t begin, std::size_t end) {
      if (begin == end) return;
      scratch.next_pieces.push_back(
          {piece.begin + begin, piece.begin + end, piece.is_front && begin == 0});
    });
  }
  std::swap(scratch.pieces, scratch.next_pieces);
}

/// The same for a step that finds stretches: `find(piece_text, stretches)`.
template <typename Find>
void split_pieces(std::string_view text, Scratch& scratch, Behavior behavior, const Find& find) {
  cut_pieces(text, scratch, [&](std::string_view part, const auto& add) {
    scratch.stretches.clear();
    find(part, scratch.stretches);
    apply_behavior(behavior, scratch.stretches);
    for (const Stretch& stretch : scratch.stretches) add(stretch.begin, stretch.end);
  });
}

template <typename IsMatch>
void split_at_chars(std::string_view text, Scratch& scratch, Behavior behavior,
                    const IsMatch& is_match) {
  split_pieces(text, scratch, behavior, [&](std::string_view part, std::vector<Stretch>& out) {
    stretches_of_chars(part, is_match, out);
  });
}

/// The other steps write a new text: they add to next_text, and end each new piece with this.
void end_piece(Scratch& scratch, std::size_t begin, bool is_front) {
  if (begin < scratch.next_text.size()) {
    scratch.next_pieces.push_back({begin, scratch.next_text.size(), is_front});
  }
}

template <typename Write>
void rewrite_pieces(std::string_view text, Scratch& scratch, const Write& write) {
  scratch.next_text.clear();
  scratch.next_pieces.clear();
  for (const TextPiece& piece : scratch.pieces) {
    write(text.substr(piece.begin, piece.end - piece.begin), piece.is_front);
  }
  std::swap(scratch.text, scratch.next_text);
  std::swap(scratch.pieces, scratch.next_pieces);
}

void write_byte_level(const pre::ByteLevel& rules, std::string_view part, bool is_front,
                      Scratch& scratch) {
  if (rules.add_prefix_space && !part.starts_with(' ')) {
    part = scratch.part.assign(" ").append(part);
  }
  while (!part.empty()) {
    const std::string_view word =
        rules.use_regex ? next_bpe_word(BpeWords::kGpt2, part) : std::exchange(part, {});
    const std::size_t begin = scratch.next_text.size();
    for (const char c : word) append_byte_char(static_cast<unsigned char>(c), scratch.next_text);
    end_piece(scratch, begin, std::exchange(is_front, false));
  }
}

bool wants_prefix(const pre::Metaspace& rules, std::string_view part, bool is_front) {
  if (part.starts_with(' ') || part.starts_with(rules.replacement)) return false;
  return rules.prepend_scheme == pre::PrependScheme::kAlways ||
         (rules.prepend_scheme == pre::PrependScheme::kFirst && is_front);
}

void write_metaspace(const pre::Metaspace& rules, std::string_view part, bool is_front,
                     Scratch& scratch) {
  std::string& out = scratch.next_text;
  std::size_t begin = out.size();
  const auto start_piece = [&] {
    end_piece(scratch, begin, is_front);
    is_front = is_front && begin == out.size();
    begin = out.size();
  };
  if (wants_prefix(rules, part, is_front)) out += rules.replacement;
  for (std::size_t pos = 0; pos < part.size();) {
    const bool is_mark = part.substr(pos).starts_with(rules.replacement);
    if (!is_mark && part[pos] != ' ') {
      out += part[pos++];
      continue;
    }
    if (rules.split) start_piece();
    out += rules.replacement;
    pos += is_mark ? rules.replacement.size() : 1;
  }
  end_piece(scratch, begin, is_front);
}

// One function for each component: it changes scratch.pieces, and returns the text that they are
// pieces of.

std::string_view run_step(const pre::BertPreTokenizer&, std::string_view text, Scratch& scratch) {
  cut_pieces(text, scratch, [](std::string_view part, const auto& add) {
    const char* front = part.data();
    while (!part.empty()) {
      const std::string_view word = next_bert_word(part);
      const auto begin = static_cast<std::size_t>(word.data() - front);
      if (!word.empty()) add(begin, begin + word.size());
    }
  });
  return text;
}

std::string_view run_step(const pre::Whitespace&, std::string_view text, Scratch& scratch) {
  cut_pieces(text, scratch, [](std::string_view part, const auto& add) {
    for_each_run(part, kind_of, [&](std::size_t begin, std::size_t end, Kind kind) {
      if (kind != Kind::kSpace) add(begin, end);
    });
  });
  return text;
}

std::string_view run_step(const pre::WhitespaceSplit&, std::string_view text, Scratch& scratch) {
  split_at_chars(text, scratch, Behavior::kRemoved, is_white_space);
  return text;
}

std::string_view run_step(const pre::Punctuation& rules, std::string_view text, Scratch& scratch) {
  split_at_chars(text, scratch, rules.behavior, is_bert_punctuation);
  return text;
}

std::string_view run_step(const pre::Digits& rules, std::string_view text, Scratch& scratch) {
  split_at_chars(text, scratch, rules.individual ? Behavior::kIsolated : Behavior::kContiguous,
                 is_number);
  return text;
}

std::string_view run_step(const MatchSplit& split, std::string_view text, Scratch& scratch) {
  split_pieces(text, scratch, split.behavior,
               [&](std::string_view part, std::vector<Stretch>& out) {
                 stretches_of_matches(part, split.matcher, scratch.regex, out);
                 for (Stretch& stretch : out) stretch.is_match ^= split.invert;
               });
  return text;
}

std::string_view run_step(const pre::ByteLevel& rules, std::string_view text, Scratch& scratch) {
  rewrite_pieces(text, scratch, [&](std::string_view part, bool is_front) {
    write_byte_level(rules, part, is_front, scratch);
  });
  return scratch.text;
}

std::string_view run_step(const pre::Metaspace& rules, std::string_view text, Scratch& scratch) {
  rewrite_pieces(text, scratch, [&](std::string_view part, bool is_front) {
    write_metaspace(rules, part, is_front, scratch);
  });
  return scratch.text;
}

std::string_view run_step(const pre::UnicodeScripts&, std::string_view text, Scratch& scratch) {
  cut_pieces(text, scratch, [](std::string_view part, const auto& add) {
    // What is of no script goes with what is before it; at the front of a piece it is lost.
    std::size_t begin = part.size();
    CodePoint script = 0;
    for (std::size_t pos = 0; pos < part.size();) {
      const Decoded c = decode_utf8(part, pos);
      const CodeRangeValue* range = find_range(kScripts, c.code);
      if (range != nullptr && range->value != script) {
        if (begin < pos) add(begin, pos);
        begin = pos;
        script = range->value;
      }
      pos += static_cast<std::size_t>(c.n_bytes);
    }
    add(begin, part.size());
  });
  return text;
}

std::string_view run_step(const pre::FixedLength& rules, std::string_view text, Scratch& scratch) {
  cut_pieces(text, scratch, [&](std::string_view part, const auto& add) {
    std::size_t begin = 0;
    std::size_t n_chars = 0;
    for (std::size_t pos = 0; pos < part.size();) {
      pos += static_cast<std::size_t>(decode_utf8(part, pos).n_bytes);
      if (++n_chars % static_cast<std::size_t>(rules.length) != 0) continue;
      add(begin, pos);
      begin = pos;
    }
    add(begin, part.size());
  });
  return text;
}

}  // namespace

Result<PreTokenization::Step> PreTokenization::make_step(const PreTokenizer& pre_tokenizer) {
  if (const auto* split = std::get_if<pre::Split>(&pre_tokenizer)) {
    QUERN_ASSIGN(Matcher matcher, Matcher::make(split->pattern));
    return Step(MatchSplit{std::move(matcher), split->behavior, split->invert});
  }
  if (const auto* delimiter = std::get_if<pre::CharDelimiterSplit>(&pre_tokenizer)) {
    QUERN_ASSIGN(Matcher matcher, Matcher::make(string_pattern(delimiter->delimiter)));
    return Step(MatchSplit{std::move(matcher), Behavior::kRemoved, false});
  }
  if (const auto* punctuation = std::get_if<pre::Punctuation>(&pre_tokenizer)) {
    return Step(*punctuation);
  }
  if (const auto* digits = std::get_if<pre::Digits>(&pre_tokenizer)) return Step(*digits);
  if (const auto* bytes = std::get_if<pre::ByteLevel>(&pre_tokenizer)) return Step(*bytes);
  if (const auto* metaspace = std::get_if<pre::Metaspace>(&pre_tokenizer)) {
    return Step(*metaspace);
  }
  if (const auto* fixed = std::get_if<pre::FixedLength>(&pre_tokenizer)) {
    if (fixed->length < 1) return Status(Code::kBadInput, "FixedLength: length below 1");
    return Step(*fixed);
  }
  if (std::holds_alternative<pre::BertPreTokenizer>(pre_tokenizer)) {
    return Step(pre::BertPreTokenizer{});
  }
  if (std::holds_alternative<pre::Whitespace>(pre_tokenizer)) return Step(pre::Whitespace{});
  if (std::holds_alternative<pre::WhitespaceSplit>(pre_tokenizer)) {
    return Step(pre::WhitespaceSplit{});
  }
  return Step(pre::UnicodeScripts{});
}

Result<PreTokenization> PreTokenization::make(const std::vector<PreTokenizer>& list) {
  PreTokenization made;
  for (const PreTokenizer& pre_tokenizer : list) {
    const std::string where = "pre-tokenizer " + std::to_string(made.steps_.size() + 1);
    QUERN_ASSIGN(Step step, make_step(pre_tokenizer).in(where));
    made.steps_.push_back(std::move(step));
  }
  return made;
}

std::string_view PreTokenization::run(std::string_view text, bool is_front,
                                      Scratch& scratch) const {
  scratch.pieces.clear();
  if (!text.empty()) scratch.pieces.push_back({0, text.size(), is_front});
  for (const Step& step : steps_) {
    text = std::visit([&](const auto& rules) { return run_step(rules, text, scratch); }, step);
  }
  return text;
}

std::size_t PreTokenization::resident_bytes() const {
  std::size_t n = steps_.capacity() * sizeof(Step);
  for (const Step& step : steps_) {
    if (const auto* split = std::get_if<MatchSplit>(&step)) n += split->matcher.resident_bytes();
  }
  return n;
}

}  // namespace quern::text
