#include "hub/pull/hub_access.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "net/http_client.h"

namespace quern::hub {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr int kMaxTimeoutSeconds = 86'400;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string trimmed(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text == "1" || text == "ON" || text == "YES" || text == "TRUE";
}

std::string token_path() {
  if (const std::string path = variable("HF_TOKEN_PATH"); !path.empty()) return path;
  if (const std::string home = variable("HF_HOME"); !home.empty()) return home + "/token";
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    return cache + "/huggingface/token";
  }
  return variable("HOME") + "/.cache/huggingface/token";
}

Result<std::string> read_token() {
  std::string where;
  std::string token;
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    token = trimmed(variable(name));
    where = name;
    if (!token.empty()) break;
  }
  if (token.empty()) {
    where = token_path();
    const Result<std::string> text = read_file(where, kMaxTokenBytes);
    if (text.ok()) token = trimmed(*text);
  }
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(token.begin(), token.end(), is_plain)) {
    return {Code::kBadInput,
            fmt::format("{} holds spaces or other characters that no token has", where)};
  }
  return token;
}

}  // namespace

Result<HubAccess> hub_access_from_environment() {
  HubAccess access;
  if (std::string endpoint = trimmed(variable("HF_ENDPOINT")); !endpoint.empty()) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
    const std::string origin = net::url_origin(endpoint);
    if (!origin.starts_with("https://") && !origin.starts_with("http://")) {
      return {Code::kBadInput,
              fmt::format("HF_ENDPOINT is '{}', want an address such as https://huggingface.co",
                          endpoint)};
    }
    access.endpoint = endpoint;
  }
  QUERN_ASSIGN(access.token, read_token());
  access.offline = is_true(variable("HF_HUB_OFFLINE"));
  if (const std::string text = variable("HF_HUB_DOWNLOAD_TIMEOUT"); !text.empty()) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 1 ||
        seconds > kMaxTimeoutSeconds) {
      return {Code::kBadInput,
              fmt::format("HF_HUB_DOWNLOAD_TIMEOUT is '{}', want seconds from 1 to {}", text,
                          kMaxTimeoutSeconds)};
    }
    access.stall_timeout = std::chrono::seconds(seconds);
  }
  return access;
}

}  // namespace quern::hub
