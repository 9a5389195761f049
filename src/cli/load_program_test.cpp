// `quern load` against a small stand-in in Python, whose delays are known.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

// Answers after 10 ms, one request at a time as a busy model does; the 100th takes a second.
const char* const kStandIn = R"(
import http.server, json, sys, threading, time
stall = float(sys.argv[1]); n = 0; busy = threading.Lock()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_POST(self):
        global n
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        with busy:
            n += 1
            time.sleep(stall if n == 100 else 0.002)
        if self.headers.get('Authorization') != 'Bearer key':
            return self.answer(401, b'{"error":"no key"}')
        if not body.get('stream'):
            return self.answer(200, json.dumps({'data': [{'embedding': [0.5]} for _ in body['input']]}).encode())
        self.send_response(200); self.send_header('Transfer-Encoding', 'chunked'); self.end_headers()
        time.sleep(0.05)
        for i in range(5):
            self.event(json.dumps({'choices': [{'delta': {'content': 'w'}}]})); time.sleep(0.02)
        self.event(json.dumps({'choices': [], 'usage': {'completion_tokens': 5}}))
        self.event('[DONE]'); self.wfile.write(b'0\r\n\r\n'); self.wfile.flush()
    def event(self, text):
        data = ('data: %s\n\n' % text).encode()
        self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data)); self.wfile.flush()
    def answer(self, status, body):
        self.wfile.write(b'HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s' % (status, len(body), body)); self.wfile.flush()
    def log_message(self, *args): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
server = Server(('127.0.0.1', 0), Handler)
open(sys.argv[2], 'w').write(str(server.server_address[1]))
server.serve_forever()
)";

class load_program : public ProgramTest {
 protected:
  // Runs "quern load ARGS" against the stand-in.
  Ended load(const std::string& args, const std::string& stall = "0.01") {
    const std::string script = folder_.write("stand_in.py", kStandIn);
    return shell("rm -f port; cd " + folder_.file("") + "; rm -f port; python3 " + script + " " +
                 stall + " port & server=$!; cd " + folder_.file("") +
                 "; for i in $(seq 100); do [ -s port ] && break; sleep 0.05; done; "
                 "QUERN_API_KEY=key " QUERN_PROGRAM
                 " load --url http://127.0.0.1:$(cat port) --model m " +
                 args + "; rc=$?; kill $server; exit $rc");
  }
};

}  // namespace

TEST_F(load_program, a_stall_of_a_second_shows_in_the_open_loop_alone) {
  const Ended open = load("--rate 100 --duration 4 --warmup 0 --json", "1");
  ASSERT_EQ(open.exit_code, 0) << open.err << open.out;
  const json report = json::parse(open.out);
  EXPECT_NEAR(report["requests"].get<double>(), 400, 4);
  EXPECT_GT(report["latency_ms"]["p99"].get<double>(), 800);
  EXPECT_GT(report["latency_ms"]["p90"].get<double>(), 200);
  EXPECT_LT(report["latency_ms"]["p50"].get<double>(), 200);
  const Ended closed = load("--clients 1 --duration 4 --warmup 0 --json", "1");
  ASSERT_EQ(closed.exit_code, 0) << closed.err;
  EXPECT_LT(json::parse(closed.out)["latency_ms"]["p99"].get<double>(), 500);
  EXPECT_TRUE(contains(closed.out, "hides the stall"));
}

TEST_F(load_program, streams_are_timed_to_the_first_token_and_from_token_to_token) {
  const Ended ended = load("--api chat --clients 2 --duration 2 --warmup 0 --json");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json report = json::parse(ended.out);
  EXPECT_NEAR(report["first_token_ms"]["p50"].get<double>(), 55, 25);
  EXPECT_NEAR(report["per_token_ms"]["p50"].get<double>(), 25, 12);
  EXPECT_EQ(report["tokens"].get<long>(), 5 * report["good"].get<long>());
}

TEST_F(load_program, the_report_is_one_file_with_pictures) {
  const std::string html = folder_.file("r.html");
  const Ended ended = load("--clients 2 --duration 1 --warmup 0.2 --inputs 3 --html " + html);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "p99.9")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "texts/s")) << ended.out;
  const std::string page = folder_.read("r.html");
  std::size_t n_pictures = 0;
  for (std::size_t at = page.find("<svg"); at != std::string::npos;
       at = page.find("<svg", at + 1)) {
    ++n_pictures;
  }
  EXPECT_EQ(n_pictures, 3u);
  // Nothing is fetched: the one address is that of a name space.
  EXPECT_FALSE(contains(page, "src=") || contains(page, "href=") || contains(page, "<script"));
}

TEST_F(load_program, errors_are_counted_by_kind) {
  const Ended ended = load("--api-key wrong --clients 1 --duration 0.5 --warmup 0");
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_TRUE(contains(ended.out, "times status 401: {\"error\":\"no key\"}")) << ended.out;
}

TEST_F(load_program, what_cannot_be_measured_is_said) {
  EXPECT_EQ(quern("load").exit_code, 2);
  EXPECT_EQ(quern("load --model m --url http://127.0.0.1:1").exit_code, 7);
  for (const char* url : {"https://h", "ftp://h", "http://", "http://h:0", "http://h:99999", "h"}) {
    const Ended ended = quern(std::string("load --model m --url ") + url);
    EXPECT_EQ(ended.exit_code, 4) << url;
    EXPECT_TRUE(contains(ended.err, url)) << ended.err;
  }
  EXPECT_EQ(quern("load --model m --texts " + folder_.file("none")).exit_code, 3);
}

}  // namespace quern::cli
