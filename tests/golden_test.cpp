// Texts through the whole engine against token ids, vectors and logits of huggingface/transformers
// in double precision (tools/make_model_fixtures.py), and what requests may ask for.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fixture_engine.h"

namespace quern {
namespace {

using engine::Engine;
using engine::Outcome;
using engine::Request;
using engine::Response;
using nlohmann::json;
using ::testing::HasSubstr;

// f32 sums in another order than the reference: a few ulp per layer on values of size 1 to 3.
constexpr float kTolerance = 2e-5f;

json golden_of(const std::string& name) {
  std::ifstream file(fixture_model(name) + "/golden.json");
  json golden = json::parse(file);
  json& cases = golden["cases"];  // Without those of ids that no text gives.
  cases.erase(std::remove_if(cases.begin(), cases.end(),
                             [](const json& c) { return c.contains("ids_only"); }),
              cases.end());
  return golden;
}

Request golden_request(const std::string& name, const json& golden) {
  Request request;
  request.model = fixture_model(name);
  for (const json& c : golden["cases"]) {
    request.inputs.emplace_back();
    request.inputs.back().text = c["text"].get<std::string>();
    if (c.contains("text_pair")) request.inputs.back().text_pair = c["text_pair"];
  }
  return request;
}

void expect_near(const std::vector<float>& got, const std::vector<float>& want, float tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t k = 0; k < want.size(); ++k) {
    EXPECT_NEAR(got[k], want[k], tolerance) << "number " << k;
  }
}

void expect_golden(const Response& response, const json& golden, const char* values,
                   float tolerance) {
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  const json& cases = golden["cases"];
  ASSERT_EQ(response.outcomes.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i) + ": " + cases[i]["text"].dump());
    const Outcome& o = response.outcomes[i];
    ASSERT_TRUE(o.status.ok()) << o.status.message();
    EXPECT_EQ(o.n_tokens, static_cast<int>(cases[i]["ids"].size()));
    EXPECT_EQ(o.n_dropped, cases[i]["n_dropped"].get<int>());
    expect_near(o.values, cases[i][values], tolerance);
  }
}

class golden_vectors : public testing::TestWithParam<const char*> {};

}  // namespace

TEST_P(golden_vectors, agree_with_transformers) {
  const auto engine = make_test_engine();
  const json golden = golden_of(GetParam());
  expect_golden(engine->run(golden_request(GetParam(), golden)), golden, "vector", kTolerance);
}

