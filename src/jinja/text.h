// A text of the template language, and which of its bytes came from outside the template: what a
// user wrote may look like a control token, and must not become one.

#pragma once

#include <string>
#include <string_view>

#include "base/byte_spans.h"

namespace quern::jinja {

enum class Origin { kTemplate, kForeign };

struct Text {
  std::string bytes;
  ByteSpans foreign;  // Of `bytes`.

  static Text of(std::string bytes, Origin origin);

  Origin origin_of(std::size_t place) const;

  void append(std::string_view more, Origin origin = Origin::kTemplate);
  /// The bytes [begin, end) of `more`, each with its own origin.
  void append(const Text& more, std::size_t begin, std::size_t end);
  void append(const Text& more) { append(more, 0, more.bytes.size()); }

  Text part(std::size_t begin, std::size_t end) const;
  /// The same for a view into `bytes`.
  Text part(std::string_view view) const;
};

}  // namespace quern::jinja
