#include "jinja/text.h"

#include <algorithm>
#include <utility>

namespace quern::jinja {

Text Text::of(std::string bytes, Origin origin) {
  Text made{std::move(bytes), {}};
  if (origin == Origin::kForeign) append_span(made.foreign, 0, made.bytes.size());
  return made;
}

Origin Text::origin_of(std::size_t place) const {
  return overlaps(foreign, place, place + 1) ? Origin::kForeign : Origin::kTemplate;
}

void Text::append(std::string_view more, Origin origin) {
  const std::size_t begin = bytes.size();
  bytes += more;
  if (origin == Origin::kForeign) append_span(foreign, begin, bytes.size());
}

void Text::append(const Text& more, std::size_t begin, std::size_t end) {
  const std::size_t at = bytes.size();
  if (!more.foreign.empty()) {
    for (const ByteSpan& span : spans_within(more.foreign, begin, end)) {
      append_span(foreign, at + span.begin, at + span.end);
    }
  }
  bytes.append(more.bytes, begin, end - begin);
}

Text Text::part(std::size_t begin, std::size_t end) const {
  Text made;
  made.append(*this, begin, end);
  return made;
}

Text Text::part(std::string_view view) const {
  const auto begin = static_cast<std::size_t>(view.data() - bytes.data());
  return part(begin, begin + view.size());
}

}  // namespace quern::jinja
