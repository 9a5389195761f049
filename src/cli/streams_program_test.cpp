// The program where its streams, files and the system fail it: messages are lost, results never.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <unistd.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

namespace fs = std::filesystem;

const std::string kData = QUERN_SOURCE_DIR "/tests/data/";
const std::string kEmbedder = kData + "models/tiny-mean-f32";
const std::string kChatter = kData + "decoders/tiny-chat.gguf";

class streams_program : public ProgramTest {
 protected:
  // Names of what lies beside the files of the harness.
  std::vector<std::string> others() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.file(""))) {
      const std::string name = entry.path().filename().string();
      if (name != "script" && name != "out" && name != "err" && name != "home") {
        names.push_back(name);
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string bad_texts() {
    return folder_.write("bad.jsonl",
                         "{\"text\":\"ok one\"}\n{\"text\": 5}\nnot json\n"
                         "{\"text\":\"ok two\"}\n");
  }
};

// A shell function: ends when the log says where the server listens, with its $port.
const char* const kServe = R"(
  serve() {
    "$@" &
    pid=$!
    for i in $(seq 200); do grep -q listening log && break; sleep 0.05; done
    port=$(sed -n 's/^server listening on .*:\([0-9]*\)$/\1/p' log)
  }
  ask() {  # $1: path, $2: body
    exec 3<>/dev/tcp/127.0.0.1/$port
    printf 'POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" ${#2} "$2" >&3
    head -n 1 <&3
  }
)";

}  // namespace

TEST_F(streams_program, a_standard_error_that_is_gone_loses_messages_and_nothing_else) {
  const std::string texts = bad_texts();
  const std::string embed = QUERN_PROGRAM " embed " + kEmbedder + " --texts " + texts + " --out ";
  ASSERT_EQ(shell(embed + folder_.file("good.jsonl")).exit_code, 1);
  const std::string good = folder_.read("good.jsonl");
  for (const char* gone : {"2>/dev/full", "2>&-", "2> >(exec true)", ">&- 2>&-", "<&- >&- 2>&-"}) {
    fs::remove(folder_.file("o.jsonl"));
    const Ended ended = shell(embed + folder_.file("o.jsonl") + " " + gone);
    EXPECT_EQ(ended.exit_code, 1) << gone;
    EXPECT_EQ(folder_.read("o.jsonl"), good) << gone;
  }
  for (const std::string& args :
       {"models add " + kEmbedder + " --name m", std::string("models"), std::string("embed m text"),
        "generate " + kChatter + " text --max-tokens 3", std::string("models rm m")}) {
    const Ended ended = shell(QUERN_PROGRAM " " + args + " 2>/dev/full");
    EXPECT_EQ(ended.exit_code, 0) << args;
  }
  EXPECT_EQ(shell(QUERN_PROGRAM " embd 2>/dev/full").exit_code, 2);
}

TEST_F(streams_program, results_that_cannot_be_written_are_an_error_for_every_command) {
  ASSERT_EQ(quern("models add " + kEmbedder + " --name m").exit_code, 0);
  const std::string texts = folder_.write("texts", "one\ntwo\n");
  for (const std::string& args :
       {std::string("--help"), std::string("embed --help"), std::string("models rm --help"),
        std::string("--version"), std::string("version"), std::string("models"),
        std::string("models --json"), std::string("tokenize m text"), std::string("embed m text"),
        "similar m text --texts " + texts, "generate " + kChatter + " text --max-tokens 3",
        "chat " + kChatter + " --message text --max-tokens 3",
        "bench embed m --repeat 1 --singles 1 --texts " + texts}) {
    for (const char* gone : {">/dev/full", ">&-"}) {
      const Ended ended = shell(QUERN_PROGRAM " " + args + " " + gone);
      EXPECT_EQ(ended.exit_code, 6) << args << gone << ended.err;
      EXPECT_TRUE(contains(ended.err, "cannot write standard output")) << args << ended.err;
    }
  }
}

TEST_F(streams_program, standard_input_that_is_closed_is_an_error) {
  const Ended ended = shell(QUERN_PROGRAM " embed " + kEmbedder + " --texts - <&-");
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_TRUE(contains(ended.err, "cannot read standard input")) << ended.err;
}

TEST_F(streams_program, a_server_drains_whatever_became_of_its_streams) {
  for (const char* gone : {"2>/dev/full", "2>&-", "2> >(exec true)"}) {
    const Ended ended = shell(std::string("cd ") + folder_.file("") + "; rm -f log; " + kServe +
                              "run() { exec " QUERN_PROGRAM " serve --port 0 --model " + kChatter +
                              " >log " + gone + R"(; }
      serve run
      ask /v1/completions '{"model":"tiny-chat","prompt":"the","max_tokens":400,"ignore_eos":true}' >answer &
      sleep 0.2; kill -TERM $pid; wait $pid; echo "stopped: $?"; wait; cat answer)");
    EXPECT_TRUE(contains(ended.out, "stopped: 0")) << gone << ended.out << ended.err;
  }
}

