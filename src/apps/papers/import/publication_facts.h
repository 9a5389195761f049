// What bibliographies and archives say of a paper, in the words of Semantic Scholar's API.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quern::apps {

/// "JournalArticle" of "article", "journal-article", "JOUR"; "": none of the API's.
std::string publication_type_of(std::string_view type);

/// Fields of study of "cs.CL stat.ML", each once.
std::vector<std::string> fields_of_arxiv_categories(std::string_view categories);

/// Adds those of a list of keywords, parted by commas or semicolons, that are fields of study by
/// the API's names, in any case, each once.
void add_fields_of_study(std::string_view keywords, std::vector<std::string>& out);

/// 1 to 12 of "Jun", "june", "06"; 0: none.
int month_of(std::string_view text);

/// "YYYY-MM-DD" of "Mon, 12 Jun 2017 17:57:34 GMT", else "".
std::string day_of_mail_date(std::string_view text);

}  // namespace quern::apps
