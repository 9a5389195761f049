#include "hub/pull/pull.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "formats/gguf/test_gguf.h"
#include "formats/test_folder.h"
#include "hub/manifest.h"
#include "hub/pull/test_hub.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::fixture;
using formats::slurp;
using formats::TestFolder;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kRepo = "org/tiny";

class PullTest : public testing::Test {
 protected:
  PullTest() { stand_in.add_folder(kRepo, fixture("tiny-mean-f32")); }

  PullRequest request(const std::string& source) {
    PullRequest request;
    const Result<PullReference> reference = parse_pull_reference(source);
    EXPECT_TRUE(reference.ok()) << reference.status().message();
    if (reference.ok()) request.reference = *reference;
    request.access = {.endpoint = stand_in.url(),
                      .token = token,
                      .connect_timeout = 2000ms,
                      .stall_timeout = 1s,
                      .first_wait = 1ms,
                      .n_attempts = 4,
                      .piece_bytes = 4096};
    request.watch.on_note = [this](const std::string& note) {
      const std::lock_guard lock(mutex);
      notes += note + "\n";
    };
    return request;
  }

  Result<Pulled> pull_it(const std::string& source = std::string("hf:") + kRepo) {
    return pull(hub, request(source));
  }

  void expect_whole(const std::string& name = "tiny", const std::string& model = "tiny-mean-f32") {
    const Result<InstalledModel> found = hub.find(name);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(found->problem, "");
    EXPECT_TRUE(hub.verify(name).ok()) << hub.verify(name).message();
    for (const char* file : {"model.safetensors", "tokenizer.json", "1_Pooling/config.json"}) {
      EXPECT_EQ(slurp(found->path + "/" + file), slurp(fixture(model + "/" + file))) << file;
    }
  }

  void expect_refused(const Result<Pulled>& pulled, Code code, const std::string& message) {
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.status().code(), code) << pulled.status().message();
    EXPECT_THAT(pulled.status().message(), HasSubstr(message));
    EXPECT_TRUE(hub.list()->empty());
  }

  std::size_t n_weight_bytes() {
    return stand_in.repos[kRepo].files["model.safetensors"].content.size();
  }

  TestFolder home;
  Hub hub{home.path()};
  TestHub stand_in;
  std::string token;
  std::mutex mutex;
  std::string notes;
};

TEST_F(PullTest, a_model_is_installed_whole_with_its_commit_and_nothing_is_left_over) {
  stand_in.add(kRepo, "pytorch_model.bin", "pickles", true);
  stand_in.add(kRepo, "onnx/model.onnx", "onnx", true);
  stand_in.add(kRepo, ".gitattributes", "x");
  stand_in.add(kRepo, "README.md", "read me");
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  EXPECT_FALSE(pulled->was_there);
  EXPECT_EQ(pulled->model.name, "tiny");
  expect_whole();
  const Result<Manifest> manifest = read_manifest(pulled->model.path);
  EXPECT_EQ(manifest->hub_name, kRepo);
  EXPECT_EQ(manifest->commit, "c0ffee00");
  std::vector<std::string> files;
  for (const ManifestFile& file : manifest->files) files.push_back(file.path);
  EXPECT_THAT(files, UnorderedElementsAre("1_Pooling/config.json", "README.md", "config.json",
                                          "golden.json", "model.safetensors", "modules.json",
                                          "sentence_bert_config.json", "tokenizer.json",
                                          "tokenizer_config.json"));
  EXPECT_TRUE(fs::is_empty(home.path("pulls")));
  EXPECT_EQ(stand_in.n_sent(), n_weight_bytes());
}

TEST_F(PullTest, models_whose_weights_say_what_they_make_come_with_all_their_files) {
  struct Case {
    const char* model;
    std::vector<std::string> files;
  };
  const Case cases[] = {{"tiny-late-stanford", {"artifact.metadata"}},
                        {"tiny-mlm-roberta", {}},
                        {"tiny-static", {}},
                        {"tiny-m3", {"colbert_linear.pt", "sparse_linear.pt"}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.model);
    stand_in.add_folder(std::string("org/") + c.model, fixture(c.model));
    const Result<Pulled> pulled = pull_it(std::string("hf:org/") + c.model);
    ASSERT_TRUE(pulled.ok()) << pulled.status().message();
    const Result<InstalledModel> found = hub.find(c.model);
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(found->problem, "");
    for (const std::string& file : c.files) {
      EXPECT_EQ(slurp(found->path + "/" + file), slurp(fixture(c.model + ("/" + file)))) << file;
    }
  }
}

