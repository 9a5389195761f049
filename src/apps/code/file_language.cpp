#include "apps/code/file_language.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>

#include "apps/code/wildcard.h"

namespace quern::apps {
namespace {

struct Named {
  std::string_view name;
  std::string_view language;
};

// Sorted by name; names are lower case.
constexpr Named kFileNames[] = {
    {".babelrc", "json"},
    {".bash_aliases", "bash"},
    {".bash_logout", "bash"},
    {".bash_profile", "bash"},
    {".bashrc", "bash"},
    {".clang-format", "yaml"},
    {".clang-tidy", "yaml"},
    {".clangd", "yaml"},
    {".coveragerc", "ini"},
    {".dockerignore", "ignore"},
    {".editorconfig", "ini"},
    {".emacs", "elisp"},
    {".envrc", "bash"},
    {".eslintrc", "json"},
    {".flake8", "ini"},
    {".gemrc", "yaml"},
    {".gitattributes", "ignore"},
    {".gitconfig", "ini"},
    {".gitignore", "ignore"},
    {".gitmodules", "ini"},
    {".ignore", "ignore"},
    {".irbrc", "ruby"},
    {".jshintrc", "json"},
    {".luacheckrc", "lua"},
    {".npmignore", "ignore"},
    {".npmrc", "ini"},
    {".ocamlinit", "ocaml"},
    {".prettierrc", "json"},
    {".profile", "bash"},
    {".pryrc", "ruby"},
    {".pylintrc", "ini"},
    {".quernignore", "ignore"},
    {".rprofile", "r"},
    {".stylelintrc", "json"},
    {".swcrc", "json"},
    {".vimrc", "vim"},
    {".xprofile", "bash"},
    {".zprofile", "bash"},
    {".zshenv", "bash"},
    {".zshrc", "bash"},
    {"apkbuild", "bash"},
    {"appraisals", "ruby"},
    {"berksfile", "ruby"},
    {"brewfile", "ruby"},
    {"buck", "python"},
    {"build", "python"},
    {"build.bazel", "python"},
    {"bun.lock", "json"},
    {"capfile", "ruby"},
    {"cargo.lock", "toml"},
    {"cmakelists.txt", "cmake"},
    {"composer.lock", "json"},
    {"containerfile", "dockerfile"},
    {"dangerfile", "ruby"},
    {"deno.lock", "json"},
    {"dockerfile", "dockerfile"},
    {"dune", "dune"},
    {"dune-project", "dune"},
    {"fastfile", "ruby"},
    {"flake.lock", "json"},
    {"gemfile", "ruby"},
    {"gemfile.lock", ""},
    {"gnumakefile", "make"},
    {"go.mod", "gomod"},
    {"go.sum", ""},
    {"go.work", "gomod"},
    {"guardfile", "ruby"},
    {"jakefile", "javascript"},
    {"jenkinsfile", "groovy"},
    {"justfile", "just"},
    {"kbuild", "make"},
    {"makefile", "make"},
    {"makefile.am", "make"},
    {"makefile.in", "make"},
    {"meson.build", "meson"},
    {"meson_options.txt", "meson"},
    {"mix.lock", "elixir"},
    {"module.bazel", "python"},
    {"package.resolved", "json"},
    {"pdm.lock", "toml"},
    {"pipfile", "toml"},
    {"pipfile.lock", "json"},
    {"pkgbuild", "bash"},
    {"podfile", "ruby"},
    {"poetry.lock", "toml"},
    {"pom.xml", "xml"},
    {"puppetfile", "ruby"},
    {"rakefile", "ruby"},
    {"rebar.config", "erlang"},
    {"rebar.lock", "erlang"},
    {"sconscript", "python"},
    {"sconstruct", "python"},
    {"snakefile", "python"},
    {"thorfile", "ruby"},
    {"tiltfile", "python"},
    {"uv.lock", "toml"},
    {"vagrantfile", "ruby"},
    {"workspace", "python"},
    {"workspace.bazel", "python"},
    {"wscript", "python"},
    {"yarn.lock", ""},
};

// Sorted by name; lower case. Those of several languages are looked at in language_by_content.
constexpr Named kExtensions[] = {
    {"ada", "ada"},
    {"adb", "ada"},
    {"adoc", "asciidoc"},
    {"ads", "ada"},
    {"agda", "agda"},
    {"asciidoc", "asciidoc"},
    {"asd", "commonlisp"},
    {"asm", "assembly"},
    {"astro", "astro"},
    {"avsc", "json"},
    {"awk", "awk"},
    {"bash", "bash"},
    {"bat", "batch"},
    {"bats", "bash"},
    {"bazel", "python"},
    {"bib", "bibtex"},
    {"bicep", "bicep"},
    {"bzl", "python"},
    {"c", "c"},
    {"c++", "cpp"},
    {"c++m", "cpp"},
    {"cake", "c_sharp"},
    {"cc", "cpp"},
    {"ccm", "cpp"},
    {"cfg", "ini"},
    {"cgi", "perl"},
    {"cjs", "javascript"},
    {"cl", "commonlisp"},
    {"clj", "clojure"},
    {"cljc", "clojure"},
    {"cljs", "clojure"},
    {"cmake", "cmake"},
    {"cmd", "batch"},
    {"code-workspace", "json"},
    {"comp", "glsl"},
    {"containerfile", "dockerfile"},
    {"coq", "coq"},
    {"cp", "cpp"},
    {"cpp", "cpp"},
    {"cppm", "cpp"},
    {"cr", "crystal"},
    {"cs", "c_sharp"},
    {"csh", "bash"},
    {"csproj", "xml"},
    {"css", "css"},
    {"csv", "csv"},
    {"csx", "c_sharp"},
    {"ctp", "php"},
    {"cts", "typescript"},
    {"cu", "cpp"},
    {"cue", "cue"},
    {"cuh", "cpp"},
    {"cxx", "cpp"},
    {"cxxm", "cpp"},
    {"dart", "dart"},
    {"desktop", "ini"},
    {"dhall", "dhall"},
    {"diff", "diff"},
    {"dockerfile", "dockerfile"},
    {"dot", "dot"},
    {"edn", "clojure"},
    {"eex", "embedded_template"},
    {"ejs", "embedded_template"},
    {"el", "elisp"},
    {"elm", "elm"},
    {"erb", "embedded_template"},
    {"erl", "erlang"},
    {"es6", "javascript"},
    {"escript", "erlang"},
    {"ex", "elixir"},
    {"exs", "elixir"},
    {"f", "fortran"},
    {"f03", "fortran"},
    {"f08", "fortran"},
    {"f18", "fortran"},
    {"f77", "fortran"},
    {"f90", "fortran"},
    {"f95", "fortran"},
    {"fish", "fish"},
    {"for", "fortran"},
    {"fpp", "fortran"},
    {"frag", "glsl"},
    {"fs", "fsharp"},
    {"fsi", "fsharp"},
    {"fsproj", "xml"},
    {"fsx", "fsharp"},
    {"ftn", "fortran"},
    {"gd", "gdscript"},
    {"gemspec", "ruby"},
    {"geojson", "json"},
    {"glsl", "glsl"},
    {"go", "go"},
    {"gql", "graphql"},
    {"gradle", "groovy"},
    {"graphql", "graphql"},
    {"graphqls", "graphql"},
    {"groovy", "groovy"},
    {"gv", "dot"},
    {"gvy", "groovy"},
    {"h", "c"},
    {"h++", "cpp"},
    {"hack", "hack"},
    {"haml", "haml"},
    {"har", "json"},
    {"hbs", "handlebars"},
    {"hcl", "hcl"},
    {"hh", "cpp"},
    {"hhi", "hack"},
    {"hlsl", "hlsl"},
    {"hpp", "cpp"},
    {"hrl", "erlang"},
    {"hs", "haskell"},
    {"hs-boot", "haskell"},
    {"htm", "html"},
    {"html", "html"},
    {"hx", "haxe"},
    {"hxx", "cpp"},
    {"i", "c"},
    {"idr", "idris"},
    {"ii", "cpp"},
    {"inc", ""},
    {"ini", "ini"},
    {"inl", "cpp"},
    {"ino", "cpp"},
    {"ipp", "cpp"},
    {"ipynb", "json"},
    {"ixx", "cpp"},
    {"j2", "jinja"},
    {"java", "java"},
    {"jenkinsfile", "groovy"},
    {"jinja", "jinja"},
    {"jinja2", "jinja"},
    {"jl", "julia"},
    {"js", "javascript"},
    {"json", "json"},
    {"json5", "json"},
    {"jsonc", "json"},
    {"jsonl", "json"},
    {"jsonld", "json"},
    {"jsonnet", "jsonnet"},
    {"jsx", "javascript"},
    {"kdl", "kdl"},
    {"ksh", "bash"},
    {"kt", "kotlin"},
    {"ktm", "kotlin"},
    {"kts", "kotlin"},
    {"lean", "lean"},
    {"leex", "embedded_template"},
    {"less", "less"},
    {"libsonnet", "jsonnet"},
    {"lisp", "commonlisp"},
    {"ll", "llvm"},
    {"lsp", "commonlisp"},
    {"lua", "lua"},
    {"m", "objc"},
    {"mak", "make"},
    {"markdown", "markdown"},
    {"md", "markdown"},
    {"mdown", "markdown"},
    {"mdx", "markdown"},
    {"metal", "cpp"},
    {"mjs", "javascript"},
    {"mk", "make"},
    {"mkd", "markdown"},
    {"ml", "ocaml"},
    {"mli", "ocaml"},
    {"mlir", "mlir"},
    {"mm", "objc"},
    {"mts", "typescript"},
    {"mustache", "handlebars"},
    {"nim", "nim"},
    {"nix", "nix"},
    {"nomad", "hcl"},
    {"org", "org"},
    {"pas", "pascal"},
    {"patch", "diff"},
    {"php", "php"},
    {"php3", "php"},
    {"php4", "php"},
    {"php5", "php"},
    {"php7", "php"},
    {"phps", "php"},
    {"phtml", "php"},
    {"pl", "perl"},
    {"plist", "xml"},
    {"pm", "perl"},
    {"po", "gettext"},
    {"podspec", "ruby"},
    {"pot", "gettext"},
    {"properties", "properties"},
    {"props", "xml"},
    {"proto", "protobuf"},
    {"ps1", "powershell"},
    {"psd1", "powershell"},
    {"psgi", "perl"},
    {"psm1", "powershell"},
    {"pug", "pug"},
    {"purs", "purescript"},
    {"pxd", "python"},
    {"pxi", "python"},
    {"py", "python"},
    {"pyi", "python"},
    {"pyt", "python"},
    {"pyw", "python"},
    {"pyx", "python"},
    {"ql", "ql"},
    {"qll", "ql"},
    {"r", "r"},
    {"rake", "ruby"},
    {"rb", "ruby"},
    {"rbi", "ruby"},
    {"rbs", "rbs"},
    {"rbw", "ruby"},
    {"rego", "rego"},
    {"resx", "xml"},
    {"rkt", "racket"},
    {"rmd", "markdown"},
    {"rs", "rust"},
    {"rst", "rst"},
    {"ru", "ruby"},
    {"s", "assembly"},
    {"sage", "python"},
    {"sarif", "json"},
    {"sass", "sass"},
    {"sbt", "scala"},
    {"sc", "scala"},
    {"scala", "scala"},
    {"scm", "scheme"},
    {"scss", "scss"},
    {"sh", "bash"},
    {"sld", "scheme"},
    {"slim", "slim"},
    {"sol", "solidity"},
    {"sql", "sql"},
    {"ss", "scheme"},
    {"star", "python"},
    {"sty", "latex"},
    {"sublime-settings", "json"},
    {"sv", "verilog"},
    {"svelte", "svelte"},
    {"svg", "xml"},
    {"svh", "verilog"},
    {"swift", "swift"},
    {"swiftinterface", "swift"},
    {"t", "perl"},
    {"targets", "xml"},
    {"tcc", "cpp"},
    {"tcl", "tcl"},
    {"td", "tablegen"},
    {"tex", "latex"},
    {"text", "text"},
    {"tf", "hcl"},
    {"tfstate", "json"},
    {"tfvars", "hcl"},
    {"thor", "ruby"},
    {"thrift", "thrift"},
    {"toml", "toml"},
    {"topojson", "json"},
    {"tpp", "cpp"},
    {"ts", "typescript"},
    {"tsv", "csv"},
    {"tsx", "tsx"},
    {"twig", "twig"},
    {"txt", "text"},
    {"txx", "cpp"},
    {"typ", "typst"},
    {"vala", "vala"},
    {"vb", "vb"},
    {"vbproj", "xml"},
    {"vert", "glsl"},
    {"vhd", "vhdl"},
    {"vhdl", "vhdl"},
    {"vim", "vim"},
    {"vue", "vue"},
    {"webmanifest", "json"},
    {"wgsl", "wgsl"},
    {"xaml", "xml"},
    {"xht", "html"},
    {"xhtml", "html"},
    {"xml", "xml"},
    {"xsd", "xml"},
    {"xsl", "xml"},
    {"xslt", "xml"},
    {"y", "yacc"},
    {"yaml", "yaml"},
    {"yml", "yaml"},
    {"yy", "yacc"},
    {"zig", "zig"},
    {"zon", "zig"},
    {"zsh", "bash"},
};

constexpr bool is_sorted_by_name(const Named* begin, const Named* end) {
  for (const Named* at = begin; at + 1 < end; ++at) {
    if (!(at->name < (at + 1)->name)) return false;
  }
  return true;
}
static_assert(is_sorted_by_name(std::begin(kFileNames), std::end(kFileNames)));
static_assert(is_sorted_by_name(std::begin(kExtensions), std::end(kExtensions)));

template <std::size_t n>
const Named* find_name(const Named (&table)[n], std::string_view name) {
  const Named* found =
      std::lower_bound(std::begin(table), std::end(table), name,
                       [](const Named& a, std::string_view b) { return a.name < b; });
  return found != std::end(table) && found->name == name ? found : nullptr;
}

// By the interpreter of the first line, without path and version.
constexpr Named kInterpreters[] = {
    {"Rscript", "r"},
    {"ash", "bash"},
    {"bash", "bash"},
    {"bun", "typescript"},
    {"clisp", "commonlisp"},
    {"dash", "bash"},
    {"deno", "typescript"},
    {"elixir", "elixir"},
    {"emacs", "elisp"},
    {"escript", "erlang"},
    {"fish", "fish"},
    {"groovy", "groovy"},
    {"jruby", "ruby"},
    {"julia", "julia"},
    {"kotlin", "kotlin"},
    {"ksh", "bash"},
    {"lua", "lua"},
    {"luajit", "lua"},
    {"make", "make"},
    {"node", "javascript"},
    {"nodejs", "javascript"},
    {"ocaml", "ocaml"},
    {"ocamlrun", "ocaml"},
    {"perl", "perl"},
    {"php", "php"},
    {"pwsh", "powershell"},
    {"pypy", "python"},
    {"python", "python"},
    {"ruby", "ruby"},
    {"runghc", "haskell"},
    {"runhaskell", "haskell"},
    {"sbcl", "commonlisp"},
    {"scala", "scala"},
    {"sh", "bash"},
    {"swift", "swift"},
    {"tclsh", "tcl"},
    {"ts-node", "typescript"},
    {"tsx", "typescript"},
    {"uv", "python"},
    {"zsh", "bash"},
};
static_assert(is_sorted_by_name(std::begin(kInterpreters), std::end(kInterpreters)));

// What editors call languages, where that is not the grammar's name.
constexpr Named kEditorNames[] = {
    {"c", "c"},
    {"c++", "cpp"},
    {"cc", "cpp"},
    {"common-lisp", "commonlisp"},
    {"cpp", "cpp"},
    {"cs", "c_sharp"},
    {"csharp", "c_sharp"},
    {"emacs-lisp", "elisp"},
    {"erlang", "erlang"},
    {"go", "go"},
    {"haskell", "haskell"},
    {"java", "java"},
    {"javascript", "javascript"},
    {"js", "javascript"},
    {"js2", "javascript"},
    {"json", "json"},
    {"lisp", "commonlisp"},
    {"lua", "lua"},
    {"make", "make"},
    {"makefile", "make"},
    {"makefile-gmake", "make"},
    {"markdown", "markdown"},
    {"objc", "objc"},
    {"perl", "perl"},
    {"php", "php"},
    {"python", "python"},
    {"rst", "rst"},
    {"ruby", "ruby"},
    {"rust", "rust"},
    {"sh", "bash"},
    {"shell-script", "bash"},
    {"sql", "sql"},
    {"toml", "toml"},
    {"typescript", "typescript"},
    {"yaml", "yaml"},
    {"zsh", "bash"},
};
static_assert(is_sorted_by_name(std::begin(kEditorNames), std::end(kEditorNames)));

// Put behind the name that says the language.
constexpr std::string_view kTemplateEnds[] = {"dist",   "example", "in",       "j2",   "jinja",
                                              "jinja2", "sample",  "template", "tmpl", "tpl"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool begins(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '+' || c == '#';
}

std::string_view word_at(std::string_view text, std::size_t pos) {
  pos = std::min(text.find_first_not_of(" \t", pos), text.size());
  std::size_t end = pos;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  return text.substr(pos, end - pos);
}

// `#!/usr/bin/env -S python3.11 -u`: python.
std::string_view language_of_shebang(std::string_view content) {
  if (!begins(content, "#!")) return "";
  std::string_view line = content.substr(2, content.find('\n') - 2);
  const auto next = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    return word;
  };
  std::string_view program = name_of_path(next());
  while (program == "env" || begins(program, "-") || has(program, "=")) {
    program = name_of_path(next());
    if (program.empty()) return "";
  }
  // Without its version.
  const std::size_t end = program.find_last_not_of("0123456789.-");
  const Named* known = find_name(kInterpreters, program.substr(0, end + 1));
  return known == nullptr ? "" : known->language;
}

std::string_view language_of_editor_name(std::string_view name) {
  const Named* known = find_name(kEditorNames, lower(name));
  return known == nullptr ? "" : known->language;
}

// `-*- mode: C++ -*-`, `-*- C++ -*-`, `vim: set ft=cpp:`, in the first lines.
std::string_view language_of_modeline(std::string_view content) {
  constexpr std::size_t kLines = 5, kBytes = 1024;
  std::string_view head = content.substr(0, kBytes);
  std::size_t end = 0;
  for (std::size_t i = 0; i < kLines && end < head.size(); ++i) {
    end = std::min(head.find('\n', end), head.size() - 1) + 1;
  }
  head = head.substr(0, end);
  const std::size_t emacs = head.find("-*-");
  if (emacs != std::string_view::npos) {
    const std::size_t close = head.find("-*-", emacs + 3);
    if (close == std::string_view::npos) return "";
    const std::string inside = lower(head.substr(emacs + 3, close - emacs - 3));
    const std::size_t mode = inside.find("mode:");
    if (mode != std::string::npos) return language_of_editor_name(word_at(inside, mode + 5));
    return has(inside, ":") ? "" : language_of_editor_name(word_at(inside, 0));
  }
  const std::size_t vim = std::min(head.find("vim:"), head.find("vi:"));
  if (vim == std::string_view::npos) return "";
  for (const std::string_view key : {"ft=", "filetype=", "syntax="}) {
    const std::size_t at = head.find(key, vim);
    if (at != std::string_view::npos) {
      return language_of_editor_name(word_at(head, at + key.size()));
    }
  }
  return "";
}

// Whether some line begins with `word`, blanks apart.
bool has_line(std::string_view content, std::string_view word) {
  for (std::size_t at = content.find(word); at != std::string_view::npos;
       at = content.find(word, at + 1)) {
    const std::size_t before = content.find_last_not_of(" \t", at == 0 ? 0 : at - 1);
    if (at == 0 || before == std::string_view::npos || content[before] == '\n') return true;
  }
  return false;
}

bool has_any_line(std::string_view content, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return has_line(content, word); });
}

