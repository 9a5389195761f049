#include "serve/semantic_scholar/paper_filters.h"

#include <gmock/gmock.h>

#include "apps/papers/paper_dates.h"

namespace quern::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

apps::PaperFilter filter_of(std::string_view query) {
  apps::PaperFilter out;
  const Problem problem = parse_paper_filter(QueryParams::parse(query), out);
  EXPECT_FALSE(problem) << query << ": " << problem->message;
  return out;
}

std::string refusal(std::string_view query) {
  apps::PaperFilter out;
  const Problem problem = parse_snippet_filter(QueryParams::parse(query), out);
  return problem ? problem->message : "";
}

}  // namespace

TEST(paper_filters, all_of_them_narrow) {
  const apps::PaperFilter filter = filter_of(
      "publicationTypes=Review,JournalArticle&openAccessPdf&minCitationCount=10&venue=ACL,Proc.+X"
      "&fieldsOfStudy=Biology%2CArt&year=2019-2021&publicationDateOrYear=2020-06:");
  EXPECT_THAT(filter.publication_types, ElementsAre("Review", "JournalArticle"));
  EXPECT_THAT(filter.venues, ElementsAre("ACL", "Proc. X"));
  EXPECT_THAT(filter.fields_of_study, ElementsAre("Biology", "Art"));
  EXPECT_TRUE(filter.is_open_access);
  EXPECT_EQ(filter.min_citations, 10);
  ASSERT_TRUE(filter.published);
  EXPECT_EQ(apps::date_from_days(filter.published->first), "2020-06-01");
  EXPECT_EQ(apps::date_from_days(filter.published->last), "2021-12-31");
}

TEST(paper_filters, empty_ones_do_not_matter) {
  const apps::PaperFilter filter = filter_of("year=&venue=&minCitationCount=&query=x");
  EXPECT_FALSE(filter.published);
  EXPECT_TRUE(filter.venues.empty());
  EXPECT_FALSE(filter.is_open_access);
}

TEST(paper_filters, snippets_have_authors_and_a_day_before_which) {
  apps::PaperFilter out;
  EXPECT_FALSE(
      parse_snippet_filter(QueryParams::parse("authors=A,B&authors=C&insertedBefore=2024"), out));
  EXPECT_THAT(out.authors, ElementsAre("A", "B", "C"));
  EXPECT_EQ(apps::date_from_days(*out.added_before_day), "2024-01-01");
}

TEST(paper_filters, a_wrong_value_is_named) {
  EXPECT_THAT(refusal("year=abc"), HasSubstr("[year=abc]"));
  EXPECT_THAT(refusal("publicationDateOrYear=2020:2019"), HasSubstr("ends before"));
  EXPECT_THAT(refusal("minCitationCount=-1"), HasSubstr("[minCitationCount=-1]"));
  EXPECT_THAT(refusal("insertedBefore=yesterday"), HasSubstr("[insertedBefore=yesterday]"));
  EXPECT_THAT(refusal("authors=1,2,3,4,5,6,7,8,9,10,11"), HasSubstr("11 are too many"));
}

}  // namespace quern::serve
