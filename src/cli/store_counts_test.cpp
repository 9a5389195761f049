#include "cli/store_counts.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

using nlohmann::json;

std::vector<AttributeCounts> examples() {
  return {{{"lang", store::AttributeType::kKeyword}, {{"a\tb", 0, 1}, {"cpp", 0, 7}}},
          {{"made", store::AttributeType::kDate}, {{"", 86400, 2}}},
          {{"draft", store::AttributeType::kFlag}, {{"", 0, 2}, {"", 1, 3}}}};
}

}  // namespace

TEST(store_counts, lines_begin_with_the_most_frequent_value) {
  std::string out;
  append_count_lines(examples(), out);
  EXPECT_EQ(out,
            "7\tlang\tcpp\n1\tlang\ta b\n2\tmade\t1970-01-02\n3\tdraft\ttrue\n2\tdraft\tfalse\n");
}

TEST(store_counts, json_has_values_of_their_types) {
  std::string out = "{";
  append_counts_json(examples(), out);
  const json counts = json::parse(out + "}")["counts"];
  EXPECT_EQ(counts["lang"]["n_values"], 2);
  EXPECT_EQ(counts["lang"]["values"][1]["value"], "a\tb");
  EXPECT_EQ(counts["lang"]["values"][0]["documents"], 7);
  EXPECT_EQ(counts["made"]["values"][0]["value"], "1970-01-02");
  EXPECT_EQ(counts["draft"]["values"][0]["value"], true);
}

TEST(store_counts, of_many_values_the_most_frequent_are_given_and_the_others_counted) {
  std::vector<AttributeCounts> many = {{{"n", store::AttributeType::kInteger}, {}}};
  for (int i = 0; i < 130; ++i) many[0].counts.push_back({"", i, 1});
  std::string out;
  append_count_lines(many, out);
  EXPECT_NE(out.find("\tn\tand 30 more values\n"), std::string::npos);
}

TEST(store_counts, an_attribute_that_there_is_not_is_refused_with_those_that_there_are) {
  store::Schema schema = {.fields = {{.name = "text", .analyzer = "simple"}}};
  EXPECT_EQ(attribute_named(schema, "lang").status().message(),
            "no attribute 'lang': the store has none");
  schema.attributes = {{"lang", store::AttributeType::kKeyword},
                       {"year", store::AttributeType::kInteger}};
  EXPECT_EQ(attribute_named(schema, "yaer").status().message(),
            "no attribute 'yaer': want lang, year");
  EXPECT_EQ(attribute_named(schema, "year")->type, store::AttributeType::kInteger);
}

}  // namespace quern::cli
