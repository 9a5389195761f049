#include "cli/settings.h"

#include <cstdlib>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "cli/temp_folder.h"

namespace quern::cli {
namespace {

/// A program with a few options, and variables that are taken back at the end.
class settings : public testing::Test {
 protected:
  settings() {
    app_.add_option("--memory", text_, "Most (default: 0.8 of\nall; or so)")->type_name("BYTES");
    app_.add_option("--preset", text_)->type_name("NAME");
    app_.add_option("--config", text_)->type_name("FILE");
    CLI::App* serve = app_.add_subcommand("serve", "");
    serve->add_option("--port", n_)->type_name("N")->check(CLI::Range(0, 65535));
    serve->add_option("--model", list_)->type_name("MODEL");
    CLI::App* embed = app_.add_subcommand("bench", "")->add_subcommand("embed", "");
    embed->add_option("--max-tokens", n_)->type_name("N");
    embed->add_flag("--quiet", truth_);
    embed->add_option("TEXT", list_);
    embed->add_option("--precision", text_)->type_name("NAME");
    set("XDG_CONFIG_HOME", folder_.file("xdg"));
    set("QUERN_CONFIG", "");
    set("QUERN_PRESET", "");
  }
  ~settings() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }

  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }

  Result<Settings> read(const std::string& toml, std::optional<std::string> preset = {}) {
    folder_.write("c.toml", toml);
    return Settings::read({.file = folder_.file("c.toml"), .preset = std::move(preset)},
                          option_facts(app_));
  }

  std::string error_of(const std::string& toml, std::optional<std::string> preset = {}) {
    const Result<Settings> got = read(toml, std::move(preset));
    return got.ok() ? "" : got.status().message();
  }

  // "value from source", or "" for a built-in default.
  std::string held(const Settings& from, const std::string& name) {
    for (const OptionFacts& option : from.options()) {
      if (option.name != name) continue;
      const auto setting = from.find(option);
      if (!setting.ok()) return "error: " + setting.status().message();
      if (!*setting) return "";
      std::string text;
      for (const std::string& value : (*setting)->values) text += value + " ";
      return text + "from " + (*setting)->source;
    }
    return "no such option";
  }

