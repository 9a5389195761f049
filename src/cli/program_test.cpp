// The program as a process: what it prints where, what it leaves on disk, how it exits.

#include <cmath>
#include <cstring>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"
#include "formats/gguf/test_gguf.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kModels = QUERN_SOURCE_DIR "/tests/data/models/";
const std::string kEmbedder = kModels + "tiny-mean-f32";
const std::string kClassifier = kModels + "tiny-nli";

using program = ProgramTest;

json golden(const std::string& model) {
  std::ifstream in(model + "/golden.json");
  return json::parse(in);
}

std::string texts_jsonl(const json& cases) {
  std::string lines;
  for (const json& c : cases) {
    json line = {{"text", c["text"]}};
    if (c.contains("text_pair")) line["text_pair"] = c["text_pair"];
    lines += line.dump() + "\n";
  }
  return lines;
}

void expect_near(const json& got, const json& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(got[i].get<double>(), want[i].get<double>(), tolerance) << i;
  }
}

}  // namespace

TEST_F(program, embeds_as_the_reference_does) {
  const json cases = golden(kEmbedder)["cases"];
  const std::string texts = folder_.write("texts.jsonl", texts_jsonl(cases));
  const Ended ended = quern("embed " + kEmbedder + " --precision f32 --texts " + texts);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(lines[i]["index"], i);
    EXPECT_EQ(lines[i]["truncated"], cases[i]["n_dropped"] > 0);
    expect_near(lines[i]["embedding"], cases[i]["vector"], 2e-5);
  }
}

TEST_F(program, npy_jsonl_arguments_and_pipes_give_the_same_numbers) {
  const std::string texts = folder_.write("texts", "one\n\nthree small words\n");
  const auto direct = json_lines(quern("embed " + kEmbedder + " one '' 'three small words'").out);
  const auto piped = json_lines(quern("embed " + kEmbedder + " --texts - < " + texts).out);
  ASSERT_EQ(direct.size(), 3u);
  EXPECT_EQ(direct, piped);

  const Ended ended =
      quern("embed " + kEmbedder + " --texts " + texts + " --out " + folder_.file("v.npy"));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
  const std::string npy = folder_.read("v.npy");
  const std::size_t n_dims = direct[0]["embedding"].size();
  ASSERT_EQ(npy.size(), 128 + 3 * n_dims * sizeof(float));
  for (std::size_t i = 0; i < 3 * n_dims; ++i) {
    float value;
    std::memcpy(&value, npy.data() + 128 + i * sizeof(float), sizeof(value));
    EXPECT_EQ(value, direct[i / n_dims]["embedding"][i % n_dims].get<float>());
  }
}

TEST_F(program, dimensions_slice_and_rescale) {
  const Ended all = quern("embed " + kEmbedder + " 'a text'");
  const Ended few = quern("embed " + kEmbedder + " 'a text' --dimensions 4");
  ASSERT_EQ(few.exit_code, 0) << few.err;
  const json long_vector = json_lines(all.out)[0]["embedding"];
  const json vector = json_lines(few.out)[0]["embedding"];
  ASSERT_EQ(vector.size(), 4u);
  double norm = 0;
  for (int i = 0; i < 4; ++i) norm += std::pow(long_vector[i].get<double>(), 2);
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(vector[i].get<double>(), long_vector[i].get<double>() / std::sqrt(norm), 1e-5);
  }
  const Ended many = quern("embed " + kEmbedder + " 'a text' --dimensions 100000");
  EXPECT_EQ(many.exit_code, 4);
  EXPECT_TRUE(contains(many.err, "--dimensions is 100000")) << many.err;
}

TEST_F(program, prompts_and_pooling_are_chosen_and_told) {
  const std::string embed = "embed " QUERN_SOURCE_DIR "/tests/data/models/tiny-cls 'wing speed' ";
  const auto vector = [&](const std::string& flags) {
    const Ended ended = quern(embed + flags);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.err, "") << flags;
    return json_lines(ended.out)[0]["embedding"];
  };
  const auto by_default = vector("");
  EXPECT_EQ(vector("--as document"), by_default);
  EXPECT_EQ(vector("--prompt-text 'text: '"), by_default);
  const auto query = vector("--as query");
  EXPECT_NE(query, by_default);
  EXPECT_EQ(vector("--prompt query"), query);
  EXPECT_EQ(vector("--prompt-text 'search query: ' --prompt document"), query);
  EXPECT_NE(vector("--prompt-text ''"), by_default);  // None at all.

  const Ended mean = quern(embed + "--pooling mean");
  EXPECT_EQ(mean.exit_code, 0) << mean.err;
  EXPECT_EQ(mean.err, "rows are pooled by 'mean', as asked\n");
  EXPECT_NE(json_lines(mean.out)[0]["embedding"], by_default);
  const Ended wrong = quern(embed + "--pooling average");
  EXPECT_EQ(wrong.exit_code, 4);
  EXPECT_TRUE(contains(wrong.err, "pooling 'average' is not known, want one of: cls, max, mean"))
      << wrong.err;
}

