// Records of lines that begin with a tag, as reference managers exchange them: RIS ("AU  - Bee,
// A.") and PubMed's MEDLINE form ("FAU - Bee, Ann"). Lines without a tag go on with the one before.

#pragma once

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/bounded_lines.h"
#include "base/status.h"

namespace quern::apps {

struct TaggedLine {
  std::string tag;  // "AU"
  std::string value;
};

struct TaggedRecord {
  std::vector<TaggedLine> lines = {};
  std::string text = {};    // As it is written.
  std::size_t n_line = 0;   // Where it begins, from 1.
  std::size_t n_bytes = 0;  // With blank lines before it.
  Status status = {};       // Not ok: kTooLarge.

  /// The first with one of the tags that has a value, in the order of the tags; "": none.
  std::string first(std::initializer_list<const char*> tags) const;
  std::vector<std::string> all(std::initializer_list<const char*> tags) const;
};

inline constexpr std::size_t kMaxTaggedRecordBytes = std::size_t{4} << 20;

class TaggedRecords {
 public:
  /// The stream outlives it.
  explicit TaggedRecords(std::istream& in) : lines_(in, kMaxTaggedRecordBytes) {}

  /// Nothing at the end. A record ends with "ER  -" or where another
  /// begins ("TY  -", "PMID-"). Lines before the first tag are passed over. Values are UTF-8:
  /// others are read as Windows-1252. Errors: kIo.
  Result<std::optional<TaggedRecord>> next();

 private:
  BoundedLines lines_;
  std::optional<BoundedLines::Line> ahead_;  // Begins the next record.
};

}  // namespace quern::apps
