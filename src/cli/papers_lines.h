// Papers and passages as text for people, and as JSON.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/papers/paper_library.h"
#include "base/status.h"

namespace quern::cli {

/// {"paperId", "corpusId", "externalIds", "title", "year", ...}: what is not known is left out.
nlohmann::ordered_json json_of_paper(const apps::KnownPaper& paper);

/// {"text", "kind", "section", "bytes": [begin, end], "score"}: bytes of the full text.
nlohmann::ordered_json json_of_snippet(const apps::PaperSnippet& snippet);

/// Title, authors, venue and year, id, citations: two lines of a list of papers, numbered.
void append_paper_lines(std::size_t number, const apps::KnownPaper& paper, bool is_bold,
                        std::string& out);

/// The part of a passage that is shown, indented, in lines of at most `width` columns.
void append_passage_lines(const apps::PaperSnippet& snippet, std::string& out);

}  // namespace quern::cli
