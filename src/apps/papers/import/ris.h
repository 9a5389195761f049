// Papers from RIS and from PubMed's MEDLINE form. Records: tagged_lines.h. Source: the RIS format
// specification of Research Information Systems (2001), as EndNote, Zotero and publishers write it.

#pragma once

#include "apps/papers/import/tagged_lines.h"
#include "apps/papers/paper.h"

namespace quern::apps {

/// What is not there stays empty.
Paper paper_of_ris(const TaggedRecord& record);

/// What the record is called: its ID, accession number or PMID, else its DOI; "": nothing.
std::string key_of_ris(const TaggedRecord& record);

}  // namespace quern::apps
