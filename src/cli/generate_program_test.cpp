// Generation through the program: generate, chat, bench generate, on a random model that can chat
// (tools/make_gguf_fixture.py) and, where it is there, on the stories model against llama.cpp.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"
#include "formats/gguf/test_gguf.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kData = QUERN_SOURCE_DIR "/tests/data/";
const std::string kChatter = kData + "decoders/tiny-chat.gguf";
const std::string kEmbedder = kData + "models/tiny-mean-f32";

class generate_program : public ProgramTest {
 protected:
  // The text alone; the run must succeed.
  std::string text_of(const std::string& args) {
    const Ended ended = quern("generate " + kChatter + " " + args);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.out;
  }

  // The lines that a conversation on standard input brings.
  std::vector<std::string> converse(const std::string& lines, const std::string& flags) {
    folder_.write("lines", lines);
    const Ended ended = quern("chat " + kChatter + " " + flags + " < " + folder_.file("lines"));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    std::vector<std::string> answers;
    std::istringstream in(ended.out);
    for (std::string line; std::getline(in, line);) answers.push_back(line);
    return answers;
  }

  void expect_refused(const std::string& args, int exit_code, const std::string& message) {
    const Ended ended = quern(args);
    EXPECT_EQ(ended.exit_code, exit_code) << args;
    EXPECT_EQ(ended.out, "") << args;
    EXPECT_TRUE(contains(ended.err, message)) << ended.err;
  }
};

using chat_program = generate_program;

}  // namespace

TEST_F(generate_program, the_same_seed_gives_the_same_text_on_any_number_of_threads) {
  const std::string seven = text_of("'the cat' --max-tokens 40 --seed 7");
  EXPECT_GE(seven.size(), 20u);
  EXPECT_EQ(text_of("'the cat' --max-tokens 40 --seed 7 --threads 1"), seven);
  EXPECT_NE(text_of("'the cat' --max-tokens 40 --seed 8"), seven);
  const std::string greedy = text_of("'the cat' --max-tokens 40 --temperature 0");
  EXPECT_EQ(text_of("'the cat' --max-tokens 40 --temperature 0 --seed 8"), greedy);
  EXPECT_EQ(text_of("'the cat' --max-tokens 40 --top-k 1 --seed 9"), greedy);
}

TEST_F(generate_program, ends_after_max_tokens_and_before_a_stop_text) {
  const std::string long_text = text_of("'the cat' --max-tokens 40 --temperature 0");
  const std::string short_text = text_of("'the cat' --max-tokens 10 --temperature 0");
  EXPECT_LT(short_text.size(), long_text.size());
  EXPECT_TRUE(long_text.starts_with(short_text)) << short_text;

  const std::string stop = long_text.substr(4, 3);  // Two tokens or three.
  const std::string stopped =
      text_of("'the cat' --max-tokens 40 --temperature 0 --stop '" + stop + "'");
  EXPECT_EQ(stopped, long_text.substr(0, long_text.find(stop)));
}

TEST_F(generate_program, reads_a_prompt_from_standard_input) {
  const std::string prompt = folder_.write("prompt", "the cat");
  EXPECT_EQ(text_of("- --max-tokens 20 --temperature 0 < " + prompt),
            text_of("'the cat' --max-tokens 20 --temperature 0"));
}

TEST_F(generate_program, a_prompt_keeps_its_last_newline) {
  const std::string prompt = folder_.write("prompt", "the cat\n");
  EXPECT_EQ(text_of("- --max-tokens 20 --temperature 0 < " + prompt),
            text_of("\"the cat\n\" --max-tokens 20 --temperature 0"));
}

TEST_F(generate_program, says_how_fast_it_was_unless_quiet) {
  const std::string args = "generate " + kChatter + " 'the cat' --max-tokens 3 --temperature 0";
  EXPECT_TRUE(contains(quern(args).err, ", 3 generated at ")) << quern(args).err;
  EXPECT_EQ(quern(args + " --quiet").err, "");
}

TEST_F(generate_program, keeps_keys_and_values_in_any_type) {
  for (const char* type : {"f32", "f16", "q8_0"}) {
    EXPECT_FALSE(text_of(std::string("the --max-tokens 20 --temperature 0 --kv ") + type).empty());
  }
  expect_refused("generate " + kChatter + " the --kv q4_0", 2, "q4_0");
}

