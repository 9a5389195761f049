#include "hub/hub.h"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "formats/gguf/test_gguf.h"
#include "formats/test_folder.h"
#include "hub/manifest.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::fixture;
using formats::replace_in;
using formats::slurp;
using formats::TestFolder;
using testing::ElementsAre;
using testing::HasSubstr;

class HubTest : public testing::Test {
 protected:
  void add(const std::string& model, const std::string& name, const std::string& hub_name = "") {
    const Result<InstalledModel> added = hub.add(fixture(model), name, hub_name);
    ASSERT_TRUE(added.ok()) << added.status().message();
  }
  /// What lies in home/models, hidden names included, apart from the lock.
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    if (!fs::exists(home.path("models"))) return names;
    for (const auto& entry : fs::directory_iterator(home.path("models"))) {
      if (entry.path().filename() != ".lock") names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TestFolder home;
  Hub hub{home.path()};
};

TEST_F(HubTest, an_empty_home_has_no_models_and_stays_empty) {
  EXPECT_TRUE(hub.list()->empty());
  const Status status = hub.resolve("all-MiniLM-L6-v2").status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("none is installed"));
  EXPECT_EQ(hub.remove("x").code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(home.path("models")));
}

TEST_F(HubTest, names_are_known_without_opening_a_model_and_by_place) {
  add("tiny-cls", "m");
  add("tiny-max", "n");
  EXPECT_THAT(*hub.names(), ElementsAre("m", "n"));
  const std::string models = fs::canonical(home.path("models")).string();
  EXPECT_EQ(hub.name_at(models + "/m"), "m");
  EXPECT_EQ(hub.name_at(models + "/m/w.gguf"), "m");
  EXPECT_EQ(hub.name_at(models), "");
  EXPECT_EQ(hub.name_at(models + "/m/a/b"), "");
  EXPECT_EQ(hub.name_at(fixture("tiny-cls")), "");
  EXPECT_EQ(hub.find("M")->name, "m");
  EXPECT_EQ(hub.find("x").status().code(), Code::kNotFound);
}

TEST_F(HubTest, an_added_model_is_listed_with_its_facts) {
  const Result<InstalledModel> added = hub.add(fixture("tiny-nli"), "nli", "org/tiny-nli");
  ASSERT_TRUE(added.ok()) << added.status().message();
  add("tiny-mean-bf16", "embedder");
  const std::vector<InstalledModel> models = *hub.list();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].name, "embedder");
  EXPECT_EQ(models[0].dims, 32);
  EXPECT_EQ(models[0].dtype, "bf16");
  EXPECT_EQ(models[0].task, "embed");
  EXPECT_EQ(models[0].hub_name, "");
  EXPECT_EQ(models[1].name, "nli");
  EXPECT_EQ(models[1].hub_name, "org/tiny-nli");
  EXPECT_EQ(models[1].task, "classify");
  EXPECT_EQ(models[1].dims, 3);
  EXPECT_EQ(models[1].dtype, "f32");
  EXPECT_EQ(models[1].family, "bert");
  EXPECT_EQ(models[1].path, home.path("models/nli"));
  EXPECT_GT(models[1].bytes, 100'000u);
  EXPECT_EQ(models[1].problem, "");
  EXPECT_EQ(slurp(models[1].path + "/model.safetensors"),
            slurp(fixture("tiny-nli/model.safetensors")));
  EXPECT_TRUE(hub.verify("NLI").ok());
}

TEST_F(HubTest, resolves_names_in_any_case_hub_names_and_paths) {
  add("tiny-nli", "Tiny-NLI", "Org/Tiny-NLI-v2");
  const std::string folder = home.path("models/Tiny-NLI");
  for (const char* name : {"Tiny-NLI", "tiny-nli", "org/tiny-nli-V2"}) {
    const Result<std::string> found = hub.resolve(name);
    ASSERT_TRUE(found.ok()) << name << ": " << found.status().message();
    EXPECT_EQ(*found, folder);
  }
  EXPECT_EQ(*hub.resolve(fixture("tiny-cls")), fixture("tiny-cls"));
  EXPECT_THAT(hub.resolve("/no/such/folder").status().message(),
              HasSubstr("no model folder or .gguf file '/no/such/folder'"));
  EXPECT_FALSE(hub.resolve("").ok());
}

