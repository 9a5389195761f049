// Options from the environment, presets and the configuration file, as the program takes them.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

const std::string kEmbedder = QUERN_SOURCE_DIR "/tests/data/models/tiny-mean-f32";

class config_program : public ProgramTest {
 protected:
  std::string file(const std::string& toml) { return folder_.write("c.toml", toml); }

  // What `quern config --json` says of an option.
  json row(const std::string& args, const std::string& command, const std::string& option) {
    const Ended ended = quern(args + " --json");
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    const json all = json::parse(ended.out);
    for (const json& each : all["options"]) {
      if (each["command"] == command && each["option"] == option) return each;
    }
    return {};
  }
};

}  // namespace

TEST_F(config_program, the_same_option_from_each_source_does_the_same) {
  const std::string texts = " " + kEmbedder + " 'the cat sat on the mat' ";
  const Ended flag = quern("embed" + texts + "--dimensions 4");
  EXPECT_EQ(flag.exit_code, 0) << flag.err;
  EXPECT_NE(flag.out, quern("embed" + texts).out);
  EXPECT_EQ(quern("embed" + texts, "QUERN_DIMENSIONS=4").out, flag.out);
  EXPECT_EQ(quern("embed" + texts, "QUERN_EMBED_DIMENSIONS=4 QUERN_DIMENSIONS=5").out, flag.out);
  EXPECT_EQ(quern("--config " + file("dimensions = 4") + " embed" + texts).out, flag.out);
  EXPECT_EQ(quern("embed" + texts, "QUERN_CONFIG=" + file("[embed]\ndimensions = 4")).out,
            flag.out);
  EXPECT_EQ(
      quern("--preset p embed" + texts, "QUERN_CONFIG=" + file("[presets.p]\ndimensions = 4")).out,
      flag.out);
  EXPECT_EQ(quern("embed --dimensions 4" + texts, "QUERN_DIMENSIONS=5").out, flag.out);
  EXPECT_EQ(quern("embed -q" + texts, "QUERN_QUIET=off QUERN_DIMENSIONS=4").out, flag.out);
}

TEST_F(config_program, wrong_values_name_where_they_are_said) {
  const std::string args = "embed " + kEmbedder + " text";
  const Ended variable = quern(args, "QUERN_DIMENSIONS=none");
  EXPECT_EQ(variable.exit_code, 2);
  EXPECT_TRUE(contains(variable.err, "QUERN_DIMENSIONS")) << variable.err;
  const Ended in_file = quern(args, "QUERN_CONFIG=" + file("\nprecision = \"f33\""));
  EXPECT_EQ(in_file.exit_code, 2);
  EXPECT_TRUE(contains(in_file.err, "c.toml', line 2")) << in_file.err;
  EXPECT_TRUE(contains(in_file.err, "f33")) << in_file.err;
  const Ended preset = quern("--preset fats " + args);
  EXPECT_EQ(preset.exit_code, 2);
  EXPECT_TRUE(contains(preset.err, "did you mean 'fast'?")) << preset.err;
  EXPECT_EQ(quern("--config " + folder_.file("none") + " " + args).exit_code, 3);
  for (const char* broken : {"memory = ", "[embed", "\xff\xfe", "memory = \"1GB\"\nmemory = 2"}) {
    const Ended ended = quern(args, "QUERN_CONFIG=" + file(broken));
    EXPECT_EQ(ended.exit_code, 2) << broken;
    EXPECT_TRUE(contains(ended.err, "c.toml', line ")) << ended.err;
    EXPECT_EQ(quern("embed --help", "QUERN_CONFIG=" + file(broken)).exit_code, 0);
  }
}

TEST_F(config_program, config_shows_value_and_source_of_each_option) {
  const json memory = row("--memory 2GB config", "", "memory");
  EXPECT_EQ(memory["value"], "2GB");
  EXPECT_EQ(memory["source"], "command line");
  const json port = row("config serve", "serve", "port");
  EXPECT_EQ(port["value"], nullptr);
  EXPECT_EQ(port["default"], "8090");
  EXPECT_EQ(port["source"], "built-in");
  EXPECT_EQ(port["variable"], "QUERN_SERVE_PORT");
  EXPECT_EQ(row("--preset small config serve", "serve", "kv")["value"], "q8_0");
  const Ended key = quern("config", "QUERN_API_KEY=secret");
  EXPECT_FALSE(contains(key.out, "secret"));
  EXPECT_TRUE(contains(key.out, "QUERN_API_KEY"));
  EXPECT_EQ(quern("config srve").exit_code, 4);
  for (const char* args : {"config", "--preset small config bench embed"}) {
    const Ended ended = quern(args);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_TRUE(contains(ended.out, "memory")) << ended.out;
  }
}

// A name of the rule that the program reads for something else would change what it does.
TEST_F(config_program, no_two_options_share_a_variable_with_another_meaning) {
  const json all = json::parse(quern("config --json").out);
  for (const json& each : all["options"]) {
    const std::string variable = each["variable"];
    EXPECT_TRUE(variable.starts_with("QUERN_"));
    for (const char* other : {"QUERN_HOME", "QUERN_ISA", "QUERN_LOG", "QUERN_PACKED"}) {
      if (variable == other) {
        EXPECT_EQ(each["command"], "") << variable;
      }
    }
  }
}

TEST_F(config_program, what_the_process_reads_is_an_option_too) {
  quern("models add " + kEmbedder + " --name other", "QUERN_HOME=" + folder_.file("elsewhere"));
  const std::string home = folder_.file("elsewhere");
  EXPECT_TRUE(contains(quern("--home " + home + " models").out, "other"));
  EXPECT_FALSE(contains(quern("models").out, "other"));
  EXPECT_EQ(quern("--log loud version").exit_code, 2);
  EXPECT_TRUE(contains(quern("--isa plain version").out, "instruction set plain"));
  EXPECT_TRUE(
      contains(quern("version", "QUERN_CONFIG=" + file("isa = \"plain\"")).out, "set plain"));
}

}  // namespace quern::cli