TEST_F(generate_program, a_full_context_ends_the_text_or_slides) {
  const Ended full =
      quern("generate " + kChatter + " the --temperature 0 --stop unspeakable --max-tokens 2000");
  EXPECT_EQ(full.exit_code, 0) << full.err;
  EXPECT_TRUE(contains(full.err, "ended by length")) << full.err;
  std::string words;
  for (int i = 0; i < 600; ++i) words += "the ";
  folder_.write("long", words);
  expect_refused("generate " + kChatter + " - < " + folder_.file("long"), 4,
                 "the prompt has 602 tokens");
  const Ended slid =
      quern("generate " + kChatter + " the --temperature 0.7 --seed 1 --max-tokens 700 " +
            "--context slide --keep 4");
  EXPECT_EQ(slid.exit_code, 0) << slid.err;
}

TEST_F(generate_program, refuses_models_that_cannot_generate) {
  expect_refused("generate nothing text", 3, "no model 'nothing'");
  expect_refused("generate ./nothing.gguf text", 3, "./nothing.gguf");
  expect_refused("generate " + kEmbedder + " text", 4,
                 "embeds texts, want one that generates text");
  expect_refused("chat " + kEmbedder + " --message text", 4, "want one that generates text");
  expect_refused("bench generate " + kEmbedder, 4, "want one that generates text");
}

TEST_F(generate_program, a_generator_neither_embeds_nor_classifies) {
  expect_refused("embed " + kChatter + " text", 4, "generates text, want one that embeds texts");
  expect_refused("classify " + kChatter + " text", 4, "want one that classifies texts");
}

TEST_F(generate_program, names_the_architectures_it_knows) {
  formats::TestGguf gguf;
  gguf.string("general.architecture", "mamba");
  const std::string path = folder_.write("mamba.gguf", gguf.bytes());
  expect_refused("generate " + path + " text", 4, "architecture 'mamba', want one of: ");
  const Ended ended = quern("generate " + path + " text");
  for (const char* known : {"llama", "qwen2", "qwen3", "gemma3", "phi3"}) {
    EXPECT_TRUE(contains(ended.err, known)) << ended.err;
  }
}

TEST_F(generate_program, an_encoders_gguf_file_embeds_and_does_not_generate) {
  const std::string path = QUERN_SOURCE_DIR "/tests/data/models/gguf/tiny-mean-f16.gguf";
  const Ended embedded = quern("embed " + path + " text");
  EXPECT_EQ(embedded.exit_code, 0) << embedded.err;
  EXPECT_EQ(json_lines(embedded.out)[0]["embedding"].size(), 32u);
  const Ended refused = quern("generate " + path + " text");
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_TRUE(contains(refused.err, "embeds texts, want one that generates text")) << refused.err;
  EXPECT_EQ(quern("models add " + path + " --name tiny-gguf").exit_code, 0);
  EXPECT_EQ(quern("embed tiny-gguf text").out, embedded.out);
}

TEST_F(generate_program, refuses_a_file_cut_anywhere) {
  std::ifstream in(kChatter, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (const std::size_t n : {0, 3, 24, 100, 2000, 6000, 20000, 100000}) {
    const std::string path = folder_.write("cut.gguf", whole.substr(0, n));
    const Ended ended = quern("generate " + path + " text");
    EXPECT_EQ(ended.exit_code, 4) << n << ended.err;
    EXPECT_EQ(ended.out, "");
  }
  EXPECT_EQ(
      quern("generate " + folder_.write("cut.gguf", whole.substr(0, whole.size() - 1)) + " text")
          .exit_code,
      4);
}

TEST_F(generate_program, refuses_sampling_that_makes_no_sense) {
  expect_refused("generate " + kChatter + " text --temperature -1", 4, "temperature is -1");
  expect_refused("generate " + kChatter + " text --top-p 2", 4, "top_p is 2");
  expect_refused("generate " + kChatter + " text --max-tokens -1", 2, "--max-tokens");
  expect_refused("generate " + kChatter, 2, "PROMPT");
}

TEST_F(generate_program, a_generator_is_added_listed_and_used_by_name) {
  const Ended added = quern("models add " + kChatter);
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_TRUE(contains(added.err, "added tiny-chat (llama model, 323 K parameters")) << added.err;
  const auto listed = json_lines(quern("models --json").out);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["task"], "generate");
  EXPECT_EQ(listed[0]["family"], "llama");
  EXPECT_EQ(listed[0]["context"], 512);
  EXPECT_TRUE(contains(quern("models").out, "generate")) << quern("models").out;
  const Ended by_name = quern("generate Tiny-Chat 'the cat' --max-tokens 20 --temperature 0");
  EXPECT_EQ(by_name.out, text_of("'the cat' --max-tokens 20 --temperature 0"));
  EXPECT_EQ(quern("models rm tiny-chat").exit_code, 0);
}

TEST_F(generate_program, a_full_disk_is_said) {
  const Ended full = shell(QUERN_PROGRAM " generate " + kChatter + " the > /dev/full");
  EXPECT_EQ(full.exit_code, 6);
  EXPECT_TRUE(contains(full.err, "No space left on device")) << full.err;
}

