#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/check/verify.h"
#include "store/dense_search.h"
#include "store/recall_receipts.h"
#include "store/store_fixture.h"
#include "store/writer.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class writer_graphs : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create_with_vectors();
    graph_from_ = 100;
  }

  void fill(Writer& writer, int n, const std::string& prefix = "k") {
    for (int i = 0; i < n; ++i) put(writer, prefix + std::to_string(i), i);
    commit(writer);
  }

  /// Merges and graphs, as long as any is due.
  void maintain(Writer& writer) {
    for (;;) {
      const auto done = writer.maintain(pace_);
      ASSERT_TRUE(done.ok()) << done.status().message();
      if (!*done) return;
    }
  }

  static std::size_t n_graphs(const Generation& generation) {
    std::size_t n = 0;
    for (const SegmentView& view : generation.segments()) n += view.graphs.size();
    return n;
  }

  struct Found {
    std::vector<NearDoc> docs;
    DenseReport report;
  };

  Found search(const Generation& generation, const std::string& text, Exactness exactness,
               const std::vector<Bitmap>* allowed = nullptr) {
    Found out;
    const auto query = make_query(fixture_vector(text), kFixtureDims, Metric::kCosine);
    EXPECT_TRUE(query.ok());
    auto docs = nearest_docs({.generation = &generation,
                              .space = generation.active_space(),
                              .query = &*query,
                              .allowed = allowed,
                              .n_wanted = 10,
                              .exactness = exactness,
                              .report = &out.report},
                             ThreadPool::serial());
    EXPECT_TRUE(docs.ok()) << docs.status().message();
    if (docs.ok()) out.docs = *docs;
    return out;
  }

  std::string graph_path() {
    for (const auto& entry : std::filesystem::directory_iterator(segment_folder(place_.folder))) {
      if (entry.path().extension() == ".qgr") return entry.path();
    }
    return "";
  }
};

}  // namespace

TEST_F(writer_graphs, one_is_built_where_vectors_are_many) {
  auto out = open_writer();
  fill(*out, 60);
  maintain(*out);
  EXPECT_EQ(n_graphs(*snapshot()), 0u);  // 40 vectors.
  fill(*out, 400, "m");
  maintain(*out);
  const Snapshot now = snapshot();
  EXPECT_EQ(n_graphs(*now), 1u);
  expect_model();
  expect_right();
  EXPECT_FALSE(*out->maintain(pace_));

  const Found by_graph = search(*now, "a question", Exactness::kGraph);
  EXPECT_TRUE(by_graph.report.is_approximate);
  const Found exact = search(*now, "a question", Exactness::kExact);
  EXPECT_FALSE(exact.report.is_approximate);
  ASSERT_EQ(by_graph.docs.size(), 10u);
  int n_right = 0;
  for (const NearDoc& near : by_graph.docs) n_right += near.score >= exact.docs.back().score;
  EXPECT_GE(n_right, 9);
  const Found by_plan = search(*now, "a question", Exactness::kByPlan);
  EXPECT_FALSE(by_plan.report.is_approximate);  // So few are scanned.
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(by_plan.docs[i].place, exact.docs[i].place);
}

TEST_F(writer_graphs, it_goes_with_its_vectors_and_comes_again) {
  auto out = open_writer();
  fill(*out, 300);
  maintain(*out);
  ASSERT_EQ(n_graphs(*snapshot()), 1u);
  // Vectors for those without: the graph does not know them.
  for (const SegmentView& view : out->segments()) attach(*out, view.segment->id(), 1);
  EXPECT_EQ(n_graphs(*snapshot()), 0u);
  EXPECT_EQ(graph_path(), "");
  maintain(*out);
  EXPECT_EQ(n_graphs(*snapshot()), 1u);
  expect_model();
  expect_right();
  // A compaction writes other segments, and their graphs.
  fill(*out, 300, "n");
  ASSERT_TRUE(out->compact(pace_).ok());
  EXPECT_EQ(n_graphs(*snapshot()), 1u);
  EXPECT_EQ(n_segment_files(), 3u);
  const auto space = out->add_space(fixture_space("second"));
  ASSERT_TRUE(space.ok() && out->activate_space(*space, Writer::Coverage::kAny).ok());
  EXPECT_EQ(n_graphs(*snapshot()), 0u);
  EXPECT_EQ(n_segment_files(), 1u);
}

