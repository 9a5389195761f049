#include "apps/papers/import/author_names.h"

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

// Behind a comma they belong to the name before, not to a first name.
bool is_suffix(std::string_view part) {
  return part == "Jr" || part == "Jr." || part == "Sr" || part == "Sr." || part == "II" ||
         part == "III" || part == "IV";
}

std::vector<std::string> split_at(std::string_view text, std::string_view separator) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = text.find(separator, at);
    std::string part = one_line(text.substr(at, end == text.npos ? text.npos : end - at));
    if (!part.empty()) out.push_back(std::move(part));
    if (end == text.npos) return out;
    at = end + separator.size();
  }
}

bool is_nobody(std::string_view name) {
  const std::string small = in_small_letters(name);
  return small == "others" || small == "et al" || small == "et al.";
}

void add_author(std::string name, std::vector<PaperAuthor>& out) {
  if (!name.empty() && !is_nobody(name)) out.push_back({.name = std::move(name)});
}

}  // namespace

std::string name_in_order(std::string_view name) { return name_of_parts(split_at(name, ",")); }

std::string name_of_parts(const std::vector<std::string>& parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts[0];
  if (parts.size() == 2) {
    if (parts[0].empty() || parts[1].empty()) return parts[0] + parts[1];
    return is_suffix(parts[1]) ? parts[0] + " " + parts[1] : parts[1] + " " + parts[0];
  }
  // "Last, Jr, First"; "Last, First, Jr" is seen, too.
  const bool is_suffix_last = is_suffix(parts[2]);
  return parts[is_suffix_last ? 1 : 2] + " " + parts[0] + " " + parts[is_suffix_last ? 2 : 1];
}

std::vector<PaperAuthor> authors_joined_by_and(std::string_view names) {
  std::vector<PaperAuthor> out;
  for (const std::string& name : split_at(" " + one_line(names) + " ", " and ")) {
    add_author(name_in_order(name), out);
  }
  return out;
}

std::string commas_for(std::string_view word, std::string_view list) {
  const std::string between = " " + std::string(word) + " ";
  std::string out;
  std::size_t at = 0;
  for (std::size_t next; (next = list.find(between, at)) != list.npos;) {
    out += list.substr(at, next - at);
    out += " ,";
    at = next + between.size() - 1;  // Its last blank may be the next one's first.
  }
  out += list.substr(at);
  return out;
}

std::vector<PaperAuthor> authors_in_list(std::string_view names) {
  std::vector<PaperAuthor> out;
  if (names.find(';') != names.npos) {
    for (const std::string& name : split_at(names, ";")) add_author(name_in_order(name), out);
    return out;
  }
  for (std::string& name : split_at(commas_for("and", " " + one_line(names) + " "), ",")) {
    if (is_suffix(name) && !out.empty()) {
      out.back().name += " " + name;
    } else {
      add_author(std::move(name), out);
    }
  }
  return out;
}

}  // namespace quern::apps
