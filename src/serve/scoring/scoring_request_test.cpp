// What the readers of rerank, classify and similarity requests accept, and what they refuse.

#include <gmock/gmock.h>

#include "serve/scoring/classify_request.h"
#include "serve/scoring/rerank_request.h"
#include "serve/scoring/similarity_request.h"

namespace quern::serve {
namespace {

using engine::Scale;
using engine::Truncation;
using testing::HasSubstr;

constexpr int kMaxDocuments = 4;

std::optional<HttpError> parse(std::string body, RerankRequest& out) {
  return parse_rerank_request(body, kMaxDocuments, out);
}
std::optional<HttpError> parse(std::string body, ClassifyRequest& out) {
  return parse_classify_request(body, {.max_inputs = 3, .max_pairs = 4}, out);
}
std::optional<HttpError> parse(std::string body, SimilarityRequest& out) {
  return parse_similarity_request(body, kMaxDocuments, out);
}

template <typename T>
T parsed(const std::string& body) {
  T out;
  const auto problem = parse(body, out);
  EXPECT_FALSE(problem.has_value()) << body << ": " << problem->message;
  return out;
}

template <typename T>
HttpError refused(const std::string& body) {
  T out;
  const auto problem = parse(body, out);
  EXPECT_TRUE(problem.has_value()) << body;
  if (!problem) return {};
  EXPECT_EQ(problem->status, 400);
  EXPECT_THAT(problem->message, HasSubstr(problem->param));
  return *problem;
}

std::string rerank_with(const std::string& member) {
  return R"({"model":"m","query":"q","documents":["a"],)" + member + "}";
}
std::string documents(const std::string& json) {
  return R"({"model":"m","query":"q","documents":)" + json + "}";
}
std::string classify_with(const std::string& member) {
  return R"({"model":"m","input":["a","b"],)" + member + "}";
}
std::string input(const std::string& json) { return R"({"model":"m","input":)" + json + "}"; }
std::string similarity(const std::string& members) { return R"({"model":"m",)" + members + "}"; }

}  // namespace

TEST(rerank_request, documents_are_strings_or_objects_with_a_text) {
  const auto request =
      parsed<RerankRequest>(documents(R"(["a",{"text":"b","title":{"x":[1]}},""])")).request;
  EXPECT_EQ(request.task, engine::Task::kRerank);
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.query, "q");
  ASSERT_EQ(request.inputs.size(), 3u);
  EXPECT_EQ(request.inputs[0].text, "a");
  EXPECT_EQ(request.inputs[1].text, "b");
  EXPECT_EQ(request.inputs[2].text, "");  // An empty document is one too.
  EXPECT_FALSE(request.inputs[0].text_pair.has_value());
}

