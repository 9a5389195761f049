#include "cli/server_client.h"

#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "net/http_client.h"

namespace quern::cli {
namespace {

constexpr std::size_t kLongestAnswer = 64u << 20;
constexpr std::chrono::seconds kPatience{24 * 3600};  // Loading says nothing until it is done.

std::string key_of(const ServerFlags& flags) {
  if (!flags.api_key.empty()) return flags.api_key;
  const char* from_environment = std::getenv("QUERN_API_KEY");
  return from_environment == nullptr ? "" : from_environment;
}

bool is_of_this_machine(const std::string& url) {
  for (const char* host : {"http://127.", "http://localhost", "http://[::1]"}) {
    if (url.starts_with(host)) return true;
  }
  return false;
}

Code code_of(int http) {
  if (http == 404) return Code::kNotFound;
  if (http == 429 || http >= 500) return Code::kUnavailable;
  return Code::kBadInput;
}

/// What a server says of an error, in OpenAI's form or another.
std::string message_of(const nlohmann::json& answer, int http) {
  const auto error = answer.is_object() ? answer.find("error") : answer.end();
  if (error == answer.end()) return fmt::format("answered {}", http);
  if (error->is_string()) return error->get<std::string>();
  return error->is_object() ? error->value("message", fmt::format("answered {}", http))
                            : fmt::format("answered {}", http);
}

}  // namespace

void add_server_flags(CLI::App& command, ServerFlags& flags) {
  command
      .add_option("--server", flags.url,
                  "Of a running 'quern serve', such as http://127.0.0.1:8090")
      ->type_name("URL")
      ->check(empty_problem);
  command.add_option("--api-key", flags.api_key, "That server's key; also $QUERN_API_KEY")
      ->type_name("KEY")
      ->check(empty_problem);
}

std::string server_url(std::string_view text) {
  std::string url(text);
  if (url.find("://") == std::string::npos) url = "http://" + url;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<nlohmann::json> ask_server(const ServerFlags& flags, const std::string& path,
                                  const std::string& body) {
  const std::string url = server_url(flags.url);
  net::HttpRequest request{.url = url + path};
  request.bearer = key_of(flags);
  request.stall_timeout = kPatience;
  request.is_direct = is_of_this_machine(url);
  if (!body.empty()) {
    request.method = net::Method::kPost;
    request.headers = {"Content-Type: application/json"};
    request.body = body;
  }
  std::string text;
  net::HttpClient client;
  const net::HttpOutcome outcome = client.fetch(request, net::collect(text, kLongestAnswer));
  if (outcome.failure) return outcome.failure->status.in("server " + url);
  const int http = outcome.answer.last().status;
  nlohmann::json answer = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (http != 200) return Status(code_of(http), message_of(answer, http)).in("server " + url);
  if (answer.is_discarded()) return Status(Code::kIo, "server " + url + ": answered no JSON");
  return answer;
}

}  // namespace quern::cli
