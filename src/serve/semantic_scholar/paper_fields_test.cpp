#include "serve/semantic_scholar/paper_fields.h"

#include <string>

#include <gmock/gmock.h>

namespace quern::serve {
namespace {

using testing::HasSubstr;

std::string said(const Problem& problem) { return problem ? problem->message : "ok"; }

PaperFields paper_fields(std::string_view fields) {
  PaperFields out;
  EXPECT_EQ(said(parse_paper_fields(fields, PaperScope::kAll, out)), "ok") << fields;
  return out;
}

}  // namespace

TEST(paper_fields, without_names_an_id_and_a_title) {
  for (const char* none : {"", " ", ",,"}) {
    EXPECT_EQ(paper_fields(none).paper.own,
              FieldSet<PaperField>({PaperField::kPaperId, PaperField::kTitle}));
  }
  AuthorFields author;
  EXPECT_FALSE(parse_author_fields("", author));
  EXPECT_EQ(author.own, FieldSet<AuthorField>({AuthorField::kAuthorId, AuthorField::kName}));
}

TEST(paper_fields, ids_are_always_there) {
  const PaperFields fields = paper_fields(" year ,authors.hIndex");
  EXPECT_EQ(fields.paper.own, FieldSet<PaperField>({PaperField::kPaperId, PaperField::kYear}));
  EXPECT_EQ(fields.paper.authors,
            FieldSet<AuthorField>({AuthorField::kAuthorId, AuthorField::kHIndex}));
  EXPECT_EQ(paper_fields("authors").paper.authors,
            FieldSet<AuthorField>({AuthorField::kAuthorId, AuthorField::kName}));
}

TEST(paper_fields, papers_of_a_paper_have_fields_of_their_own) {
  const PaperFields fields = paper_fields("citations,citations.year,references.authors.name");
  ASSERT_TRUE(fields.citations && fields.references);
  EXPECT_EQ(fields.citations->own,
            FieldSet<PaperField>({PaperField::kPaperId, PaperField::kTitle, PaperField::kYear}));
  EXPECT_EQ(fields.references->own, FieldSet<PaperField>({PaperField::kPaperId}));
  EXPECT_TRUE(fields.references->authors.has(AuthorField::kName));
  AuthorFields author;
  EXPECT_FALSE(parse_author_fields("papers.title,hIndex", author));
  EXPECT_TRUE(author.papers->own.has(PaperField::kTitle));
}

TEST(paper_fields, unknown_ones_are_all_named) {
  PaperFields out;
  EXPECT_EQ(
      said(parse_paper_fields("nope,year,authors.nope,citations.citations", PaperScope::kAll, out)),
      "Unrecognized or unsupported fields: [nope, authors.nope, citations.citations]");
  for (const char* wrong : {"Year", "authors.", "citations.", "authorsx", "externalIds.DOI",
                            "citations.embedding", "year year", "contexts", "."}) {
    PaperFields unused;
    EXPECT_THAT(said(parse_paper_fields(wrong, PaperScope::kAll, unused)), HasSubstr(wrong));
  }
  EXPECT_LT(said(parse_paper_fields(std::string(9000, 'x'), PaperScope::kAll, out)).size(), 300u);
}

TEST(paper_fields, bulk_has_nothing_nested) {
  PaperFields out;
  EXPECT_FALSE(parse_paper_fields("year,authors", PaperScope::kWithoutNested, out));
  for (const char* nested : {"citations", "references.year", "embedding", "tldr"}) {
    EXPECT_TRUE(parse_paper_fields(nested, PaperScope::kWithoutNested, out)) << nested;
  }
}

TEST(paper_fields, those_of_links_have_no_prefix) {
  LinkFields out;
  EXPECT_FALSE(parse_link_fields("contexts,isInfluential,title,authors", out));
  EXPECT_TRUE(out.own.has(LinkField::kContexts));
  EXPECT_FALSE(out.own.has(LinkField::kIntents));
  EXPECT_TRUE(out.paper.own.has(PaperField::kTitle));
  EXPECT_TRUE(out.paper.authors.has(AuthorField::kName));
  EXPECT_TRUE(parse_link_fields("citingPaper.title", out));
}

TEST(paper_fields, snippets_are_chosen_by_leaves_too) {
  // What ScholarQA asks for.
  FieldSet<SnippetField> all, chosen, leaves;
  EXPECT_FALSE(parse_snippet_fields("", all));
  EXPECT_FALSE(
      parse_snippet_fields("snippet.text,snippet.snippetKind,snippet.snippetOffset,snippet.section,"
                           "snippet.annotations.refMentions,snippet.annotations.sentences.start,"
                           "snippet.annotations.sentences.end",
                           chosen));
  EXPECT_EQ(all, chosen);
  EXPECT_FALSE(parse_snippet_fields("snippet.text", leaves));
  EXPECT_EQ(leaves, FieldSet<SnippetField>({SnippetField::kText}));
  for (const char* wrong : {"paper", "score", "text", "snippet.snippetOffset.start"}) {
    EXPECT_TRUE(parse_snippet_fields(wrong, leaves)) << wrong;
  }
}

}  // namespace quern::serve
