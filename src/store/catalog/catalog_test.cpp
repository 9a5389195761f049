#include "store/catalog/catalog.h"

#include <filesystem>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "store/filter/bitmap.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

Schema schema() {
  return {
      .fields = {{.name = "title", .analyzer = "english"}, {.name = "text", .analyzer = "code"}}};
}

SegmentRow segment(SegmentId id, std::uint32_t n_docs) {
  return {.identity = {.segment = id, .nonce = ~std::uint64_t{0} - id, .n_docs = n_docs},
          .seal = {.n_bytes = 1000 + id, .footer_sum = ~std::uint64_t{0}},
          .file = std::to_string(id) + ".qsg",
          .born = 1,
          .fields = {{.n_docs = n_docs, .n_tokens = n_docs * 10}, {.n_docs = 1, .n_tokens = 5}},
          .tombstone = {.bitmap = "", .fields = std::vector<FieldStats>(2)}};
}

std::vector<SpaceRow> spaces() {
  return {{.id = 1,
           .state = SpaceState::kActive,
           .space = {.fingerprint = "one", .model = "m", .d = 7, .metric = Metric::kDot}},
          {.id = 2,
           .space = {.fingerprint = "two",
                     .model = "m",
                     .d = 9,
                     .text_prompt = "text: ",
                     .query_prompt = "query: "}}};
}

PartRow vectors_of(const SegmentRow& segment, SpaceId space) {
  return {.space = space,
          .nonce = ~std::uint64_t{5},
          .file = segment.file + "." + std::to_string(space),
          .seal = {.n_bytes = 77, .footer_sum = ~std::uint64_t{7}},
          .n_rows = 2};
}

TombstoneRow one_dead(std::uint32_t n_docs) {
  Bitmap dead(n_docs);
  dead.set(0);
  return {.version = 1,
          .n_dead = 1,
          .bitmap = bytes_from_bitmap(dead),
          .fields = {{.n_docs = 1, .n_tokens = 10}, {}}};
}

class catalog : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    ASSERT_TRUE(Catalog::create(path("c"), schema(), "a test").ok());
  }

  Catalog open(Catalog::Access access = Catalog::Access::kWrite) {
    auto out = Catalog::open(path("c"), access);
    EXPECT_TRUE(out.ok()) << out.status().message();
    return std::move(*out);
  }

  /// Two segments of 3 and 4 documents, one of the first one dead.
  static Status commit_two(Catalog& file, std::uint64_t n_live = 6) {
    QUERN_ASSIGN(CatalogChange change, CatalogChange::begin(file));
    SegmentRow first = segment(1, 3);
    first.tombstone = one_dead(3);
    first.parts = {vectors_of(first, 2)};
    QUERN_TRY(change.set_spaces(spaces()));
    QUERN_TRY(change.set_fit({.name = "fusion", .fingerprint = "x", .body = "{}"}));
    QUERN_TRY(change.set_fit({.name = "fusion", .fingerprint = "one", .body = "{1}"}));
    QUERN_TRY(change.add_segment(first));
    QUERN_TRY(change.add_segment(segment(2, 4)));
    return change.commit({.id = 1,
                          .at_ms = 12,
                          .writer = "me",
                          .n_live = n_live,
                          .fields = {{.n_docs = 6, .n_tokens = 60}, {.n_docs = 2, .n_tokens = 10}}},
                         3);
  }

  /// What reading says after `sql` changed the file.
  std::string message_after(const std::string& sql) {
    std::filesystem::remove(path("c"));
    EXPECT_TRUE(Catalog::create(path("c"), schema(), "a test").ok());
    {
      Catalog file = open();
      EXPECT_TRUE(commit_two(file).ok());
    }
    {
      auto raw = Sql::open(path("c"), Sql::Access::kWrite, 100);
      EXPECT_TRUE(raw->run(sql.c_str()).ok()) << sql;
    }
    auto file = Catalog::open(path("c"), Catalog::Access::kRead);
    return file.ok() ? file->newest().status().message() : file.status().message();
  }
};

}  // namespace