TEST_F(PullTest, what_is_installed_is_not_fetched_again) {
  ASSERT_TRUE(pull_it().ok());
  stand_in.clear_log();
  const Result<Pulled> again = pull_it();
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_TRUE(again->was_there);
  EXPECT_EQ(stand_in.log().size(), 1u);  // The listing.
}

TEST_F(PullTest, a_damaged_installation_is_mended) {
  ASSERT_TRUE(pull_it().ok());
  fs::resize_file(home.path("models/tiny/model.safetensors"), 100);
  const Result<Pulled> again = pull_it();
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_FALSE(again->was_there);
  expect_whole();
}

TEST_F(PullTest, large_files_come_in_ranges_over_several_connections) {
  stand_in.bytes_per_ms = 2000;
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  EXPECT_GE(stand_in.n_logged("bytes="), 4);
  EXPECT_EQ(stand_in.n_sent(), n_weight_bytes());
}

TEST_F(PullTest, a_store_without_ranges_sends_the_whole_file_once) {
  stand_in.takes_ranges = false;
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
}

TEST_F(PullTest, the_token_goes_to_the_hub_and_never_to_the_store) {
  stand_in.token = token = "hf_secret";
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  EXPECT_FALSE(stand_in.store_was_given_a_token);
  EXPECT_GT(stand_in.n_logged("STORE"), 0);
}