TEST_F(HubTest, an_unknown_name_comes_with_the_installed_and_the_near_ones) {
  add("tiny-nli", "all-MiniLM-L6-v2");
  add("tiny-cls", "bge");
  const Status status = hub.resolve("all-minilm-l12-v2").status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("installed are all-MiniLM-L6-v2, bge"));
  EXPECT_THAT(status.message(), HasSubstr("did you mean all-MiniLM-L6-v2"));
}

TEST_F(HubTest, adding_again_replaces_whole) {
  add("tiny-sharded", "m");
  EXPECT_TRUE(fs::exists(home.path("models/m/model.safetensors.index.json")));
  add("tiny-mean-f16", "m");
  EXPECT_FALSE(fs::exists(home.path("models/m/model.safetensors.index.json")));
  EXPECT_EQ(hub.list()->at(0).dtype, "f16");
  EXPECT_THAT(entries(), ElementsAre("m"));
}

TEST_F(HubTest, what_is_no_model_is_refused_and_leaves_nothing) {
  const TestFolder folder;
  const std::string model = folder.copy_model("tiny-mean-f32", "m");
  fs::resize_file(model + "/model.safetensors", 5000);
  EXPECT_EQ(hub.add(model, "m", "").status().code(), Code::kBadInput);
  EXPECT_EQ(hub.add(folder.path("none"), "m", "").status().code(), Code::kNotFound);
  fs::remove(model + "/model.safetensors");
  EXPECT_EQ(hub.add(model, "m", "").status().code(), Code::kNotFound);
  const std::string other = folder.copy_model("tiny-mean-f32", "other");
  replace_in(other + "/tokenizer.json", "\"model\":{\"type\":\"WordPiece\"",
             "\"model\":{\"type\":\"Lattice\"");
  EXPECT_EQ(hub.add(other, "m", "").status().code(), Code::kUnsupported);
  EXPECT_THAT(entries(), ElementsAre());
}

TEST_F(HubTest, names_that_are_no_folder_names_are_refused) {
  for (const char* name : {"", ".", "..", ".x", "a/b", "a b", "a\\b", "ä", "a\nb"}) {
    EXPECT_EQ(hub.add(fixture("tiny-nli"), name, "").status().code(), Code::kBadInput) << name;
  }
  EXPECT_FALSE(hub.add(fixture("tiny-nli"), std::string(129, 'a'), "").ok());
  add("tiny-nli", "Model");
  EXPECT_THAT(hub.add(fixture("tiny-nli"), "model", "").status().message(),
              HasSubstr("differs from the installed 'Model' in nothing but case"));
}

TEST_F(HubTest, a_home_that_cannot_be_read_is_an_error_one_that_is_not_there_is_empty) {
  EXPECT_TRUE(Hub(home.path("nowhere")).list()->empty());
  const TestFolder folder;
  folder.write("file", "x");
  fs::create_symlink("models", folder.path("models"));  // Leads to itself.
  for (const std::string& unreadable : {folder.path("file"), folder.path("")}) {
    const Hub other(unreadable);
    EXPECT_EQ(other.list().status().code(), Code::kIo);
    EXPECT_EQ(other.resolve("m").status().code(), Code::kIo);
    EXPECT_EQ(other.remove("m").code(), Code::kIo);
    EXPECT_THAT(other.list().status().message(), HasSubstr("cannot list '" + unreadable));
  }
}