TEST_F(program, a_bad_line_fails_alone_and_is_named) {
  const std::string texts =
      folder_.write("texts.jsonl", "{\"text\": \"a\"}\n{\"title\": \"b\"}\n{\"text\": \"c\"}\n");
  const Ended ended =
      quern("embed " + kEmbedder + " --texts " + texts + " --out " + folder_.file("v.npy"));
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_TRUE(contains(ended.err, "line 2: no \"text\" field; it has 'title'")) << ended.err;
  EXPECT_TRUE(contains(ended.err, "1 of 3 texts failed")) << ended.err;
  EXPECT_TRUE(contains(folder_.read("v.npy"), "'shape': (3,"));

  const auto lines = json_lines(quern("embed " + kEmbedder + " --texts " + texts).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1]["error"]["code"], "bad_input");
  EXPECT_TRUE(lines[2].contains("embedding"));
}

TEST_F(program, cut_texts_are_counted_or_refused) {
  const std::string args = "embed " + kEmbedder + " --max-tokens 4 'one two three four five' one";
  const Ended cut = quern(args);
  EXPECT_EQ(cut.exit_code, 0);
  EXPECT_TRUE(contains(cut.err, "1 of 2 texts were too long and were cut")) << cut.err;
  EXPECT_EQ(json_lines(cut.out)[0]["truncated"], true);

  const Ended refused = quern(args + " --truncation refuse");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(json_lines(refused.out)[0].contains("error"));
  EXPECT_TRUE(json_lines(refused.out)[1].contains("embedding"));
}

TEST_F(program, a_failed_run_leaves_no_file) {
  const Ended missing = quern("embed " + kEmbedder + " --texts " + folder_.file("none") +
                              " --out " + folder_.file("v.npy"));
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(folder_.file("v.npy")));
  EXPECT_FALSE(std::filesystem::exists(folder_.file("v.npy.part")));
}

TEST_F(program, a_full_disk_and_a_closed_pipe_are_said) {
  const std::string link = folder_.file("full.jsonl");
  std::filesystem::create_symlink("/dev/full", link);
  const Ended full = quern("embed " + kEmbedder + " a b c --out " + link);
  EXPECT_EQ(full.exit_code, 6);
  EXPECT_TRUE(contains(full.err, "No space left on device")) << full.err;

  const Ended full_stdout = quern("version > /dev/full");
  EXPECT_EQ(full_stdout.exit_code, 6);

  const Ended closed = shell("yes 'some text' | head -n 20000 | " QUERN_PROGRAM " embed " +
                             kEmbedder + " --texts - | head -n 1");
  EXPECT_EQ(closed.exit_code, 6);
  EXPECT_TRUE(contains(closed.err, "cannot write standard output: Broken pipe")) << closed.err;
  EXPECT_EQ(json_lines(closed.out).size(), 1u);
}

TEST_F(program, an_interrupt_removes_the_part) {
  const Ended ended =
      shell("(yes text) | timeout --preserve-status -s INT 1 " QUERN_PROGRAM " embed " + kEmbedder +
            " --texts - --out " + folder_.file("v.npy"));
  EXPECT_TRUE(contains(ended.err, "quern: interrupted")) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(folder_.file("v.npy")));
  EXPECT_FALSE(std::filesystem::exists(folder_.file("v.npy.part")));
}

TEST_F(program, classifies_texts_and_pairs_as_the_reference_does) {
  const json cases = golden(kClassifier)["cases"];
  const std::string texts = folder_.write("pairs.jsonl", texts_jsonl(cases));
  const Ended ended = quern("classify " + kClassifier + " --precision f32 --json --texts " + texts);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    expect_near(lines[i]["logits"], cases[i]["logits"], 1e-4);
    EXPECT_EQ(lines[i]["scale"], "softmax");
    double sum = 0;
    for (const auto& score : lines[i]["scores"]) sum += score.get<double>();
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  const Ended pair = quern("classify " + kClassifier + " --json --pair 'a b' 'c d'");
  const Ended file =
      shell("echo '{\"text\":\"a b\",\"text_pair\":\"c d\"}' | " QUERN_PROGRAM " classify " +
            kClassifier + " --json --texts - -q");
  EXPECT_EQ(pair.exit_code, 0) << pair.err;
  EXPECT_EQ(pair.out, file.out);
}

