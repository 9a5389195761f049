// A paper as an entry of a bibliography in BibTeX's form.

#pragma once

#include <string>

#include "apps/papers/paper.h"

namespace quern::apps {

/// "@inproceedings{vaswani2017attention,\n  title = {...},\n ...}\n": what is known of it, with the
/// signs escaped that LaTeX takes for its own. UTF-8 stays UTF-8.
std::string bibtex_from_paper(const Paper& paper);

}  // namespace quern::apps
