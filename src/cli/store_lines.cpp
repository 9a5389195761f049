#include "cli/store_lines.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/json_line.h"
#include "text/analysis/analyzer.h"

namespace quern::cli {
namespace {

using nlohmann::json;

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<json> object_from_line(std::string_view line) {
  json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return bad("not a JSON object");
  return object;
}

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

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t\r\n\v\f") != std::string_view::npos;
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

Status append_values(const json& object, const std::vector<store::Attribute>& attributes,
                     std::vector<store::AttributeValue>& out) {
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const store::Attribute& attribute = attributes[i];
    const auto found = object.find(attribute.name);
    if (found == object.end() || found->is_null()) continue;
    const json one = found->is_array() ? *found : json::array({*found});
    for (const json& value : one) {
      store::AttributeValue& last = out.emplace_back();
      last.i_attribute = static_cast<int>(i);
      if (attribute.type != store::AttributeType::kKeyword) {
        QUERN_ASSIGN(last.number, number_from_json(value, attribute));
      } else if (value.is_string()) {
        last.text = value.get<std::string>();
      } else {
        return bad_value(attribute, "text");
      }
    }
  }
  return {};
}

/// The lines of a TREC run for one query.
class RunLines {
 public:
  RunLines(std::string_view query_id, std::string& out) : query_id_(query_id), out_(&out) {}

  Status check() const {
    if (!query_id_.empty() && !has_blank(query_id_)) return {};
    return bad(fmt::format("query id '{}': a run wants one without white space", query_id_));
  }

  Status add(std::string_view key, float score) {
    QUERN_TRY(check());
    if (has_blank(key)) {
      return bad(
          fmt::format("key '{}': a run wants keys without white space", store::printable_key(key)));
    }
    *out_ += fmt::format("{} Q0 {} {} {} quern\n", query_id_, key, ++rank_, score);
    return {};
  }

 private:
  std::string_view query_id_;
  std::string* out_;
  std::size_t rank_ = 0;
};

void begin_result_json(const QueryLine& query, std::string& out) {
  out += "{";
  if (!query.id.empty()) {
    out += "\"id\":";
    append_json_string(query.id, out);
    out += ",";
  }
  out += "\"query\":";
  append_json_string(query.text, out);
  out += ",";
}

void append_hits_json(const std::vector<store::Hit>& hits, HitHighlights* highlights,
                      std::string& out) {
  out += "\"hits\":[";
  for (const store::Hit& hit : hits) {
    out += out.ends_with('[') ? "{\"key\":" : ",{\"key\":";
    append_json_string(hit.key, out);
    out += ",\"score\":";
    append_json_number(hit.score, out);
    // What was stored is a line of JSON if it came from one; other bytes become a string.
    out += ",\"document\":";
    if (json::accept(hit.stored)) {
      out += hit.stored;
    } else {
      append_json_string(hit.stored, out);
    }
    if (highlights != nullptr) highlights->append_json(hit.stored, out);
    out += "}";
  }
  out += "]";
}

// What a TextSearchResult and a GroupedResult have besides hits.
template <typename Found>
void end_result_json(const Found& result, std::span<const AttributeCounts> counts, double search_ms,
                     std::string& out) {
  if (!counts.empty()) {
    out += ",";
    append_counts_json(counts, out);
  }
  out += fmt::format(",\"generation\":{},\"search_ms\":{:.3f}", result.generation, search_ms);
  if (!result.why_empty.empty()) {
    out += ",\"why_empty\":";
    append_json_string(result.why_empty, out);
  }
  if (!result.damaged.empty()) {
    out += ",\"damaged\":[";
    for (const std::string& message : result.damaged) {
      if (!out.ends_with('[')) out += ",";
      append_json_string(message, out);
    }
    out += "]";
  }
  out += "}\n";
}

std::string shown(const store::Hit& hit, HitHighlights* highlights) {
  return highlights != nullptr ? highlights->line(hit.stored) : beginning_of(hit.stored);
}

}  // namespace

Result<store::Schema> schema_from_flags(std::string_view fields, const std::string& analyzer,
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

Result<std::vector<store::Attribute>> attributes_from_flag(std::string_view text) {
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

Result<store::Document> document_from_line(std::string_view line, const store::Schema& schema,
                                           std::string_view parent_separator) {
  QUERN_ASSIGN(const json object, object_from_line(line));
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
  return document;
}

Result<QueryLine> query_from_line(std::string_view line) {
  QUERN_ASSIGN(const json object, object_from_line(line));
  QueryLine query;
  QUERN_ASSIGN(query.id, id_of(object));
  const auto text = object.find("text");
  if (text == object.end() || !text->is_string()) return bad("no \"text\"");
  query.text = text->get<std::string>();
  return query;
}

Status append_run_lines(std::string_view query_id, const std::vector<store::Hit>& hits,
                        std::string& out) {
  RunLines lines(query_id, out);
  for (const store::Hit& hit : hits) QUERN_TRY(lines.add(hit.key, hit.score));
  return lines.check();
}

Status append_group_run_lines(std::string_view query_id, const std::vector<store::GroupHit>& groups,
                              std::string& out) {
  RunLines lines(query_id, out);
  for (const store::GroupHit& group : groups) QUERN_TRY(lines.add(group.parent, group.score));
  return lines.check();
}

void append_group_lines(const std::vector<store::GroupHit>& groups, HitHighlights* highlights,
                        std::string& out) {
  std::size_t rank = 0;
  for (const store::GroupHit& group : groups) {
    out += fmt::format("{}\t{:.4f}\t{}\t{} found\n", ++rank, group.score, in_one_line(group.parent),
                       group.n_found);
    for (const store::Hit& hit : group.children) {
      out += fmt::format("\t{:.4f}\t{}\t{}\n", hit.score, in_one_line(hit.key),
                         shown(hit, highlights));
    }
  }
}

void append_hit_lines(const std::vector<store::Hit>& hits, HitHighlights* highlights,
                      std::string& out) {
  std::size_t rank = 0;
  for (const store::Hit& hit : hits) {
    out += fmt::format("{}\t{:.4f}\t{}\t{}\n", ++rank, hit.score, in_one_line(hit.key),
                       shown(hit, highlights));
  }
}

void append_result_json(const QueryLine& query, const store::TextSearchResult& result,
                        std::span<const AttributeCounts> counts, HitHighlights* highlights,
                        double search_ms, std::string& out) {
  begin_result_json(query, out);
  append_hits_json(result.hits, highlights, out);
  end_result_json(result, counts, search_ms, out);
}

void append_grouped_json(const QueryLine& query, const store::GroupedResult& result,
                         std::span<const AttributeCounts> counts, HitHighlights* highlights,
                         double search_ms, std::string& out) {
  begin_result_json(query, out);
  out += "\"groups\":[";
  for (const store::GroupHit& group : result.groups) {
    out += out.ends_with('[') ? "{\"parent\":" : ",{\"parent\":";
    append_json_string(group.parent, out);
    out += ",\"score\":";
    append_json_number(group.score, out);
    out += fmt::format(",\"found\":{},", group.n_found);
    append_hits_json(group.children, highlights, out);
    out += "}";
  }
  out += "]";
  end_result_json(result, counts, search_ms, out);
}

}  // namespace quern::cli
