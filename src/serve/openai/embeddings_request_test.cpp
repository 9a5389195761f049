#include "serve/openai/embeddings_request.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::serve {
namespace {

EmbeddingsRequest parsed(std::string body) {
  EmbeddingsRequest out;
  const auto problem = parse_embeddings_request(body, 4, out);
  EXPECT_FALSE(problem.has_value()) << body << ": " << problem->message;
  return out;
}

HttpError refused(std::string body) {
  EmbeddingsRequest out;
  const auto problem = parse_embeddings_request(body, 4, out);
  EXPECT_TRUE(problem.has_value()) << body;
  if (!problem) return {};
  EXPECT_EQ(problem->status, 400);
  return *problem;
}

/// A request whose member `input` is `json`.
std::string with_input(std::string json) { return R"({"model":"m","input":)" + json + "}"; }
std::string with(std::string member) { return R"({"model":"m","input":"a",)" + member + "}"; }

TEST(embeddings_request, the_four_kinds_of_input) {
  auto one = parsed(with_input(R"("h\u00e9\n")")).request;
  ASSERT_EQ(one.inputs.size(), 1u);
  EXPECT_EQ(one.inputs[0].text, "h\xC3\xA9\n");
  EXPECT_EQ(one.model, "m");
  EXPECT_FALSE(one.inputs[0].ids.has_value());

  auto list = parsed(with_input(R"(["a","",  "c"])")).request;
  ASSERT_EQ(list.inputs.size(), 3u);
  EXPECT_EQ(list.inputs[1].text, "");
  EXPECT_EQ(list.inputs[2].text, "c");

  auto ids = parsed(with_input("[101, 7, 2147483647, 0, 5, 6]")).request;  // Not limited to 4.
  ASSERT_EQ(ids.inputs.size(), 1u);
  EXPECT_EQ(*ids.inputs[0].ids, (std::vector<text::TokenId>{101, 7, 2147483647, 0, 5, 6}));

  auto lists = parsed(with_input("[[1,2],[],[3]]")).request;
  ASSERT_EQ(lists.inputs.size(), 3u);
  EXPECT_EQ(*lists.inputs[0].ids, (std::vector<text::TokenId>{1, 2}));
  EXPECT_TRUE(lists.inputs[1].ids->empty());

  auto mixed = parsed(with_input(R"(["a",[1]])")).request;
  EXPECT_EQ(mixed.inputs[0].text, "a");
  EXPECT_EQ(mixed.inputs[1].ids->at(0), 1);
}

TEST(embeddings_request, options_and_their_defaults) {
  const auto plain = parsed(with_input("\"a\""));
  EXPECT_EQ(plain.format, EncodingFormat::kFloat);
  EXPECT_EQ(plain.request.dimensions, 0);
  EXPECT_EQ(plain.request.truncation, engine::Truncation::kCut);
  EXPECT_EQ(plain.request.task, engine::Task::kEmbed);

  const auto all = parsed(with(R"("encoding_format":"base64","dimensions":3,"user":"u",
      "truncation":"refuse","max_tokens":9,"prompt_name":"query","prompt":"","priority":"bulk",
      "else":{"a":[1,{"b":null}],"c":true})"));
  EXPECT_EQ(all.format, EncodingFormat::kBase64);
  EXPECT_EQ(all.request.dimensions, 3);
  EXPECT_EQ(all.request.truncation, engine::Truncation::kRefuse);
  EXPECT_EQ(all.request.max_tokens, 9);
  EXPECT_EQ(all.request.prompt_name, "query");
  EXPECT_EQ(all.request.prompt, "");  // None, which is not the model's own.
  EXPECT_FALSE(plain.request.prompt);
  EXPECT_EQ(all.request.work_class, engine::WorkClass::kBulk);

  const auto nulls = parsed(with(R"("encoding_format":null,"dimensions":null,"user":null)"));
  EXPECT_EQ(nulls.format, EncodingFormat::kFloat);
  EXPECT_EQ(nulls.request.dimensions, 0);
}

TEST(embeddings_request, what_is_made_of_a_text) {
  const auto plain = parsed(with_input("\"a\"")).request;
  EXPECT_FALSE(plain.output);
  EXPECT_FALSE(plain.normalize);
  EXPECT_EQ(plain.role, engine::TextRole::kAny);
  const auto rows = parsed(with(R"("output":"token","normalize":false,"input_type":"query")"));
  EXPECT_EQ(rows.request.output, engine::OutputKind::kRows);
  EXPECT_EQ(rows.request.normalize, false);
  EXPECT_EQ(rows.request.role, engine::TextRole::kQuery);
  EXPECT_TRUE(rows.warnings.empty());
  const auto terms = parsed(with(R"("output":"sparse","normalized":true,"input_type":"passage")"));
  EXPECT_EQ(terms.request.output, engine::OutputKind::kSparse);
  EXPECT_EQ(terms.request.normalize, true);
  EXPECT_EQ(terms.request.role, engine::TextRole::kDocument);
  EXPECT_EQ(refused(with(R"("output":"logits")")).param, "output");
}

TEST(embeddings_request, order_does_not_matter_and_the_last_of_a_repeated_field_counts) {
  const auto request = parsed(R"({"input":["x","y"],"model":"a","input":"z","model":"b"})").request;
  EXPECT_EQ(request.model, "b");
  ASSERT_EQ(request.inputs.size(), 1u);
  EXPECT_EQ(request.inputs[0].text, "z");
}

TEST(embeddings_request, wrong_types_are_named_with_got_and_wanted) {
  const auto check = [](std::string body, std::string param, std::string message) {
    const HttpError error = refused(body);
    EXPECT_EQ(error.param, param) << body;
    EXPECT_EQ(error.message, message) << body;
  };
  const std::string wanted =
      ", wanted a string, a list of strings, a list of token ids, or a list of lists of token ids";
  check(with_input("null"), "input", "input: got null" + wanted);
  check(with_input("true"), "input", "input: got a boolean" + wanted);
  check(with_input("3"), "input", "input: got a number" + wanted);
  check(with_input("{}"), "input", "input: got an object" + wanted);
  check(with_input("[]"), "input", "input: is an empty list, wanted at least one item");
  check(with_input(R"(["a",3])"), "input",
        "input[1]: got a number, wanted a string or a list of token ids");
  check(with_input(R"(["a",null])"), "input",
        "input[1]: got null, wanted a string or a list of token ids");
  check(with_input(R"([1,"a"])"), "input", "input[1]: got a string, wanted a token id");
  check(with_input("[1,2.5]"), "input",
        "input[1]: got a number that is no token id, wanted an integer from 0 on");
  check(with_input("[-1]"), "input",
        "input[0]: got a number that is no token id, wanted an integer from 0 on");
  check(with_input("[2147483648]"), "input",
        "input[0]: got a number that is no token id, wanted an integer from 0 on");
  check(with_input("[[1],[2,true]]"), "input", "input[1][1]: got a boolean, wanted a token id");
  check(with_input("[[[1]]]"), "input", "input[0][0]: got a list, wanted a token id");
  check(with_input(R"(["a","b","c","d","e"])"), "input",
        "input: has more than 4 items, the limit of this server");
  check(R"({"input":"a"})", "model", "model: is missing, wanted a model's name");
  check(R"({"input":"a","model":""})", "model", "model: is empty, wanted a name");
  check(R"({"input":"a","model":7})", "model", "model: got a number, wanted a string");
  check(R"({"input":"a","model":null})", "model", "model: got null, wanted a string");
  check(R"({"model":"m"})", "input", "input: is missing" + wanted);
  check(with(R"("dimensions":0)"), "dimensions", "dimensions: got 0, wanted an integer from 1 on");
  check(with(R"("dimensions":-3)"), "dimensions",
        "dimensions: got -3, wanted an integer from 1 on");
  check(with(R"("dimensions":1.5)"), "dimensions",
        "dimensions: got 1.5, wanted an integer from 1 on");
  check(with(R"("dimensions":"8")"), "dimensions",
        "dimensions: got a string, wanted an integer from 1 on");
  check(with(R"("encoding_format":"hex")"), "encoding_format",
        "encoding_format: got 'hex', wanted 'float' or 'base64'");
  check(with(R"("encoding_format":1)"), "encoding_format",
        "encoding_format: got a number, wanted a string");
  check(with(R"("truncation":"maybe")"), "truncation",
        "truncation: got 'maybe', wanted 'cut' or 'refuse' or 'NONE' or 'END' or 'START'");
  check("[1]", "", "the body is a list, wanted a JSON object");
  check("3", "", "the body is a number, wanted a JSON object");
  check("\"x\"", "", "the body is a string, wanted a JSON object");
}

TEST(embeddings_request, what_is_not_json_is_refused_wherever_it_breaks) {
  for (const char* body : {"",
                           " ",
                           "{",
                           "}",
                           "{]",
                           R"({"model":"m","input":"a")",
                           R"({"model":"m","input":"a"}})",
                           R"({"model":"m","input":"a"} x)",
                           R"({"model":"m","input":"a",})",
                           R"({"model":"m" "input":"a"})",
                           R"({"model":"m","input":["a",]})",
                           R"({"model":"m","input":["a" "b"]})",
                           R"({"model":"m","input":"a","x":[1,,2]})",
                           R"({"model":"m","input":"a","x":{"y":tru}})",
                           R"({"model":"m","input":"a","x":nul})",
                           R"({"model":"m","input":"a","dimensions":1x})",
                           R"({"model":"m","input":"\ud800"})",
                           R"({"model":"m","input":"\q"})",
                           R"({model:"m"})",
                           "{\"model\":\"m\",\"input\":\"\xFF\"}",
                           "{\"model\":\"m\",\"input\":\"a\nb\"}",
                           R"({"model":"m","input":[1,2}})"}) {
    const HttpError error = refused(body);
    EXPECT_FALSE(error.message.empty());
  }
  EXPECT_EQ(refused("").message, "the body is empty, wanted a JSON object");
  EXPECT_EQ(refused("{\"model\":\"\xC3(\",\"input\":\"a\"}").message,
            "the body is not valid UTF-8");
}

TEST(embeddings_request, deep_nesting_is_refused_not_followed) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += open;
    refused(with("\"x\":" + deep));
    refused(with_input(deep));
    refused(deep);
  }
}