TEST_F(program, a_model_for_the_other_task_is_refused) {
  const Ended ended = quern("classify " + kEmbedder + " text");
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_TRUE(contains(ended.err, "embeds texts, want one that classifies texts")) << ended.err;
}

TEST_F(program, tokenizes_without_weights) {
  std::filesystem::copy(kEmbedder, folder_.file("bare"), std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder_.file("bare/model.safetensors"));
  const json cases = golden(kEmbedder)["cases"];
  const std::string texts = folder_.write("texts.jsonl", texts_jsonl(cases));
  const std::string max_tokens = std::to_string(golden(kEmbedder)["max_tokens"].get<int>());
  const Ended ended = quern("tokenize " + folder_.file("bare") + " --json --max-tokens " +
                            max_tokens + " --texts " + texts);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(lines[i]["ids"], cases[i]["ids"]);
    EXPECT_EQ(lines[i]["tokens"].size(), cases[i]["ids"].size());
  }
  const Ended bare = quern("tokenize " + kEmbedder + " --no-special ''");
  EXPECT_EQ(bare.out, "\n");
}

// A GGUF file of a vocabulary alone: three tokens and their scores.
TEST_F(program, tokenizes_with_a_vocabulary_and_nothing_else) {
  formats::TestGguf gguf;
  gguf.string("general.architecture", "llama")
      .string("tokenizer.ggml.model", "llama")
      .strings("tokenizer.ggml.tokens", {"<unk>", "\xe2\x96\x81", "a",
                                         "\xe2\x96\x81"
                                         "a"})
      .array<float>("tokenizer.ggml.scores", 6, {0, -1, -2, -3})
      .boolean("tokenizer.ggml.add_bos_token", false);
  const std::string path = folder_.write("vocab.gguf", gguf.bytes());
  const Ended ended = quern("tokenize " + path + " 'a aa'");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "3 3 2\n");
  const Ended embed = quern("embed " + path + " text");
  EXPECT_NE(embed.exit_code, 0);
}

TEST_F(program, similar_finds_the_text_itself_first) {
  const std::string texts =
      folder_.write("texts", "boundary layer\nwhat people think\nthe answer\n\n");
  const Ended ended =
      quern("similar " + kEmbedder + " 'what people think' --top 2 --texts " + texts);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out.substr(0, ended.out.find('\n')), "1.0000\t2\twhat people think");
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 2);
  const auto lines = json_lines(
      quern("similar " + kEmbedder + " 'what people think' --json --texts " + texts).out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["line"], 2);
  EXPECT_EQ(lines[0]["text"], "what people think");
}

TEST_F(program, models_are_added_listed_found_and_removed) {
  EXPECT_EQ(quern("models").out, "");
  const Ended added =
      quern("models add " + kEmbedder + " --name tiny-Embedder --hub-name someone/tiny-embedder");
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_TRUE(contains(quern("models").out, "tiny-Embedder"));
  const auto listed = json_lines(quern("models --json").out);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["task"], "embed");
  for (const char* name : {"tiny-Embedder", "tiny-embedder", "someone/tiny-embedder"}) {
    EXPECT_EQ(quern(std::string("embed ") + name + " text").exit_code, 0) << name;
  }
  const Ended near = quern("embed tiny-Embeder text");
  EXPECT_EQ(near.exit_code, 3);
  EXPECT_TRUE(contains(near.err, "tiny-Embedder")) << near.err;
  EXPECT_EQ(quern("models rm tiny-Embedder").exit_code, 0);
  EXPECT_EQ(quern("models rm tiny-Embedder").exit_code, 3);
  EXPECT_EQ(quern("models").out, "");
}

