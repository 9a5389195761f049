#include "apps/vector_stream.h"

#include <gtest/gtest.h>

#include "apps/test_engine.h"

namespace quern::apps {
namespace {

class vector_stream : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    auto opened = TextEmbedder::open(*engine_, {.model = fixture_model("tiny-mean-f32")});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    embedder_.emplace(*opened);
    log_ = open_log();
  }
  void TearDown() override {
    log_.reset();
    EngineTest::TearDown();
  }

  std::unique_ptr<VectorLog> open_log() {
    auto log = VectorLog::open({.folder = path("vectors")}, embedder_->exact_fingerprint(),
                               embedder_->d());
    EXPECT_TRUE(log.ok());
    return std::move(*log);
  }

  /// Ids are places in `texts`.
  VectorStreamJob job(const std::vector<std::string>& texts, VectorLog* log) {
    auto at = std::make_shared<std::size_t>(0);
    return {.embedder = &*embedder_,
            .log = log,
            .next_text = [=]() -> Result<std::optional<TextToEmbed>> {
              if (*at == texts.size()) return std::optional<TextToEmbed>();
              const std::size_t i = (*at)++;
              return std::optional<TextToEmbed>({.id = i, .text = texts[i]});
            },
            .is_stopped = {}};
  }

  static std::vector<EmbeddedText> all_of(VectorStream& stream) {
    std::vector<EmbeddedText> out;
    while (true) {
      auto next = stream.next();
      EXPECT_TRUE(next.ok()) << next.status().message();
      if (!next.ok() || !*next) return out;
      out.push_back(std::move(**next));
    }
  }

  static std::vector<std::string> many_texts(int n) {
    std::vector<std::string> texts;
    for (int i = 0; i < n; ++i) {
      std::string text = "cat " + std::to_string(i);
      for (int k = 0; k < i % 17; ++k) text += " the dog";
      texts.push_back(text);
    }
    return texts;
  }

  void expect_coded(const store::OwnedRow& got, const std::vector<float>& want) {
    const auto query = store::make_query(want, embedder_->d(), store::Metric::kCosine);
    ASSERT_TRUE(query.ok());
    EXPECT_EQ(got.factors.scale, query->factors.scale);
    for (std::size_t i = 0; i < got.planes.size(); ++i) {
      ASSERT_EQ(got.planes[i], query->planes[i] + 128) << i;
    }
  }

  std::optional<TextEmbedder> embedder_;
  std::unique_ptr<VectorLog> log_;
};

}  // namespace

TEST_F(vector_stream, vectors_come_in_order_and_are_those_of_each_text_alone) {
  const std::vector<std::string> texts = many_texts(700);
  VectorStream stream(job(texts, nullptr));
  const std::vector<EmbeddedText> got = all_of(stream);
  ASSERT_EQ(got.size(), texts.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].id, i);
    ASSERT_TRUE(got[i].vector) << got[i].status.message();
    if (i % 50 == 3) expect_coded(*got[i].vector, vector_by_engine("tiny-mean-f32", texts[i]));
  }
  EXPECT_EQ(stream.counts().n_texts, 700);
  EXPECT_GT(stream.counts().n_tokens, 2000);
}

TEST_F(vector_stream, what_was_embedded_once_comes_from_the_log_with_the_same_bits) {
  const std::vector<std::string> texts = many_texts(40);
  VectorStream first(job(texts, log_.get()));
  const std::vector<EmbeddedText> embedded = all_of(first);
  EXPECT_EQ(first.counts().n_found, 0);
  log_.reset();
  log_ = open_log();
  std::vector<std::string> more = texts;
  more.insert(more.begin() + 20, "a new one");
  VectorStream second(job(more, log_.get()));
  const std::vector<EmbeddedText> found = all_of(second);
  EXPECT_EQ(second.counts().n_found, 40);
  EXPECT_LT(second.counts().n_tokens, 10);
  ASSERT_EQ(found.size(), 41u);
  for (std::size_t i = 0; i < 40; ++i) {
    const EmbeddedText& same = found[i < 20 ? i : i + 1];
    ASSERT_TRUE(same.vector && embedded[i].vector);
    EXPECT_EQ(same.vector->planes, embedded[i].vector->planes);
    EXPECT_EQ(same.vector->factors.scale, embedded[i].vector->factors.scale);
    EXPECT_EQ(same.vector->factors.norm2, embedded[i].vector->factors.norm2);
  }
}

TEST_F(vector_stream, a_text_that_comes_again_while_it_is_under_way_is_embedded_once) {
  const std::vector<std::string> texts = {"the cat", "the dog", "the cat", "the cat", "the dog"};
  VectorStream stream(job(texts, log_.get()));
  const auto out = all_of(stream);
  ASSERT_EQ(out.size(), texts.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].id, i);
    ASSERT_TRUE(out[i].vector.has_value());
    expect_coded(*out[i].vector, vector_by_engine("tiny-mean-f32", texts[i]));
  }
  EXPECT_EQ(stream.counts().n_texts, 5);
  EXPECT_EQ(stream.counts().n_found, 3);
  VectorStream without_log(job(texts, nullptr));
  EXPECT_EQ(all_of(without_log).size(), texts.size());
  EXPECT_EQ(without_log.counts().n_found, 0);
}

TEST_F(vector_stream, a_long_text_is_the_mean_of_its_windows_and_a_blank_one_has_no_vector) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "the dog ";
  VectorStream stream(job({text, "  \n", "", "cat"}, nullptr));
  const std::vector<EmbeddedText> got = all_of(stream);
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(stream.counts().n_windowed, 1);
  EXPECT_EQ(stream.counts().n_failed, 0);
  WindowMean mean;
  const auto windows = embedder_->windows(text);
  ASSERT_TRUE(windows.ok());
  for (const std::string_view window : *windows) {
    mean.add(vector_by_engine("tiny-mean-f32", std::string(window)));
  }
  ASSERT_TRUE(got[0].vector);
  expect_coded(*got[0].vector, mean.take());
  EXPECT_FALSE(got[1].vector);
  EXPECT_FALSE(got[2].vector);
  EXPECT_TRUE(got[3].vector);
}

TEST_F(vector_stream, a_text_that_fails_fails_alone) {
  embedder_.emplace(embedder_of_two_bytes());
  VectorStream stream(job({"a", "\u4e2d\u4e2d", "b"}, nullptr));
  const std::vector<EmbeddedText> got = all_of(stream);
  ASSERT_EQ(got.size(), 3u);
  EXPECT_TRUE(got[0].vector) << got[0].status.message();
  EXPECT_EQ(got[1].status.code(), Code::kBadInput);
  EXPECT_TRUE(got[2].vector) << got[2].status.message();
  EXPECT_EQ(stream.counts().n_failed, 1);
}

TEST_F(vector_stream, an_error_of_whoever_brings_texts_ends_it) {
  VectorStreamJob broken = job({}, nullptr);
  broken.next_text = []() -> Result<std::optional<TextToEmbed>> {
    return {Code::kIo, "cannot read"};
  };
  VectorStream stream(std::move(broken));
  EXPECT_EQ(stream.next().status().code(), Code::kIo);
}

TEST_F(vector_stream, it_can_be_stopped) {
  VectorStreamJob stopped = job(many_texts(2000), nullptr);
  bool is_stopped = false;
  stopped.is_stopped = [&] { return is_stopped; };
  VectorStream stream(std::move(stopped));
  ASSERT_TRUE(stream.next().ok());
  is_stopped = true;
  EXPECT_EQ(stream.next().status().code(), Code::kCancelled);
}

}  // namespace quern::apps
