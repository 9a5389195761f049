#include "apps/schema_text.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

store::Schema schema_of(std::string_view fields) {
  const auto schema = schema_from_text(fields, "english", 0.9f, 0.4f);
  EXPECT_TRUE(schema.ok()) << schema.status().message();
  return *schema;
}

}  // namespace

TEST(schema_text, fields_have_boosts_and_may_be_joined) {
  const store::Schema schema = schema_of("title^2.5,title+text");
  ASSERT_EQ(schema.fields.size(), 2u);
  EXPECT_EQ(schema.fields[0].name, "title");
  EXPECT_EQ(schema.fields[0].boost, 2.5f);
  EXPECT_EQ(schema.fields[1].name, "title+text");
  EXPECT_EQ(schema.k1, 0.9f);
  EXPECT_EQ(schema_from_text("title^x", "english", 1, 0).status().message(),
            "'title^x': want a number behind the ^");
  EXPECT_FALSE(schema_from_text("title", "latin", 1, 0).ok());
  EXPECT_FALSE(schema_from_text("", "english", 1, 0).ok());
}

TEST(schema_text, attributes_have_names_and_types) {
  const auto attributes = attributes_from_text("year:integer,lang:keyword");
  ASSERT_TRUE(attributes.ok()) << attributes.status().message();
  EXPECT_EQ(*attributes, (std::vector<store::Attribute>{{"year", store::AttributeType::kInteger},
                                                        {"lang", store::AttributeType::kKeyword}}));
  EXPECT_TRUE(attributes_from_text("")->empty());
  const auto problem = [](std::string_view text) {
    return attributes_from_text(text).status().message();
  };
  EXPECT_EQ(problem("year"), "attribute 'year': want NAME:TYPE, such as year:integer");
  EXPECT_EQ(problem("year:int"),
            "attribute type 'int' is not known, want keyword, integer, date or flag");
  EXPECT_FALSE(attributes_from_text("Year:integer").ok());
}

}  // namespace quern::apps
