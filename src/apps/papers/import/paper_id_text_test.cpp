#include "apps/papers/import/paper_id_text.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(paper_id_text, finds_a_doi_however_it_is_written) {
  EXPECT_EQ(doi_in("doi:10.1145/3292500.3330701."), "10.1145/3292500.3330701");
  EXPECT_EQ(doi_in("https://doi.org/10.1002%2Fasi.20317"), "10.1002/asi.20317");
  EXPECT_EQ(doi_in("(see 10.1016/S0140-6736(05)71086-2)"), "10.1016/S0140-6736(05)71086-2");
  EXPECT_EQ(doi_in("version 10.2 of 110.1234/5"), "");
  EXPECT_EQ(doi_in("10.1145/"), "");
  EXPECT_EQ(doi_in("10.1000.10/x, 2"), "10.1000.10/x");
}

TEST(paper_id_text, an_arxiv_id_loses_its_version) {
  EXPECT_EQ(arxiv_id_of("1706.03762v5"), "1706.03762");
  EXPECT_EQ(arxiv_id_of("arXiv:cs/0112017"), "cs/0112017");
  EXPECT_EQ(arxiv_id_of("math.GT/0309136"), "math.GT/0309136");
  EXPECT_EQ(arxiv_id_of("https://arxiv.org/pdf/1706.03762.pdf"), "1706.03762");
  EXPECT_EQ(arxiv_id_of("10.48550/arXiv.1706.03762"), "1706.03762");
  EXPECT_EQ(arxiv_id_of("12.5"), "");
}

TEST(paper_id_text, a_number_in_a_text_is_no_arxiv_id) {
  EXPECT_EQ(arxiv_id_in("pages 1234.5678 of it"), "");
  EXPECT_EQ(arxiv_id_in("CoRR, abs/1409.0473, 2014"), "1409.0473");
  EXPECT_EQ(arxiv_id_in("arXiv preprint arXiv:1607.06450, 2016."), "1607.06450");
}

TEST(paper_id_text, knows_ids_of_the_anthology) {
  EXPECT_TRUE(is_acl_id("P02-1040"));
  EXPECT_TRUE(is_acl_id("2020.acl-main.1"));
  EXPECT_TRUE(is_acl_id("2021.findings-emnlp.12"));
  for (const char* no : {"", "-", "P02", "p02-1040", "P02-104", "2020.acl-main", "2020.-a.1"}) {
    EXPECT_FALSE(is_acl_id(no)) << no;
  }
  EXPECT_EQ(acl_id_of("https://aclanthology.org/P02-1040/"), "P02-1040");
  EXPECT_EQ(acl_id_of("https://www.aclweb.org/anthology/N19-1423.pdf"), "N19-1423");
}

TEST(paper_id_text, urls_and_dois_tell_other_ids) {
  PaperIds ids;
  add_ids_of_url("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123/", ids);
  add_ids_of_url("https://pubmed.ncbi.nlm.nih.gov/456/", ids);
  ids.doi = "10.18653/v1/N19-1423";
  complete_ids(ids);
  EXPECT_EQ(ids.pmc, "123");
  EXPECT_EQ(ids.pubmed, "456");
  EXPECT_EQ(ids.acl, "N19-1423");
}

}  // namespace
}  // namespace quern::apps
