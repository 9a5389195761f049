// quern papers serve: a library that was imported, asked over HTTP.

#include <atomic>
#include <chrono>

#include "cli/test_program.h"
#include "cli/test_server_script.h"
#include "net/test_server.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kEmbedder = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";

class papers_serve_program : public ProgramTest {
 protected:
  void SetUp() override {
    const json attention = {
        {"paperId", std::string(40, 'a')},
        {"corpusId", 7},
        {"externalIds", {{"DOI", "10.1000/a/b"}, {"ArXiv", "1706.03762"}}},
        {"title", "Attention is all you need"},
        {"abstract",
         "We describe a model of attention alone. "
         "The model needs no recurrence at all to translate sentences of any length."},
        {"year", 2017},
        {"authors", {{{"authorId", "1"}, {"name", "Ashish Vaswani"}}}}};
    json later = {{"corpusId", 8},
                  {"title", "A later model"},
                  {"year", 2019},
                  {"references", {{{"corpusId", 7}, {"title", "Attention is all you need"}}}}};
    folder_.write("papers.jsonl", attention.dump() + "\n" + later.dump() + "\n");
  }

  /// The lines that a script says with a server of a library made by `model`.
  std::vector<std::string> served(const std::string& model, const std::string& flags,
                                  const std::string& script) {
    const Ended ended = shell("cd " + folder_.file("") + "; " + kServerScript + QUERN_PROGRAM +
                              " papers import library --from papers.jsonl --model " + model +
                              " 2>/dev/null; start papers serve library " + flags + "\n" + script);
    std::vector<std::string> lines;
    std::istringstream in(ended.out);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }
};

}  // namespace

TEST_F(papers_serve_program, a_library_answers_as_semantic_scholars_api) {
  const auto lines = served("none", "", R"(
    get /graph/v1/paper/DOI:10.1000/a/b?fields=year
    get "/graph/v1/paper/search?query=attention&fields=title"
    get /graph/v1/paper/CorpusId:7/citations?fields=title
    get "/graph/v1/snippet/search?query=recurrence"
    get "/graph/v1/paper/search/bulk?query=model+-later&fields=corpusId"
    get /graph/v1/author/search?query=vaswani
    get /health
    stop)");
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(json::parse(lines[0])["year"], 2017);
  EXPECT_EQ(json::parse(lines[1])["data"][0]["title"], "Attention is all you need");
  EXPECT_EQ(json::parse(lines[2])["data"][0]["citingPaper"]["title"], "A later model");
  EXPECT_EQ(json::parse(lines[3])["data"][0]["paper"]["corpusId"], "7");
  EXPECT_EQ(json::parse(lines[4])["data"][0]["corpusId"], 7);
  EXPECT_EQ(json::parse(lines[4])["total"], 1);
  EXPECT_EQ(json::parse(lines[5])["data"][0]["name"], "Ashish Vaswani");
  EXPECT_EQ(json::parse(lines[6])["status"], "ok");
  EXPECT_EQ(lines[7], "stopped: 0");
}

TEST_F(papers_serve_program, vectors_are_those_of_the_librarys_model) {
  const auto lines = served(kEmbedder, "--warm", R"(
    get /graph/v1/paper/CorpusId:7?fields=embedding
    get "/graph/v1/paper/search?query=recurrent+networks&fields=title"
    get /recommendations/v1/papers/forpaper/CorpusId:7
    stop)");
  ASSERT_EQ(lines.size(), 4u);
  const json embedding = json::parse(lines[0])["embedding"];
  EXPECT_TRUE(contains(embedding["model"], "tiny-mean-f32"));
  EXPECT_GT(embedding["vector"].size(), 1u);
  EXPECT_EQ(json::parse(lines[1])["total"], 2);  // By vectors: neither has the words.
  EXPECT_EQ(json::parse(lines[2])["recommendedPapers"][0]["title"], "A later model");
}

TEST_F(papers_serve_program, questions_are_answered_as_scholar_qas_tasks) {
  const auto lines = served("none", "--check none", R"sh(
    begun=$(post /api/query_corpusqa '{"query": "What needs no recurrence to translate sentences?"}')
    echo "$begun"
    id=$(sed 's/.*"task_id":"\([^"]*\)".*/\1/' <<<"$begun")
    for i in $(seq 400); do
      over=$(post /query_corpusqa "{\"task_id\": \"$id\"}")
      grep -q task_status <<<"$over" || break
      sleep 0.02
    done
    echo "$over"
    post /api/query_corpusqa '{"task_id": "none"}'
    stop)sh");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(json::parse(lines[0])["task_status"], "STARTED");
  const json result = json::parse(lines[1])["task_result"];
  EXPECT_TRUE(contains(result["sections"][0]["text"], ". (Vaswani, 2017)")) << lines[1];
  EXPECT_EQ(result["sections"][0]["citations"][0]["paper"]["corpus_id"], 7);
  EXPECT_EQ(json::parse(lines[2])["detail"], "Referenced task none does not exist.");
}

TEST_F(papers_serve_program, an_endpoint_that_hangs_does_not_hold_up_the_end) {
  std::atomic<bool> is_asked{false};
  net::TestServer endpoint([&](const net::TestRequest&, net::TestReply& reply) {
    is_asked = true;
    reply.sleep(std::chrono::seconds(120));
  });
  const auto lines = served("none", "--check none --writer " + endpoint.url() + " --writer-model m",
                            R"sh(
    post /api/query_corpusqa '{"query": "What needs no recurrence to translate sentences?"}' >/dev/null
    sleep 0.5
    begun=$SECONDS
    stop
    echo $((SECONDS - begun)))sh");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(is_asked);
  EXPECT_EQ(lines[0], "stopped: 0");
  EXPECT_LT(std::stoi(lines[1]), 10);
}

TEST_F(papers_serve_program, answers_are_kept_and_their_hits_are_counted) {
  const auto lines = served("none", "--check none", R"sh(
    for n in 1 2; do
      id=$(post /api/query_corpusqa '{"query": "What needs no recurrence?"}' | sed 's/.*"task_id":"\([^"]*\)".*/\1/')
      for i in $(seq 400); do
        over=$(post /query_corpusqa "{\"task_id\": \"$id\"}")
        grep -q task_status <<<"$over" || break
        sleep 0.02
      done
      sed 's/.*"task_result"//' <<<"$over"
    done
    get /metrics | grep -o 'quern_answer_cache_lookups_total{[^}]*} [0-9]*'
    stop)sh");
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], lines[1]);
  EXPECT_EQ(lines[2], R"(quern_answer_cache_lookups_total{result="hit"} 1)");
  EXPECT_EQ(lines[3], R"(quern_answer_cache_lookups_total{result="miss"} 1)");
}

TEST_F(papers_serve_program, what_is_no_library_is_not_served) {
  const Ended missing = quern("papers serve " + folder_.file("none") + " --port 0");
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_TRUE(contains(missing.err, "none")) << missing.err;
}

}  // namespace quern::cli
