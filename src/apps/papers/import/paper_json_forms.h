// The forms of JSON that papers come in: how one is known, and how it is read. Reading never fails:
// what is not there stays empty.

#pragma once

#include "apps/papers/import/paper_json_fields.h"

namespace quern::apps {

struct PaperJsonForm {
  bool (*fits)(const PaperJson& object);
  Paper (*read)(const PaperJson& object);
};

/// S2ORC: paragraphs with their sections and spans of citations ("body_text"), as in its release of
/// 2020, in CORD-19 and from its tools. Source: allenai/s2orc, allenai/s2orc-doc2json.
bool is_s2orc_paragraphs(const PaperJson& object);
Paper paper_of_s2orc_paragraphs(const PaperJson& object);

/// S2ORC: one text with annotations as JSON in JSON ("content", "body"). Source: the data sets
/// s2orc and s2orc_v2 of Semantic Scholar.
bool is_s2orc_annotated(const PaperJson& object);
Paper paper_of_s2orc_annotated(const PaperJson& object);

/// Semantic Scholar's papers, abstracts and tldrs data sets, its Graph API, old and new, and
/// S2ORC's metadata. Source: api.semanticscholar.org.
bool is_scholar(const PaperJson& object);
Paper paper_of_scholar(const PaperJson& object);

/// arXiv's metadata, as it is published once a week. Source: its OAI arXiv format.
bool is_arxiv(const PaperJson& object);
Paper paper_of_arxiv(const PaperJson& object);

/// An entry of a bibliography as JSON: the ACL Anthology's, BibTeX's by its parsers, CSL.
bool is_bibliographic(const PaperJson& object);
Paper paper_of_bibliographic(const PaperJson& object);

/// ScisummNet's papers with their sections.
bool is_scisumm(const PaperJson& object);
Paper paper_of_scisumm(const PaperJson& object);

/// A corpus of documents: SciFact, BEIR, anything that has a title or a text.
bool is_plain_document(const PaperJson& object);
Paper paper_of_plain_document(const PaperJson& object);

}  // namespace quern::apps
