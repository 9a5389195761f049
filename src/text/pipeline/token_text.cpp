#include "text/pipeline/token_text.h"

#include "text/bpe/byte_chars.h"
#include "text/bpe/byte_pieces.h"
#include "text/pipeline/overloaded.h"

namespace quern::text {

Result<TokenText::Step> TokenText::make_step(const Decoder& decoder) {
  if (std::holds_alternative<decoders::ByteLevel>(decoder)) return Step(decoders::ByteLevel{});
  if (std::holds_alternative<decoders::ByteFallback>(decoder)) {
    return Step(decoders::ByteFallback{});
  }
  Replace replace;
  if (const auto* metaspace = std::get_if<decoders::Metaspace>(&decoder)) {
    replace = {string_pattern(metaspace->replacement), " "};
  } else if (const auto* bpe = std::get_if<decoders::Bpe>(&decoder)) {
    replace = {string_pattern(bpe->suffix), " "};
  } else {
    replace = std::get<Replace>(decoder);
  }
  QUERN_ASSIGN(Matcher matcher, Matcher::make(replace.pattern));
  return Step(Replacing{std::move(matcher), replace.content});
}

Result<TokenText> TokenText::make(const std::vector<Decoder>& list) {
  TokenText made;
  for (const Decoder& decoder : list) {
    const std::string where = "decoder " + std::to_string(made.steps_.size() + 1);
    QUERN_ASSIGN(Step step, make_step(decoder).in(where));
    made.steps_.push_back(std::move(step));
  }
  return made;
}

void TokenText::append(std::string_view piece, std::string& out) const {
  RegexScratch regex(piece.size());
  std::string text(piece);
  std::string next;
  for (const Step& step : steps_) {
    next.clear();
    std::visit(Overloaded{
                   [&](const decoders::ByteLevel&) { append_bytes_of_chars(text, next); },
                   [&](const decoders::ByteFallback&) {
                     const int byte = byte_of_piece(text);
                     byte >= 0 ? next = std::string(1, static_cast<char>(byte)) : next = text;
                   },
                   [&](const Replacing& replacing) {
                     replacing.matcher.append_replaced(text, replacing.content, regex, next);
                   },
               },
               step);
    std::swap(text, next);
  }
  out += text;
}

}  // namespace quern::text