TEST_F(PullTest, transfers_cut_short_go_on_where_they_were) {
  std::atomic<int> n = 0;
  stand_in.on_store = [&](const net::TestRequest& request, net::TestReply& reply) {
    if (++n > 12) return false;
    // All that was asked for is promised, a part of it comes.
    const std::string range = request.header("range");
    const std::size_t begin = range.empty() ? 0 : std::stoul(range.substr(6));
    const std::string& content = stand_in.repos[kRepo].files["model.safetensors"].content;
    const std::size_t end =
        range.empty() ? content.size() : std::stoul(range.substr(range.find('-') + 1)) + 1;
    reply.send("HTTP/1.1 206 Partial Content\r\nETag: \"tag-1\"\r\nContent-Range: bytes " +
               std::to_string(begin) + "-" + std::to_string(end - 1) + "/" +
               std::to_string(content.size()) +
               "\r\nContent-Length: " + std::to_string(end - begin) + "\r\n\r\n" +
               content.substr(begin, std::min<std::size_t>(5000, (end - begin) / 2)));
    reply.hang_up();
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  EXPECT_LT(stand_in.n_sent(), n_weight_bytes());  // The rest only.
}

TEST_F(PullTest, a_stalled_transfer_is_given_up_and_tried_again) {
  std::atomic<int> n = 0;
  stand_in.on_store = [&](const net::TestRequest&, net::TestReply& reply) {
    if (++n > 2) return false;
    reply.send("HTTP/1.1 206 Partial Content\r\nContent-Length: 100000\r\n\r\n1");
    reply.sleep(20s);
    return true;
  };
  // The byte that came was a lie: the digest finds out, and the file comes again.
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
}

TEST_F(PullTest, busy_servers_are_asked_again) {
  std::atomic<int> n_hub = 0;
  std::atomic<int> n_store = 0;
  stand_in.on_hub = [&](const net::TestRequest&, net::TestReply& reply) {
    if (++n_hub > 2) return false;
    reply.answer(n_hub == 1 ? 429 : 503, "<html>busy", "Retry-After: 0\r\n");
    return true;
  };
  stand_in.on_store = [&](const net::TestRequest&, net::TestReply& reply) {
    if (++n_store > 2) return false;
    // The second is a signed link that ran out.
    reply.answer(n_store == 1 ? 500 : 403, "<xml>");
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
}

TEST_F(PullTest, retry_after_is_kept_to) {
  std::atomic<int> n = 0;
  stand_in.on_hub = [&](const net::TestRequest&, net::TestReply& reply) {
    if (++n > 1) return false;
    reply.answer(429, "", "Retry-After: 1\r\n");
    return true;
  };
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(pull_it().ok());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
}

TEST_F(PullTest, a_hub_that_stays_busy_is_an_error_without_its_page) {
  stand_in.on_hub = [](const net::TestRequest&, net::TestReply& reply) {
    reply.answer(429, "<html>a page</html>");
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  expect_refused(pulled, Code::kUnavailable, "answers 429, too many requests (4 attempts)");
  EXPECT_THAT(pulled.status().message(), testing::Not(HasSubstr("html")));
  stand_in.on_hub = [](const net::TestRequest&, net::TestReply& reply) {
    reply.answer(429, "", "Retry-After: 3600\r\n");
    return true;
  };
  expect_refused(pull_it(), Code::kUnavailable, "asks to come back in 3600 s");
}

TEST_F(PullTest, refusals_say_what_to_do) {
  stand_in.token = "another";
  expect_refused(pull_it(), Code::kUnavailable, "gated or not open to you: agree to its terms at");
  expect_refused(pull_it(), Code::kUnavailable, "then set HF_TOKEN");
  token = "wrong";
  expect_refused(pull_it(), Code::kUnavailable, "then the token in use may not read it");
  stand_in.token = "";
  expect_refused(pull_it("hf:org/none"), Code::kNotFound, "no repository 'org/none' at");
  expect_refused(pull_it("hf:BAAI/bge-smal-en-v1.5"), Code::kNotFound,
                 "did you mean BAAI/bge-small-en-v1.5");
  expect_refused(pull_it("hf:org/tiny@v9"), Code::kNotFound, "'org/tiny' has no revision 'v9'");
}

TEST_F(PullTest, nobody_at_the_endpoint_is_told_soon) {
  PullRequest to_nobody = request("hf:org/tiny");
  to_nobody.access.endpoint = "http://127.0.0.1:1";
  expect_refused(pull(hub, to_nobody), Code::kUnavailable, "cannot fetch from http://127.0.0.1:1");
}

TEST_F(PullTest, a_page_instead_of_a_listing_is_no_listing) {
  stand_in.on_hub = [](const net::TestRequest&, net::TestReply& reply) {
    reply.answer(200, "<html>log in to the wifi first</html>");
    return true;
  };
  expect_refused(pull_it(), Code::kBadInput, "the hub's listing");
}

TEST_F(PullTest, a_body_that_came_wrong_is_fetched_again_and_never_installed) {
  std::atomic<int> n = 0;
  std::string wrong = stand_in.repos[kRepo].files["model.safetensors"].content;
  for (char& c : wrong) c = static_cast<char>(c ^ 1);
  int n_wrong = 1;
  stand_in.on_store = [&](const net::TestRequest& request, net::TestReply& reply) {
    if (++n > n_wrong) return false;
    const std::string range = request.header("range");
    const std::size_t begin = range.empty() ? 0 : std::stoul(range.substr(6));
    const std::size_t end =
        range.empty() ? wrong.size() : std::stoul(range.substr(range.find('-') + 1)) + 1;
    reply.answer(range.empty() ? 200 : 206, wrong.substr(begin, end - begin));
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  EXPECT_THAT(notes, HasSubstr("'model.safetensors' came with sha256"));
  ASSERT_TRUE(hub.remove("tiny").ok());
  n = 0;
  n_wrong = 1000;
  expect_refused(pull_it(), Code::kBadInput, "2 times: nothing was installed");
}

TEST_F(PullTest, small_files_are_checked_against_gits_digest) {
  stand_in.on_hub = [](const net::TestRequest& request, net::TestReply& reply) {
    if (!request.target.ends_with("/modules.json")) return false;
    reply.answer(200, std::string(400, ' '));
    return true;
  };
  const std::string& modules = stand_in.repos[kRepo].files["modules.json"].content;
  stand_in.repos[kRepo].files["modules.json"].content =
      modules + std::string(400 - std::min<std::size_t>(400, modules.size()), ' ');
  ASSERT_EQ(stand_in.repos[kRepo].files["modules.json"].content.size(), 400u);
  expect_refused(pull_it(), Code::kBadInput, "'modules.json' came with git digest");
}

TEST_F(PullTest, a_length_other_than_the_listed_one_is_an_error) {
  stand_in.on_hub = [](const net::TestRequest& request, net::TestReply& reply) {
    if (!request.target.ends_with("/config.json")) return false;
    reply.answer(200, "{}");
    return true;
  };
  expect_refused(pull_it(), Code::kBadInput, "has 2 bytes where it is fetched from, the hub lists");
}

TEST_F(PullTest, a_file_that_changes_midway_is_fetched_from_its_new_state) {
  std::atomic<int> n = 0;
  const std::string old = stand_in.repos[kRepo].files["model.safetensors"].content;
  stand_in.on_store = [&](const net::TestRequest& request, net::TestReply& reply) {
    if (++n > 2) return false;
    const std::string range = request.header("range");
    const std::size_t begin = range.empty() ? 0 : std::stoul(range.substr(6));
    const std::size_t end =
        range.empty() ? old.size() : std::stoul(range.substr(range.find('-') + 1)) + 1;
    reply.answer(range.empty() ? 200 : 206, std::string(end - begin, '?'), "ETag: \"former\"\r\n");
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  EXPECT_EQ(notes, "");  // The tag told: no digest had to.
}

TEST_F(PullTest, a_store_whose_tags_differ_from_answer_to_answer_is_trusted_by_the_digest) {
  std::atomic<int> n = 0;
  stand_in.on_store = [&](const net::TestRequest& request, net::TestReply& reply) {
    const std::string& content = stand_in.repos[kRepo].files["model.safetensors"].content;
    const std::string range = request.header("range");
    const std::size_t begin = range.empty() ? 0 : std::stoul(range.substr(6));
    const std::size_t end =
        range.empty() ? content.size() : std::stoul(range.substr(range.find('-') + 1)) + 1;
    reply.answer(range.empty() ? 200 : 206, content.substr(begin, end - begin),
                 "ETag: \"" + std::to_string(++n) + "\"\r\n");
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
}

TEST_F(PullTest, names_that_lead_out_of_the_folder_are_refused) {
  for (const char* name : {"../evil.json", "a/../../evil", "/etc/passwd", "a//b", "a\\b", ".."}) {
    stand_in.repos["org/evil"] = stand_in.repos[kRepo];
    stand_in.add("org/evil", name, "evil");
    expect_refused(pull_it("hf:org/evil"), Code::kBadInput, "which is no name inside a folder");
    EXPECT_FALSE(fs::exists(home.path("pulls")));
  }
}

TEST_F(PullTest, a_repository_without_readable_weights_says_what_it_holds) {
  stand_in.repos["org/pickled"] = stand_in.repos[kRepo];
  stand_in.repos["org/pickled"].files.erase("model.safetensors");
  stand_in.add("org/pickled", "pytorch_model.bin", "pickles", true);
  stand_in.add("org/pickled", "onnx/model.onnx", "onnx", true);
  expect_refused(pull_it("hf:org/pickled"), Code::kBadInput, "PyTorch pickles (.bin), ONNX");
}

TEST_F(PullTest, a_model_that_cannot_run_is_refused_before_its_weights_come) {
  std::string& config = stand_in.repos[kRepo].files["config.json"].content;
  config.replace(config.find("\"bert\""), 6, "\"brrt\"");
  const Result<Pulled> pulled = pull_it();
  expect_refused(pulled, Code::kUnsupported, "nothing of the weights was fetched");
  EXPECT_THAT(pulled.status().message(), HasSubstr("'brrt'"));
  EXPECT_EQ(stand_in.n_logged("STORE"), 0);
}

TEST_F(PullTest, a_disk_too_small_is_told_before_anything_is_fetched) {
  const std::string listing =
      R"({"sha":"c1","siblings":[{"rfilename":"m.gguf","size":900000000000000,"lfs":{"sha256":")" +
      std::string(64, 'a') + R"(","size":900000000000000}}]})";
  stand_in.on_hub = [&](const net::TestRequest&, net::TestReply& reply) {
    reply.answer(200, listing);
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.status().code(), Code::kIo);
  EXPECT_EQ(stand_in.log().size(), 1u);
}

