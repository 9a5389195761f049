// Pages of a document as one text: without their numbers and the lines that head or foot them all.

#pragma once

#include <string>
#include <string_view>

namespace quern::apps {

/// Pages are parted by form feeds. A number alone in a page's first or last line goes, and a line
/// there that, but for its digits, stands on at least three pages and on a third of all. A sentence
/// that goes on on the next page does so on the next line. Cost: linear, but for a sorting of
/// lines.
std::string text_of_pages(std::string_view pages);

}  // namespace quern::apps
