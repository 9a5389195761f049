#include "store/store.h"

#include <ctime>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/sql.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class store : public StoreTest {};

// The disk, but one folder's names cannot be made to last.
class FailingFolderSync : public FileLayer {
 public:
  explicit FailingFolderSync(std::string folder) : folder_(std::move(folder)) {}

  Result<OutputFile> create(const std::string& path) override { return real_.create(path); }
  Status append(OutputFile& file, std::span<const std::byte> bytes) override {
    return real_.append(file, bytes);
  }
  Status sync(OutputFile& file) override { return real_.sync(file); }
  Status rename(const std::string& from, const std::string& to) override {
    return real_.rename(from, to);
  }
  Status remove(const std::string& path) override { return real_.remove(path); }
  Status make_folder(const std::string& path) override { return real_.make_folder(path); }
  Status sync_folder(const std::string& path) override {
    if (path == folder_) return {Code::kIo, "no"};
    return real_.sync_folder(path);
  }

 private:
  FileLayer& real_ = real_files();
  std::string folder_;
};

}  // namespace

TEST_F(store, a_new_one_is_empty_and_whole) {
  create();
  EXPECT_THAT(*list_folder(folder_), ElementsAre("store"));
  EXPECT_THAT(*list_folder(place_.folder), ElementsAre("catalog.db", "seg"));
  auto opened = Store::open(place_);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->schema(), fixture_schema());
  EXPECT_EQ(snapshot()->row().n_live, 0u);
  expect_right();
}

TEST_F(store, what_is_there_is_not_written_over) {
  fs::create_directory(place_.folder);
  EXPECT_EQ(create_store(place_, fixture_schema(), "x").code(), Code::kUnavailable);
  fs::remove(place_.folder);
  create();
  const Status again = create_store(place_, fixture_schema(), "x");
  EXPECT_EQ(again.code(), Code::kUnavailable);
  EXPECT_THAT(again.message(), HasSubstr("is there already"));
  EXPECT_EQ(list_folder(folder_)->size(), 1u);
}

TEST_F(store, a_creation_that_fails_leaves_nothing) {
  EXPECT_EQ(create_store(place_, {}, "x").code(), Code::kBadInput);
  place_.folder = path("no/where");
  EXPECT_EQ(create_store(place_, fixture_schema(), "x").code(), Code::kNotFound);
  EXPECT_TRUE(list_folder(folder_)->empty());
}

TEST_F(store, a_new_one_has_its_space_from_the_beginning) {
  ASSERT_TRUE(create_store(place_, fixture_schema(), "x", fixture_space()).ok());
  const Snapshot first = snapshot();
  EXPECT_EQ(first->id(), 0);
  ASSERT_NE(first->active_space(), nullptr);
  EXPECT_EQ(first->active_space()->space, fixture_space());
  has_vectors_ = true;
  auto out = open_writer();
  EXPECT_EQ(*out->add_space(fixture_space()), first->active_space()->id);
  put(*out, "a", 1);
  commit(*out);
  expect_model();
  expect_right();
  place_.folder = path("other");
  EXPECT_EQ(create_store(place_, fixture_schema(), "x", VectorSpace{}).code(), Code::kBadInput);
  EXPECT_FALSE(fs::exists(place_.folder));
}

TEST_F(store, a_creation_whose_name_may_not_last_leaves_nothing) {
  FailingFolderSync files(folder_);
  place_.files = &files;
  const Status status = create_store(place_, fixture_schema(), "x");
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_TRUE(list_folder(folder_)->empty());
}

TEST_F(store, what_a_creation_that_died_left_goes_with_the_next) {
  const auto leave = [&](const std::string& name, int age_s) {
    fs::create_directories(path(name) + "/seg");
    write(path(name) + "/catalog.db", "half of one");
    const timespec at{.tv_sec = ::time(nullptr) - age_s, .tv_nsec = 0};
    const timespec times[2] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
  };
  leave("store.tmp-0123456789abcdef", 3600);
  leave("store.tmp-0123456789abcde0", 5);     // May be going on.
  leave("other.tmp-0123456789abcdef", 3600);  // Of another store.
  leave("store.tmp-that-is-not-ours", 3600);
  create();
  EXPECT_THAT(*list_folder(folder_),
              ElementsAre("other.tmp-0123456789abcdef", "store", "store.tmp-0123456789abcde0",
                          "store.tmp-that-is-not-ours"));
  EXPECT_TRUE(fs::exists(path("store.tmp-that-is-not-ours") + "/catalog.db"));
}

TEST_F(store, what_is_no_store_is_said) {
  EXPECT_EQ(Store::open(place_).status().code(), Code::kNotFound);
  fs::create_directory(place_.folder);
  EXPECT_THAT(Store::open(place_).status().message(), HasSubstr("is no store"));
  write(place_.folder + "/catalog.db", std::string(4096, 'x'));
  EXPECT_EQ(Store::open(place_).status().code(), Code::kBadInput);
}

TEST_F(store, a_last_slash_does_not_matter) {
  place_.folder += "/";
  create();
  put(*open_writer(), "a", 1);
  EXPECT_TRUE(Store::open(place_).ok());
}

