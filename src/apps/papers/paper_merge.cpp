#include "apps/papers/paper_merge.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "apps/papers/paper_facts.h"
#include "apps/papers/paper_form.h"
#include "apps/papers/paper_identity.h"
#include "base/sha256.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

// Titles of fewer words are many papers'.
constexpr std::ptrdiff_t kWordsThatTell = 4;

bool is_preprint(const std::string& doi) {
  const std::string plain = plain_doi(doi);
  return plain.starts_with("10.48550/") || plain.starts_with("10.1101/");
}

/// The first author's last name, as titles are compared.
std::string first_author(const Paper& paper) {
  if (paper.authors.empty()) return {};
  return last_name(title_key(paper.authors[0].name));
}

bool has_short_title(const Paper& paper) {
  const std::string key = title_key(paper.title);
  return std::count(key.begin(), key.end(), ' ') + 1 < kWordsThatTell;
}

void append_text(std::string& out, std::string_view text) {
  store::append_varint(out, text.size());
  out += text;
}

void append_ids(std::string& out, const PaperIds& ids) {
  for (const std::string& name : names_of(ids)) append_text(out, name);
}

}  // namespace

bool is_one_paper(const Paper& a, const Paper& b) {
  const std::string doi_a = plain_doi(a.ids.doi), doi_b = plain_doi(b.ids.doi);
  if (!doi_a.empty() && !doi_b.empty() && doi_a != doi_b && !is_preprint(doi_a) &&
      !is_preprint(doi_b)) {
    return false;
  }
  if (!a.ids.acl.empty() && !b.ids.acl.empty() &&
      names_of({.acl = a.ids.acl}) != names_of({.acl = b.ids.acl})) {
    return false;
  }
  if (a.year > 0 && b.year > 0 && std::abs(a.year - b.year) > 1) return false;
  if (!has_short_title(a)) return true;
  return !a.authors.empty() && !b.authors.empty() && first_author(a) == first_author(b);
}

Paper merged(Paper first, const Paper& second) {
  const std::int64_t n_citations = std::max(first.n_citations, second.n_citations);
  const std::int64_t n_influential =
      std::max(first.n_influential_citations, second.n_influential_citations);
  for_each_fact(
      [](const char*, auto& to, const auto& from) {
        if (to == std::remove_cvref_t<decltype(to)>()) to = from;
      },
      first, second);
  first.n_citations = n_citations;
  first.n_influential_citations = n_influential;
  if (first.authors.empty()) first.authors = second.authors;
  if (first.sections.empty()) first.sections = second.sections;
  if (first.references.empty()) first.references = second.references;
  if (first.cited_by.empty()) first.cited_by = second.cited_by;
  return first;
}

std::string digest_of(const Paper& paper) {
  std::string all = facts_from_paper(paper);
  for (const PaperSection& section : paper.sections) {
    append_text(all, section.number);
    append_text(all, section.heading);
    append_text(all, section.text);
  }
  for (const PaperReference& reference : paper.references) {
    append_ids(all, reference.ids);
    append_text(all, reference.title);
    append_text(all, reference.text);
    store::append_varint(all, static_cast<std::uint64_t>(std::max(reference.year, 0)));
    for (const std::string& author : reference.authors) append_text(all, author);
    for (const std::string& context : reference.contexts) append_text(all, context);
    for (const std::vector<std::string>& intents : reference.intents) {
      for (const std::string& intent : intents) append_text(all, intent);
    }
    if (reference.is_influential) append_text(all, "influential");
  }
  for (const PaperIds& ids : paper.cited_by) append_ids(all, ids);
  Sha256 sha;
  sha.add(store::bytes_of(all));
  const Sha256Digest digest = sha.digest();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace quern::apps
