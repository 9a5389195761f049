// A server of claims over real sockets, on an engine with the small models of tests/data.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/claim_tasks.h"
#include "apps/claims/claims_db.h"
#include "apps/claims/corpus_adding.h"
#include "serve/test_model_server.h"
#include "store/writer.h"

namespace quern::serve {

inline constexpr const char* kCat =
    "The cat sat on the mat all day long. A dog ran over the hill. Cats do not like water.";

class ClaimsServerTest : public ModelServerTest {
 protected:
  void SetUp() override {
    ModelServerTest::SetUp();
    start();
  }
  ServerOptions options_of(const std::string& model) const {
    ServerOptions options;
    options.home = path("home");
    options.claims_model = model;
    options.claims_embedder = model_path("tiny-mean-f32");
    return options;
  }
  void start() { start_at(model_path("tiny-nli")); }
  void start_at(const std::string& model) { start_with(options_of(model)); }

  /// One source into a corpus that is made where there is none; its sentences are found by words.
  void add_source(const std::string& corpus, const std::string& key, const std::string& text) {
    ASSERT_TRUE(apps::ensure_corpus(path("home"), corpus).ok());
    auto writer = store::Writer::open({.folder = apps::corpus_folder(path("home"), corpus)}, {});
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    std::vector<apps::ReadSource> left(1);
    left[0].text.source = {.key = key, .title = "About " + key, .url = "http://x/" + key};
    left[0].text.text = text;
    apps::CorpusAdd add;
    add.writer = writer->get();
    add.next = [&](const apps::IsKnownInput&) -> Result<std::optional<apps::ReadSource>> {
      if (left.empty()) return std::optional<apps::ReadSource>();
      std::optional<apps::ReadSource> next = std::move(left.back());
      left.pop_back();
      return next;
    };
    const auto report = apps::add_to_corpus(add);
    ASSERT_TRUE(report.ok()) << report.status().message();
    ASSERT_EQ(report->n_new, 1u);
  }

  using json = nlohmann::json;

  json get(const std::string& target, int status = 200) {
    return answer("GET", target, {}, status);
  }
  /// As a server that died leaves it, of the claim "of-ID".
  void leave_task(const std::string& id) {
    auto tasks = apps::ClaimTasks::open(apps::claims_db_path(path("home")));
    ASSERT_TRUE(tasks.ok());
    const std::string text = "The cat sat on the mat.";
    ASSERT_TRUE((*tasks)->put({.id = "of-" + id, .text = text, .at_ms = 1}).ok());
    apps::ClaimTask task;
    task.id = id;
    task.claim = "of-" + id;
    task.request = json{{"claim_id", task.claim}, {"claim_text", text}}.dump();
    task.created_ms = 1;
    ASSERT_TRUE((*tasks)->add_task(task).ok());
    task.state = apps::TaskState::kProcessing;
    task.progress = 50;
    ASSERT_TRUE((*tasks)->update_task(task).ok());
  }
  apps::TaskState state_of(const std::string& task) {
    auto tasks = apps::ClaimTasks::open(apps::claims_db_path(path("home")));
    return (*tasks)->find_task(task)->state;
  }
  /// The task when it is over.
  json finished(const std::string& task) {
    json state;
    EXPECT_TRUE(eventually([&] {
      state = get("/tasks/" + task);
      return state["status"] == "completed" || state["status"] == "failed";
    })) << state;
    return state;
  }
};

}  // namespace quern::serve
