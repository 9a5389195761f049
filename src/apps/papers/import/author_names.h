// Names of authors as bibliographies write them, as "First Last".

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper.h"

namespace quern::apps {

/// "First von Last Jr" of "von Last, Jr, First", "Last, First" or a name that is in order already.
std::string name_in_order(std::string_view name);

/// The same of its parts, as commas part them.
std::string name_of_parts(const std::vector<std::string>& parts);

/// Of names joined by the word "and", as BibTeX has them; "others" is nobody. Names are in order
/// then. Words are parted by single blanks.
std::vector<PaperAuthor> authors_joined_by_and(std::string_view names);

/// A list with a comma in place of a word between blanks: of "and" in "A and B". Cost: linear.
std::string commas_for(std::string_view word, std::string_view list);

/// Of names parted by commas, semicolons or "and", in order already: "A. Bee, C. Dee and E. Eff";
/// or, where semicolons part them, last names first: "Bee, A.; Dee, C.".
std::vector<PaperAuthor> authors_in_list(std::string_view names);

}  // namespace quern::apps
