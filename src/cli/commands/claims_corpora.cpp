// quern claims corpora: which corpora of evidence there are, and what is in one.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/claim_corpus.h"
#include "cli/claims_commands.h"
#include "cli/exit_code.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Without a name: a line for each corpus. With one: what it has, then a line for each source, with its
sentences, bytes, id, title, url, date, licence and where it was read.

Examples:
  quern claims corpora
  quern claims corpora science
  quern claims corpora science --json | jq .licence)";

struct CorporaFlags {
  std::string name;
  bool json = false;
};

struct CorpusCounts {
  std::vector<apps::CorpusSource> sources;
  std::uint64_t n_passages = 0;
  std::uint64_t n_sentences = 0;
  std::uint64_t n_without_vector = 0;
  std::string model;  // "": none.
  store::GenerationId generation = 0;
};

Result<CorpusCounts> counts_of(const std::string& name) {
  QUERN_ASSIGN(const auto store, apps::open_corpus(hub::home_folder(), name));
  QUERN_ASSIGN(const store::Snapshot snapshot, store->snapshot());
  CorpusCounts out;
  QUERN_ASSIGN(out.sources, apps::corpus_sources(*store));
  for (const apps::CorpusSource& source : out.sources) {
    out.n_passages += source.n_passages;
    out.n_sentences += source.n_sentences;
  }
  if (const store::SpaceRow* space = snapshot->active_space()) {
    out.model = space->space.model;
    out.n_without_vector = snapshot->n_missing(space->id);
  }
  out.generation = snapshot->id();
  return out;
}

std::string count_of(std::uint64_t n) { return grouped(static_cast<long>(n)); }

void append_field(const char* name, std::string_view value, std::string& out) {
  out += fmt::format("\"{}\":", name);
  append_json_string(value, out);
}

std::string json_of(const std::string& name, const CorpusCounts& counts) {
  std::string out = "{";
  append_field("corpus", name, out);
  out +=
      fmt::format(",\"sources\":{},\"passages\":{},\"sentences\":{},\"generation\":{},",
                  counts.sources.size(), counts.n_passages, counts.n_sentences, counts.generation);
  append_field("model", counts.model, out);
  return out + fmt::format(",\"without_vector\":{}}}\n", counts.n_without_vector);
}

std::string line_of(const std::string& name, const CorpusCounts& counts) {
  std::string vectors = "words alone";
  if (!counts.model.empty()) vectors = "vectors of " + in_one_line(counts.model);
  if (counts.n_without_vector > 0) {
    vectors += fmt::format(" ({} have none yet)", count_of(counts.n_without_vector));
  }
  return fmt::format("{}\t{} sources\t{} passages\t{} sentences\t{}\n", name,
                     count_of(counts.sources.size()), count_of(counts.n_passages),
                     count_of(counts.n_sentences), vectors);
}

std::string json_of(const apps::CorpusSource& source) {
  std::string out = "{";
  append_field("id", source.source.key, out);
  for (const auto& [name, value] :
       {std::pair("title", &source.source.title), std::pair("url", &source.source.url),
        std::pair("date", &source.source.date), std::pair("licence", &source.source.licence),
        std::pair("origin", &source.origin)}) {
    out += ',';
    append_field(name, *value, out);
  }
  return out + fmt::format(",\"bytes\":{},\"passages\":{},\"sentences\":{},\"added_ms\":{}}}\n",
                           source.n_bytes, source.n_passages, source.n_sentences, source.added_ms);
}

std::string line_of(const apps::CorpusSource& source) {
  std::string out = fmt::format("{}\t{}", source.n_sentences, source.n_bytes);
  for (const std::string* fact : {&source.source.key, &source.source.title, &source.source.url,
                                  &source.source.date, &source.source.licence, &source.origin}) {
    out += '\t' + in_one_line(*fact);
  }
  return out + '\n';
}

// "licences    CC0 12, MIT 3, not said 40"
std::string licences_of(const std::vector<apps::CorpusSource>& sources) {
  std::map<std::string, std::size_t> counts;
  for (const apps::CorpusSource& source : sources) ++counts[source.source.licence];
  std::string out;
  for (const auto& [licence, n] : counts) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ",
                       licence.empty() ? "not said" : in_one_line(licence), count_of(n));
  }
  return out;
}

Status show_one(const CorporaFlags& flags, OutputFile& out) {
  QUERN_ASSIGN(const CorpusCounts counts, counts_of(flags.name));
  QUERN_TRY(out.write(flags.json ? json_of(flags.name, counts) : line_of(flags.name, counts)));
  if (!flags.json && !counts.sources.empty()) {
    QUERN_TRY(out.write(fmt::format("licences: {}\n", licences_of(counts.sources))));
  }
  for (const apps::CorpusSource& source : counts.sources) {
    QUERN_TRY(out.write(flags.json ? json_of(source) : line_of(source)));
  }
  return {};
}

Status show_all(const CorporaFlags& flags, OutputFile& out) {
  QUERN_ASSIGN(const std::vector<std::string> names, apps::corpus_names(hub::home_folder()));
  if (names.empty()) print_note("there is no corpus yet: 'quern claims add' makes one\n");
  for (const std::string& name : names) {
    QUERN_ASSIGN(const CorpusCounts counts, counts_of(name).in(name));
    QUERN_TRY(out.write(flags.json ? json_of(name, counts) : line_of(name, counts)));
  }
  return {};
}

Status show(const CorporaFlags& flags) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(flags.name.empty() ? show_all(flags, out) : show_one(flags, out));
  return out.commit();
}

}  // namespace

void add_claims_corpora(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<CorporaFlags>();
  CLI::App* command =
      parent.add_subcommand("corpora", "The corpora of evidence that there are, or one's sources");
  command->footer(kExamples);
  command->add_option("NAME", flags->name, "A corpus (default: all)")->type_name("");
  command->add_flag("--json", flags->json, "As JSON, an object a line");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(show(*flags)); });
}

}  // namespace quern::cli
