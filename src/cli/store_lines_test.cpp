#include "cli/store_lines.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

store::Schema schema_of(std::string_view fields) {
  const auto schema = schema_from_flags(fields, "english", 0.9f, 0.4f);
  EXPECT_TRUE(schema.ok()) << schema.status().message();
  return *schema;
}

std::string problem_of(std::string_view line) {
  return document_from_line(line, schema_of("title,text")).status().message();
}

TEST(store_lines, fields_have_boosts_and_may_be_joined) {
  const store::Schema schema = schema_of("title^2.5,title+text");
  ASSERT_EQ(schema.fields.size(), 2u);
  EXPECT_EQ(schema.fields[0].name, "title");
  EXPECT_EQ(schema.fields[0].boost, 2.5f);
  EXPECT_EQ(schema.fields[1].name, "title+text");
  EXPECT_EQ(schema.k1, 0.9f);
  EXPECT_EQ(schema_from_flags("title^x", "english", 1, 0).status().message(),
            "'title^x': want a number behind the ^");
  EXPECT_FALSE(schema_from_flags("title", "latin", 1, 0).ok());
  EXPECT_FALSE(schema_from_flags("", "english", 1, 0).ok());
}

TEST(store_lines, a_document_has_its_fields_and_gives_its_line_back) {
  const std::string line = R"({"_id":"a 1","title":"T","text":"body","year":1999})";
  const auto joined = document_from_line(line, schema_of("title+text,title,abstract"));
  ASSERT_TRUE(joined.ok()) << joined.status().message();
  EXPECT_EQ(joined->key, "a 1");
  EXPECT_EQ(joined->fields, (std::vector<std::string>{"T body", "T", ""}));
  EXPECT_EQ(joined->stored, line);
  EXPECT_EQ(document_from_line(R"({"id":17,"text":""})", schema_of("text"))->key, "17");
}

TEST(store_lines, what_is_wrong_with_a_line_is_named) {
  EXPECT_EQ(problem_of("[1]"), "not a JSON object");
  EXPECT_EQ(problem_of("{\"id\":\"a\",\"text\":\"\xff\"}"), "not a JSON object");
  EXPECT_EQ(problem_of(R"({"text":"x"})"), "no \"id\" and no \"_id\"");
  EXPECT_EQ(problem_of(R"({"id":1.5,"text":"x"})"), "\"id\" is neither text nor an integer");
  EXPECT_EQ(problem_of(R"({"id":"a","text":["x"]})"), "\"text\" is not text");
  EXPECT_EQ(problem_of(R"({"id":"a","body":"x"})"),
            "none of the store's fields, such as \"title\"");
  EXPECT_EQ(query_from_line(R"({"id":"a"})").status().message(), "no \"text\"");
}

TEST(store_lines, a_parent_is_named_or_parted_from_the_id) {
  const store::Schema schema = schema_of("text");
  const auto n_parent = [&](std::string_view line, std::string_view separator = {}) {
    const auto document = document_from_line(line, schema, separator);
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

TEST(store_lines, attributes_have_names_and_types) {
  const auto attributes = attributes_from_flag("year:integer,lang:keyword");
  ASSERT_TRUE(attributes.ok()) << attributes.status().message();
  EXPECT_EQ(*attributes, (std::vector<store::Attribute>{{"year", store::AttributeType::kInteger},
                                                        {"lang", store::AttributeType::kKeyword}}));
  EXPECT_TRUE(attributes_from_flag("")->empty());
  const auto problem = [](std::string_view text) {
    return attributes_from_flag(text).status().message();
  };
  EXPECT_EQ(problem("year"), "attribute 'year': want NAME:TYPE, such as year:integer");
  EXPECT_EQ(problem("year:int"),
            "attribute type 'int' is not known, want keyword, integer, date or flag");
  EXPECT_FALSE(attributes_from_flag("Year:integer").ok());
}

TEST(store_lines, a_documents_attributes_are_of_their_types) {
  store::Schema schema = schema_of("text");
  schema.attributes = *attributes_from_flag("year:integer,lang:keyword,made:date,draft:flag");
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

TEST(store_lines, a_run_has_a_line_for_each_hit) {
  std::string out;
  ASSERT_TRUE(
      append_run_lines("q7", {{.key = "d2", .score = 1.5f}, {.key = "d1", .score = 1}}, out).ok());
  EXPECT_EQ(out, "q7 Q0 d2 1 1.5 quern\nq7 Q0 d1 2 1 quern\n");
  EXPECT_FALSE(append_run_lines("q7", {{.key = "a b", .score = 1}}, out).ok());
  EXPECT_FALSE(append_run_lines("q 7", {}, out).ok());
}

TEST(store_lines, hits_are_shown_in_a_line_each) {
  std::string out;
  append_hit_lines({{.key = "d\t2", .score = 1.25f, .stored = R"({"title":"A","text":"b\nc"})"},
                    {.key = "x", .score = 1, .stored = "plain"}},
                   nullptr, out);
  EXPECT_EQ(out, "1\t1.2500\td 2\tA b c\n2\t1.0000\tx\tplain\n");
}

TEST(store_lines, a_result_is_one_json_object) {
  std::string out;
  append_result_json({.id = "q", .text = "a \"b\""},
                     {.hits = {{.key = "k", .score = 2, .stored = R"({"id":"k"})"},
                               {.key = "\xff", .score = 1, .stored = "\xff"}},
                      .generation = 3,
                      .damaged = {"file x"}},
                     {}, nullptr, 0.5, out);
  const auto object = nlohmann::json::parse(out);
  EXPECT_EQ(object["query"], "a \"b\"");
  EXPECT_EQ(object["hits"][0]["document"]["id"], "k");
  EXPECT_EQ(object["hits"][1]["document"], "\uFFFD");
  EXPECT_EQ(object["damaged"][0], "file x");
  EXPECT_FALSE(object.contains("why_empty"));
}

}  // namespace
}  // namespace quern::cli
