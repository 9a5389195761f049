#include "apps/papers/paper_bibtex.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace quern::apps {

TEST(paper_bibtex, a_paper_is_an_entry_with_what_is_known_of_it) {
  Paper paper;
  paper.title = "Attention Is All You Need";
  paper.authors = {{.name = "Ashish Vaswani"}, {.name = "Noam Shazeer"}};
  paper.year = 2017;
  paper.venue = "NIPS";
  paper.ids.arxiv = "1706.03762";
  EXPECT_EQ(bibtex_from_paper(paper),
            "@inproceedings{vaswani2017attention,\n"
            "  title = {Attention Is All You Need},\n"
            "  author = {Ashish Vaswani and Noam Shazeer},\n"
            "  booktitle = {NIPS},\n"
            "  year = {2017},\n"
            "  eprint = {1706.03762},\n"
            "  archiveprefix = {arXiv}\n"
            "}\n");
  paper.journal = {.name = "J", .volume = "3", .pages = "1-9"};
  paper.publication_types = {"JournalArticle"};
  EXPECT_TRUE(bibtex_from_paper(paper).starts_with("@article{"));
  EXPECT_NE(bibtex_from_paper(paper).find("journal = {J}"), std::string::npos);
}

TEST(paper_bibtex, no_text_of_a_paper_ends_its_entry) {
  Paper paper;
  paper.title = "50% of {A} }, evil = {x\\y_1 & $2\n";
  paper.ids.doi = "10.1/}x{{";
  const std::string entry = bibtex_from_paper(paper);
  EXPECT_NE(entry.find("title = {50\\% of A , evil = x\\textbackslash{}y\\_1 \\& \\$2 }"),
            std::string::npos)
      << entry;
  EXPECT_EQ(std::ranges::count(entry, '{'), std::ranges::count(entry, '}'));
  EXPECT_TRUE(bibtex_from_paper({}).starts_with("@misc{paper"));
}

}  // namespace quern::apps
