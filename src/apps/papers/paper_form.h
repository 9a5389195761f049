// What is known of a paper, without its text, as the JSON that a library keeps.

#pragma once

#include <string>
#include <string_view>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

/// Without sections, references and cited_by. What is empty is left out.
std::string facts_from_paper(const Paper& paper);

/// Errors: kBadInput for what facts_from_paper would not write.
Result<Paper> paper_from_facts(std::string_view json);

}  // namespace quern::apps
