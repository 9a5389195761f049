#include "apps/papers/import/jats_text.h"

#include <string_view>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

bool is_no_prose(std::string_view name) {
  for (const char* one : {"table-wrap", "table", "fig", "fig-group", "fn", "tex-math", "mml:math",
                          "math", "graphic", "media", "supplementary-material", "object-id",
                          "alternatives", "inline-graphic", "boxed-text", "disp-formula"}) {
    if (name == one) return true;
  }
  return false;
}

// Blanks stand around blocks that are written side by side.
bool is_block(std::string_view name) {
  for (const char* one : {"p", "title", "sec", "list-item", "def-item", "disp-quote", "break",
                          "list", "name", "given-names", "surname"}) {
    if (name == one) return true;
  }
  return false;
}

}  // namespace

void append_jats_text(const pugi::xml_node& node, std::string& out,
                      std::vector<JatsCitation>* citations) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      out += child.value();
      continue;
    }
    const std::string_view name = child.name();
    if (is_no_prose(name)) continue;
    const bool is_citation =
        name == "xref" && child.attribute("ref-type").value() == std::string_view("bibr");
    if (is_citation && citations != nullptr) {
      citations->push_back({.id = child.attribute("rid").value(), .place = out.size()});
    }
    if (is_block(name)) out += ' ';
    append_jats_text(child, out, citations);
    if (is_block(name)) out += ' ';
  }
}

std::string jats_line(const pugi::xml_node& node) {
  std::string out;
  append_jats_text(node, out);
  return one_line(out);
}

pugi::xml_node find_jats(const pugi::xml_node& node, const char* name) {
  return node.find_node(
      [&](const pugi::xml_node& one) { return one.name() == std::string_view(name); });
}

}  // namespace quern::apps
