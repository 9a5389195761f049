#include "apps/papers/import/ris.h"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::vector<TaggedRecord> records_of(const std::string& text) {
  std::istringstream in(text);
  TaggedRecords records(in);
  std::vector<TaggedRecord> out;
  while (true) {
    auto next = records.next();
    EXPECT_TRUE(next.ok());
    if (!next.ok() || !*next) return out;
    out.push_back(std::move(**next));
  }
}

TEST(ris, a_record_becomes_a_paper) {
  const auto records = records_of(
      "\xef\xbb\xbfTY  - JOUR\r\nTI  - Attention Is\r\n  All You Need\r\nAU  - Vaswani, Ashish\r\n"
      "A1  - Shazeer, Noam\r\nAB  - The dominant models.\r\nPY  - 2017/06/12/\r\nDO  - "
      "https://doi.org/10.1000/x\r\nJO  - NeurIPS\r\nVL  - 30\r\nSP  - 1\r\nEP  - 11\r\nKW  - "
      "Computer science\r\nUR  - https://arxiv.org/abs/1706.03762v5\r\nID  - v17\r\nER  - \r\n");
  ASSERT_EQ(records.size(), 1U);
  const Paper paper = paper_of_ris(records[0]);
  EXPECT_EQ(key_of_ris(records[0]), "v17");
  EXPECT_EQ(paper.title, "Attention Is All You Need");
  ASSERT_EQ(paper.authors.size(), 2U);
  EXPECT_EQ(paper.authors[1].name, "Noam Shazeer");
  EXPECT_EQ(paper.year, 2017);
  EXPECT_EQ(paper.date, "2017-06-12");
  EXPECT_EQ(paper.ids.doi, "10.1000/x");
  EXPECT_EQ(paper.ids.arxiv, "1706.03762");
  EXPECT_EQ(paper.journal, (PaperJournal{.name = "NeurIPS", .volume = "30", .pages = "1-11"}));
  EXPECT_EQ(paper.venue, "NeurIPS");
  EXPECT_EQ(paper.publication_types, std::vector<std::string>{"JournalArticle"});
  EXPECT_EQ(paper.fields_of_study, std::vector<std::string>{"Computer Science"});
}

TEST(ris, records_end_where_others_begin) {
  const std::string text =
      "Exported by X\n\nTY  - CONF\nT1  - One\nER  -\nER  -\n\nTY - BOOK\nTI - Two\nTY  - JOUR\nTI "
      " "
      "- Three";
  const auto records = records_of(text);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(paper_of_ris(records[0]).title, "One");
  EXPECT_EQ(records[0].n_line, 3U);
  EXPECT_EQ(paper_of_ris(records[1]).title, "Two");
  EXPECT_EQ(paper_of_ris(records[2]).title, "Three");
  EXPECT_EQ(records[0].n_bytes + records[1].n_bytes + records[2].n_bytes, text.size());
}

// As exports of JabRef, Embase and citationchaser were reported.
TEST(ris, what_programs_export_in_their_own_ways_is_read) {
  const auto records = records_of(
      "Provider: JabRef\nContent: text/plain\n\n\nTY  - BOOK\nAU  - Smith, Bob\nT1  - A "
      "book\n\n\n\n"
      "Y1  - 2015/october\n\n\nER  -\nTY  - JOUR\nAU  - Doe, Jane J.; Roe, Maria; Poe, Ana\n"
      "TI  - A paper\nN2  - It has rates.\nERROR rates are given and\nER stands in a line.\n"
      "M3  - doi:10.1000/y\nER  -\nLink to the text: https://example.org/x\nTY  - JOUR\nTI  - "
      "Third\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(paper_of_ris(records[0]).year, 2015);
  EXPECT_EQ(paper_of_ris(records[0]).authors[0].name, "Bob Smith");
  const Paper paper = paper_of_ris(records[1]);
  ASSERT_EQ(paper.authors.size(), 3U);
  EXPECT_EQ(paper.authors[0].name, "Jane J. Doe");
  EXPECT_EQ(paper.authors[2].name, "Ana Poe");
  EXPECT_EQ(paper.abstract, "It has rates. ERROR rates are given and ER stands in a line.");
  EXPECT_EQ(paper.ids.doi, "10.1000/y");
  EXPECT_EQ(paper_of_ris(records[2]).title, "Third");
}

TEST(ris, medline_of_pubmed_is_read_too) {
  const auto records = records_of(
      "\nPMID- 28601234\nOWN - NLM\nTI  - A trial of a\n      drug.\nAB  - We tried.\nFAU - Bee, "
      "Ann\nAU "
      " - Bee A\nDP  - 2017 Jun 12\nJT  - The Journal\nVI  - 7\nLID - S0140 [pii]\nAID - "
      "10.1000/abc [doi]\nPMC - PMC555\n\nPMID- 2\nTI  - Next\n");
  ASSERT_EQ(records.size(), 2U);
  const Paper paper = paper_of_ris(records[0]);
  EXPECT_EQ(paper.ids.pubmed, "28601234");
  EXPECT_EQ(paper.ids.pmc, "555");
  EXPECT_EQ(paper.ids.doi, "10.1000/abc");
  EXPECT_EQ(paper.title, "A trial of a drug.");
  ASSERT_EQ(paper.authors.size(), 1U);
  EXPECT_EQ(paper.authors[0].name, "Ann Bee");
  EXPECT_EQ(paper.date, "2017-06-12");
  EXPECT_EQ(paper.venue, "The Journal");
}

TEST(ris, old_bytes_are_read_and_endless_records_are_not) {
  EXPECT_EQ(paper_of_ris(records_of("TY  - JOUR\nTI  - Stra\xdf"
                                    "e\n")[0])
                .title,
            "Straße");
  std::string text = "TY  - JOUR\n";
  for (int i = 0; i < 5; ++i) text += "AB  - " + std::string(1 << 20, 'x') + "\n";
  const auto records = records_of(text + "ER  - \nTY  - JOUR\nTI  - After\n");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].status.code(), Code::kTooLarge);
  EXPECT_EQ(paper_of_ris(records[1]).title, "After");
}

}  // namespace
}  // namespace quern::apps
