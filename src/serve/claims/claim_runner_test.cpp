#include "serve/claims/claim_runner.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "base/test_folder.h"
#include "engine/engine.h"

namespace quern::serve {
namespace {

using testing::HasSubstr;

/// Files of this process may not grow beyond a byte: writing fails as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_ = {};
};

/// A runner that runs what it is told to, and no task by itself: it is not started.
class claim_runner : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    auto engine = engine::Engine::make(
        {.n_threads = 1, .home = path("home"), .precision = "f32", .results = {}});
    ASSERT_TRUE(engine.ok()) << engine.status().message();
    engine_ = std::move(*engine);
    scans_.emplace(1);
    desk_.emplace(*engine_, *scans_, path("home"), QUERN_SOURCE_DIR "/tests/data/models/tiny-nli",
                  "no-embedder");
    runner_.emplace(*desk_, metrics_, 2);
  }
  void TearDown() override {
    runner_.reset();
    desk_.reset();
    FolderTest::TearDown();
  }

  ClaimRunner::Made made(const std::string& id, ClaimRunner::When when) {
    VerifyRequest request = {.claim_id = id, .claim_text = "The cat sat."};
    request.evidence.emplace();
    request.evidence->push_back({.text = "The cat sat on the mat.", .source = {.key = "a"}});
    const auto made = runner_->make_task(request, when);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : ClaimRunner::Made();
  }

  /// As its row says, and as whoever asks for it is told.
  apps::ClaimTask kept(const std::string& id) { return read(id, false); }
  apps::ClaimTask asked(const std::string& id) { return read(id, true); }

  std::unique_ptr<engine::Engine> engine_;
  std::optional<ThreadPool> scans_;
  std::optional<ClaimsDesk> desk_;
  Metrics metrics_;
  std::optional<ClaimRunner> runner_;

 private:
  apps::ClaimTask read(const std::string& id, bool buries) {
    apps::ClaimTask task;
    const Status status = desk_->with_books([&](ClaimsDesk::Books books) -> Status {
      QUERN_ASSIGN(task, books.tasks.find_task(id));
      if (buries) runner_->bury(books, task);
      return {};
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return task;
  }
};

using When = ClaimRunner::When;
using Making = ClaimRunner::Making;

}  // namespace

TEST_F(claim_runner, more_than_may_wait_are_no_tasks_and_leave_nothing) {
  EXPECT_EQ(made("a", When::kLater).how, Making::kMade);
  EXPECT_EQ(made("b", When::kLater).how, Making::kMade);
  EXPECT_EQ(made("c", When::kLater).how, Making::kTooMany);
  EXPECT_EQ(made("a", When::kLater).how, Making::kIsRunning);
  EXPECT_EQ(made("d", When::kNow).how, Making::kMade);  // It does not wait.
  const Status found =
      desk_->with_books([](ClaimsDesk::Books books) { return books.tasks.find("c").status(); });
  EXPECT_EQ(found.code(), Code::kNotFound);
}

TEST_F(claim_runner, a_verdict_that_a_full_disk_keeps_from_being_kept_is_a_failure) {
  const ClaimRunner::Made task = made("a", When::kNow);
  Result<VerifiedClaim> verified = Status(Code::kUnavailable, "not run");
  {
    const FullDisk full;
    verified = runner_->run(task.task);
  }
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.status().code(), Code::kIo) << verified.status().message();
  EXPECT_THAT(verified.status().message(), HasSubstr("claims.db"));
  // Not even the end could be written: whoever asks finds it.
  EXPECT_EQ(kept(task.task.id).completed_ms, 0);
  const apps::ClaimTask told = asked(task.task.id);
  EXPECT_EQ(told.state, apps::TaskState::kFailed);
  EXPECT_NE(told.error, "");
  EXPECT_EQ(kept(task.task.id).state, apps::TaskState::kFailed);
  // The next one is as if nothing had been.
  EXPECT_TRUE(runner_->run(made("a", When::kNow).task).ok());
}

TEST_F(claim_runner, no_task_is_made_on_a_full_disk) {
  made("a", When::kNow);  // The database is there.
  const FullDisk full;
  const auto refused =
      runner_->make_task({.claim_id = "b", .claim_text = "The cat sat."}, When::kLater);
  EXPECT_EQ(refused.status().code(), Code::kIo) << refused.status().message();
}

TEST_F(claim_runner, an_engine_that_refuses_fails_the_task_with_its_words) {
  const ClaimRunner::Made task = made("a", When::kNow);
  engine_->drain(std::chrono::milliseconds(0));
  const auto refused = runner_->run(task.task);
  EXPECT_EQ(refused.status().code(), Code::kUnavailable) << refused.status().message();
  const apps::ClaimTask told = kept(task.task.id);
  EXPECT_EQ(told.state, apps::TaskState::kFailed);
  EXPECT_EQ(told.error, refused.status().message());
}

TEST_F(claim_runner, a_task_whose_request_cannot_be_read_fails_by_itself) {
  ClaimRunner::Made task = made("a", When::kNow);
  task.task.request = "{";
  EXPECT_EQ(runner_->run(task.task).status().code(), Code::kBadInput);
  EXPECT_EQ(kept(task.task.id).state, apps::TaskState::kFailed);
}

TEST_F(claim_runner, what_waits_when_it_ends_is_run_by_the_next_one) {
  const ClaimRunner::Made first = made("a", When::kLater);
  const ClaimRunner::Made second = made("b", When::kLater);
  runner_.reset();
  EXPECT_EQ(kept(first.task.id).state, apps::TaskState::kPending);
  runner_.emplace(*desk_, metrics_, 2);
  runner_->start();
  for (const apps::ClaimTask& task : {first.task, second.task}) {
    for (int i = 0; i < 1000 && kept(task.id).completed_ms == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(kept(task.id).state, apps::TaskState::kCompleted);
  }
  const Status counted = desk_->with_books([](ClaimsDesk::Books books) -> Status {
    EXPECT_EQ(books.claims.ids()->size(), 2u);
    return {};
  });
  EXPECT_TRUE(counted.ok());
}

}  // namespace quern::serve
