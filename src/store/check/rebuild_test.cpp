#include "store/check/rebuild.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class rebuild : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    auto out = open_writer();
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 30; ++i) put(*out, "p#" + std::to_string(i * (round + 1)), round);
      erase(*out, "p#" + std::to_string(round));
      commit(*out);
      ASSERT_TRUE(out->maintain(pace_).ok());
    }
  }

  Result<RebuildReport> run() { return verify_rebuild(place_, path("side"), pace_); }
};

}  // namespace

TEST_F(rebuild, a_store_that_grew_is_one_made_at_once) {
  EXPECT_GT(snapshot()->segments().size(), 1u);
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.status().message();
  for (const Status& difference : report->differences) ADD_FAILURE() << difference.message();
  EXPECT_EQ(report->n_docs, model_.size());
  EXPECT_FALSE(std::filesystem::exists(path("side")));
  expect_right();
}

TEST_F(rebuild, an_empty_store_is_right) {
  place_.folder = path("empty");
  create();
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(report->differences.empty());
}

TEST_F(rebuild, another_analyzer_is_seen) {
  {
    auto sql = Sql::open(catalog_path(place_.folder), Sql::Access::kWrite, 100);
    ASSERT_TRUE(sql->run("UPDATE meta SET value = replace(value, 'english', 'standard') "
                         "WHERE name = 'schema'")
                    .ok());
  }
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.status().message();
  ASSERT_EQ(report->differences.size(), 1u);
  EXPECT_THAT(report->differences[0].message(), HasSubstr("is not what a rebuild gives"));
}

TEST_F(rebuild, a_side_folder_of_others_stays) {
  std::filesystem::create_directory(path("side"));
  EXPECT_EQ(run().status().code(), Code::kUnavailable);
  EXPECT_TRUE(std::filesystem::exists(path("side")));
}

}  // namespace quern::store
