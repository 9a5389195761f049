#include "apps/rerank.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "apps/test_engine.h"

namespace quern::apps {
namespace {

class rerank_test : public EngineTest {
 protected:
  static std::vector<std::string> texts(int n) {
    std::vector<std::string> out;
    for (int i = 0; i < n; ++i) {
      out.push_back("the cat " + std::string(static_cast<std::size_t>(i % 13), 'a') +
                    std::to_string(i * 7 % 31));
    }
    return out;
  }

  float logit(const std::string& query, const std::string& text) {
    engine::Request request;
    request.model = model_;
    request.task = engine::Task::kRerank;
    request.query = query;
    request.inputs.emplace_back();
    request.inputs.back().text = text;
    const engine::Response response = engine_->run(std::move(request));
    EXPECT_TRUE(response.status.ok()) << response.status.message();
    return response.outcomes.at(0).values.at(0);
  }

  const std::string model_ = fixture_model("tiny-reranker");
};

}  // namespace

TEST_F(rerank_test, the_first_ones_are_ordered_by_the_model_and_the_rest_stays) {
  const std::vector<std::string> documents = texts(50);
  const auto made = rerank(*engine_, {.model = model_, .n_texts = 40}, "a cat", documents);
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->n_wanted, 40u);
  EXPECT_EQ(made->n_done, 40u);
  ASSERT_EQ(made->order.size(), 50u);
  for (std::size_t i = 1; i < 40; ++i) {
    const float before = logit("a cat", documents[made->order[i - 1]]);
    const float after = logit("a cat", documents[made->order[i]]);
    EXPECT_TRUE(before > after || (before == after && made->order[i - 1] < made->order[i])) << i;
    EXPECT_LT(made->order[i], 40u);
    EXPECT_TRUE(made->scores[made->order[i]].has_value());
  }
  for (std::size_t i = 40; i < 50; ++i) {
    EXPECT_EQ(made->order[i], i);
    EXPECT_FALSE(made->scores[i].has_value());
  }
}

TEST_F(rerank_test, scores_are_on_the_models_scale) {
  const auto made = rerank(*engine_, {.model = model_}, "a cat", texts(3));
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->scale, engine_->describe(model_)->scale);
}

TEST_F(rerank_test, without_time_all_stays_as_it_was) {
  const auto past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const auto made = rerank(*engine_, {.model = model_, .deadline = past}, "a cat", texts(20));
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->n_done, 0u);
  EXPECT_EQ(made->n_wanted, 20u);
  EXPECT_TRUE(std::is_sorted(made->order.begin(), made->order.end()));
}

TEST_F(rerank_test, what_is_no_reranker_is_an_error) {
  EXPECT_EQ(
      rerank(*engine_, {.model = fixture_model("tiny-mean-f32")}, "a", texts(2)).status().code(),
      Code::kBadInput);
  EXPECT_EQ(rerank(*engine_, {.model = "nowhere"}, "a", texts(2)).status().code(), Code::kNotFound);
}

TEST_F(rerank_test, nothing_to_order_is_no_error) {
  const auto made = rerank(*engine_, {.model = model_}, "a cat", {});
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->order.empty());
}

}  // namespace quern::apps