std::string_view language_of_c_header(std::string_view content) {
  const std::string_view modeline = language_of_modeline(content);
  if (!modeline.empty()) return modeline;
  if (has_any_line(content, {"@interface", "@protocol", "@class", "#import <"})) return "objc";
  const bool is_cpp =
      has_any_line(content, {"class ", "namespace ", "template <", "template<", "public:",
                             "private:", "protected:", "using ", "constexpr ", "#include <string>",
                             "#include <vector>", "#include <memory>", "#include <map>",
                             "#include <cstd", "#include <utility>", "enum class "}) ||
      has(content, "std::") || has(content, "virtual ") || has(content, "static_cast<") ||
      has(content, "nullptr");
  return is_cpp ? "cpp" : "c";
}

// Extensions that several languages have; `language` is that of the table.
std::string_view language_by_content(std::string_view extension, std::string_view language,
                                     std::string_view content) {
  constexpr std::size_t kBytes = 64 << 10;
  content = content.substr(0, kBytes);
  if (extension == "h") return language_of_c_header(content);
  if (extension == "hh" || extension == "php") return begins(content, "<?hh") ? "hack" : language;
  if (extension == "m") {
    if (content.empty()) return language;
    return has_any_line(content, {"#import", "#include", "@interface", "@implementation", "@class",
                                  "@protocol", "//", "/*"})
               ? "objc"
               : "matlab";
  }
  if (extension == "ts") {
    return begins(content, "<?xml") || begins(content, "<!DOCTYPE TS") ? "xml" : language;
  }
  if (extension == "pl") {
    return has(content, ":-") && !has_any_line(content, {"use ", "my ", "sub ", "package ", "#!"})
               ? "prolog"
               : language;
  }
  if (extension == "t" || extension == "cgi") {
    const std::string_view shebang = language_of_shebang(content);
    if (!shebang.empty()) return shebang;
    return extension == "cgi" || has_any_line(content, {"use ", "my ", "require ", "package "})
               ? "perl"
               : "";
  }
  if (extension == "cl") {
    return has(content, "__kernel") || has(content, "kernel void") ? "c" : language;
  }
  if (extension == "inc") {
    if (has(content, "<?php")) return "php";
    const bool is_c = has_any_line(content, {"#include", "#define", "#if", "//", "/*"});
    return is_c ? language_of_c_header(content) : "";
  }
  if (extension == "i") return has_line(content, "%module") ? "swig" : language;
  return language;
}