TEST_F(HubTest, only_what_makes_up_a_model_is_copied) {
  const TestFolder folder;
  const std::string model = folder.copy_model("tiny-mean-f32", "m");
  for (const char* file : {"m/pytorch_model.bin", "m/onnx/model.onnx", "m/.gitattributes",
                           "m/onnx/model.safetensors", "m/.git/config.json", "m/1_Pooling/x.bin",
                           "m/a/b/c/deep.json", "m/2_Dense/model.safetensors"}) {
    folder.write(file, "x");
  }
  folder.write("m/README.md", "read me");
  folder.write("m/LICENSE", "free");
  ASSERT_TRUE(hub.add(model, "m", "").ok());
  const Result<Manifest> manifest = read_manifest(home.path("models/m"));
  ASSERT_TRUE(manifest.ok()) << manifest.status().message();
  std::vector<std::string> copied;
  for (const ManifestFile& file : manifest->files) copied.push_back(file.path);
  EXPECT_THAT(copied, ElementsAre("1_Pooling/config.json", "2_Dense/model.safetensors", "LICENSE",
                                  "README.md", "config.json", "golden.json", "model.safetensors",
                                  "modules.json", "sentence_bert_config.json", "tokenizer.json",
                                  "tokenizer_config.json"));
  EXPECT_FALSE(fs::exists(home.path("models/m/onnx")));
}

// Hub caches hold links to files elsewhere.
TEST_F(HubTest, linked_files_are_copied_as_files) {
  const TestFolder folder;
  const std::string model = folder.copy_model("tiny-mean-f32", "m");
  fs::rename(model + "/model.safetensors", folder.path("blob"));
  fs::create_symlink(folder.path("blob"), model + "/model.safetensors");
  ASSERT_TRUE(hub.add(model, "m", "").ok());
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(home.path("models/m/model.safetensors"))));
}

TEST_F(HubTest, a_damaged_model_is_listed_with_its_problem) {
  add("tiny-nli", "short");
  add("tiny-nli", "gone");
  add("tiny-nli", "edited");
  add("tiny-nli", "flipped");
  fs::resize_file(home.path("models/short/model.safetensors"), 100);
  fs::remove(home.path("models/gone/tokenizer.json"));
  replace_in(home.path("models/edited/quern.json"), "\"format\": 1", "\"format\": 9");
  std::string weights = slurp(home.path("models/flipped/model.safetensors"));
  weights.back() = static_cast<char>(weights.back() ^ 1);
  home.write("models/flipped/model.safetensors", weights);

  const std::vector<InstalledModel> models = *hub.list();
  ASSERT_EQ(models.size(), 4u);
  EXPECT_THAT(models[0].problem, HasSubstr("'format' is 9"));
  EXPECT_EQ(models[1].problem, "");  // Sizes agree: only verify reads the bytes.
  EXPECT_THAT(models[2].problem, HasSubstr("file 'tokenizer.json' is missing"));
  EXPECT_THAT(models[3].problem, HasSubstr("file 'model.safetensors' has 100 bytes, want"));
  EXPECT_THAT(hub.verify("flipped").message(), HasSubstr("'model.safetensors' of model 'flipped'"));
  EXPECT_TRUE(hub.remove("short").ok());
  EXPECT_EQ(hub.list()->size(), 3u);
}

TEST_F(HubTest, a_folder_put_there_by_hand_is_a_model) {
  fs::create_directories(home.path("models"));
  fs::copy(fixture("tiny-cls"), home.path("models/mine"), fs::copy_options::recursive);
  ASSERT_EQ(hub.list()->size(), 1u);
  EXPECT_EQ((*hub.list())[0].problem, "");
  EXPECT_EQ(*hub.resolve("MINE"), home.path("models/mine"));
}

TEST_F(HubTest, what_a_killed_process_left_is_cleared_by_the_next_change) {
  home.write("models/.part-99999/model.safetensors", "half");
  home.write("models/.old-lost/config.json", "kept");
  home.write("models/.old-there/config.json", "old");
  home.write("models/there/config.json", "new");
  EXPECT_EQ(hub.list()->size(), 1u);
  add("tiny-nli", "nli");
  EXPECT_THAT(entries(), ElementsAre("lost", "nli", "there"));
  EXPECT_EQ(slurp(home.path("models/lost/config.json")), "kept");
  EXPECT_EQ(slurp(home.path("models/there/config.json")), "new");
}

