#include "store/writer.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "store/check/rebuild.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class writer : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
  }

  /// A key of few, so that documents are often replaced and erased.
  static std::string random_key(std::mt19937& random) {
    return "p" + std::to_string(random() % 8) + "#" + std::to_string(random() % 12);
  }

  void erase_parent(Writer& store_writer, const std::string& parent) {
    const auto n_erased = store_writer.erase_parent(parent);
    ASSERT_TRUE(n_erased.ok()) << n_erased.status().message();
    const auto n = std::erase_if(
        model_, [&](const auto& entry) { return entry.first.starts_with(parent + "#"); });
    EXPECT_EQ(*n_erased, n);
  }

  /// The bytes of all sections of a store, without the names of its segments.
  static std::vector<std::string> section_bytes(const Generation& generation) {
    std::vector<std::string> out;
    for (const SegmentView& view : generation.segments()) {
      const Container& container = view.segment->container();
      for (const Section& section : container.sections()) {
        const auto bytes = container.bytes(section);
        out.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
    }
    return out;
  }
};

}  // namespace

TEST_F(writer, what_is_committed_is_read_by_others) {
  auto out = open_writer();
  put(*out, "b", 1);
  put(*out, "a", 1);
  EXPECT_TRUE(snapshot()->segments().empty());
  commit(*out);
  expect_model();
  const Snapshot first = snapshot();
  EXPECT_EQ(first->id(), 1);
  EXPECT_EQ(first->row().writer, "a test");
  put(*out, "a", 2);
  erase(*out, "b");
  put(*out, "c", 1);
  commit(*out);
  expect_model();
  expect_right();
  EXPECT_EQ(contents(*first).size(), 2u);  // A snapshot stays what it was.
  out.reset();
  expect_model();
}

TEST_F(writer, the_last_one_of_equal_keys_in_a_batch_wins) {
  auto out = open_writer();
  put(*out, "k", 1);
  put(*out, "k", 2);
  put(*out, "gone", 1);
  erase(*out, "gone");
  put(*out, "back", 1);
  erase(*out, "back");
  put(*out, "back", 2);
  erase(*out, "never there");
  commit(*out);
  expect_model();
  expect_right();
}

TEST_F(writer, nothing_changed_is_no_commit) {
  auto out = open_writer();
  EXPECT_EQ(*out->commit(), 0);
  EXPECT_FALSE(*out->erase("x"));
  EXPECT_EQ(*out->commit(), 0);
  put(*out, "x", 1);
  EXPECT_EQ(*out->commit(), 1);
  EXPECT_EQ(*out->commit(), 1);
}

TEST_F(writer, tables_of_an_application_change_in_the_same_commit_or_not_at_all) {
  auto out = open_writer();
  put(*out, "a", 1);
  ASSERT_EQ(*out->commit([](Sql& sql) -> Status {
    QUERN_TRY(sql.run("CREATE TABLE app_file (name TEXT)"));
    return sql.run("INSERT INTO app_file VALUES ('a')");
  }),
            1);
  const auto count = [&] {
    std::int64_t n = -1;
    auto store = Store::open(place_);
    EXPECT_TRUE(store.ok());
    const Status read = (*store)->read_tables([&](Sql& sql) -> Status {
      QUERN_ASSIGN(n, sql.number("SELECT count(*) FROM app_file"));
      return {};
    });
    EXPECT_TRUE(read.ok()) << read.message();
    return n;
  };
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(*out->commit([](Sql& sql) { return sql.run("INSERT INTO app_file VALUES ('b')"); }), 2)
      << "rows alone are a commit too";
  EXPECT_EQ(count(), 2);
  put(*out, "b", 1);
  const auto failed = out->commit([](Sql& sql) -> Status {
    QUERN_TRY(sql.run("DELETE FROM app_file"));
    return {Code::kBadInput, "no"};
  });
  EXPECT_EQ(failed.status().code(), Code::kBadInput);
  out.reset();
  EXPECT_EQ(count(), 2);
  model_.erase("b");
  expect_model();
  expect_right();
}