TEST_F(store, a_snapshot_is_the_same_until_somebody_commits) {
  create();
  auto out = open_writer();
  put(*out, "a", 1);
  commit(*out);
  auto opened = Store::open(place_);
  const Snapshot first = *(*opened)->snapshot();
  EXPECT_EQ(*(*opened)->snapshot(), first);
  put(*out, "b", 1);
  commit(*out);
  const Snapshot second = *(*opened)->snapshot();
  EXPECT_EQ(second->id(), 2);
  EXPECT_EQ(second->segments()[0].segment, first->segments()[0].segment);
}

TEST_F(store, a_segment_that_is_open_is_not_opened_again) {
  create();
  auto out = open_writer();
  put(*out, "a", 1);
  put(*out, "b", 1);
  commit(*out);
  auto opened = Store::open(place_);
  const Snapshot first = *(*opened)->snapshot();
  erase(*out, "a");
  commit(*out);
  for (const auto& entry : fs::directory_iterator(place_.folder + "/seg")) fs::remove(entry.path());
  const auto second = (*opened)->snapshot();
  ASSERT_TRUE(second.ok()) << second.status().message();
  EXPECT_EQ((*second)->segments()[0].n_live(), 1u);
  EXPECT_EQ((*second)->segments()[0].segment, first->segments()[0].segment);
  EXPECT_TRUE((*second)->damaged().empty());
}

TEST_F(store, a_snapshot_outlives_the_files_it_reads) {
  create();
  auto out = open_writer();
  for (int i = 0; i < 9; ++i) {
    put(*out, std::to_string(i), 1);
    commit(*out);
  }
  const Snapshot before = snapshot();
  const Model model = contents(*before);
  ASSERT_TRUE(out->compact(pace_).ok());
  EXPECT_EQ(n_segment_files(), 1u);
  EXPECT_TRUE(contents(*before) == model);
}

TEST_F(store, live_document_frequencies_are_exact) {
  create();
  auto out = open_writer();
  const auto document = [](const std::string& key, const std::string& text) {
    return Document{.key = key, .fields = {"", text}, .stored = ""};
  };
  ASSERT_TRUE(out->put(document("a", "cell wall")).ok());
  ASSERT_TRUE(out->put(document("b", "cell")).ok());
  ASSERT_TRUE(out->put(document("c", "wall")).ok());
  commit(*out);
  ASSERT_TRUE(out->put(document("d", "cell")).ok());
  ASSERT_TRUE(*out->erase("b"));
  commit(*out);
  const Snapshot now = snapshot();
  EXPECT_EQ(*now->live_df(1, "cell"), 2);
  EXPECT_EQ(*now->live_df(1, "cell"), 2);  // As remembered.
  EXPECT_EQ(*now->live_df(1, "wall"), 2);
  EXPECT_EQ(*now->live_df(0, "cell"), 0);
  EXPECT_EQ(*now->live_df(1, "none"), 0);
  EXPECT_EQ(now->row().fields[1].n_docs, 3);
  EXPECT_EQ(now->row().fields[1].n_tokens, 4);
  const auto place = find_key(now->segments(), "d");
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(place->i_segment, 1u);
  EXPECT_EQ(find_key(now->segments(), "b").status().code(), Code::kNotFound);
}

// Made by version 1, which had no vectors.
TEST_F(store, format_1_is_read_and_becomes_the_newest_when_it_is_written) {
  std::filesystem::copy(QUERN_SOURCE_DIR "/tests/data/store_format_1", place_.folder,
                        std::filesystem::copy_options::recursive);
  const auto version = [&] {
    auto sql = Sql::open(catalog_path(place_.folder), Sql::Access::kRead, 1000);
    return *sql->number("PRAGMA user_version");
  };
  const auto n_read = [&] { return snapshot()->row().n_live; };
  EXPECT_EQ(n_read(), 2u);
  EXPECT_TRUE(snapshot()->spaces().empty());
  EXPECT_EQ(version(), 1);
  auto writer = open_writer();
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(version(), kCatalogVersion);
  EXPECT_EQ(n_read(), 2u);
  ASSERT_TRUE(writer->add_space(fixture_space()).ok());
  Document document = fixture_document("c", 1);
  document.vector = {1, 2, 3, 4, 5};
  ASSERT_TRUE(writer->put(document).ok());
  ASSERT_TRUE(writer->compact(pace_).ok());
  EXPECT_EQ(n_read(), 3u);
  EXPECT_EQ(snapshot()->n_missing(1), 2u);
  const auto report = verify_store(place_);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->problems.empty());
}

TEST_F(store, format_2_is_read_and_becomes_the_newest_when_it_is_written) {
  create_with_vectors();
  {
    auto writer = open_writer();
    put(*writer, "a", 1);
    commit(*writer);
  }
  const auto sql = [&](const char* text) {
    auto opened = Sql::open(catalog_path(place_.folder), Sql::Access::kWrite, 1000);
    ASSERT_TRUE(opened->run(text).ok()) << text;
  };
  sql("ALTER TABLE space DROP COLUMN long_texts");
  sql("PRAGMA user_version = 2");
  EXPECT_EQ(snapshot()->active_space()->space, fixture_space());
  expect_model();
  auto writer = open_writer();
  ASSERT_NE(writer, nullptr);
  VectorSpace cut = fixture_space("cut");
  cut.long_texts = LongTexts::kCut;
  ASSERT_TRUE(writer->add_space(cut).ok());
  EXPECT_EQ(snapshot()->spaces()[0].space, fixture_space());
  EXPECT_EQ(snapshot()->spaces()[1].space, cut);
  expect_model();
  expect_right();
}

}  // namespace quern::store