INSTANTIATE_TEST_SUITE_P(
    fixtures, golden_vectors,
    testing::Values("tiny-mean-f32", "tiny-mean-f16", "tiny-mean-bf16", "tiny-cls", "tiny-max",
                    "tiny-sharded", "tiny-roberta", "tiny-xlm-roberta", "tiny-camembert",
                    "tiny-distilbert", "tiny-electra", "tiny-albert", "tiny-nomic",
                    "tiny-modernbert", "tiny-gte", "tiny-eurobert", "tiny-mpnet", "tiny-deberta",
                    "tiny-deberta-v2", "tiny-deberta-conv", "tiny-deberta-v1", "tiny-jina",
                    "tiny-jina-code", "tiny-t5", "tiny-t5-gated", "tiny-nomic-moe", "tiny-static",
                    "tiny-st-flags", "tiny-st-chain", "tiny-st-prompts", "tiny-st-qwen3",
                    "tiny-st-qwen2", "tiny-st-mistral", "tiny-st-llama", "tiny-st-gemma"),
    [](const auto& p) {
      std::string name = p.param;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// Files as llama.cpp's converter writes them, of the same models.
class golden_gguf : public testing::TestWithParam<const char*> {};

TEST_P(golden_gguf, agrees_with_the_folder_that_it_was_made_of) {
  const std::string name = GetParam();
  // A file that lacks what the folder has is held by numbers of its own.
  const std::string own = "gguf/" + name;
  const bool has_own = std::filesystem::exists(fixture_model(own) + "/golden.json");
  const json golden = golden_of(has_own ? own : name);
  const bool classifies = golden["cases"][0].contains("logits");
  Request request = golden_request(name, golden);
  request.model = fixture_model("gguf/" + name + ".gguf");
  request.max_tokens = golden["max_tokens"];  // Which a GGUF file does not say.
  if (classifies) request.task = engine::Task::kClassify;
  for (const char* precision : {"auto", "f32"}) {
    SCOPED_TRACE(precision);
    const auto engine = make_test_engine({.precision = precision});
    expect_golden(engine->run(request), golden, classifies ? "logits" : "vector",
                  classifies ? 1e-4f : kTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(fixtures, golden_gguf,
                         testing::Values("tiny-mean-f16", "tiny-roberta", "tiny-roberta-cross",
                                         "tiny-nomic", "tiny-nomic-moe", "tiny-jina",
                                         "tiny-modernbert", "tiny-modernbert-classifier",
                                         "tiny-eurobert", "tiny-st-qwen3", "tiny-st-qwen2",
                                         "tiny-st-mistral", "tiny-st-gemma", "tiny-reranker"),
                         [](const auto& p) {
                           std::string name = p.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Each matrix in another block format (Q2_K to Q6_K, Q8_0): in f32 what the blocks stand for, else
// near it.
TEST(golden_blocks, block_formats_are_the_numbers_that_they_stand_for) {
  const json golden = golden_of("gguf/tiny-blocks");
  Request request = golden_request("", golden);
  request.model = fixture_model("gguf/tiny-blocks.gguf");
  request.max_tokens = golden["max_tokens"];
  const auto f32 = make_test_engine();
  expect_golden(f32->run(request), golden, "vector", kTolerance);
  const auto any = make_test_engine({.precision = "auto"});
  const Response response = any->run(request);
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  for (std::size_t i = 0; i < response.outcomes.size(); ++i) {
    const auto want = golden["cases"][i]["vector"].get<std::vector<float>>();
    const std::vector<float>& got = response.outcomes[i].values;
    ASSERT_EQ(got.size(), want.size());
    double dot = 0;  // Both have length 1.
    for (std::size_t k = 0; k < want.size(); ++k) dot += static_cast<double>(got[k]) * want[k];
    EXPECT_GT(dot, 0.997) << i;
  }
}

TEST(rerankers, an_instruction_takes_the_place_of_the_models_own) {
  for (const char* model : {"tiny-reranker", "gguf/tiny-reranker.gguf"}) {
    SCOPED_TRACE(model);
    json golden = golden_of("tiny-reranker");
    golden["cases"] = golden["instructed_cases"];
    Request request = golden_request("tiny-reranker", golden);
    request.model = fixture_model(model);
    request.task = engine::Task::kClassify;
    request.max_tokens = golden["max_tokens"];
    request.prompt = golden["instruction"].get<std::string>();
    expect_golden(make_test_engine()->run(request), golden, "logits", 1e-4f);
  }
}

TEST(rerankers, take_pairs_only_and_never_cut_the_text_round_them) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-reranker"), {"alone"});
  request.task = engine::Task::kClassify;
  EXPECT_EQ(engine->run(request).outcomes[0].status.message(),
            "model 'tiny-reranker' judges pairs of texts only");
  request.inputs[0].text_pair = "other";
  EXPECT_TRUE(engine->run(request).outcomes[0].status.ok());
  request.max_tokens = 100;
  EXPECT_THAT(engine->run(request).outcomes[0].status.message(),
              HasSubstr("max_tokens is 100, the text round a pair has "));
}

TEST(golden_precisions, embedding_decoders_stay_near_in_every_precision) {
  for (const char* name : {"tiny-st-qwen3", "tiny-st-gemma"}) {
    const json golden = golden_of(name);
    for (const char* precision : {"bf16", "int8"}) {
      SCOPED_TRACE(std::string(name) + " " + precision);
      const Response r =
          make_test_engine({.precision = precision})->run(golden_request(name, golden));
      ASSERT_TRUE(r.status.ok()) << r.status.message();
      double sum = 0;
      for (std::size_t i = 0; i < r.outcomes.size(); ++i) {
        const std::vector<float> want = golden["cases"][i]["vector"];
        double dot = 0;
        for (std::size_t k = 0; k < want.size(); ++k) {
          dot += static_cast<double>(r.outcomes[i].values[k]) * want[k];
        }
        sum += dot;
      }
      EXPECT_GT(sum / static_cast<double>(r.outcomes.size()), 0.99);
    }
  }
}

// The converter leaves it to others to say.
TEST(gguf_embedders, pooling_that_no_file_names_is_asked_for_and_can_be_chosen) {
  const std::string name = "gguf/tiny-st-llama.gguf";
  const json golden = golden_of("tiny-st-llama");
  Request request = golden_request("tiny-st-llama", golden);
  request.model = fixture_model(name);
  request.max_tokens = golden["max_tokens"];
  const Status refused = make_test_engine()->run(request).status;
  EXPECT_EQ(refused.code(), Code::kUnsupported);
  EXPECT_THAT(refused.message(), HasSubstr("choose with --pooling mean, cls or lasttoken"));

  const Response chosen = make_test_engine({.precision = "f32", .pooling = "mean"})->run(request);
  ASSERT_TRUE(chosen.status.ok()) << chosen.status.message();
  for (std::size_t i = 0; i < chosen.outcomes.size(); ++i) {
    std::vector<float> want = golden["cases"][i]["vector"];  // Not of length 1 in the folder.
    double squares = 0;
    for (const float v : want) squares += static_cast<double>(v) * v;
    for (float& v : want) v = static_cast<float>(v / std::sqrt(squares));
    expect_near(chosen.outcomes[i].values, want, kTolerance);
  }
}

// A chosen pooling makes vectors of a generator too.
TEST(gguf_embedders, a_generator_embeds_when_a_pooling_is_chosen) {
  const auto engine = make_test_engine({.precision = "auto", .pooling = "lasttoken"});
  const std::string chat = QUERN_SOURCE_DIR "/tests/data/decoders/tiny-chat.gguf";
  const Response r = engine->run(request_of(chat, {"the cat", "the dog"}));
  ASSERT_TRUE(r.status.ok()) << r.status.message();
  EXPECT_EQ(r.outcomes[0].values.size(), 256u);
  EXPECT_NE(r.outcomes[0].values, r.outcomes[1].values);
  EXPECT_EQ(make_test_engine()->run(request_of(chat, {"the cat"})).status.code(), Code::kBadInput);
}

TEST(golden_queries, agree_with_encode_query) {
  for (const char* name : {"tiny-st-flags", "tiny-st-prompts", "tiny-st-qwen3", "tiny-st-gemma"}) {
    SCOPED_TRACE(name);
    const auto engine = make_test_engine();
    json golden = golden_of(name);
    golden["cases"] = golden["query_cases"];
    Request request = golden_request(name, golden);
    request.role = engine::TextRole::kQuery;
    expect_golden(engine->run(request), golden, "vector", kTolerance);
  }
}

TEST(engine_requests, a_prompt_is_the_text_given_else_the_name_else_the_role_else_the_default) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-st-prompts"), {"wing speed"});
  const auto values = [&] { return engine->run(request).outcomes[0].values; };
  const auto by_default = values();
  request.role = engine::TextRole::kDocument;  // Its prompt is there, and empty.
  const auto document = values();
  EXPECT_NE(document, by_default);
  request.role = engine::TextRole::kQuery;
  const auto query = values();
  EXPECT_NE(query, by_default);
  request.prompt_name = "passage";
  EXPECT_EQ(values(), by_default);
  request.prompt = "search query : ";
  EXPECT_EQ(values(), query);
  request.prompt = "";
  EXPECT_EQ(values(), document);
}

TEST(engine_requests, a_prompt_that_leaves_nothing_to_pool_is_refused) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-st-prompts"), {"wing speed"});
  request.max_tokens = 4;  // [CLS] text : and [SEP], which counts.
  EXPECT_TRUE(engine->run(request).outcomes[0].status.ok());
  request.max_tokens = 3;
  const Outcome refused = engine->run(request).outcomes[0];
  EXPECT_EQ(refused.status.code(), Code::kBadInput);
  EXPECT_EQ(refused.status.message(), "the prompt fills the whole limit of 3 tokens");
  request.truncation_side = text::TruncationSide::kLeft;  // Then the prompt goes, not the text.
  EXPECT_TRUE(engine->run(request).outcomes[0].status.ok());
}

TEST(golden_logits, agree_with_transformers_for_texts_and_pairs) {
  for (const char* name :
       {"tiny-nli", "tiny-roberta-cross", "tiny-distilbert-classifier", "tiny-electra-classifier",
        "tiny-albert-classifier", "tiny-modernbert-classifier", "tiny-mpnet-classifier",
        "tiny-reranker", "tiny-qwen3-classifier", "tiny-deberta-classifier",
        "tiny-deberta-v1-classifier", "tiny-jina-classifier"}) {
    SCOPED_TRACE(name);
    const auto engine = make_test_engine();
    const json golden = golden_of(name);
    Request request = golden_request(name, golden);
    request.task = engine::Task::kClassify;
    expect_golden(engine->run(request), golden, "logits", 1e-4f);
  }
}

TEST(engine_requests, ids_are_the_same_as_their_text) {
  const auto engine = make_test_engine();
  const json golden = golden_of("tiny-mean-f32");
  const Response texts = engine->run(golden_request("tiny-mean-f32", golden));
  Request request = request_of(fixture_model("tiny-mean-f32"), {});
  for (const json& c : golden["cases"]) {
    std::vector<text::TokenId> ids = c["ids"];
    ids.pop_back();  // The template's [SEP] and [CLS].
    ids.erase(ids.begin());
    request.inputs.emplace_back();
    request.inputs.back().ids = ids;
  }
  const Response response = engine->run(request);
  ASSERT_EQ(response.outcomes.size(), texts.outcomes.size());
  for (std::size_t i = 0; i < texts.outcomes.size(); ++i) {
    EXPECT_EQ(response.outcomes[i].values, texts.outcomes[i].values) << i;
    EXPECT_EQ(response.outcomes[i].n_dropped, 0);
  }
}

TEST(engine_requests, one_wrong_input_fails_alone_and_says_why) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-mean-f32"), {"good", "", "", "pair"});
  request.inputs[1].ids = {5, 1000000};
  request.inputs[2].ids = {-1};
  request.inputs[3].ids = {5};
  request.inputs[3].text_pair = "other";
  const Response r = engine->run(request);
  ASSERT_TRUE(r.status.ok());
  EXPECT_TRUE(r.outcomes[0].status.ok());
  EXPECT_EQ(r.outcomes[1].status.code(), Code::kBadInput);
  EXPECT_THAT(r.outcomes[1].status.message(),
              HasSubstr("token id 1000000 is outside the vocabulary of "));
  EXPECT_THAT(r.outcomes[2].status.message(), HasSubstr("token id -1 is outside"));
  EXPECT_THAT(r.outcomes[3].status.message(), HasSubstr("not both"));
}

TEST(engine_requests, too_long_is_cut_or_refused_as_asked) {
  const auto engine = make_test_engine();
  std::string text = "word";
  for (int i = 1; i < 100; ++i) text += " word";
  Request request = request_of(fixture_model("tiny-mean-f32"), {text, "short"});
  request.max_tokens = 10;
  const Response cut = engine->run(request);
  ASSERT_TRUE(cut.outcomes[0].status.ok());
  EXPECT_EQ(cut.outcomes[0].n_tokens, 10);
  EXPECT_EQ(cut.outcomes[0].n_dropped, 92);
  EXPECT_EQ(engine->stats().n_truncated, 1);

  request.truncation = engine::Truncation::kRefuse;
  const Response refused = engine->run(request);
  EXPECT_EQ(refused.outcomes[0].status.code(), Code::kBadInput);
  EXPECT_EQ(refused.outcomes[0].status.message(), "text has 102 tokens, the limit is 10");
  EXPECT_EQ(refused.outcomes[1].values, cut.outcomes[1].values);
}

TEST(engine_requests, max_tokens_may_reach_the_last_position_and_no_further) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-mean-f32"), {std::string(300, ',')});
  EXPECT_EQ(engine->run(request).outcomes[0].n_tokens, 48);
  request.max_tokens = 64;
  EXPECT_EQ(engine->run(request).outcomes[0].n_tokens, 64);
  request.max_tokens = 65;
  EXPECT_EQ(engine->run(request).status.message(), "max_tokens is 65, want 3 to 64");
  request.max_tokens = 2;
  EXPECT_EQ(engine->run(request).status.code(), Code::kBadInput);
}

TEST(engine_requests, prompts_go_before_the_text) {
  const auto engine = make_test_engine();
  Request by_default = request_of(fixture_model("tiny-cls"), {"wing speed"});
  Request by_name = by_default;
  by_name.prompt_name = "document";
  Request query = by_default;
  query.prompt_name = "query";
  const Response a = engine->run(by_default);
  const Response b = engine->run(by_name);
  const Response c = engine->run(query);
  EXPECT_EQ(a.outcomes[0].values, b.outcomes[0].values);
  EXPECT_NE(a.outcomes[0].values, c.outcomes[0].values);

  by_name.prompt_name = "passage";
  EXPECT_EQ(engine->run(by_name).status.message(),
            "no prompt is named 'passage', the model has 'document', 'query'");
}

TEST(engine_requests, dimensions_slice_and_renormalise) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-mean-f32"), {"boundary layer"});
  const std::vector<float> whole = engine->run(request).outcomes[0].values;
  request.dimensions = 8;
  const std::vector<float> sliced = engine->run(request).outcomes[0].values;
  ASSERT_EQ(sliced.size(), 8u);
  double norm = 0;
  for (int i = 0; i < 8; ++i) norm += static_cast<double>(whole[i]) * whole[i];
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(sliced[i], whole[i] / std::sqrt(norm), 1e-6);

  request.dimensions = static_cast<int>(whole.size());
  EXPECT_EQ(engine->run(request).outcomes[0].values, whole);
  request.dimensions = static_cast<int>(whole.size()) + 1;
  EXPECT_EQ(engine->run(request).status.message(), "dimensions is 33, want 1 to 32");
}

TEST(engine_requests, a_model_does_what_it_was_made_for) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-mean-f32"), {"x"});
  request.task = engine::Task::kClassify;
  EXPECT_EQ(engine->run(request).status.code(), Code::kBadInput);
  request = request_of(fixture_model("tiny-nli"), {"x"});
  EXPECT_EQ(engine->run(request).status.code(), Code::kBadInput);
}

