#include "store/filter/attribute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using ::testing::HasSubstr;

TEST(attribute, dates_by_hand) {
  EXPECT_EQ(*seconds_from_date("1970-01-01"), 0);
  EXPECT_EQ(*seconds_from_date("1970-01-02T00:00:01Z"), 86401);
  EXPECT_EQ(*seconds_from_date("2000-02-29"), 951782400);
  EXPECT_EQ(*seconds_from_date("1969-12-31T23:59:59"), -1);
}

TEST(attribute, dates_come_back) {
  for (const char* text : {"1970-01-01", "2024-02-29", "0000-01-01", "9999-12-31T23:59:59Z",
                           "1969-12-31T23:59:59Z", "1900-03-01T00:00:01Z"}) {
    const auto seconds = seconds_from_date(text);
    ASSERT_TRUE(seconds.ok()) << text;
    EXPECT_EQ(date_from_seconds(*seconds), text);
  }
  EXPECT_EQ(date_from_seconds(INT64_MAX), "9223372036854775807");
  EXPECT_EQ(date_from_seconds(INT64_MIN), "-9223372036854775808");
}

TEST(attribute, what_is_no_date_is_refused) {
  for (const char* text : {"", "2020", "2020-13-01", "2021-02-29", "2020-5-1", "2020-05-01 ",
                           "2020-05-01T24:00:00", "2020-05-01T12:00", "2020-05-01ZZ", "20200501"}) {
    EXPECT_FALSE(seconds_from_date(text).ok()) << text;
  }
}

TEST(attribute, names_are_checked) {
  EXPECT_TRUE(check_attribute_name("lang").ok());
  EXPECT_TRUE(check_attribute_name("a.b-c_9").ok());
  for (const char* name : {"", "9a", "Lang", "a b", "_a"}) {
    EXPECT_THAT(check_attribute_name(name).message(), HasSubstr("want a letter")) << name;
  }
  EXPECT_FALSE(check_attribute_name(std::string(65, 'a')).ok());
  EXPECT_THAT(check_attribute_name("not").message(), HasSubstr("filter language"));
}

TEST(attribute, types_have_names) {
  for (const auto type : {AttributeType::kKeyword, AttributeType::kInteger, AttributeType::kDate,
                          AttributeType::kFlag}) {
    ASSERT_TRUE(attribute_type_from_name(attribute_type_name(type)).ok());
    EXPECT_EQ(*attribute_type_from_name(attribute_type_name(type)), type);
  }
  EXPECT_THAT(attribute_type_from_name("float").status().message(), HasSubstr("want keyword"));
}

}  // namespace
}  // namespace quern::store
