// The fields of POST /v1/completions.

#include <fmt/format.h>

#include "serve/openai/generation_request.h"
#include "serve/openai/ignored_fields.h"

namespace quern::serve {
namespace {

constexpr int kDefaultTokens = 16;  // OpenAI's.
constexpr std::int64_t kMaxLogprobs = 20;
constexpr std::string_view kWantedPrompt =
    "a string, a list of strings, a list of token ids, or a list of lists of token ids";

class Reader {
 public:
  explicit Reader(CompletionsRequest& out) : out_(out) {}

  Problem read_field(std::string_view key, JsonValue value);
  Problem finish(int max_choices);

 private:
  Problem read_prompt(JsonValue value);
  Problem read_element(JsonValue value, const JsonPlace& place);
  Problem read_suffix(JsonValue value);
  Problem read_logprobs(JsonValue value);
  Problem read_max_tokens(JsonValue value);

  CompletionsRequest& out_;
  bool has_model_ = false;
  bool has_stream_options_ = false;
  bool is_ids_ = false;  // The list is one prompt: its token ids.
  int best_of_ = 0;
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  GenerationRequest& generation = out_.generation;
  if (key == "prompt") return read_prompt(value);
  if (key == "model") {
    has_model_ = true;
    return read_string(value, {key}, generation.wanted.model);
  }
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "stream_options") has_stream_options_ = true;
  if (key == "max_tokens") return read_max_tokens(value);
  if (auto read = read_generation_field(key, value, generation)) return *read;
  if (key == "echo") return read_flag(value, {key}, out_.echo);
  if (key == "suffix") return read_suffix(value);
  if (key == "logprobs") return read_logprobs(value);
  if (key == "best_of") return read_count(value, {key}, best_of_);
  return read_ignored(key, value, IgnoredBy::kGeneration, generation.warnings);
}

Problem Reader::read_prompt(JsonValue value) {
  out_.prompts.clear();
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, {"prompt"});
  if (type == JsonType::string) {
    return read_string(value, {"prompt"}, out_.prompts.emplace_back().text);
  }
  is_ids_ = false;
  return read_list(value, {"prompt"}, kWantedPrompt,
                   [&](JsonValue item, const JsonPlace& at) { return read_element(item, at); });
}

Problem Reader::read_element(JsonValue value, const JsonPlace& place) {
  auto& prompts = out_.prompts;
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (place.i == 0) is_ids_ = type == JsonType::number;
  if (is_ids_) {
    if (place.i == 0) prompts.emplace_back().ids.emplace();
    return read_id(value, place, prompts.back().ids->emplace_back());
  }
  if (type == JsonType::string) return read_string(value, place, prompts.emplace_back().text);
  if (type != JsonType::array) {
    return wrong_type(place, name_of(type), "a string or a list of token ids");
  }
  return read_ids(value, place, prompts.emplace_back().ids.emplace());
}

Problem Reader::read_suffix(JsonValue value) {
  std::string suffix;
  if (Problem problem = read_string(value, {"suffix"}, suffix)) return problem;
  if (suffix.empty()) return {};
  return bad_request("suffix: is not supported, text is only continued at its end", "suffix");
}

/// As for chats; none at all is a way to ask for the prompt's logprobs.
Problem Reader::read_max_tokens(JsonValue value) {
  std::int64_t number = 0;
  if (Problem problem = read_integer(value, {"max_tokens"}, {.low = -1}, number)) return problem;
  out_.wants_answer = number != 0;
  out_.generation.wanted.max_tokens = number < 0    ? std::numeric_limits<int>::max()
                                      : number == 0 ? 1
                                                    : static_cast<int>(number);
  return {};
}

Problem Reader::read_logprobs(JsonValue value) {
  std::int64_t n = 0;
  Problem problem = read_integer(value, {"logprobs"}, {0, kMaxLogprobs}, n);
  out_.generation.wanted.n_logprobs = static_cast<int>(n);
  return problem;
}

Problem Reader::finish(int max_choices) {
  GenerationRequest& generation = out_.generation;
  if (!has_model_) return bad_request("model: is missing, wanted a model's name", "model");
  if (generation.wanted.model.empty()) {
    return bad_request("model: is empty, wanted a name", "model");
  }
  if (out_.prompts.empty()) {
    return bad_request(fmt::format("prompt: is missing, wanted {}", kWantedPrompt), "prompt");
  }
  if (out_.prompts.size() * static_cast<std::size_t>(generation.n) >
      static_cast<std::size_t>(max_choices)) {
    return bad_request(
        fmt::format("prompt: {} prompts with n {} make more than {} choices, the limit of this "
                    "server",
                    out_.prompts.size(), generation.n, max_choices),
        "prompt");
  }
  if (best_of_ > generation.n) {
    generation.warnings.push_back(
        fmt::format("best_of: choices are not ranked, so there are n, which is {}", generation.n));
  }
  if (generation.wanted.max_tokens == 0) generation.wanted.max_tokens = kDefaultTokens;
  return check_generation(generation, has_stream_options_);
}

}  // namespace

Problem parse_completions_request(std::string& body, int max_choices, CompletionsRequest& out) {
  Reader reader(out);
  Problem problem = read_fields_into(body, reader);
  return problem ? problem : reader.finish(max_choices);
}

}  // namespace quern::serve
