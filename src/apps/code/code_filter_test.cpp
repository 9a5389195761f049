#include "apps/code/code_filter.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(code_filter, a_language_is_known_by_its_names_and_endings_and_stays_itself) {
  for (const char* name : {"python",     "c",          "cpp",
                           "javascript", "typescript", "tsx",
                           "go",         "rust",       "java",
                           "c_sharp",    "ruby",       "php",
                           "kotlin",     "scala",      "bash",
                           "lua",        "haskell",    "elixir",
                           "markdown",   "json",       "yaml",
                           "toml",       "html",       "css",
                           "sql",        "hcl",        "dockerfile",
                           "make",       "julia",      "perl",
                           "r",          "ocaml",      "objc",
                           "erlang",     "commonlisp", "dot",
                           "elisp",      "elm",        "embedded_template",
                           "fortran",    "gomod",      "hack",
                           "jsdoc",      "ql",         "regex",
                           "rst",        "sqlite",     "swift",
                           "zig"}) {
    EXPECT_EQ(language_from_name(name), name);
  }
  EXPECT_EQ(language_from_name("C++"), "cpp");
  EXPECT_EQ(language_from_name(".py"), "python");
  EXPECT_EQ(language_from_name("rs"), "rust");
  EXPECT_EQ(language_from_name("no such"), "no such");
}

}  // namespace
}  // namespace quern::apps
