#include "apps/ingest.h"

#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/json_lines.h"
#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

class ingest_test : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    auto opened = TextEmbedder::open(*engine_, {.model = model_});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    embedder_.emplace(*opened);
    const auto schema = schema_from_text("title,text", "english", 1.2f, 0.75f);
    ASSERT_TRUE(schema.ok());
    ASSERT_TRUE(store::create_store({.folder = path("store")}, *schema, "test").ok());
    open_writer();
    const auto space = space_of(*embedder_, model_);
    ASSERT_TRUE(space.ok()) << space.status().message();
    const auto id = writer_->add_space(*space);
    ASSERT_TRUE(id.ok()) << id.status().message();
    space_ = *id;
  }
  void TearDown() override {
    writer_.reset();
    EngineTest::TearDown();
  }

  void open_writer() {
    writer_.reset();
    auto writer = store::Writer::open({.folder = path("store")}, {.who = "test"});
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    writer_ = std::move(*writer);
  }

  std::unique_ptr<VectorLog> open_log() {
    auto log = VectorLog::open({.folder = path("vectors")}, embedder_->exact_fingerprint(),
                               embedder_->d());
    EXPECT_TRUE(log.ok());
    return std::move(*log);
  }

  static std::string line(int n, const std::string& words = "the cat") {
    return R"({"id":"k)" + std::to_string(n) + R"(","title":"number )" + std::to_string(n) +
           R"(","text":")" + words + "\"}\n";
  }
  static std::string lines(int begin, int end, const std::string& words = "the cat") {
    std::string out;
    for (int n = begin; n < end; ++n) out += line(n, words);
    return out;
  }

  IngestReport add(const std::string& text, IngestJob job) {
    std::istringstream in(text);
    JsonLines source(in, "lines", writer_->schema(), GivenVectors::kIgnore);
    job.writer = writer_.get();
    job.space = space_;
    job.next = [&] { return source.next(); };
    job.on_problem = [&](const std::string& where, const Status& problem) {
      problems_.push_back(where + ": " + problem.message());
    };
    const auto report = ingest(job);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : IngestReport();
  }

  /// The coded vectors of the store by key.
  std::map<std::string, std::vector<std::uint8_t>> vectors() {
    std::map<std::string, std::vector<std::uint8_t>> out;
    for (const store::SegmentView& view : writer_->segments()) {
      const auto keys = view.segment->keys();
      EXPECT_TRUE(keys.ok());
      const store::VectorFile* file = view.vectors_in(space_);
      for (std::uint32_t doc = 0; doc < view.segment->n_docs(); ++doc) {
        if (!view.live->has(doc) || file == nullptr) continue;
        std::vector<std::uint8_t> low(64);
        const auto row = file->coded_row(doc, low);
        EXPECT_TRUE(row.ok());
        store::KeyCursor cursor(**keys);
        EXPECT_TRUE(cursor.go_to(doc).ok());
        auto& planes = out[std::string(cursor.key().bytes)];
        if (!*row) continue;
        planes.assign((*row)->hi.begin(), (*row)->hi.end());
        planes.insert(planes.end(), (*row)->lo.begin(), (*row)->lo.end());
      }
    }
    return out;
  }

  std::vector<std::uint8_t> planes_of(const std::string& text) {
    const auto query =
        store::make_query(vector_by_engine("tiny-mean-f32", text), 32, store::Metric::kCosine);
    EXPECT_TRUE(query.ok());
    std::vector<std::uint8_t> out;
    for (const std::int8_t code : query->planes)
      out.push_back(static_cast<std::uint8_t>(code + 128));
    return out;
  }

  const std::string model_ = fixture_model("tiny-mean-f32");
  std::optional<TextEmbedder> embedder_;
  std::unique_ptr<store::Writer> writer_;
  store::SpaceId space_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace

TEST_F(ingest_test, few_documents_come_with_their_vectors_in_one_commit) {
  const store::GenerationId before = *writer_->commit();
  const IngestReport report = add(lines(0, 3), {.embedder = &*embedder_});
  EXPECT_EQ(report.n_written, 3u);
  EXPECT_EQ(report.n_vectors, 3u);
  EXPECT_EQ(report.generation, before + 1);
  EXPECT_EQ(vectors()["k2"], planes_of("number 2 the cat"));
}

