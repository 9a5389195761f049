#include "store/filter/filter.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/byte_cursor.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Attribute> kSchema = {{"lang", AttributeType::kKeyword},
                                        {"year", AttributeType::kInteger},
                                        {"made", AttributeType::kDate},
                                        {"draft", AttributeType::kFlag}};

std::vector<AttributeValue> doc(std::vector<std::string> langs, int year, const char* made,
                                bool is_draft) {
  std::vector<AttributeValue> out;
  for (std::string& lang : langs) out.push_back({0, std::move(lang), 0});
  if (year != 0) out.push_back({1, {}, year});
  if (made != nullptr) out.push_back({2, {}, *seconds_from_date(made)});
  if (is_draft) out.push_back({3, {}, 1});
  return out;
}

/// Five documents; keys a/0, a/1, b/2, b/3, b/4.
class Library {
 public:
  Library() {
    docs_ = {doc({"cpp"}, 2020, "2020-05-01", false), doc({"go", "c"}, 1999, "1999-12-31", true),
             doc({"c"}, 2021, nullptr, false), doc({}, 0, "2024-01-01T12:00:00", true),
             doc({"cpp", "c\"\\"}, -5, nullptr, false)};
    bytes_ = *bytes_from_attributes(kSchema, docs_);
    attributes_ = *Attributes::open(bytes_of(bytes_), 5);
    source_ = {.n_docs = 5, .attributes = &attributes_, .keys_with_prefix = [](auto prefix) {
                 const bool is_a = prefix == "a/";
                 return Result<FilterSource::Ids>(is_a ? FilterSource::Ids{0, 2}
                                                       : FilterSource::Ids{2, 5});
               }};
  }

  std::vector<std::uint32_t> find(std::string_view text) const {
    const auto filter = parse_filter(text, kSchema);
    EXPECT_TRUE(filter.ok()) << filter.status().message();
    const auto docs = evaluate(*filter, source_);
    EXPECT_TRUE(docs.ok()) << docs.status().message();
    std::vector<std::uint32_t> out;
    docs->for_each([&](std::uint32_t i) { out.push_back(i); });
    return out;
  }

  const std::vector<std::vector<AttributeValue>>& docs() const { return docs_; }
  FilterSource source() const { return source_; }

 private:
  std::vector<std::vector<AttributeValue>> docs_;
  std::string bytes_;
  Attributes attributes_;
  FilterSource source_;
};

std::string error_of(std::string_view text) {
  const auto filter = parse_filter(text, kSchema);
  EXPECT_FALSE(filter.ok()) << text;
  return filter.status().message();
}

