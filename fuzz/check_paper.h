// What holds for every paper, whatever it was read from.

#pragma once

#include <initializer_list>
#include <string>

#include "apps/papers/import/paper_json_fields.h"
#include "apps/papers/paper.h"
#include "base/check.h"
#include "base/utf8.h"

inline void check_text(const std::string& text) {
  QUERN_CHECK(quern::is_valid_utf8(text) && text.find('\0') == text.npos);
}

inline void check_ids(const quern::apps::PaperIds& ids) {
  for (const auto* text : {&ids.paper_id, &ids.doi, &ids.arxiv, &ids.acl, &ids.mag, &ids.pubmed,
                           &ids.pmc, &ids.dblp}) {
    check_text(*text);
  }
  QUERN_CHECK(ids.corpus_id >= 0);
}

inline void check_paper(const quern::apps::Paper& paper) {
  check_ids(paper.ids);
  for (const auto* text : {&paper.title, &paper.abstract, &paper.date, &paper.venue, &paper.url,
                           &paper.pdf_url, &paper.licence, &paper.tldr, &paper.journal.name}) {
    check_text(*text);
  }
  for (const auto& author : paper.authors) {
    check_text(author.name);
    QUERN_CHECK(!author.name.empty());
  }
  for (const auto& section : paper.sections) {
    check_text(section.heading);
    check_text(section.number);
    check_text(section.text);
  }
  QUERN_CHECK(paper.references.size() <= quern::apps::kMaxReferences);
  for (const auto& reference : paper.references) {
    check_ids(reference.ids);
    check_text(reference.title);
    check_text(reference.text);
    for (const auto& author : reference.authors) check_text(author);
    for (const auto& context : reference.contexts) check_text(context);
  }
  QUERN_CHECK(paper.year == 0 || (paper.year >= 1500 && paper.year <= 2100));
}
