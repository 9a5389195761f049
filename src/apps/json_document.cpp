#include "apps/json_document.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/json_object.h"
#include "apps/schema_text.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;  // What is given back has its fields as they were.

constexpr const char* kVectorName = "vector";

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

Result<std::string> id_of(const json& object) {
  for (const char* name : {"id", "_id"}) {
    const auto found = object.find(name);
    if (found == object.end()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer()) return found->dump();
    return bad(fmt::format("\"{}\" is neither text nor an integer", name));
  }
  return bad("no \"id\" and no \"_id\"");
}

Status bad_value(const store::Attribute& attribute, const char* want) {
  return bad(fmt::format("\"{}\" is no {}: want {}", attribute.name,
                         store::attribute_type_name(attribute.type), want));
}

Result<std::int64_t> number_from_json(const json& value, const store::Attribute& attribute) {
  // An integer above the largest i64 is read as an unsigned one.
  const bool is_integer =
      value.is_number_integer() &&
      (!value.is_number_unsigned() ||
       value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  switch (attribute.type) {
    case store::AttributeType::kFlag:
      if (!value.is_boolean()) return bad_value(attribute, "true or false");
      return std::int64_t{value.get<bool>()};
    case store::AttributeType::kDate:
      if (value.is_string()) {
        return store::seconds_from_date(value.get_ref<const std::string&>())
            .in('"' + attribute.name + '"');
      }
      if (!is_integer) return bad_value(attribute, "\"2020-05-01\" or seconds since 1970");
      return value.get<std::int64_t>();
    case store::AttributeType::kInteger:
    case store::AttributeType::kKeyword:
      break;
  }
  if (!is_integer) return bad_value(attribute, "a whole number of 64 bits");
  return value.get<std::int64_t>();
}

Status append_value(const json& value, const store::Attribute& attribute, int i_attribute,
                    std::vector<store::AttributeValue>& out) {
  store::AttributeValue& last = out.emplace_back();
  last.i_attribute = i_attribute;
  if (attribute.type != store::AttributeType::kKeyword) {
    QUERN_ASSIGN(last.number, number_from_json(value, attribute));
  } else if (value.is_string()) {
    last.text = value.get<std::string>();
  } else {
    return bad_value(attribute, "text");
  }
  return {};
}

Status append_values(const json& object, const std::vector<store::Attribute>& attributes,
                     std::vector<store::AttributeValue>& out) {
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const auto found = object.find(attributes[i].name);
    if (found == object.end() || found->is_null()) continue;
    if (!found->is_array()) {
      QUERN_TRY(append_value(*found, attributes[i], static_cast<int>(i), out));
      continue;
    }
    for (const json& value : *found) {
      QUERN_TRY(append_value(value, attributes[i], static_cast<int>(i), out));
    }
  }
  return {};
}

bool uses_name(const store::Schema& schema, std::string_view name) {
  for (const store::TextField& field : schema.fields) {
    const auto parts = split(field.name, '+');
    if (std::find(parts.begin(), parts.end(), name) != parts.end()) return true;
  }
  return std::any_of(schema.attributes.begin(), schema.attributes.end(),
                     [&](const store::Attribute& attribute) { return attribute.name == name; });
}

// How many bytes of the key name the parent.
Result<std::uint32_t> parent_bytes(const json& object, const store::Schema& schema,
                                   std::string_view key, std::string_view separator) {
  const auto found = object.find("parent");
  if (found != object.end() && !found->is_null() && !uses_name(schema, "parent")) {
    if (!found->is_string() && !found->is_number_integer()) {
      return bad("\"parent\" is neither text nor an integer");
    }
    const std::string parent = found->is_string() ? found->get<std::string>() : found->dump();
    if (parent.empty()) return bad("\"parent\" is empty");
    if (!key.starts_with(parent)) {
      return bad(fmt::format("the id '{}' does not begin with its \"parent\" '{}'",
                             store::printable_key(key), store::printable_key(parent)));
    }
    return static_cast<std::uint32_t>(parent.size());
  }
  const std::size_t at = separator.empty() ? std::string_view::npos : key.rfind(separator);
  return at == std::string_view::npos ? 0 : static_cast<std::uint32_t>(at);
}

Status read_vector(const json& object, std::vector<float>& out) {
  const auto found = object.find(kVectorName);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_array()) return bad("\"vector\" is no list of numbers");
  for (const json& value : *found) {
    if (!value.is_number()) return bad("\"vector\" is no list of numbers");
    out.push_back(value.get<float>());
  }
  return {};
}

}  // namespace

Result<store::Document> document_from_line(std::string_view line, const store::Schema& schema,
                                           GivenVectors vectors,
                                           std::string_view parent_separator) {
  QUERN_ASSIGN(json object, object_from_json(line));
  store::Document document;
  QUERN_ASSIGN(document.key, id_of(object));
  QUERN_ASSIGN(document.n_parent, parent_bytes(object, schema, document.key, parent_separator));
  bool has_any = false;
  for (const store::TextField& field : schema.fields) {
    std::string text;
    for (const std::string_view part : split(field.name, '+')) {
      const auto found = object.find(part);
      if (found == object.end() || found->is_null()) continue;
      if (!found->is_string()) return bad(fmt::format("\"{}\" is not text", part));
      has_any = true;
      const auto& value = found->get_ref<const std::string&>();
      text += (text.empty() || value.empty() ? "" : " ") + value;
    }
    document.fields.push_back(std::move(text));
  }
  if (!has_any)
    return bad(
        fmt::format("none of the store's fields, such as \"{}\"", schema.fields.front().name));
  QUERN_TRY(append_values(object, schema.attributes, document.attributes));
  document.stored = line;
  if (vectors != GivenVectors::kIgnore && !uses_name(schema, kVectorName)) {
    QUERN_TRY(read_vector(object, document.vector));
    if (vectors == GivenVectors::kRefuse && !document.vector.empty()) {
      return bad(
          fmt::format("document '{}' brings a \"vector\", but the store's model makes them "
                      "(vectors: \"model\" passes over it)",
                      store::printable_key(document.key)));
    }
  }
  if (!document.vector.empty()) {
    object.erase(kVectorName);
    document.stored = object.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return document;
}

Result<QueryLine> query_from_line(std::string_view line) {
  QUERN_ASSIGN(const json object, object_from_json(line));
  QueryLine query;
  QUERN_ASSIGN(query.id, id_of(object));
  const auto text = object.find("text");
  if (text == object.end() || !text->is_string()) return bad("no \"text\"");
  query.text = text->get<std::string>();
  QUERN_TRY(read_vector(object, query.vector));
  return query;
}

std::string text_to_embed(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& field : fields) {
    if (field.empty()) continue;
    if (!out.empty()) out += ' ';
    out += field;
  }
  return out;
}

}  // namespace quern::apps
