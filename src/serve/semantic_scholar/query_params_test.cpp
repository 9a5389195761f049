#include "serve/semantic_scholar/query_params.h"

#include <gmock/gmock.h>

namespace quern::serve {

using testing::ElementsAre;

TEST(query_params, every_way_to_send_a_value_means_the_same) {
  for (const char* query :
       {"query=a+b,c&x=1", "query=a%20b%2Cc", "query=a+b%2cc", "&&query=a b,c&query=other"}) {
    EXPECT_EQ(QueryParams::parse(query).value("query"), "a b,c") << query;
  }
  EXPECT_EQ(QueryParams::parse("query=%C3%BC").value("query"), "\xC3\xBC");
  EXPECT_EQ(QueryParams::parse("query=a%2Bb").value("query"), "a+b");
}

TEST(query_params, a_flag_is_there_with_or_without_a_value) {
  EXPECT_TRUE(QueryParams::parse("openAccessPdf").has("openAccessPdf"));
  EXPECT_TRUE(QueryParams::parse("a=1&openAccessPdf=").has("openAccessPdf"));
  EXPECT_FALSE(QueryParams::parse("openAccess=").has("openAccessPdf"));
}

TEST(query_params, bytes_that_are_no_text_do_not_get_in) {
  EXPECT_EQ(QueryParams::parse("query=%FFa").value("query"),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(QueryParams::parse("query=100%").value("query"), "100%");
  EXPECT_EQ(QueryParams::parse("query=%zz+1").value("query"), "%zz 1");
}

TEST(query_params, lists_are_gathered_from_all_of_a_name) {
  const QueryParams params = QueryParams::parse("authors=A+B,+C%20&authors=D,,&x=E");
  EXPECT_THAT(params.list("authors"), ElementsAre("A B", "C", "D"));
  EXPECT_TRUE(params.list("none").empty());
}

TEST(query_params, integers_are_whole_and_within_their_range) {
  const auto read = [](const char* query) -> std::int64_t {
    std::int64_t out = 7;
    return QueryParams::parse(query).read_integer("n", 1, 100, out) ? -1 : out;
  };
  EXPECT_EQ(read("n=100"), 100);
  EXPECT_EQ(read("n=+5"), 5);  // A space: '+' is one.
  EXPECT_EQ(read("n="), 7);
  EXPECT_EQ(read("m=3"), 7);
  for (const char* wrong :
       {"n=0", "n=101", "n=abc", "n=1.5", "n=-1", "n=99999999999999999999", "n=1%00", "n=0x1"}) {
    EXPECT_EQ(read(wrong), -1) << wrong;
  }
}

TEST(query_params, what_is_unacceptable_is_named_and_not_too_long) {
  const HttpError error = unacceptable("year", std::string(5000, 'x'), "why");
  EXPECT_TRUE(error.message.starts_with("Unacceptable query params: [year=xxx"));
  EXPECT_LT(error.message.size(), 300u);
  EXPECT_EQ(error.status, 400);
}

}  // namespace quern::serve
