// A paper from a plain text or from Markdown.

#pragma once

#include <string>
#include <string_view>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

/// Its title is its first line where a blank line follows, else `name`; all else is one section.
/// Errors: kBadInput for no text.
Result<Paper> paper_of_text(std::string_view text, const std::string& name);

/// Its title is its first heading, its other headings' texts are its sections. Errors: kBadInput.
Result<Paper> paper_of_markdown(std::string_view text, const std::string& name);

}  // namespace quern::apps
