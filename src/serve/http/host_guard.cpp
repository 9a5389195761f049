#include "serve/http/host_guard.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

namespace quern::serve {
namespace {

constexpr std::size_t kToldBytes = 80;  // Of a foreign host, in messages.

/// The host of "host", "host:port", "[v6]" or "[v6]:port", in lower case and without the dot that
/// may end a name; "" for what is none of these.
std::string host_of(std::string_view host_and_port) {
  std::string_view host = host_and_port, port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == host.npos) return {};
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
    if (!port.empty() && port[0] != ':') return {};
  } else if (const std::size_t colon = host.find(':'); colon != host.npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!port.empty() && !std::all_of(port.begin() + 1, port.end(), is_digit)) return {};
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string out(host);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Whether an address leads to this machine alone; nothing for what is no address.
std::optional<bool> is_loopback_address(const std::string& text) {
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return std::nullopt;
  const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6);
  return IN6_IS_ADDR_LOOPBACK(&v6) || (is_mapped && v6.s6_addr[12] == 127);
}

// Names under .localhost are the browsers' own to resolve: RFC 6761 section 6.3.
bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

bool is_loopback_host(const std::string& host) {
  if (const auto known = is_loopback_address(host)) return *known;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  char text[NI_MAXHOST];
  // The first one is the one that a server listens on.
  if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return false;
  }
  return is_loopback_address(text).value_or(false);
}

Result<HostGuard> HostGuard::make(const std::string& bound,
                                  const std::vector<std::string>& allowed) {
  HostGuard guard;
  guard.is_on_ = true;
  guard.allows_any_address_ = !is_loopback_host(bound);
  std::string own = bound;
  for (char& c : own) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  guard.names_.push_back(std::move(own));
  for (const std::string& name : allowed) {
    std::string host = host_of(name);
    if (host.empty() || host.find_first_of("/@*, ") != host.npos) {
      return Status(Code::kBadInput,
                    fmt::format("allowed host '{}' is no host's name, want one such as "
                                "models.example.org",
                                name));
    }
    guard.names_.push_back(std::move(host));
  }
  return guard;
}

bool HostGuard::allows(std::string_view host_and_port) const {
  const std::string host = host_of(host_and_port);
  if (std::find(names_.begin(), names_.end(), host) != names_.end()) return true;
  const auto is_loopback = is_loopback_address(host);
  if (!is_loopback) return is_localhost(host);
  return *is_loopback || allows_any_address_;
}

std::string HostGuard::objection(const Request& request) const {
  if (!is_on_) return {};
  constexpr std::string_view kWanted =
      "wanted this machine's own; a server without a key answers to others when they are named "
      "with --allow-host";
  // No browser speaks HTTP/1.0, where a request may come without a host.
  const bool has_host = !request.host.empty() || !request.header("host").empty();
  if (has_host && !allows(request.host)) {
    return fmt::format("the host is '{}', {}", request.host.substr(0, kToldBytes), kWanted);
  }
  const std::string_view origin = request.header("origin");
  // Other schemes are those of programs that their user has installed; "null" is any page's.
  const bool is_page =
      origin == "null" || origin.starts_with("http:") || origin.starts_with("https:");
  if (!is_page) return {};
  const std::size_t slashes = origin.find("://");
  if (slashes != origin.npos && allows(origin.substr(slashes + 3))) return {};
  return fmt::format("the origin is '{}', {}", origin.substr(0, kToldBytes), kWanted);
}

}  // namespace quern::serve
