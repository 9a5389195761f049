// The routes of dialogues over real sockets, on an engine with the small models of tests/data.

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/dialogue/next_turns.h"
#include "apps/dialogue/test_predictor.h"
#include "serve/dialogue/dialogue_openapi.h"
#include "serve/test_model_server.h"

namespace quern::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kRoot = "/v1/dialogue/";

class dialogue_server : public ModelServerTest {
 protected:
  void SetUp() override {
    ModelServerTest::SetUp();
    write("talks", {.n_turns = 1, .reservoir = apps::echo_state_spec(20, 1)});
    options_.dialogue.files = {{.name = "talks", .path = path("talks.qdp")}};
    start();
  }
  void write(const std::string& name, const apps::ContextSpec& context) {
    const Status written = apps::write_spoken_predictor(
        path(name + ".qdp"), *engine_, model_path("tiny-mean-f32"), context, pool_);
    ASSERT_TRUE(written.ok()) << written.message();
  }

  void start() { start_with(options_); }

  json answer(const std::string& method, const std::string& target, const json& body = {},
              int status = 200) {
    return ModelServerTest::answer(method, kRoot + target, body, status);
  }
  json post(const std::string& target, const json& body, int status = 200) {
    return answer("POST", target, body, status);
  }
  json get(const std::string& target, int status = 200) {
    return answer("GET", target, {}, status);
  }

  /// To the byte as `quern dialogue predict` says it of this dialogue.
  std::string by_service(const std::vector<std::string>& turns) {
    const auto file = apps::PredictorFile::open(path("talks.qdp"));
    const auto embedder = *(*file)->embedder(*engine_);
    const auto service =
        *apps::NextTurnService::make({.file = file->get(), .embedder = &embedder, .pool = &pool_});
    apps::Dialogue dialogue;
    for (const std::string& text : turns) {
      dialogue.turns.push_back(
          {.speaker = std::to_string(dialogue.turns.size() % 2), .text = text});
    }
    return apps::json_from_next(*service.after(dialogue));
  }

  ThreadPool pool_{2};
  ServerOptions options_;
};

}  // namespace

TEST_F(dialogue_server, a_dialogue_is_answered_as_on_the_command_line) {
  const std::vector<std::string> turns = {"the cat 3", "a cat", "so it is"};
  TestClient client(server_->port());
  const std::string body = client.post("/v1/dialogue/predict", json{{"turns", turns}}.dump()).body;
  const std::string wanted = by_service(turns);
  EXPECT_THAT(body, HasSubstr(wanted.substr(1)));  // Byte for byte, behind other members.
  const json whole = json::parse(body);
  EXPECT_EQ(whole["object"], "dialogue.prediction");
  EXPECT_EQ(whole["predictor"], "talks");
  EXPECT_EQ(whole["predictions"].size(), 5u);
  EXPECT_EQ(post("predict", {{"turns", turns}, {"top", 2}})["predictions"].size(), 2u);
  // Turn by turn, in two ways, and with several turns at once.
  json last;
  for (const std::string& turn : turns) last = post("conversations/a/turns", {{"text", turn}});
  EXPECT_EQ(last["predictions"], whole["predictions"]);
  EXPECT_EQ(last["confidence"], whole["confidence"]);
  EXPECT_EQ(last["turns"], 3);
  for (const std::string& turn : turns) {
    last = post("predict", {{"conversation", "b"}, {"text", turn}});
  }
  EXPECT_EQ(last["predictions"], whole["predictions"]);
  EXPECT_EQ(post("conversations/c/turns", {{"turns", turns}})["predictions"], whole["predictions"]);
}

