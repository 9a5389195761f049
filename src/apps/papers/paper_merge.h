// Several records of one paper: when they are of one, and what is known from all of them.

#pragma once

#include <string>

#include "apps/papers/paper.h"

namespace quern::apps {

/// Whether two records with the same title are of one paper: not where their DOIs differ and
/// neither is a preprint's, their years are more than one apart, or a short title ("Introduction")
/// has other authors.
bool is_one_paper(const Paper& a, const Paper& b);

/// What `first` says, and where that says nothing what `second` does: fact by fact, authors,
/// sections and references as a whole, of counts the larger.
Paper merged(Paper first, const Paper& second);

/// SHA-256 of all that a record says, 32 bytes.
std::string digest_of(const Paper& paper);

}  // namespace quern::apps
