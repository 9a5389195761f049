// Papers from entries of BibTeX. Entries: bibtex_entries.h; their LaTeX: latex_text.h.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/import/bibtex_entries.h"
#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

/// Fields of BibTeX and BibLaTeX. `parent` (null: none) is what its "crossref" names: fields that
/// it lacks are the parent's. Fields that are no UTF-8 are read as Windows-1252.
Paper paper_of_bibtex(const BibtexEntry& entry, const BibtexEntry* parent = nullptr);

/// "Last, First and {An Institute}" as authors, "First Last": words in braces are one.
std::vector<PaperAuthor> authors_of_bibtex(std::string_view names);

/// The entries of a file as papers.
class BibtexPapers {
 public:
  /// `text` outlives it.
  explicit BibtexPapers(std::string_view text);

  struct Item {
    BibtexEntry entry;
    Paper paper = {};
    std::string written = {};  // All that the paper was made of: its bytes, and its parent's.
    Status status = {};        // Of the entry, or why it is no paper.
  };

  /// Nothing at the end.
  std::optional<Item> next();

 private:
  std::string_view text_;
  BibtexEntries entries_;
  // Books by key, in small letters: read only where some entries are children of others.
  std::map<std::string, BibtexEntry> parents_;
};

}  // namespace quern::apps
