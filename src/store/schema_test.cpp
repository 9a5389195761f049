#include "store/schema.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Schema two_fields() {
  return {.fields = {{.name = "title", .analyzer = "english", .boost = 2.5f},
                     {.name = "body+abstract", .analyzer = "code", .positions = Positions::kNo}},
          .k1 = 0.9f,
          .b = 0.4f};
}

Document document() { return {.key = "k", .fields = {"a", "b"}, .stored = "c"}; }

}  // namespace

TEST(schema, comes_back_from_its_json) {
  const Result<Schema> back = schema_from_json(json_from_schema(two_fields()));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, two_fields());
}

TEST(schema, has_defaults) {
  const auto schema = schema_from_json(R"({"fields":[{"name":"text","analyzer":"simple"}]})");
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(*schema, (Schema{.fields = {{.name = "text", .analyzer = "simple"}}}));
}

TEST(schema, attributes_come_back_and_without_any_the_json_does_not_speak_of_them) {
  EXPECT_EQ(json_from_schema(two_fields()).find("attributes"), std::string::npos);
  Schema schema = two_fields();
  schema.attributes = {{"year", AttributeType::kInteger}, {"lang", AttributeType::kKeyword}};
  const Result<Schema> back = schema_from_json(json_from_schema(schema));
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, schema);
}

TEST(schema, what_is_wrong_with_attributes_is_named) {
  const auto message = [](std::string_view attributes) {
    return schema_from_json(R"({"fields":[{"name":"a","analyzer":"simple"}],"attributes":)" +
                            std::string(attributes) + "}")
        .status()
        .message();
  };
  EXPECT_THAT(message("7"), HasSubstr("'attributes' is no list"));
  EXPECT_THAT(message("[7]"), HasSubstr("an attribute is no object"));
  EXPECT_THAT(message(R"([{"name":"y"}])"), HasSubstr("an attribute has no 'type'"));
  EXPECT_THAT(message(R"([{"name":"y","type":"text"}])"), HasSubstr("type 'text' is not known"));
  EXPECT_THAT(message(R"([{"name":"and","type":"flag"}])"), HasSubstr("a word of the filter"));
  EXPECT_THAT(message(R"([{"name":"y","type":"flag"},{"name":"y","type":"date"}])"),
              HasSubstr("two attributes 'y'"));
  EXPECT_THAT(message(R"([{"name":"y","type":"flag","width":1}])"), HasSubstr("'width'"));
  Schema many = two_fields();
  for (int i = 0; i < 65; ++i) many.attributes.push_back({"a" + std::to_string(i)});
  EXPECT_THAT(check_schema(many).message(), HasSubstr("65 attributes, want 64 at most"));
}

TEST(schema, values_of_documents_are_checked) {
  Schema schema = two_fields();
  schema.attributes = {{"lang", AttributeType::kKeyword}, {"draft", AttributeType::kFlag}};
  const auto check = [&](std::vector<AttributeValue> values) {
    Document with_values = document();
    with_values.attributes = std::move(values);
    return check_document(with_values, schema);
  };
  EXPECT_TRUE(check({{0, std::string(4095, 'x'), 0}, {1, "", 1}}).ok());
  EXPECT_THAT(check({{2, "", 0}}).message(), HasSubstr("document 'k': there is no attribute 2"));
  EXPECT_THAT(check({{1, "", 2}}).message(), HasSubstr("flag 'draft' is 2"));
  EXPECT_EQ(check({{0, std::string(4000, 'x'), 0}, {0, std::string(96, 'y'), 0}}).code(),
            Code::kTooLarge);
  EXPECT_EQ(check(std::vector<AttributeValue>(1025, {1, "", 0})).code(), Code::kTooLarge);
}

TEST(schema, what_is_wrong_is_named) {
  const auto message = [](std::string_view json) {
    return schema_from_json(json).status().message();
  };
  EXPECT_THAT(message("{"), HasSubstr("not JSON"));
  EXPECT_THAT(message("[]"), HasSubstr("no object"));
  EXPECT_THAT(message(R"({"fields":[]})"), HasSubstr("0 fields, want 1 to 32"));
  EXPECT_THAT(message(R"({"fields":[{"name":"A","analyzer":"simple"}]})"),
              HasSubstr("field name 'A'"));
  EXPECT_THAT(message(R"({"fields":[{"name":"a","analyzer":"simple"}],"vectors":1})"),
              HasSubstr("'vectors', which this version does not know"));
  EXPECT_THAT(message(R"({"fields":[{"name":"a","analyzer":"simple","boost":"big"}]})"),
              HasSubstr("'boost' is no number"));
  EXPECT_THAT(
      message(R"({"fields":[{"name":"a","analyzer":"simple"},{"name":"a","analyzer":"simple"}]})"),
      HasSubstr("two fields 'a'"));
  EXPECT_THAT(message(R"({"fields":[{"name":"a","analyzer":"klingon"}]})"),
              AllOf(HasSubstr("field 'a'"), HasSubstr("no analyzer 'klingon', want english")));
  EXPECT_THAT(message(std::string(100'000, '[')), HasSubstr("nested too deeply"));
}

TEST(schema, numbers_are_bounded) {
  Schema schema = two_fields();
  for (const float boost : {0.0f, -1.0f, 65.0f, std::numeric_limits<float>::quiet_NaN()}) {
    schema.fields[0].boost = boost;
    EXPECT_FALSE(check_schema(schema).ok()) << boost;
  }
  schema = two_fields();
  schema.b = 1.5f;
  EXPECT_THAT(check_schema(schema).message(), HasSubstr("b is 1.5, want 0 to 1"));
  schema = two_fields();
  schema.k1 = std::numeric_limits<float>::infinity();
  EXPECT_THAT(check_schema(schema).message(), HasSubstr("k1 is inf"));
}

TEST(schema, documents_are_checked) {
  EXPECT_TRUE(check_document(document(), two_fields()).ok());
  Document wrong = document();
  wrong.key = "";
  EXPECT_THAT(check_document(wrong, two_fields()).message(), HasSubstr("0 bytes, want 1 to 1024"));
  wrong.key = std::string(1025, '\xff');
  EXPECT_THAT(check_document(wrong, two_fields()).message(), HasSubstr("1025 bytes"));
  wrong = document();
  wrong.n_parent = 2;
  EXPECT_THAT(check_document(wrong, two_fields()).message(), HasSubstr("parent is 2 bytes"));
  wrong = document();
  wrong.fields.pop_back();
  EXPECT_THAT(check_document(wrong, two_fields()).message(), HasSubstr("1 fields, want 2"));
}

TEST(schema, keys_of_any_bytes_can_be_shown) {
  EXPECT_EQ(printable_key(std::string_view("a\0\n\xff", 4)), "a\\x00\\x0a\\xff");
  EXPECT_EQ(printable_key(std::string(70, 'x')), std::string(64, 'x') + "...");
}

}  // namespace quern::store
