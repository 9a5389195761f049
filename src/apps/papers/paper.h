// A paper as it is imported, whatever it was read from: BibTeX, JSON lines, JATS, a PDF.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quern::apps {

/// What others know a paper by. "" or 0: not known. Texts as they are written in citations: no URL
/// and no "doi:" before a DOI, no version behind an arXiv id.
struct PaperIds {
  std::string paper_id = {};  // Semantic Scholar's: 40 small hexadecimal digits.
  std::int64_t corpus_id = 0;
  std::string doi = {};
  std::string arxiv = {};  // "1706.03762", "cs/0112017"
  std::string acl = {};    // "P02-1040", "2020.acl-main.1"
  std::string mag = {};
  std::string pubmed = {};
  std::string pmc = {};  // Digits alone.
  std::string dblp = {};

  bool operator==(const PaperIds&) const = default;
};

struct PaperAuthor {
  std::string name;     // "First Last"
  std::string id = {};  // Semantic Scholar's.
  std::vector<std::string> affiliations = {};

  bool operator==(const PaperAuthor&) const = default;
};

struct PaperSection {
  std::string heading = {};  // "Related Work"; "" where there is none. Without its number.
  std::string number = {};   // "2.1"
  std::string text;          // UTF-8; paragraphs are parted by an empty line.

  bool operator==(const PaperSection&) const = default;
};

/// An entry of a paper's bibliography.
struct PaperReference {
  PaperIds ids = {};
  std::string title = {};
  std::string text = {};  // As it is printed.
  std::vector<std::string> authors = {};
  int year = 0;
  std::vector<std::string> contexts = {};  // Sentences that cite it,
  // [contexts], or less: what each cites it for, as the API names that ("background").
  std::vector<std::vector<std::string>> intents = {};
  bool is_influential = false;

  bool operator==(const PaperReference&) const = default;
};

struct PaperJournal {
  std::string name = {};
  std::string volume = {};
  std::string pages = {};

  bool operator==(const PaperJournal&) const = default;
};

/// A venue as Semantic Scholar knows it.
struct PaperVenue {
  std::string id = {};
  std::string name = {};
  std::string type = {};  // "conference", "journal"
  std::vector<std::string> alternate_names = {};
  std::string url = {};

  bool operator==(const PaperVenue&) const = default;
};

/// All UTF-8. "", 0 and empty: not known.
struct Paper {
  PaperIds ids = {};
  std::string title = {};
  std::string abstract = {};
  std::vector<PaperAuthor> authors = {};
  int year = 0;
  std::string date = {};   // "YYYY-MM-DD"
  std::string venue = {};  // The conference or journal.
  PaperVenue publication_venue = {};
  PaperJournal journal = {};
  std::vector<std::string> publication_types = {};  // As the API names them: "JournalArticle".
  std::vector<std::string> fields_of_study = {};    // Likewise: "Computer Science".
  std::string url = {};
  std::string pdf_url = {};
  std::string licence = {};
  bool is_open_access = false;
  std::string tldr = {};
  std::int64_t n_citations = 0;  // As its source counts them; we may know fewer ourselves.
  std::int64_t n_influential_citations = 0;
  std::vector<PaperSection> sections = {};
  std::vector<PaperReference> references = {};
  std::vector<PaperIds> cited_by = {};  // Papers that cite it, as far as its source says.

  bool operator==(const Paper&) const = default;
};

}  // namespace quern::apps