TEST_F(dialogue_server, a_batch_has_an_outcome_for_each) {
  const json good = {{"id", "x"}, {"turns", {"the cat 3", "a cat"}}};
  const json all =
      post("batch",
           {{"dialogues",
             {good, json::object(), {{"turns", json::array()}}, {{"turns", {"the dog"}}}, good}}});
  ASSERT_EQ(all["data"].size(), 5u);
  EXPECT_EQ(all["data"][0]["id"], "x");
  EXPECT_EQ(all["data"][0]["predictions"], post("predict", good)["predictions"]);
  EXPECT_EQ(all["data"][1]["error"]["code"], "bad_input");
  EXPECT_THAT(all["data"][2]["error"]["message"].get<std::string>(), HasSubstr("no turn"));
  EXPECT_EQ(all["data"][3]["index"], 3);
  EXPECT_EQ(all["data"][4]["predictions"], all["data"][0]["predictions"]);
}

TEST_F(dialogue_server, the_cache_says_what_it_did_and_forgets) {
  const json question = {{"turns", {"the cat 3", "a cat"}}};
  const json first = post("predict", question);
  EXPECT_EQ(post("predict", question), first);
  const json stats = get("cache");
  EXPECT_EQ(stats["prediction_cache"]["hits"], 1);
  EXPECT_EQ(stats["prediction_cache"]["misses"], 1);
  EXPECT_EQ(stats["state_cache"]["turns_heard"], 2);
  EXPECT_GT(stats["bytes"], 0);
  const std::string page = metrics();
  EXPECT_THAT(page, HasSubstr("quern_dialogue_cache_lookups_total{result=\"hit\"} 1"));
  EXPECT_THAT(page, HasSubstr("quern_dialogue_predictions_total 2"));
  EXPECT_THAT(page, HasSubstr("quern_dialogue_seconds_count 2"));
  EXPECT_GT(answer("DELETE", "cache")["freed_bytes"], 0);
  EXPECT_EQ(get("cache")["bytes"], 0);
  EXPECT_EQ(post("predict", question), first);
  options_.dialogue.has_cache = false;
  start();
  EXPECT_EQ(post("predict", question), first);
  EXPECT_EQ(post("predict", question), first);
  EXPECT_EQ(get("cache")["prediction_cache"]["hits"], 0);
}

TEST_F(dialogue_server, conversations_are_forked_carried_away_and_forgotten) {
  post("conversations/a%2Fb/turns", {{"text", "the cat 3"}});
  const json forked = post("conversations/a%2Fb/fork", {{"as", "c"}}, 201);
  EXPECT_EQ(forked["conversation"], "c");
  EXPECT_EQ(forked["turns"], 1);
  const json state = get("conversations/c/state");
  EXPECT_EQ(state["turns"], 1);
  start();  // Another server.
  EXPECT_EQ(get("conversations")["data"].size(), 0u);
  EXPECT_EQ(answer("PUT", "conversations/d/state", state)["turns"], 1);
  EXPECT_EQ(get("conversations/d/state")["state"], state["state"]);
  const json next = post("conversations/d/turns", {{"text", "a cat"}});
  EXPECT_EQ(next["predictions"],
            post("predict", {{"turns", {"the cat 3", "a cat"}}})["predictions"]);
  EXPECT_THAT(metrics(), HasSubstr("quern_dialogue_conversations 1"));
  EXPECT_EQ(get("conversations")["data"][0]["conversation"], "d");
  EXPECT_EQ(answer("DELETE", "conversations/d")["deleted"], true);
  answer("DELETE", "conversations/d", {}, 404);
  get("conversations/d/state", 404);
  post("conversations/d/fork", {{"as", "e"}}, 404);
}

TEST_F(dialogue_server, states_that_are_not_its_own_are_refused) {
  post("conversations/a/turns", {{"text", "the cat 3"}});
  json state = get("conversations/a/state");
  json other = state;
  other["fingerprint"] = std::string(64, 'f');
  EXPECT_EQ(answer("PUT", "conversations/a/state", other, 400)["error"]["param"], "fingerprint");
  std::string digits = state["state"];
  digits[40] = digits[40] == '0' ? '1' : '0';
  state["state"] = digits;
  EXPECT_EQ(answer("PUT", "conversations/a/state", state, 400)["error"]["param"], "state");
  state["state"] = "zz";
  answer("PUT", "conversations/a/state", state, 400);
}

