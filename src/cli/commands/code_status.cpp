// quern code status and quern code why: what is in an index, and why a file is not.

#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/code/code_outline.h"
#include "apps/code/path_reason.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

struct StatusFlags {
  CodeFlags code;
  std::string path;
  bool json = false;
  bool digest = false;
};

Status write_out(const std::string& text) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

std::string json_of(const apps::CodeDigests& digests) {
  std::string out = ",\"digest\":\"" + digests.all + "\",\"file_digests\":{";
  for (const auto& [path, digest] : digests.files) {
    if (out.back() != '{') out += ',';
    append_json_string(path, out);
    out += ":\"" + digest + "\"";
  }
  return out + "}";
}

Status status(const StatusFlags& flags) {
  QUERN_ASSIGN(const CodeTarget target, code_target(flags.code, CodePurpose::kAsking));
  const apps::CodePlace& place = target.place;
  if (!has_code_index(place)) {
    return {Code::kNotFound,
            fmt::format("there is no index of {}: 'quern code index' makes one", place.root)};
  }
  QUERN_ASSIGN(const auto store, store::Store::open({.folder = place.folder}));
  QUERN_ASSIGN(const store::Snapshot snapshot, store->snapshot());
  QUERN_ASSIGN(const apps::CodeTables tables, apps::code_tables_of(*store));
  const apps::WalkOptions options = apps::walk_of_index(tables.facts, place.root, place.folder);
  QUERN_ASSIGN(const apps::TreeWalk walk, apps::walk_tree(place.root, options));
  std::size_t n_files = 0, n_known = 0, n_stale = 0, n_by_lines = 0;
  std::uint64_t n_bytes = 0;
  std::map<std::string, std::size_t> languages, notes;
  for (const auto& [path, file] : tables.files) {
    if (file.n_chunks == 0) {
      ++notes[file.note.substr(0, file.note.find(':'))];
      continue;
    }
    ++n_files;
    n_bytes += file.n_text_bytes;
    if (!file.by_syntax) ++n_by_lines;
    ++languages[file.language.empty() ? "other" : file.language];
  }
  for (const apps::WalkedFile& file : walk.files) {
    const auto known = tables.files.find(file.path);
    if (known == tables.files.end()) {
      ++n_stale;
      continue;
    }
    ++n_known;
    if (!known->second.looks_same(file)) ++n_stale;
  }
  n_stale += tables.files.size() - n_known;
  const store::SpaceRow* space = snapshot->active_space();
  const std::uint64_t n_missing = space == nullptr ? 0 : snapshot->n_missing(space->id);
  std::string text;
  apps::CodeDigests digests;
  if (flags.digest) {
    QUERN_ASSIGN(digests, apps::digests_of_code(*snapshot));
  }
  if (flags.json) {
    text = "{\"root\":";
    append_json_string(place.root, text);
    text += ",\"index\":";
    append_json_string(place.folder, text);
    text += ",\"model\":";
    append_json_string(space == nullptr ? "" : space->space.model, text);
    text += fmt::format(
        ",\"files\":{},\"pieces\":{},\"bytes\":{},\"by_lines\":{},\"skipped\":{},\"changed\":{},"
        "\"without_vector\":{},\"generation\":{}",
        n_files, snapshot->row().n_live, n_bytes, n_by_lines, walk.skipped.size(), n_stale,
        n_missing, snapshot->id());
    if (flags.digest) text += json_of(digests);
    return write_out(text + "}\n");
  }
  const auto count = [](std::uint64_t n) { return grouped(static_cast<long>(n)); };
  text += fmt::format("root        {}\nindex       {}\n", in_one_line(place.root),
                      in_one_line(place.folder));
  text += fmt::format("files       {}, {:.1f} MB, {} pieces\n", count(n_files),
                      static_cast<double>(n_bytes) / 1e6, count(snapshot->row().n_live));
  std::string list;
  for (const auto& [language, n] : languages) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", language, count(n));
  }
  text += fmt::format("languages   {}\n", list);
  if (n_by_lines > 0) text += fmt::format("by lines    {} files\n", count(n_by_lines));
  for (const auto& [note, n] : notes) {
    text += fmt::format("no text     {} {}\n", count(n), in_one_line(note));
  }
  text += fmt::format("left out    {} files and folders: 'quern code why PATH' says why\n",
                      count(walk.skipped.size()));
  text += space == nullptr ? std::string("vectors     none: the index has no model\n")
                           : fmt::format("vectors     of {}; {} pieces have none yet\n",
                                         in_one_line(space->space.model), count(n_missing));
  text += n_stale == 0 ? std::string("current     yes\n")
                       : fmt::format("current     no: {} files changed since\n", count(n_stale));
  if (flags.digest) text += fmt::format("digest      {}\n", digests.all);
  return write_out(text);
}

Status why(const StatusFlags& flags) {
  QUERN_ASSIGN(const CodeTarget target, code_target(flags.code, CodePurpose::kAsking));
  const apps::CodePlace& place = target.place;
  apps::CodeTables tables;
  const bool has_index = has_code_index(place);
  if (has_index) {
    QUERN_ASSIGN(const auto store, store::Store::open({.folder = place.folder}));
    QUERN_ASSIGN(tables, apps::code_tables_of(*store));
  }
  const apps::WalkOptions options = apps::walk_of_index(tables.facts, place.root, place.folder);
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(flags.path, error).string();
  QUERN_ASSIGN(const apps::PathReason reason,
               apps::reason_of_path(place.root, error ? flags.path : absolute, options));
  std::string text = in_one_line(reason.sentence) + "\n";
  if (reason.state == apps::PathState::kIndexed && has_index) {
    const auto file = tables.files.find(reason.path);
    if (file == tables.files.end()) {
      text += "the index does not have it yet\n";
    } else {
      text += fmt::format("the index has {} pieces of it, cut by {}{}{}\n", file->second.n_chunks,
                          file->second.by_syntax ? "syntax" : "lines",
                          file->second.note.empty() ? "" : ": ", in_one_line(file->second.note));
    }
  }
  return write_out(text);
}

}  // namespace

void add_code_status(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<StatusFlags>();
  CLI::App* command =
      parent.add_subcommand("status", "What an index has, and whether it is current");
  command
      ->add_option("ROOT,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  command->add_flag("--json", flags->json, "As JSON");
  command->add_flag("--digest", flags->digest,
                    "Of all pieces, which are read: the same for the same files");
  add_code_flags(*command, flags->code);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(status(*flags)); });
}

void add_code_why(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<StatusFlags>();
  CLI::App* command = parent.add_subcommand("why", "Whether a file is indexed, and if not, why");
  command->add_option("PATH", flags->path, "A file or folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("ROOT,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  add_code_flags(*command, flags->code);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(why(*flags)); });
}

}  // namespace quern::cli
