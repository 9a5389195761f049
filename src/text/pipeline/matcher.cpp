#include "text/pipeline/matcher.h"

namespace quern::text {

Result<Matcher> Matcher::make(const Pattern& pattern) {
  Matcher matcher;
  if (pattern.kind == Pattern::Kind::kString && !pattern.text.empty()) {
    matcher.string_ = pattern.text;
    return matcher;
  }
  // An empty string matches as an empty regex does: between all characters.
  QUERN_ASSIGN(Regex regex, Regex::compile(pattern.text));
  matcher.regex_ = std::move(regex);
  return matcher;
}

void Matcher::append_replaced(std::string_view text, std::string_view content,
                              RegexScratch& scratch, std::string& out) const {
  std::size_t done = 0;
  for_each(text, scratch, [&](const RegexMatch& match) {
    out.append(text, done, match.begin - done).append(content);
    done = match.end;
  });
  out.append(text, done);
}

std::size_t Matcher::resident_bytes() const {
  return string_.capacity() + (regex_ ? regex_->resident_bytes() : 0);
}

}  // namespace quern::text
