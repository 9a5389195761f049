// Documents and queries as objects of JSON, a line each.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

/// What becomes of a document's own vector: "vector", a list of numbers. Where the schema uses that
/// name, it is a field and no vector.
enum class GivenVectors {
  kIgnore,  // It is given back as all else of the line.
  kTake,
  kRefuse,  // And its document with it: it cannot be compared with those that a model made.
};

/// A document from {"id" or "_id", and fields and attributes by name}. Its key is the id, text or
/// integer; a field's joined parts have a space between; what a hit gives back is the line, without
/// a vector that is taken. An attribute may be a list of values, or be missing.
///
/// Its parent (the file or paper that it is a part of) is "parent", with which the id begins,
/// unless the schema uses that name; without one, what of the id is before the last
/// `parent_separator`, where that is not empty and in it. Errors: kBadInput naming what is missing
/// or of the wrong kind.
Result<store::Document> document_from_line(std::string_view line, const store::Schema& schema,
                                           GivenVectors vectors = GivenVectors::kIgnore,
                                           std::string_view parent_separator = {});

struct QueryLine {
  std::string id;
  std::string text;
  std::vector<float> vector = {};
};

/// A query from {"id" or "_id", "text"}, and "vector", a list of numbers, where it brings its own.
/// Errors: as document_from_line.
Result<QueryLine> query_from_line(std::string_view line);

/// What a model is to see of a document: its fields, those that have something in them, with a
/// space between.
std::string text_to_embed(const std::vector<std::string>& fields);

}  // namespace quern::apps
