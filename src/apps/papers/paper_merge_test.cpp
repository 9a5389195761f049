#include "apps/papers/paper_merge.h"

#include <gtest/gtest.h>

#include "apps/papers/test_papers.h"

namespace quern::apps {
namespace {

TEST(PaperMerge, WhatTheFirstDoesNotSayTheSecondDoes) {
  Paper bibtex;
  bibtex.title = "Attention is all you need";
  bibtex.ids.doi = "10.5555/3295222";
  bibtex.n_citations = 3;
  const Paper both = merged(bibtex, attention_paper());
  EXPECT_EQ(both.title, "Attention is all you need");
  EXPECT_EQ(both.ids.doi, "10.5555/3295222");
  EXPECT_EQ(both.ids.arxiv, "1706.03762");
  EXPECT_EQ(both.year, 2017);
  EXPECT_EQ(both.authors.size(), 2u);
  EXPECT_EQ(both.sections.size(), 2u);
  EXPECT_EQ(both.n_citations, 3);
}

TEST(PaperMerge, TheSameTitleIsNotAlwaysTheSamePaper) {
  Paper a = attention_paper(), b = attention_paper();
  EXPECT_TRUE(is_one_paper(a, b));
  b.year = 2018;  // A preprint of the year before.
  EXPECT_TRUE(is_one_paper(a, b));
  b.year = 2021;
  EXPECT_FALSE(is_one_paper(a, b));
  b.year = 0;
  a.ids.doi = "10.1/a";
  b.ids.doi = "10.1/b";
  EXPECT_FALSE(is_one_paper(a, b));
  b.ids.doi = "10.48550/arXiv.1706.03762";
  EXPECT_TRUE(is_one_paper(a, b));
}

TEST(PaperMerge, AShortTitleNeedsTheSameAuthor) {
  Paper a, b;
  a.title = b.title = "Introduction";
  EXPECT_FALSE(is_one_paper(a, b));
  a.authors = {{.name = "Ada Lovelace"}};
  b.authors = {{.name = "A. Lovelace"}};
  EXPECT_TRUE(is_one_paper(a, b));
  b.authors = {{.name = "Alan Turing"}};
  EXPECT_FALSE(is_one_paper(a, b));
}

TEST(PaperMerge, ADigestIsOfEverything) {
  const Paper paper = attention_paper();
  EXPECT_EQ(digest_of(paper), digest_of(paper));
  EXPECT_EQ(digest_of(paper).size(), 32u);
  Paper other = paper;
  other.sections[1].text += ".";
  EXPECT_NE(digest_of(paper), digest_of(other));
  other = paper;
  other.references.push_back({.title = "Cited"});
  EXPECT_NE(digest_of(paper), digest_of(other));
  other = paper;
  other.cited_by.push_back({.acl = "P02-1040"});
  EXPECT_NE(digest_of(paper), digest_of(other));
}

}  // namespace
}  // namespace quern::apps