TEST_F(writer_graphs, the_same_vectors_give_the_same_file_whatever_threads_there_are) {
  auto out = open_writer();
  fill(*out, 700);
  const SegmentView view = out->segments()[0];
  const std::string folder = segment_folder(place_.folder);
  std::string first;
  for (const int n_threads : {1, 3}) {
    ThreadPool pool(n_threads);
    const PartName name{.segment = view.segment->id(), .nonce = 5};
    const auto row = write_graph_file(*place_.files, folder, name, *view.vectors_in(1), {}, pool);
    ASSERT_TRUE(row.ok()) << row.status().message();
    std::ifstream file(folder + "/" + row->file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (n_threads == 1) first = bytes;
    EXPECT_EQ(bytes, first);
    std::filesystem::remove(folder + "/" + row->file);
  }
}

TEST_F(writer_graphs, neither_the_dead_nor_those_without_a_vector_nor_the_filtered_are_found) {
  auto out = open_writer();
  fill(*out, 500);
  maintain(*out);
  for (int i = 0; i < 500; i += 4) erase(*out, "k" + std::to_string(i));
  commit(*out);
  const Snapshot now = snapshot();
  ASSERT_EQ(n_graphs(*now), 1u);
  const SegmentView& view = now->segments()[0];
  Bitmap odd(view.row.identity.n_docs);
  for (std::uint32_t doc = 1; doc < odd.n_bits(); doc += 2) odd.set(doc);
  odd &= *view.live;
  const std::vector<Bitmap> allowed = {odd};
  for (int i = 0; i < 20; ++i) {
    const std::string text = "question " + std::to_string(i);
    for (const NearDoc& near : search(*now, text, Exactness::kGraph).docs) {
      EXPECT_TRUE(view.live->has(near.place.doc));
      EXPECT_TRUE(view.vectors_in(1)->present().has(near.place.doc));
    }
    for (const NearDoc& near : search(*now, text, Exactness::kGraph, &allowed).docs) {
      EXPECT_TRUE(odd.has(near.place.doc));
    }
  }
}

TEST_F(writer_graphs, one_that_is_damaged_is_named_and_done_without) {
  {
    auto out = open_writer();
    fill(*out, 300);
    maintain(*out);
  }
  const std::string path = graph_path();
  ASSERT_NE(path, "");
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(200);  // Among the links, which no search sums.
    file.put('\x7f');
  }
  const auto report = verify_store(place_);
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->problems.size(), 1u);
  EXPECT_THAT(report->problems[0].message(), HasSubstr(path));
  EXPECT_EQ(search(*snapshot(), "a question", Exactness::kGraph).docs.size(), 10u);

  std::filesystem::resize_file(path, 1000);
  const Snapshot now = snapshot();
  EXPECT_EQ(n_graphs(*now), 0u);
  ASSERT_EQ(now->damaged().size(), 1u);
  EXPECT_THAT(now->damaged()[0].message(), HasSubstr(path));
  const Found found = search(*now, "a question", Exactness::kGraph);
  EXPECT_EQ(found.docs.size(), 10u);
  EXPECT_FALSE(found.report.is_approximate);
  expect_model();
}

TEST_F(writer_graphs, a_build_that_is_left_leaves_nothing) {
  class Stopped : public Pace {
    bool stop_asked() const override { return true; }
  } stopped;
  auto out = open_writer();
  fill(*out, 300);
  const GenerationId before = snapshot()->id();
  EXPECT_EQ(out->maintain(stopped).status().code(), Code::kCancelled);
  EXPECT_EQ(snapshot()->id(), before);
  EXPECT_EQ(n_segment_files(), 2u);
  maintain(*out);  // The writer goes on.
  EXPECT_EQ(n_graphs(*snapshot()), 1u);
}

TEST_F(writer_graphs, without_memory_there_is_none_yet) {
  {
    auto out = open_writer();
    fill(*out, 300);
  }
  ByteLedger ledger((std::size_t{2} << 20) + (std::size_t{256} << 10));
  auto out = Writer::open(place_, {.who = "a test",
                                   .ledger = &ledger,
                                   .memory_bytes = std::size_t{2} << 20,
                                   .graph_from = graph_from_});
  ASSERT_TRUE(out.ok()) << out.status().message();
  EXPECT_EQ((*out)->maintain(pace_).status().code(), Code::kExhausted);
  EXPECT_TRUE((*out)->compact(pace_).ok());
  EXPECT_EQ(n_graphs(*snapshot()), 0u);
  expect_model();
}

TEST_F(writer_graphs, receipts_say_how_much_was_found) {
  auto out = open_writer();
  fill(*out, 900);
  maintain(*out);
  const Snapshot now = snapshot();
  RecallReceipts receipts(4);
  EXPECT_EQ(receipts.counts().recall(), 1.0);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(receipts.is_due(), i % 4 == 3);
  const auto query = make_query(fixture_vector("a question"), kFixtureDims, Metric::kCosine);
  const DenseSearch search{.generation = now.get(),
                           .space = now->active_space(),
                           .query = &*query,
                           .n_wanted = 20,
                           .exactness = Exactness::kGraph};
  ASSERT_TRUE(receipts.run_again(search, ThreadPool::serial()).ok());
  RecallCounts counts = receipts.counts();
  EXPECT_EQ(counts.n_searches, 12u);
  EXPECT_EQ(counts.n_receipts, 1u);
  EXPECT_EQ(counts.n_true, 10u);
  EXPECT_GE(counts.n_found, 9u);

  const std::vector<NearDoc> nearest = {{{0, 5}, 0.9}, {{0, 2}, 0.7}, {{0, 3}, 0.7}, {{0, 4}, 0.6}};
  const std::vector<NearDoc> found = {{{0, 5}, 0.9}, {{0, 3}, 0.7}, {{0, 9}, 0.6}, {{0, 8}, 0.5}};
  RecallReceipts other;
  other.add(found, nearest);  // The third is as near as the true fourth.
  EXPECT_EQ(other.counts().n_found, 3u);
  EXPECT_EQ(other.counts().recall(), 0.75);
  other.add({}, nearest);
  EXPECT_EQ(other.counts().recall(), 3.0 / 8);
}

}  // namespace quern::store
