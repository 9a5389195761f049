// Which sentences of a paper cite which entries of its bibliography.

#pragma once

#include "apps/papers/paper.h"

namespace quern::apps {

/// Adds to PaperReference::contexts the sentences of the sections that say "[3]", "[1, 3-5]" where
/// the bibliography is in the order of its numbers, else "(Bee et al., 2019)" or "Bee and Dee
/// (2019)".
void add_citing_sentences(Paper& paper);

}  // namespace quern::apps
