#include "apps/json_document.h"

#include <gtest/gtest.h>

#include "apps/schema_text.h"

namespace quern::apps {
namespace {

store::Schema schema_of(std::string_view fields) {
  const auto schema = schema_from_text(fields, "english", 0.9f, 0.4f);
  EXPECT_TRUE(schema.ok()) << schema.status().message();
  return *schema;
}

std::string problem_of(std::string_view line) {
  return document_from_line(line, schema_of("title,text")).status().message();
}

}  // namespace

TEST(json_document, a_document_has_its_fields_and_gives_its_line_back) {
  const std::string line = R"({"_id":"a 1","title":"T","text":"body","year":1999})";
  const auto joined = document_from_line(line, schema_of("title+text,title,abstract"));
  ASSERT_TRUE(joined.ok()) << joined.status().message();
  EXPECT_EQ(joined->key, "a 1");
  EXPECT_EQ(joined->fields, (std::vector<std::string>{"T body", "T", ""}));
  EXPECT_EQ(joined->stored, line);
  EXPECT_EQ(document_from_line(R"({"id":17,"text":""})", schema_of("text"))->key, "17");
}

TEST(json_document, what_is_wrong_with_a_line_is_named) {
  EXPECT_EQ(problem_of("[1]"), "not a JSON object");
  using std::string_view_literals::operator""sv;
  EXPECT_TRUE(problem_of("{\"id\":\"a\0\",\"text\":\"x\"}"sv).starts_with("byte 9 is NUL"));
  EXPECT_EQ(problem_of("{\"id\":\"a\",\"text\":\"\xff\"}"), "not a JSON object");
  EXPECT_EQ(problem_of(R"({"text":"x"})"), "no \"id\" and no \"_id\"");
  EXPECT_EQ(problem_of(R"({"id":1.5,"text":"x"})"), "\"id\" is neither text nor an integer");
  EXPECT_EQ(problem_of(R"({"id":"a","text":["x"]})"), "\"text\" is not text");
  EXPECT_EQ(problem_of(R"({"id":"a","body":"x"})"),
            "none of the store's fields, such as \"title\"");
  EXPECT_EQ(query_from_line(R"({"id":"a"})").status().message(), "no \"text\"");
}

TEST(json_document, a_documents_attributes_are_of_their_types) {
  store::Schema schema = schema_of("text");
  schema.attributes = *attributes_from_text("year:integer,lang:keyword,made:date,draft:flag");
  const auto document = document_from_line(
      R"({"id":1,"text":"x","year":-5,"lang":["c","go"],"made":"1970-01-02","draft":true})",
      schema);
  ASSERT_TRUE(document.ok()) << document.status().message();
  EXPECT_EQ(document->attributes,
            (std::vector<store::AttributeValue>{
                {0, "", -5}, {1, "c", 0}, {1, "go", 0}, {2, "", 86400}, {3, "", 1}}));
  EXPECT_TRUE(document_from_line(R"({"id":1,"text":"x","year":null,"lang":[]})", schema)
                  ->attributes.empty());
  const auto problem = [&](std::string_view value) {
    return document_from_line(R"({"id":1,"text":"x",)" + std::string(value) + "}", schema)
        .status()
        .message();
  };
  EXPECT_EQ(problem(R"("year":"2020")"), "\"year\" is no integer: want a whole number of 64 bits");
  EXPECT_EQ(problem(R"("year":2.5)"), "\"year\" is no integer: want a whole number of 64 bits");
  EXPECT_NE(problem(R"("year":9223372036854775808)"), "");
  EXPECT_EQ(problem(R"("year":9223372036854775807)"), "");
  EXPECT_EQ(problem(R"("lang":["c",1])"), "\"lang\" is no keyword: want text");
  EXPECT_EQ(problem(R"("lang":[["c"]])"), "\"lang\" is no keyword: want text");
  EXPECT_EQ(problem(R"("draft":1)"), "\"draft\" is no flag: want true or false");
  EXPECT_NE(problem(R"("made":"soon")"), "");
  EXPECT_EQ(problem(R"("made":[true])"),
            "\"made\" is no date: want \"2020-05-01\" or seconds since 1970");
}

TEST(json_document, a_parent_is_named_or_parted_from_the_id) {
  const store::Schema schema = schema_of("text");
  const auto n_parent = [&](std::string_view line, std::string_view separator = {}) {
    const auto document = document_from_line(line, schema, GivenVectors::kIgnore, separator);
    EXPECT_TRUE(document.ok()) << document.status().message();
    return document.ok() ? document->n_parent : 99u;
  };
  EXPECT_EQ(n_parent(R"({"id":"a.cpp#2","text":"x"})"), 0u);
  EXPECT_EQ(n_parent(R"({"id":"a.cpp#2","text":"x","parent":"a.cpp"})"), 5u);
  EXPECT_EQ(n_parent(R"({"id":"a.cpp#2","text":"x","parent":null})"), 0u);
  EXPECT_EQ(n_parent(R"({"id":"17-2","text":"x","parent":17})"), 2u);
  EXPECT_EQ(n_parent(R"({"id":"c#/a#2","text":"x"})", "#"), 4u);
  EXPECT_EQ(n_parent(R"({"id":"a::b","text":"x"})", "::"), 1u);
  EXPECT_EQ(n_parent(R"({"id":"#a","text":"x"})", "#"), 0u);
  EXPECT_EQ(n_parent(R"({"id":"a","text":"x"})", "#"), 0u);
  // What a line says comes before what its id looks like.
  EXPECT_EQ(n_parent(R"({"id":"a#b#c","text":"x","parent":"a"})", "#"), 1u);
  EXPECT_EQ(
      document_from_line(R"({"id":"b#1","text":"x","parent":"a"})", schema).status().message(),
      "the id 'b#1' does not begin with its \"parent\" 'a'");
  EXPECT_FALSE(document_from_line(R"({"id":"b#1","text":"x","parent":""})", schema).ok());
  EXPECT_FALSE(document_from_line(R"({"id":"b#1","text":"x","parent":["b"]})", schema).ok());
  // A field of this name is a field.
  EXPECT_EQ(document_from_line(R"({"id":"1","parent":"Ann"})", schema_of("text+parent"))->n_parent,
            0u);
}

TEST(json_document, a_vector_is_taken_where_it_is_asked_for_and_not_stored) {
  const std::string line = R"({"id":"a","text":"x","vector":[1,-0.5,2e-1],"z":1,"b":[2]})";
  const auto taken = document_from_line(line, schema_of("text"), GivenVectors::kTake);
  ASSERT_TRUE(taken.ok()) << taken.status().message();
  EXPECT_EQ(taken->vector, (std::vector<float>{1, -0.5f, 0.2f}));
  EXPECT_EQ(taken->stored, R"({"id":"a","text":"x","z":1,"b":[2]})");
  const auto ignored = document_from_line(line, schema_of("text"));
  EXPECT_TRUE(ignored->vector.empty());
  EXPECT_EQ(ignored->stored, line);
  for (const char* bad : {"1", "[1,\"2\"]", "[[1]]", "{}"}) {
    const auto refused =
        document_from_line(std::string(R"({"id":"a","text":"x","vector":)") + bad + "}",
                           schema_of("text"), GivenVectors::kTake);
    EXPECT_EQ(refused.status().message(), "\"vector\" is no list of numbers") << bad;
  }
  EXPECT_TRUE(document_from_line(R"({"id":"a","text":"x","vector":null})", schema_of("text"),
                                 GivenVectors::kTake)
                  ->vector.empty());
}

TEST(json_document, a_vector_that_is_not_wanted_is_refused_by_name) {
  const std::string line = R"({"id":"a","text":"x","vector":[1,2]})";
  const auto refused = document_from_line(line, schema_of("text"), GivenVectors::kRefuse);
  EXPECT_EQ(refused.status().code(), Code::kBadInput);
  EXPECT_TRUE(refused.status().message().starts_with("document 'a' brings a \"vector\""));
  EXPECT_TRUE(
      document_from_line(R"({"id":"a","text":"x"})", schema_of("text"), GivenVectors::kRefuse)
          .ok());
  // A field of this name is a field.
  const auto field = document_from_line(R"({"id":"a","vector":"of a disease"})",
                                        schema_of("text+vector"), GivenVectors::kRefuse);
  ASSERT_TRUE(field.ok()) << field.status().message();
  EXPECT_EQ(field->fields[0], "of a disease");
}

TEST(json_document, what_is_nested_without_end_is_refused) {
  constexpr std::size_t kDeep = 1'000'000;
  const std::string lists = std::string(kDeep, '[') + std::string(kDeep, ']');
  store::Schema schema = schema_of("text");
  schema.attributes = *attributes_from_text("year:integer");
  for (const std::string name : {"year", "other", "vector", "id"}) {
    const std::string line = R"({"id":"a","text":"x",")" + name + "\":" + lists + "}";
    EXPECT_EQ(document_from_line(line, schema, GivenVectors::kTake).status().code(),
              Code::kBadInput);
    EXPECT_FALSE(query_from_line(line).ok());
  }
  // Brackets of a text are no lists.
  EXPECT_TRUE(
      document_from_line(R"({"id":"a","text":"\\\")" + std::string(kDeep, '[') + "\"}", schema)
          .ok());
}

TEST(json_document, a_model_sees_the_fields_that_have_something) {
  EXPECT_EQ(text_to_embed({"a title", "", "words"}), "a title words");
  EXPECT_EQ(text_to_embed({}), "");
}

}  // namespace quern::apps
