// Papers, their authors and links as the API writes them: each member by its documented type.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper_library.h"
#include "serve/json/json_members.h"
#include "serve/semantic_scholar/paper_fields.h"

namespace quern::serve {

inline constexpr std::size_t kMaxShownAuthors = 500;

/// Members of a paper that are found in it alone: all but authors, embedding, citations and
/// references. What is not known is null, or an empty list where the API has one.
void append_paper_members(JsonMembers& members, const apps::KnownPaper& paper,
                          FieldSet<PaperField> fields);

/// An author, as a paper has them or as the library knows them.
struct ShownAuthor {
  std::string_view id = {};  // "": not known.
  std::string_view name = {};
  std::span<const std::string> affiliations = {};
  const apps::KnownAuthor* known = nullptr;  // Counts are null without.
};

ShownAuthor shown_author(const apps::KnownAuthor& author);

void append_author_members(JsonMembers& members, const ShownAuthor& author,
                           FieldSet<AuthorField> fields);

/// Whether counts are among the fields, which a paper's author does not have.
bool needs_known_author(FieldSet<AuthorField> fields);

/// {"model","vector"}; null for an empty vector.
std::string embedding_json(std::string_view model, std::span<const float> vector);

/// Members of a citation or a reference that are its own. Nobody knows intents here: they are
/// empty.
void append_link_members(JsonMembers& members, const apps::PaperLink& link,
                         FieldSet<LinkField> fields);

}  // namespace quern::serve
