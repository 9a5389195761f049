#include "apps/code/grammars.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <dlfcn.h>
#include <fmt/format.h>
#include <tree_sitter/api.h>

namespace quern::apps {
namespace {

constexpr std::string_view kLanguages[] = {
    "bash",       "c",     "c_sharp", "commonlisp", "cpp",        "css",     "dockerfile",
    "dot",        "elisp", "elixir",  "elm",        "erlang",     "fortran", "embedded_template",
    "go",         "gomod", "hack",    "haskell",    "hcl",        "html",    "java",
    "javascript", "jsdoc", "json",    "julia",      "kotlin",     "lua",     "make",
    "markdown",   "objc",  "ocaml",   "perl",       "php",        "python",  "ql",
    "r",          "regex", "rst",     "ruby",       "rust",       "scala",   "sql",
    "sqlite",     "swift", "toml",    "tsx",        "typescript", "yaml",    "zig"};

constexpr const char* kManyLanguages = "languages.so";

// The Zig package hides its language's function behind the one that Python calls. The distance
// between them is that of the one file whose digest tools/get_grammars.sh accepts.
constexpr const char* kZigNeighbour = "PyInit__binding";
constexpr std::ptrdiff_t kZigDistance = 0x7330 - 0x3160;
constexpr std::string_view kZigSum =
    "de07176b9f5bb81a5832cfa1da7edf81ed05b0e3189341a9696c15c59f47a697";

std::string file_of(std::string_view language) {
  return language == "swift" || language == "zig" ? std::string(language) + ".so" : kManyLanguages;
}

using LanguageFunction = const TSLanguage* (*)();

LanguageFunction function_of(void* library, std::string_view language) {
  if (language == "zig") {
    char* neighbour = static_cast<char*>(::dlsym(library, kZigNeighbour));
    return neighbour == nullptr ? nullptr
                                : reinterpret_cast<LanguageFunction>(neighbour + kZigDistance);
  }
  return reinterpret_cast<LanguageFunction>(
      ::dlsym(library, fmt::format("tree_sitter_{}", language).c_str()));
}

}  // namespace

bool is_grammar_language(std::string_view language) {
  return std::find(std::begin(kLanguages), std::end(kLanguages), language) != std::end(kLanguages);
}

std::span<const std::string_view> grammar_languages() { return kLanguages; }

std::string grammars_identity(const std::string& folder) {
  std::ifstream sums(folder + "/SHA256SUMS");
  std::string all(std::istreambuf_iterator<char>(sums), {});
  return all.size() <= 4096 ? all : std::string();
}

Result<void*> Grammars::library(const std::string& file) {
  const auto loaded = libraries_.find(file);
  if (loaded != libraries_.end()) return loaded->second;
  // Lazily: of Python's functions, which two of the files call for their own purposes, none is
  // here, and none is needed.
  void* library = ::dlopen((folder_ + "/" + file).c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    return {Code::kNotFound, fmt::format("cannot load {}/{}: {}", folder_, file, ::dlerror())};
  }
  libraries_[file] = library;
  return library;
}

Result<const TSLanguage*> Grammars::find(std::string_view language) {
  const auto known = languages_.find(language);
  if (known != languages_.end()) return known->second;
  if (!is_grammar_language(language)) {
    return {Code::kNotFound, fmt::format("no grammar of '{}' is known", language)};
  }
  if (language == "zig" && grammars_identity(folder_).find(kZigSum) == std::string::npos) {
    return {Code::kNotFound, fmt::format("{}/zig.so is not the known one", folder_)};
  }
  QUERN_ASSIGN(void* const library, this->library(file_of(language)));
  const LanguageFunction function = function_of(library, language);
  if (function == nullptr) {
    return {Code::kNotFound, fmt::format("{} has no '{}'", file_of(language), language)};
  }
  const TSLanguage* const found = function();
  const std::uint32_t version = ts_language_version(found);
  if (version > TREE_SITTER_LANGUAGE_VERSION ||
      version < TREE_SITTER_MIN_COMPATIBLE_LANGUAGE_VERSION) {
    return {Code::kUnsupported,
            fmt::format("the grammar of '{}' has version {}, want {} to {}", language, version,
                        TREE_SITTER_MIN_COMPATIBLE_LANGUAGE_VERSION, TREE_SITTER_LANGUAGE_VERSION)};
  }
  languages_.emplace(language, found);
  return found;
}

}  // namespace quern::apps