TEST_F(program, models_show_the_precision_that_was_chosen) {
  ASSERT_EQ(quern("models add " + kEmbedder + " --name tiny").exit_code, 0);
  EXPECT_TRUE(json_lines(quern("models --json").out)[0]["auto"].is_null());
  ASSERT_EQ(quern("embed tiny text --precision f32").exit_code, 0);  // Chooses nothing.
  EXPECT_TRUE(json_lines(quern("models --json").out)[0]["auto"].is_null());
  ASSERT_EQ(quern("embed tiny text").exit_code, 0);
  const json chosen = json_lines(quern("models --json").out)[0]["auto"];
  EXPECT_EQ(chosen["precision"], "int8");
  EXPECT_EQ(chosen["measured"][0]["precision"], "int8");
  EXPECT_GE(chosen["measured"][0]["mean_cosine"].get<double>(), 0.9995);
  EXPECT_GE(chosen["measured"][0]["least_cosine"].get<double>(), 0.997);
  EXPECT_TRUE(contains(quern("models").out, " int8 ")) << quern("models").out;
  EXPECT_EQ(quern("models rm tiny").exit_code, 0);
  for (const auto& file : std::filesystem::directory_iterator(folder_.file("home/packed"))) {
    EXPECT_NE(file.path().extension(), ".qpk") << file.path();
  }
}

TEST_F(program, bench_ends_with_one_json_object) {
  const std::string texts = folder_.write("texts", "one two three\nfour\nfive six\n");
  const Ended ended =
      quern("bench embed " + kEmbedder + " --texts " + texts + " --limit 2 --repeat 2 --singles 5");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["texts"], 2);
  for (const char* key :
       {"texts_per_s", "tokens_per_s", "p50_ms", "p99_ms", "rss_mb", "peak_share"}) {
    EXPECT_GT(lines[0][key].get<double>(), 0) << key;
  }
}

TEST_F(program, mistakes_in_the_command_line_exit_2_and_say_what_was_meant) {
  const Ended unknown = quern("embd model text");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.err,
            "quern: no command 'embd'; did you mean 'embed'? ('quern --help' lists them)\n");
  for (const char* args :
       {"", "embed", "embed m t --threads 0", "embed m t --threads x", "embed m t --memory lots",
        "embed m t --precision f33", "embed m t --truncation maybe", "embed m --unknown",
        "similar m question", "models rm", "bench", "serve --port 70000", "serve extra"}) {
    const Ended ended = quern(args);
    EXPECT_EQ(ended.exit_code, 2) << args << ": " << ended.err;
    EXPECT_EQ(ended.out, "") << args;
    EXPECT_NE(ended.err, "") << args;
  }
}

TEST_F(program, wrong_environment_is_refused_before_any_work) {
  for (const char* setting : {"QUERN_ISA=sse9", "QUERN_MEMORY=lots", "TURBOPROP_MAX_MEMORY=x",
                              "QUERN_THREADS=none", "QUERN_LOG=loud"}) {
    const Ended ended = quern("version", setting);
    EXPECT_EQ(ended.exit_code, 2) << setting;
    const std::string name = std::string(setting).substr(0, std::string(setting).find('='));
    EXPECT_TRUE(contains(ended.err, name)) << ended.err;
  }
}

TEST_F(program, help_and_version_are_data) {
  for (const char* args : {"--help", "embed --help", "bench embed -h", "models rm --help"}) {
    const Ended ended = quern(args);
    EXPECT_EQ(ended.exit_code, 0) << args;
    EXPECT_TRUE(contains(ended.out, "Usage: ")) << ended.out;
    EXPECT_EQ(ended.err, "") << args;
  }
  EXPECT_TRUE(contains(quern("--version").out, "quern "));
  const json version = json::parse(quern("version --json").out);
  EXPECT_TRUE(version["isas"].is_array());
  EXPECT_EQ(quern("version --isas").out.substr(0, 6), "plain\n");
}

