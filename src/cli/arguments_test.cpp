#include "cli/arguments.h"

#include <optional>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace quern::cli {
namespace {

/// A command with each kind of option, and what it was given.
struct Command {
  CLI::App app{"test", "test"};
  std::string model, out, name;
  std::vector<std::string> texts, stops, pair;
  int n_threads = 0;
  bool json = false;

  Command() {
    app.add_option("--threads", n_threads)->check(CLI::Range(1, 8));
    CLI::App* run = app.add_subcommand("run", "");
    run->add_option("MODEL", model)->required();
    run->add_option("TEXT", texts);
    run->add_option("-o,--out", out);
    run->add_option("--name", name)->check(CLI::IsMember({"yes", "no"}));
    run->add_option("--stop", stops);
    run->add_option("--pair", pair)->expected(2);
    run->add_flag("-j,--json", json);
    app.add_subcommand("help", "");
    unmark_values(app);
  }

  /// "" or the parser's message.
  std::string parse(std::vector<std::string> arguments) {
    std::vector<const char*> argv = {"test"};
    for (const std::string& a : arguments) argv.push_back(a.c_str());
    try {
      app.parse(marked_arguments(app, static_cast<int>(argv.size()), argv.data()));
    } catch (const CLI::ParseError& error) {
      return without_marks(error.what());
    }
    return "";
  }
};

// Texts in which a parser may read more than is there.
const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> all = {"",   "++", "--", "-",     "run", "help",
                                    "%%", "{}", "[]", "[a,b]", "/x"};
    const std::string pieces[] = {"[", "]", ",",    "\"", "'", "a",  "\n", "%",
                                  "{", "}", "\x01", " ",  "=", "\\", "-",  "\xff"};
    for (const std::string& a : pieces) {
      for (const std::string& b : pieces) {
        for (const std::string& c : pieces) all.push_back(a + b + c);
      }
    }
    return all;
  }();
  return texts;
}

bool starts_like_an_option(const std::string& text) {
  return text.size() > 1 && text.front() == '-';
}

}  // namespace

TEST(arguments, every_value_is_the_text_it_is) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(text);
    Command split;
    ASSERT_EQ(split.parse({"run", "M", "--out", text, "--stop", text, "--stop", text, "--pair",
                           text, text, "--", text, text}),
              "");
    const std::vector<std::string> two = {text, text};
    EXPECT_EQ(split.out, text);
    EXPECT_EQ(split.stops, two);
    EXPECT_EQ(split.pair, two);
    EXPECT_EQ(split.texts, two);

    Command joined;
    ASSERT_EQ(joined.parse({"run", "M", "a", "--out=" + text, "--stop=" + text, "--", text}), "");
    EXPECT_EQ(joined.out, text);
    EXPECT_EQ(joined.stops, std::vector<std::string>{text});
    EXPECT_EQ(joined.texts, (std::vector<std::string>{"a", text}));

    if (starts_like_an_option(text) || text == "--") continue;
    Command plain;
    ASSERT_EQ(plain.parse({"run", text, text, "-o" + text + "x", text, "-j"}), "");
    EXPECT_EQ(plain.model, text);
    EXPECT_EQ(plain.texts, two);
    EXPECT_EQ(plain.out, text + "x");
    EXPECT_TRUE(plain.json);
  }
}

TEST(arguments, numbers_and_choices_are_checked_as_before) {
  Command good;
  EXPECT_EQ(good.parse({"--threads", "3", "run", "M", "--name=yes", "-5 degrees"}), "");
  EXPECT_EQ(good.n_threads, 3);
  EXPECT_EQ(good.name, "yes");
  EXPECT_EQ(good.texts, std::vector<std::string>{"-5 degrees"});

  EXPECT_EQ(Command().parse({"--threads", "9", "run", "M"}),
            "--threads: Value 9 not in range 1 to 8");
  EXPECT_EQ(Command().parse({"run", "M", "--name", "[yes]"}), "--name: [yes] not in {yes,no}");
}

TEST(arguments, unknown_options_and_missing_values_are_still_found) {
  EXPECT_NE(Command().parse({"run", "M", "--unknown", "x"}), "");
  EXPECT_NE(Command().parse({"run", "M", "-x"}), "");
  EXPECT_NE(Command().parse({"run", "M", "--out"}), "");
  EXPECT_NE(Command().parse({"run", "M", "--pair", "a"}), "");
  EXPECT_NE(Command().parse({"run"}), "");
  EXPECT_NE(Command().parse({"walk"}), "");
}

}  // namespace quern::cli
