#include "apps/papers/paper_filter.h"

#include <gtest/gtest.h>

#include "apps/papers/test_papers.h"

namespace quern::apps {
namespace {

TEST(PaperFilterNames, AuthorsAreFoundNearly) {
  EXPECT_TRUE(is_like_author("Vaswani", "ashish vaswani"));
  EXPECT_TRUE(is_like_author("ashish vasvani", "Ashish Vaswani"));
  EXPECT_TRUE(is_like_author("A. Vaswani", "ashish vaswani"));
  EXPECT_FALSE(is_like_author("Noam Vaswani", "ashish vaswani"));
  EXPECT_FALSE(is_like_author("Li", "wu"));
  EXPECT_FALSE(is_like_author("", "ashish vaswani"));
}

class PaperFilterTest : public PapersTest {
 protected:
  void SetUp() override {
    PapersTest::SetUp();
    add_paper(attention_paper(), "a");
    add_paper(tagger_paper(), "b");
    library_ = open_library();
  }
  void TearDown() override {
    library_.reset();
    PapersTest::TearDown();
  }
  /// Titles of what passes, by the bulk route's default order.
  std::vector<std::string> passing(const PaperFilter& filter) {
    const auto page = library_->bulk({.filter = filter});
    EXPECT_TRUE(page.ok()) << page.status().message();
    std::vector<std::string> out;
    if (!page.ok()) return out;
    const auto papers = library_->papers(page->corpus_ids);
    for (const auto& paper : *papers) out.push_back(paper->paper.title.substr(0, 3));
    std::sort(out.begin(), out.end());
    return out;
  }
  std::unique_ptr<PaperLibrary> library_;
};

using Titles = std::vector<std::string>;

TEST_F(PaperFilterTest, EachFilterLetsPassWhatItSays) {
  EXPECT_EQ(passing({}), (Titles{"Att", "TnT"}));
  EXPECT_EQ(passing({.venues = {"anlp", "ACL"}}), Titles{"TnT"});
  EXPECT_EQ(passing({.venues = {"AN"}}), Titles{});
  EXPECT_EQ(passing({.fields_of_study = {"computer science"}}), Titles{"Att"});
  EXPECT_EQ(passing({.authors = {"Brantz"}}), Titles{"TnT"});
  EXPECT_EQ(passing({.authors = {"Vaswani", "Shazeer"}}), Titles{"Att"});
  EXPECT_EQ(passing({.authors = {"Vaswani", "Brants"}}), Titles{});
  EXPECT_EQ(passing({.authors = {"Nobody"}}), Titles{});
  EXPECT_EQ(passing({.is_open_access = true}), Titles{"TnT"});
  EXPECT_EQ(passing({.min_citations = 1700}), Titles{"TnT"});
  EXPECT_EQ(passing({.min_citations = 1701}), Titles{});
}

TEST_F(PaperFilterTest, AYearAloneIsItsFirstDay) {
  constexpr std::int64_t k2000 = 10957;  // Days from 1970-01-01 to 2000-01-01.
  EXPECT_EQ(passing({.published = DayRange{k2000, k2000}}), Titles{"TnT"});
  EXPECT_EQ(passing({.published = DayRange{k2000 + 1, INT64_MAX}}), Titles{"Att"});
  EXPECT_EQ(passing({.published = DayRange{INT64_MIN, k2000 - 1}}), Titles{});
  EXPECT_EQ(passing({.added_before_day = 1}), Titles{});
}

}  // namespace
}  // namespace quern::apps
