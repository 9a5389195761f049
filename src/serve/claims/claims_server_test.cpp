// TruthGraph's routes over real sockets, on an engine with the small models of tests/data.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "serve/claims/test_claims_server.h"
#include "store/catalog/writer_lock.h"

namespace quern::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class claims_server : public ClaimsServerTest {};

TEST_F(claims_server, claims_are_handed_in_listed_and_found) {
  const json first = answer("POST", "/claims", {{"text", "Cats sit."}}, 201);
  const json second =
      answer("POST", "/api/v1/claims", {{"text", "Dogs run."}, {"source_url", "http://a/b"}}, 201);
  EXPECT_EQ(first["text"], "Cats sit.");
  EXPECT_TRUE(first["source_url"].is_null());
  EXPECT_TRUE(first["verdict"].is_null());
  EXPECT_EQ(first["id"].get<std::string>().size(), 36u);
  const json page = get("/claims?limit=1");
  EXPECT_EQ(page["total"], 2);
  EXPECT_EQ(page["limit"], 1);
  ASSERT_EQ(page["items"].size(), 1u);
  EXPECT_EQ(page["items"][0]["id"], second["id"]);
  EXPECT_EQ(get("/claims?skip=1")["items"][0]["id"], first["id"]);
  EXPECT_EQ(get("/api/v1/claims/" + first["id"].get<std::string>()), first);
  start();  // Another server on the same home.
  EXPECT_EQ(get("/claims/" + second["id"].get<std::string>())["source_url"], "http://a/b");
}

TEST_F(claims_server, errors_are_in_the_form_of_fastapi) {
  EXPECT_THAT(get("/claims/none", 404)["detail"].get<std::string>(), HasSubstr("'none'"));
  EXPECT_TRUE(get("/tasks/none", 404).contains("detail"));
  EXPECT_TRUE(get("/verdicts/none", 404).contains("detail"));
  EXPECT_TRUE(get("/verdict/none", 404).contains("detail"));
  const json wrong = answer("POST", "/verify", {{"claim_text", ""}}, 422);
  EXPECT_EQ(wrong["detail"][0]["loc"], json({"body", "claim_text"}));
  EXPECT_EQ(answer("POST", "/claims", {{"text", "?!"}}, 422)["detail"][0]["loc"][1], "text");
  EXPECT_TRUE(get("/claims?limit=0", 422).contains("detail"));
  EXPECT_TRUE(answer("DELETE", "/claims", {}, 405).contains("detail"));
  answer("POST", "/claims/x", {{"claim_text", "a"}}, 404);
  const json other =
      answer("POST", "/claims/x/verify", {{"claim_id", "y"}, {"claim_text", "a"}}, 400);
  EXPECT_THAT(other["detail"].get<std::string>(), HasSubstr("'y'"));
  answer("POST", "/claims/unknown/verify", {}, 404);
  answer("POST", "/verify", {{"claim_text", std::string(5001, 'a')}}, 422);
}

TEST_F(claims_server, a_verdict_from_nothing_is_never_given) {
  EXPECT_THAT(
      answer("POST", "/verify", {{"claim_text", "Cats sit."}}, 404)["detail"].get<std::string>(),
      HasSubstr("no corpus"));
  const json task = answer("POST", "/claims/c/verify", {{"claim_text", "Cats sit."}}, 202);
  const json failed = finished(task["task_id"]);
  EXPECT_EQ(failed["status"], "failed");
  EXPECT_THAT(failed["error"].get<std::string>(), HasSubstr("no corpus"));
  EXPECT_TRUE(failed["result"].is_null());
  EXPECT_THAT(get("/verdicts/c", 404)["detail"].get<std::string>(), HasSubstr("no corpus"));
}

TEST_F(claims_server, scores_stand_under_their_own_names) {
  const json one = answer("POST", "/nli", {{"premise", "the cat sat"}, {"hypothesis", "a cat"}});
  const json scores = one["scores"];
  const double sum = scores["entailment"].get<double>() + scores["contradiction"].get<double>() +
                     scores["neutral"].get<double>();
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_EQ(one["confidence"], scores[one["label"].get<std::string>()]);
  // The engine's own answer to the same pair.
  engine::Request request;
  request.model = model_path("tiny-nli");
  request.task = engine::Task::kClassify;
  request.inputs.push_back({.text = "the cat sat", .text_pair = "a cat", .ids = {}});
  const engine::Response response = engine_->run(std::move(request));
  ASSERT_TRUE(response.status.ok());
  const std::vector<float>& logits = response.outcomes[0].values;
  const std::size_t best =
      static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  EXPECT_EQ(one["label"], response.head->labels[best]);
  const json many = answer("POST", "/api/v1/nli/batch",
                           {{"pairs", json::array({json::array({"the cat sat", "a cat"}),
                                                   json::array({"dogs ran", "a cat"})})}});
  EXPECT_EQ(many["count"], 2);
  EXPECT_EQ(many["results"][0]["scores"], scores);
  EXPECT_THAT(metrics(), HasSubstr("nli_pairs_verified_total 3"));
  EXPECT_THAT(metrics(), HasSubstr("nli_latency_seconds_count 2"));
}

