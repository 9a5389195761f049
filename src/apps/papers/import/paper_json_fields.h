// Fields of JSON about papers, whatever their sources call and write them: what is missing, null or
// of another kind is not there.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

using PaperJson = nlohmann::ordered_json;
using FieldNames = std::initializer_list<const char*>;

/// Longer bibliographies are cut: books have some thousands.
inline constexpr std::size_t kMaxReferences = 10000;

/// The elements of a list; of anything else none.
const PaperJson& elements_of(const PaperJson& value);

/// A text on one line, or an integer's digits; "" for anything else.
std::string line_of(const PaperJson& value);

/// A positive number that a text is; else 0.
std::int64_t count_of(const std::string& text);

/// The first of some names that the object has with something in it; null: none. `object` may be of
/// any kind.
const PaperJson* field_of(const PaperJson& object, FieldNames names);

/// A text on one line, or a number's digits; "": none.
std::string line_field(const PaperJson& object, FieldNames names);

/// A text in paragraphs; a list of texts is joined by blanks. "": none.
std::string prose_field(const PaperJson& object, FieldNames names);

/// A number, or a text of digits; 0: none.
std::int64_t count_field(const PaperJson& object, FieldNames names);

/// The elements of a list; of anything else none.
const PaperJson& list_field(const PaperJson& object, FieldNames names);

/// Texts of a list, or one text, on one line each.
std::vector<std::string> line_list_field(const PaperJson& object, FieldNames names);

/// Ids by any of the names that sources have for them, in any case, with and without "_id". Without
/// "id" and "_id" themselves: they are not the same everywhere.
PaperIds ids_of_json(const PaperJson& object);

/// "First Middle Last" of an author that is a text or an object of name or parts of it.
PaperAuthor author_of_json(const PaperJson& author);
std::vector<PaperAuthor> authors_of_json(const PaperJson& list);

}  // namespace quern::apps
