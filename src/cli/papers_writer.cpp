#include "cli/papers_writer.h"

#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/interrupt.h"
#include "engine/generate/chat_prompt.h"
#include "engine/generate/generation.h"
#include "formats/decoder_model.h"
#include "jinja/value.h"
#include "net/http_client.h"

namespace quern::cli {
namespace {

constexpr std::size_t kMaxReplyBytes = std::size_t{4} << 20;
constexpr std::size_t kShownBytes = 300;

bool is_url(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

std::string body_of(const apps::WriterPrompt& prompt, const std::string& model) {
  const nlohmann::json messages = {{{"role", "system"}, {"content", prompt.system}},
                                   {{"role", "user"}, {"content", prompt.user}}};
  return nlohmann::json({{"model", model},
                         {"messages", messages},
                         {"max_tokens", prompt.max_tokens},
                         {"temperature", prompt.temperature},
                         {"stream", false}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::string> ask_endpoint(net::HttpClient& client, const WriterFlags& flags,
                                 const std::string& key, const apps::WriterPrompt& prompt) {
  net::HttpRequest request{.method = net::Method::kPost, .url = completions_url(flags.writer)};
  request.headers = {"Content-Type: application/json"};
  request.body = body_of(prompt, flags.model);
  request.bearer = key;
  request.stall_timeout = std::chrono::seconds(flags.seconds);
  std::string body;
  const net::HttpOutcome outcome = client.fetch(request, net::collect(body, kMaxReplyBytes));
  if (outcome.failure) return outcome.failure->status.in(flags.writer);
  return reply_of_completion(outcome.answer.last().status, body).in(flags.writer);
}

/// A generator of this machine.
class LocalWriter {
 public:
  LocalWriter(engine::Engine& engine, std::string model, int seconds,
              std::shared_ptr<const formats::DecoderModel> facts)
      : engine_(engine), model_(std::move(model)), seconds_(seconds), facts_(std::move(facts)) {}

  Result<std::string> ask(const apps::WriterPrompt& prompt) {
    text::ChatInput chat;
    chat.messages = jinja::make_list(
        {engine::chat_message("system", prompt.system), engine::chat_message("user", prompt.user)});
    QUERN_ASSIGN(jinja::Text asked, prompts_.render(*facts_, std::move(chat)));
    engine::GenerateRequest request;
    request.model = model_;
    request.prompt = std::move(asked.bytes);
    request.plain = std::move(asked.foreign);
    request.max_tokens = prompt.max_tokens;
    request.sampling.temperature = static_cast<float>(prompt.temperature);
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_);
    std::string reply;
    std::promise<engine::GenerateResult> done;
    auto ticket = engine_.generate(
        std::move(request), [&](const engine::GenerateDelta& delta) { reply += delta.text; },
        [&](engine::GenerateResult result) { done.set_value(std::move(result)); });
    const engine::GenerateResult result = done.get_future().get();
    QUERN_TRY(result.status);
    return reply;
  }

 private:
  engine::Engine& engine_;
  const std::string model_;
  const int seconds_;
  const std::shared_ptr<const formats::DecoderModel> facts_;
  engine::ChatPrompts prompts_;
};

}  // namespace

void add_writer_flags(CLI::App& command, WriterFlags& flags) {
  command
      .add_option("--writer", flags.writer,
                  "Who writes the sections from the quotes: an installed generator, or the\nURL of "
                  "a server with OpenAI's chat API (default: nobody, the quotes are\nthe answer)")
      ->type_name("MODEL|URL");
  command.add_option("--writer-model", flags.model, "Of a URL: its name for the model")
      ->type_name("NAME");
  command.add_option("--writer-key", flags.key, "Of a URL: the API key (default: OPENAI_API_KEY)")
      ->type_name("KEY");
  command.add_option("--writer-timeout", flags.seconds, "Seconds without a word from it (120)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600));
}

Result<apps::AskModel> open_writer(engine::Engine& engine, const WriterFlags& flags) {
  if (flags.writer.empty()) return apps::AskModel();
  if (is_url(flags.writer)) {
    if (flags.model.empty()) {
      return {Code::kBadInput, "--writer is a URL: --writer-model names the model there"};
    }
    const char* const usual_key = std::getenv("OPENAI_API_KEY");
    const std::string key = !flags.key.empty()     ? flags.key
                            : usual_key == nullptr ? std::string()
                                                   : usual_key;
    auto client = std::make_shared<net::HttpClient>([] { return is_interrupted(); });
    return apps::AskModel([client, flags, key](const apps::WriterPrompt& prompt) {
      return ask_endpoint(*client, flags, key, prompt);
    });
  }
  QUERN_ASSIGN(auto facts, engine.decoder(flags.writer));
  if (facts->chat_template.empty()) {
    return {Code::kBadInput,
            fmt::format("model '{}' has no chat template: it cannot be told what to write",
                        flags.writer)};
  }
  auto writer =
      std::make_shared<LocalWriter>(engine, flags.writer, flags.seconds, std::move(facts));
  return apps::AskModel([writer](const apps::WriterPrompt& prompt) { return writer->ask(prompt); });
}

Result<std::string> reply_of_completion(int status, const std::string& body) {
  const nlohmann::json answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (status != 200) {
    std::string said = body.substr(0, kShownBytes);
    if (answer.is_object() && answer.contains("error") && answer["error"].is_object() &&
        answer["error"].contains("message") && answer["error"]["message"].is_string()) {
      said = answer["error"]["message"].get<std::string>().substr(0, kShownBytes);
    }
    return {Code::kUnavailable, fmt::format("status {}: {}", status, said)};
  }
  const nlohmann::json::json_pointer content("/choices/0/message/content");
  if (answer.is_object() && answer.contains(content) && answer[content].is_string()) {
    return answer[content].get<std::string>();
  }
  return {Code::kBadInput,
          fmt::format("no chat completion came, but: {}", body.substr(0, kShownBytes))};
}

std::string completions_url(const std::string& base) {
  std::string out = base;
  while (!out.empty() && out.back() == '/') out.pop_back();
  if (out.ends_with("/chat/completions")) return out;
  const std::size_t host = out.find("//") + 2;
  if (out.find('/', host) == std::string::npos) out += "/v1";
  return out + "/chat/completions";
}

}  // namespace quern::cli