TEST_F(claims_server, vectors_are_those_of_the_embedder) {
  const json made = answer("POST", "/embed", {{"texts", {"the cat", "a dog"}}, {"batch_size", 32}});
  EXPECT_EQ(made["count"], 2);
  EXPECT_EQ(made["dimension"], 32);
  EXPECT_EQ(made["embeddings"][1].size(), 32u);
  EXPECT_THAT(metrics(), HasSubstr("embeddings_generated_total 2"));
  answer("POST", "/embed", {{"texts", json::array()}}, 422);
  answer("POST", "/embed", {{"texts", {"a"}}, {"model", "no-such"}}, 404);
}

TEST_F(claims_server, a_claim_is_verified_at_once_and_its_verdict_kept) {
  add_source("pets", "cats", kCat);
  const json said = answer("POST", "/verify",
                           {{"claim_id", "c1"},
                            {"claim_text", "The cat sat on the mat."},
                            {"options", {{"max_evidence_items", 2}, {"confidence_threshold", 0}}}});
  EXPECT_EQ(said["claim_id"], "c1");
  EXPECT_EQ(said["corpus_ids_searched"], json({"pets"}));
  ASSERT_GE(said["evidence"].size(), 1u) << said;
  ASSERT_LE(said["evidence"].size(), 2u);
  const json& first = said["evidence"][0];
  EXPECT_EQ(first["source"], "About cats");
  EXPECT_EQ(first["url"], "http://x/cats");
  EXPECT_EQ(first["content"], first["text"]);
  EXPECT_EQ(first["nli_confidence"], first["nli_scores"][first["nli_label"].get<std::string>()]);
  const json kept = get("/verdicts/c1");
  EXPECT_EQ(kept["verdict"], said["verdict"]);
  EXPECT_EQ(kept["confidence"], said["confidence"]);
  EXPECT_EQ(kept["evidence"].size(), said["evidence"].size());
  EXPECT_EQ(kept["verified_at"], said["verified_at"]);
  const json counts = get("/verdict/c1");
  EXPECT_EQ(counts["evidence_count"], said["evidence"].size());
  EXPECT_EQ(get("/claims/c1")["verdict"], counts);
  EXPECT_THAT(metrics(), HasSubstr("verification_e2e_latency_seconds_count 1"));
  const auto db = apps::ClaimsDb::open(apps::claims_db_path(path("home")), Sql::Access::kRead);
  ASSERT_TRUE(db.ok());
  EXPECT_EQ((*db)->ids()->size(), 1u);
}

TEST_F(claims_server, given_evidence_is_judged_alone_and_as_near_as_its_cosines_say) {
  json body = {
      {"claim_id", "given"},
      {"claim_text", "The cat sat on the mat."},
      {"evidence", {"The cat sat on the mat.", {{"text", "Dogs."}, {"source", "a book"}}}}};
  const json said = answer("POST", "/verify", body);  // There is no corpus.
  ASSERT_EQ(said["evidence"].size(), 2u) << said;
  EXPECT_TRUE(said["corpus_ids_searched"].empty());
  const json* same = &said["evidence"][0];
  if ((*same)["source"] == "a book") same = &said["evidence"][1];
  EXPECT_EQ((*same)["source"], "evidence 1");
  EXPECT_NEAR((*same)["similarity"].get<double>(), 1, 1e-6);  // Of the same text.
  const json task = answer("POST", "/claims/given/verify", body, 202);
  EXPECT_EQ(finished(task["task_id"])["result"]["confidence"], said["confidence"]);
  body["evidence"] = {"?!"};
  EXPECT_THAT(answer("POST", "/verify", body)["reasoning"].get<std::string>(),
              HasSubstr("no letter or digit"));
  body["evidence"] = {std::string("a\0b", 3)};
  EXPECT_EQ(answer("POST", "/verify", body, 422)["detail"][0]["loc"], json({"body", "evidence"}));
}

