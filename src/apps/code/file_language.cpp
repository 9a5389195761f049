#include "apps/code/file_language.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace quern::apps {
namespace {

struct Named {
  std::string_view name;
  std::string_view language;
};

// Sorted by name; names are lower case.
constexpr Named kFileNames[] = {
    {".babelrc", "json"},         {".bash_aliases", "bash"},
    {".bash_logout", "bash"},     {".bash_profile", "bash"},
    {".bashrc", "bash"},          {".clang-format", "yaml"},
    {".clang-tidy", "yaml"},      {".clangd", "yaml"},
    {".emacs", "elisp"},          {".envrc", "bash"},
    {".eslintrc", "json"},        {".gemrc", "yaml"},
    {".irbrc", "ruby"},           {".luacheckrc", "lua"},
    {".ocamlinit", "ocaml"},      {".prettierrc", "json"},
    {".profile", "bash"},         {".pryrc", "ruby"},
    {".rprofile", "r"},           {".stylelintrc", "json"},
    {".swcrc", "json"},           {".xprofile", "bash"},
    {".zprofile", "bash"},        {".zshenv", "bash"},
    {".zshrc", "bash"},           {"apkbuild", "bash"},
    {"appraisals", "ruby"},       {"berksfile", "ruby"},
    {"brewfile", "ruby"},         {"build", "python"},
    {"build.bazel", "python"},    {"capfile", "ruby"},
    {"cargo.lock", "toml"},       {"composer.lock", "json"},
    {"configure.ac", ""},         {"containerfile", "dockerfile"},
    {"dangerfile", "ruby"},       {"deno.lock", "json"},
    {"dockerfile", "dockerfile"}, {"dune", ""},
    {"fastfile", "ruby"},         {"gemfile", "ruby"},
    {"gemfile.lock", ""},         {"gnumakefile", "make"},
    {"go.mod", "gomod"},          {"guardfile", "ruby"},
    {"jakefile", "javascript"},   {"justfile", ""},
    {"kbuild", "make"},           {"makefile", "make"},
    {"makefile.am", "make"},      {"makefile.in", "make"},
    {"mix.lock", "elixir"},       {"module.bazel", "python"},
    {"package.resolved", "json"}, {"pdm.lock", "toml"},
    {"pipfile", "toml"},          {"pipfile.lock", "json"},
    {"pkgbuild", "bash"},         {"podfile", "ruby"},
    {"poetry.lock", "toml"},      {"puppetfile", "ruby"},
    {"rakefile", "ruby"},         {"rebar.config", "erlang"},
    {"rebar.lock", "erlang"},     {"sconscript", "python"},
    {"sconstruct", "python"},     {"snakefile", "python"},
    {"thorfile", "ruby"},         {"tiltfile", "python"},
    {"uv.lock", "toml"},          {"vagrantfile", "ruby"},
    {"workspace", "python"},      {"workspace.bazel", "python"},
    {"wscript", "python"},
};

// Sorted by name; lower case. Those of several languages are looked at in language_by_content.
constexpr Named kExtensions[] = {
    {"adoc", ""},
    {"asd", "commonlisp"},
    {"avsc", "json"},
    {"babelrc", "json"},
    {"bash", "bash"},
    {"bats", "bash"},
    {"bzl", "python"},
    {"c", "c"},
    {"c++", "cpp"},
    {"c++m", "cpp"},
    {"cake", "c_sharp"},
    {"cc", "cpp"},
    {"ccm", "cpp"},
    {"cgi", "perl"},
    {"cjs", "javascript"},
    {"cl", "commonlisp"},
    {"code-workspace", "json"},
    {"containerfile", "dockerfile"},
    {"cp", "cpp"},
    {"cpp", "cpp"},
    {"cppm", "cpp"},
    {"cs", "c_sharp"},
    {"csh", "bash"},
    {"css", "css"},
    {"csx", "c_sharp"},
    {"ctp", "php"},
    {"cts", "typescript"},
    {"cu", "cpp"},
    {"cuh", "cpp"},
    {"cxx", "cpp"},
    {"cxxm", "cpp"},
    {"dockerfile", "dockerfile"},
    {"dot", "dot"},
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
    {"f77", "fortran"},
    {"f90", "fortran"},
    {"f95", "fortran"},
    {"for", "fortran"},
    {"fpp", "fortran"},
    {"ftn", "fortran"},
    {"gemspec", "ruby"},
    {"geojson", "json"},
    {"go", "go"},
    {"gql", ""},
    {"gradle", ""},
    {"gv", "dot"},
    {"h", "c"},
    {"h++", "cpp"},
    {"hack", "hack"},
    {"har", "json"},
    {"hcl", "hcl"},
    {"hh", "cpp"},
    {"hhi", "hack"},
    {"hpp", "cpp"},
    {"hrl", "erlang"},
    {"hs", "haskell"},
    {"hs-boot", "haskell"},
    {"htm", "html"},
    {"html", "html"},
    {"hxx", "cpp"},
    {"i", "c"},
    {"ii", "cpp"},
    {"inc", ""},
    {"inl", "cpp"},
    {"ino", "cpp"},
    {"ipp", "cpp"},
    {"ipynb", "json"},
    {"ixx", "cpp"},
    {"java", "java"},
    {"jl", "julia"},
    {"js", "javascript"},
    {"json", "json"},
    {"json5", "json"},
    {"jsonc", "json"},
    {"jsonl", "json"},
    {"jsonld", "json"},
    {"jsx", "javascript"},
    {"ksh", "bash"},
    {"kt", "kotlin"},
    {"ktm", "kotlin"},
    {"kts", "kotlin"},
    {"leex", "embedded_template"},
    {"lisp", "commonlisp"},
    {"lsp", "commonlisp"},
    {"lua", "lua"},
    {"m", "objc"},
    {"mak", "make"},
    {"markdown", "markdown"},
    {"md", "markdown"},
    {"mdown", "markdown"},
    {"mdx", "markdown"},
    {"mjs", "javascript"},
    {"mk", "make"},
    {"mkd", "markdown"},
    {"ml", "ocaml"},
    {"mli", "ocaml"},
    {"mm", "objc"},
    {"mts", "typescript"},
    {"nomad", "hcl"},
    {"ny", "commonlisp"},
    {"php", "php"},
    {"php3", "php"},
    {"php4", "php"},
    {"php5", "php"},
    {"php7", "php"},
    {"phps", "php"},
    {"phtml", "php"},
    {"pl", "perl"},
    {"pm", "perl"},
    {"podspec", "ruby"},
    {"prettierrc", "json"},
    {"psgi", "perl"},
    {"pxd", "python"},
    {"pxi", "python"},
    {"py", "python"},
    {"pyi", "python"},
    {"pyw", "python"},
    {"pyx", "python"},
    {"ql", "ql"},
    {"qll", "ql"},
    {"r", "r"},
    {"rake", "ruby"},
    {"rb", "ruby"},
    {"rbi", "ruby"},
    {"rbs", ""},
    {"rbw", "ruby"},
    {"rest", "rst"},
    {"rmd", "markdown"},
    {"rs", "rust"},
    {"rst", "rst"},
    {"ru", "ruby"},
    {"sarif", "json"},
    {"sbt", "scala"},
    {"sc", "scala"},
    {"scala", "scala"},
    {"sh", "bash"},
    {"sql", "sql"},
    {"sqlite", "sqlite"},
    {"sublime-settings", "json"},
    {"swift", "swift"},
    {"swiftinterface", "swift"},
    {"t", "perl"},
    {"tcc", "cpp"},
    {"tf", "hcl"},
    {"tfstate", "json"},
    {"tfvars", "hcl"},
    {"thor", "ruby"},
    {"toml", "toml"},
    {"topojson", "json"},
    {"tpp", "cpp"},
    {"ts", "typescript"},
    {"tsx", "tsx"},
    {"txx", "cpp"},
    {"webmanifest", "json"},
    {"xht", "html"},
    {"xhtml", "html"},
    {"yaml", "yaml"},
    {"yml", "yaml"},
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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::string_view name_of_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view language_of_file(std::string_view path, std::string_view) {
  const std::string name = lower(name_of_path(path));
  if (const Named* known = find_name(kFileNames, name)) return known->language;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return "";
  const Named* known = find_name(kExtensions, std::string_view(name).substr(dot + 1));
  return known == nullptr ? "" : known->language;
}

}  // namespace quern::apps