TEST_F(ingest_test, of_many_the_text_comes_first_and_vectors_follow) {
  std::vector<IngestPhase> phases;
  std::uint64_t n_missing = 0;
  IngestJob job = {.embedder = &*embedder_, .docs_per_commit = 150};
  job.on_progress = [&](const IngestProgress& done) {
    if (phases.empty() || phases.back() != done.phase) {
      phases.push_back(done.phase);
      if (done.phase == IngestPhase::kVectors) n_missing = done.n_wanted;
    }
  };
  const IngestReport report = add(lines(0, 400), job);
  EXPECT_EQ(phases, (std::vector<IngestPhase>{IngestPhase::kText, IngestPhase::kVectors}));
  EXPECT_EQ(n_missing, 400u);
  EXPECT_EQ(report.n_vectors, 400u);
  const auto got = vectors();
  ASSERT_EQ(got.size(), 400u);
  for (const int n : {0, 149, 150, 399}) {
    EXPECT_EQ(got.at("k" + std::to_string(n)),
              planes_of("number " + std::to_string(n) + " the cat"));
  }
}

TEST_F(ingest_test, what_is_there_as_it_is_passes_and_the_rest_is_written) {
  const auto log = open_log();
  add(lines(0, 300), {.embedder = &*embedder_, .log = log.get()});
  const store::GenerationId before = *writer_->commit();
  const IngestReport same = add(lines(0, 300), {.embedder = &*embedder_, .log = log.get()});
  EXPECT_EQ(same.n_unchanged, 300u);
  EXPECT_EQ(same.n_written, 0u);
  EXPECT_EQ(same.generation, before);
  const IngestReport changed =
      add(lines(0, 10) + line(7, "a dog") + line(300), {.embedder = &*embedder_, .log = log.get()});
  EXPECT_EQ(changed.n_unchanged, 10u);
  EXPECT_EQ(changed.n_written, 2u);
  EXPECT_EQ(vectors().at("k7"), planes_of("number 7 a dog"));
}

TEST_F(ingest_test, of_one_key_the_last_line_counts_even_if_it_is_the_old_one) {
  add(line(1), {});
  const IngestReport report = add(line(1, "a dog") + line(1), {});
  EXPECT_EQ(report.n_written, 2u);
  const auto segments = writer_->segments();
  const auto place = store::find_key(segments, "k1");
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(segments[place->i_segment].segment->stored_text().read(place->doc)->fields[1],
            "the cat");
}

TEST_F(ingest_test, vectors_of_the_log_are_those_of_the_engine_to_the_bit) {
  const auto log = open_log();
  const IngestReport first = add(lines(0, 200), {.embedder = &*embedder_, .log = log.get()});
  EXPECT_GT(first.n_tokens, 0);
  const auto embedded = vectors();
  // Another store of the same home.
  writer_.reset();
  std::filesystem::remove_all(path("store"));
  const auto schema = schema_from_text("title,text", "english", 1.2f, 0.75f);
  ASSERT_TRUE(store::create_store({.folder = path("store")}, *schema, "test").ok());
  open_writer();
  space_ = *writer_->add_space(*space_of(*embedder_, model_));
  const IngestReport again = add(lines(0, 200), {.embedder = &*embedder_, .log = log.get()});
  EXPECT_EQ(again.n_from_log, 200u);
  EXPECT_EQ(again.n_tokens, 0);
  EXPECT_EQ(vectors(), embedded);
}

TEST_F(ingest_test, vectors_that_are_brought_along_are_taken_and_what_does_not_fit_is_refused) {
  space_ = *writer_->add_space(*space_of_given(3, store::Metric::kCosine));
  ASSERT_TRUE(writer_->activate_space(space_).ok());
  const auto given = [&](const std::string& text) {
    std::istringstream in(text);
    JsonLines source(in, "lines", writer_->schema(), GivenVectors::kTake);
    IngestJob job = {.writer = writer_.get()};
    job.next = [&] { return source.next(); };
    job.on_problem = [&](const std::string& where, const Status&) { problems_.push_back(where); };
    const auto report = ingest(job);
    EXPECT_TRUE(report.ok()) << report.status().message();
    return *report;
  };
  const std::string good = R"({"id":"a","text":"x","vector":[1,2,3]})";
  const IngestReport first =
      given(good + "\n" + R"({"id":"b","text":"x","vector":[1,2]})" + "\n" +
            R"({"id":"c","text":"x","vector":[0,0,0]})" + "\n" + R"({"id":"d","text":"x"})" + "\n");
  EXPECT_EQ(first.n_written, 2u);
  EXPECT_EQ(first.n_vectors, 1u);
  EXPECT_EQ(problems_, (std::vector<std::string>{"lines line 2", "lines line 3"}));
  EXPECT_EQ(given(good).n_unchanged, 1u);
  EXPECT_EQ(given(R"({"id":"a","text":"x","vector":[1,2,4]})").n_written, 1u);
}

