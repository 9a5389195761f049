// Ids of papers as people and files write them, read into the one form that they are kept in.

#pragma once

#include <string>
#include <string_view>

#include "apps/papers/paper.h"

namespace quern::apps {

/// The first DOI in a text, however it is written: "10.1145/3292500", "doi:10...", its URL, with
/// slashes as %2F. Stops and brackets that end a sentence are no part of it. "": none.
std::string doi_in(std::string_view text);

/// The id of a field that holds one: "1706.03762v5", "arXiv:cs/0112017", a URL; without version.
/// "": none.
std::string arxiv_id_of(std::string_view field);

/// The first arXiv id in running text, where a number is one only behind what says so: "arXiv:", a
/// URL of it, "abs/". "": none.
std::string arxiv_id_in(std::string_view text);

/// True for an id of the ACL Anthology, old ("P02-1040") or new ("2020.acl-main.1").
bool is_acl_id(std::string_view text);

/// The Anthology's id of a field that holds it or its URL. "": none.
std::string acl_id_of(std::string_view field);

/// True for 40 hexadecimal digits.
bool is_paper_id(std::string_view text);

/// The digits of "PMC123", "123", "https://.../pubmed/123/": the first run of them at the end of
/// the text. "": none.
std::string digits_at_end(std::string_view field);

/// What a URL tells of the paper that it leads to; known ids stay.
void add_ids_of_url(std::string_view url, PaperIds& ids);

/// What one id tells of others: a DOI of arXiv's or the Anthology's has theirs.
void complete_ids(PaperIds& ids);

}  // namespace quern::apps