TEST_F(writer, what_is_not_committed_leaves_nothing) {
  {
    auto out = open_writer(60'000);  // Segments are written in the midst of the batch.
    for (int i = 0; i < 200; ++i) put(*out, std::to_string(i), 1);
    EXPECT_GT(n_segment_files(), 2u);
  }
  EXPECT_EQ(n_segment_files(), 0u);
  model_.clear();
  expect_model();
}

TEST_F(writer, a_batch_of_many_segments_is_one_commit) {
  auto out = open_writer(100'000);
  for (int i = 0; i < 300; ++i) put(*out, std::to_string(i % 120), i);
  erase_parent(*out, "none");
  EXPECT_EQ(snapshot()->id(), 0);
  commit(*out);
  EXPECT_EQ(snapshot()->id(), 1);
  EXPECT_GT(snapshot()->segments().size(), 1u);
  expect_model();
  expect_right();
}

TEST_F(writer, a_parents_documents_go_without_a_segment_being_written) {
  auto out = open_writer();
  put(*out, "f0#0", 1);
  put(*out, "f0#9", 1);
  commit(*out);
  for (int round = 0; round < 30; ++round) {
    const std::string parent = "f" + std::to_string(round % 3);
    erase_parent(*out, parent);
    for (int i = 0; i < 3; ++i) put(*out, parent + "#" + std::to_string(i), round);
  }
  erase_parent(*out, "f0");
  EXPECT_EQ(n_segment_files(), 1u);
  commit(*out);
  expect_model();
  expect_right();
}

TEST_F(writer, segments_without_a_living_document_go) {
  auto out = open_writer();
  put(*out, "a", 1);
  commit(*out);
  erase(*out, "a");
  commit(*out);
  EXPECT_EQ(n_segment_files(), 0u);
  EXPECT_EQ(snapshot()->row().n_live, 0u);
  put(*out, "b", 1);
  commit(*out);
  put(*out, "b", 2);
  commit(*out);
  EXPECT_EQ(n_segment_files(), 1u);
  expect_model();
  expect_right();
}

TEST_F(writer, there_is_one_and_the_second_is_told_who) {
  const auto first = open_writer();
  const auto second = Writer::open(place_, {.who = "another"});
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr("a test"));
}

TEST_F(writer, wrong_documents_change_nothing) {
  auto out = open_writer();
  put(*out, "a", 1);
  EXPECT_EQ(out->put({.key = "", .fields = {"", ""}, .stored = ""}).code(), Code::kBadInput);
  EXPECT_EQ(out->put({.key = "b", .fields = {""}, .stored = ""}).code(), Code::kBadInput);
  commit(*out);
  expect_model();
}

TEST_F(writer, keys_of_any_bytes) {
  auto out = open_writer();
  for (const std::string& key :
       {std::string("\0", 1), std::string("\xff\xfe"), std::string("a\nb"), std::string(1024, 'k'),
        std::string("\xf0\x9f\x98\x80"), std::string("a/../b")}) {
    put(*out, key, 1);
  }
  commit(*out);
  expect_model();
  erase(*out, std::string("\0", 1));
  commit(*out);
  expect_model();
  expect_right();
}

TEST_F(writer, its_memory_is_booked_and_a_document_beyond_it_is_refused) {
  ByteLedger ledger(4 << 20);
  auto out = Writer::open(place_, {.who = "x", .ledger = &ledger, .memory_bytes = 1 << 20});
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(ledger.used_bytes(), 1u << 20);
  Document large = fixture_document("large", 1);
  large.fields[1] = std::string(1 << 20, 'x');
  const Status refused = (*out)->put(large);
  EXPECT_EQ(refused.code(), Code::kTooLarge);
  EXPECT_THAT(refused.message(), HasSubstr("document 'large'"));
  large.fields[1].resize(50'000);
  EXPECT_TRUE((*out)->put(large).ok());
  EXPECT_TRUE((*out)->commit().ok());
  EXPECT_EQ(Writer::open(place_, {.who = "x", .ledger = &ledger}).status().code(),
            Code::kUnavailable);
}

TEST_F(writer, a_merge_that_finds_no_memory_changes_nothing) {
  ByteLedger ledger(2 << 20);
  auto out = Writer::open(place_, {.who = "x", .ledger = &ledger, .memory_bytes = 1 << 20});
  ASSERT_TRUE(out.ok());
  for (int i = 0; i < 8; ++i) {
    put(**out, std::to_string(i), 1);
    commit(**out);
  }
  const Status refused = (*out)->maintain(pace_).status();
  EXPECT_THAT(refused.message(), HasSubstr(Writer::kMergeTenant));
  EXPECT_EQ((*out)->compact(pace_).code(), refused.code());
  put(**out, "more", 1);
  commit(**out);
  EXPECT_EQ(n_segment_files(), 9u);
  expect_model();
}

TEST_F(writer, merges_keep_the_documents_and_the_number_of_segments_small) {
  auto out = open_writer();
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 5; ++i) put(*out, random_key(random), round);
    commit(*out);
    for (;;) {
      const auto is_merged = out->maintain(pace_);
      ASSERT_TRUE(is_merged.ok()) << is_merged.status().message();
      if (!*is_merged) break;
    }
    EXPECT_LE(snapshot()->segments().size(), 8u);
    EXPECT_EQ(n_segment_files(), snapshot()->segments().size());
  }
  expect_model();
  expect_right();
}

