#include "net/http_client.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/test_server.h"

namespace quern::net {
namespace {

using namespace std::chrono_literals;

struct HttpText {
  HttpOutcome outcome;
  std::string body;
};

HttpText fetch_text(HttpClient& client, const HttpRequest& request, std::size_t limit_bytes) {
  HttpText text;
  text.outcome = client.fetch(request, collect(text.body, limit_bytes));
  return text;
}

HttpText get(const std::string& url, const std::string& bearer = "") {
  HttpClient client;
  return fetch_text(client, {.url = url, .bearer = bearer}, 1 << 20);
}

TEST(http_client, hands_on_status_headers_and_body) {
  TestServer server([](const TestRequest& request, TestReply& reply) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.header("x-one"), "1");
    reply.answer(418, request.target, "ETag: \"a\"\r\nX-Odd:   spaced  \r\n");
  });
  HttpClient client;
  const HttpText text =
      fetch_text(client, {.url = server.url() + "/a%20b?c=d", .headers = {"X-One: 1"}}, 100);
  ASSERT_FALSE(text.outcome.failure);
  EXPECT_EQ(text.body, "/a%20b?c=d");
  const HttpHead& head = text.outcome.answer.last();
  EXPECT_EQ(head.status, 418);
  EXPECT_EQ(*head.find("etag"), "\"a\"");
  EXPECT_EQ(*head.find("x-odd"), "spaced");
  EXPECT_EQ(head.find("none"), nullptr);
}

TEST(http_client, a_head_request_has_no_body_and_says_how_long_one_would_be) {
  TestServer server([](const TestRequest& request, TestReply& reply) {
    reply.answer(200, "12345", "", request.method != "HEAD");
  });
  HttpClient client;
  for (int i = 0; i < 2; ++i) {  // The second over the same connection.
    const HttpText text = fetch_text(client, {.method = Method::kHead, .url = server.url()}, 100);
    ASSERT_FALSE(text.outcome.failure);
    EXPECT_EQ(*text.outcome.answer.last().find("content-length"), "5");
    EXPECT_EQ(text.body, "");
  }
}

TEST(http_client, a_token_goes_to_its_own_host_and_never_to_another) {
  std::string at_home;
  std::string at_home_again;
  std::string elsewhere = "not asked";
  TestServer other([&](const TestRequest& request, TestReply& reply) {
    elsewhere = request.header("authorization");
    reply.answer(200, "from the other");
  });
  TestServer server([&](const TestRequest& request, TestReply& reply) {
    if (request.target == "/start") {
      at_home = request.header("authorization");
      reply.answer(307, "", "Location: /again?x=1\r\nX-Linked-Size: 14\r\n");
    } else {
      at_home_again = request.header("authorization");
      reply.answer(302, "", "Location: " + other.url() + "/file\r\n");
    }
  });
  const HttpText text = get(server.url() + "/start", "secret");
  ASSERT_FALSE(text.outcome.failure) << text.outcome.failure->status.message();
  EXPECT_EQ(text.body, "from the other");
  EXPECT_EQ(at_home, "Bearer secret");
  EXPECT_EQ(at_home_again, "Bearer secret");
  EXPECT_EQ(elsewhere, "");
  ASSERT_EQ(text.outcome.answer.hops.size(), 3u);
  EXPECT_EQ(*text.outcome.answer.find("x-linked-size"), "14");
  EXPECT_EQ(text.outcome.answer.last().url, other.url() + "/file");
}

TEST(http_client, endless_redirects_end) {
  TestServer server(
      [](const TestRequest&, TestReply& reply) { reply.answer(302, "", "Location: /again\r\n"); });
  const HttpText text = get(server.url());
  ASSERT_TRUE(text.outcome.failure);
  EXPECT_EQ(text.outcome.failure->status.code(), Code::kUnavailable);
  EXPECT_FALSE(text.outcome.failure->may_pass);
}

TEST(http_client, a_body_cut_short_is_a_failure_that_may_pass) {
  TestServer server([](const TestRequest&, TestReply& reply) {
    reply.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    reply.hang_up();
  });
  const HttpText text = get(server.url());
  ASSERT_TRUE(text.outcome.failure);
  EXPECT_EQ(text.outcome.failure->status.code(), Code::kUnavailable);
  EXPECT_TRUE(text.outcome.failure->may_pass);
}

TEST(http_client, a_server_that_says_nothing_is_given_up) {
  TestServer server([](const TestRequest&, TestReply& reply) { reply.sleep(20s); });
  HttpClient client;
  const HttpText text = fetch_text(client, {.url = server.url(), .stall_timeout = 1s}, 100);
  ASSERT_TRUE(text.outcome.failure);
  EXPECT_EQ(text.outcome.failure->status.code(), Code::kDeadline);
  EXPECT_TRUE(text.outcome.failure->may_pass);
}

