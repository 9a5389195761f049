// What a paper is known by: its names in the form in which they are compared, what makes two
// records one paper, and the numbers that a paper has here.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

/// A DOI without what people put before it, in small letters: "10.1093/mind/lix.236.433".
std::string plain_doi(std::string_view doi);
/// An arXiv id without what people put before it and without its version: "1706.03762".
std::string plain_arxiv(std::string_view id);

/// Letters and digits of a title, folded, with one space between words: what is compared. "" for
/// one without any.
std::string title_key(std::string_view title);

/// The words of such a key, which outlives them.
std::vector<std::string_view> words_of_key(std::string_view key);

/// The last word of a name: "Brants" of "Thorsten Brants".
std::string last_name(const std::string& name);

/// "Brants", "Vaswani & Shazeer", "Doe et al."; "" without authors.
std::string authors_in_short(const std::vector<PaperAuthor>& authors);

/// All names of a paper but its title: "doi:10.1/x", "arxiv:1706.03762", "acl:p02-1040", "mag:1",
/// "pmid:1", "pmc:1", "dblp:...", "sha:<40 digits>", "corpusid:1"; the strongest first.
std::vector<std::string> names_of(const PaperIds& ids);

/// The strongest name, else one of the title ("title:attention is all you need"), else "".
std::string best_name(const PaperIds& ids, std::string_view title);

/// The ids of which `name`, one of names_of, is made; empty where it is a title's.
PaperIds ids_of_name(std::string_view name);

/// The number that a paper of this name gets where its source gives none: below 2^48, the same in
/// every library, above all that Semantic Scholar gives.
std::int64_t corpus_id_of(std::string_view name);

/// Its 40 hexadecimal digits, likewise.
std::string paper_id_of(std::string_view name);

/// A name as the API has it ("DOI:10.1/X", "CorpusId:1", "URL:https://arxiv.org/abs/1706.03762",
/// 40 digits) as one of names_of. Errors: kBadInput for no such form.
Result<std::string> name_from_api(std::string_view text);

/// The id of an author of whom only the name is known: decimal digits, the same in every library.
std::string author_id_of(std::string_view name);

}  // namespace quern::apps
