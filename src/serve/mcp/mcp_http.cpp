#include "serve/mcp/mcp_http.h"

#include <cctype>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "serve/http/router.h"
#include "serve/mcp/mcp_batch.h"
#include "serve/mcp/mcp_headers.h"
#include "serve/mcp/mcp_stdio.h"
#include "serve/random_id.h"

namespace quern::serve {
namespace {

using ExchangePtr = std::shared_ptr<Exchange>;

// Errors of HTTP itself, which no message caused.
std::string mcp_error(const HttpError& error) {
  const int code = error.status >= 500 ? kInternalError : kInvalidRequest;
  return McpServer::error_reply("null", {.code = code, .message = error.message}).json;
}

std::string event_of(const std::string& json) { return "data: " + json + "\n\n"; }

/// The answer to one POST, which becomes a stream when there is something to say before its end.
/// Threads: any.
class Answering {
 public:
  explicit Answering(ExchangePtr exchange) : exchange_(std::move(exchange)) {}

  void tell(const std::string& json) {
    const std::lock_guard lock(mutex_);
    if (is_streaming_) {
      exchange_->write(event_of(json));
      return;
    }
    is_streaming_ = true;
    exchange_->begin_stream(
        {.status = 200,
         .content_type = "text/event-stream",
         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
         .body = event_of(json)});
  }

  void finish(McpReply reply, Headers headers = {}) {
    const std::lock_guard lock(mutex_);
    if (is_streaming_) return exchange_->end(reply.json.empty() ? "" : event_of(reply.json));
    Response response{.status = reply.json.empty() ? 202 : reply.http_status,
                      .headers = std::move(headers),
                      .body = std::move(reply.json)};
    exchange_->respond(std::move(response));
  }

 private:
  const ExchangePtr exchange_;
  std::mutex mutex_;
  bool is_streaming_ = false;
};

// A page may send other types, and none at all, to anybody: only for this one its browser asks
// first.
bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  std::string type(content_type);
  for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return type == "application/json";
}

}  // namespace

struct McpHttp::Impl {
  McpServer& server;
  std::string host;
  std::shared_ptr<McpCalls> calls = std::make_shared<McpCalls>();
  std::unique_ptr<Router> router;
  std::unique_ptr<HttpServer> http;

  explicit Impl(McpServer& served) : server(served) {}

  void handle_post(const ExchangePtr& exchange);
  void answer_batch(const ExchangePtr& exchange, const McpInput& input);
  void answer_request(const ExchangePtr& exchange, const McpMessage& message);
  void take_notification(const Request& request, const McpMessage& message);
  static void handle_delete(const ExchangePtr& exchange);
  McpServer::Want want_of(const ExchangePtr& exchange, const McpMessage& message, std::string& key);
};

namespace {

// Of one session's calls.
std::string key_of(const Request& request, const std::string& id) {
  const std::string_view session = request.header("mcp-session-id");
  return session.empty() ? "" : fmt::format("{}\n{}", session, id);
}

// Why the version that a request names is none for it.
std::optional<McpError> version_problem(const Request& request) {
  const std::string_view version = request.header("mcp-protocol-version");
  if (version.empty() || version == kModernVersion || is_handshake_version(version)) {
    return std::nullopt;
  }
  return McpError{.code = kInvalidRequest,
                  .message = fmt::format("MCP-Protocol-Version '{}' is not spoken here, wanted {} "
                                         "or one that initialize agrees on",
                                         version.substr(0, 100), kModernVersion)};
}

bool is_modern(const Request& request) {
  return request.header("mcp-protocol-version") == kModernVersion;
}

}  // namespace

void McpHttp::Impl::handle_post(const ExchangePtr& exchange) {
  const Request& request = exchange->request;
  if (!is_json(request.header("content-type"))) {
    return exchange->fail(http_error(415, "Content-Type is not application/json"));
  }
  const McpInput input = read_mcp_input(request.body);
  if (input.is_batch) return answer_batch(exchange, input);
  const McpMessage& message = input.messages[0];
  // A message that says its version itself is told of it in the words of its era.
  const auto problem = message.meta_version ? std::nullopt : version_problem(request);
  if (problem) {
    return Answering(exchange).finish(McpServer::error_reply(message.id, *problem, 400));
  }
  switch (message.kind) {
    case McpMessage::Kind::kNotification:
      take_notification(request, message);
      return exchange->respond({.status = 202});
    case McpMessage::Kind::kResponse:
      return exchange->respond({.status = 202});  // To nothing that was asked.
    case McpMessage::Kind::kInvalid:
    case McpMessage::Kind::kRequest:
      return answer_request(exchange, message);
  }
}

void McpHttp::Impl::take_notification(const Request& request, const McpMessage& message) {
  if (message.method != "notifications/cancelled") return;
  const std::string key = key_of(request, message.request_id);
  if (!key.empty()) calls->cancel(key);
}