TEST(engine_models, are_described_without_their_weights) {
  const auto engine = make_test_engine();
  const Result<engine::ModelInfo> info = engine->describe(fixture_model("tiny-nli"));
  ASSERT_TRUE(info.ok()) << info.status().message();
  EXPECT_EQ(info->name, "tiny-nli");
  EXPECT_EQ(info->family, "bert");
  EXPECT_EQ(info->task, engine::Task::kClassify);
  EXPECT_EQ(info->dims, 3);
  EXPECT_EQ(info->labels, (std::vector<std::string>{"contradiction", "entailment", "neutral"}));
  EXPECT_EQ(info->precision, "f32");
  EXPECT_FALSE(info->loaded);

  ASSERT_TRUE(engine->warm(fixture_model("tiny-nli")).ok());
  EXPECT_TRUE(engine->describe(fixture_model("tiny-nli"))->loaded);
  // Once opened by its path, a model answers to the name it is listed under.
  EXPECT_EQ(engine->list().at(0).name, "tiny-nli");
  EXPECT_TRUE(engine->describe("tiny-nli").ok());
  EXPECT_EQ(engine->describe("tiny").status().code(), Code::kNotFound);
}

TEST(engine_models, weights_tokenizers_and_activations_are_in_the_ledger) {
  const auto engine = make_test_engine();
  ASSERT_TRUE(engine->run(request_of(fixture_model("tiny-cls"), {"text"})).status.ok());
  std::vector<std::string> names;
  for (const ByteLedger::Tenant& t : engine->stats().tenants) {
    if (t.bytes > 0) names.push_back(t.name);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("process", "weights/tiny-cls",
                                                   "tokenizer/tiny-cls", "activations"));
}

TEST(engine_models, the_tokenizer_may_outlive_the_engine) {
  auto engine = make_test_engine();
  const auto encoder = engine->text_encoder(fixture_model("tiny-mean-f32"));
  ASSERT_TRUE(encoder.ok());
  engine.reset();
  const json golden = golden_of("tiny-mean-f32");
  EXPECT_EQ((*encoder)->encode(golden["cases"][0]["text"].get<std::string>(), 48).ids,
            golden["cases"][0]["ids"].get<std::vector<text::TokenId>>());
}

}  // namespace quern