TEST_F(catalog, a_new_one_is_empty_and_one_file) {
  EXPECT_FALSE(std::filesystem::exists(path("c-wal")));
  Catalog file = open(Catalog::Access::kRead);
  EXPECT_EQ(file.schema(), schema());
  const auto state = file.newest();
  ASSERT_TRUE(state.ok()) << state.status().message();
  EXPECT_EQ(state->generation.id, 0);
  EXPECT_EQ(state->generation.fields.size(), 2u);
  EXPECT_EQ(state->next_segment, 1u);
  EXPECT_TRUE(state->segments.empty());
  EXPECT_EQ(Catalog::open(path("none"), Catalog::Access::kRead).status().code(), Code::kIo);
}

TEST_F(catalog, a_commit_is_seen_by_others_and_by_the_next_opening) {
  Catalog reader = open(Catalog::Access::kRead);
  {
    Catalog writer = open();
    ASSERT_TRUE(commit_two(writer).ok());
    EXPECT_EQ(reader.newest()->generation.id, 1);
  }
  Catalog again = open();
  const auto state = again.newest();
  ASSERT_TRUE(state.ok()) << state.status().message();
  EXPECT_EQ(state->generation.writer, "me");
  EXPECT_EQ(state->generation.n_live, 6u);
  EXPECT_EQ(state->next_segment, 3u);
  ASSERT_EQ(state->segments.size(), 2u);
  EXPECT_EQ(state->segments[0].identity, segment(1, 3).identity);
  EXPECT_EQ(state->segments[0].seal, segment(1, 3).seal);
  EXPECT_EQ(state->segments[0].file, "1.qsg");
  EXPECT_EQ(state->segments[0].tombstone.bitmap, one_dead(3).bitmap);
  EXPECT_EQ(state->segments[1].tombstone.version, 0);
  EXPECT_EQ(state->spaces, spaces());
  ASSERT_EQ(state->fits.size(), 1u);
  EXPECT_EQ(state->fits[0].body, "{1}");
  ASSERT_EQ(state->segments[0].parts.size(), 1u);
  EXPECT_EQ(state->segments[0].parts[0], vectors_of(segment(1, 3), 2));
  EXPECT_TRUE(state->segments[1].parts.empty());
  EXPECT_TRUE(again.check().ok());
  EXPECT_TRUE(again.note_writer("a command").ok());
  EXPECT_TRUE(again.vacuum().ok());
}

TEST_F(catalog, without_commit_nothing_happened) {
  Catalog file = open();
  {
    auto change = CatalogChange::begin(file);
    ASSERT_TRUE(change.ok() && change->add_segment(segment(1, 3)).ok());
  }
  EXPECT_TRUE(file.newest()->segments.empty());
}

TEST_F(catalog, a_removed_segment_takes_its_rows_along) {
  Catalog file = open();
  ASSERT_TRUE(commit_two(file).ok());
  {
    auto change = CatalogChange::begin(file);
    ASSERT_TRUE(change->remove_segment(1).ok());
    ASSERT_TRUE(
        change
            ->commit({.id = 2,
                      .writer = "",
                      .n_live = 4,
                      .fields = {{.n_docs = 4, .n_tokens = 40}, {.n_docs = 1, .n_tokens = 5}}},
                     3)
            .ok());
  }
  EXPECT_EQ(file.newest()->segments.size(), 1u);
  auto raw = Sql::open(path("c"), Sql::Access::kRead, 100);
  EXPECT_EQ(*raw->number("SELECT COUNT(*) FROM part"), 1);
  EXPECT_EQ(*raw->number("SELECT COUNT(*) FROM tombstone"), 0);
}

