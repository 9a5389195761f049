#include "serve/openai/generation_json.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/utf8.h"
#include "serve/json/json_text.h"
#include "serve/openai/openai_error.h"
#include "serve/random_id.h"

namespace quern::serve {
namespace {

using engine::GeneratedToken;

constexpr float kLeastLogprob = -9999;  // JSON has no infinity.
constexpr std::string_view kFingerprint = "quern-" QUERN_VERSION;

std::string_view finish_name(engine::FinishReason reason) {
  return reason == engine::FinishReason::kLength ? "\"length\"" : "\"stop\"";
}

/// A token as text; one that is no whole text as \xNN, after `prefix`.
void append_token(std::string& out, std::string_view bytes, std::string_view prefix) {
  if (is_valid_utf8(bytes)) return append_json_string(out, bytes);
  std::string spelled(prefix);
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(spelled), "\\x{:02x}", static_cast<unsigned char>(byte));
  }
  append_json_string(out, spelled);
}

void append_logprob(std::string& out, float logprob) {
  if (std::isnan(logprob)) {
    out += "null";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", std::max(logprob, kLeastLogprob));
  }
}

void append_chat_token(std::string& out, std::string_view bytes, float logprob) {
  out += R"({"token":)";
  append_token(out, bytes, "");
  out += R"(,"logprob":)";
  append_logprob(out, logprob);
  out += R"(,"bytes":[)";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{}", i == 0 ? "" : ",",
                   static_cast<unsigned char>(bytes[i]));
  }
  out += ']';
}

void append_chat_logprobs(std::string& out, const std::vector<GeneratedToken>& tokens) {
  out += R"({"content":[)";
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    if (t > 0) out += ',';
    append_chat_token(out, tokens[t].bytes, tokens[t].logprob);
    out += R"(,"top_logprobs":[)";
    for (std::size_t i = 0; i < tokens[t].top.size(); ++i) {
      if (i > 0) out += ',';
      append_chat_token(out, tokens[t].top_bytes[i], tokens[t].top[i].logprob);
      out += '}';
    }
    out += "]}";
  }
  out += R"(],"refusal":null})";
}

/// The likeliest tokens and the one that was taken, as an object: the first of equal texts counts.
void append_top(std::string& out, const GeneratedToken& token) {
  if (std::isnan(token.logprob)) {
    out += "null";
    return;
  }
  std::vector<std::string_view> told;
  out += '{';
  const auto append = [&](std::string_view bytes, float logprob) {
    if (std::find(told.begin(), told.end(), bytes) != told.end()) return;
    if (!told.empty()) out += ',';
    told.push_back(bytes);
    append_token(out, bytes, "bytes:");
    out += ':';
    append_logprob(out, logprob);
  };
  for (std::size_t i = 0; i < token.top.size(); ++i)
    append(token.top_bytes[i], token.top[i].logprob);
  append(token.bytes, token.logprob);
  out += '}';
}

template <typename Append>
void append_list(std::string& out, std::string_view name, const std::vector<GeneratedToken>& tokens,
                 Append append) {
  fmt::format_to(std::back_inserter(out), R"("{}":[)", name);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) out += ',';
    append(tokens[i]);
  }
  out += ']';
}

void append_completion_logprobs(std::string& out, const AnswerPart& part) {
  const auto& tokens = *part.tokens;
  long offset = part.n_chars_before;
  out += '{';
  append_list(out, "tokens", tokens,
              [&](const auto& token) { append_token(out, token.bytes, "bytes:"); });
  out += ',';
  append_list(out, "token_logprobs", tokens,
              [&](const auto& token) { append_logprob(out, token.logprob); });
  out += ',';
  append_list(out, "top_logprobs", tokens, [&](const auto& token) { append_top(out, token); });
  out += ',';
  append_list(out, "text_offset", tokens, [&](const auto& token) {
    fmt::format_to(std::back_inserter(out), "{}", std::max(offset, 0L));
    offset += count_begun_chars(token.bytes);
  });
  out += '}';
}

