// Processes ended at any moment in the midst of adds, erases, merges and compactions. 1,000 times
// with QUERN_KILLS=1000.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

constexpr const char* kCount = "count";

/// Batch n, the same whoever asks. In the model, or in a store.
template <typename Put, typename Erase>
void make_batch(int n, const Put& put, const Erase& erase) {
  std::mt19937 random(static_cast<unsigned>(n));
  for (unsigned i = 0; i < 1 + random() % 10; ++i) {
    const std::string key = "k" + std::to_string(random() % 60);
    Document document = fixture_document(key, n);
    if (random() % 2 == 0) document.vector = fixture_vector(document.stored);
    random() % 3 == 0 ? erase(key) : put(std::move(document));
  }
  Document count = fixture_document(kCount, n);
  count.stored = std::to_string(n);
  put(std::move(count));
}

class kill_test : public StoreTest {
 protected:
  /// Goes on behind batch n until it is ended; says each one that was committed.
  [[noreturn]] void write_on(int n, int acknowledged) {
    auto out = open_writer(30'000);
    Pace pace;
    for (;;) {
      ++n;
      make_batch(
          n, [&](Document document) { static_cast<void>(out->put(std::move(document))); },
          [&](const std::string& key) { static_cast<void>(out->erase(key)); });
      if (!out->commit().ok()) ::_exit(1);
      if (::write(acknowledged, &n, sizeof n) != sizeof n) ::_exit(1);
      if (n % 2 == 0 && !out->maintain(pace).ok()) ::_exit(1);
      if (n % 23 == 0 && !out->compact(pace).ok()) ::_exit(1);
    }
  }
};

}  // namespace

TEST_F(kill_test, no_kill_loses_or_breaks_anything) {
  const char* wish = std::getenv("QUERN_KILLS");
  const int n_kills = wish != nullptr ? std::atoi(wish) : 20;
  create_with_vectors();
  std::mt19937 random(4);
  int n = 0;  // The last batch that is in the store.
  for (int kill = 0; kill < n_kills; ++kill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_on(n, pipe[1]);
    ::close(pipe[1]);
    int acknowledged = n;
    // Every other one gets as far as a commit, however slow the machine is.
    if (kill % 2 == 0) {
      ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged), ssize_t{sizeof acknowledged});
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 80'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    for (int next = 0; ::read(pipe[0], &next, sizeof next) == sizeof next;) acknowledged = next;
    ::close(pipe[0]);

    const Model found = contents(*snapshot());
    const auto count = found.find(kCount);
    const int n_found = count == found.end() ? 0 : std::atoi(count->second.stored.c_str());
    ASSERT_GE(n_found, acknowledged);
    ASSERT_LE(n_found, acknowledged + 1);
    for (int batch = n + 1; batch <= n_found; ++batch) {
      make_batch(
          batch,
          [&](Document document) {
            if (!document.vector.empty()) document.vector = kept(document.vector);
            model_[document.key] = document;
          },
          [&](const std::string& key) { model_.erase(key); });
    }
    ASSERT_TRUE(found == model_) << "kill " << kill << ", batch " << n_found;
    n = n_found;
    if (kill % 10 == 9) expect_right();
  }
  EXPECT_GE(n, n_kills / 2);
}

}  // namespace quern::store
