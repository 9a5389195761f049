// quern papers show: one paper, who cites it, whom it cites, what is like it.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/bold.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/papers_commands.h"
#include "cli/papers_lines.h"
#include "cli/papers_session.h"

namespace quern::cli {
namespace {

using json = nlohmann::ordered_json;

struct ShowFlags {
  std::string folder;
  std::string paper;
  bool text = false;
  bool citations = false;
  bool references = false;
  bool alike = false;
  std::uint32_t top = 20;
  bool json = false;
};

std::vector<apps::KnownPaper> papers_of(apps::LinkPage page) {
  std::vector<apps::KnownPaper> out;
  for (apps::PaperLink& link : page.links) out.push_back(std::move(link.paper));
  return out;
}

Result<std::vector<apps::KnownPaper>> others_of(apps::PaperLibrary& library, std::int64_t id,
                                                const ShowFlags& flags) {
  if (flags.citations) {
    QUERN_ASSIGN(apps::LinkPage page, library.citations(id, 0, flags.top, {}));
    return papers_of(std::move(page));
  }
  if (flags.references) {
    QUERN_ASSIGN(apps::LinkPage page, library.references(id, 0, flags.top));
    return papers_of(std::move(page));
  }
  const std::int64_t like[] = {id};
  QUERN_ASSIGN(const std::vector<std::int64_t> ids, library.alike(like, {}, flags.top));
  QUERN_ASSIGN(const auto known, library.papers(ids));
  std::vector<apps::KnownPaper> out;
  for (const auto& paper : known) {
    if (paper) out.push_back(*paper);
  }
  return out;
}

std::string lines_of(const apps::KnownPaper& known) {
  std::string out;
  append_paper_lines(1, known, output_shows_bold(), out);
  out.erase(0, 5);
  if (!known.paper.abstract.empty()) {
    append_passage_lines({.kind = apps::SnippetKind::kAbstract, .text = known.paper.abstract}, out);
  }
  return out;
}

Status show(const ShowFlags& flags) {
  QUERN_ASSIGN(const auto session, PapersSession::open(flags.folder, {}, WithEngine::kNo));
  apps::PaperLibrary& library = session->library();
  QUERN_ASSIGN(const std::int64_t id, paper_by_name(library, flags.paper));
  OutputFile out = OutputFile::standard_output();
  if (flags.text) {
    QUERN_ASSIGN(const std::string text, library.text_of(id));
    QUERN_TRY(out.write(text + "\n"));
    return out.commit();
  }
  const std::int64_t ids[] = {id};
  QUERN_ASSIGN(const auto known, library.papers(ids));
  if (!known[0]) return {Code::kNotFound, fmt::format("paper '{}' is gone", flags.paper)};
  const bool wants_others = flags.citations || flags.references || flags.alike;
  std::vector<apps::KnownPaper> others;
  if (wants_others) {
    QUERN_ASSIGN(others, others_of(library, id, flags));
  }
  if (flags.json) {
    json object = json_of_paper(*known[0]);
    if (wants_others) {
      const char* const name = flags.citations    ? "citations"
                               : flags.references ? "references"
                                                  : "alike";
      object[name] = json::array();
      for (const apps::KnownPaper& other : others) object[name].push_back(json_of_paper(other));
    }
    QUERN_TRY(out.write(object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"));
    return out.commit();
  }
  std::string text = lines_of(*known[0]);
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (i == 0) text += '\n';
    append_paper_lines(i + 1, others[i], output_shows_bold(), text);
  }
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  if (wants_others && others.empty()) print_note("none is known\n");
  return {};
}

}  // namespace

void add_papers_show(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<ShowFlags>();
  CLI::App* command =
      parent.add_subcommand("show", "Show a paper, who cites it, whom it cites, what is like it");
  add_library_argument(*command, flags->folder);
  command
      ->add_option("PAPER", flags->paper,
                   "Its id: ACL:..., DOI:..., ARXIV:..., CorpusId:..., 40 hexadecimal digits")
      ->type_name("")
      ->required();
  CLI::Option* text = command->add_flag("--text", flags->text, "Its full text");
  CLI::Option* citations = command->add_flag("--citations", flags->citations, "Who cites it");
  CLI::Option* references = command->add_flag("--references", flags->references, "Whom it cites");
  CLI::Option* alike = command->add_flag("--like", flags->alike, "What is like it");
  citations->excludes(text)->excludes(references)->excludes(alike);
  references->excludes(text)->excludes(alike);
  alike->excludes(text);
  command->add_option("--top", flags->top, "So many of these (20)")
      ->type_name("N")
      ->check(CLI::Range(1u, 10000u));
  command->add_flag("--json", flags->json, "As an object of JSON")->excludes(text);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(show(*flags)); });
}

}  // namespace quern::cli