TEST_F(dialogue_server, errors_are_in_the_servers_words) {
  EXPECT_EQ(post("predict", json::object(), 400)["error"]["type"], "invalid_request_error");
  EXPECT_EQ(post("predict", {{"turns", {"a"}}, {"top", 0}}, 400)["error"]["param"], "top");
  const json unknown = post("predict", {{"turns", {"a"}}, {"predictor", "x"}}, 404)["error"];
  EXPECT_EQ(unknown["param"], "predictor");
  EXPECT_THAT(unknown["message"].get<std::string>(), HasSubstr("talks"));
  EXPECT_THAT(post("predict", {{"turns", json::array()}}, 400)["error"]["message"],
              HasSubstr("no turn"));
  post("conversations/a/turns", {{"text", "  "}}, 400);
  post("conversations/" + std::string(300, 'a') + "/turns", {{"text", "a"}}, 400);
  post("conversations/a", {{"text", "a"}}, 404);
  post("conversations/a/else", {{"text", "a"}}, 404);
  answer("DELETE", "predict", {}, 405);
  get("conversations?predictor=x", 404);
}

TEST_F(dialogue_server, several_predictors_have_conversations_of_their_own) {
  write("plain", {.n_turns = 3});
  options_.dialogue.files.push_back({.name = "plain", .path = path("plain.qdp")});
  options_.dialogue.is_lazy = false;
  start();
  post("conversations/a/turns", {{"text", "the cat 3"}, {"predictor", "plain"}});
  get("conversations/a/state", 404);
  EXPECT_EQ(get("conversations/a/state?predictor=plain")["predictor"], "plain");
  json rows;
  EXPECT_TRUE(eventually([&] {
    rows = get("predictors")["data"];
    return rows.size() == 2 && rows[0]["open"] == true;
  })) << rows;
  EXPECT_EQ(rows[1]["name"], "plain");
  EXPECT_EQ(rows[1]["conversations"], 1);
  EXPECT_GT(rows[1]["candidates"], 100);
  EXPECT_NE(rows[0]["fingerprint"], rows[1]["fingerprint"]);
}

TEST_F(dialogue_server, a_file_that_is_none_is_said_and_looked_at_again) {
  options_.dialogue.files = {{.name = "late", .path = path("late.qdp")}};
  start();
  EXPECT_EQ(get("predictors")["data"][0]["open"], false);
  EXPECT_THAT(post("predict", {{"turns", {"a"}}}, 404)["error"]["message"], HasSubstr("late"));
  write("late", {.n_turns = 1});
  post("predict", {{"turns", {"a"}}});
}

TEST_F(dialogue_server, a_file_that_was_replaced_is_taken_up) {
  namespace fs = std::filesystem;
  const json question = {{"turns", {"the cat 3", "a cat"}}};
  const std::string old_name = get("predictors")["data"][0].value("fingerprint", "");
  post("conversations/a/turns", {{"text", "the cat 3"}});
  // The same predictor from another place: what was said goes on.
  fs::copy_file(path("talks.qdp"), path("copy.qdp"));
  fs::rename(path("copy.qdp"), path("talks.qdp"));
  EXPECT_EQ(post("conversations/a/turns", {{"text", "a cat"}})["turns"], 2);
  // Another one: its answers, and conversations of its own.
  write("other", {.n_turns = 3});
  fs::rename(path("other.qdp"), path("talks.qdp"));
  TestClient client(server_->port());
  const std::string body = client.post("/v1/dialogue/predict", question.dump()).body;
  EXPECT_THAT(body, HasSubstr(by_service({"the cat 3", "a cat"}).substr(1)));
  EXPECT_NE(get("predictors")["data"][0]["fingerprint"], old_name);
  EXPECT_EQ(get("conversations")["data"].size(), 0u);
  EXPECT_EQ(post("conversations/a/turns", {{"text", "a cat"}})["turns"], 1);
  // Without a file what is open goes on; one that is none is said, until there is one again.
  fs::rename(path("talks.qdp"), path("away.qdp"));
  EXPECT_EQ(client.post("/v1/dialogue/predict", question.dump()).body, body);
  std::ofstream(path("talks.qdp")) << "no predictor";
  EXPECT_THAT(post("predict", question, 404)["error"]["message"], HasSubstr("is no store"));
  fs::rename(path("away.qdp"), path("talks.qdp"));
  EXPECT_EQ(client.post("/v1/dialogue/predict", question.dump()).body, body);
  EXPECT_EQ(get("conversations/a/state")["turns"], 1);
}

