// Pages of a document as one text: without their numbers and the lines that head or foot them all.

#pragma once

#include <string>
#include <string_view>

namespace quern::apps {

/// Pages are parted by form feeds. A number of up to four digits alone in a page's first or last
/// line goes where a blank line parts it from the text and another page's runs on from it (n, n +
/// 1,
/// ... as the pages do): other numbers may be a sentence's. So goes a line there that, but for its
/// digits, stands on at least three pages and on a third of all, parted in the same way. A sentence
/// that goes on on the next page does so on the next line. Cost: linear, but for a sorting of
/// lines.
std::string text_of_pages(std::string_view pages);

}  // namespace quern::apps
