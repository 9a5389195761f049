#include "apps/collections.h"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "apps/json_document.h"
#include "apps/schema_text.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

class collections_test : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    open();
  }
  void TearDown() override {
    collections_.reset();
    EngineTest::TearDown();
  }

  void open(CollectionParts parts = {}) {
    parts.engine = engine_.get();
    parts.pool = &pool_;
    parts.log.folder = path("vectors");
    collections_ = std::make_unique<Collections>(parts, path("collections"));
  }

  static CollectionWish wish(const std::string& model = "") {
    CollectionWish out;
    out.schema = *schema_from_text("text", "english", 1.2f, 0.75f);
    if (!model.empty()) out.model = EmbedderWish{.model = fixture_model(model)};
    return out;
  }

  std::shared_ptr<Collection> create(const std::string& name, const std::string& model = "") {
    auto made = collections_->create(name, wish(model));
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : nullptr;
  }

  static std::vector<SourceDocument> documents(const store::Schema& schema, int begin, int end) {
    std::vector<SourceDocument> out;
    for (int i = begin; i < end; ++i) {
      SourceDocument& one = out.emplace_back();
      one.document = *document_from_line(
          R"({"id":")" + std::to_string(i) + R"(","text":"cat number)" + std::to_string(i) + "\"}",
          schema);
    }
    return out;
  }

  static Result<IngestReport> add(Collection& to, std::vector<SourceDocument> documents) {
    std::promise<Result<IngestReport>> promise;
    to.add(std::move(documents), [&](Result<IngestReport> report, std::vector<std::string>) {
      promise.set_value(std::move(report));
    });
    return promise.get_future().get();
  }

  static std::uint64_t n_missing(Collection& of) {
    const auto state = of.state();
    EXPECT_TRUE(state.ok());
    const store::SpaceRow* space = state->snapshot->active_space();
    return space == nullptr ? 0 : state->snapshot->n_missing(space->id);
  }

  template <typename Condition>
  static bool eventually(const Condition& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  ThreadPool pool_{2};
  std::unique_ptr<Collections> collections_;
};

}  // namespace

TEST_F(collections_test, they_are_made_filled_searched_and_removed) {
  EXPECT_TRUE(collections_->names()->empty());
  const auto cats = create("cats");
  create("dogs");
  EXPECT_EQ(*collections_->names(), (std::vector<std::string>{"cats", "dogs"}));
  const auto report = add(*cats, documents(cats->schema(), 0, 5));
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->n_written, 5u);
  const auto found = cats->search({.text = "number3"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->hits.size(), 1u);
  EXPECT_EQ(found->hits[0].found.hit.key, "3");
  EXPECT_EQ(found->found.generation, report->generation);
  EXPECT_TRUE(collections_->remove("cats").ok());
  EXPECT_EQ(*collections_->names(), (std::vector<std::string>{"dogs"}));
  EXPECT_EQ(collections_->find("cats").status().code(), Code::kNotFound);
  EXPECT_FALSE(add(*cats, {}).ok());  // Whoever still holds it is told.
}

TEST_F(collections_test, many_documents_get_their_vectors_by_and_by) {
  const auto cats = create("cats", "tiny-mean-f32");
  const auto report = add(*cats, documents(cats->schema(), 0, 600));
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->n_written, 600u);
  EXPECT_EQ(report->n_vectors, 0u);
  EXPECT_EQ(cats->search({.text = "number3", .mode = store::Mode::kLexical})->hits.size(), 1u);
  EXPECT_TRUE(eventually([&] { return n_missing(*cats) == 0; }));
  EXPECT_EQ(cats->state()->embedding_problem, "");
}

TEST_F(collections_test, a_few_have_theirs_at_once) {
  const auto cats = create("cats", "tiny-mean-f32");
  const auto report = add(*cats, documents(cats->schema(), 0, 3));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->n_vectors, 3u);
}

TEST_F(collections_test, what_a_process_left_to_embed_the_next_one_does) {
  {
    const auto cats = create("cats", "tiny-mean-f32");
    ASSERT_TRUE(add(*cats, documents(cats->schema(), 0, 600)).ok());
  }
  collections_.reset();
  open();
  const auto again = collections_->find("cats");
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_TRUE(eventually([&] { return n_missing(**again) == 0; }));
}

TEST_F(collections_test, documents_can_be_deleted) {
  const auto cats = create("cats");
  ASSERT_TRUE(add(*cats, documents(cats->schema(), 0, 5)).ok());
  std::promise<Result<ErasureReport>> promise;
  cats->erase({"1", "2", "none"},
              [&](Result<ErasureReport> report) { promise.set_value(std::move(report)); });
  const auto report = promise.get_future().get();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->n_erased, 2u);
  EXPECT_EQ(cats->search({.text = "cat"})->hits.size(), 3u);
}

TEST_F(collections_test, names_are_never_paths) {
  for (const char* bad : {"", "..", "../x", "a/b", "A", ".x", "-x", "a b", "\xff"}) {
    EXPECT_EQ(check_collection_name(bad).code(), Code::kBadInput) << bad;
    EXPECT_EQ(collections_->create(bad, wish()).status().code(), Code::kBadInput);
    EXPECT_EQ(collections_->find(bad).status().code(), Code::kBadInput);
  }
  EXPECT_FALSE(check_collection_name(std::string(65, 'a')).ok());
  EXPECT_TRUE(check_collection_name(std::string(64, 'a')).ok());
  EXPECT_TRUE(check_collection_name("a-b_2").ok());
}

