// quern code list and quern code clean: the indexes in the home, and those that nobody needs.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

namespace fs = std::filesystem;

struct CleanFlags {
  CodeFlags code;
  bool orphans = false;
  bool json = false;
};

/// An index in the home.
struct ListedIndex {
  std::string folder;
  std::string root;     // "": not known.
  std::string problem;  // Why it cannot be read; "" if it can.
  bool has_tree = false;
  std::uint64_t n_bytes = 0;
};

std::uint64_t bytes_below(const std::string& folder) {
  std::uint64_t out = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code of_file;
    const std::uintmax_t n = at->is_regular_file(of_file) ? at->file_size(of_file) : 0;
    if (!of_file) out += n;
  }
  return out;
}

std::vector<ListedIndex> all_indexes() {
  std::vector<ListedIndex> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(hub::home_folder() + "/code", error)) {
    ListedIndex one;
    one.folder = entry.path().string();
    one.n_bytes = bytes_below(one.folder);
    if (!has_code_index({.root = "", .folder = one.folder})) continue;
    const Result<std::string> root = root_of_code_index(one.folder);
    if (root.ok()) {
      one.root = *root;
      one.has_tree = !root->empty() && fs::is_directory(*root, error);
    } else {
      one.problem = root.status().message();
    }
    out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end(),
            [](const ListedIndex& a, const ListedIndex& b) { return a.folder < b.folder; });
  return out;
}

Status list(const CleanFlags& flags) {
  std::string text;
  for (const ListedIndex& one : all_indexes()) {
    if (flags.json) {
      text += "{\"root\":";
      append_json_string(one.root, text);
      text += ",\"index\":";
      append_json_string(one.folder, text);
      text += fmt::format(",\"bytes\":{},\"has_tree\":{}", one.n_bytes, one.has_tree);
      if (!one.problem.empty()) {
        text += ",\"problem\":";
        append_json_string(one.problem, text);
      }
      text += "}\n";
      continue;
    }
    text += fmt::format("{:>9}  {}{}\n", human_bytes(one.n_bytes),
                        in_one_line(one.problem.empty() ? one.root : one.folder),
                        !one.problem.empty() ? "  damaged: " + in_one_line(one.problem)
                        : one.has_tree       ? ""
                                             : "  (the tree is gone)");
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  if (text.empty()) print_note("there are no indexes\n");
  return {};
}

Status clean(const CleanFlags& flags) {
  if (flags.orphans) {
    for (const ListedIndex& one : all_indexes()) {
      if (one.has_tree || !one.problem.empty()) continue;
      QUERN_TRY(remove_code_index({.root = one.root, .folder = one.folder}));
      if (!flags.code.quiet) {
        print_note(fmt::format("removed the index of {}, {}\n", in_one_line(one.root),
                               human_bytes(one.n_bytes)));
      }
    }
    return {};
  }
  QUERN_ASSIGN(const CodeTarget target, code_target(flags.code, CodePurpose::kAsking));
  if (!has_code_index(target.place)) {
    return {Code::kNotFound, fmt::format("there is no index of {}", target.place.root)};
  }
  if (!target.below.empty()) {
    return {Code::kBadInput, fmt::format("the index is of {}, all of it", target.place.root)};
  }
  QUERN_TRY(remove_code_index(target.place));
  if (!flags.code.quiet) print_note(fmt::format("removed the index of {}\n", target.place.root));
  return {};
}

}  // namespace

void add_code_list(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<CleanFlags>();
  CLI::App* command = parent.add_subcommand("list", "The indexes in the home, and their trees");
  command->add_flag("--json", flags->json, "One object per index and line");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(list(*flags)); });
}

void add_code_clean(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<CleanFlags>();
  CLI::App* command =
      parent.add_subcommand("clean", "Remove a tree's index, or those whose trees are gone");
  CLI::Option* root = command
                          ->add_option("ROOT,--repo", flags->code.path,
                                       "The tree (default: around the current folder)")
                          ->type_name("");
  command->add_flag("--orphans", flags->orphans, "All indexes in the home whose trees are gone")
      ->excludes(root);
  add_code_flags(*command, flags->code);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(clean(*flags)); });
}

}  // namespace quern::cli