TEST(embeddings_request, every_truncation_of_a_request_is_refused) {
  const std::string good =
      R"({"model":"m","input":["a","\u00e9"],"dimensions":8,"user":{"a":[1,2.5,null]}})";
  parsed(good);
  for (std::size_t n = 0; n < good.size(); ++n) refused(good.substr(0, n));
}

/// What another parser reads in the same body must be what the request became.
void expect_as_told(const std::string& body, const EmbeddingsRequest& got) {
  const auto told = nlohmann::json::parse(body, nullptr, false);
  ASSERT_TRUE(told.is_object()) << body;
  EXPECT_EQ(got.request.model, told.at("model")) << body;
  const auto dimensions = told.value("dimensions", nlohmann::json());
  EXPECT_EQ(got.request.dimensions, dimensions.is_null() ? 0 : dimensions.get<int>()) << body;
  const auto& input = told.at("input");
  const auto& inputs = got.request.inputs;
  const bool is_one =
      input.is_string() || (input[0].is_number() && inputs.size() == 1 && inputs[0].ids);
  ASSERT_EQ(inputs.size(), is_one ? 1 : input.size()) << body;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& item = is_one ? input : input[i];
    if (item.is_string()) {
      EXPECT_EQ(inputs[i].text, item) << body;
      EXPECT_FALSE(inputs[i].ids) << body;
    } else {
      ASSERT_TRUE(inputs[i].ids) << body;
      ASSERT_EQ(inputs[i].ids->size(), item.size()) << body;
      for (std::size_t j = 0; j < item.size(); ++j) {
        EXPECT_EQ((*inputs[i].ids)[j], item[j].get<double>()) << body;
      }
    }
  }
}