TEST_F(PullTest, a_write_that_fails_is_named_and_the_next_pull_goes_on) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 50'000, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Result<Pulled> pulled = pull_it();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  expect_refused(pulled, Code::kIo, "cannot write");
  EXPECT_THAT(pulled.status().message(), HasSubstr("model.safetensors"));
  ASSERT_TRUE(pull_it().ok());
  expect_whole();
}

TEST_F(PullTest, a_pull_that_was_stopped_goes_on_and_loses_only_pieces) {
  stand_in.bytes_per_ms = 500;
  PullRequest stopped = request("hf:org/tiny");
  stopped.watch.is_cancelled = [&] { return stand_in.n_sent() > n_weight_bytes() / 2; };
  EXPECT_EQ(pull(hub, stopped).status().code(), Code::kCancelled);
  EXPECT_TRUE(hub.list()->empty());
  EXPECT_FALSE(fs::is_empty(home.path("pulls")));
  stand_in.bytes_per_ms = 0;
  stand_in.clear_log();
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  // Half had come, less what was on its way and unfinished pieces.
  EXPECT_LT(pulled->n_fetched, n_weight_bytes() * 3 / 4);
  EXPECT_TRUE(fs::is_empty(home.path("pulls")));
}

TEST_F(PullTest, what_an_earlier_commit_left_is_taken_over) {
  stand_in.bytes_per_ms = 500;
  PullRequest stopped = request("hf:org/tiny");
  stopped.watch.is_cancelled = [&] { return stand_in.n_sent() > n_weight_bytes() / 2; };
  EXPECT_EQ(pull(hub, stopped).status().code(), Code::kCancelled);
  stand_in.bytes_per_ms = 0;
  stand_in.repos[kRepo].commit = "c0ffee01";
  stand_in.add(kRepo, "README.md", "new words");
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  EXPECT_LT(pulled->n_fetched, n_weight_bytes() * 3 / 4);
  EXPECT_TRUE(fs::is_empty(home.path("pulls")));
}

