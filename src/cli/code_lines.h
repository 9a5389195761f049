// Answers of a code search as JSON lines and as text for people.

#pragma once

#include <string>
#include <string_view>

#include "apps/code/code_pattern.h"
#include "apps/code/code_search.h"
#include "base/status.h"

namespace quern::cli {

/// {"path", "start_line", "end_line", "symbol", "kind", "language", "role", "score", "tiers",
/// "text"}; with `is_explained` also "explain". No newline.
void append_code_hit_json(const apps::CodeHit& hit, const apps::CodeAnswer& answer,
                          bool is_explained, std::string& out);

/// {"query", "results": [hits without "text"], ...} and a newline.
void append_code_query_json(std::string_view question, const apps::CodeAnswer& answer,
                            std::string& out);

/// {"query", "results": [], "error": {...}} and a newline.
void append_code_refusal_json(std::string_view question, const Status& why, std::string& out);

struct CodeHitStyle {
  int n_lines = 6;  // Of each hit's text.
  bool is_bold = false;
  bool is_explained = false;
};

/// A line "path:line  symbol", and under it the text's first lines.
void append_code_hits(const apps::CodeAnswer& answer, const CodeHitStyle& style, std::string& out);

/// {"path", "line", "column", "end_column", "symbol", "kind", "language", "text"} and a newline.
void append_code_match_json(const apps::CodeMatch& match, std::string& out);

/// "path:line:column:text" and a newline.
void append_code_match(const apps::CodeMatch& match, std::string& out);

/// The "query" of a JSON line. Errors: kBadInput.
Result<std::string> code_question_from_line(const std::string& line);

}  // namespace quern::cli
