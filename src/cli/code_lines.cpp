#include "cli/code_lines.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "cli/bold.h"
#include "cli/json_line.h"

namespace quern::cli {
namespace {

// A line of a minified file is cut, and so is the whole of a hit, by so many bytes.
constexpr std::size_t kMaxLineBytes = 400;

void append_text(std::string_view name, std::string_view value, std::string& out) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
  append_json_string(value, out);
}

// What is no UTF-8 has replacement characters in "path", which nobody can open.
void append_path(std::string_view path, std::string& out) {
  out += "{\"path\":";
  append_json_string(path, out);
  if (is_valid_utf8(path)) return;
  out += ",\"path_bytes\":\"";
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < path.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < path.size() ? static_cast<unsigned char>(path[i + k]) : 0u;
    };
    const unsigned bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > path.size() ? '=' : kDigits[bits >> (18 - 6 * k) & 63];
    }
  }
  out += '"';
}

void append_place(const apps::CodeHit& hit, const apps::CodeAnswer& answer, std::string& out) {
  append_path(hit.path, out);
  fmt::format_to(std::back_inserter(out), ",\"start_line\":{},\"end_line\":{}",
                 hit.chunk.span.first_line, hit.chunk.span.last_line);
  append_text("symbol", hit.chunk.symbol, out);
  append_text("kind", apps::symbol_kind_name(hit.chunk.kind), out);
  append_text("language", hit.chunk.language, out);
  append_text("role", apps::role_name(hit.chunk.role), out);
  out += ",\"score\":";
  append_json_number(static_cast<float>(hit.score), out);
  out += ",\"tiers\":[";
  for (std::size_t i = 0; i < answer.tiers.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}\"{}\"", i == 0 ? "" : ",", answer.tiers[i]);
  }
  out += ']';
}

void append_parts(const apps::CodeHit& hit, std::string& out) {
  const apps::RankedCode& parts = hit.parts;
  fmt::format_to(
      std::back_inserter(out),
      ",\"explain\":{{\"lexical\":{:.6g},\"dense\":{},\"definition\":{:.4g},"
      "\"file_name\":{:.4g},\"coherence\":{:.4g},\"role\":{:.4g},\"repetition\":{:.4g}}}",
      hit.sides.lexical.value_or(0),
      hit.sides.dense ? fmt::format("{:.6g}", *hit.sides.dense) : "null", parts.definition,
      parts.file_name, parts.coherence, parts.role, parts.repetition);
}

}  // namespace

void append_code_hit_json(const apps::CodeHit& hit, const apps::CodeAnswer& answer,
                          bool is_explained, std::string& out) {
  append_place(hit, answer, out);
  append_text("text", hit.text, out);
  if (is_explained) append_parts(hit, out);
  out += '}';
}

void append_code_query_json(std::string_view question, const apps::CodeAnswer& answer,
                            std::string& out) {
  out += "{\"query\":";
  append_json_string(question, out);
  out += ",\"results\":[";
  for (std::size_t i = 0; i < answer.hits.size(); ++i) {
    if (i > 0) out += ',';
    append_place(answer.hits[i], answer, out);
    append_parts(answer.hits[i], out);
    out += '}';
  }
  fmt::format_to(std::back_inserter(out), "],\"generation\":{},\"ms\":{:.3f}", answer.generation,
                 answer.total_ms);
  if (answer.hits.empty()) append_text("reason", answer.why_empty, out);
  out += "}\n";
}

void append_code_refusal_json(std::string_view question, const Status& why, std::string& out) {
  out += "{\"query\":";
  append_json_string(question, out);
  out += ",\"results\":[]";
  append_json_error(why, out);
  out += "}\n";
}

void append_code_hits(const apps::CodeAnswer& answer, const CodeHitStyle& style, std::string& out) {
  for (const apps::CodeHit& hit : answer.hits) {
    const std::string place = fmt::format("{}:{}", hit.path, hit.chunk.span.first_line);
    const BoldSpan bold = {.begin = 0, .end = place.size()};
    std::string head = place;
    if (!hit.chunk.symbol.empty()) head += "  " + hit.chunk.symbol;
    if (hit.chunk.kind != apps::SymbolKind::kNone) {
      head += fmt::format("  ({})", apps::symbol_kind_name(hit.chunk.kind));
    }
    out += bold_line(head, {&bold, 1}, style.is_bold);
    fmt::format_to(std::back_inserter(out), "  {:.3f}\n", hit.score);
    if (style.is_explained) {
      std::string parts;
      append_parts(hit, parts);
      out += "    " + parts.substr(parts.find('{')) + "\n";
    }
    std::string_view rest = hit.text;
    for (int n = 0; n < style.n_lines && !rest.empty(); ++n) {
      const std::size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      line = line.substr(0, kMaxLineBytes);
      out += fmt::format("{:>6} ", hit.chunk.span.first_line + n);
      out += in_one_line(std::string(line));
      out += '\n';
    }
    if (style.n_lines > 0 && !rest.empty())
      out += fmt::format("       ... to line {}\n", hit.chunk.span.last_line);
    if (style.n_lines > 0) out += '\n';
  }
}

void append_code_match_json(const apps::CodeMatch& match, std::string& out) {
  append_path(match.path, out);
  fmt::format_to(std::back_inserter(out), ",\"line\":{},\"column\":{},\"end_column\":{}",
                 match.line, match.column, match.end_column);
  append_text("symbol", match.chunk.symbol, out);
  append_text("kind", apps::symbol_kind_name(match.chunk.kind), out);
  append_text("language", match.chunk.language, out);
  append_text("text", match.text, out);
  if (match.is_cut) out += ",\"truncated\":true";
  out += "}\n";
}

void append_code_match(const apps::CodeMatch& match, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}:{}:{}:{}\n", in_one_line(match.path), match.line,
                 match.column, in_one_line(match.text));
}

Result<std::string> code_question_from_line(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return {Code::kBadInput, "want a JSON object with \"query\""};
  }
  const auto query = json.find("query");
  if (query == json.end() || !query->is_string()) {
    return {Code::kBadInput, "\"query\" is not there, or no text"};
  }
  return query->get<std::string>();
}

}  // namespace quern::cli
