#include "serve/semantic_scholar/paper_json.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "serve/semantic_scholar/snippet_json.h"

namespace quern::serve {
namespace {

using nlohmann::json;

constexpr std::string_view kAllFields =
    "corpusId,externalIds,url,title,abstract,venue,publicationVenue,year,referenceCount,"
    "citationCount,influentialCitationCount,isOpenAccess,openAccessPdf,fieldsOfStudy,"
    "s2FieldsOfStudy,publicationTypes,publicationDate,journal,citationStyles,textAvailability,tldr";

json paper_json(const apps::KnownPaper& paper) {
  PaperFields fields;
  EXPECT_FALSE(parse_paper_fields(kAllFields, PaperScope::kAll, fields));
  std::string out;
  JsonMembers members(out);
  append_paper_members(members, paper, fields.paper.own);
  members.end();
  return json::parse(out);
}

}  // namespace

TEST(paper_json, members_have_their_documented_types) {
  apps::Paper paper;
  paper.ids = {.paper_id = std::string(40, 'a'), .corpus_id = 42, .doi = "10.1/x", .mag = "7"};
  paper.title = "T \"quoted\"";
  paper.year = 2017;
  paper.date = "2017-06-12";
  paper.journal = {.name = "J"};
  paper.fields_of_study = {"Art"};
  paper.publication_types = {"Review"};
  paper.pdf_url = "https://x/y.pdf";
  paper.tldr = "short";
  const json out = paper_json({.paper = paper, .n_references = 3, .has_text = true});
  EXPECT_EQ(out["paperId"], std::string(40, 'a'));
  EXPECT_EQ(out["corpusId"], 42);
  EXPECT_EQ(out["externalIds"], (json{{"DOI", "10.1/x"}, {"MAG", "7"}, {"CorpusId", 42}}));
  EXPECT_EQ(out["url"], "https://www.semanticscholar.org/paper/" + std::string(40, 'a'));
  EXPECT_EQ(out["title"], "T \"quoted\"");
  EXPECT_EQ(out["year"], 2017);
  EXPECT_EQ(out["publicationDate"], "2017-06-12");
  EXPECT_EQ(out["referenceCount"], 3);
  EXPECT_EQ(out["journal"], (json{{"name", "J"}, {"volume", nullptr}, {"pages", nullptr}}));
  EXPECT_EQ(out["s2FieldsOfStudy"][0], (json{{"category", "Art"}, {"source", "external"}}));
  EXPECT_EQ(out["publicationTypes"], json::array({"Review"}));
  EXPECT_EQ(out["openAccessPdf"]["url"], "https://x/y.pdf");
  EXPECT_EQ(out["tldr"], (json{{"model", "tldr@v2.0.0"}, {"text", "short"}}));
  EXPECT_EQ(out["textAvailability"], "fulltext");
  EXPECT_THAT(out["citationStyles"]["bibtex"].get<std::string>(), testing::HasSubstr("year"));
}

TEST(paper_json, what_is_not_known_is_there_as_null) {
  const json out = paper_json({});
  EXPECT_EQ(out.size(), 22u);
  for (const char* null :
       {"paperId", "corpusId", "url", "title", "abstract", "year", "tldr", "openAccessPdf",
        "fieldsOfStudy", "publicationTypes", "journal", "publicationDate", "publicationVenue"}) {
    EXPECT_TRUE(out[null].is_null()) << null;
  }
  EXPECT_EQ(out["s2FieldsOfStudy"], json::array());  // Clients index into it.
  EXPECT_EQ(out["externalIds"], json::object());
  EXPECT_EQ(out["venue"], "");
  EXPECT_EQ(out["isOpenAccess"], false);
  EXPECT_EQ(out["textAvailability"], "none");
}

TEST(paper_json, a_date_that_is_none_is_not_handed_on) {
  for (const char* date : {"2017", "2017-06", "2017-13-01", "June 2017"}) {
    apps::KnownPaper paper;
    paper.paper.date = date;
    EXPECT_TRUE(paper_json(paper)["publicationDate"].is_null()) << date;
  }
}

TEST(paper_json, counts_of_an_author_who_is_not_known_are_null) {
  AuthorFields fields;
  EXPECT_FALSE(parse_author_fields(
      "externalIds,url,name,affiliations,homepage,paperCount,citationCount,hIndex", fields));
  const auto written = [&](const ShownAuthor& author) {
    std::string out;
    JsonMembers members(out);
    append_author_members(members, author, fields.own);
    members.end();
    return json::parse(out);
  };
  const json unknown = written({.name = "A B"});
  EXPECT_TRUE(unknown["authorId"].is_null());
  EXPECT_TRUE(unknown["hIndex"].is_null());
  EXPECT_EQ(unknown["affiliations"], json::array());
  const apps::KnownAuthor person = {
      .id = "17", .name = "A B", .affiliations = {"X"}, .n_papers = 3, .h_index = 2};
  const json known = written(shown_author(person));
  EXPECT_EQ(known["authorId"], "17");
  EXPECT_EQ(known["paperCount"], 3);
  EXPECT_EQ(known["hIndex"], 2);
  EXPECT_EQ(known["url"], "https://www.semanticscholar.org/author/17");
}

TEST(paper_json, sentences_of_a_snippet_are_counted_in_characters) {
  // Two sentences, the first with characters of two and four bytes.
  const std::string first = "\xC3\xBC\xF0\x9F\x98\x80 is.", second = "So is this.";
  apps::PaperSnippet snippet = {.corpus_id = 9, .section = "Intro", .text = first + " " + second};
  snippet.sentences = {{0, first.size()}, {first.size() + 1, snippet.text.size()}};
  snippet.begin = 100;
  snippet.end = 118;
  apps::KnownPaper paper;
  paper.paper.ids.corpus_id = 9;
  paper.paper.authors = {{.name = "A B"}, {.name = ""}};
  FieldSet<SnippetField> fields;
  EXPECT_FALSE(parse_snippet_fields("", fields));
  std::string out;
  const apps::ReferenceMention mentions[] = {{.bytes = {0, 2}, .corpus_id = 5},
                                             {.bytes = {11, 13}, .corpus_id = 6}};
  append_snippet_hit(snippet, paper, mentions, fields, out);
  const json hit = json::parse(out);
  EXPECT_EQ(hit["paper"]["corpusId"], "9");
  EXPECT_EQ(hit["paper"]["authors"], json::array({"A B"}));
  EXPECT_EQ(hit["snippet"]["section"], "Intro");
  EXPECT_EQ(hit["snippet"]["snippetKind"], "body");
  EXPECT_EQ(hit["snippet"]["snippetOffset"], (json{{"start", 100}, {"end", 118}}));
  EXPECT_EQ(hit["snippet"]["annotations"]["sentences"],
            (json{{{"start", 0}, {"end", 6}}, {{"start", 7}, {"end", 18}}}));
  EXPECT_EQ(hit["snippet"]["annotations"]["refMentions"],
            (json{{{"start", 0}, {"end", 1}, {"matchedPaperCorpusId", "5"}},
                  {{"start", 7}, {"end", 9}, {"matchedPaperCorpusId", "6"}}}));
}

}  // namespace quern::serve
