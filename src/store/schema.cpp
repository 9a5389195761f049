#include "store/schema.h"

#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/analysis/analyzer.h"

namespace quern::store {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxJsonBytes = 1 << 20;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kShownKeyBytes = 64;
constexpr float kMaxBoost = 64.0f;  // Keeps sums of contributions exact: docs/format_store.md.
constexpr float kMaxK1 = 100.0f;

bool is_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.+-";
  return !name.empty() && name.size() <= kMaxNameBytes &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

Status wrong(std::string what) { return {Code::kBadInput, "schema: " + std::move(what)}; }

Status check_keys(const json& object, const std::set<std::string>& known, const char* where) {
  for (const auto& [name, value] : object.items()) {
    if (!known.contains(name)) {
      return {Code::kUnsupported,
              fmt::format("schema: {} has '{}', which this version does not know", where,
                          printable_key(name))};
    }
  }
  return {};
}

Result<float> number_or(const json& object, const char* name, float fallback) {
  const auto found = object.find(name);
  if (found == object.end()) return fallback;
  if (!found->is_number()) return wrong(fmt::format("'{}' is no number", name));
  return found->get<float>();
}

Result<std::string> text_in(const json& object, const char* name, const char* where) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) {
    return wrong(fmt::format("{} has no '{}', want a string", where, name));
  }
  return found->get<std::string>();
}

Result<TextField> field_from_json(const json& object) {
  if (!object.is_object()) return wrong("a field is no object");
  QUERN_TRY(check_keys(object, {"name", "analyzer", "boost", "positions"}, "a field"));
  TextField field;
  QUERN_ASSIGN(field.name, text_in(object, "name", "a field"));
  QUERN_ASSIGN(field.analyzer, text_in(object, "analyzer", "a field"));
  QUERN_ASSIGN(field.boost, number_or(object, "boost", field.boost));
  const auto positions = object.find("positions");
  if (positions != object.end()) {
    if (!positions->is_boolean()) return wrong("'positions' is neither true nor false");
    field.positions = positions->get<bool>() ? Positions::kYes : Positions::kNo;
  }
  return field;
}

Result<Attribute> attribute_from_json(const json& object) {
  if (!object.is_object()) return wrong("an attribute is no object");
  QUERN_TRY(check_keys(object, {"name", "type"}, "an attribute"));
  Attribute attribute;
  QUERN_ASSIGN(attribute.name, text_in(object, "name", "an attribute"));
  QUERN_ASSIGN(const std::string type, text_in(object, "type", "an attribute"));
  QUERN_ASSIGN(attribute.type, attribute_type_from_name(type));
  return attribute;
}

Status check_attributes(const std::vector<Attribute>& attributes) {
  if (attributes.size() > kMaxAttributes) {
    return wrong(fmt::format("{} attributes, want {} at most", attributes.size(), kMaxAttributes));
  }
  std::set<std::string_view> names;
  for (const Attribute& attribute : attributes) {
    QUERN_TRY(check_attribute_name(attribute.name).in("schema"));
    if (!names.insert(attribute.name).second) {
      return wrong("two attributes '" + attribute.name + "'");
    }
  }
  return {};
}

Status check_values(const std::vector<AttributeValue>& values, const Schema& schema) {
  std::size_t n_text_bytes = 0;
  for (const AttributeValue& value : values) {
    QUERN_TRY(check_attribute_value(value, schema.attributes));
    n_text_bytes += value.text.size();
  }
  if (values.size() > kMaxDocumentValues || n_text_bytes > kMaxDocumentKeywordBytes) {
    return {Code::kTooLarge,
            fmt::format("{} values of attributes with {} bytes of text, want {} and {} at most",
                        values.size(), n_text_bytes, kMaxDocumentValues, kMaxDocumentKeywordBytes)};
  }
  return {};
}

}  // namespace

Status check_schema(const Schema& schema) {
  if (schema.fields.empty() || schema.fields.size() > kMaxFields) {
    return wrong(fmt::format("{} fields, want 1 to {}", schema.fields.size(), kMaxFields));
  }
  std::set<std::string_view> names;
  for (const TextField& field : schema.fields) {
    if (!is_name(field.name)) {
      return wrong(fmt::format("field name '{}', want 1 to {} of a-z 0-9 _ . + -",
                               printable_key(field.name), kMaxNameBytes));
    }
    if (!is_name(field.analyzer)) {
      return wrong(fmt::format("field '{}' has analyzer '{}', want a name", field.name,
                               printable_key(field.analyzer)));
    }
    QUERN_TRY(text::make_analyzer(field.analyzer)
                  .status()
                  .in(fmt::format("schema: field '{}'", field.name)));
    if (!names.insert(field.name).second) return wrong("two fields '" + field.name + "'");
    if (!(field.boost > 0 && field.boost <= kMaxBoost)) {
      return wrong(fmt::format("field '{}' has boost {}, want above 0 and {} at most", field.name,
                               field.boost, kMaxBoost));
    }
  }
  if (!(schema.k1 >= 0 && schema.k1 <= kMaxK1)) {
    return wrong(fmt::format("k1 is {}, want 0 to {}", schema.k1, kMaxK1));
  }
  if (!(schema.b >= 0 && schema.b <= 1))
    return wrong(fmt::format("b is {}, want 0 to 1", schema.b));
  return check_attributes(schema.attributes);
}

