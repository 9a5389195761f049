// Entries of bibliographies as they are printed, read for what they are about.

#pragma once

#include <string>
#include <string_view>

#include "apps/papers/paper.h"

namespace quern::apps {

/// Best effort. "Ann Bee and C. Dee. 2019. Title. In ...", "[3] A. Bee, "Title," in ..., 2019.",
/// "Bee, A. (2019). Title. ..." and their like: title, authors, year, DOI and arXiv id where they
/// can be told. The text stays as it is, without its number.
PaperReference reference_of_text(std::string_view entry);

/// The number that an entry begins with, "[12]" or "12."; 0: none.
int number_of_entry(std::string_view entry);

}  // namespace quern::apps