TEST(http_client, nobody_at_the_port_may_pass_and_no_url_does_not) {
  std::string url;
  {
    url = TestServer([](const TestRequest&, TestReply&) {}).url();
  }
  const HttpText nobody = get(url);
  ASSERT_TRUE(nobody.outcome.failure);
  EXPECT_EQ(nobody.outcome.failure->status.code(), Code::kUnavailable);
  EXPECT_TRUE(nobody.outcome.failure->may_pass);
  for (const char* bad : {"", "http://", "file:///etc/passwd", "ftp://127.0.0.1/x"}) {
    const HttpText text = get(bad);
    ASSERT_TRUE(text.outcome.failure) << bad;
    EXPECT_EQ(text.outcome.failure->status.code(), Code::kBadInput) << bad;
    EXPECT_FALSE(text.outcome.failure->may_pass);
  }
}

TEST(http_client, a_redirect_to_a_file_is_refused) {
  TestServer server([](const TestRequest&, TestReply& reply) {
    reply.answer(302, "", "Location: file:///etc/passwd\r\n");
  });
  EXPECT_TRUE(get(server.url()).outcome.failure);
}

/// A TLS server whose certificate nobody but itself vouches for.
class SelfSignedServer {
 public:
  SelfSignedServer() : old_handler_(std::signal(SIGPIPE, SIG_IGN)) {
    key_ = EVP_RSA_gen(2048);
    certificate_ = X509_new();
    X509_set_version(certificate_, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_NAME* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("quern test"), -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_EXTENSION* own_address =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate_, own_address, -1);
    X509_EXTENSION_free(own_address);
    X509_sign(certificate_, key_, EVP_sha256());
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate_);
    SSL_CTX_use_PrivateKey(context_, key_);
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 4);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      SSL* ssl = SSL_new(context_);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) == 1) {  // Else the client did not trust it.
        char request[4096];
        SSL_read(ssl, request, sizeof request);
        constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        SSL_write(ssl, kAnswer.data(), static_cast<int>(kAnswer.size()));
      }
      SSL_free(ssl);
      ::close(fd);
    });
  }
  ~SelfSignedServer() {
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
    std::signal(SIGPIPE, old_handler_);
  }
  const std::string& url() const { return url_; }

  void write_certificate(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
  }

 private:
  void (*old_handler_)(int);  // A client that does not trust it hangs up.
  EVP_PKEY* key_;
  X509* certificate_;
  SSL_CTX* context_;
  int listener_;
  std::string url_;
  std::thread thread_;
};

TEST(http_client, a_certificate_that_nobody_vouches_for_is_refused_at_once) {
  const SelfSignedServer server;
  const HttpText text = get(server.url());
  ASSERT_TRUE(text.outcome.failure);
  EXPECT_EQ(text.outcome.failure->status.code(), Code::kUnavailable);
  EXPECT_FALSE(text.outcome.failure->may_pass);
  EXPECT_NE(text.outcome.failure->status.message().find("is not trusted"), std::string::npos)
      << text.outcome.failure->status.message();
}

TEST(http_client, ssl_cert_file_names_whom_to_trust) {
  const SelfSignedServer server;
  const std::string path = testing::TempDir() + "quern-certificate-" + std::to_string(::getpid());
  server.write_certificate(path);
  ::setenv("SSL_CERT_FILE", path.c_str(), 1);
  const HttpText text = get(server.url());
  ::unsetenv("SSL_CERT_FILE");
  std::remove(path.c_str());
  ASSERT_FALSE(text.outcome.failure) << text.outcome.failure->status.message();
  EXPECT_EQ(text.body, "ok");
}

TEST(http_client, a_sink_and_a_cancellation_end_a_transfer) {
  TestServer server([](const TestRequest&, TestReply& reply) {
    reply.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    while (reply.send(std::string(1000, 'x'))) reply.sleep(1ms);
    reply.hang_up();
  });
  HttpClient client;
  const HttpText longer = fetch_text(client, {.url = server.url()}, 5000);
  EXPECT_EQ(longer.outcome.failure->status.code(), Code::kBadInput);
  int n_asked = 0;
  HttpClient other([&] { return ++n_asked > 3; });
  const HttpText cancelled = fetch_text(other, {.url = server.url()}, 1 << 20);
  EXPECT_EQ(cancelled.outcome.failure->status.code(), Code::kCancelled);
}

TEST(http_client, an_answer_without_a_body_is_announced_too) {
  TestServer server([](const TestRequest&, TestReply& reply) { reply.answer(404, ""); });
  int status = 0;
  HttpClient client;
  const HttpOutcome outcome = client.fetch({.url = server.url()}, {.on_answer =
                                                                       [&](const HttpAnswer& a) {
                                                                         status = a.last().status;
                                                                         return Status();
                                                                       },
                                                                   .on_body = {}});
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(status, 404);
}

TEST(http_client, urls_are_escaped_and_taken_apart) {
  EXPECT_EQ(url_segment("a b/ü%?#"), "a%20b%2F%C3%BC%25%3F%23");
  EXPECT_EQ(url_path("1_Pooling/config.json"), "1_Pooling/config.json");
  EXPECT_EQ(url_path("/a b/"), "/a%20b/");
  EXPECT_EQ(url_origin("HTTPS://user@Host:8/path?x"), "https://host:8");
  EXPECT_EQ(url_origin("http://host"), "http://host");
  EXPECT_EQ(url_origin("nothing"), "");
}

}  // namespace
}  // namespace quern::net
