// The text of XML elements.

#pragma once

#include <string>
#include <vector>

#include <pugixml.hpp>

namespace quern::apps {

/// A citation in a text: which reference, and at which byte.
struct JatsCitation {
  std::string id;
  std::size_t place = 0;
};

/// Text of an element and all below it, as it is written, but for what is no prose (tables,
/// formulas, figures, notes). Places of citations are added where they are wanted.
void append_jats_text(const pugi::xml_node& node, std::string& out,
                      std::vector<JatsCitation>* citations = nullptr);

/// The same on one line.
std::string jats_line(const pugi::xml_node& node);

/// Of the first element of a name below, however deep; null: none.
pugi::xml_node find_jats(const pugi::xml_node& node, const char* name);

}  // namespace quern::apps
