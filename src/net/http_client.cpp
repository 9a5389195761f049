#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "net/curl_library.h"

namespace quern::net {
namespace {

constexpr long kMaxRedirects = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_redirect(const HttpHead& head) {
  return head.status >= 300 && head.status < 400 && head.find("location") != nullptr;
}

/// `what`: libcurl's words for it.
HttpFailure failure_of(CURLcode code, const std::string& what, const HttpRequest& request) {
  const std::string where = url_origin(request.url);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {{Code::kBadInput, fmt::format("cannot fetch '{}': {}", request.url, what)}, false};
    case CURLE_OPERATION_TIMEDOUT:
      return {{Code::kDeadline, fmt::format("no answer from {}: {}", where, what)}, true};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return {{Code::kUnavailable,
               fmt::format("the certificate of {} is not trusted: {} (SSL_CERT_FILE names the "
                           "certificates to trust; Debian's package is ca-certificates)",
                           where, what)},
              false};
    case CURLE_UNKNOWN_OPTION:
      return {{Code::kUnavailable, "the libcurl of this machine is too old, want 7.85 or newer"},
              false};
    case CURLE_TOO_MANY_REDIRECTS:
      return {{Code::kUnavailable, fmt::format("{} redirects in a circle: {}", where, what)},
              false};
    default:
      return {{Code::kUnavailable, fmt::format("cannot fetch from {}: {}", where, what)}, true};
  }
}

}  // namespace

const std::string* HttpHead::find(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? nullptr : &at->second;
}

const std::string* HttpAnswer::find(const std::string& name) const {
  for (const HttpHead& hop : hops) {
    if (const std::string* value = hop.find(name)) return value;
  }
  return nullptr;
}

struct HttpClient::Impl {
  const CurlLibrary* library = nullptr;  // nullptr: there is none.
  CURL* curl = nullptr;
  std::function<bool()> is_cancelled;
  std::array<char, CURL_ERROR_SIZE> detail = {};

  // Of the fetch that runs.
  const HttpSink* sink = nullptr;
  HttpAnswer answer;
  bool announced = false;
  Status stopped;  // By the sink.

  ~Impl() {
    if (curl != nullptr) library->easy_cleanup(curl);
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
      // An interim answer (100, or a proxy's to CONNECT) is replaced by the one that follows it.
      char* url = nullptr;
      library->easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
      if (answer.hops.empty() || is_redirect(answer.last())) answer.hops.emplace_back();
      answer.hops.back() = HttpHead{.status = 0, .url = url == nullptr ? "" : url, .headers = {}};
      if (const std::size_t at = line.find(' '); at != line.npos) {
        answer.hops.back().status = std::atoi(std::string(line.substr(at + 1, 3)).c_str());
      }
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos || answer.hops.empty()) return;
    answer.hops.back().headers[lower(trimmed(line.substr(0, colon)))] =
        std::string(trimmed(line.substr(colon + 1)));
  }

  bool announce() {
    if (std::exchange(announced, true) || !sink->on_answer) return true;
    stopped = sink->on_answer(answer);
    return stopped.ok();
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t n, void* self) {
    static_cast<Impl*>(self)->take_header({data, n});
    return n;
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t n, void* self) {
    auto* impl = static_cast<Impl*>(self);
    if (!impl->announce()) return 0;
    if (impl->sink->on_body) impl->stopped = impl->sink->on_body({data, n});
    return impl->stopped.ok() ? n : 0;
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto* impl = static_cast<Impl*>(self);
    return impl->is_cancelled && impl->is_cancelled() ? 1 : 0;
  }
};

HttpClient::HttpClient(std::function<bool()> is_cancelled) : impl_(std::make_unique<Impl>()) {
  if (const Result<CurlLibrary>& library = curl_library(); library.ok()) {
    impl_->library = &*library;
    impl_->curl = library->easy_init();
    QUERN_CHECK(impl_->curl != nullptr);
  }
  impl_->is_cancelled = std::move(is_cancelled);
}

HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

HttpOutcome HttpClient::fetch(const HttpRequest& request, const HttpSink& sink) {
  Impl& impl = *impl_;
  if (impl.library == nullptr) {
    return {.answer = {}, .failure = HttpFailure{curl_library().status(), false}};
  }
  const CurlLibrary& library = *impl.library;
  impl.sink = &sink;
  impl.answer = {};
  impl.announced = false;
  impl.stopped = {};
  impl.detail[0] = '\0';

  CURL* curl = impl.curl;
  library.easy_reset(curl);  // Keeps the connection.
  curl_slist* headers = nullptr;
  for (const std::string& header : request.headers) {
    headers = library.slist_append(headers, header.c_str());
  }
  bool has_all = true;
  const auto set = [&](CURLoption option, auto value) {
    has_all = has_all && library.easy_setopt(curl, option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_NOBODY, request.method == Method::kHead ? 1L : 0L);
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_USERAGENT, "quern");
  if (!request.bearer.empty()) {
    // libcurl gives credentials to the first scheme, host and port alone.
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    set(CURLOPT_XOAUTH2_BEARER, request.bearer.c_str());
  }
  if (request.method == Method::kPost) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (request.is_direct) set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_FOLLOWLOCATION, request.method == Method::kPost ? 0L : 1L);
  set(CURLOPT_MAXREDIRS, kMaxRedirects);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.starts_with("https:") ? "https" : "http,https");
  // libcurl itself reads this variable nowhere, its users expect it.
  const char* trusted = std::getenv("SSL_CERT_FILE");
  if (trusted != nullptr && *trusted != '\0') set(CURLOPT_CAINFO, trusted);
  // Ranges run side by side, so each has a connection of its own.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
  set(CURLOPT_ERRORBUFFER, impl.detail.data());
  set(CURLOPT_HEADERFUNCTION, &Impl::on_header);
  set(CURLOPT_HEADERDATA, &impl);
  set(CURLOPT_WRITEFUNCTION, &Impl::on_body);
  set(CURLOPT_WRITEDATA, &impl);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Impl::on_progress);
  set(CURLOPT_XFERINFODATA, &impl);

  const CURLcode code = has_all ? library.easy_perform(curl) : CURLE_UNKNOWN_OPTION;
  library.slist_free_all(headers);
  HttpOutcome out;
  if (code == CURLE_OK && impl.announce()) {
    out.answer = std::move(impl.answer);
  } else if (!impl.stopped.ok()) {
    out.failure = HttpFailure{impl.stopped, false};
  } else if (code == CURLE_ABORTED_BY_CALLBACK) {
    out.failure = HttpFailure{{Code::kCancelled, "stopped"}, false};
  } else {
    const char* detail = impl.detail.data();
    out.failure =
        failure_of(code, detail[0] != '\0' ? detail : library.easy_strerror(code), request);
  }
  return out;
}

HttpSink collect(std::string& body, std::size_t limit_bytes) {
  return {.on_answer = {}, .on_body = [&body, limit_bytes](std::string_view bytes) -> Status {
            if (body.size() + bytes.size() > limit_bytes) {
              return {Code::kBadInput, fmt::format("an answer of more than {} bytes", limit_bytes)};
            }
            body += bytes;
            return {};
          }};
}

std::string url_segment(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != kPlain.npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string url_path(std::string_view text) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t slash = text.find('/', at);
    out += url_segment(text.substr(at, slash - at));
    if (slash == text.npos) return out;
    out += '/';
    at = slash + 1;
  }
}

std::string url_origin(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return "";
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t user = rest.rfind('@'); user != rest.npos) rest.remove_prefix(user + 1);
  return lower(fmt::format("{}://{}", url.substr(0, scheme), rest));
}

}  // namespace quern::net