Status check_document(const Document& document, const Schema& schema) {
  if (document.key.empty() || document.key.size() > kMaxKeyBytes) {
    return {Code::kBadInput,
            fmt::format("key '{}' has {} bytes, want 1 to {}", printable_key(document.key),
                        document.key.size(), kMaxKeyBytes)};
  }
  const auto wrong_document = [&](std::string what) {
    return Status(Code::kBadInput,
                  fmt::format("document '{}': {}", printable_key(document.key), std::move(what)));
  };
  if (document.n_parent > document.key.size()) {
    return wrong_document(fmt::format("its parent is {} bytes of a key of {}", document.n_parent,
                                      document.key.size()));
  }
  if (document.fields.size() != schema.fields.size()) {
    return wrong_document(
        fmt::format("{} fields, want {}", document.fields.size(), schema.fields.size()));
  }
  std::size_t n_bytes = document.stored.size();
  for (const std::string& field : document.fields) n_bytes += field.size();
  if (n_bytes > kMaxDocumentBytes) {
    return {Code::kTooLarge, fmt::format("document '{}' has {} bytes, want {} at most",
                                         printable_key(document.key), n_bytes, kMaxDocumentBytes)};
  }
  return check_values(document.attributes, schema)
      .in("document '" + printable_key(document.key) + "'");
}

std::string json_from_schema(const Schema& schema) {
  json fields = json::array();
  for (const TextField& field : schema.fields) {
    fields.push_back({{"name", field.name},
                      {"analyzer", field.analyzer},
                      {"boost", field.boost},
                      {"positions", field.positions == Positions::kYes}});
  }
  json root = {{"fields", fields}, {"k1", schema.k1}, {"b", schema.b}};
  // Without any, the JSON is that of versions that did not know them.
  for (const Attribute& attribute : schema.attributes) {
    root["attributes"].push_back(
        {{"name", attribute.name}, {"type", attribute_type_name(attribute.type)}});
  }
  if (schema.patterns) root["patterns"] = true;
  return root.dump();
}

Result<Schema> schema_from_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes) return wrong("longer than a MB");
  // A field lies three levels deep: what is deeper is cut off before it costs any stack.
  int deepest = 0;
  const auto note_depth = [&](int depth, json::parse_event_t, json&) {
    deepest = std::max(deepest, depth);
    return depth < 8;
  };
  const json root = json::parse(text, note_depth, /*allow_exceptions=*/false);
  if (root.is_discarded() || deepest >= 8) return wrong("not JSON, or nested too deeply");
  if (!root.is_object()) return wrong("no object");
  QUERN_TRY(check_keys(root, {"fields", "k1", "b", "attributes", "patterns"}, "it"));
  Schema schema;
  const auto fields = root.find("fields");
  if (fields == root.end() || !fields->is_array()) return wrong("no list of fields");
  for (const json& object : *fields) {
    QUERN_ASSIGN(TextField field, field_from_json(object));
    schema.fields.push_back(std::move(field));
  }
  const auto attributes = root.find("attributes");
  if (attributes != root.end()) {
    if (!attributes->is_array()) return wrong("'attributes' is no list");
    for (const json& object : *attributes) {
      QUERN_ASSIGN(Attribute attribute, attribute_from_json(object));
      schema.attributes.push_back(std::move(attribute));
    }
  }
  const auto patterns = root.find("patterns");
  if (patterns != root.end()) {
    if (!patterns->is_boolean()) return wrong("'patterns' is neither true nor false");
    schema.patterns = patterns->get<bool>();
  }
  QUERN_ASSIGN(schema.k1, number_or(root, "k1", schema.k1));
  QUERN_ASSIGN(schema.b, number_or(root, "b", schema.b));
  QUERN_TRY(check_schema(schema));
  return schema;
}

std::string printable_key(std::string_view key) {
  std::string out;
  for (const char c : key.substr(0, kShownKeyBytes)) {
    if (c >= 0x20 && c < 0x7f) {
      out.push_back(c);
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return key.size() > kShownKeyBytes ? out + "..." : out;
}

}  // namespace quern::store
