// Vectors of tokens, scores of late interaction and weights of terms through the whole engine
// against sentence-transformers on the same small models (tools/make_token_output_fixtures.py).

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/scoring/scores.h"
#include "fixture_engine.h"

namespace quern {
namespace {

using engine::Outcome;
using engine::OutputKind;
using engine::Request;
using engine::Response;
using engine::TextRole;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr float kTolerance = 2e-5f;

json golden_of(const std::string& name) {
  return json::parse(std::ifstream(fixture_model(name) + "/golden.json"));
}

std::vector<std::string> texts_of(const json& cases) {
  std::vector<std::string> out;
  for (const json& c : cases) out.push_back(c["text"]);
  return out;
}

void expect_near(const std::vector<float>& got, const std::vector<float>& want, float tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t k = 0; k < want.size(); ++k) {
    EXPECT_NEAR(got[k], want[k], tolerance * std::max(1.0f, std::abs(want[k]))) << "number " << k;
  }
}

void expect_rows(const Response& response, const json& cases) {
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  ASSERT_EQ(response.outcomes.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i]["text"].dump());
    const Outcome& o = response.outcomes[i];
    ASSERT_TRUE(o.status.ok()) << o.status.message();
    EXPECT_EQ(o.n_tokens, cases[i]["n_tokens"].get<int>());
    EXPECT_EQ(o.ids, cases[i]["ids"].get<std::vector<text::TokenId>>());
    expect_near(o.values, cases[i]["rows"], kTolerance);
  }
}

class late_interaction : public testing::TestWithParam<const char*> {};
class weights_of_terms : public testing::TestWithParam<const char*> {};

std::string test_name(const testing::TestParamInfo<const char*>& p) {
  std::string name = p.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

TEST_P(late_interaction, rows_are_those_of_the_library) {
  const auto engine = make_test_engine();
  const json golden = golden_of(GetParam());
  Request request = request_of(fixture_model(GetParam()), texts_of(golden["queries"]));
  request.role = TextRole::kQuery;
  request.output = OutputKind::kRows;
  expect_rows(engine->run(request), golden["queries"]);
  request = request_of(fixture_model(GetParam()), texts_of(golden["cases"]));
  request.role = TextRole::kDocument;
  if (std::string(GetParam()) == "tiny-m3") request.output = OutputKind::kRows;  // Else its own.
  expect_rows(engine->run(request), golden["cases"]);
}

TEST_P(late_interaction, scores_are_those_of_the_library) {
  const auto engine = make_test_engine();
  const json golden = golden_of(GetParam());
  for (std::size_t q = 0; q < golden["queries"].size(); ++q) {
    Request request = request_of(fixture_model(GetParam()), texts_of(golden["cases"]));
    request.task = engine::Task::kRerank;
    request.query = golden["queries"][q]["text"];
    SCOPED_TRACE(request.query);
    const Response response = engine->run(request);
    ASSERT_TRUE(response.status.ok()) << response.status.message();
    EXPECT_STREQ(engine::scale_name(response.head->scale), "maxsim");
    const std::vector<float> want = golden["scores"][q];
    ASSERT_EQ(response.outcomes.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      expect_near(response.outcomes[i].values, {want[i]}, kTolerance);
      EXPECT_TRUE(response.outcomes[i].ids.empty());
    }
  }
}

// What is filled in sees the query and is not seen: no matter with whom it shares a batch.
TEST_P(late_interaction, a_querys_bits_are_its_own) {
  const auto engine = make_test_engine({.n_threads = 2, .precision = "f32"});
  const json golden = golden_of(GetParam());
  Request request = request_of(fixture_model(GetParam()), texts_of(golden["queries"]));
  request.role = TextRole::kQuery;
  const Response together = engine->run(request);
  ASSERT_TRUE(together.status.ok());
  for (std::size_t i = 0; i < together.outcomes.size(); ++i) {
    Request one = request_of(fixture_model(GetParam()), {request.inputs[i].text});
    one.role = TextRole::kQuery;
    EXPECT_EQ(engine->run(one).outcomes.at(0).values, together.outcomes[i].values);
  }
}

INSTANTIATE_TEST_SUITE_P(fixtures, late_interaction,
                         testing::Values("tiny-late", "tiny-late-pylate", "tiny-late-stanford",
                                         "tiny-m3"),
                         test_name);

TEST(m3, its_own_output_is_the_vector) {
  const json golden = golden_of("tiny-m3");
  const Response response =
      make_test_engine()->run(request_of(fixture_model("tiny-m3"), texts_of(golden["cases"])));
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  for (std::size_t i = 0; i < golden["cases"].size(); ++i) {
    expect_near(response.outcomes.at(i).values, golden["cases"][i]["vector"], kTolerance);
  }
}

TEST(late_interaction, a_marker_takes_a_place_where_one_is_put) {
  const auto engine = make_test_engine();
  struct Case {
    const char* model;
    OutputKind output;
    int fewest;
  };
  for (const Case& c :
       {Case{"tiny-m3", OutputKind::kVector, 3}, Case{"tiny-m3", OutputKind::kRows, 3},
        Case{"tiny-m3", OutputKind::kSparse, 3}, Case{"tiny-late-pylate", OutputKind::kRows, 4}}) {
    for (const TextRole role : {TextRole::kQuery, TextRole::kDocument}) {
      SCOPED_TRACE(c.model);
      Request request = request_of(fixture_model(c.model), {"a cat and a dog"});
      request.role = role;
      request.output = c.output;
      request.truncation = engine::Truncation::kCut;
      request.max_tokens = c.fewest;
      const Response response = engine->run(request);
      ASSERT_TRUE(response.status.ok()) << response.status.message();
      EXPECT_TRUE(response.outcomes.at(0).status.ok());
      EXPECT_EQ(response.outcomes.at(0).n_tokens, c.fewest);
      request.max_tokens = c.fewest - 1;
      EXPECT_THAT(engine->run(request).status.message(),
                  HasSubstr(fmt::format("want {} to ", c.fewest)));
    }
  }
}

TEST(late_interaction, the_query_that_fails_fails_its_documents) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-late-pylate"), {"a", "b"});
  request.task = engine::Task::kRerank;
  request.query =
      "word word word word word word word word word word word word word word word word "
      "word word word word word word word word";
  request.truncation = engine::Truncation::kRefuse;
  const Response response = engine->run(request);
  ASSERT_TRUE(response.status.ok());
  ASSERT_EQ(response.outcomes.size(), 2u);
  for (const Outcome& o : response.outcomes) {
    EXPECT_EQ(o.status.code(), Code::kBadInput);
    EXPECT_THAT(o.status.message(), HasSubstr("query: text has "));
    EXPECT_TRUE(o.values.empty());
  }
  // Where it is cut instead, every document says so.
  request.truncation = engine::Truncation::kCut;
  for (const Outcome& o : engine->run(request).outcomes) EXPECT_GT(o.n_dropped, 0);
}