// By the name alone: `Dockerfile.dev`, `Makefile.linux`.
std::string_view language_of_first_part(std::string_view name) {
  for (const std::string_view known : {"dockerfile", "containerfile"}) {
    if (begins(name, known) && name.size() > known.size() && name[known.size()] == '.') {
      return "dockerfile";
    }
  }
  return begins(name, "makefile.") || begins(name, "gnumakefile.") ? "make" : "";
}

std::string_view language_of_beginning(std::string_view content) {
  const std::string_view shebang = language_of_shebang(content);
  if (!shebang.empty()) return shebang;
  const std::string_view modeline = language_of_modeline(content);
  if (!modeline.empty()) return modeline;
  if (begins(content, "<?php")) return "php";
  if (begins(content, "<?xml")) return "xml";
  const std::string head = lower(content.substr(0, 64));
  return begins(head, "<!doctype html") || begins(head, "<html") ? "html" : "";
}

}  // namespace

std::string_view name_of_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view language_of_file(std::string_view path, std::string_view content) {
  const std::string lower_name = lower(name_of_path(path));
  std::string_view name = lower_name;
  while (true) {
    if (const Named* known = find_name(kFileNames, name)) return known->language;
    const std::string_view first = language_of_first_part(name);
    if (!first.empty()) return first;
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) break;
    const std::string_view extension = name.substr(dot + 1);
    const bool is_template = std::find(std::begin(kTemplateEnds), std::end(kTemplateEnds),
                                       extension) != std::end(kTemplateEnds) &&
                             name.find('.') < dot;
    if (is_template) {
      name = name.substr(0, dot);
      continue;
    }
    if (const Named* known = find_name(kExtensions, extension)) {
      return language_by_content(extension, known->language, content);
    }
    break;
  }
  return language_of_beginning(content);
}

}  // namespace quern::apps