TEST(embeddings_request, what_a_mutation_is_taken_for_is_what_it_says) {
  const std::string good =
      R"({"model":"m","input":["a",[1,2],"\u00e9"],"dimensions":8,"x":{"a":[1,2.5,null]}})";
  std::mt19937 random(4);
  int n_accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body = good;
    for (unsigned n = random() % 3 + 1; n > 0; --n) {
      body[random() % body.size()] = "{}[]\",:0n\\\xFF e-"[random() % 14];
    }
    EmbeddingsRequest out;
    std::string read = body;
    if (const auto problem = parse_embeddings_request(read, 4, out)) {
      EXPECT_EQ(problem->status, 400);
      EXPECT_FALSE(problem->message.empty());
      continue;
    }
    ++n_accepted;
    expect_as_told(body, out);
  }
  EXPECT_GT(n_accepted, 100);
}

TEST(embeddings_request, fields_of_other_servers_warn_when_they_would_matter) {
  EXPECT_EQ(parsed(with(R"("input_type":"clustering","pooling":"cls","user":"u")")).warnings,
            (std::vector<std::string>{
                "input_type: is not query or document (search_query, search_document, passage) "
                "and was ignored",
                "pooling: is not supported and was ignored"}));
  EXPECT_TRUE(parsed(with(R"("input_type":null,"normalize":true)")).warnings.empty());
}

}  // namespace
}  // namespace quern::serve
