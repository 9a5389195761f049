#include "apps/papers/import/reference_text.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using Names = std::vector<std::string>;

void expect_reads(const std::string& entry, const std::string& title, const Names& authors,
                  int year) {
  const PaperReference read = reference_of_text(entry);
  EXPECT_EQ(read.title, title) << entry;
  EXPECT_EQ(read.authors, authors) << entry;
  EXPECT_EQ(read.year, year) << entry;
}

TEST(reference_text, of_the_usual_styles_is_read) {
  expect_reads(
      "Jacob Devlin, Ming-Wei Chang, and Kristina Toutanova. 2019. BERT: Pre-training of deep "
      "models. "
      "In Proceedings of NAACL, pages 4171–4186.",
      "BERT: Pre-training of deep models", {"Jacob Devlin", "Ming-Wei Chang", "Kristina Toutanova"},
      2019);
  expect_reads(
      "[12] A. Vaswani, N. Shazeer, \"Attention is all you need,\" in Advances, 2017, pp. 1-11.",
      "Attention is all you need", {"A. Vaswani", "N. Shazeer"}, 2017);
  expect_reads("Bee, A., & Dee, C. D. (2011). The title of it. Journal of X, 12, 1–2001.",
               "The title of it", {"A. Bee", "C. D. Dee"}, 2011);
  expect_reads(
      "[3] J. L. Ba, J. R. Kiros, and G. E. Hinton. Layer normalization. arXiv preprint "
      "arXiv:1607.06450, 2016.",
      "Layer normalization", {"J. L. Ba", "J. R. Kiros", "G. E. Hinton"}, 2016);
  expect_reads(
      "[1] BOLOSKY, W. J., AND LI, P. Paxos replicated state machines. In Proceedings of NSDI "
      "(2011), pp. 141-154.",
      "Paxos replicated state machines", {"W. J. BOLOSKY", "P. LI"}, 2011);
  expect_reads("4. Rossi, O., Lind, E.: Improving words. Machine Learning 37, 1-10 (1998)",
               "Improving words", {"O. Rossi", "E. Lind"}, 1998);
}

TEST(reference_text, has_the_ids_that_it_says) {
  const PaperReference read = reference_of_text(
      "A. Bee. A work of some length. CoRR abs/1409.0473, 2014. https://doi.org/10.1000/xyz.");
  EXPECT_EQ(read.ids.arxiv, "1409.0473");
  EXPECT_EQ(read.ids.doi, "10.1000/xyz");
}

TEST(reference_text, labels_are_no_part_of_it) {
  EXPECT_EQ(number_of_entry("[12] Bee"), 12);
  EXPECT_EQ(number_of_entry("7. Bee"), 7);
  EXPECT_EQ(number_of_entry("[Bee19] Bee"), 0);
  EXPECT_EQ(number_of_entry("2017. Bee"), 0);
  EXPECT_EQ(reference_of_text("[12] Bee. Title of it. 1999.").text, "Bee. Title of it. 1999.");
}

TEST(reference_text, of_anything_is_something) {
  for (const char* text : {"", "[", "[1]", ".", "2019", "(2019", "\"\"", "a. b. c."}) {
    EXPECT_LE(reference_of_text(text).text.size(), std::string(text).size());
  }
}

}  // namespace
}  // namespace quern::apps
