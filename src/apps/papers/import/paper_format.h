// The kinds of files that papers are read from.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

enum class PaperFormat { kAuto, kPdf, kBibTeX, kRis, kJsonLines, kJson, kJats, kText };

/// "auto, pdf, bibtex, ris, jsonl, json, jats, text".
std::string paper_format_names();

/// Errors: kBadInput naming those that there are.
Result<PaperFormat> paper_format_of_name(std::string_view name);

/// By the end of a file's name, in any case: nothing where it says nothing of papers. Text files
/// and Markdown are kText.
std::optional<PaperFormat> paper_format_of_path(std::string_view path);

/// By the first some thousand bytes of a file: what does not look like any of the others is kText.
PaperFormat paper_format_of_bytes(std::string_view begin);

/// So many bytes are enough for it.
inline constexpr std::size_t kBytesToKnowFormat = 8192;

}  // namespace quern::apps