TEST_F(catalog, old_generations_go) {
  Catalog file = open();
  for (GenerationId id = 1; id <= 40; ++id) {
    auto change = CatalogChange::begin(file);
    ASSERT_TRUE(
        change->commit({.id = id, .writer = "", .fields = std::vector<FieldStats>(2)}, 1).ok());
  }
  auto raw = Sql::open(path("c"), Sql::Access::kRead, 100);
  EXPECT_EQ(*raw->number("SELECT COUNT(*) FROM generation"), 16);
  EXPECT_EQ(file.newest()->generation.id, 40);
}

TEST_F(catalog, other_versions_are_refused_with_both_numbers) {
  EXPECT_THAT(message_after("PRAGMA user_version = 7"),
              HasSubstr("format 7, this version reads 3"));
  EXPECT_THAT(message_after("PRAGMA application_id = 7"), HasSubstr("no catalog of a store"));
}

TEST_F(catalog, rows_that_cannot_be_are_refused) {
  EXPECT_EQ(message_after("UPDATE segment SET id = id"), "");
  for (const char* sql : {"DELETE FROM generation",
                          "DELETE FROM part",
                          "DELETE FROM meta WHERE name = 'schema'",
                          "UPDATE meta SET value = 'x' WHERE name = 'schema'",
                          "UPDATE meta SET value = 2 WHERE name = 'next segment'",
                          "UPDATE segment SET n_docs = 2000000",
                          "UPDATE segment SET n_docs = -1",
                          "UPDATE segment SET field_stats = x'00'",
                          "UPDATE segment SET field_stats = zeroblob(32)",
                          "UPDATE part SET file = '../../etc' WHERE kind = 'text' AND segment = 1",
                          "UPDATE part SET file = '..' WHERE kind = 'text' AND segment = 1",
                          "UPDATE tombstone SET bitmap = zeroblob(9)",
                          "UPDATE tombstone SET n_dead = 2",
                          "UPDATE tombstone SET version = -3",
                          "DELETE FROM tombstone",
                          "UPDATE part SET space = 3 WHERE kind = 'vectors'",
                          "UPDATE part SET n_rows = 4 WHERE kind = 'vectors'",
                          "UPDATE part SET n_rows = 0 WHERE kind = 'vectors'",
                          "UPDATE part SET file = 'a/b' WHERE kind = 'vectors'",
                          "UPDATE part SET kind = 'graphs' WHERE kind = 'vectors'",
                          "INSERT INTO part VALUES (9, 'vectors', 1, 1, 'x', 1, 1, 1)",
                          "UPDATE space SET d = 0 WHERE id = 1",
                          "UPDATE space SET d = 99999999999",
                          "UPDATE space SET metric = 'hamming'",
                          "UPDATE space SET state = 'active'",
                          "UPDATE space SET state = 'x' WHERE id = 1",
                          "UPDATE space SET id = -1 WHERE id = 1",
                          "UPDATE space SET fingerprint = '' WHERE id = 1",
                          "DROP TABLE space",
                          "DROP TABLE fit",
                          "UPDATE space SET id = 9223372036854775807 WHERE id = 1",
                          "UPDATE tombstone SET version = 9223372036854775807",
                          "UPDATE generation SET id = 9223372036854775807 WHERE id = 1",
                          "UPDATE meta SET value = 9223372036854775807 WHERE name = 'next segment'",
                          "UPDATE fit SET body = zeroblob(2000000)",
                          "UPDATE generation SET n_live = 5 WHERE id = 1",
                          "DROP TABLE part"}) {
    EXPECT_NE(message_after(sql), "") << sql;
  }
}

TEST_F(catalog, sums_must_agree) {
  Catalog file = open();
  ASSERT_TRUE(commit_two(file, 7).ok());
  EXPECT_THAT(file.newest().status().message(),
              HasSubstr("6 documents live in its segments, 7 in its generation"));
}

}  // namespace quern::store
