#include "cli/store_counts.h"

#include <fmt/format.h>

#include "cli/json_line.h"

namespace quern::cli {
namespace {

constexpr std::size_t kShownValues = 100;

using store::AttributeType;

std::string text_of(const store::ValueCount& count, AttributeType type) {
  switch (type) {
    case AttributeType::kKeyword:
      return in_one_line(count.text);
    case AttributeType::kDate:
      return store::date_from_seconds(count.number);
    case AttributeType::kFlag:
      return count.number != 0 ? "true" : "false";
    case AttributeType::kInteger:
      break;
  }
  return std::to_string(count.number);
}

}  // namespace

Result<store::Attribute> attribute_named(const store::Schema& schema, std::string_view name) {
  std::string known;
  for (const store::Attribute& attribute : schema.attributes) {
    if (attribute.name == name) return attribute;
    known += (known.empty() ? "" : ", ") + attribute.name;
  }
  return {Code::kBadInput, fmt::format("no attribute '{}': {}", store::printable_key(name),
                                       known.empty() ? "the store has none" : "want " + known)};
}

void append_count_lines(std::span<const AttributeCounts> counts, std::string& out) {
  for (const AttributeCounts& of : counts) {
    for (const store::ValueCount& count : store::most_frequent(of.counts, kShownValues)) {
      out += fmt::format("{}\t{}\t{}\n", count.n_docs, of.attribute.name,
                         text_of(count, of.attribute.type));
    }
    if (of.counts.size() > kShownValues) {
      out += fmt::format("\t{}\tand {} more values\n", of.attribute.name,
                         of.counts.size() - kShownValues);
    }
  }
}

void append_counts_json(std::span<const AttributeCounts> counts, std::string& out) {
  out += "\"counts\":{";
  for (const AttributeCounts& of : counts) {
    // A name has no character to escape.
    out += fmt::format("{}\"{}\":{{\"n_values\":{},\"values\":[", out.ends_with('{') ? "" : ",",
                       of.attribute.name, of.counts.size());
    for (const store::ValueCount& count : store::most_frequent(of.counts, kShownValues)) {
      out += out.ends_with('[') ? "{\"value\":" : ",{\"value\":";
      const std::string text = of.attribute.type == AttributeType::kKeyword
                                   ? count.text
                                   : text_of(count, of.attribute.type);
      if (of.attribute.type == AttributeType::kKeyword ||
          of.attribute.type == AttributeType::kDate) {
        append_json_string(text, out);
      } else {
        out += text;
      }
      out += fmt::format(",\"documents\":{}}}", count.n_docs);
    }
    out += "]}";
  }
  out += "}";
}

}  // namespace quern::cli
