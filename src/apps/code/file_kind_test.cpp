#include "apps/code/file_kind.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "apps/code/file_language.h"
#include "apps/code/file_role.h"
#include "apps/code/grammars.h"

namespace quern::apps {
namespace {

std::string language(std::string_view path, std::string_view content = "") {
  return kind_of_file(path, content).language;
}

std::string role(std::string_view path, std::string_view content = "") {
  return role_name(kind_of_file(path, content).role);
}

}  // namespace

TEST(file_language, it_follows_from_names_and_extensions) {
  const std::pair<const char*, const char*> expected[] = {
      {"a.py", "python"},
      {"a.pyi", "python"},
      {"a.c", "c"},
      {"a.cc", "cpp"},
      {"A.CPP", "cpp"},
      {"a.js", "javascript"},
      {"a.mjs", "javascript"},
      {"a.jsx", "javascript"},
      {"a.ts", "typescript"},
      {"a.d.ts", "typescript"},
      {"a.tsx", "tsx"},
      {"a.go", "go"},
      {"a.rs", "rust"},
      {"a.java", "java"},
      {"a.cs", "c_sharp"},
      {"a.rb", "ruby"},
      {"a.php", "php"},
      {"a.kt", "kotlin"},
      {"a.scala", "scala"},
      {"a.sh", "bash"},
      {"a.lua", "lua"},
      {"a.hs", "haskell"},
      {"a.ex", "elixir"},
      {"README.md", "markdown"},
      {"a.json", "json"},
      {"a.yml", "yaml"},
      {"a.toml", "toml"},
      {"a.html", "html"},
      {"a.css", "css"},
      {"a.sql", "sql"},
      {"a.tf", "hcl"},
      {"Dockerfile", "dockerfile"},
      {"x/Dockerfile.dev", "dockerfile"},
      {"Makefile", "make"},
      {"a.mk", "make"},
      {"GNUmakefile", "make"},
      {"a.jl", "julia"},
      {"a.pm", "perl"},
      {"a.R", "r"},
      {"a.ml", "ocaml"},
      {"a.mli", "ocaml"},
      {"a.mm", "objc"},
      {"a.erl", "erlang"},
      {"a.lisp", "commonlisp"},
      {"a.dot", "dot"},
      {"a.el", "elisp"},
      {"a.elm", "elm"},
      {"a.erb", "embedded_template"},
      {"a.html.erb", "embedded_template"},
      {"a.f90", "fortran"},
      {"go.mod", "gomod"},
      {"a.hack", "hack"},
      {"a.ql", "ql"},
      {"a.rst", "rst"},
      {"a.swift", "swift"},
      {"a.zig", "zig"},
      {"Gemfile", "ruby"},
      {"Rakefile", "ruby"},
      {"BUILD.bazel", "python"},
      {"CMakeLists.txt", "cmake"},
      {"a.cmake", "cmake"},
      {".bashrc", "bash"},
      {"Pipfile", "toml"},
      {"Cargo.lock", "toml"},
      {"package-lock.json", "json"},
      {"a.unknown", ""},
      {"Jenkinsfile", "groovy"},
      {"notes", ""},
      {".py", ""},
  };
  for (const auto& [path, wanted] : expected) EXPECT_EQ(language(path), wanted) << path;
}

TEST(file_language, templates_are_of_what_they_become) {
  EXPECT_EQ(language("config.h.in"), "c");
  EXPECT_EQ(language("setup.py.tmpl"), "python");
  EXPECT_EQ(language("nginx.yaml.j2"), "yaml");
  EXPECT_EQ(language("a.sh.in.example"), "bash");
  EXPECT_EQ(language("Makefile.in"), "make");
  EXPECT_EQ(language("page.j2"), "jinja");
}

TEST(file_language, a_header_is_c_or_cpp_or_objective_c_by_its_content) {
  EXPECT_EQ(language("a.h", "#pragma once\nint f(void);\n"), "c");
  EXPECT_EQ(language("a.h", "typedef struct { int x; } class_t; /* a class of things */\n"), "c");
  EXPECT_EQ(language("a.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\nvoid f(void);\n"), "c");
  EXPECT_EQ(language("a.h", "namespace a {\n}\n"), "cpp");
  EXPECT_EQ(language("a.h", "  class A {\n public:\n};\n"), "cpp");
  EXPECT_EQ(language("a.h", "inline std::string f();\n"), "cpp");
  EXPECT_EQ(language("a.h", "template <typename T> struct A;\n"), "cpp");
  EXPECT_EQ(language("a.h", "#import <Foundation/Foundation.h>\n@interface A\n@end\n"), "objc");
  EXPECT_EQ(language("a.h", "// -*- C++ -*-\nint x;\n"), "cpp");
}

TEST(file_language, ambiguous_extensions_are_looked_into) {
  EXPECT_EQ(language("a.m", "#import \"A.h\"\n"), "objc");
  EXPECT_EQ(language("a.m", "function y = f(x)\n% comment\n"), "matlab");
  EXPECT_EQ(language("a.ts", "<?xml version=\"1.0\"?>\n<!DOCTYPE TS>\n"), "xml");
  EXPECT_EQ(language("a.pl", "use strict;\nmy $x = 1;\n"), "perl");
  EXPECT_EQ(language("a.pl", "parent(X, Y) :- child(Y, X).\n"), "prolog");
  EXPECT_EQ(language("a.t", "use Test::More;\n"), "perl");
  EXPECT_EQ(language("a.t", "some text\n"), "");
  EXPECT_EQ(language("a.php", "<?hh // strict\n"), "hack");
  EXPECT_EQ(language("a.cl", "__kernel void f() {}\n"), "c");
  EXPECT_EQ(language("a.cl", "(defun f ())\n"), "commonlisp");
  EXPECT_EQ(language("a.inc", "<?php\n"), "php");
}

TEST(file_language, shebangs_and_modelines_name_it_where_the_name_does_not) {
  EXPECT_EQ(language("run", "#!/usr/bin/env -S python3.11 -u\n"), "python");
  EXPECT_EQ(language("run", "#! /bin/sh -e\n"), "bash");
  EXPECT_EQ(language("run", "#!/usr/bin/env FOO=1 node\n"), "javascript");
  EXPECT_EQ(language("run", "#!/usr/bin/Rscript\n"), "r");
  EXPECT_EQ(language("run", "#!/usr/bin/unknown\n"), "");
  EXPECT_EQ(language("run", "#!"), "");
  EXPECT_EQ(language("run", "#!/usr/bin/env\n"), "");
  EXPECT_EQ(language("vector", "// <vector> -*- C++ -*-\n"), "cpp");
  EXPECT_EQ(language("x", "# -*- coding: utf-8; mode: python -*-\n"), "python");
  EXPECT_EQ(language("x", "# vim: set ts=4 ft=ruby:\n"), "ruby");
  EXPECT_EQ(language("x", "<!DOCTYPE html>\n"), "html");
  EXPECT_EQ(language("a.c", "#!/usr/bin/env python3\n"), "c");  // The name is stronger.
}

TEST(file_language, every_grammar_is_of_some_file) {
  const char* paths[] = {"a.py",   "a.c",    "a.cpp",   "a.js",  "a.ts",  "a.tsx",      "a.go",
                         "a.rs",   "a.java", "a.cs",    "a.rb",  "a.php", "a.kt",       "a.scala",
                         "a.sh",   "a.lua",  "a.hs",    "a.ex",  "a.md",  "a.json",     "a.yaml",
                         "a.toml", "a.html", "a.css",   "a.sql", "a.hcl", "Dockerfile", "Makefile",
                         "a.jl",   "a.pm",   "a.r",     "a.ml",  "a.mm",  "a.erl",      "a.lisp",
                         "a.dot",  "a.el",   "a.elm",   "a.erb", "a.f90", "go.mod",     "a.hack",
                         "a.ql",   "a.rst",  "a.swift", "a.zig"};
  for (const char* path : paths) EXPECT_TRUE(is_grammar_language(language(path))) << path;
}

TEST(file_role, tests_of_every_common_language_are_known) {
  for (const char* path : {"tests/x.py",
                           "pkg/test_x.py",
                           "pkg/x_test.py",
                           "conftest.py",
                           "x_test.go",
                           "a/x_unittest.cc",
                           "src/test/java/A.java",
                           "AppTest.java",
                           "AppTests.cs",
                           "FooSpec.scala",
                           "FooSuite.scala",
                           "a.test.ts",
                           "a.spec.tsx",
                           "__tests__/a.js",
                           "a_spec.rb",
                           "FooTest.php",
                           "x_test.exs",
                           "FooSpec.hs",
                           "t/basic.t",
                           "a.bats",
                           "x_SUITE.erl",
                           "AppTests/AppTests.swift",
                           "runtests.jl",
                           "Acme.Tests/Foo.cs",
                           "e2e/login.ts",
                           "testdata/x.json",
                           "pkg/fixtures/a.json",
                           "TestFoo.java",
                           "tests/README.md",
                           "FooIT.java",
                           "x-test.el"}) {
    EXPECT_EQ(role(path), "test") << path;
  }
  for (const char* path : {"latest.py", "contest.go", "src/attest.rs", "Latest.java", "protest/x.c",
                           "testify.go", "spectrum.rb", "inspect.js", "Testament.java"}) {
    EXPECT_EQ(role(path), "code") << path;
  }
}

TEST(file_role, each_role_has_its_places) {
  const std::pair<const char*, const char*> expected[] = {
      {"src/main.c", "code"},
      {"examples/a.py", "example"},
      {"docs/examples/a.py", "example"},
      {"docs/conf.py", "docs"},
      {"README.md", "docs"},
      {"LICENSE", "docs"},
      {"notes.txt", "docs"},
      {"requirements.txt", "config"},
      {"CMakeLists.txt", "config"},
      {"package.json", "config"},
      {".github/workflows/ci.yml", "config"},
      {"Dockerfile", "config"},
      {"vite.config.ts", "config"},
      {".eslintrc.js", "config"},
      {"main.tf", "code"},
      {"vendor/a/b.go", "vendored"},
      {"web/node_modules/a/b.js", "vendored"},
      {"third_party/x/test/y.c", "vendored"},
      {"external/x.c", "vendored"},
      {"src/external/x.c", "code"},
      {"package-lock.json", "generated"},
      {"go.sum", "generated"},
      {"api/a.pb.go", "generated"},
      {"a_pb2.py", "generated"},
      {"Form1.Designer.cs", "generated"},
      {"logo.svg", "generated"},
      {"web/dist/app.js", "generated"},
      {"dist/tool.py", "code"},
      {"tests/__snapshots__/a.snap", "generated"},
  };
  for (const auto& [path, wanted] : expected) EXPECT_EQ(role(path), wanted) << path;
}

TEST(file_role, what_says_at_its_beginning_that_it_is_generated_is) {
  for (const char* content :
       {"// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n",
        "package a\n\n// Code generated by x. DO NOT EDIT.\n",
        "/**\n * @generated SignedSource<<abc>>\n */\n",
        "#!/usr/bin/env python\n# This file is automatically generated.\nx = 1\n",
        "// <auto-generated>\n//     by a tool\n", "/* Automatically generated by tree-sitter */\n",
        "# Generated by the protocol buffer compiler.  DO NOT EDIT!\n",
        "/* A Bison parser, made by GNU Bison 3.8.2.  */\n", "/* Generated by Cython 3.0 */\n",
        "// Generated by mockgen.\n// DO NOT EDIT.\n", "<!-- This file was generated by x -->\n",
        "-- AUTOGENERATED, see x.py\n", "#pragma once\n\n// Autogenerated by x\nint a;\n"}) {
    EXPECT_EQ(role("src/a.c", content), "generated") << content;
  }
  for (const char* content :
       {"import sys\n# Code generated by x. DO NOT EDIT.\n",
        "HEADER = '// Code generated by x. DO NOT EDIT.'\n",
        "// Reads automatically generated files, and says what is in them.\nint x;\n",
        "# Generated by Django 3.2 on 2021-01-01\nfrom django.db import migrations\n",
        "/* Copyright. Do not edit without thinking. */\nint x;\n", "", "/*", "// regenerated\n"}) {
    EXPECT_EQ(role("src/a.c", content), "code") << content;
  }
}

}  // namespace quern::apps
