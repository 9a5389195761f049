// Entries of a BibTeX file, one after another. Source: "BibTeXing" (Patashnik 1988) and what
// bibtex(1) does: comments are all that stands outside entries, values are joined by #, names stand
// for the texts of @string and for months.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"
#include "base/status.h"

namespace quern::apps {

struct BibtexEntry {
  std::string type = {};  // In small letters: "article".
  std::string key = {};
  // By name in small letters, values as they are written, without what encloses them. The first of
  // a name counts.
  std::map<std::string, std::string> fields = {};
  std::size_t n_line = 0;  // Where it begins, from 1.
  ByteSpan bytes = {};     // In the file; from the end of the one before.
  Status status = {};      // Not ok: why it is none, with the line; type and key are what was read.

  /// "": there is none.
  std::string_view field(const std::string& name) const;
};

class BibtexEntries {
 public:
  /// The text, any bytes, outlives it.
  explicit BibtexEntries(std::string_view text);

  /// Nothing at the end. Behind an entry with an error it goes on at the next line that begins one.
  std::optional<BibtexEntry> next();

 private:
  bool find_entry();
  Status read_entry(BibtexEntry& entry);
  Status read_fields(char close, BibtexEntry& entry);
  Status read_field(std::map<std::string, std::string>& fields);
  Status read_value(std::string& value);
  Status read_piece(std::string& value);
  Status read_braced(std::string& value);
  Status read_quoted(std::string& value);
  Status skip_block();
  void skip_comment();
  void recover(std::size_t entry_begin);

  void skip_blanks();
  std::string_view name();
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c);
  void step();
  bool begins_entry_line() const;
  Status wrong(const std::string& what) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t n_line_ = 1;
  bool are_comments_open_ = false;  // One has no end: from now on they are one line long.
  std::map<std::string, std::string, std::less<>> strings_;
};

}  // namespace quern::apps