TEST_F(claims_server, a_claim_that_the_model_cannot_read_beside_its_evidence_is_left_open) {
  std::string claim = "cats";
  for (int i = 0; i < 60; ++i) claim += " sit";
  const json said = answer("POST", "/verify", {{"claim_text", claim}, {"evidence", {kCat}}});
  EXPECT_EQ(said["verdict"], "NOT_ENOUGH_INFO");
  EXPECT_THAT(said["validation_warnings"].dump(), HasSubstr("too long for the model"));
  const json pair = answer("POST", "/nli", {{"premise", kCat}, {"hypothesis", claim}});
  EXPECT_GT(pair["n_dropped"].get<int>(), 0);
}

TEST_F(claims_server, a_task_is_run_and_outlives_the_server) {
  add_source("pets", "cats", kCat);
  const json task =
      answer("POST", "/api/v1/claims/c2/verify", {{"claim_text", "Cats like water."}}, 202);
  EXPECT_EQ(task["status"], "pending");
  const json done = finished(task["task_id"]);
  ASSERT_EQ(done["status"], "completed") << done;
  EXPECT_EQ(done["progress_percentage"], 100);
  EXPECT_EQ(done["result"]["claim_text"], "Cats like water.");
  EXPECT_FALSE(done["completed_at"].is_null());
  start();
  EXPECT_EQ(get("/tasks/" + task["task_id"].get<std::string>()), done);
  EXPECT_EQ(get("/verdicts/c2"), done["result"]);
}

TEST_F(claims_server, what_was_not_over_is_run_by_the_next_server_once) {
  add_source("pets", "cats", kCat);
  answer("POST", "/claims", {{"text", "x"}}, 201);  // Makes the database.
  server_.reset();
  leave_task("task-left");
  start();
  EXPECT_EQ(finished("task-left")["status"], "completed");
  start();
  const auto db = apps::ClaimsDb::open(apps::claims_db_path(path("home")), Sql::Access::kRead);
  EXPECT_EQ((*db)->ids()->size(), 1u);
}

TEST_F(claims_server, a_threshold_makes_of_a_verdict_that_is_less_sure_none) {
  add_source("pets", "cats", kCat);
  const json said = answer(
      "POST", "/verify", {{"claim_text", "The cat sat on the mat."}, {"confidence_threshold", 1}});
  EXPECT_EQ(said["verdict"], "NOT_ENOUGH_INFO");
}

TEST_F(claims_server, evidence_is_found_by_words_and_by_corpus) {
  add_source("pets", "cats", kCat);
  add_source("cars", "cars", "A car stood on the mat. It was red.");
  const json found = answer("POST", "/search", {{"query", "mat"}, {"mode", "keyword"}});
  EXPECT_EQ(found["count"], 2) << found;
  const json cars = answer("POST", "/search", {{"query", "mat"}, {"corpus_ids", {"cars"}}});
  ASSERT_EQ(cars["count"], 1) << cars;
  EXPECT_EQ(cars["results"][0]["content"], "A car stood on the mat.");
  EXPECT_EQ(cars["results"][0]["rank"], 1);
  const json none = answer("POST", "/search", {{"query", "mat"}, {"corpus_ids", {"boats"}}}, 404);
  EXPECT_THAT(none["detail"].get<std::string>(), HasSubstr("cars, pets"));
}