TEST(filter, worked_examples) {
  const Library library;
  EXPECT_THAT(library.find("lang = \"cpp\""), ElementsAre(0, 4));
  EXPECT_THAT(library.find("lang in (\"go\", \"cpp\")"), ElementsAre(0, 1, 4));
  EXPECT_THAT(library.find("lang starts \"c\""), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(library.find("lang = \"c\\\"\\\\\""), ElementsAre(4));
  EXPECT_THAT(library.find("year >= 2020"), ElementsAre(0, 2));
  EXPECT_THAT(library.find("year < 0"), ElementsAre(4));
  EXPECT_THAT(library.find("year=-5"), ElementsAre(4));
  EXPECT_THAT(library.find("made > \"2020-05-01\""), ElementsAre(3));
  EXPECT_THAT(library.find("made >= \"2020-05-01\""), ElementsAre(0, 3));
  EXPECT_THAT(library.find("made = \"2024-01-01T12:00:00Z\""), ElementsAre(3));
  EXPECT_THAT(library.find("draft"), ElementsAre(1, 3));
  EXPECT_THAT(library.find("draft = true"), ElementsAre(1, 3));
  EXPECT_THAT(library.find("key starts \"a/\""), ElementsAre(0, 1));
}

TEST(filter, words_bind_as_usual) {
  const Library library;
  EXPECT_THAT(library.find("lang = \"cpp\" and (year >= 2020 or not draft)"), ElementsAre(0, 4));
  EXPECT_THAT(library.find("draft or lang = \"c\" and year > 2000"), ElementsAre(1, 2, 3));
  EXPECT_THAT(library.find("(draft or lang = \"c\") and year > 2000"), ElementsAre(2));
  EXPECT_THAT(library.find("not draft and not lang = \"cpp\""), ElementsAre(2));
  EXPECT_THAT(library.find("NOT draft AND year != 2020"), ElementsAre(2, 4));
  EXPECT_THAT(library.find("not not draft"), ElementsAre(1, 3));
}

TEST(filter, not_has_also_what_has_no_value) {
  const Library library;
  EXPECT_THAT(library.find("year != 2020"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(library.find("not made > \"2000-01-01\""), ElementsAre(1, 2, 4));
  EXPECT_THAT(library.find("draft = false"), ElementsAre());  // Nobody said so.
}

TEST(filter, the_ends_of_numbers) {
  const Library library;
  EXPECT_THAT(library.find("year < -9223372036854775808"), ElementsAre());
  EXPECT_THAT(library.find("year > 9223372036854775807"), ElementsAre());
  EXPECT_THAT(library.find("year >= -9223372036854775808"), ElementsAre(0, 1, 2, 4));
}

TEST(filter, a_segment_without_the_attribute_has_nothing) {
  const auto filter = parse_filter("year > 0 or not lang = \"c\"", kSchema);
  ASSERT_TRUE(filter.ok());
  const auto docs = evaluate(*filter, {.n_docs = 3, .attributes = nullptr, .keys_with_prefix = {}});
  ASSERT_TRUE(docs.ok());
  EXPECT_EQ(docs->count(), 3u);
}

TEST(filter, a_column_of_another_type_is_an_error) {
  const Library library;
  const auto filter =
      parse_filter("year = \"x\"", std::vector<Attribute>{{"year", AttributeType::kKeyword}});
  ASSERT_TRUE(filter.ok());
  EXPECT_THAT(evaluate(*filter, library.source()).status().message(), HasSubstr("is a integer"));
}

TEST(filter, errors_say_where_and_what) {
  EXPECT_THAT(error_of("yaer = 1"), HasSubstr("did you mean 'year'"));
  EXPECT_THAT(error_of("lang = cpp"), HasSubstr("byte 7: got 'cpp', want a string"));
  EXPECT_THAT(error_of("year = \"x\""), HasSubstr("want a whole number"));
  EXPECT_THAT(error_of("year = 12345678901234567890"), HasSubstr("64 bits"));
  EXPECT_THAT(error_of("year = 12a"), HasSubstr("64 bits"));
  EXPECT_THAT(error_of("year"), HasSubstr("want a comparison after 'year'"));
  EXPECT_THAT(error_of("lang < \"c\""), HasSubstr("has no order"));
  EXPECT_THAT(error_of("draft = 1"), HasSubstr("want true or false"));
  EXPECT_THAT(error_of("made > \"yesterday\""), HasSubstr("date 'yesterday'"));
  EXPECT_THAT(error_of("(draft"), HasSubstr("got the end, want ')'"));
  EXPECT_THAT(error_of("draft draft"), HasSubstr("want and, or, or the end"));
  EXPECT_THAT(error_of("lang = \"x"), HasSubstr("closing quote"));
  EXPECT_THAT(error_of("lang = \"\\n\""), HasSubstr("after a backslash"));
  EXPECT_THAT(error_of("draft & year"), HasSubstr("byte 6"));
  EXPECT_THAT(error_of("key = \"a\""), HasSubstr("want 'starts'"));
  EXPECT_THAT(error_of("year starts \"2\""), HasSubstr("no keyword"));
  EXPECT_THAT(error_of(""), HasSubstr("got the end"));
  EXPECT_THAT(error_of("lang in ()"), HasSubstr("want a string"));
}

TEST(filter, what_is_too_large_is_refused) {
  const auto code_of = [](const std::string& text) {
    return parse_filter(text, kSchema).status().code();
  };
  EXPECT_EQ(code_of(std::string(100, '(') + "draft" + std::string(100, ')')), Code::kTooLarge);
  std::string nots, ors = "draft";
  for (int i = 0; i < 100; ++i) nots += "not ";
  for (int i = 0; i < 1100; ++i) ors += " or draft";
  EXPECT_EQ(code_of(nots + "draft"), Code::kTooLarge);
  EXPECT_EQ(code_of(ors), Code::kTooLarge);
  EXPECT_EQ(code_of("lang = \"" + std::string(70000, 'x') + "\""), Code::kTooLarge);
  EXPECT_TRUE(parse_filter(std::string(31, '(') + "draft" + std::string(31, ')'), kSchema).ok());
}

TEST(filter, one_text_for_all_ways_to_write_it) {
  const auto text = [](std::string_view written) {
    return text_from_filter(*parse_filter(written, kSchema), kSchema);
  };
  EXPECT_EQ(text("lang IN (\"a\",\"b\")  or (draft)"),
            "lang = \"a\" or lang = \"b\" or draft = true");
  EXPECT_EQ(text("(draft or year > 4) and lang starts \"x\""),
            "(draft = true or year >= 5) and lang starts \"x\"");
  EXPECT_EQ(text("not (draft and year != 1)"), "not (draft = true and not year = 1)");
  EXPECT_EQ(text("made < \"1970-01-02\""), "made <= 86399");
}

/// A filter of random parts.
Filter random_filter(std::mt19937& random, int depth) {
  const auto pick = [&](unsigned n) { return random() % n; };
  Filter f{.op = FilterOp::kRange, .parts = {}, .name = "year", .text = {}, .range = {}};
  switch (depth == 0 ? pick(4) : pick(7)) {
    case 0:
      f.range = {static_cast<std::int64_t>(pick(30)) + 1998, 9223372036854775807};
      break;
    case 1:
      f.name = "draft";
      f.range = {1, 1};
      break;
    case 2:
      f.op = FilterOp::kText;
      f.name = "lang";
      f.text = pick(2) ? "c" : "cpp";
      break;
    case 3:
      f.op = FilterOp::kPrefix;
      f.name = "lang";
      f.text = pick(2) ? "c" : "g";
      break;
    case 4:
      f = {.op = FilterOp::kNot, .parts = {}, .name = {}, .text = {}, .range = {}};
      f.parts.push_back(random_filter(random, depth - 1));
      break;
    default:
      f = {.op = pick(2) ? FilterOp::kAnd : FilterOp::kOr,
           .parts = {},
           .name = {},
           .text = {},
           .range = {}};
      for (unsigned i = 0; i < 2 + pick(2); ++i)
        f.parts.push_back(random_filter(random, depth - 1));
  }
  return f;
}

/// What a filter means for one document.
bool is_match(const Filter& f, const std::vector<AttributeValue>& doc) {
  const auto part_is = [&](const Filter& part) { return is_match(part, doc); };
  const auto has = [&](int i, auto&& test) {
    return std::any_of(doc.begin(), doc.end(),
                       [&](const AttributeValue& v) { return v.i_attribute == i && test(v); });
  };
  switch (f.op) {
    case FilterOp::kAnd:
      return std::all_of(f.parts.begin(), f.parts.end(), part_is);
    case FilterOp::kOr:
      return std::any_of(f.parts.begin(), f.parts.end(), part_is);
    case FilterOp::kNot:
      return !is_match(f.parts[0], doc);
    case FilterOp::kText:
      return has(0, [&](const AttributeValue& v) { return v.text == f.text; });
    case FilterOp::kPrefix:
      return has(0, [&](const AttributeValue& v) { return v.text.starts_with(f.text); });
    case FilterOp::kRange:
      return has(f.name == "year" ? 1 : 3, [&](const AttributeValue& v) {
        return v.number >= f.range.low && v.number <= f.range.high;
      });
    case FilterOp::kKeyPrefix:
      break;
  }
  return false;
}

TEST(filter, is_what_each_document_says) {
  const Library library;
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const Filter filter = random_filter(random, 4);
    const std::string text = text_from_filter(filter, kSchema);
    const auto parsed = parse_filter(text, kSchema);
    ASSERT_TRUE(parsed.ok()) << text << parsed.status().message();
    EXPECT_EQ(
        text_from_filter(*parsed, kSchema),
        text_from_filter(*parse_filter(text_from_filter(*parsed, kSchema), kSchema), kSchema));
    const auto docs = evaluate(*parsed, library.source());
    ASSERT_TRUE(docs.ok());
    for (std::uint32_t i = 0; i < 5; ++i) {
      ASSERT_EQ(docs->has(i), is_match(filter, library.docs()[i])) << text << " " << i;
    }
  }
}

}  // namespace
}  // namespace quern::store