// Its width fits, but what it says cannot be compared with what the model says.
TEST_F(ingest_test, a_space_of_a_model_takes_no_vectors_of_others) {
  store::Document document = *document_from_line(line(1), writer_->schema());
  document.vector.assign(static_cast<std::size_t>(embedder_->d()), 1.0f);
  IngestJob job = {.writer = writer_.get(), .embedder = &*embedder_, .space = space_};
  bool is_over = false;
  job.next = [&]() -> Result<std::optional<SourceDocument>> {
    if (std::exchange(is_over, true)) return std::optional<SourceDocument>();
    return std::optional<SourceDocument>({.document = document, .status = {}, .where = "here"});
  };
  std::string why;
  job.on_problem = [&](const std::string&, const Status& problem) { why = problem.message(); };
  const auto report = ingest(job);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->n_refused, 1u);
  EXPECT_EQ(report->n_written, 0u);
  EXPECT_NE(why.find(model_), std::string::npos) << why;
}

TEST_F(ingest_test, what_fails_is_named_and_the_rest_goes_on) {
  const IngestReport report =
      add("nonsense\n" + line(1) + "{\"id\":\"x\"}\n" + line(2), {.embedder = &*embedder_});
  EXPECT_EQ(report.n_refused, 2u);
  EXPECT_EQ(report.n_written, 2u);
  ASSERT_EQ(problems_.size(), 2u);
  EXPECT_TRUE(problems_[0].starts_with("lines line 1: ")) << problems_[0];
  EXPECT_TRUE(problems_[1].starts_with("lines line 3: ")) << problems_[1];
}

TEST_F(ingest_test, a_byte_order_mark_is_passed_over_and_a_nul_named_with_its_line) {
  const IngestReport report =
      add("\xef\xbb\xbf" + line(1) + "\xef\xbb\xbf" + line(2) + std::string("\0\n", 2), {});
  EXPECT_EQ(report.n_written, 2u);
  ASSERT_EQ(problems_.size(), 1u);
  EXPECT_TRUE(problems_[0].starts_with("lines line 3: byte 1 is NUL")) << problems_[0];
  EXPECT_EQ(add("\xef\xbb\xbf\n" + line(1), {}).n_refused, 0u);
  for (const char* key : {"k1", "k2"}) {  // What a hit gives back has none either.
    EXPECT_TRUE(store::stored_of(writer_->segments(), key)->starts_with("{")) << key;
  }
}

TEST_F(ingest_test, a_text_that_cannot_be_embedded_is_found_by_its_words_and_named_by_its_key) {
  const TextEmbedder embedder = embedder_of_two_bytes();
  const auto space = space_of(embedder, fixture_model("tiny-roberta"));
  ASSERT_TRUE(space.ok()) << space.status().message();
  space_ = *writer_->add_space(*space);
  ASSERT_TRUE(writer_->activate_space(space_).ok());
  const IngestReport report =
      add("{\"id\":\"bad\",\"text\":\"\u4e2d\u4e2d\"}\n{\"id\":\"good\",\"text\":\"a\"}\n",
          {.embedder = &embedder});
  EXPECT_EQ(report.n_failed, 1u) << testing::PrintToString(problems_);
  EXPECT_EQ(report.n_written, 2u);
  EXPECT_EQ(report.n_vectors, 1u);
  ASSERT_EQ(problems_.size(), 1u);
  EXPECT_TRUE(problems_[0].starts_with("bad: ")) << problems_[0];
}

TEST_F(ingest_test, when_it_is_stopped_what_was_done_is_there_and_the_next_run_goes_on) {
  const auto log = open_log();
  int n_seen = 0;
  IngestJob job = {.embedder = &*embedder_, .log = log.get()};
  job.on_progress = [&](const IngestProgress& done) {
    if (done.phase == IngestPhase::kVectors) ++n_seen;
  };
  job.is_stopped = [&] { return n_seen >= 170; };
  const IngestReport stopped = add(lines(0, 500), job);
  EXPECT_TRUE(stopped.was_stopped);
  EXPECT_EQ(stopped.n_written, 500u);
  EXPECT_EQ(stopped.n_vectors, 170u);
  open_writer();
  const IngestReport rest = add(lines(0, 500), {.embedder = &*embedder_, .log = log.get()});
  EXPECT_EQ(rest.n_unchanged, 500u);
  EXPECT_EQ(rest.n_vectors, 330u);
  EXPECT_FALSE(rest.was_stopped);
  EXPECT_EQ(vectors().size(), 500u);
}