  TempFolder folder_;
  CLI::App app_{"test", "test"};
  std::string text_;
  int n_ = 0;
  bool truth_ = false;
  std::vector<std::string> list_, variables_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_F(settings, one_rule_names_every_variable) {
  EXPECT_EQ(variable_name("", "memory"), "QUERN_MEMORY");
  EXPECT_EQ(variable_name("bench embed", "max-tokens"), "QUERN_BENCH_EMBED_MAX_TOKENS");
  for (const OptionFacts& option : option_facts(app_)) {
    if (option.name == "memory") {
      EXPECT_EQ(option.built_in, "0.8 of all");
    }
    if (option.name == "quiet") {
      EXPECT_EQ(option.form, OptionForm::kSwitch);
    }
    if (option.name == "model") {
      EXPECT_EQ(option.form, OptionForm::kList);
    }
    if (option.name == "port") {
      EXPECT_EQ(option.form, OptionForm::kNumber);
    }
  }
}

TEST_F(settings, the_nearer_source_wins_at_each_step) {
  const std::string file =
      "max-tokens = 1\n[bench]\nmax_tokens = 2\n[bench.embed]\nmax-tokens = 3\n"
      "[presets.p]\nmax-tokens = 4\n[presets.p.bench]\nmax-tokens = 5\n";
  const std::string top = "max-tokens = 1\n";
  const std::string path = "'" + folder_.file("c.toml") + "', line ";
  EXPECT_EQ(held(*read(""), "max-tokens"), "");
  EXPECT_EQ(held(*read(top), "max-tokens"), "1 from " + path + "1");
  EXPECT_EQ(held(*read(file), "max-tokens"), "3 from " + path + "5");
  EXPECT_EQ(held(*read(file, "p"), "max-tokens"), "5 from preset 'p' of " + path + "9");
  EXPECT_EQ(held(*read("preset = \"p\"\n" + file), "max-tokens"),
            "5 from preset 'p' of " + path + "10");
  set("QUERN_MAX_TOKENS", "6");
  EXPECT_EQ(held(*read(file, "p"), "max-tokens"), "6 from QUERN_MAX_TOKENS");
  set("QUERN_BENCH_MAX_TOKENS", "7");
  EXPECT_EQ(held(*read(file, "p"), "max-tokens"), "7 from QUERN_BENCH_MAX_TOKENS");
  set("QUERN_BENCH_EMBED_MAX_TOKENS", "8");
  EXPECT_EQ(held(*read(file, "p"), "max-tokens"), "8 from QUERN_BENCH_EMBED_MAX_TOKENS");
}

TEST_F(settings, aliases_come_after_the_name_of_the_rule) {
  set("TURBOPROP_MAX_MEMORY", "1GB");
  EXPECT_EQ(held(*read(""), "memory"), "1GB from TURBOPROP_MAX_MEMORY");
  set("QUERN_MEMORY", "2GB");
  EXPECT_EQ(held(*read("memory = \"3GB\""), "memory"), "2GB from QUERN_MEMORY");
}

TEST_F(settings, presets_of_the_file_take_the_place_of_those_that_come_along) {
  EXPECT_EQ(held(*read("", "fast"), "precision"), "int8 from preset 'fast'");
  EXPECT_EQ(held(*read("", "default"), "precision"), "");
  EXPECT_TRUE(has(held(*read("[presets.fast]\nprecision = \"f32\"", "fast"), "precision"), "f32"));
  EXPECT_TRUE(has(error_of("[presets.mine]\n", "mien"), "no preset 'mien'; did you mean 'mine'?"));
  EXPECT_TRUE(has(error_of("a = 1\n"), "line 1"));
  EXPECT_TRUE(has(error_of("\npreset = \"smal\"\n"), "line 2: no preset 'smal'"));
}

TEST_F(settings, unknown_keys_are_refused_with_line_and_nearest_name) {
  EXPECT_TRUE(
      has(error_of("\nmemroy = \"1GB\""), "line 2: no option 'memroy'; did you mean 'memory'"));
  EXPECT_TRUE(has(error_of("[serve]\npotr = 1"),
                  "line 2: no option 'potr' of 'serve'; did you mean 'port'"));
  EXPECT_TRUE(has(error_of("[srve]\nport = 1"), "line 1: no command 'srve'; did you mean 'serve'"));
  EXPECT_TRUE(has(error_of("[serve]\nquiet = true"), "no option 'quiet' of 'serve'"));
  EXPECT_TRUE(
      has(error_of("[presets.p]\nprot = 1"), "line 2: no option 'prot'; did you mean 'port'"));
  EXPECT_TRUE(has(error_of("[models.m]\npreloda = true"), "line 2: a model has no 'preloda'"));
  EXPECT_TRUE(has(error_of("config = \"x\""), "no option 'config'"));
  EXPECT_TRUE(has(error_of("[presets.p]\npreset = \"q\""), "cannot choose a preset"));
}

TEST_F(settings, wrong_types_say_what_came_and_what_was_wanted) {
  EXPECT_TRUE(
      has(error_of("[serve]\nport = \"80\""), "'port' is the string \"80\", want a number"));
  EXPECT_TRUE(has(error_of("quiet = 1"), "'quiet' is the number 1, want true or false"));
  EXPECT_TRUE(has(error_of("precision = 8"), "'precision' is the number 8, want a string"));
  EXPECT_TRUE(has(error_of("memory = true"), "'memory' is true, want a number or a string"));
  EXPECT_TRUE(has(error_of("model = [1]"), "want a string or a list of strings"));
  EXPECT_TRUE(has(error_of("[memory]\n"), "'memory' is a table, want a number or a string"));
  EXPECT_TRUE(has(error_of("models = 1"), "'models' is the number 1, want a table"));
  EXPECT_TRUE(has(error_of("presets = []"), "'presets' is a list, want a table"));
  EXPECT_EQ(error_of("memory = 1000000\nmodel = \"m\""), "");
}

TEST_F(settings, variables_are_read_as_what_the_option_takes) {
  set("QUERN_QUIET", "Yes");
  set("QUERN_MODEL", "a,b");
  const Result<Settings> got = read("");
  EXPECT_EQ(held(*got, "quiet"), "true from QUERN_QUIET");
  EXPECT_EQ(held(*got, "model"), "a b from QUERN_MODEL");
  set("QUERN_QUIET", "maybe");
  EXPECT_TRUE(has(held(*read(""), "quiet"), "error: QUERN_QUIET is 'maybe', want"));
  set("QUERN_QUIET", "");
  EXPECT_EQ(held(*read("quiet = false"), "quiet").substr(0, 5), "false");
}

TEST_F(settings, the_file_is_the_named_one_or_lies_where_xdg_says) {
  EXPECT_EQ(Settings::read({}, option_facts(app_))->file(), "");
  std::filesystem::create_directories(folder_.file("xdg/quern"));
  folder_.write("xdg/quern/config.toml", "memory = 5\n");
  EXPECT_EQ(held(*Settings::read({}, option_facts(app_)), "memory").substr(0, 2), "5 ");
  set("QUERN_CONFIG", folder_.write("other.toml", "memory = 6\n"));
  EXPECT_EQ(held(*Settings::read({}, option_facts(app_)), "memory").substr(0, 2), "6 ");
  EXPECT_EQ(held(*read("memory = 7"), "memory").substr(0, 2), "7 ");
  const auto none =
      Settings::read({.file = folder_.file("none"), .preset = {}}, option_facts(app_));
  EXPECT_EQ(none.status().code(), Code::kNotFound);
}

TEST_F(settings, model_tables_say_what_is_loaded_first) {
  const auto got = read(
      "[models.\"all-MiniLM-L6-v2\"]\npreload = true\n[models.b]\n"
      "keep-alive = \"5m\"\n");
  ASSERT_TRUE(got.ok()) << got.status().message();
  ASSERT_EQ(got->models().size(), 2u);
  EXPECT_EQ(got->models()[0].name, "all-MiniLM-L6-v2");
  EXPECT_TRUE(got->models()[0].preload);
  EXPECT_FALSE(got->models()[1].preload);
  EXPECT_EQ(got->models()[1].keep_alive, "5m");
}

TEST_F(settings, a_slip_in_a_variables_name_is_said) {
  EXPECT_TRUE(read("")->doubtful_variables().empty());
  set("QUERN_MEMROY", "1GB");
  set("QUERN_SOMETHING_ELSE", "1");
  set("QUERN_SERVE_PORT", "1");
  EXPECT_EQ(read("")->doubtful_variables(),
            std::vector<std::string>{"QUERN_MEMROY is not read; did you mean QUERN_MEMORY?"});
}

}  // namespace quern::cli