TEST_F(HubTest, a_write_that_fails_half_way_leaves_the_former_model) {
  add("tiny-mean-f16", "m");
  // A file-size limit stands for a full disk: write() fails in the middle of the weights.
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 50'000, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = hub.add(fixture("tiny-mean-f32"), "m", "").status();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_THAT(status.message(), HasSubstr("cannot write"));
  EXPECT_THAT(status.message(), HasSubstr("model.safetensors"));
  EXPECT_THAT(entries(), ElementsAre("m"));
  EXPECT_EQ(hub.list()->at(0).dtype, "f16");
}

TEST_F(HubTest, adds_and_reads_at_the_same_time_see_whole_models) {
  add("tiny-mean-f16", "same");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 2; ++i) {
        const char* model = i % 2 == 0 ? "tiny-mean-bf16" : "tiny-mean-f16";
        EXPECT_TRUE(hub.add(fixture(model), "same", "").ok());
        EXPECT_TRUE(hub.add(fixture(model), "own-" + std::to_string(t), "").ok());
      }
    });
  }
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(hub.resolve("same").ok());
  for (std::thread& thread : threads) thread.join();
  const std::vector<InstalledModel> listed = *hub.list();
  for (const InstalledModel& model : listed) {
    EXPECT_EQ(model.problem, "");
    EXPECT_TRUE(hub.verify(model.name).ok()) << model.name;
  }
  EXPECT_EQ(hub.list()->size(), 5u);
}

/// A GGUF file with a vocabulary, and a weight when asked.
std::string tiny_gguf(bool has_weights) {
  formats::TestGguf file;
  file.string("general.architecture", "llama").u32("llama.block_count", 1);
  file.u32("llama.embedding_length", 32).u32("llama.attention.head_count", 2);
  file.u32("llama.feed_forward_length", 32).u32("llama.context_length", 16);
  file.string("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", {"<unk>", "a"});
  file.array<float>("tokenizer.ggml.scores", 6, {0, -1});
  if (has_weights) file.tensor("token_embd.weight", {32, 2}, 8, std::string(68, '\0'));
  return file.bytes();
}

TEST_F(HubTest, a_gguf_file_is_installed_and_listed) {
  const TestFolder folder;
  const std::string path = folder.write("tiny.gguf", tiny_gguf(true));
  folder.write("other.gguf", "not taken along");
  EXPECT_EQ(*hub.resolve(path), path);
  const Result<InstalledModel> added = hub.add(path, "tiny", "org/tiny");
  ASSERT_TRUE(added.ok()) << added.status().message();
  EXPECT_EQ(added->family, "llama");
  EXPECT_EQ(added->task, "generate");
  EXPECT_EQ(added->dtype, "q8_0");
  EXPECT_EQ(added->dims, 32);
  EXPECT_EQ(added->problem, "");
  EXPECT_TRUE(fs::exists(home.path("models/tiny/tiny.gguf")));
  EXPECT_FALSE(fs::exists(home.path("models/tiny/other.gguf")));
  EXPECT_TRUE(hub.verify("tiny").ok());
}

TEST_F(HubTest, a_vocabulary_alone_is_not_installed) {
  const TestFolder folder;
  const std::string path = folder.write("vocab.gguf", tiny_gguf(false));
  EXPECT_THAT(hub.add(path, "v", "").status().message(), HasSubstr("a vocabulary without weights"));
  EXPECT_EQ(*hub.resolve(path), path);
}

TEST_F(HubTest, a_hostile_manifest_cannot_reach_out_of_its_folder) {
  add("tiny-nli", "m");
  for (const char* path : {"../../secret", "/etc/passwd", ""}) {
    const std::string manifest = std::string(R"({"format": 1, "name": "m", "files": [{"path": ")") +
                                 path + R"(", "bytes": 1, "sha256": ""}]})";
    home.write("models/m/quern.json", manifest);
    EXPECT_THAT(hub.list()->at(0).problem, HasSubstr("a file inside the model's folder"));
  }
}

TEST_F(HubTest, a_home_that_cannot_be_made_is_an_error) {
  home.write("file", "x");
  const Status status = Hub(home.path("file")).add(fixture("tiny-nli"), "m", "").status();
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_THAT(status.message(), HasSubstr("cannot make"));
}

}  // namespace
}  // namespace quern::hub
