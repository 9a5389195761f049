#include "apps/papers/paper_form.h"

#include <nlohmann/json.hpp>

#include "apps/json_object.h"
#include "apps/papers/paper_facts.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

template <typename T>
bool says_nothing(const T& value) {
  return value == T();
}

// Bytes that are no UTF-8 come out of it repaired.
std::string dumped(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

void read(const json& value, std::string& out, bool& is_ok) {
  if (value.is_string()) {
    out = value.get<std::string>();
  } else {
    is_ok = false;
  }
}
void read(const json& value, std::vector<std::string>& out, bool& is_ok) {
  is_ok = is_ok && value.is_array();
  for (const json& one : value) read(one, out.emplace_back(), is_ok);
}
void read(const json& value, bool& out, bool& is_ok) {
  is_ok = is_ok && value.is_boolean();
  out = value.is_boolean() && value.get<bool>();
}
template <typename N>
void read(const json& value, N& out, bool& is_ok) {
  is_ok = is_ok && value.is_number_integer();
  if (value.is_number_integer()) out = value.get<N>();
}

void read_author(const json& value, PaperAuthor& out, bool& is_ok) {
  if (!value.is_object()) return void(is_ok = false);
  for (const auto& [name, fact] : value.items()) {
    if (name == "name") read(fact, out.name, is_ok);
    if (name == "id") read(fact, out.id, is_ok);
    if (name == "affiliations") read(fact, out.affiliations, is_ok);
  }
}

}  // namespace

std::string facts_from_paper(const Paper& paper) {
  json object = json::object();
  for_each_fact(
      [&](const char* name, const auto& value) {
        if (!says_nothing(value)) object[name] = value;
      },
      paper);
  json authors = json::array();
  for (const PaperAuthor& author : paper.authors) {
    json one = {{"name", author.name}};
    if (!author.id.empty()) one["id"] = author.id;
    if (!author.affiliations.empty()) one["affiliations"] = author.affiliations;
    authors.push_back(std::move(one));
  }
  if (!authors.empty()) object["authors"] = std::move(authors);
  return dumped(object);
}

Result<Paper> paper_from_facts(std::string_view text) {
  QUERN_ASSIGN(const json object, object_from_json(text));
  Paper paper;
  bool is_ok = true;
  for_each_fact(
      [&](const char* name, auto& value) {
        const auto found = object.find(name);
        if (found != object.end()) read(*found, value, is_ok);
      },
      paper);
  const auto authors = object.find("authors");
  if (authors != object.end() && authors->is_array()) {
    for (const json& one : *authors) read_author(one, paper.authors.emplace_back(), is_ok);
  }
  if (is_ok) return paper;
  return {Code::kBadInput, "what is kept of a paper is damaged"};
}

}  // namespace quern::apps
