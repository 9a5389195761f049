// The fields of POST /v1/chat/completions.

#include <fmt/format.h>

#include "serve/openai/chat_messages.h"
#include "serve/openai/generation_request.h"
#include "serve/openai/ignored_fields.h"

namespace quern::serve {
namespace {

using jinja::Value;

constexpr std::int64_t kMaxLogprobs = 20;
constexpr std::size_t kMaxVariables = 64;

class Reader {
 public:
  explicit Reader(ChatRequest& out) : out_(out) {}

  Problem read_field(std::string_view key, JsonValue value);
  Problem finish();

 private:
  Problem read_own_field(std::string_view key, JsonValue value);
  Problem read_choice_flag(JsonValue value, const JsonPlace& place, std::optional<bool>& out);
  Problem read_tools(JsonValue value);
  Problem read_tool_choice(JsonValue value);
  Problem read_response_format(JsonValue value);
  Problem read_modalities(JsonValue value);
  Problem read_variables(JsonValue value);
  Problem settle_last_message();

  ChatRequest& out_;
  JinjaReader values_;
  bool has_model_ = false;
  bool has_messages_ = false;
  bool has_stream_options_ = false;
  bool wants_logprobs_ = false;
  bool wants_no_tools_ = false;
  std::int64_t n_top_ = -1;
  int max_completion_tokens_ = 0;
  std::optional<bool> adds_prompt_;
  std::optional<bool> continues_;
};

Problem Reader::read_field(std::string_view key, JsonValue value) {
  GenerationRequest& generation = out_.generation;
  if (key == "messages") {
    has_messages_ = true;
    return read_messages(value, values_, out_.chat.messages);
  }
  if (key == "model") {
    has_model_ = true;
    return read_string(value, {key}, generation.wanted.model);
  }
  bool is_null = false;
  if (Problem problem = read_null(value, {key}, is_null)) return problem;
  if (is_null) return {};
  if (key == "stream_options") has_stream_options_ = true;
  if (auto read = read_generation_field(key, value, generation)) return *read;
  return read_own_field(key, value);
}

Problem Reader::read_own_field(std::string_view key, JsonValue value) {
  if (key == "max_completion_tokens") {
    return read_answer_limit(value, {key}, max_completion_tokens_);
  }
  if (key == "logprobs") return read_flag(value, {key}, wants_logprobs_);
  if (key == "top_logprobs") return read_integer(value, {key}, {0, kMaxLogprobs}, n_top_);
  if (key == "add_generation_prompt") return read_choice_flag(value, {key}, adds_prompt_);
  if (key == "continue_final_message") return read_choice_flag(value, {key}, continues_);
  if (key == "parse_special_tokens") return read_flag(value, {key}, out_.parse_special_tokens);
  if (key == "tools") return read_tools(value);
  if (key == "tool_choice") return read_tool_choice(value);
  if (key == "response_format") return read_response_format(value);
  if (key == "modalities") return read_modalities(value);
  if (key == "chat_template_kwargs") return read_variables(value);
  if (key == "functions" || key == "function_call") {
    return bad_request(fmt::format("{}: is not supported, wanted 'tools'", key), std::string(key));
  }
  return read_ignored(key, value, IgnoredBy::kGeneration, out_.generation.warnings);
}

/// A flag that may also not be given.
Problem Reader::read_choice_flag(JsonValue value, const JsonPlace& place,
                                 std::optional<bool>& out) {
  return read_flag(value, place, out.emplace());
}

Problem Reader::read_tools(JsonValue value) {
  std::vector<Value> tools;
  Problem problem =
      read_list(value, {"tools"}, "a list of tools", [&](JsonValue item, const JsonPlace& at) {
        Value& tool = tools.emplace_back();
        Problem bad = values_.read(item, at, tool);
        if (!bad && tool.as_dict() == nullptr) bad = wrong_type(at, tool.type_name(), "an object");
        return bad;
      });
  // No tools are not an empty list of tools to a template.
  out_.chat.tools = tools.empty() ? Value() : jinja::make_list(std::move(tools));
  return problem;
}

Problem Reader::read_tool_choice(JsonValue value) {
  JsonType type{};
  constexpr JsonPlace kPlace{"tool_choice"};
  constexpr std::string_view kWanted = "'none' or 'auto': a model cannot be made to call";
  if (const auto error = value.type().get(type)) return not_json(error, kPlace);
  if (type != JsonType::string) return wrong_type(kPlace, name_of(type), kWanted);
  std::string choice;
  if (Problem problem = read_string(value, kPlace, choice)) return problem;
  if (choice != "none" && choice != "auto") {
    return wrong_type(kPlace, fmt::format("'{}'", choice), kWanted);
  }
  wants_no_tools_ = choice == "none";
  return {};
}

Problem Reader::read_response_format(JsonValue value) {
  std::string type;
  Problem problem =
      read_object(value, {"response_format"}, [&](std::string_view key, JsonValue item) -> Problem {
        if (key != "type") return skip_json(item, {"response_format"});
        return read_string(item, {.field = "response_format", .member = "type"}, type);
      });
  if (problem || type == "text") return problem;
  return bad_request(
      fmt::format("response_format: type '{}' is not supported, wanted 'text'", type),
      "response_format");
}

Problem Reader::read_modalities(JsonValue value) {
  return read_list(value, {"modalities"}, "a list of strings",
                   [&](JsonValue item, const JsonPlace& at) -> Problem {
                     std::string word;
                     if (Problem problem = read_string(item, at, word)) return problem;
                     if (word == "text") return {};
                     return wrong_type(at, fmt::format("'{}'", word), "'text'");
                   });
}

Problem Reader::read_variables(JsonValue value) {
  out_.chat.extra.clear();
  constexpr JsonPlace kPlace{"chat_template_kwargs"};
  return read_object(value, kPlace, [&](std::string_view key, JsonValue item) -> Problem {
    if (out_.chat.extra.size() == kMaxVariables) {
      return wrong_type(kPlace, "more variables", fmt::format("at most {}", kMaxVariables));
    }
    auto& variable = out_.chat.extra.emplace_back(std::string(key), Value());
    return values_.read(item, kPlace, variable.second);
  });
}

/// What an assistant has begun is continued, unless the request says what it wants.
Problem Reader::settle_last_message() {
  text::ChatInput& chat = out_.chat;
  std::vector<Value> messages = chat.messages.as_list()->items;
  const jinja::Dict& last = *messages.back().as_dict();
  const std::string content = *last.find(std::string_view("content"))->as_text();
  const Value* calls = last.find(std::string_view("tool_calls"));
  const bool is_begun = *last.find(std::string_view("role"))->as_text() == "assistant" &&
                        (calls == nullptr || calls->is_none());
  const bool continues = continues_.value_or(is_begun && !adds_prompt_);
  chat.add_generation_prompt = adds_prompt_.value_or(!continues);
  if (!continues) return {};
  if (chat.add_generation_prompt) {
    return bad_request(
        "continue_final_message: is true beside 'add_generation_prompt', wanted one of them",
        "continue_final_message");
  }
  if (content.find_first_not_of(" \t\n\v\f\r") != std::string::npos) {
    out_.continued = content;
    return {};
  }
  // Nothing is begun: an answer from its beginning.
  chat.add_generation_prompt = true;
  if (!is_begun || messages.size() == 1) return {};
  messages.pop_back();
  chat.messages = jinja::make_list(std::move(messages));
  return {};
}

Problem Reader::finish() {
  engine::GenerateRequest& wanted = out_.generation.wanted;
  if (!has_model_) return bad_request("model: is missing, wanted a model's name", "model");
  if (wanted.model.empty()) return bad_request("model: is empty, wanted a name", "model");
  if (!has_messages_) {
    return bad_request("messages: is missing, wanted a list of messages", "messages");
  }
  if (n_top_ > 0 && !wants_logprobs_) {
    return bad_request("top_logprobs: is given, wanted only with 'logprobs': true", "top_logprobs");
  }
  if (wants_logprobs_) wanted.n_logprobs = static_cast<int>(std::max<std::int64_t>(n_top_, 0));
  if (max_completion_tokens_ > 0) wanted.max_tokens = max_completion_tokens_;
  if (wants_no_tools_) out_.chat.tools = Value();
  if (Problem problem = settle_last_message()) return problem;
  return check_generation(out_.generation, has_stream_options_);
}

}  // namespace

Problem parse_chat_request(std::string& body, ChatRequest& out) {
  Reader reader(out);
  Problem problem = read_fields_into(body, reader);
  return problem ? problem : reader.finish();
}

}  // namespace quern::serve