TEST_F(collections_test, what_cannot_be_made_leaves_nothing) {
  create("cats");
  const auto again = collections_->create("cats", wish());
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(*again, nullptr);  // Nobody's error: there is one.
  EXPECT_EQ(collections_->create("dogs", wish("no-such-model")).status().code(), Code::kNotFound);
  EXPECT_EQ(collections_->create("dogs", wish("tiny-nli")).status().code(), Code::kBadInput);
  EXPECT_EQ(*collections_->names(), (std::vector<std::string>{"cats"}));
}

// A second commit for the space would be one that a kill or a full disk can part from the first.
TEST_F(collections_test, one_with_a_model_is_made_in_one_commit) {
  const auto cats = create("cats", "tiny-mean-f32");
  const auto state = cats->state();
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->snapshot->id(), 0);
  EXPECT_NE(state->snapshot->active_space(), nullptr);
}

TEST_F(collections_test, one_that_is_written_from_outside_is_not_removed_and_not_written) {
  const auto cats = create("cats");
  const auto outside =
      store::Writer::open({.folder = path("collections/cats")}, {.who = "somebody else"});
  ASSERT_TRUE(outside.ok());
  const auto report = add(*cats, documents(cats->schema(), 0, 1));
  EXPECT_EQ(report.status().code(), Code::kUnavailable);
  EXPECT_NE(report.status().message().find("somebody else"), std::string::npos);
}

TEST_F(collections_test, many_small_writes_leave_few_segments_while_they_go_on) {
  const auto cats = create("cats", "tiny-mean-f32");
  constexpr int kWrites = 200;
  std::atomic<int> n_done{0};
  std::size_t n_most = 0;
  for (int i = 0; i < kWrites; ++i) {
    cats->add(documents(cats->schema(), i, i + 1),
              [&](const Result<IngestReport>& report, const std::vector<std::string>&) {
                EXPECT_TRUE(report.ok()) << report.status().message();
                n_most = std::max(n_most, cats->state()->snapshot->segments().size());
                ++n_done;
              });
  }
  ASSERT_TRUE(eventually([&] { return n_done == kWrites; }));
  EXPECT_LE(n_most, kBusySegments + 1);
  EXPECT_EQ(cats->search({.text = "cat", .n_wanted = 1000, .window = 1000})->hits.size(), 200u);
  EXPECT_EQ(cats->search({.text = "number7", .mode = store::Mode::kLexical})->hits.size(), 1u);
}

TEST_F(collections_test, whoever_wrote_keeps_it_until_it_is_idle) {
  collections_.reset();
  open({.idle = std::chrono::milliseconds(200)});
  const auto cats = create("cats");
  ASSERT_TRUE(add(*cats, documents(cats->schema(), 0, 1)).ok());
  const auto from_outside = [&] {
    return store::Writer::open({.folder = path("collections/cats")}, {.who = "somebody else"})
        .status();
  };
  EXPECT_EQ(from_outside().code(), Code::kUnavailable);
  EXPECT_TRUE(eventually([&] { return from_outside().ok(); }));
  EXPECT_TRUE(add(*cats, documents(cats->schema(), 1, 2)).ok());
  EXPECT_TRUE(collections_->remove("cats").ok());
}

TEST_F(collections_test, what_graphs_miss_is_measured) {
  collections_.reset();
  open({.graph_from = 50, .recall_every = 3});
  const auto cats = create("cats", "tiny-mean-f32");
  ASSERT_TRUE(add(*cats, documents(cats->schema(), 0, 600)).ok());
  const auto has_graph = [&] {
    const auto state = cats->state();
    return !state->snapshot->segments().empty() && !state->snapshot->segments()[0].graphs.empty();
  };
  ASSERT_TRUE(eventually(has_graph));
  const Ask by_plan = {.text = "cat number7", .mode = store::Mode::kDense};
  Ask by_graph = by_plan;
  by_graph.exactness = store::Exactness::kGraph;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(cats->search(by_plan).ok());  // So few are scanned: nothing to measure.
    const auto found = cats->search(by_graph);
    ASSERT_TRUE(found.ok() && found->found.is_approximate);
  }
  EXPECT_TRUE(eventually([&] { return cats->state()->recall.n_receipts == 1; }));
  const store::RecallCounts counts = collections_->recalls().at("cats");
  EXPECT_EQ(counts.n_searches, 3u);
  EXPECT_EQ(counts.n_true, 10u);
  EXPECT_GT(counts.recall(), 0.5);
}

TEST_F(collections_test, searches_and_writes_go_on_side_by_side) {
  const auto cats = create("cats", "tiny-mean-f32");
  std::atomic<bool> is_over{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!is_over) {
        const auto found = cats->search({.text = "cat number7"});
        EXPECT_TRUE(found.ok()) << found.status().message();
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(add(*cats, documents(cats->schema(), i * 20, i * 20 + 20)).ok());
  }
  EXPECT_TRUE(eventually([&] { return n_missing(*cats) == 0; }));
  is_over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(cats->search({.text = "cat", .n_wanted = 1000, .window = 1000})->hits.size(), 200u);
}

}  // namespace quern::apps
