// Sections and references of an article in JATS.

#pragma once

#include <string>

#include <pugixml.hpp>

#include "apps/papers/paper.h"

namespace quern::apps {

/// Paragraphs of an element, parted by empty lines; one of each of its parts, behind its title:
/// "Aim: We ..."
std::string jats_prose(const pugi::xml_node& node);

/// Adds an article's sections, those within others behind the text before them, and its references
/// with their contexts.
void read_jats_body(const pugi::xml_node& article, Paper& out);

}  // namespace quern::apps