TEST_F(PullTest, a_new_commit_is_fetched_without_the_weights_that_stayed) {
  ASSERT_TRUE(pull_it().ok());
  stand_in.repos[kRepo].commit = "c0ffee01";
  stand_in.add(kRepo, "README.md", "new words");
  stand_in.clear_log();
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  EXPECT_FALSE(pulled->was_there);
  EXPECT_EQ(stand_in.n_sent(), 0u);
  expect_whole();
  EXPECT_EQ(slurp(pulled->model.path + "/README.md"), "new words");
  EXPECT_EQ(read_manifest(pulled->model.path)->commit, "c0ffee01");
}

TEST_F(PullTest, two_at_once_fetch_it_once) {
  stand_in.bytes_per_ms = 1000;
  std::vector<std::thread> threads;
  std::atomic<int> n_there = 0;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      const Result<Pulled> pulled = pull_it();
      ASSERT_TRUE(pulled.ok()) << pulled.status().message();
      n_there += pulled->was_there ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect_whole();
  EXPECT_EQ(n_there, 2);
  EXPECT_EQ(stand_in.n_sent(), n_weight_bytes());
  EXPECT_THAT(notes, HasSubstr("another process pulls 'org/tiny': waiting for it"));
}

TEST_F(PullTest, a_name_that_another_model_has_is_not_taken_away) {
  ASSERT_TRUE(hub.add(fixture("tiny-cls"), "tiny", "other/tiny").ok());
  const Result<Pulled> pulled = pull_it();
  ASSERT_FALSE(pulled.ok());
  EXPECT_THAT(pulled.status().message(),
              HasSubstr("'tiny' is the name of an installed model of 'other/tiny'"));
  PullRequest named = request("hf:org/tiny");
  named.name = "mine";
  ASSERT_TRUE(pull(hub, named).ok());
  expect_whole("mine");
  named.name = "a/b";
  EXPECT_EQ(pull(hub, named).status().code(), Code::kBadInput);
}

