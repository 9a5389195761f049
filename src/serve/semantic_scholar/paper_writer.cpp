#include "serve/semantic_scholar/paper_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace quern::serve {
namespace {

bool is_specter_v2(std::string_view model) {
  return model.find("specter2") != model.npos || model.find("specter_v2") != model.npos;
}

}  // namespace

Status check_answer(const std::string& out) {
  if (out.size() <= kMaxAnswerBytes) return {};
  return {
      Code::kBadInput,
      fmt::format("Response would exceed maximum size of {} bytes: ask for fewer papers or fields",
                  kMaxAnswerBytes)};
}

Status PaperWriter::append(const apps::KnownPaper& paper, const PaperFields& fields,
                           std::optional<double> match_score, std::string& out) {
  JsonMembers members(out);
  QUERN_TRY(append_members(members, paper, fields.paper));
  const std::int64_t id = paper.paper.ids.corpus_id;
  if (fields.citations) {
    QUERN_ASSIGN(const apps::LinkPage page, library_.citations(id, 0, kMaxNestedPapers, {}));
    QUERN_TRY(append_nested(members, "citations", page, *fields.citations));
  }
  if (fields.references) {
    QUERN_ASSIGN(const apps::LinkPage page, library_.references(id, 0, kMaxNestedPapers));
    QUERN_TRY(append_nested(members, "references", page, *fields.references));
  }
  if (match_score) members.number("matchScore", *match_score);
  members.end();
  return check_answer(out);
}

Status PaperWriter::append_inner(const apps::KnownPaper& paper, const InnerPaperFields& fields,
                                 std::string& out) {
  JsonMembers members(out);
  QUERN_TRY(append_members(members, paper, fields));
  members.end();
  return check_answer(out);
}

Status PaperWriter::append_members(JsonMembers& members, const apps::KnownPaper& paper,
                                   const InnerPaperFields& fields) {
  append_paper_members(members, paper, fields.own);
  if (!fields.authors.is_empty()) {
    QUERN_TRY(append_authors(members, paper.paper, fields.authors));
  }
  return append_embedding(members, paper.paper.ids.corpus_id, fields.own);
}

// Authors without a name are left out: clients index into it.
Status PaperWriter::append_authors(JsonMembers& members, const apps::Paper& paper,
                                   FieldSet<AuthorField> fields) {
  std::span<const apps::PaperAuthor> authors = paper.authors;
  authors = authors.first(std::min(authors.size(), kMaxShownAuthors));
  std::vector<std::optional<apps::KnownAuthor>> known;
  if (needs_known_author(fields)) {
    std::vector<std::string> ids;
    for (const apps::PaperAuthor& author : authors) ids.push_back(author.id);
    QUERN_ASSIGN(known, library_.authors(ids));
  }
  std::string list = "[";
  for (std::size_t i = 0; i < authors.size(); ++i) {
    if (authors[i].name.empty()) continue;
    if (list.size() > 1) list += ',';
    const bool is_known = i < known.size() && known[i].has_value();
    JsonMembers author(list);
    append_author_members(author,
                          {.id = authors[i].id,
                           .name = authors[i].name,
                           .affiliations = authors[i].affiliations,
                           .known = is_known ? &*known[i] : nullptr},
                          fields);
    author.end();
  }
  members.raw("authors", list + ']');
  return {};
}

Status PaperWriter::append_embedding(JsonMembers& members, std::int64_t corpus_id,
                                     FieldSet<PaperField> fields) {
  const bool wants_v2 = fields.has(PaperField::kSpecterV2);
  if (!wants_v2 && !fields.has(PaperField::kEmbedding)) return {};
  if (!model_) {
    QUERN_ASSIGN(apps::LibraryCounts counts, library_.counts());
    model_ = std::move(counts.model);
  }
  std::vector<float> vector;
  // Whoever asks for SPECTER2's would compare another model's vectors with theirs.
  if (!wants_v2 || is_specter_v2(*model_)) {
    QUERN_ASSIGN(vector, library_.vector_of(corpus_id));
  }
  members.raw("embedding", embedding_json(*model_, vector));
  return {};
}

Status PaperWriter::append_nested(JsonMembers& members, std::string_view name,
                                  const apps::LinkPage& page, const InnerPaperFields& fields) {
  n_nested_ += page.links.size();
  if (n_nested_ > kMaxNestedInAll) {
    return {Code::kBadInput, fmt::format("more than {} citations and references in one answer: ask "
                                         "for fewer papers",
                                         kMaxNestedInAll)};
  }
  std::string list = "[";
  for (const apps::PaperLink& link : page.links) {
    if (list.size() > 1) list += ',';
    QUERN_TRY(append_inner(link.paper, fields, list));
  }
  members.raw(name, list + ']');
  return {};
}

Status PaperWriter::append_link(const apps::PaperLink& link, std::string_view name,
                                const LinkFields& fields, std::string& out) {
  JsonMembers members(out);
  append_link_members(members, link, fields.own);
  std::string paper;
  QUERN_TRY(append_inner(link.paper, fields.paper, paper));
  members.raw(name, paper);
  members.end();
  return check_answer(out);
}

Status PaperWriter::append_author(const apps::KnownAuthor& author, const AuthorFields& fields,
                                  std::string& out) {
  JsonMembers members(out);
  append_author_members(members, shown_author(author), fields.own);
  if (fields.papers) {
    QUERN_ASSIGN(std::vector<std::int64_t> ids, library_.papers_of_author(author.id));
    if (ids.size() > kMaxNestedPapers) ids.resize(kMaxNestedPapers);
    std::string list;
    QUERN_TRY(append_list(ids, {.paper = *fields.papers}, MissingPaper::kLeftOut, list));
    members.raw("papers", list);
  }
  members.end();
  return check_answer(out);
}

Status PaperWriter::append_list(std::span<const std::int64_t> corpus_ids, const PaperFields& fields,
                                MissingPaper missing, std::string& out) {
  QUERN_ASSIGN(const auto papers, library_.papers(corpus_ids));
  out += '[';
  for (const auto& paper : papers) {
    if (!paper && missing == MissingPaper::kLeftOut) continue;
    if (out.back() != '[') out += ',';
    if (paper) {
      QUERN_TRY(append(*paper, fields, {}, out));
    } else {
      out += "null";
    }
  }
  out += ']';
  return {};
}

}  // namespace quern::serve
