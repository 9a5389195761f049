#include "serve/http/host_guard.h"

#include <gtest/gtest.h>

namespace quern::serve {
namespace {

HostGuard guard(const std::string& bound, const std::vector<std::string>& allowed = {}) {
  auto made = HostGuard::make(bound, allowed);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return *made;
}

bool passes(const HostGuard& guard, const std::string& host, const std::string& origin = "") {
  Request request;
  request.host = host;
  request.headers.emplace_back("host", host);
  if (!origin.empty()) request.headers.emplace_back("origin", origin);
  return guard.objection(request).empty();
}

TEST(host_guard, knows_the_loopback) {
  for (const char* host : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "fe80::1", "no such host"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

TEST(host_guard, own_names_pass_and_foreign_ones_do_not) {
  const HostGuard local = guard("127.0.0.1");
  for (const char* host :
       {"localhost", "LocalHost:8090", "localhost.", "a.localhost:1", "127.0.0.1:8090",
        "127.255.0.3", "[::1]", "[::1]:8090", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(passes(local, host)) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:8090", "localhost.evil.example", "evil-localhost",
        "127.0.0.1.evil.example", "127.1", "10.0.0.1:8090", "[::2]", "[::1", "[::1]x", "0.0.0.0",
        "localhost, evil.example", "127.0.0.1:80@evil.example", "localhost:x", ":8090"}) {
    EXPECT_FALSE(passes(local, host)) << host;
  }
  EXPECT_TRUE(passes(HostGuard(), "evil.example", "http://evil.example"));
}

TEST(host_guard, without_a_host_header_there_is_no_browser) {
  EXPECT_EQ(guard("127.0.0.1").objection(Request()), "");
}

TEST(host_guard, the_bound_and_the_allowed_names_pass) {
  const HostGuard local = guard("::1", {"Models.Example.org", "proxy:8090"});
  EXPECT_TRUE(passes(local, "models.example.org:443"));
  EXPECT_TRUE(passes(local, "proxy"));
  EXPECT_FALSE(passes(local, "example.org"));
  const HostGuard everywhere = guard("0.0.0.0", {"models"});
  EXPECT_TRUE(passes(everywhere, "192.168.0.7:8090"));
  EXPECT_TRUE(passes(everywhere, "models"));
  EXPECT_FALSE(passes(everywhere, "evil.example"));
  for (const char* bad : {"", "http://models/", "a b", "*", "a:b"}) {
    EXPECT_EQ(HostGuard::make("127.0.0.1", {bad}).status().code(), Code::kBadInput) << bad;
  }
}

TEST(host_guard, pages_of_other_origins_may_not_send_anything) {
  const HostGuard local = guard("127.0.0.1", {"models.example.org"});
  const std::string host = "127.0.0.1:8090";
  for (const char* origin : {"http://localhost:3000", "http://127.0.0.1:8090", "https://[::1]",
                             "https://models.example.org", "chrome-extension://abcdef",
                             "app://chat", "tauri://localhost"}) {
    EXPECT_TRUE(passes(local, host, origin)) << origin;
  }
  for (const char* origin : {"http://evil.example", "https://localhost.evil.example", "null",
                             "http:", "http://10.0.0.1"}) {
    EXPECT_FALSE(passes(local, host, origin)) << origin;
  }
}

}  // namespace
}  // namespace quern::serve