TEST_F(dialogue_server, conversations_are_listed_in_pages) {
  for (const char* name : {"e", "a%2Fb", "c", "d", "b"}) {
    post("conversations/" + std::string(name) + "/turns", {{"text", "the cat 3"}});
  }
  std::vector<std::string> names;
  std::string after;
  for (const bool has_more : {true, true, false}) {
    const json page = get("conversations?limit=2&after=" + after);
    EXPECT_EQ(page["has_more"], has_more);
    for (const json& row : page["data"]) names.push_back(row["conversation"]);
    after = names.back() == "a/b" ? "a%2Fb" : names.back();
  }
  EXPECT_THAT(names, testing::ElementsAre("a/b", "b", "c", "d", "e"));
  EXPECT_EQ(get("conversations?after=e")["data"].size(), 0u);
  EXPECT_EQ(get("conversations")["has_more"], false);
  EXPECT_EQ(get("conversations?limit=0", 400)["error"]["param"], "limit");
}

TEST_F(dialogue_server, many_clients_at_once_and_one_that_leaves) {
  const std::string wanted = by_service({"the cat 3", "a cat"});
  std::vector<std::thread> clients;
  for (int id = 0; id < 6; ++id) {
    clients.emplace_back([&, id] {
      TestClient client(server_->port());
      for (int i = 0; i < 10; ++i) {
        const auto body = client.post("/v1/dialogue/predict", R"({"turns":["the cat 3","a cat"]})");
        EXPECT_THAT(body.body, HasSubstr(wanted.substr(1)));
        const std::string name = "/v1/dialogue/conversations/" + std::to_string(id % 2) + "/turns";
        EXPECT_EQ(client.post(name, R"({"text":"so"})").status, 200);
      }
      TestClient gone(server_->port());
      gone.send(
          "POST /v1/dialogue/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
          "21\r\n\r\n{\"turns\":[\"gone now\"]}");
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(get("conversations")["data"][0]["turns"], 30);
}

TEST_F(dialogue_server, programs_are_told_of_every_route) {
  const json document = get("openapi.json");
  ASSERT_FALSE(document.is_discarded());
  EXPECT_EQ(document["openapi"], "3.1.0");
  for (const char* path :
       {"predict", "batch", "predictors", "cache", "conversations", "conversations/{id}",
        "conversations/{id}/turns", "conversations/{id}/fork", "conversations/{id}/state"}) {
    EXPECT_TRUE(document["paths"].contains(std::string("/v1/dialogue/") + path)) << path;
  }
  // Every reference leads somewhere.
  const std::string text(dialogue_openapi_json());
  constexpr std::string_view kReference = "\"$ref\": \"#";
  for (std::size_t at = text.find(kReference); at != text.npos;
       at = text.find(kReference, at + 1)) {
    const std::size_t begin = at + kReference.size();
    const json::json_pointer place(text.substr(begin, text.find('"', begin) - begin));
    EXPECT_TRUE(document.contains(place)) << place.to_string();
  }
}

}  // namespace quern::serve