// Who sends no version speaks 2025-03-26, says the protocol.
void McpHttp::Impl::answer_batch(const ExchangePtr& exchange, const McpInput& input) {
  const std::string_view version = exchange->request.header("mcp-protocol-version");
  const auto answering = std::make_shared<Answering>(exchange);
  if (const auto refusal = batch_refusal(input, version.empty() ? kBatchVersion : version)) {
    return answering->finish(McpServer::error_reply("null", *refusal, 400));
  }
  const auto batch = std::make_shared<McpBatch>(
      input, [answering](std::string json) { answering->finish({.json = std::move(json)}); });
  std::vector<std::shared_ptr<McpCall>> under_way;
  for (const McpMessage& message : input.messages) {
    if (message.kind == McpMessage::Kind::kNotification) {
      take_notification(exchange->request, message);
    }
    if (!McpBatch::is_answered(message)) continue;
    std::string key;
    McpServer::Want want = want_of(exchange, message, key);
    if (want.call == nullptr) {
      batch->add(McpServer::error_reply(message.id,
                                        {.code = kInvalidRequest, .message = "this id is in use"})
                     .json);
      continue;
    }
    under_way.push_back(want.call);
    server.answer(message, want, [batch, calls = calls, key](McpReply reply) {
      if (!key.empty()) calls->end(key);
      batch->add(std::move(reply.json));
      if (!key.empty()) calls->leave();
    });
  }
  exchange->on_gone([under_way = std::move(under_way)] {
    for (const auto& call : under_way) call->is_cancelled = true;
  });
}

// `key` is set where the call can be cancelled by its id.
McpServer::Want McpHttp::Impl::want_of(const ExchangePtr& exchange, const McpMessage& message,
                                       std::string& key) {
  const Request& request = exchange->request;
  McpServer::Want want;
  want.is_modern = is_modern(request);
  const bool is_call = message.method == "tools/call";
  if (is_call && !want.is_modern) key = key_of(request, message.id);
  want.call = key.empty() ? std::make_shared<McpCall>() : calls->begin(key);
  if (want.call == nullptr) key.clear();
  return want;
}

void McpHttp::Impl::answer_request(const ExchangePtr& exchange, const McpMessage& message) {
  const Request& request = exchange->request;
  const auto answering = std::make_shared<Answering>(exchange);
  if (message.kind == McpMessage::Kind::kRequest && message.meta_version) {
    if (const auto problem = header_problem(request, message)) {
      return answering->finish(McpServer::error_reply(message.id, *problem, 400));
    }
  }
  std::string key;
  McpServer::Want want = want_of(exchange, message, key);
  if (want.call == nullptr) {
    return answering->finish(McpServer::error_reply(
        message.id,
        {.code = kInvalidRequest, .message = "a request with this id has not been answered yet"}));
  }
  // A client of the new era cancels by leaving; an older one may only have lost its connection, but
  // then nobody hears the answer either.
  exchange->on_gone([call = want.call] { call->is_cancelled = true; });
  if (request.header("accept").find("text/event-stream") != std::string_view::npos) {
    want.notify = [answering](std::string json) { answering->tell(json); };
  }
  Headers headers;
  if (message.method == "initialize") headers.emplace_back("Mcp-Session-Id", random_id("mcp"));
  server.answer(message, want,
                [answering, calls = calls, key, headers = std::move(headers)](McpReply reply) {
                  if (!key.empty()) calls->end(key);
                  answering->finish(std::move(reply), headers);
                  if (!key.empty()) calls->leave();
                });
}

// Nothing is kept of a session.
void McpHttp::Impl::handle_delete(const ExchangePtr& exchange) {
  if (!is_modern(exchange->request)) return exchange->respond({.status = 204});
  Response response =
      to_response(http_error(405, "there are no sessions in this version"), mcp_error);
  response.headers.emplace_back("Allow", "POST");
  exchange->respond(std::move(response));
}

McpHttp::McpHttp(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

McpHttp::~McpHttp() {
  if (impl_->http != nullptr) stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<McpHttp>> McpHttp::start(const McpHttpOptions& options, McpServer& server) {
  auto impl = std::make_unique<Impl>(server);
  impl->host = options.http.host;
  std::string api_key = options.api_key;
  if (const char* given = std::getenv("QUERN_API_KEY"); api_key.empty() && given != nullptr) {
    api_key = given;
  }
  HostGuard guard;
  // A page that has no key can do no harm.
  if (api_key.empty()) {
    QUERN_ASSIGN(guard, HostGuard::make(impl->host, options.allowed_hosts));
  }
  impl->router = std::make_unique<Router>(api_key, std::move(guard), mcp_error);
  Impl* const raw = impl.get();
  const auto add = [&](const char* method, Handler handler) {
    impl->router->add({.method = method,
                       .pattern = kMcpPath,
                       .access = Access::kWithKey,
                       .write_error = mcp_error,
                       .handler = std::move(handler)});
  };
  add("POST", [raw](const ExchangePtr& exchange) { raw->handle_post(exchange); });
  add("DELETE", [](const ExchangePtr& exchange) { Impl::handle_delete(exchange); });
  HttpServerOptions http = options.http;
  http.limits.body_bytes = kMaxMcpLine;
  http.error_writer = [raw](std::string_view path) { return raw->router->error_writer(path); };
  http.objection = [raw](const Request& head) { return raw->router->objection(head); };
  QUERN_ASSIGN(impl->http, HttpServer::start(http, [raw](ExchangePtr exchange) {
                 raw->router->handle(exchange);
               }));
  return std::unique_ptr<McpHttp>(new McpHttp(std::move(impl)));
}

int McpHttp::port() const { return impl_->http->port(); }

std::string McpHttp::url() const {
  const bool is_v6 = impl_->host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}{}", is_v6 ? "[" : "", impl_->host, is_v6 ? "]" : "", port(),
                     kMcpPath);
}

bool McpHttp::stop(std::chrono::milliseconds patience) { return impl_->http->stop(patience); }

}  // namespace quern::serve