TEST_F(streams_program, a_server_whose_weights_are_cut_says_which_file_it_was) {
  fs::copy(kEmbedder, folder_.file("cut"), fs::copy_options::recursive);
  const Ended ended = shell(std::string("cd ") + folder_.file("") + "; " + kServe +
                            "run() { QUERN_PACKED=off exec " QUERN_PROGRAM
                            " serve --port 0 --model ./cut >log 2>messages; }" +
                            R"(
    serve run
    : > cut/model.safetensors
    ask /v1/embeddings '{"model":"cut","input":"hello"}'
    kill $pid 2>/dev/null; wait $pid; echo "ended: $?"; cat messages)");
  // Everything was read by then, or the file is seen to be another one, or the loss is explained.
  EXPECT_TRUE(contains(ended.out, "HTTP/1.1 200") || contains(ended.out, "HTTP/1.1 400") ||
              (contains(ended.out, "ended: 6") && contains(ended.out, "model.safetensors' was")))
      << ended.out << ended.err;
}

TEST_F(streams_program, two_runs_with_one_output_end_with_one_of_them_whole) {
  std::string a, b;
  for (int i = 0; i < 300; ++i) a += "a longer line with many more words in it\n";
  for (int i = 0; i < 500; ++i) b += "b\n";
  folder_.write("a", a);
  folder_.write("b", b);
  folder_.write("o.jsonl.part", "somebody's");
  const std::string run = QUERN_PROGRAM " embed -q " + kEmbedder + " --out o.jsonl --texts ";
  const Ended ended = shell("cd " + folder_.file("") + "; " + run + "a & p=$!; " + run +
                            "b; echo $?; wait $p; echo $?");
  EXPECT_EQ(ended.out, "0\n0\n") << ended.err;
  const std::size_t n_lines = json_lines(folder_.read("o.jsonl")).size();
  EXPECT_TRUE(n_lines == 300 || n_lines == 500) << n_lines;
  EXPECT_EQ(others(), (std::vector<std::string>{"a", "b", "o.jsonl", "o.jsonl.part"}));
  EXPECT_EQ(folder_.read("o.jsonl.part"), "somebody's");
}

TEST_F(streams_program, a_file_size_limit_is_said_and_leaves_nothing) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += "the cat\n";
  const std::string texts = folder_.write("b", lines);
  for (const char* name : {"u.npy", "u.jsonl"}) {
    const Ended ended = shell("ulimit -f 10; " QUERN_PROGRAM " embed -q " + kEmbedder +
                              " --texts " + texts + " --out " + folder_.file(name));
    EXPECT_EQ(ended.exit_code, 6) << ended.err;
    EXPECT_TRUE(contains(ended.err, "File too large")) << ended.err;
  }
  EXPECT_EQ(others(), std::vector<std::string>{"b"});
}

TEST_F(streams_program, every_signal_that_ends_a_run_removes_the_part) {
  for (const char* signal : {"HUP", "INT", "TERM"}) {
    const Ended ended = shell(std::string("yes text | timeout --preserve-status -s ") + signal +
                              " 1 " QUERN_PROGRAM " embed " + kEmbedder + " --texts - --out " +
                              folder_.file("v.npy"));
    EXPECT_TRUE(contains(ended.err, "quern: interrupted")) << signal << ended.err;
    EXPECT_EQ(others(), std::vector<std::string>()) << signal;
  }
}

TEST_F(streams_program, nohup_is_respected) {
  const Ended ended = shell("(trap '' HUP; exec " QUERN_PROGRAM " embed -q " + kEmbedder +
                            " --texts <(sleep 0.5; echo text) --out " + folder_.file("v.jsonl") +
                            ") & sleep 0.2; kill -HUP $!; wait $!");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(json_lines(folder_.read("v.jsonl")).size(), 1u);
}

TEST_F(streams_program, a_home_that_cannot_be_read_is_no_empty_home) {
  const std::string file = folder_.write("file", "");
  fs::create_directory(folder_.file("loop"));
  fs::create_symlink("models", folder_.file("loop/models"));
  for (const std::string& home : {file, folder_.file("loop")}) {
    for (const char* args :
         {"models", "models --json", "embed nothing text", "models rm nothing"}) {
      const Ended ended = shell("QUERN_HOME=" + home + " " QUERN_PROGRAM " " + args);
      EXPECT_EQ(ended.exit_code, 6) << home << args << ended.err;
      EXPECT_TRUE(contains(ended.err, "cannot list '" + home)) << ended.err;
    }
  }
}

TEST_F(streams_program, texts_in_other_clothes) {
  const std::string plain = folder_.write("plain.txt",
                                          "one\nn\xC3\xA4"
                                          "chste \xF0\x9F\x99\x82\n");
  const std::string embed = "tokenize " + kEmbedder + " --texts ";
  const std::string want = quern(embed + plain).out;
  for (const char* encoding : {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
    const std::string file = folder_.file("other.txt");
    ASSERT_EQ(shell("(printf '\\357\\273\\277'; cat " + plain + ") | iconv -f UTF-8 -t " +
                    encoding + " > " + file)
                  .exit_code,
              0);
    EXPECT_EQ(quern(embed + file).out, want) << encoding;
    EXPECT_EQ(shell(QUERN_PROGRAM " " + embed + " - < " + file).out, want) << encoding;
  }
  ASSERT_EQ(shell("gzip -k " + plain).exit_code, 0);
  const Ended packed = quern(embed + plain + ".gz");
  EXPECT_EQ(packed.exit_code, 4);
  EXPECT_EQ(packed.out, "");
  EXPECT_TRUE(contains(packed.err, "gzip") && contains(packed.err, "gzip -dc")) << packed.err;
}

}  // namespace quern::cli
