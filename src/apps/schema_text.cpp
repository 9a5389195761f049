#include "apps/schema_text.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "text/analysis/analyzer.h"

namespace quern::apps {
namespace {

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<store::Schema> schema_from_text(std::string_view fields, const std::string& analyzer,
                                       float k1, float b) {
  QUERN_TRY(text::make_analyzer(analyzer).status());
  store::Schema schema = {.fields = {}, .k1 = k1, .b = b};
  for (std::string_view spec : split(fields, ',')) {
    store::TextField field = {.name = std::string(spec), .analyzer = analyzer};
    const std::size_t caret = spec.find('^');
    if (caret != std::string_view::npos) {
      const std::string_view number = spec.substr(caret + 1);
      const auto [end, error] =
          std::from_chars(number.data(), number.data() + number.size(), field.boost);
      if (error != std::errc() || end != number.data() + number.size()) {
        return bad(fmt::format("'{}': want a number behind the ^", spec));
      }
      field.name = std::string(spec.substr(0, caret));
    }
    schema.fields.push_back(std::move(field));
  }
  QUERN_TRY(store::check_schema(schema));
  return schema;
}

Result<std::vector<store::Attribute>> attributes_from_text(std::string_view text) {
  std::vector<store::Attribute> attributes;
  if (text.empty()) return attributes;
  for (const std::string_view spec : split(text, ',')) {
    const std::size_t colon = spec.find(':');
    if (colon == std::string_view::npos) {
      return bad(fmt::format("attribute '{}': want NAME:TYPE, such as year:integer", spec));
    }
    store::Attribute& attribute = attributes.emplace_back();
    attribute.name = spec.substr(0, colon);
    QUERN_TRY(store::check_attribute_name(attribute.name));
    QUERN_ASSIGN(attribute.type, store::attribute_type_from_name(spec.substr(colon + 1)));
  }
  return attributes;
}

}  // namespace quern::apps
