// quern pull as its users meet it, against a stand-in for the hub in this process.

#include <chrono>
#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include <fcntl.h>

#include "cli/test_program.h"
#include "hub/hub.h"
#include "hub/pull/test_hub.h"

namespace quern::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRepo = "sentence-transformers/all-MiniLM-L6-v2";
const std::string kModel = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";

/// A safetensors file with another tensor at its end, which nobody reads.
std::string with_more_bytes(const std::string& safetensors, std::size_t n_more) {
  std::uint64_t n_header = 0;
  std::memcpy(&n_header, safetensors.data(), sizeof n_header);
  nlohmann::json header = nlohmann::json::parse(safetensors.substr(8, n_header));
  const std::size_t data_begin = 8 + n_header;
  const std::size_t n_data = safetensors.size() - data_begin;
  header["more"] = {
      {"dtype", "U8"}, {"shape", {n_more}}, {"data_offsets", {n_data, n_data + n_more}}};
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string out(8, '\0');
  n_header = text.size();
  std::memcpy(out.data(), &n_header, sizeof n_header);
  std::mt19937 random(7);
  std::string more(n_more, '\0');
  for (char& c : more) c = static_cast<char>(random());
  return out + text + safetensors.substr(data_begin) + more;
}

class PullProgramTest : public ProgramTest {
 protected:
  PullProgramTest() { stand_in.add_folder(kRepo, kModel); }

  std::string variables() const { return "HF_ENDPOINT=" + stand_in.url() + " HF_TOKEN=t"; }

  /// Starts "quern pull all-MiniLM-L6-v2 -q" without waiting for it.
  pid_t start() {
    const std::string home = folder_.file("home");
    const std::string url = stand_in.url();
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("QUERN_HOME", home.c_str(), 1);
      ::setenv("HF_ENDPOINT", url.c_str(), 1);
      const int nowhere = ::open("/dev/null", O_WRONLY);
      ::dup2(nowhere, STDERR_FILENO);
      ::execl(QUERN_PROGRAM, "quern", "pull", "all-MiniLM-L6-v2", "-q", nullptr);
      ::_exit(127);
    }
    return child;
  }

  hub::Hub installed() const { return hub::Hub(folder_.file("home")); }

  hub::TestHub stand_in;
};

TEST_F(PullProgramTest, a_known_name_is_fetched_and_runs) {
  const Ended pulled = quern("pull all-minilm", variables());
  EXPECT_EQ(pulled.exit_code, 0) << pulled.err;
  EXPECT_EQ(pulled.out, "");
  EXPECT_TRUE(contains(pulled.err, "installed all-MiniLM-L6-v2 (bert model, embed,")) << pulled.err;
  const Ended embedded = quern("embed -q all-MiniLM-L6-v2 'a text'");
  EXPECT_EQ(embedded.exit_code, 0) << embedded.err;
  EXPECT_EQ(embedded.out, quern("embed -q " + kModel + " 'a text'").out);
  const Ended again = quern("pull ALL-minilm-l6-v2", variables());
  EXPECT_TRUE(contains(again.err, "is installed and up to date")) << again.err;
  const Ended offline = quern("pull all-minilm", "HF_HUB_OFFLINE=1");
  EXPECT_EQ(offline.exit_code, 0) << offline.err;
}

TEST_F(PullProgramTest, errors_end_with_their_exit_codes) {
  EXPECT_EQ(quern("pull nobodys-model", variables()).exit_code, 3);
  EXPECT_EQ(quern("pull hf:org/none", variables()).exit_code, 3);
  EXPECT_EQ(quern("pull 'a b'", variables()).exit_code, 4);
  EXPECT_EQ(quern("pull hf:org/none", "HF_ENDPOINT=nowhere").exit_code, 4);
  EXPECT_EQ(quern("pull hf:org/none", "HF_HUB_OFFLINE=1").exit_code, 7);
  EXPECT_EQ(quern("pull hf:org/none", "HF_ENDPOINT=http://127.0.0.1:1").exit_code, 7);
  EXPECT_EQ(quern("pull", variables()).exit_code, 2);
}