// Each commit replaces all documents by those of one version: a reader finds all of one version.
TEST_F(writer, readers_see_whole_commits_while_files_go) {
  constexpr int kDocuments = 6;
  std::atomic<bool> is_done{false};
  std::atomic<int> n_read{0};
  std::thread reader([&] {
    auto store = Store::open(place_);
    ASSERT_TRUE(store.ok()) << store.status().message();
    while (!is_done || n_read == 0) {
      const auto state = (*store)->snapshot();
      ASSERT_TRUE(state.ok()) << state.status().message();
      ASSERT_TRUE((*state)->damaged().empty()) << (*state)->damaged()[0].message();
      const Model found = contents(**state);
      ASSERT_TRUE(found.empty() || found.size() == kDocuments);
      for (const auto& [key, document] : found) {
        EXPECT_EQ(document.stored, key + " " + std::to_string((*state)->id()));
      }
      ++n_read;
    }
  });
  auto out = open_writer();
  for (int round = 0; round < 60; ++round) {
    const auto version = static_cast<int>(snapshot()->id()) + 1;
    for (int i = 0; i < kDocuments; ++i) put(*out, std::to_string(i), version);
    commit(*out);
  }
  is_done = true;
  reader.join();
  EXPECT_GT(n_read, 0);
}

TEST_F(writer, a_merge_that_is_not_wanted_changes_nothing) {
  class Stopped : public Pace {
    bool stop_asked() const override { return true; }
  };
  auto out = open_writer();
  for (int i = 0; i < 10; ++i) {
    put(*out, std::to_string(i), 1);
    commit(*out);
  }
  Stopped stopped;
  EXPECT_EQ(out->maintain(stopped).status().code(), Code::kCancelled);
  EXPECT_EQ(n_segment_files(), 10u);
  EXPECT_TRUE(*out->maintain(pace_));
  expect_model();
}

