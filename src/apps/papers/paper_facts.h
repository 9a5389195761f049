// The facts of a paper by name, in one list: what is written, read and merged.

#pragma once

#include "apps/papers/paper.h"

namespace quern::apps {

/// Calls f(name, member) for each fact of one or several papers but authors, sections, references
/// and cited_by: f("doi", paper.ids.doi...).
template <typename F, typename... P>
void for_each_fact(F&& f, P&... paper) {
  f("paper_id", paper.ids.paper_id...);
  f("corpus_id", paper.ids.corpus_id...);
  f("doi", paper.ids.doi...);
  f("arxiv", paper.ids.arxiv...);
  f("acl", paper.ids.acl...);
  f("mag", paper.ids.mag...);
  f("pubmed", paper.ids.pubmed...);
  f("pmc", paper.ids.pmc...);
  f("dblp", paper.ids.dblp...);
  f("title", paper.title...);
  f("abstract", paper.abstract...);
  f("year", paper.year...);
  f("date", paper.date...);
  f("venue", paper.venue...);
  f("venue_id", paper.publication_venue.id...);
  f("venue_name", paper.publication_venue.name...);
  f("venue_type", paper.publication_venue.type...);
  f("venue_names", paper.publication_venue.alternate_names...);
  f("venue_url", paper.publication_venue.url...);
  f("journal", paper.journal.name...);
  f("volume", paper.journal.volume...);
  f("pages", paper.journal.pages...);
  f("types", paper.publication_types...);
  f("fields", paper.fields_of_study...);
  f("url", paper.url...);
  f("pdf_url", paper.pdf_url...);
  f("licence", paper.licence...);
  f("open", paper.is_open_access...);
  f("tldr", paper.tldr...);
  f("citations", paper.n_citations...);
  f("influential", paper.n_influential_citations...);
}

}  // namespace quern::apps