TEST(late_interaction, makes_no_vectors_and_scores_on_no_other_scale) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-late"), {"a"});
  request.output = OutputKind::kVector;
  EXPECT_THAT(engine->run(request).status.message(),
              HasSubstr("output 'vector' is asked for, model 'tiny-late' makes: token"));
  EXPECT_FALSE(engine::choose_scale(engine::Scale::kSigmoid, engine::Scale::kMaxSim, 0).ok());
  EXPECT_EQ(*engine::choose_scale(engine::Scale::kRaw, engine::Scale::kMaxSim, 0),
            engine::Scale::kMaxSim);
  request = request_of(fixture_model("tiny-mean-f32"), {"a"});
  request.task = engine::Task::kRerank;
  request.query = "b";
  EXPECT_THAT(engine->run(request).status.message(), HasSubstr("want one that scores a document"));
}

TEST_P(weights_of_terms, are_those_of_the_library) {
  const json golden = golden_of(GetParam());
  Request request = request_of(fixture_model(GetParam()), texts_of(golden["cases"]));
  request.output = OutputKind::kSparse;
  const Response response = make_test_engine()->run(request);
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  for (std::size_t i = 0; i < golden["cases"].size(); ++i) {
    const json& c = golden["cases"][i];
    SCOPED_TRACE(c["text"].dump());
    const Outcome& o = response.outcomes.at(i);
    ASSERT_TRUE(o.status.ok()) << o.status.message();
    EXPECT_EQ(o.n_tokens, c["n_tokens"].get<int>());
    EXPECT_EQ(o.ids, c["terms"].get<std::vector<text::TokenId>>());
    EXPECT_LT(o.ids.size(), 300u);  // Or the test would not see what is left out.
    expect_near(o.values, c["weights"], kTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(fixtures, weights_of_terms,
                         testing::Values("tiny-splade", "tiny-splade-sum", "tiny-mlm-roberta",
                                         "tiny-mlm-modernbert", "tiny-m3"),
                         test_name);

TEST(weights_of_terms, at_other_precisions_are_close) {
  const json golden = golden_of("tiny-splade");
  for (const char* precision : {"bf16", "int8"}) {
    SCOPED_TRACE(precision);
    Request request = request_of(fixture_model("tiny-splade"), texts_of(golden["cases"]));
    const Response response = make_test_engine({.precision = precision})->run(request);
    ASSERT_TRUE(response.status.ok()) << response.status.message();
    for (std::size_t i = 0; i < golden["cases"].size(); ++i) {
      std::vector<double> got(1000), want(1000);
      const Outcome& o = response.outcomes.at(i);
      for (std::size_t k = 0; k < o.ids.size(); ++k) got[o.ids[k]] = o.values[k];
      const json& c = golden["cases"][i];
      for (std::size_t k = 0; k < c["terms"].size(); ++k) want[c["terms"][k]] = c["weights"][k];
      double dot = 0, a = 0, b = 0;
      for (std::size_t k = 0; k < got.size(); ++k) {
        dot += got[k] * want[k];
        a += got[k] * got[k];
        b += want[k] * want[k];
      }
      EXPECT_GT(dot / std::sqrt(a * b), 0.98);  // Terms with weights near 0 come and go.
    }
  }
}

TEST(weights_of_terms, a_model_that_has_none_says_what_it_makes) {
  Request request = request_of(fixture_model("tiny-mean-f32"), {"a"});
  request.output = OutputKind::kSparse;
  const Response response = make_test_engine()->run(request);
  EXPECT_EQ(response.status.code(), Code::kBadInput);
  EXPECT_THAT(response.status.message(), HasSubstr("makes: vector, token"));
  request = request_of(fixture_model("tiny-splade"), {"a"});
  request.dimensions = 3;
  EXPECT_THAT(make_test_engine()->run(request).status.message(),
              HasSubstr("weights of terms are as they are"));
}

TEST(rows, of_an_embedder_are_those_that_it_pools) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-mean-f32"), {"The cat sleeps.", "a b c"});
  request.output = OutputKind::kRows;
  const Response rows = engine->run(request);
  ASSERT_TRUE(rows.status.ok()) << rows.status.message();
  request.output = OutputKind::kVector;
  const Response vectors = engine->run(request);
  for (std::size_t i = 0; i < rows.outcomes.size(); ++i) {
    const Outcome& o = rows.outcomes[i];
    ASSERT_EQ(o.ids.size(), static_cast<std::size_t>(o.n_tokens));
    const std::vector<float>& vector = vectors.outcomes[i].values;
    ASSERT_EQ(o.values.size(), o.ids.size() * vector.size());
    std::vector<double> mean(vector.size());
    double squares = 0;
    for (std::size_t k = 0; k < o.values.size(); ++k) mean[k % vector.size()] += o.values[k];
    for (const double v : mean) squares += v * v;
    for (std::size_t k = 0; k < vector.size(); ++k) {
      EXPECT_NEAR(mean[k] / std::sqrt(squares), vector[k], 1e-5);
    }
  }
}

// Requests that want different things of one model are answered in one go.
TEST(rows, and_vectors_of_one_model_do_not_mix) {
  const auto engine = make_test_engine();
  std::vector<Response> got(3);
  std::vector<std::shared_ptr<engine::Ticket>> tickets;
  const std::string model = fixture_model("tiny-mean-f32");
  std::vector<std::string> texts(40, "The cat sleeps.");
  ASSERT_TRUE(engine->warm(model).ok());
  for (std::size_t i = 0; i < got.size(); ++i) {
    Request request = request_of(model, texts);
    if (i == 1) request.output = OutputKind::kRows;
    if (i == 2) request.normalize = false;
    tickets.push_back(engine->submit(request, [&got, i](Response r) { got[i] = std::move(r); }));
  }
  ASSERT_TRUE(engine->drain(std::chrono::seconds(20)));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(got[0].outcomes[i].values, got[0].outcomes[0].values);
    EXPECT_EQ(got[1].outcomes[i].values, got[1].outcomes[0].values);
    EXPECT_EQ(got[2].outcomes[i].values, got[2].outcomes[0].values);
  }
  EXPECT_GT(got[1].outcomes[0].values.size(), got[0].outcomes[0].values.size());
  EXPECT_NE(got[2].outcomes[0].values, got[0].outcomes[0].values);
}

TEST(normalize, leaves_out_the_last_scaling_or_puts_one_in) {
  const auto engine = make_test_engine();
  const auto length = [](const std::vector<float>& v) {
    double sum = 0;
    for (const float x : v) sum += double{x} * x;
    return std::sqrt(sum);
  };
  Request request = request_of(fixture_model("tiny-mean-f32"), {"The cat sleeps."});
  const std::vector<float> own = engine->run(request).outcomes.at(0).values;
  EXPECT_NEAR(length(own), 1, 1e-6);
  request.normalize = false;
  const std::vector<float> as_pooled = engine->run(request).outcomes.at(0).values;
  const double by = length(as_pooled);
  EXPECT_GT(std::abs(by - 1), 0.1);
  for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(as_pooled[i] / by, own[i], 1e-6);
  request.dimensions = 4;  // Cut, and not scaled either.
  EXPECT_EQ(engine->run(request).outcomes.at(0).values,
            std::vector<float>(as_pooled.begin(), as_pooled.begin() + 4));
  // A model whose vectors have lengths of their own.
  request = request_of(fixture_model("tiny-st-llama"), {"The cat sleeps."});
  EXPECT_GT(std::abs(length(engine->run(request).outcomes.at(0).values) - 1), 0.1);
  request.normalize = true;
  EXPECT_NEAR(length(engine->run(request).outcomes.at(0).values), 1, 1e-6);
}

}  // namespace quern
