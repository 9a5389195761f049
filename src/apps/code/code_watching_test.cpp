#include "apps/code/code_watching.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "apps/code/code_documents.h"
#include "apps/code/code_search.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string kModel = fixture_model("tiny-mean-f32");

class code_watching : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    fs::create_directory(path("tree"));
    place_ = {.root = fs::canonical(path("tree")), .folder = path("index")};
    ASSERT_TRUE(create_code_index(place_, {}).ok());
    auto chunker = Chunker::create({});
    ASSERT_TRUE(chunker.ok());
    chunker_ = std::move(*chunker);
    auto writer = store::Writer::open({.folder = place_.folder}, {.who = "a test"});
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    writer_ = std::move(*writer);
  }

  void TearDown() override {
    stop();
    writer_.reset();
    EngineTest::TearDown();
  }

  void start() {
    watching_.writer = writer_.get();
    watching_.chunker = chunker_.get();
    watching_.root = place_.root;
    watching_.is_stopped = [this] { return is_stopped_.load(); };
    thread_ = std::thread([this] {
      const Status status = watch_code(watching_);
      EXPECT_TRUE(status.ok()) << status.message();
    });
  }

  void stop() {
    is_stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }

  void put(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(place_.root + "/" + name).parent_path());
    write(place_.root + "/" + name, text);
  }

  std::vector<std::string> found(const std::string& word, engine::Engine* engine = nullptr) {
    auto store = store::Store::open({.folder = place_.folder});
    if (!store.ok()) return {};
    auto searcher = CodeSearcher::create(pool_, engine);
    auto answer = searcher->search(*(*store)->snapshot(), {.question = word});
    std::vector<std::string> out;
    if (answer.ok()) {
      for (const CodeHit& hit : answer->hits) out.push_back(hit.path);
    }
    return out;
  }

  /// Waits for a state that comes soon; a loaded machine may take its time.
  template <typename Condition>
  static bool comes(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  using Names = std::vector<std::string>;
  CodePlace place_;
  std::unique_ptr<Chunker> chunker_;
  std::unique_ptr<store::Writer> writer_;
  CodeWatching watching_;
  std::atomic<bool> is_stopped_{false};
  std::thread thread_;
  ThreadPool pool_{2};
};

TEST_F(code_watching, what_changes_is_found_without_anybody_asking) {
  put("a.py", "giraffe = 1\n");
  start();
  ASSERT_TRUE(comes([&] { return found("giraffe") == Names{"a.py"}; }));
  put("deep/in/b.py", "zebra = 1\n");
  ASSERT_TRUE(comes([&] { return found("zebra") == Names{"deep/in/b.py"}; }));
  put("a.py", "lion = 1\n");
  ASSERT_TRUE(comes([&] { return found("lion") == Names{"a.py"} && found("giraffe").empty(); }));
  fs::remove_all(place_.root + "/deep");
  ASSERT_TRUE(comes([&] { return found("zebra").empty(); }));
  put(".gitignore", "a.py\n");
  ASSERT_TRUE(comes([&] { return found("lion").empty(); }));
  fs::remove(place_.root + "/.gitignore");
  ASSERT_TRUE(comes([&] { return found("lion") == Names{"a.py"}; }));
}

TEST_F(code_watching, vectors_follow_the_text) {
  auto embedder = TextEmbedder::open(*engine_, {.model = kModel});
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  std::atomic<std::uint64_t> n_vectors{0};
  std::atomic<int> n_opened{0};
  watching_.open_embedding = [&]() -> Result<CodeEmbedding> {
    ++n_opened;
    QUERN_ASSIGN(const store::VectorSpace space, space_of(*embedder, kModel));
    CodeEmbedding out = {.embedder = &*embedder};
    QUERN_ASSIGN(out.space, writer_->add_space(space));
    return out;
  };
  watching_.on_vectors = [&](const IngestReport& report) { n_vectors += report.n_vectors; };
  put("a.py", "giraffe = 1\n");
  start();
  ASSERT_TRUE(comes([&] { return n_vectors == 1; }));
  put("b.py", "zebra = 1\n");
  ASSERT_TRUE(comes([&] { return n_vectors == 2; }));
  EXPECT_EQ(found("zebra"), Names{"b.py"});
  EXPECT_EQ(n_opened, 1);
}

TEST_F(code_watching, a_piece_without_a_vector_yet_counts_by_its_words) {
  auto embedder = TextEmbedder::open(*engine_, {.model = kModel});
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const auto space = space_of(*embedder, kModel);
  ASSERT_TRUE(space.ok());
  const auto id = writer_->add_space(*space);
  ASSERT_TRUE(id.ok()) << id.status().message();
  const auto update = [&] {
    const auto report = update_code_index(
        {.writer = writer_.get(), .chunker = chunker_.get(), .root = place_.root});
    ASSERT_TRUE(report.ok()) << report.status().message();
  };
  for (int i = 0; i < 8; ++i) {
    put("f" + std::to_string(i) + ".py", "cat = " + std::to_string(i) + " # a queue of dogs\n");
  }
  update();
  IngestJob job;
  job.writer = writer_.get();
  job.embedder = &*embedder;
  job.space = *id;
  job.text_of = code_text_to_embed;
  const auto made = embed_missing(job);
  ASSERT_TRUE(made.ok()) << made.status().message();
  put("fresh.py", "def giraffe_queue(giraffe):\n    return giraffe.queue\n");
  update();
  const Names names = found("where the giraffe queue is", engine_.get());
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names[0], "fresh.py");
}

TEST_F(code_watching, without_its_model_words_are_still_kept_current) {
  std::mutex mutex;
  std::string told;
  watching_.open_embedding = [&]() -> Result<CodeEmbedding> {
    return {Code::kNotFound, "no such model"};
  };
  watching_.on_note = [&](const std::string& note) {
    const std::lock_guard lock(mutex);
    told += note;
  };
  put("a.py", "giraffe = 1\n");
  start();
  ASSERT_TRUE(comes([&] {
    const std::lock_guard lock(mutex);
    return told.find("no such model") != std::string::npos;
  }));
  put("b.py", "zebra = 1\n");
  EXPECT_TRUE(comes([&] { return found("zebra") == Names{"b.py"}; }));
}

}  // namespace
}  // namespace quern::apps
