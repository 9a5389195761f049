// quern load: load on an OpenAI-compatible server, and what it felt like to its clients.

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/load_report.h"
#include "cli/made_up_texts.h"
#include "cli/output_file.h"
#include "engine/texts/text_reader.h"
#include "net/load_run.h"

namespace quern::cli {
namespace {

constexpr std::size_t kMaxTexts = 100'000;
constexpr std::size_t kMaxTextBytes = 64u << 20;

struct LoadFlags {
  std::string url = "http://127.0.0.1:8090";
  std::string model;
  std::string api = "embeddings";
  std::string size = "small";
  std::optional<double> rate, duration_s, warm_up_s;
  bool is_poisson = false;
  std::optional<int> n_clients, n_words, n_inputs, n_answer_tokens;
  std::string texts;
  std::string api_key;
  double timeout_s = 60;
  int n_connections = 1024;
  std::uint64_t seed = 1;
  bool honours_retry_after = false;
  bool json = false;
  std::string html;
};

/// What --size stands for.
struct LoadSize {
  const char* name;
  int n_clients;
  int n_inputs;
  int n_words;
  int n_answer_tokens;
  double duration_s;
  double warm_up_s;
};
constexpr LoadSize kSizes[] = {{"small", 4, 1, 16, 32, 10, 1},
                               {"medium", 16, 1, 100, 128, 30, 3},
                               {"large", 64, 16, 300, 512, 60, 5}};

constexpr const char* kExamples =
    R"(With --rate the load is open: requests leave when they are due, whether the server keeps up or not,
and latency counts from the moment a request was due: a server that stalls for a second is then
slow for all who came meanwhile. Without --rate the load is closed: each of --clients sends when its
last answer is there. --size gives what is not given otherwise:
  small    4 clients, 1 text of 16 words, answers of 32 tokens, 10 s after 1 s to warm up
  medium   16 clients, 1 text of 100 words, answers of 128 tokens, 30 s after 3 s
  large    64 clients, 16 texts of 300 words, answers of 512 tokens, 60 s after 5 s

Examples:
  quern load --model all-MiniLM-L6-v2
  quern load --model all-MiniLM-L6-v2 --rate 200 --poisson --html report.html
  quern load --model SmolLM2-135M-Instruct --api chat --size medium --clients 8
  quern load --url http://10.0.0.5:8000 --model m --texts questions.txt --rate 20 --json)";

const LoadSize& size_of(const std::string& name) {
  for (const LoadSize& size : kSizes) {
    if (name == size.name) return size;
  }
  return kSizes[0];
}

struct Address {
  std::string host;
  int port = 80;
  std::string prefix;  // Of the path, without a last '/'.
};

Result<Address> parse_address(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const auto wrong = [&url](const char* why) {
    return Status(Code::kBadInput, fmt::format("--url is '{}', {}", url, why));
  };
  if (url.starts_with("https://")) {
    return wrong("only http:// is spoken: measure behind what ends TLS");
  }
  if (!url.starts_with(kScheme)) return wrong("want http://HOST[:PORT][/PATH]");
  std::string rest = url.substr(kScheme.size());
  Address out;
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  out.prefix = rest.substr(slash);
  while (out.prefix.ends_with('/')) out.prefix.pop_back();
  if (out.prefix.ends_with("/v1")) out.prefix.resize(out.prefix.size() - 3);
  rest.resize(slash);
  const std::size_t colon = rest.rfind(':');
  const std::size_t bracket = rest.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const std::string port = rest.substr(colon + 1);
    if (port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535 ||
        std::stoi(port) == 0) {
      return wrong("its port is no number from 1 to 65535");
    }
    out.port = std::stoi(port);
    rest.resize(colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return wrong("it names no host");
  out.host = rest;
  return out;
}

Result<std::vector<std::string>> read_texts(const std::string& path) {
  QUERN_ASSIGN(engine::TextReader reader,
               engine::TextReader::open(path, engine::TextFormat::kAuto));
  std::vector<std::string> texts;
  std::size_t n_bytes = 0;
  for (engine::TextItem item; texts.size() < kMaxTexts && n_bytes < kMaxTextBytes;) {
    QUERN_ASSIGN(const bool more, reader.next(item));
    if (!more) break;
    if (!item.status.ok() || item.text.empty()) continue;
    n_bytes += item.text.size();
    texts.push_back(std::move(item.text));
  }
  if (texts.empty()) return Status(Code::kBadInput, fmt::format("'{}' holds no text", path));
  return texts;
}

/// Bodies of requests, one after the other.
class Bodies {
 public:
  Bodies(const LoadFlags& flags, const LoadSize& size, std::vector<std::string> texts)
      : is_chat_(flags.api == "chat"),
        n_inputs_(size.n_inputs),
        n_words_(size.n_words),
        n_answer_tokens_(size.n_answer_tokens),
        texts_(std::move(texts)),
        random_(flags.seed) {
    append_json_string(flags.model, model_);
  }

  std::string next() {
    std::string body = "{\"model\":" + model_;
    if (is_chat_) {
      body += ",\"messages\":[{\"role\":\"user\",\"content\":";
      append_json_string(text(), body);
      return body + fmt::format(
                        "}}],\"stream\":true,\"stream_options\":{{\"include_usage\":true}},"
                        "\"temperature\":0,\"max_tokens\":{}}}",
                        n_answer_tokens_);
    }
    body += ",\"input\":[";
    for (int i = 0; i < n_inputs_; ++i) {
      if (i > 0) body += ',';
      append_json_string(text(), body);
    }
    return body + "]}";
  }

 private:
  std::string text() {
    if (texts_.empty()) return made_up_text(n_words_, random_);
    return texts_[n_made_++ % texts_.size()];
  }

  bool is_chat_;
  int n_inputs_;
  int n_words_;
  int n_answer_tokens_;
  std::vector<std::string> texts_;
  std::mt19937_64 random_;
  std::string model_;
  std::size_t n_made_ = 0;
};

std::chrono::milliseconds millis(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

std::string load_text(const LoadFlags& flags, int n_clients) {
  if (!flags.rate) return fmt::format("closed loop, {} clients", n_clients);
  return fmt::format("open loop, {:g} requests/s, {}", *flags.rate,
                     flags.is_poisson ? "Poisson" : "constant");
}

// --size, where nothing else is said.
LoadSize chosen(const LoadFlags& flags) {
  LoadSize size = size_of(flags.size);
  size.n_clients = flags.n_clients.value_or(size.n_clients);
  size.n_inputs = flags.api == "chat" ? 1 : flags.n_inputs.value_or(size.n_inputs);
  size.n_words = flags.n_words.value_or(size.n_words);
  size.n_answer_tokens = flags.n_answer_tokens.value_or(size.n_answer_tokens);
  size.duration_s = flags.duration_s.value_or(size.duration_s);
  size.warm_up_s = flags.warm_up_s.value_or(size.warm_up_s);
  return size;
}

std::string texts_text(const LoadFlags& flags, const LoadSize& size, std::size_t n_texts) {
  std::string text =
      n_texts == 0
          ? fmt::format("{} texts of {} words each", size.n_inputs, size.n_words)
          : fmt::format("{} each of the {} texts of '{}'", size.n_inputs, n_texts, flags.texts);
  if (flags.api == "chat") {
    text += fmt::format(", answers of at most {} tokens", size.n_answer_tokens);
  }
  return text;
}

net::Arrivals arrivals_of(const LoadFlags& flags) {
  if (!flags.rate) return net::Arrivals::kClosed;
  return flags.is_poisson ? net::Arrivals::kPoisson : net::Arrivals::kConstant;
}

// All but the bodies.
net::LoadPlan plan_of(const LoadFlags& flags, const LoadSize& size, const Address& address) {
  const bool is_chat = flags.api == "chat";
  net::LoadPlan plan;
  plan.host = address.host;
  plan.port = address.port;
  plan.path = address.prefix + (is_chat ? "/v1/chat/completions" : "/v1/embeddings");
  if (!flags.api_key.empty()) plan.headers.emplace_back("Authorization", "Bearer " + flags.api_key);
  plan.is_stream = is_chat;
  plan.wanted = is_chat ? "" : "\"embedding\"";
  plan.arrivals = arrivals_of(flags);
  plan.n_clients = size.n_clients;
  plan.rate = flags.rate.value_or(0);
  plan.seed = flags.seed;
  plan.warm_up = millis(size.warm_up_s);
  plan.duration = millis(size.duration_s);
  plan.timeout = millis(flags.timeout_s);
  plan.max_connections = flags.n_connections;
  plan.honours_retry_after = flags.honours_retry_after;
  plan.is_stopped = is_interrupted;
  return plan;
}

Result<LoadReport> measure(const LoadFlags& flags) {
  const LoadSize size = chosen(flags);
  QUERN_ASSIGN(const Address address, parse_address(flags.url));
  std::vector<std::string> texts;
  if (!flags.texts.empty()) {
    QUERN_ASSIGN(texts, read_texts(flags.texts));
  }
  LoadReport report;
  report.model = flags.model;
  report.load = load_text(flags, size.n_clients);
  report.texts = texts_text(flags, size, texts.size());
  report.is_open = flags.rate.has_value();
  report.is_stream = flags.api == "chat";
  report.rate = flags.rate.value_or(0);
  report.n_inputs = size.n_inputs;
  Bodies bodies(flags, size, std::move(texts));
  net::LoadPlan plan = plan_of(flags, size, address);
  plan.make_body = [&bodies](long) { return bodies.next(); };
  report.url = fmt::format("{}:{}{}", address.host, address.port, plan.path);
  watch_interrupts();
  QUERN_ASSIGN(report.result, net::run_load(plan));
  return report;
}

Status write_file(const std::string& path, const std::string& text) {
  QUERN_ASSIGN(OutputFile out, OutputFile::create(path));
  QUERN_TRY(out.write(text));
  return out.commit();
}

Result<bool> load(const LoadFlags& flags) {
  QUERN_ASSIGN(const LoadReport report, measure(flags));
  if (!flags.html.empty()) QUERN_TRY(write_file(flags.html, load_html(report)));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(flags.json ? load_json(report) : load_table(report)));
  QUERN_TRY(out.commit());
  return report.result.errors.empty() && report.result.n_unanswered == 0;
}

void add_what_flags(CLI::App& command, LoadFlags& flags) {
  command.add_option("--url", flags.url, "The server (default: http://127.0.0.1:8090)")
      ->type_name("URL")
      ->check(empty_problem);
  command.add_option("--model", flags.model, "The model's name, as the server has it")
      ->type_name("NAME")
      ->required();
  command
      .add_option("--api", flags.api,
                  "embeddings (default), or chat: streamed answers, timed to the\n"
                  "first token and from token to token")
      ->type_name("NAME")
      ->check(CLI::IsMember({"embeddings", "chat"}));
  command.add_option("--size", flags.size, "small (default), medium or large: see below")
      ->type_name("NAME")
      ->check(CLI::IsMember({"small", "medium", "large"}));
  command
      .add_option(
          "--texts", flags.texts,
          "Send the texts of this file in turn (default: words made up, no\ntwo texts alike)")
      ->type_name("FILE")
      ->check(empty_problem);
  command.add_option("--words", flags.n_words, "Of each text that is made up")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--inputs", flags.n_inputs, "Texts in one embeddings request")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--max-tokens", flags.n_answer_tokens, "Most tokens of an answer of chat")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--api-key", flags.api_key, "Sent as a bearer token; also $QUERN_API_KEY")
      ->type_name("KEY")
      ->check(empty_problem);
}

void add_how_flags(CLI::App& command, LoadFlags& flags) {
  command.add_option("--rate", flags.rate, "Open loop: so many requests a second, come what may")
      ->type_name("N")
      ->check(CLI::Range(1e-3, 1e6));
  command.add_flag("--poisson", flags.is_poisson,
                   "With --rate: at random moments, as from many independent users");
  command
      .add_option("--clients", flags.n_clients, "Closed loop: clients that wait for each answer")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--duration", flags.duration_s, "Seconds that are counted")
      ->type_name("S")
      ->check(CLI::Range(0.1, 1e6));
  command.add_option("--warmup", flags.warm_up_s, "Seconds before them, which are not")
      ->type_name("S")
      ->check(CLI::Range(0.0, 1e6));
  command.add_option("--timeout", flags.timeout_s, "Seconds that an answer may take (default: 60)")
      ->type_name("S")
      ->check(CLI::Range(0.01, 1e6));
  command
      .add_option("--max-connections", flags.n_connections,
                  "With --rate: requests beyond these wait, which counts\n(default: 1024)")
      ->type_name("N")
      ->check(CLI::Range(1, 60'000));
  command.add_flag("--retry-after", flags.honours_retry_after,
                   "Ask again when a 429 or 503 says when to; the waiting counts");
  command.add_option("--seed", flags.seed, "Of the made-up texts and random moments (default: 1)")
      ->type_name("N");
}

}  // namespace

void add_load(CLI::App& app, Context& context) {
  auto flags = std::make_shared<LoadFlags>();
  CLI::App* command = app.add_subcommand("load", "Put load on a server and measure its latency");
  add_what_flags(*command, *flags);
  add_how_flags(*command, *flags);
  command->add_flag("--json", flags->json, "One JSON object instead of the table");
  command->add_option("--html", flags->html, "Also write a report with pictures, one file in all")
      ->type_name("FILE")
      ->check(empty_problem);
  command->footer(kExamples);
  command->callback([flags, &context] {
    const Result<bool> all_good = load(*flags);
    context.exit_code = !all_good.ok() ? fail(all_good.status())
                        : *all_good    ? kExitOk
                                       : kExitSomeFailed;
  });
}

}  // namespace quern::cli
