// Files of each kind as sources of papers. `name` is the file's, for origins.

#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "apps/papers/import/paper_source.h"

namespace quern::apps {

std::unique_ptr<PaperSource> standard_input_source();  // JSON lines.
std::unique_ptr<PaperSource> json_lines_source(std::ifstream file, std::string name);
std::unique_ptr<PaperSource> json_objects_source(std::ifstream file, std::string name);

/// Larger files of BibTeX are refused: they are read into memory.
inline constexpr std::size_t kMaxBibtexFileBytes = std::size_t{512} << 20;

/// Errors: as read_file.
Result<std::unique_ptr<PaperSource>> bibtex_source(const std::string& path, std::string name);
std::unique_ptr<PaperSource> ris_source(std::ifstream file, std::string name);

/// Errors: as read_file and papers_of_jats.
Result<std::unique_ptr<PaperSource>> jats_source(const std::string& path, std::string name);

inline constexpr std::size_t kMaxTextFileBytes = std::size_t{16} << 20;

/// Of one paper each: their digest is asked for before they are read.
std::unique_ptr<PaperSource> text_source(const std::string& path, std::string name);
std::unique_ptr<PaperSource> pdf_source(const std::string& path, std::string name,
                                        const PdfReading& reading);

}  // namespace quern::apps
