#include "apps/papers/import/jats.h"

#include <string>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

constexpr const char* kArticle = R"(<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS 1.2//EN" "JATS.dtd">
<article article-type="research-article" xmlns:xlink="http://www.w3.org/1999/xlink">
<front><journal-meta><journal-title-group><journal-title>PLoS Examples</journal-title></journal-title-group></journal-meta>
<article-meta>
<article-id pub-id-type="pmid">28601234</article-id><article-id pub-id-type="pmc">PMC555</article-id>
<article-id pub-id-type="doi">10.1371/journal.pone.1</article-id>
<title-group><article-title>On <italic>E. coli</italic> and
  its kin</article-title></title-group>
<contrib-group>
<contrib contrib-type="author"><name><surname>Bee</surname><given-names>Ann M.</given-names></name>
  <xref ref-type="aff" rid="a1"><sup>1</sup></xref></contrib>
<contrib contrib-type="author"><collab>The Dee Group</collab></contrib>
<contrib contrib-type="editor"><name><surname>Ed</surname><given-names>It</given-names></name></contrib>
</contrib-group>
<aff id="a1"><label>1</label><institution>University of X</institution>, <country>Y</country></aff>
<pub-date pub-type="ppub"><month>7</month><year>2017</year></pub-date>
<pub-date pub-type="epub"><day>2</day><month>6</month><year>2017</year></pub-date>
<volume>7</volume><fpage>1</fpage><lpage>9</lpage>
<permissions><license license-type="open-access" xlink:href="http://creativecommons.org/licenses/by/4.0/"><license-p>Free.</license-p></license></permissions>
<abstract abstract-type="teaser"><p>Short.</p></abstract>
<abstract><title>Abstract</title><sec><title>Aim</title><p>We aim.</p></sec><sec><title>Result</title><p>It works.</p></sec></abstract>
<kwd-group><kwd>biology</kwd><kwd>rods</kwd></kwd-group>
</article-meta></front>
<body><p>Before all.</p>
<sec id="s1"><label>1.</label><title>Introduction</title><p>Others found it [<xref ref-type="bibr" rid="B1">1</xref>]. We did too.</p>
<fig id="f1"><label>Figure 1</label><caption><p>Not prose.</p></caption></fig>
<p>Second<table-wrap><table><tr><td>cell</td></tr></table></table-wrap> one.</p>
<sec><title>Data</title><p>Rods&#x2014;of them.</p></sec></sec></body>
<back><ack><p>Thanks.</p></ack><ref-list><ref id="B1"><label>1</label><element-citation publication-type="journal">
<person-group person-group-type="author"><name><surname>Cee</surname><given-names>D</given-names></name></person-group>
<article-title>Rods found</article-title><source>Nature</source><year>1999</year><pub-id pub-id-type="doi">10.1038/1</pub-id></element-citation></ref></ref-list></back>
</article>)";

TEST(jats, an_article_becomes_a_paper) {
  const auto papers = papers_of_jats(kArticle);
  ASSERT_TRUE(papers.ok()) << papers.status().message();
  ASSERT_EQ(papers->size(), 1U);
  const Paper& paper = (*papers)[0];
  EXPECT_EQ(paper.title, "On E. coli and its kin");
  EXPECT_EQ(paper.ids.doi, "10.1371/journal.pone.1");
  EXPECT_EQ(paper.ids.pubmed, "28601234");
  EXPECT_EQ(paper.ids.pmc, "555");
  ASSERT_EQ(paper.authors.size(), 2U);
  EXPECT_EQ(paper.authors[0].name, "Ann M. Bee");
  EXPECT_EQ(paper.authors[0].affiliations, std::vector<std::string>{"University of X"});
  EXPECT_EQ(paper.authors[1].name, "The Dee Group");
  EXPECT_EQ(paper.date, "2017-06-02");
  EXPECT_EQ(paper.venue, "PLoS Examples");
  EXPECT_EQ(paper.journal.pages, "1-9");
  EXPECT_EQ(paper.licence, "http://creativecommons.org/licenses/by/4.0/");
  EXPECT_TRUE(paper.is_open_access);
  EXPECT_EQ(paper.abstract, "Aim: We aim.\n\nResult: It works.");
  EXPECT_EQ(paper.publication_types, std::vector<std::string>{"JournalArticle"});
  EXPECT_EQ(paper.fields_of_study, std::vector<std::string>{"Biology"});
}

TEST(jats, sections_are_prose_and_references_have_their_contexts) {
  const auto papers = papers_of_jats(kArticle);
  ASSERT_TRUE(papers.ok());
  const Paper& paper = (*papers)[0];
  ASSERT_EQ(paper.sections.size(), 4U);
  EXPECT_EQ(paper.sections[0].text, "Before all.");
  EXPECT_EQ(paper.sections[1],
            (PaperSection{.heading = "Introduction",
                          .number = "1",
                          .text = "Others found it [1]. We did too.\n\nSecond one."}));
  EXPECT_EQ(paper.sections[2].text, "Rods—of them.");
  EXPECT_EQ(paper.sections[3].heading, "Acknowledgments");
  ASSERT_EQ(paper.references.size(), 1U);
  const PaperReference& reference = paper.references[0];
  EXPECT_EQ(reference.title, "Rods found");
  EXPECT_EQ(reference.authors, std::vector<std::string>{"D Cee"});
  EXPECT_EQ(reference.year, 1999);
  EXPECT_EQ(reference.ids.doi, "10.1038/1");
  EXPECT_EQ(reference.contexts, std::vector<std::string>{"Others found it [1]."});
}

TEST(jats, several_articles_stand_in_one_file) {
  const std::string one =
      "<article><front><article-meta><title-group><article-title>A"
      "</article-title></title-group></article-meta></front></article>";
  const auto papers = papers_of_jats("<pmc-articleset>" + one + "<record><metadata>" + one +
                                     "</metadata></record></pmc-articleset>");
  ASSERT_TRUE(papers.ok()) << papers.status().message();
  EXPECT_EQ(papers->size(), 2U);
}

TEST(jats, what_is_none_says_why) {
  EXPECT_NE(papers_of_jats("<article><").status().message().find("at byte"), std::string::npos);
  EXPECT_FALSE(papers_of_jats("<html><body/></html>").ok());
  EXPECT_FALSE(papers_of_jats("").ok());
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  for (int i = 0; i < 100000; ++i) deep += "</a>";
  EXPECT_EQ(papers_of_jats(deep).status().message(),
            "elements stand more than 100 deep in each other");
}

TEST(jats, declared_entities_do_not_grow_and_fetch_nothing) {
  const auto papers = papers_of_jats(
      "<!DOCTYPE article [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">"
      "<!ENTITY f SYSTEM \"file:///etc/passwd\">]><article><front><article-meta><title-group>"
      "<article-title>T &b; &f;</article-title></title-group></article-meta></front></article>");
  ASSERT_TRUE(papers.ok()) << papers.status().message();
  EXPECT_EQ((*papers)[0].title, "T &b; &f;");
}

}  // namespace
}  // namespace quern::apps