// Whatever was put and erased in whatever order: the same documents, and after compact the same
// bytes, as of a store that was made of them at once.
TEST_F(writer, random_operations_equal_a_rebuild) {
  const char* wish = std::getenv("QUERN_OPERATIONS");
  const int n_operations = wish != nullptr ? std::atoi(wish) : 1500;
  std::mt19937 random(7);
  place_.folder = path("with_vectors");
  create_with_vectors();
  auto out = open_writer(60'000);
  for (int i = 0; i < n_operations; ++i) {
    const unsigned what = random() % 100;
    if (what < 55) put(*out, random_key(random), i);
    if (what >= 55 && what < 80) erase(*out, random_key(random));
    if (what >= 80 && what < 82) erase_parent(*out, "p" + std::to_string(random() % 8));
    if (what >= 82 && what < 92) commit(*out);
    if (what >= 92 && what < 96) {
      ASSERT_TRUE(out->maintain(pace_).ok());
    }
    if (what == 96) {
      commit(*out);
      const auto segments = out->segments();
      if (segments.empty()) continue;
      attach(*out, segments[random() % segments.size()].segment->id(), 1);
    }
    if (what == 97) {
      ASSERT_TRUE(out->compact(pace_).ok());
    }
    if (what == 98) {  // What is not committed is forgotten.
      commit(*out);
      const Model before = model_;
      put(*out, random_key(random), i);
      out.reset();
      model_ = before;
      out = open_writer(60'000);
    }
    if (what == 99) {
      commit(*out);
      expect_model();
    }
  }
  commit(*out);
  expect_model();
  expect_right();
  ASSERT_TRUE(out->compact(pace_).ok());
  expect_right();
  const Snapshot grown = snapshot();
  ASSERT_EQ(grown->segments().size(), 1u);
  out.reset();
  const auto report = verify_rebuild(place_, path("side"), pace_);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(report->differences.empty());

  place_.folder = path("rebuilt");
  create();
  auto anew = open_writer();
  for (auto& [key, document] : model_) {
    document.vector.clear();
    ASSERT_TRUE(anew->put(document).ok());
  }
  commit(*anew);
  const Snapshot rebuilt = snapshot();
  EXPECT_EQ(grown->row().fields, rebuilt->row().fields);
  EXPECT_TRUE(section_bytes(*grown) == section_bytes(*rebuilt));
}

TEST_F(writer, half_erased_and_compacted_is_half_the_size) {
  auto out = open_writer();
  for (int i = 0; i < 3000; ++i) put(*out, std::to_string(i), 1);
  commit(*out);
  const auto before = snapshot()->segments()[0].row.seal.n_bytes;
  for (int i = 0; i < 3000; i += 2) erase(*out, std::to_string(i));
  ASSERT_TRUE(out->compact(pace_).ok());
  ASSERT_EQ(n_segment_files(), 1u);
  EXPECT_LE(static_cast<double>(snapshot()->segments()[0].row.seal.n_bytes),
            0.55 * static_cast<double>(before));
  expect_model();
  expect_right();
}

TEST_F(writer, a_full_disk_loses_nothing) {
  std::signal(SIGXFSZ, SIG_IGN);
  {
    auto out = open_writer();
    for (int i = 0; i < 50; ++i) put(*out, std::to_string(i), 1);
    commit(*out);
    const Model before = model_;
    for (int i = 0; i < 3000; ++i) put(*out, std::to_string(i), 2);
    rlimit limits{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limits), 0);
    rlimit small = limits;
    small.rlim_cur = 100'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto full = out->commit();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limits), 0);
    EXPECT_EQ(full.status().code(), Code::kIo);
    EXPECT_EQ(out->commit().status().code(), Code::kUnavailable);
    model_ = before;
    EXPECT_EQ(n_segment_files(), 1u);
  }
  expect_model();
  auto out = open_writer();
  put(*out, "after", 1);
  commit(*out);
  expect_model();
  expect_right();
}

TEST_F(writer, a_damaged_segment_is_named_and_the_rest_is_read) {
  {
    auto out = open_writer();
    put(*out, "a", 1);
    commit(*out);
    put(*out, "b", 1);
    commit(*out);
  }
  const std::string name = snapshot()->segments()[0].row.file;
  const std::string file = path("store/seg/" + name);
  const std::string whole = read(file);
  write(file, whole.substr(0, whole.size() / 2));
  const Snapshot part = snapshot();
  ASSERT_EQ(part->damaged().size(), 1u);
  EXPECT_THAT(part->damaged()[0].message(), HasSubstr(name));
  EXPECT_EQ(contents(*part).size(), 1u);
  EXPECT_EQ(Writer::open(place_, {.who = "x"}).status().code(), Code::kBadInput);
  EXPECT_EQ(verify_store(place_)->problems.size(), 1u);
  EXPECT_TRUE(verify_store(place_)->unused_files.empty());
  std::filesystem::remove(file);
  EXPECT_EQ(snapshot()->damaged().size(), 1u);
  EXPECT_EQ(Writer::open(place_, {.who = "x"}).status().code(), Code::kNotFound);
  write(file, whole);
  expect_right();
}

TEST_F(writer, a_damaged_segment_keeps_no_others_from_being_merged) {
  auto out = open_writer();
  for (int i = 0; i < 16; ++i) {
    put(*out, std::string(1, static_cast<char>('a' + i)), 1);
    commit(*out);
  }
  const std::string file = path("store/seg/" + snapshot()->segments()[3].row.file);
  std::string bytes = read(file);
  const Section section =
      *snapshot()->segments()[3].segment->container().find(SectionKind::kKeys, 0);
  bytes[static_cast<std::size_t>(section.offset)] ^= 1;
  write(file, bytes);
  out.reset();
  out = open_writer();
  EXPECT_EQ(out->maintain(pace_).status().code(), Code::kBadInput);
  const auto merged = out->maintain(pace_);
  ASSERT_TRUE(merged.ok()) << merged.status().message();
  EXPECT_TRUE(*merged);
  EXPECT_EQ(snapshot()->segments().size(), 9u);
}

TEST_F(writer, files_that_no_row_names_go_with_the_next_writer) {
  write(path("store/seg/tmp-9-0000-segment"), "cut short");
  write(path("store/seg/77-00000000000000aa.qsg"), "renamed, never committed");
  EXPECT_EQ(verify_store(place_)->unused_files.size(), 2u);
  const auto out = open_writer();
  EXPECT_EQ(n_segment_files(), 0u);
}

}  // namespace quern::store