void append_tail(std::string& out, Dialect dialect, const AnswerPart& part) {
  out += R"(,"logprobs":)";
  if (part.tokens == nullptr) {
    out += "null";
  } else if (dialect == Dialect::kChat) {
    append_chat_logprobs(out, *part.tokens);
  } else {
    append_completion_logprobs(out, part);
  }
  out += R"(,"finish_reason":)";
  out += part.finish ? finish_name(*part.finish) : "null";
  out += '}';
}

void append_text_choice(std::string& out, const AnswerPart& part) {
  fmt::format_to(std::back_inserter(out), R"({{"index":{},"text":)", part.index);
  append_json_string(out, part.text);
  append_tail(out, Dialect::kCompletions, part);
}

void append_message_choice(std::string& out, const AnswerPart& part) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"index":{},"message":{{"role":"assistant","content":)", part.index);
  append_json_string(out, part.text);
  out += R"(,"refusal":null})";
  append_tail(out, Dialect::kChat, part);
}

void append_delta_choice(std::string& out, const AnswerPart& part) {
  fmt::format_to(std::back_inserter(out), R"({{"index":{},"delta":{{)", part.index);
  if (part.is_first) out += R"("role":"assistant",)";
  if (part.is_first || !part.finish) {
    out += R"("content":)";
    append_json_string(out, part.text);
  }
  out += '}';
  append_tail(out, Dialect::kChat, part);
}

void append_head(std::string& out, const AnswerHead& head, std::string_view object) {
  out += R"({"id":)";
  append_json_string(out, head.id);
  fmt::format_to(std::back_inserter(out), R"(,"object":"{}","created":{},"model":)", object,
                 head.created);
  append_json_string(out, head.model);
  fmt::format_to(std::back_inserter(out), R"(,"system_fingerprint":"{}","choices":[)",
                 kFingerprint);
}

std::string_view event_object(Dialect dialect) {
  return dialect == Dialect::kChat ? "chat.completion.chunk" : "text_completion";
}

void append_warnings(std::string& out, const AnswerHead& head) {
  if (head.warnings.empty()) return;
  out += ',';
  append_json_strings(out, "warnings", head.warnings);
}

void append_usage(std::string& out, const Usage& usage) {
  fmt::format_to(std::back_inserter(out),
                 R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                 R"("prompt_tokens_details":{{"cached_tokens":{}}}}})",
                 usage.n_prompt, usage.n_answer, usage.n_prompt + usage.n_answer, usage.n_cached);
}

}  // namespace

std::string make_answer_id(Dialect dialect) {
  return random_id(dialect == Dialect::kChat ? "chatcmpl" : "cmpl");
}

void append_event(std::string& out, const AnswerHead& head, const AnswerPart& part,
                  UsageMember usage) {
  out += "data: ";
  append_head(out, head, event_object(head.dialect));
  if (head.dialect == Dialect::kChat) {
    append_delta_choice(out, part);
  } else {
    append_text_choice(out, part);
  }
  out += usage == UsageMember::kNull ? R"(],"usage":null)" : "]";
  if (part.is_first && part.index == 0) append_warnings(out, head);
  out += "}\n\n";
}

void append_usage_event(std::string& out, const AnswerHead& head, const Usage& usage) {
  out += "data: ";
  append_head(out, head, event_object(head.dialect));
  out += "],";
  append_usage(out, usage);
  out += "}\n\n";
}

void append_error_event(std::string& out, const HttpError& error) {
  out += "data: " + openai_error(error) + "\n\n";
}

void append_last_event(std::string& out) { out += "data: [DONE]\n\n"; }

std::string answer_json(const AnswerHead& head, std::span<const AnswerPart> choices,
                        const Usage& usage) {
  const bool is_chat = head.dialect == Dialect::kChat;
  std::string out;
  append_head(out, head, is_chat ? "chat.completion" : "text_completion");
  bool is_first = true;
  for (const AnswerPart& choice : choices) {
    if (!std::exchange(is_first, false)) out += ',';
    if (is_chat) {
      append_message_choice(out, choice);
    } else {
      append_text_choice(out, choice);
    }
  }
  out += "],";
  append_usage(out, usage);
  append_warnings(out, head);
  return out + "}";
}

}  // namespace quern::serve
