// An argument is the text it is: every command that takes text takes the hardest ones, and makes of
// them what it makes of the same texts from a file.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kData = QUERN_SOURCE_DIR "/tests/data/";
const std::string kEmbedder = kData + "models/tiny-mean-f32";
const std::string kClassifier = kData + "models/tiny-nli";
const std::string kChatter = kData + "decoders/tiny-chat.gguf";

const std::vector<std::string> kTexts = {
    "",    "[a,b]",      "[]",   "[MASK]",  "a,b", "\"quoted\"", "it's",   "--threads", "-x",
    "--",  "++",         "a\nb", "%s",      "%%",  "{}",         "{a,b}",  "\\n",       "models",
    "add", "-5 degrees", "[[a]", "a = b,c", "/?x", "[a\n,b]",    "=[x,y]", " [a, b] ",  "é,[ü]"};

std::string all_quoted(const std::vector<std::string>& texts) {
  std::string words;
  for (const std::string& text : texts) words += " " + quoted(text);
  return words;
}

class arguments_program : public ProgramTest {
 protected:
  std::string jsonl(const std::vector<std::string>& texts) {
    std::string lines;
    for (const std::string& text : texts) lines += json{{"text", text}}.dump() + "\n";
    return folder_.write("texts.jsonl", lines);
  }

  std::string out_of(const std::string& args) {
    const Ended ended = quern(args);
    EXPECT_EQ(ended.exit_code, 0) << args << "\n" << ended.err;
    return ended.out;
  }
};

}  // namespace

TEST_F(arguments_program, texts_are_taken_as_they_are) {
  const std::string file = jsonl(kTexts);
  const std::string words = " --" + all_quoted(kTexts);
  for (const std::string& command : {"tokenize " + kEmbedder, "tokenize --json " + kEmbedder,
                                     "embed " + kEmbedder, "classify --json " + kClassifier}) {
    EXPECT_EQ(out_of(command + words), out_of(command + " --texts " + file)) << command;
  }
}

TEST_F(arguments_program, one_text_alone_is_one_text) {
  for (const std::string& text : kTexts) {
    const std::string dashes = text.starts_with('-') ? "-- " : "";
    EXPECT_EQ(out_of("tokenize " + kEmbedder + " " + dashes + quoted(text)),
              out_of("tokenize " + kEmbedder + " --texts " + jsonl({text})))
        << text;
  }
}

TEST_F(arguments_program, pairs_are_taken_as_they_are) {
  for (const std::string& text : {kTexts[1], kTexts[2], kTexts[7], kTexts[9], kTexts[11]}) {
    const json line = {{"text", text}, {"text_pair", "x" + text}};
    const std::string file = folder_.write("pair.jsonl", line.dump() + "\n");
    EXPECT_EQ(out_of("classify " + kClassifier + " --json --pair " + quoted(text) + " " +
                     quoted("x" + text)),
              out_of("classify " + kClassifier + " --json --texts " + file))
        << text;
  }
  EXPECT_EQ(out_of("classify " + kClassifier + " --json --pair -a -b"),
            out_of("classify --json --pair -a -b " + kClassifier));
}

TEST_F(arguments_program, a_question_is_taken_as_it_is) {
  for (const std::string& text : {kTexts[1], kTexts[5], kTexts[7], kTexts[13], kTexts[17]}) {
    const std::string found = out_of("similar " + kEmbedder + " --json --texts " +
                                     jsonl({text, "something else"}) + " -- " + quoted(text));
    const json first = json_lines(found).at(0);
    EXPECT_EQ(first["text"], text);
    EXPECT_NEAR(first["score"].get<double>(), 1, 1e-4) << text;
  }
}

