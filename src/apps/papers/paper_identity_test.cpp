#include "apps/papers/paper_identity.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(PaperIdentity, IdsAreComparedInOneForm) {
  EXPECT_EQ(plain_doi(" https://doi.org/10.1093/MIND/lix.236.433 "), "10.1093/mind/lix.236.433");
  EXPECT_EQ(plain_doi("doi: 10.1/X"), "10.1/x");
  EXPECT_EQ(plain_arxiv("arXiv:1706.03762v5"), "1706.03762");
  EXPECT_EQ(plain_arxiv("https://arxiv.org/pdf/cs/0112017v1.pdf"), "cs/0112017");
  EXPECT_EQ(title_key("  TnT -- A Statistical\nPart-Of-Speech Tagger. "),
            "tnt a statistical part of speech tagger");
  EXPECT_EQ(title_key("\u00dcBER \u00e9tudes"), "\u00fcber \u00e9tudes");
  EXPECT_EQ(title_key("?!"), "");
}

TEST(PaperIdentity, NamesComeStrongestFirst) {
  const PaperIds ids = {.corpus_id = 7, .doi = "10.1/X", .acl = "P02-1040", .pmc = "PMC012"};
  EXPECT_EQ(names_of(ids),
            (std::vector<std::string>{"doi:10.1/x", "acl:p02-1040", "pmc:12", "corpusid:7"}));
  EXPECT_EQ(best_name(ids, "A title"), "doi:10.1/x");
  EXPECT_EQ(best_name({}, "A title"), "title:a title");
  EXPECT_EQ(best_name({}, "..."), "");
  EXPECT_EQ(ids_of_name("acl:p02-1040").acl, "P02-1040");
  EXPECT_EQ(ids_of_name("corpusid:7").corpus_id, 7);
  EXPECT_EQ(ids_of_name("title:a title"), PaperIds());
}

TEST(PaperIdentity, NumbersAreTheSameEverywhereAndAboveThoseOfOthers) {
  EXPECT_EQ(corpus_id_of("doi:10.1/x"), corpus_id_of("doi:10.1/x"));
  EXPECT_NE(corpus_id_of("doi:10.1/x"), corpus_id_of("doi:10.1/y"));
  EXPECT_GE(corpus_id_of("doi:10.1/x"), std::int64_t{1} << 47);
  EXPECT_LT(corpus_id_of("doi:10.1/x"), std::int64_t{1} << 48);
  EXPECT_EQ(paper_id_of("doi:10.1/x").size(), 40u);
  EXPECT_EQ(author_id_of("Ashish  VASWANI"), author_id_of("ashish vaswani"));
}

struct ApiName {
  const char* text;
  const char* name;
};

TEST(PaperIdentity, NamesOfTheApiAreRead) {
  const std::string sha(40, 'A');
  const ApiName names[] = {
      {"CorpusId:215416146", "corpusid:215416146"},
      {"corpusid:0215", "corpusid:215"},
      {"DOI:10.1093/mind/lix.236.433", "doi:10.1093/mind/lix.236.433"},
      {"ArXiv:1706.03762v2", "arxiv:1706.03762"},
      {"MAG:112218234", "mag:112218234"},
      {"ACL:W12-3903", "acl:w12-3903"},
      {"PMID:19872477", "pmid:19872477"},
      {"PMCID:PMC2323736", "pmc:2323736"},
      {"PMCID:2323736", "pmc:2323736"},
      {"URL:https://arxiv.org/abs/1706.03762", "arxiv:1706.03762"},
      {"URL:https://www.aclweb.org/anthology/P02-1040.pdf", "acl:p02-1040"},
      {"URL:https://aclanthology.org/2020.acl-main.1/", "acl:2020.acl-main.1"},
      {"URL:https://dl.acm.org/doi/10.1145/3292500", "doi:10.1145/3292500"},
      {"URL:https://www.biorxiv.org/content/10.1101/2020.01.30.927871v2.full.pdf",
       "doi:10.1101/2020.01.30.927871"},
      {"URL:https://api.semanticscholar.org/CorpusID:13756489", "corpusid:13756489"}};
  for (const ApiName& one : names) {
    const Result<std::string> name = name_from_api(one.text);
    ASSERT_TRUE(name.ok()) << one.text << ": " << name.status().message();
    EXPECT_EQ(*name, one.name) << one.text;
  }
  EXPECT_EQ(*name_from_api(sha), "sha:" + std::string(40, 'a'));
  EXPECT_EQ(*name_from_api("URL:https://www.semanticscholar.org/paper/Some-Title/" + sha),
            "sha:" + std::string(40, 'a'));
}

TEST(PaperIdentity, WhatIsNoNameIsRefusedByName) {
  for (const char* text : {"", "hello", "DOI:", "CorpusId:abc", "MAG:1x",
                           "URL:https://example.org/", "FOO:1", "0123456789abcdef"}) {
    const Result<std::string> name = name_from_api(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_EQ(name.status().code(), Code::kBadInput);
  }
}

}  // namespace
}  // namespace quern::apps