TEST_F(generate_program, bench_ends_with_one_json_object) {
  const Ended ended = quern("bench generate " + kChatter + " --repeat 1 --json");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = json_lines(ended.out);
  ASSERT_EQ(lines.size(), 1u);
  for (const char* key : {"pp128", "pp512", "tg64", "tg64x8", "gap_p99_ms", "gap_joined_p99_ms",
                          "load_ms", "first_token_ms", "rss_mb", "weights_mb", "read_gbps"}) {
    EXPECT_GT(lines[0].value(key, 0.0), 0) << key << " in " << lines[0];
  }
}

TEST_F(generate_program, bench_runs_only_what_is_asked_for) {
  const Ended ended = quern("bench generate " + kChatter + " --repeat 1 --json --only tg64,pp128");
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json report = json_lines(ended.out).at(0);
  EXPECT_TRUE(report.contains("tg64") && report.contains("pp128")) << report;
  EXPECT_FALSE(report.contains("pp512") || report.contains("gap_p99_ms")) << report;
  expect_refused("bench generate " + kChatter + " --only pp7", 2, "pp7");
}

TEST_F(chat_program, answers_one_message_the_same_alone_and_piped) {
  const Ended one = quern("chat " + kChatter + " --message hello --max-tokens 20 --temperature 0");
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_GT(one.out.size(), 5u);
  EXPECT_EQ(one.out.back(), '\n');
  EXPECT_EQ(converse("hello\n", "--max-tokens 20 --temperature 0"),
            std::vector<std::string>{one.out.substr(0, one.out.size() - 1)});
}

TEST_F(chat_program, lines_of_other_systems_are_the_same_lines) {
  const std::string flags = "--max-tokens 20 --temperature 0";
  const auto want = converse("hello\n/undo\nagain\n", flags);
  EXPECT_EQ(converse("\xEF\xBB\xBFhello\r\n/undo\r\nagain\r\n", flags), want);
  EXPECT_EQ(converse("", flags).size(), 0u);
}

TEST_F(chat_program, what_was_said_before_counts_until_it_is_taken_back) {
  const auto answers = converse("hello\nagain\n/undo\nagain\n/retry\n/reset\nhello\n",
                                "--max-tokens 20 --temperature 0");
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_NE(answers[1], answers[0]);
  EXPECT_EQ(answers[2], answers[1]);  // Taken back and said again,
  EXPECT_EQ(answers[3], answers[1]);  // and answered once more.
  EXPECT_EQ(answers[4], answers[0]);
  EXPECT_NE(converse("again\n", "--max-tokens 20 --temperature 0")[0], answers[1]);
}

TEST_F(chat_program, the_system_prompt_counts_and_can_be_changed) {
  const std::string flags = "--max-tokens 20 --temperature 0";
  const auto plain = converse("hello\n", flags);
  const auto told = converse("hello\n", flags + " --system 'be a cat'");
  EXPECT_NE(plain, told);
  EXPECT_EQ(converse("/system be a cat\nhello\n", flags), told);
  EXPECT_EQ(converse("/system\nhello\n", flags + " --system 'be a cat'"), plain);
}

TEST_F(chat_program, commands_that_cannot_be_obeyed_are_said) {
  folder_.write("lines", "/undo\n/retry\n/nope\n/quit\nhello\n");
  const Ended ended = quern("chat " + kChatter + " < " + folder_.file("lines"));
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out, "");
  for (const char* said : {"nothing to take back", "no message to answer", "no command '/nope'"}) {
    EXPECT_TRUE(contains(ended.err, said)) << ended.err;
  }
}

// Text of llama.cpp for the same file and prompts, as tools/compare_greedy.py makes it.
TEST_F(generate_program, stories_are_those_of_llama_cpp) {
  const char* shared = std::getenv("QUERN_SHARED");
  const std::string model =
      (shared != nullptr ? std::string(shared) : QUERN_SOURCE_DIR "/../shared") +
      "/data/tiny_models/stories260K.gguf";
  if (!std::filesystem::exists(model)) GTEST_SKIP() << "no stories260K.gguf under ../shared";
  std::ifstream in(kData + "decoders/stories260K_greedy.json");
  for (const json& c : json::parse(in)["cases"]) {
    const std::string prompt = c["prompt"];
    const Ended ended =
        quern("generate " + model + " '" + prompt + "' --max-tokens 200 --temperature 0 --quiet");
    EXPECT_EQ(ended.out, c["text"].get<std::string>()) << prompt << ended.err;
  }
  expect_refused("generate " + model + " Once --kv q8_0", 4, "heads of a multiple of 32");
  expect_refused("chat " + model + " --message hi", 4, "no chat template");
}

}  // namespace quern::cli