TEST_F(PullProgramTest, a_proxy_is_asked_where_one_is_named) {
  std::atomic<int> n_asked = 0;
  stand_in.on_hub = [&](const net::TestRequest& request, net::TestReply& reply) {
    EXPECT_TRUE(request.target.starts_with("http://hub.invalid/api/models/org/none/"))
        << request.target;
    ++n_asked;
    reply.answer(404, "", "X-Error-Code: RepoNotFound\r\n");
    return true;
  };
  const Ended ended = quern(
      "pull hf:org/none", "HF_ENDPOINT=http://hub.invalid no_proxy= http_proxy=" + stand_in.url());
  EXPECT_EQ(ended.exit_code, 3) << ended.err;
  EXPECT_EQ(n_asked, 1);
}

TEST_F(PullProgramTest, two_programs_at_once_fetch_a_model_once) {
  stand_in.bytes_per_ms = 200;
  const std::string pull = variables() + " " QUERN_PROGRAM " pull all-minilm";
  const Ended both = shell(pull + " & first=$!; " + pull + " || exit 1; wait $first");
  EXPECT_EQ(both.exit_code, 0) << both.err;
  EXPECT_TRUE(contains(both.err, "another process pulls '" + std::string(kRepo) + "'")) << both.err;
  EXPECT_TRUE(contains(both.err, "is installed and up to date")) << both.err;
  EXPECT_EQ(stand_in.n_sent(), stand_in.repos[kRepo].files["model.safetensors"].content.size());
  EXPECT_TRUE(installed().verify("all-MiniLM-L6-v2").ok());
}

TEST_F(PullProgramTest, an_interrupted_pull_says_how_to_go_on) {
  stand_in.bytes_per_ms = 50;
  const Ended ended = shell(variables() + " timeout -s INT 1 " QUERN_PROGRAM
                                          " pull all-minilm; exit ${PIPESTATUS}");
  EXPECT_TRUE(contains(ended.err, "stopped; the same command goes on from here")) << ended.err;
  EXPECT_TRUE(installed().list()->empty());
}

// QUERN_PULL_KILLS: how many times (50 for the record; a few in every run).
TEST_F(PullProgramTest, killed_at_random_points_it_goes_on_and_never_installs_a_broken_model) {
  const char* wanted = std::getenv("QUERN_PULL_KILLS");
  const int n_kills_wanted = wanted == nullptr ? 6 : std::atoi(wanted);
  std::string& weights = stand_in.repos[kRepo].files["model.safetensors"].content;
  weights = with_more_bytes(weights, 8 << 20);
  stand_in.bytes_per_ms = 10'000;

  const auto start_of_first = Clock::now();
  int status = 0;
  ::waitpid(start(), &status, 0);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  const auto usual = Clock::now() - start_of_first;
  const std::size_t n_sent_usually = stand_in.n_sent();
  ASSERT_TRUE(installed().remove("all-MiniLM-L6-v2").ok());
  stand_in.clear_log();

  std::mt19937 random(42);
  std::uniform_real_distribution<double> part(0.02, 0.9);
  int n_kills = 0;
  int n_installed = 0;
  int n_runs = 0;
  while (n_kills < n_kills_wanted || n_installed == 0) {
    ASSERT_LT(++n_runs, 20 * n_kills_wanted + 20);
    const pid_t child = start();
    std::this_thread::sleep_for(n_kills < n_kills_wanted ? usual * part(random) : usual * 20);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    n_kills += WIFSIGNALED(status) ? 1 : 0;
    const std::vector<hub::InstalledModel> models = *installed().list();
    for (const hub::InstalledModel& model : models) {
      ASSERT_EQ(model.problem, "");
      ASSERT_TRUE(installed().verify(model.name).ok());
      ASSERT_EQ(formats::slurp(model.path + "/model.safetensors"), weights);
      // It may have been killed between publishing and ending.
      ASSERT_TRUE(installed().remove(model.name).ok());
      ++n_installed;
    }
  }
  std::printf("%d kills, %d models installed whole, %.1f times the bytes of an undisturbed pull\n",
              n_kills, n_installed,
              static_cast<double>(stand_in.n_sent()) / static_cast<double>(n_sent_usually));
  // Each kill may lose a piece of each of four connections, and what was on its way.
  const std::size_t n_pieces_lost = static_cast<std::size_t>(n_kills) * 8;
  EXPECT_LE(stand_in.n_sent(), static_cast<std::size_t>(n_installed) * n_sent_usually +
                                   n_pieces_lost * (std::size_t{1} << 20));
}

}  // namespace
}  // namespace quern::cli
