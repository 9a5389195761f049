// Names of authors among the lines below a title.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/import/pdf_layout.h"
#include "apps/papers/paper.h"

namespace quern::apps {

/// Names of "Ann Bee1 , Carl Dee and Eve F. Gee"; empty where the line is not of names.
std::vector<std::string> names_in_line(std::string_view line);

/// True for words of universities, towns and the like, which are no names of people.
bool is_place(std::string_view text);

/// Down the page, whatever columns the names stand in; lines that are smaller than the first names'
/// are about places.
std::vector<PaperAuthor> authors_of_lines(std::vector<const PdfLine*> lines);

}  // namespace quern::apps