TEST(rerank_request, options_and_their_defaults) {
  const auto plain = parsed<RerankRequest>(documents(R"(["a"])"));
  EXPECT_EQ(plain.top_n, std::numeric_limits<int>::max());
  EXPECT_FALSE(plain.return_documents);
  EXPECT_FALSE(plain.scale.has_value());
  EXPECT_EQ(plain.request.truncation, Truncation::kCut);

  const auto all = parsed<RerankRequest>(rerank_with(
      R"("top_n":2.0,"return_documents":true,"scores":"raw","max_tokens":9,"prompt_name":"p",
         "truncation":"refuse","truncation_side":"left","priority":"bulk","user":"u","else":[1])"));
  EXPECT_EQ(all.top_n, 2);
  EXPECT_TRUE(all.return_documents);
  EXPECT_EQ(all.scale, Scale::kRaw);
  EXPECT_EQ(all.request.max_tokens, 9);
  EXPECT_EQ(all.request.prompt_name, "p");
  EXPECT_EQ(all.request.truncation, Truncation::kRefuse);
  EXPECT_EQ(all.request.truncation_side, text::TruncationSide::kLeft);
  EXPECT_EQ(all.request.work_class, engine::WorkClass::kBulk);
  EXPECT_TRUE(all.warnings.empty());

  const auto null = parsed<RerankRequest>(
      rerank_with(R"("top_n":null,"return_documents":null,"scores":null,"truncate":null)"));
  EXPECT_EQ(null.top_n, std::numeric_limits<int>::max());
}

TEST(rerank_request, other_servers_words_for_scores) {
  EXPECT_EQ(parsed<RerankRequest>(rerank_with(R"("raw_scores":true)")).scale, Scale::kRaw);
  EXPECT_FALSE(parsed<RerankRequest>(rerank_with(R"("raw_scores":false)")).scale.has_value());
  EXPECT_EQ(parsed<RerankRequest>(rerank_with(R"("scores":"sigmoid")")).scale, Scale::kSigmoid);
  const auto error = refused<RerankRequest>(rerank_with(R"("scores":"softmax")"));
  EXPECT_EQ(error.message, "scores: got 'softmax', wanted 'raw' or 'sigmoid'");
}

TEST(rerank_request, other_servers_words_for_truncation) {
  const auto cut = [](const std::string& member) {
    return parsed<RerankRequest>(rerank_with(member)).request;
  };
  EXPECT_EQ(cut(R"("truncate":false)").truncation, Truncation::kRefuse);
  EXPECT_EQ(cut(R"("truncation":false)").truncation, Truncation::kRefuse);
  EXPECT_EQ(cut(R"("truncate":true)").truncation, Truncation::kCut);
  EXPECT_EQ(cut(R"("truncate":"NONE")").truncation, Truncation::kRefuse);
  EXPECT_EQ(cut(R"("truncate":"START")").truncation_side, text::TruncationSide::kLeft);
  EXPECT_EQ(cut(R"("truncate":"END")").truncation_side, text::TruncationSide::kRight);
  EXPECT_FALSE(cut(R"("truncate":"cut")").truncation_side.has_value());
  EXPECT_EQ(refused<RerankRequest>(rerank_with(R"("truncate":3)")).param, "truncate");
  EXPECT_EQ(refused<RerankRequest>(rerank_with(R"("truncation":"some")")).param, "truncation");
}

TEST(rerank_request, top_n_is_a_count) {
  EXPECT_EQ(parsed<RerankRequest>(rerank_with(R"("top_n":99)")).top_n, 99);  // More than there are.
  for (const char* wrong : {"0", "-1", "1.5", "\"2\"", "true", "[1]"}) {
    const auto error = refused<RerankRequest>(rerank_with(std::string(R"("top_n":)") + wrong));
    EXPECT_EQ(error.param, "top_n") << wrong;
  }
  EXPECT_EQ(refused<RerankRequest>(rerank_with(R"("top_n":0)")).message,
            "top_n: got 0, wanted an integer from 1 on");
}

TEST(rerank_request, what_is_wrong_is_named) {
  const auto message = [](const std::string& body) { return refused<RerankRequest>(body).message; };
  EXPECT_EQ(message(R"({"query":"q","documents":["a"]})"),
            "model: is missing, wanted a model's name");
  EXPECT_EQ(message(R"({"model":"m","documents":["a"]})"), "query: is missing, wanted a string");
  EXPECT_EQ(message(R"({"model":"m","query":"","documents":["a"]})"),
            "query: is empty, wanted what the documents are to answer");
  EXPECT_EQ(message(R"({"model":"m","query":"q"})"),
            "documents: is missing, wanted a list of documents");
  EXPECT_EQ(message(documents("[]")), "documents: is an empty list, wanted at least one document");
  EXPECT_EQ(message(documents("\"a\"")), "documents: got a string, wanted a list of documents");
  EXPECT_EQ(message(documents("null")), "documents: got null, wanted a list of documents");
  EXPECT_EQ(message(documents(R"(["a",3])")),
            "documents[1]: got a number, wanted a string or an object with a text");
  EXPECT_EQ(message(documents(R"([{"text":3}])")),
            "documents[0].text: got a number, wanted a string");
  EXPECT_EQ(message(documents(R"(["a",{"title":"b"}])")),
            "documents[1].text: is missing, wanted a string");
  EXPECT_EQ(message(documents(R"(["a","b","c","d","e"])")),
            "documents: has more than 4, the limit of this server");
}

TEST(rerank_request, fields_of_others_that_would_matter_are_warned_of) {
  const auto request = parsed<RerankRequest>(
      rerank_with(R"("rank_fields":["title"],"max_tokens_per_doc":512,"use_activation":true)"));
  ASSERT_EQ(request.warnings.size(), 2u);
  EXPECT_EQ(request.warnings[0], "rank_fields: is not supported and was ignored");
}

TEST(classify_request, inputs_are_texts_and_pairs) {
  EXPECT_EQ(parsed<ClassifyRequest>(input("\"a\"")).request.inputs.size(), 1u);
  const auto two = parsed<ClassifyRequest>(input(R"(["a","b"])")).request;  // Two texts, no pair.
  ASSERT_EQ(two.inputs.size(), 2u);
  EXPECT_FALSE(two.inputs[0].text_pair.has_value());
  const auto mixed = parsed<ClassifyRequest>(input(R"([["a","b"],"c"])")).request;
  ASSERT_EQ(mixed.inputs.size(), 2u);
  EXPECT_EQ(mixed.inputs[0].text, "a");
  EXPECT_EQ(mixed.inputs[0].text_pair, "b");
  EXPECT_EQ(mixed.inputs[1].text, "c");
  EXPECT_EQ(mixed.task, engine::Task::kClassify);

  const auto message = [](const std::string& json) {
    return refused<ClassifyRequest>(input(json)).message;
  };
  EXPECT_EQ(message("[]"), "input: is an empty list, wanted at least one item");
  EXPECT_EQ(message(R"([["a"]])"), "input[0]: got a list of one, wanted a list of two strings");
  EXPECT_EQ(message(R"([["a","b","c"]])"),
            "input[0]: got a list of more, wanted a list of two strings");
  EXPECT_EQ(message(R"(["x",["a",1]])"), "input[1][1]: got a number, wanted a string");
  EXPECT_EQ(message("[1,2]"), "input[0]: got a number, wanted a list of two strings");
  EXPECT_EQ(message(R"(["a","b","c","d"])"), "input: has more than 3, the limit of this server");
  EXPECT_THAT(refused<ClassifyRequest>(R"({"model":"m","inputs":["a"]})").message,
              HasSubstr("input: is missing"));
}

TEST(classify_request, labels_of_ones_own_make_pairs) {
  const auto request = parsed<ClassifyRequest>(
      classify_with(R"("candidate_labels":["x","y"],"hypothesis_template":"is {}",
                       "multi_label":true)"));
  ASSERT_TRUE(request.own.has_value());
  EXPECT_TRUE(request.own->multi_label);
  EXPECT_EQ(request.request.task, engine::Task::kZeroShot);
  ASSERT_EQ(request.request.inputs.size(), 4u);
  EXPECT_EQ(request.request.inputs[1].text, "a");
  EXPECT_EQ(request.request.inputs[1].text_pair, "is y");
  EXPECT_EQ(request.request.inputs[2].text, "b");
  EXPECT_EQ(request.request.inputs[2].text_pair, "is x");
}

TEST(classify_request, labels_that_make_no_sense_are_refused) {
  const auto error = [](const std::string& member) {
    return refused<ClassifyRequest>(classify_with(member));
  };
  EXPECT_EQ(error(R"("candidate_labels":[])").message,
            "candidate_labels: there are no labels, want at least one");
  EXPECT_EQ(error(R"("candidate_labels":["x","x"])").message,
            "candidate_labels: label 'x' is there twice");
  EXPECT_EQ(error(R"("candidate_labels":"x,y")").param, "candidate_labels");
  EXPECT_EQ(error(R"("candidate_labels":["x"],"hypothesis_template":"none")").message,
            "hypothesis_template: is 'none', want one {} in it, where a label goes");
  EXPECT_EQ(error(R"("candidate_labels":["x","y","z"])").message,
            "candidate_labels: make with the texts of input more than 4, the limit of this server");
  EXPECT_EQ(error(R"("candidate_labels":["x"],"scores":"raw")").param, "scores");
  EXPECT_EQ(error(R"("hypothesis_template":"is {}")").message,
            "hypothesis_template: means nothing without candidate_labels");
  EXPECT_EQ(error(R"("multi_label":true)").param, "multi_label");
  parsed<ClassifyRequest>(classify_with(R"("multi_label":false)"));
  EXPECT_EQ(
      refused<ClassifyRequest>(R"({"model":"m","input":["a",["b","c"]],"candidate_labels":["x"]})")
          .message,
      "input[1]: got a pair, wanted a string, to judge by candidate_labels");
}

TEST(similarity_request, one_against_many_or_pairs) {
  const auto many =
      parsed<SimilarityRequest>(similarity(R"("query":"q","documents":["a",{"text":"b"}])"));
  EXPECT_EQ(many.form, SimilarityRequest::Form::kOneToMany);
  EXPECT_EQ(many.request.output, engine::OutputKind::kVector);  // Rows and terms have no cosine.
  ASSERT_EQ(many.request.inputs.size(), 3u);
  EXPECT_EQ(many.request.inputs[0].text, "q");
  EXPECT_EQ(many.request.inputs[2].text, "b");
  const auto pairs = parsed<SimilarityRequest>(
      similarity(R"("pairs":[["a","b"],["c","d"]],"dimensions":3,"documents":null)"));
  EXPECT_EQ(pairs.form, SimilarityRequest::Form::kPairs);
  ASSERT_EQ(pairs.request.inputs.size(), 4u);
  EXPECT_EQ(pairs.request.inputs[3].text, "d");
  EXPECT_EQ(pairs.request.dimensions, 3);
  EXPECT_EQ(pairs.request.task, engine::Task::kEmbed);
}

TEST(similarity_request, what_is_wrong_is_named) {
  const auto message = [](const std::string& members) {
    return refused<SimilarityRequest>(similarity(members)).message;
  };
  EXPECT_EQ(message(R"("documents":["a"])"),
            "query: is missing, wanted a string to compare documents with (or pairs)");
  EXPECT_EQ(message(R"("query":"a")"), "documents: is missing, wanted a list of documents");
  EXPECT_EQ(message(R"("query":"a","documents":[])"),
            "documents: is an empty list, wanted at least one document");
  EXPECT_EQ(message(R"("pairs":[])"), "pairs: is an empty list, wanted at least one pair");
  EXPECT_EQ(message(R"("pairs":[["a","b"]],"query":"q")"),
            "pairs: is given beside query and documents, wanted one or the other");
  EXPECT_EQ(message(R"("pairs":["a"])"), "pairs[0]: got a string, wanted a list of two strings");
  EXPECT_EQ(message(R"("query":"q","documents":["","","","",""])"),
            "documents: has more than 4, the limit of this server");
}

}  // namespace quern::serve