TEST_F(ingest_test, a_run_that_was_killed_goes_on_where_it_stopped) {
  writer_.reset();
  engine_.reset();  // Its threads do not live on in a child.
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    engine_ = make_engine("f32");
    embedder_.emplace(*TextEmbedder::open(*engine_, {.model = model_}));
    open_writer();
    const auto log = open_log();
    IngestJob job = {.embedder = &*embedder_, .log = log.get()};
    job.on_progress = [&](const IngestProgress& done) {
      if (done.phase != IngestPhase::kVectors || done.n_documents != 2000) return;
      log->flush();
      const char byte = 1;
      if (::write(pipe[1], &byte, 1) != 1) ::_exit(1);
      ::pause();
    };
    add(lines(0, 3000), job);
    ::_exit(1);
  }
  ::close(pipe[1]);
  char byte = 0;
  ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  engine_ = make_engine("f32");
  embedder_.emplace(*TextEmbedder::open(*engine_, {.model = model_}));
  open_writer();
  const auto log = open_log();
  const IngestReport rest = add(lines(0, 3000), {.embedder = &*embedder_, .log = log.get()});
  EXPECT_EQ(rest.n_unchanged, 3000u);
  EXPECT_GE(rest.n_from_log, 2000u);
  EXPECT_EQ(rest.n_vectors, 3000u);
}

TEST_F(ingest_test, vectors_of_another_model_are_made_beside_and_take_their_place) {
  add(lines(0, 100), {.embedder = &*embedder_});
  auto other = TextEmbedder::open(*engine_, {.model = fixture_model("tiny-cls")});
  ASSERT_TRUE(other.ok()) << other.status().message();
  const auto space = space_of(*other, fixture_model("tiny-cls"));
  ASSERT_TRUE(space.ok());
  const auto beside = writer_->add_space(*space);
  ASSERT_TRUE(beside.ok());
  const auto report =
      embed_missing({.writer = writer_.get(), .embedder = &*other, .space = *beside});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->n_vectors, 100u);
  EXPECT_EQ(vectors().at("k1"), planes_of("number 1 the cat"));  // As ever.
  ASSERT_TRUE(writer_->activate_space(*beside).ok());
  ASSERT_EQ(writer_->spaces().size(), 1u);
  EXPECT_EQ(writer_->spaces()[0].space.fingerprint, other->space_fingerprint());
}

TEST_F(ingest_test, an_error_of_the_source_ends_it_with_what_was_committed_in_place) {
  int n = 0;
  IngestJob job;
  job.writer = writer_.get();
  job.docs_per_commit = 10;
  job.next = [&]() -> Result<std::optional<SourceDocument>> {
    if (++n > 25) return {Code::kIo, "cannot read"};
    SourceDocument out;
    out.document = *document_from_line(line(n), writer_->schema());
    return std::optional<SourceDocument>(std::move(out));
  };
  EXPECT_EQ(ingest(job).status().code(), Code::kIo);
  open_writer();
  EXPECT_EQ(writer_->n_live(), 20u);
}

TEST_F(ingest_test, a_store_says_whose_vectors_it_has) {
  const store::VectorSpace& space = writer_->spaces()[0].space;
  const auto again = open_embedder(*engine_, space);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(again->exact_fingerprint(), embedder_->exact_fingerprint());
  store::VectorSpace other = space;
  other.fingerprint[0] = other.fingerprint[0] == 'a' ? 'b' : 'a';
  EXPECT_EQ(open_embedder(*engine_, other).status().code(), Code::kBadInput);
  const auto given = space_of_given(12, store::Metric::kDot);
  ASSERT_TRUE(given.ok());
  EXPECT_TRUE(is_of_given(*given));
  EXPECT_EQ(open_embedder(*engine_, *given).status().code(), Code::kBadInput);
  EXPECT_FALSE(space_of_given(0, store::Metric::kDot).ok());
}

}  // namespace quern::apps
