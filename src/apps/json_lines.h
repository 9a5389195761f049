// Documents from JSON lines, one after another.

#pragma once

#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "apps/ingest.h"
#include "apps/json_document.h"
#include "base/status.h"

namespace quern::apps {

/// A line without the byte order mark that some programs put at the beginning of a file; in a file
/// that was made of several it may stand anywhere.
std::string_view without_mark(std::string_view line);

/// Blank lines are passed over, and byte order marks before lines. The stream and the schema
/// outlive it.
class JsonLines {
 public:
  /// `name` is for people: a file's.
  JsonLines(std::istream& in, std::string name, const store::Schema& schema, GivenVectors vectors,
            std::string parent_separator = {})
      : in_(in),
        name_(std::move(name)),
        schema_(schema),
        vectors_(vectors),
        parent_separator_(std::move(parent_separator)) {}

  /// Nothing at the end. A line that is no document says so. Errors: kIo.
  Result<std::optional<SourceDocument>> next();

 private:
  std::istream& in_;
  const std::string name_;
  const store::Schema& schema_;
  const GivenVectors vectors_;
  const std::string parent_separator_;
  std::string line_;
  std::size_t n_line_ = 0;
};

}  // namespace quern::apps
