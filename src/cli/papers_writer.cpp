#include "cli/papers_writer.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

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

// Calls that a server elsewhere takes at once; a profile's batch_workers are fewer.
constexpr int kCallsAtOnce = 64;

// Whether a text is still wanted is asked so often.
constexpr std::chrono::milliseconds kLookedUp{50};

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

/// A server elsewhere, with a connection for each thread that asks at a time.
class EndpointWriter {
 public:
  EndpointWriter(WriterFlags flags, std::string key)
      : flags_(std::move(flags)), key_(std::move(key)) {}

  Result<std::string> ask(const apps::WriterPrompt& prompt) {
    net::HttpRequest request{.method = net::Method::kPost, .url = completions_url(flags_.writer)};
    request.headers = {"Content-Type: application/json"};
    request.body = body_of(prompt, flags_.model);
    request.bearer = key_;
    request.stall_timeout = std::chrono::seconds(flags_.seconds);
    std::unique_ptr<Line> line = take_line();
    line->is_stopped = prompt.is_stopped;
    std::string body;
    const net::HttpOutcome outcome =
        line->client.fetch(request, net::collect(body, kMaxReplyBytes));
    line->is_stopped = {};
    give_back(std::move(line));
    if (outcome.failure) return outcome.failure->status.in(flags_.writer);
    return reply_of_completion(outcome.answer.last().status, body).in(flags_.writer);
  }

 private:
  struct Line {
    std::function<bool()> is_stopped = {};  // Of the prompt that is asked.
    net::HttpClient client{[this] { return is_interrupted() || (is_stopped && is_stopped()); }};
  };

  std::unique_ptr<Line> take_line() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Line>();
    std::unique_ptr<Line> out = std::move(idle_.back());
    idle_.pop_back();
    return out;
  }
  void give_back(std::unique_ptr<Line> line) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(line));
  }

  const WriterFlags flags_;
  const std::string key_;
  std::mutex mutex_;  // Guards this.
  std::vector<std::unique_ptr<Line>> idle_;
};

/// A generator of this machine. Threads: any.
class LocalWriter {
 public:
  LocalWriter(engine::Engine& engine, std::string model, int seconds,
              std::shared_ptr<const formats::DecoderModel> facts)
      : engine_(engine), model_(std::move(model)), seconds_(seconds), facts_(std::move(facts)) {}

  Result<std::string> ask(const apps::WriterPrompt& prompt) {
    text::ChatInput chat;
    chat.messages = jinja::make_list(
        {engine::chat_message("system", prompt.system), engine::chat_message("user", prompt.user)});
    QUERN_ASSIGN(jinja::Text asked, render(std::move(chat)));
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
    std::future<engine::GenerateResult> result = done.get_future();
    while (result.wait_for(kLookedUp) != std::future_status::ready) {
      if (is_interrupted() || (prompt.is_stopped && prompt.is_stopped())) ticket->cancel();
    }
    QUERN_TRY(result.get().status);
    return reply;
  }

 private:
  Result<jinja::Text> render(text::ChatInput chat) {
    const std::lock_guard lock(mutex_);
    return prompts_.render(*facts_, std::move(chat));
  }

  engine::Engine& engine_;
  const std::string model_;
  const int seconds_;
  const std::shared_ptr<const formats::DecoderModel> facts_;
  std::mutex mutex_;  // Guards this.
  engine::ChatPrompts prompts_;
};

apps::WriterShare share_of(const WriterFlags& flags, apps::WriterShare usual) {
  if (flags.stages.empty()) return usual;
  return flags.stages == "full" ? apps::WriterShare::kStages : apps::WriterShare::kSections;
}

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
  command
      .add_option("--writer-stages", flags.stages,
                  "What the writer does: full, also reading the question, choosing the\nquotes and "
                  "planning the sections; lite, the sections alone (default: full of\na URL, lite "
                  "of a model here)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"full", "lite"}));
  command.add_option("--writer-timeout", flags.seconds, "Seconds without a word from it (120)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600));
}

Result<apps::ReportWriter> open_writer(engine::Engine& engine, const WriterFlags& flags) {
  if (flags.writer.empty()) return apps::ReportWriter();
  if (is_url(flags.writer)) {
    if (flags.model.empty()) {
      return {Code::kBadInput, "--writer is a URL: --writer-model names the model there"};
    }
    const char* const usual_key = std::getenv("OPENAI_API_KEY");
    const std::string key = !flags.key.empty()     ? flags.key
                            : usual_key == nullptr ? std::string()
                                                   : usual_key;
    auto writer = std::make_shared<EndpointWriter>(flags, key);
    return apps::ReportWriter{
        .ask = [writer](const apps::WriterPrompt& prompt) { return writer->ask(prompt); },
        .share = share_of(flags, apps::WriterShare::kStages),
        .n_at_once = kCallsAtOnce,
        .name = flags.writer + " " + flags.model};
  }
  QUERN_ASSIGN(auto facts, engine.decoder(flags.writer));
  if (facts->chat_template.empty()) {
    return {Code::kBadInput,
            fmt::format("model '{}' has no chat template: it cannot be told what to write",
                        flags.writer)};
  }
  auto writer =
      std::make_shared<LocalWriter>(engine, flags.writer, flags.seconds, std::move(facts));
  return apps::ReportWriter{
      .ask = [writer](const apps::WriterPrompt& prompt) { return writer->ask(prompt); },
      .share = share_of(flags, apps::WriterShare::kSections),
      .name = "here",
      .model = flags.writer};
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
