#include "cli/pattern_lines.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "cli/bold.h"
#include "cli/json_line.h"

namespace quern::cli {
namespace {

constexpr std::size_t kShownBytes = 240;  // Of a line,
constexpr std::size_t kShownBefore = 60;  // of these before its first match.

std::string_view field_text(const store::PatternHit& hit, const store::FieldMatch& match) {
  return hit.document.fields[match.field];
}

std::size_t char_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && is_continuation_byte(text[at])) --at;
  return at;
}

/// The part of a match's line that is shown.
store::PatternMatch shown_part(std::string_view text, const store::FieldMatch& match) {
  store::PatternMatch part = match.line_span;
  if (part.end - part.begin <= kShownBytes) return part;
  if (match.span.begin > part.begin + kShownBefore) {
    part.begin = char_start(text, match.span.begin - kShownBefore);
  }
  part.end = char_start(text, std::min(part.end, part.begin + kShownBytes));
  return part;
}

void append_json_text(std::string_view name, std::string_view text, std::string& out) {
  out += fmt::format(",\"{}\":", name);
  append_json_string(text, out);
}

void append_matches_json(const store::PatternHit& hit, const store::Schema& schema,
                         std::string& out) {
  out += ",\"matches\":[";
  for (const store::FieldMatch& match : hit.matches) {
    // A field's name has no character to escape.
    out += fmt::format(R"({}{{"field":"{}","begin":{},"end":{},"line":{})",
                       out.ends_with('[') ? "" : ",", schema.fields[match.field].name,
                       match.span.begin, match.span.end, match.line);
    const std::string_view text = field_text(hit, match);
    const store::PatternMatch part = shown_part(text, match);
    append_json_text("text", text.substr(part.begin, part.end - part.begin), out);
    out += "}";
  }
  out += "]";
}

void append_effort_json(const store::PatternEffort& effort, std::string& out) {
  out += fmt::format(
      R"(,"effort":{{"documents":{},"candidates":{},"read":{},"out_of_time":{},"has_more":{},)"
      R"("too_hard":{})",
      effort.n_documents, effort.n_candidates, effort.n_read, effort.is_out_of_time,
      effort.has_more, effort.n_too_hard);
  append_json_text("needs", effort.needs, out);
  if (!effort.why_all_are_read.empty()) {
    append_json_text("why_all_are_read", effort.why_all_are_read, out);
  }
  out += "}";
}

}  // namespace

void append_pattern_lines(const store::PatternSearchResult& result, const store::Schema& schema,
                          bool is_bold, std::string& out) {
  for (const store::PatternHit& hit : result.hits) {
    for (std::size_t i = 0; i < hit.matches.size();) {
      const store::FieldMatch& first = hit.matches[i];
      const std::string_view text = field_text(hit, first);
      const store::PatternMatch part = shown_part(text, first);
      std::vector<BoldSpan> spans;
      for (; i < hit.matches.size() && hit.matches[i].field == first.field &&
             hit.matches[i].line == first.line;
           ++i) {
        const store::PatternMatch& span = hit.matches[i].span;
        if (span.begin >= part.end) continue;
        spans.push_back(
            {.begin = span.begin - part.begin, .end = std::min(span.end, part.end) - part.begin});
      }
      out += fmt::format("{}\t{}:{}\t{}\n", in_one_line(hit.key), schema.fields[first.field].name,
                         first.line,
                         bold_line(text.substr(part.begin, part.end - part.begin), spans, is_bold));
    }
  }
}

void append_pattern_json(const store::PatternSearch& wanted,
                         const store::PatternSearchResult& result, const store::Schema& schema,
                         double search_ms, std::string& out) {
  out += "{\"pattern\":";
  append_json_string(wanted.pattern.text, out);
  if (!wanted.question.empty()) append_json_text("query", wanted.question, out);
  out += ",\"hits\":[";
  for (const store::PatternHit& hit : result.hits) {
    out += out.ends_with('[') ? "{\"key\":" : ",{\"key\":";
    append_json_string(hit.key, out);
    if (!wanted.question.empty()) {
      out += ",\"score\":";
      append_json_number(hit.score, out);
    }
    append_matches_json(hit, schema, out);
    out += ",\"document\":";
    if (nlohmann::json::accept(hit.document.stored)) {
      out += hit.document.stored;
    } else {
      append_json_string(hit.document.stored, out);
    }
    out += "}";
  }
  out += "]";
  append_effort_json(result.effort, out);
  out += fmt::format(",\"generation\":{},\"search_ms\":{:.3f}", result.generation, search_ms);
  if (!result.why_empty.empty()) append_json_text("why_empty", result.why_empty, out);
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

std::string pattern_notes(const store::PatternEffort& effort) {
  std::string out;
  if (!effort.why_all_are_read.empty() && effort.n_documents > 0) {
    out += fmt::format("{} of all {} documents were read: {}\n", effort.n_read, effort.n_documents,
                       effort.why_all_are_read);
  }
  if (effort.n_too_hard > 0) {
    out += fmt::format(
        "{} documents are not known: the pattern takes too many steps on them, such "
        "as on '{}'\n",
        effort.n_too_hard, effort.first_too_hard);
  }
  if (effort.has_more) out += "there may be more: --top says how many documents are wanted\n";
  return out;
}

}  // namespace quern::cli