TEST_F(PullTest, offline_an_installed_model_is_there_and_no_other) {
  PullRequest offline = request("hf:org/tiny");
  offline.access.offline = true;
  EXPECT_THAT(pull(hub, offline).status().message(), HasSubstr("HF_HUB_OFFLINE is set"));
  EXPECT_EQ(pull(hub, offline).status().code(), Code::kUnavailable);
  ASSERT_TRUE(pull_it().ok());
  stand_in.clear_log();
  const Result<Pulled> pulled = pull(hub, offline);
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  EXPECT_TRUE(pulled->was_there);
  EXPECT_EQ(stand_in.log().size(), 0u);
}

TEST_F(PullTest, a_mirror_that_lists_names_alone_is_asked_for_the_rest) {
  stand_in.lists_sizes = stand_in.lists_digests = false;
  // Some leave the length out of answers to HEAD.
  stand_in.on_hub = [&](const net::TestRequest& request, net::TestReply& reply) {
    if (request.method != "HEAD" || !request.target.ends_with("/config.json")) return false;
    reply.send("HTTP/1.1 200 OK\r\n\r\n");
    reply.hang_up();
    return true;
  };
  const Result<Pulled> pulled = pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  expect_whole();
  EXPECT_GT(stand_in.n_logged("HEAD"), 5);
}

TEST_F(PullTest, shards_come_with_their_index_and_the_variants_stay) {
  stand_in.add_folder("org/sharded", fixture("tiny-sharded"));
  stand_in.add("org/sharded", "model.safetensors", "the same once more", true);
  stand_in.add("org/sharded", "model.fp16.safetensors", "a variant", true);
  const Result<Pulled> pulled = pull_it("hf:org/sharded");
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  EXPECT_EQ(pulled->model.problem, "");
  EXPECT_FALSE(fs::exists(pulled->model.path + "/model.safetensors"));
  EXPECT_FALSE(fs::exists(pulled->model.path + "/model.fp16.safetensors"));
}

std::string tiny_gguf() {
  formats::TestGguf file;
  file.string("general.architecture", "llama").u32("llama.block_count", 1);
  file.u32("llama.embedding_length", 32).u32("llama.attention.head_count", 2);
  file.u32("llama.feed_forward_length", 32).u32("llama.context_length", 16);
  file.string("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", {"<unk>", "a"});
  file.array<float>("tokenizer.ggml.scores", 6, {0, -1});
  file.tensor("token_embd.weight", {32, 2}, 8, std::string(68, '\0'));
  return file.bytes();
}

TEST_F(PullTest, a_gguf_file_is_named_by_its_quantisation) {
  stand_in.add("org/m-GGUF", "sub/m-Q4_K_M.gguf", tiny_gguf(), true);
  stand_in.add("org/m-GGUF", "sub/m-Q8_0.gguf", "not asked for", true);
  expect_refused(pull_it("hf:org/m-GGUF"), Code::kBadInput, "which file?");
  expect_refused(pull_it("hf:org/m-GGUF:Q5_0"), Code::kNotFound, "no file 'Q5_0'");
  const Result<Pulled> pulled = pull_it("org/m-GGUF:q4_k_m");
  ASSERT_TRUE(pulled.ok()) << pulled.status().message();
  EXPECT_EQ(pulled->model.name, "m-Q4_K_M");
  EXPECT_EQ(pulled->model.family, "llama");
  EXPECT_TRUE(fs::exists(home.path("models/m-Q4_K_M/m-Q4_K_M.gguf")));
  EXPECT_TRUE(pull_it("hf:org/m-GGUF:sub/m-Q4_K_M.gguf")->was_there);
}

TEST_F(PullTest, progress_reaches_the_end) {
  PullRequest watched = request("hf:org/tiny");
  DownloadProgress last;
  watched.on_progress = [&](const DownloadProgress& now) { last = now; };
  ASSERT_TRUE(pull(hub, watched).ok());
  EXPECT_GT(last.n_bytes_all, n_weight_bytes());
  EXPECT_EQ(last.n_bytes, last.n_bytes_all);
}

}  // namespace
}  // namespace quern::hub