TEST_F(arguments_program, prompts_messages_and_stops_are_taken_as_they_are) {
  const std::string greedy = " --temperature 0 --max-tokens 8 --quiet ";
  for (const std::string& text :
       {kTexts[1], kTexts[2], kTexts[3], kTexts[5], kTexts[11], kTexts[14]}) {
    const std::string prompt = folder_.write("prompt", text);
    const std::string words = out_of("generate " + kChatter + greedy + quoted(text));
    EXPECT_EQ(words, out_of("generate " + kChatter + greedy + "- < " + prompt)) << text;
  }
  const std::string whole = out_of("generate " + kChatter + greedy + "'the cat'");
  const std::string part = whole.substr(1, 2);
  EXPECT_EQ(
      out_of("generate " + kChatter + greedy + "'the cat' --stop " + quoted("[x," + part + "]")),
      whole);
  EXPECT_EQ(out_of("generate " + kChatter + greedy + "--stop " + quoted(part) +
                   " --stop --system 'the cat'"),
            whole.substr(0, whole.find(part)));

  folder_.write("lines", "[a,b]\n");
  const std::string message = out_of("chat " + kChatter + greedy + "--message '[a,b]'");
  EXPECT_EQ(message, out_of("chat " + kChatter + greedy + "< " + folder_.file("lines")));
  folder_.write("lines", "/system [x,y]\nhello\n");
  EXPECT_EQ(out_of("chat " + kChatter + greedy + "--system '[x,y]' --message=hello"),
            out_of("chat " + kChatter + greedy + "< " + folder_.file("lines")));
  EXPECT_EQ(quern("chat " + kChatter + greedy + "--message '' < /dev/null").exit_code, 0);
}

TEST_F(arguments_program, names_and_paths_are_taken_as_they_are) {
  const std::string texts = folder_.write("[a,b].txt", "one\ntwo\n");
  const std::string out = folder_.file("[c,d].jsonl");
  out_of("embed " + kEmbedder + " --texts " + quoted(texts) + " --out " + quoted(out));
  EXPECT_EQ(json_lines(folder_.read("[c,d].jsonl")).size(), 2u);
  out_of("embed " + kEmbedder + " --texts=" + quoted(texts) + " --out=" + quoted(out));
  const Ended unknown = quern("embed '[a,b]' text");
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_TRUE(contains(unknown.err, "'[a,b]'")) << unknown.err;
  out_of("models add " + kEmbedder + " --name rm");
  out_of("models rm rm");
}

TEST_F(arguments_program, what_cannot_be_meant_is_refused) {
  const std::string generate = "generate " + kChatter + " text ";
  for (const std::string& args :
       {"embed " + kEmbedder + " text --out ''",
        "embed " + kEmbedder + " text --texts=", std::string("serve --api-key ''"),
        std::string("serve --api-key="), std::string("serve --port ''"),
        generate + "--temperature ''", generate + "--max-tokens=", generate + "--seed ''",
        "embed " + kEmbedder + " --pair a b", "classify " + kClassifier + " --pair a"}) {
    const Ended ended = quern(args);
    EXPECT_EQ(ended.exit_code, 2) << args << ended.err;
    EXPECT_EQ(ended.out, "") << args;
  }
  const Ended dashes = quern("embed " + kEmbedder + " -xyz");
  EXPECT_EQ(dashes.exit_code, 2);
  EXPECT_TRUE(contains(dashes.err, "goes behind '--'")) << dashes.err;
}

TEST_F(arguments_program, max_tokens_of_zero_generates_nothing) {
  for (const std::string& command :
       {"generate " + kChatter + " 'the cat'", "chat " + kChatter + " --message 'the cat'"}) {
    const Ended ended = quern(command + " --max-tokens 0");
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_TRUE(ended.out == "" || ended.out == "\n") << ended.out;
  }
  EXPECT_EQ(quern("generate nothing text --max-tokens 0").exit_code, 3);
}

// The program runs itself with it to parse source files (apps/code/chunk_worker.h).
TEST_F(arguments_program, the_parsers_command_is_hidden_and_ends_with_its_input) {
  EXPECT_FALSE(contains(quern("--help").out, "chunk-worker"));
  EXPECT_EQ(quern("chunk-worker /no/folder < /dev/null").exit_code, 0);
  const Ended ended = quern("chunk-worker /no/folder <<< 'this is no request of ours'");
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.out, "");
}

}  // namespace quern::cli
