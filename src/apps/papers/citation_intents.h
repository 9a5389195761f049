// What a paper cites others for, by where it does.

#pragma once

#include "apps/papers/paper.h"

namespace quern::apps {

/// Gives each citing sentence of which that is not known the intent that the heading of its section
/// tells: "background" of an introduction or related work, "result" of results and experiments,
/// "methodology" of a section on methods. Of other headings none.
void add_intents_by_section(Paper& paper);

}  // namespace quern::apps