TEST_F(claims_server, two_at_once_of_one_claim_are_one_task) {
  add_source("pets", "cats", kCat);
  std::vector<int> statuses(4);
  std::vector<std::thread> threads;
  for (int& status : statuses) {
    threads.emplace_back([this, &status] {
      TestClient client(server_->port());
      status = client.post("/claims/same/verify", R"({"claim_text":"The cat sat."})").status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int status : statuses) EXPECT_TRUE(status == 202 || status == 409) << status;
  EXPECT_TRUE(eventually([this] {
    TestClient client(server_->port());
    return client.get("/verdicts/same").status == 200;
  }));
}

TEST_F(claims_server, models_of_clients_are_names_and_no_paths) {
  answer("POST", "/embed", {{"texts", {"a"}}, {"model", model_path("tiny-mean-f32")}}, 404);
}

TEST_F(claims_server, another_model_under_the_name_is_read_by_its_own_labels) {
  namespace fs = std::filesystem;
  fs::copy(model_path("tiny-nli"), path("nli"));
  const std::string config = path("nli") + "/config.json";
  std::ifstream in(config);
  json facts = json::parse(in);
  start_at(path("nli"));
  const json body = {{"premise", "the cat sat"}, {"hypothesis", "a cat"}};
  const json before = answer("POST", "/nli", body)["scores"];
  facts["id2label"] = {{"0", "entailment"}, {"1", "contradiction"}, {"2", "neutral"}};
  facts["label2id"] = {{"entailment", 0}, {"contradiction", 1}, {"neutral", 2}};
  fs::remove(config);
  std::ofstream(config) << facts.dump();
  const json after = answer("POST", "/nli", body)["scores"];
  EXPECT_EQ(after["entailment"], before["contradiction"]) << before << after;
  EXPECT_EQ(after["contradiction"], before["entailment"]);
}

TEST_F(claims_server, a_server_without_the_lock_leaves_tasks_alone) {
  add_source("pets", "cats", kCat);
  answer("POST", "/claims", {{"text", "x"}}, 201);  // Makes the database.
  leave_task("left");
  // A server that gets no port.
  ServerOptions options = options_of(model_path("tiny-nli"));
  options.http.port = server_->port();
  EXPECT_FALSE(Server::start(options, *engine_).ok());
  EXPECT_EQ(state_of("left"), apps::TaskState::kProcessing);
  // Another one that verifies claims of the home already.
  {
    const auto lock = store::WriterLock::take(path("home") + "/claims/claims.lock", "a test");
    ASSERT_TRUE(lock.ok());
    start();
    EXPECT_EQ(get("/tasks/left")["status"], "processing");
    const json refused = answer("POST", "/verify", {{"claim_text", "Cats sit."}}, 503);
    EXPECT_THAT(refused["detail"].get<std::string>(), HasSubstr("another server"));
    EXPECT_EQ(state_of("left"), apps::TaskState::kProcessing);
  }
  // It is gone: whoever is asked next has its tasks.
  EXPECT_EQ(finished("left")["status"], "completed");
}

TEST_F(claims_server, a_task_that_nobody_runs_is_failed_and_locks_nothing) {
  add_source("pets", "cats", kCat);
  answer("POST", "/verify", {{"claim_text", "Cats sit."}});  // It has the lock.
  leave_task("lost");
  answer("POST", "/claims/of-lost/verify", {}, 202);
  EXPECT_EQ(get("/tasks/lost")["status"], "failed");
  leave_task("told");
  EXPECT_EQ(get("/tasks/told")["status"], "failed");
}

TEST_F(claims_server, every_corpus_is_heard) {
  add_source("cars", "cars", "A car stood on the mat. The mat was red. The mat was wet.");
  add_source("pets", "cats", kCat);
  const json found =
      answer("POST", "/search", {{"query", "mat"}, {"mode", "keyword"}, {"limit", 2}});
  ASSERT_EQ(found["count"], 2) << found;
  EXPECT_EQ(found["results"][0]["evidence_id"].get<std::string>().substr(0, 5), "cars/");
  EXPECT_EQ(found["results"][1]["evidence_id"].get<std::string>().substr(0, 5), "pets/");
}

TEST_F(claims_server, a_failure_does_not_hide_the_verdict_before_it) {
  add_source("pets", "cats", kCat);
  const json body = {{"claim_id", "c"}, {"claim_text", "The cat sat on the mat."}};
  answer("POST", "/verify", body);
  const json before = get("/verdicts/c");
  answer("POST", "/verify",
         {{"claim_id", "c"}, {"claim_text", "The cat sat on the mat."}, {"corpus_ids", {"no"}}},
         404);
  EXPECT_EQ(get("/verdicts/c"), before);
  EXPECT_FALSE(get("/claims/c")["verdict"].is_null());
}

TEST_F(claims_server, a_claim_keeps_its_text_and_when_it_came) {
  add_source("pets", "cats", kCat);
  const json claim = answer("POST", "/claims", {{"text", "Cats sit."}}, 201);
  const std::string id = claim["id"];
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  answer("POST", "/verify", {{"claim_id", id}});
  EXPECT_EQ(get("/claims/" + id)["submitted_at"], claim["submitted_at"]);
  answer("POST", "/verify", {{"claim_id", id}, {"claim_text", "Dogs run."}}, 409);
  answer("POST", "/claims/" + id + "/verify", {{"claim_text", "Dogs run."}}, 409);
  EXPECT_EQ(get("/claims/" + id + "/")["text"], "Cats sit.");
}

TEST_F(claims_server, ids_and_missing_claims_are_422) {
  EXPECT_EQ(answer("POST", "/verify", {{"return_reasoning", true}}, 422)["detail"][0]["loc"],
            json({"body", "claim_text"}));
  EXPECT_EQ(get("/claims/" + std::string(256, 'a'), 422)["detail"][0]["loc"], json({"path", "id"}));
  get("/tasks/%ff", 422);
  get("/verdict/%ff", 422);
  answer("POST", "/claims/%ff/verify", {{"claim_text", "Cats sit."}}, 422);
}

}  // namespace
}  // namespace quern::serve
