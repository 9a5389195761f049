#include "store/check/verify.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class verify : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    auto out = open_writer();
    put(*out, "a", 1);
    put(*out, "b", 1);
    commit(*out);
    put(*out, "b", 2);
    commit(*out);
  }

  /// Changes the rows of the newest state and commits them.
  void change(const std::function<void(CatalogState&)>& how) {
    auto catalog = Catalog::open(catalog_path(place_.folder), Catalog::Access::kWrite);
    ASSERT_TRUE(catalog.ok());
    auto state = catalog->newest();
    ASSERT_TRUE(state.ok());
    how(*state);
    auto commit = CatalogChange::begin(*catalog);
    state->generation.n_live = 0;
    state->generation.fields.assign(2, {});
    for (const SegmentRow& row : state->segments) {
      ASSERT_TRUE(commit->remove_segment(row.identity.segment).ok());
      ASSERT_TRUE(commit->add_segment(row).ok());
      state->generation.n_live += row.identity.n_docs - row.tombstone.n_dead;
      for (std::size_t f = 0; f < 2; ++f) {
        FieldStats& sum = state->generation.fields[f];
        sum.n_docs += row.fields[f].n_docs - row.tombstone.fields[f].n_docs;
        sum.n_tokens += row.fields[f].n_tokens - row.tombstone.fields[f].n_tokens;
      }
    }
    ++state->generation.id;
    ASSERT_TRUE(commit->commit(state->generation, state->next_segment).ok());
  }

  std::string first_problem() {
    const auto report = verify_store(place_);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report->problems.empty() ? "" : report->problems[0].message();
  }
};

}  // namespace

TEST_F(verify, a_right_store_has_no_problem) {
  const auto report = verify_store(place_);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->problems.empty());
  EXPECT_TRUE(report->unused_files.empty());
  EXPECT_EQ(report->generation, 2);
  EXPECT_EQ(report->n_segments, 2u);
  EXPECT_EQ(report->n_live, 2u);
  EXPECT_GT(report->n_bytes, 500u);
  change([](CatalogState&) {});
  EXPECT_EQ(first_problem(), "");
}

TEST_F(verify, a_key_that_lives_twice_is_found) {
  change([](CatalogState& state) {
    state.segments[0].tombstone = {.bitmap = "", .fields = {2, FieldStats()}};
  });
  EXPECT_THAT(first_problem(), HasSubstr("'b' lives in two segments"));
}

TEST_F(verify, statistics_are_counted_again) {
  change([](CatalogState& state) { state.segments[1].fields[1].n_tokens += 1; });
  EXPECT_THAT(first_problem(), HasSubstr("its statistics in the catalog are not its own"));
}

TEST_F(verify, every_damaged_segment_is_named) {
  const auto names = list_folder(path("store/seg"));
  for (const std::string& name : *names) {
    std::string bytes = read(path("store/seg/" + name));
    bytes[bytes.size() / 2] ^= 1;
    write(path("store/seg/" + name), bytes);
  }
  EXPECT_EQ(verify_store(place_)->problems.size(), 2u);
}

TEST_F(verify, a_damaged_catalog_is_said) {
  std::string bytes = read(catalog_path(place_.folder));
  for (std::size_t i = 5000; i < bytes.size(); i += 3) bytes[i] ^= 0x55;
  write(catalog_path(place_.folder), bytes);
  const auto report = verify_store(place_);
  EXPECT_TRUE(!report.ok() || !report->problems.empty());
}

}  // namespace quern::store
