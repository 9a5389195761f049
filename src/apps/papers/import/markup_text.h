// Titles and abstracts as publishers' records have them, with marks of HTML and JATS, as plain
// text.

#pragma once

#include <string>
#include <string_view>

namespace quern::apps {

/// Tags of text go ("<i>", "</jats:p>"), paragraphs' become blank lines; "&amp;" and its like are
/// their characters. What only looks like a tag ("a<b") stays. Cost: linear.
std::string without_markup(std::string_view text);

}  // namespace quern::apps