TEST_F(program, help_of_rerank_fits_a_screen) {
  std::istringstream lines(quern("rerank --help").out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST_F(program, help_is_a_command_too) {
  EXPECT_EQ(quern("help").out, quern("--help").out);
  EXPECT_EQ(quern("help embed").out, quern("embed --help").out);
  EXPECT_EQ(quern("help models add").out, quern("models add --help").out);
  EXPECT_EQ(quern("help nothing").exit_code, 2);
}

TEST_F(program, the_texts_themselves_are_not_replaced_by_their_vectors) {
  const std::string texts = folder_.write("t.jsonl", "{\"text\":\"one\"}\n");
  std::filesystem::create_symlink(texts, folder_.file("link.jsonl"));
  for (const std::string& out : {texts, folder_.file("link.jsonl"), folder_.file("./t.jsonl")}) {
    const Ended ended = quern("embed " + kEmbedder + " --texts " + texts + " --out " + out);
    EXPECT_EQ(ended.exit_code, 4);
    EXPECT_TRUE(contains(ended.err, "is the file of texts itself")) << ended.err;
  }
  EXPECT_EQ(folder_.read("t.jsonl"), "{\"text\":\"one\"}\n");
}

TEST_F(program, homes_and_models_behind_links_and_odd_names) {
  namespace fs = std::filesystem;
  fs::create_directories(folder_.file("a disk/quern, \"home\""));
  fs::create_directory_symlink(folder_.file("a disk/quern, \"home\""), folder_.file("link"));
  const auto run = [&](const std::string& args) {
    const Ended ended = shell("QUERN_HOME=" + folder_.file("link") + " " QUERN_PROGRAM " " + args);
    EXPECT_EQ(ended.exit_code, 0) << args << ended.err;
    return ended.out;
  };
  run("models add " + kEmbedder + "/");  // Its name without the slash.
  run("embed tiny-mean-f32 text");
  EXPECT_EQ(json_lines(run("models --json"))[0]["name"], "tiny-mean-f32");
  fs::create_directory_symlink(kClassifier, folder_.file("link/models/by-hand"));
  run("classify by-hand text");
  run("models rm by-hand");
  EXPECT_TRUE(fs::exists(kClassifier + "/config.json"));
  EXPECT_EQ(run("embed " + kEmbedder + "/ text"), run("embed " + kEmbedder + " text"));
}

TEST_F(program, an_environment_without_anything_will_do) {
  const char* isa = std::getenv("QUERN_ISA");  // The bits depend on the one under test.
  const Ended ended = shell("cd " + folder_.file("") + "; env -i QUERN_PACKED=off " +
                            (isa != nullptr ? "QUERN_ISA=" + std::string(isa) + " " : "") +
                            QUERN_PROGRAM " embed " + kEmbedder + " text --precision f32");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const Ended comma =
      quern("embed " + kEmbedder + " text --precision f32", "LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8");
  EXPECT_EQ(comma.out, ended.out);
}

TEST_F(program, a_budget_too_small_is_refused_with_numbers) {
  const Ended ended = quern("embed " + kEmbedder + " text --memory 10kB");
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_TRUE(contains(ended.err, "10.0 kB")) << ended.err;
  EXPECT_EQ(ended.out, "");
}

TEST_F(program, fewer_tokens_than_the_template_has_are_refused) {
  for (const char* command : {"embed ", "tokenize "}) {
    for (const char* n : {"1", "2"}) {
      const Ended ended = quern(command + kEmbedder + " text --max-tokens " + n);
      EXPECT_EQ(ended.exit_code, 4) << command << n;
      EXPECT_TRUE(contains(ended.err, std::string("max_tokens is ") + n + ", want 3")) << ended.err;
      EXPECT_EQ(ended.out, "");
    }
    EXPECT_EQ(quern(command + kEmbedder + " text --max-tokens 3").exit_code, 0);
  }
  EXPECT_EQ(quern("tokenize " + kEmbedder + " text --no-special --max-tokens 1").exit_code, 0);
  const std::string pair = folder_.write("pair.jsonl", R"({"text":"a b","text_pair":"c"})");
  const Ended tokens = quern("tokenize " + kClassifier + " --max-tokens 2 --texts " + pair);
  EXPECT_EQ(tokens.exit_code, 4);
  const Ended logits = quern("classify " + kClassifier + " --json --max-tokens 2 --texts " + pair);
  EXPECT_NE(logits.exit_code, 0);
}

TEST_F(program, serve_says_where_it_listens_and_stops_on_sigterm) {
  const Ended ended = shell(R"(
    )" QUERN_PROGRAM R"( serve --port 0 --model )" +
                            kEmbedder + R"( > "$QUERN_HOME.log" &
    pid=$!
    for i in $(seq 200); do grep -q listening "$QUERN_HOME.log" && break; sleep 0.05; done
    port=$(sed -n 's/^server listening on .*:\([0-9]*\)$/\1/p' "$QUERN_HOME.log")
    exec 3<>/dev/tcp/127.0.0.1/$port
    printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    head -n 1 <&3
    )" QUERN_PROGRAM R"( serve --port $port; echo "in use: $?"
    kill -TERM $pid; wait $pid; echo "stopped: $?")");
  EXPECT_TRUE(contains(ended.out, "HTTP/1.1 200")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "in use: 7")) << ended.out << ended.err;
  EXPECT_TRUE(contains(ended.out, "stopped: 0")) << ended.out << ended.err;
}

}  // namespace quern::cli
