// Papers from lines of JSON, one after another.

#pragma once

#include <istream>
#include <optional>
#include <string>

#include "apps/bounded_lines.h"
#include "apps/papers/paper_reading.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxPaperLineBytes = std::size_t{16} << 20;

/// A record's place for people: "papers.jsonl: 215416146", where it has a name of its own, else
/// "papers.jsonl: line 7".
std::string origin_of_record(const std::string& file, const std::string& key,
                             const std::string& place);

/// A paper, or why it is none, from the bytes of one JSON object; what is known has its origin
/// alone. `place` is for a record without a name: "line 7".
ReadPaper paper_of_json_record(std::string_view bytes, const std::string& file,
                               const std::string& place, const IsKnownPaper& is_known);

class PaperLines {
 public:
  /// `name` is for people, a file's. The stream outlives it.
  PaperLines(std::istream& in, std::string name)
      : lines_(in, kMaxPaperLineBytes), name_(std::move(name)) {}

  /// Nothing at the end. Blank lines are passed over, and byte order marks before lines. A line
  /// that is no paper says so and has its number. Errors: kIo.
  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known = {});

 private:
  BoundedLines lines_;
  const std::string name_;
};

}  // namespace quern::apps
