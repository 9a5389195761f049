#include "apps/code/file_role.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "apps/code/file_language.h"
#include "apps/code/skipped_folders.h"
#include "apps/code/wildcard.h"

namespace quern::apps {
namespace {

using Words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view text, Words words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool begins(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

bool ends_in_one_of(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return ends(text, w); });
}

bool begins_with_one_of(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view w) { return begins(text, w); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A path in its parts; all but the last name are folders.
struct Parts {
  std::vector<std::string> folders;  // In lower case.
  std::vector<std::string_view> folders_as_written;
  std::string_view name;  // As written.
  std::string lower_name;
  std::string stem;  // Of the lower name, up to its first dot behind the first byte.
  std::string_view stem_as_written;

  explicit Parts(std::string_view path) {
    for (std::size_t begin = 0;;) {
      const std::size_t end = path.find('/', begin);
      if (end == std::string_view::npos) {
        name = path.substr(begin);
        break;
      }
      folders_as_written.push_back(path.substr(begin, end - begin));
      folders.push_back(lower(folders_as_written.back()));
      begin = end + 1;
    }
    lower_name = lower(name);
    const std::size_t n_stem = std::min(lower_name.find('.', 1), lower_name.size());
    stem = lower_name.substr(0, n_stem);
    stem_as_written = name.substr(0, n_stem);
  }

  bool has_folder(Words words) const {
    return std::any_of(folders.begin(), folders.end(),
                       [&](const std::string& folder) { return is_one_of(folder, words); });
  }
  bool has_first_folder(Words words) const {
    return !folders.empty() && is_one_of(folders.front(), words);
  }
};

bool is_vendored(const Parts& path) {
  if (path.has_folder({"3rd-party", "3rd_party", "3rdparty", "_vendor", "godeps", "third-party",
                       "third_party", "thirdparty", "vendor", "vendored", "vendors"}) ||
      path.has_first_folder({"deps", "extern", "external", "externals"})) {
    return true;
  }
  return std::any_of(path.folders_as_written.begin(), path.folders_as_written.end(),
                     is_tool_folder);
}

bool is_lock_file(std::string_view name) {
  return is_one_of(name, {"bun.lock",          "cargo.lock",       "cartfile.resolved",
                          "composer.lock",     "conan.lock",       "deno.lock",
                          "flake.lock",        "gemfile.lock",     "go.sum",
                          "gradle.lockfile",   "mix.lock",         "npm-shrinkwrap.json",
                          "package-lock.json", "package.resolved", "packages.lock.json",
                          "paket.lock",        "pdm.lock",         "pipfile.lock",
                          "pixi.lock",         "pnpm-lock.yaml",   "podfile.lock",
                          "poetry.lock",       "pubspec.lock",     "rebar.lock",
                          "uv.lock",           "yarn.lock",        ".terraform.lock.hcl"});
}

bool is_generated_by_name(const Parts& path, std::string_view language) {
  const std::string_view name = path.lower_name;
  if (is_lock_file(name) ||
      ends_in_one_of(name,
                     {".pb.go",       ".pb.cc",        ".pb.h",  ".pb.validate.go", "_pb2.py",
                      "_pb2.pyi",     "_pb2_grpc.py",  "_pb.js", "_pb.d.ts",        "_pb.ts",
                      ".g.dart",      ".freezed.dart", ".g.cs",  ".g.i.cs",         ".designer.cs",
                      ".designer.vb", ".gen.go",       ".map",   ".min.js",         ".min.css",
                      ".svg",         ".snap"}) ||
      begins(name, "zz_generated") || ends(path.stem, "_generated") ||
      ends(path.stem, ".generated") || name.find(".generated.") != std::string_view::npos ||
      is_one_of(name, {"aclocal.m4", "ltmain.sh", "config.guess", "config.sub"})) {
    return true;
  }
  if (path.has_folder({"__generated__", "__snapshots__", "autogen", "generated"})) return true;
  // A build that is checked in.
  return path.has_folder({"dist"}) &&
         is_one_of(language, {"javascript", "typescript", "css", "html"});
}

// `FooTest`, `FooTests`, `FooSpec`, `TestFoo`: a word of its own, so that `Latest` is none.
bool is_test_in_camel_case(std::string_view stem, std::string_view language) {
  if (!is_one_of(language,
                 {"java", "kotlin", "scala", "c_sharp", "swift", "php", "haskell", "groovy", "cpp",
                  "objc", "hack", "fsharp", "typescript", "tsx", "javascript", "dart", "vb"})) {
    return false;
  }
  for (const std::string_view end : {"Test", "Tests", "TestCase", "Spec", "Specs"}) {
    if (stem.size() > end.size() && ends(stem, end) &&
        is_lower_or_digit(stem[stem.size() - end.size() - 1])) {
      return true;
    }
  }
  if (language == "scala" && ends(stem, "Suite")) return true;
  if (language == "java" && stem.size() > 2 && ends(stem, "IT") &&
      is_lower_or_digit(stem[stem.size() - 3])) {
    return true;
  }
  return is_one_of(language, {"java", "kotlin", "c_sharp", "php"}) && begins(stem, "Test") &&
         stem.size() > 4 && is_upper(stem[4]);
}

bool is_test(const Parts& path, std::string_view language) {
  if (path.has_folder({"__fixtures__", "__mocks__", "__test__",  "__tests__", "androidtest",
                       "cypress",      "e2e",       "fixtures",  "spec",      "specs",
                       "test",         "test-data", "test_data", "testcases", "testdata",
                       "testfixtures", "testing",   "tests",     "testsuite", "unittest",
                       "unittests"})) {
    return true;
  }
  for (std::size_t i = 0; i < path.folders.size(); ++i) {
    const std::string_view folder = path.folders[i];
    const std::string_view written = path.folders_as_written[i];
    if (ends_in_one_of(folder,
                       {"-test", "-tests", "_test", "_tests", ".test", ".tests", "-specs"}) ||
        ends_in_one_of(written, {"Tests", "UITest", "TestUtils"}) ||
        begins_with_one_of(folder, {"test_", "tests_", "test-", "tests-"})) {
      return true;
    }
  }
  const std::string_view stem = path.stem;
  const std::string_view name = path.lower_name;
  if (begins_with_one_of(stem, {"test_", "test-", "tests_"}) ||
      ends_in_one_of(stem, {"_test", "-test", "_tests", "-tests", "_spec", "-spec", "_unittest",
                            "_unittests", "_suite"}) ||
      is_one_of(stem, {"test", "tests", "conftest", "runtests", "setuptests"})) {
    return true;
  }
  for (const std::string_view part :
       {".test.", ".tests.", ".spec.", ".cy.", ".e2e.", ".stories."}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  if (ends(name, ".bats")) return true;
  if (ends(name, ".t") && (language == "perl" || path.has_first_folder({"t", "xt"}))) return true;
  return is_test_in_camel_case(path.stem_as_written, language);
}

bool is_example(const Parts& path) {
  if (path.has_folder({"cookbook", "demo", "demos", "example", "examples", "quickstart", "sample",
                       "samples", "snippets", "tutorial", "tutorials"})) {
    return true;
  }
  return begins_with_one_of(path.stem, {"example_", "example-", "demo_", "sample_"}) ||
         ends_in_one_of(path.stem, {"_example", "-example", "_demo", "_sample"}) ||
         is_one_of(path.stem, {"example", "demo"}) ||
         ends_in_one_of(path.lower_name, {".example", ".sample"});
}

bool is_docs(const Parts& path, std::string_view language) {
  if (is_one_of(language, {"markdown", "rst", "asciidoc", "org", "latex", "bibtex", "typst"})) {
    return true;
  }
  if (path.has_folder({"doc", "docs", "documentation", "man", "manual"})) return true;
  if (begins_with_one_of(path.lower_name, {"requirements", "constraints"})) return false;
  if (is_one_of(path.lower_name, {"robots.txt", "cmakelists.txt"})) return false;
  return language == "text" ||
         (language.empty() &&
          is_one_of(path.stem,
                    {"authors",      "changelog", "changes",   "code_of_conduct", "contributing",
                     "contributors", "copying",   "copyright", "credits",         "history",
                     "install",      "license",   "licence",   "maintainers",     "news",
                     "notice",       "patents",   "readme",    "security",        "thanks",
                     "todo",         "unlicense"}));
}

bool is_config(const Parts& path, std::string_view language) {
  if (is_one_of(language, {"json",  "yaml",       "toml",  "ini",  "properties", "xml", "ignore",
                           "gomod", "dockerfile", "cmake", "make", "meson",      "csv", "nix",
                           "kdl",   "gettext",    "dune",  "text", "jsonnet",    "cue", "dhall"})) {
    return true;
  }
  if (path.has_folder({".circleci", ".config", ".devcontainer", ".github", ".gitlab", ".husky",
                       ".idea", ".vscode"})) {
    return true;
  }
  const std::string_view name = path.lower_name;
  if (name.find(".config.") != std::string_view::npos) return true;  // vite.config.ts
  return is_one_of(name,
                   {"build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts",
                    "gruntfile.js", "gulpfile.js", "jenkinsfile", "gemfile", "podfile", "build.sbt",
                    "build.bazel", "module.bazel", "workspace", "justfile"}) ||
         (!name.empty() && name[0] == '.') ||
         ends_in_one_of(name, {".conf", ".cnf", ".env", ".lock", ".service", ".gemspec"});
}

}  // namespace

FileRole role_of_file(std::string_view path, std::string_view language, std::string_view content) {
  const Parts parts(path);
  if (is_vendored(parts)) return FileRole::kVendored;
  if (is_generated_by_name(parts, language) || says_generated(content)) {
    return FileRole::kGenerated;
  }
  if (is_test(parts, language)) return FileRole::kTest;
  if (is_example(parts)) return FileRole::kExample;
  if (is_docs(parts, language)) return FileRole::kDocs;
  return is_config(parts, language) ? FileRole::kConfig : FileRole::kCode;
}

namespace {

// What stands before the code in a file, line by line.
class Heading {
 public:
  explicit Heading(std::string_view content) : rest_(content.substr(0, kBytes)) {}

  // The next line of the comments at the beginning; nothing at their end.
  bool next(std::string_view& line) {
    constexpr std::size_t kLines = 60;
    while (!rest_.empty() && n_lines_++ < kLines) {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      line = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
      if (line.empty()) continue;
      if (!block_end_.empty()) {
        if (line.find(block_end_) != std::string_view::npos) block_end_ = "";
        return true;
      }
      if (begins_block(line) || is_comment(line)) return true;
      if (!begins_with_one_of(
              line, {"package ", "<?php", "<?xml", "<?hh", "'use strict'", "\"use strict\"", "#",
                     "<!DOCTYPE", "---", "%YAML", "module "})) {
        return false;
      }
    }
    return false;
  }

 private:
  static constexpr std::size_t kBytes = 8 << 10;

  bool begins_block(std::string_view line) {
    constexpr std::string_view kBlocks[][2] = {
        {"/*", "*/"}, {"\"\"\"", "\"\"\""}, {"'''", "'''"},     {"<!--", "-->"},
        {"(*", "*)"}, {"{-", "-}"},         {"=begin", "=end"}, {"--[[", "]]"}};
    for (const auto& block : kBlocks) {
      if (!begins(line, block[0])) continue;
      if (line.find(block[1], block[0].size()) == std::string_view::npos) block_end_ = block[1];
      return true;
    }
    return false;
  }

  static bool is_comment(std::string_view line) {
    return begins_with_one_of(line, {"//", "#", "--", ";", "%", "*", "!", "dnl ", "rem ", "REM ",
                                     "@REM", "\" ", "@generated"});
  }

  std::string_view rest_;
  std::string_view block_end_;
  std::size_t n_lines_ = 0;
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A line in lower case that by itself says it. That a module reads generated files is not enough.
bool says_this_is_generated(std::string_view text) {
  if (has(text, "code generated by") || has(text, "bison parser, made by") ||
      has(text, "scanner generated by flex") ||
      has(text, "generated by the protocol buffer compiler") || has(text, "generated by cython") ||
      has(text, "generated by gnu autoconf")) {
    return true;
  }
  const bool is_about_this = has(text, "this file") || has(text, "this is a") ||
                             has(text, "this code") || has(text, "do not edit") ||
                             has(text, "do not modify") || has(text, "do not change");
  if (is_about_this &&
      (has(text, "generated file") || has(text, "generated by") || has(text, "generated from") ||
       has(text, "is generated") || has(text, "was generated") || has(text, "generated code") ||
       has(text, "automatically generated") || has(text, "autogenerated") ||
       has(text, "auto-generated") || has(text, "machine generated"))) {
    return true;
  }
  return begins_with_one_of(text, {"auto-generated", "autogenerated", "automatically generated",
                                   "auto generated", "machine-generated", "machine generated"});
}

}  // namespace

bool says_generated(std::string_view content) {
  Heading heading(content);
  std::string_view line;
  bool has_generator = false, is_not_to_be_edited = false;
  while (heading.next(line)) {
    if (has(line, "@generated")) return true;
    std::string text = lower(line);
    text.erase(0, std::min(text.find_first_of("abcdefghijklmnopqrstuvwxyz"), text.size()));
    if (says_this_is_generated(text)) return true;
    has_generator = has_generator ||
                    begins_with_one_of(text, {"generated by", "generated from", "generated with"});
    is_not_to_be_edited = is_not_to_be_edited || has(text, "do not edit") ||
                          has(text, "do not modify") || has(text, "do not change");
    if (has_generator && is_not_to_be_edited) return true;
  }
  return false;
}

}  // namespace quern::apps
