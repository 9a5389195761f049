// quern store: text that is searched, in a folder. create, delete, stats, verify, compact; add and
// search are in store_add.cpp and store_search.cpp.

#include "store/store.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "base/byte_ledger.h"
#include "base/machine.h"
#include "base/pace.h"
#include "base/thread_pool.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/store_counts.h"
#include "cli/store_model_flags.h"
#include "cli/store_vectors.h"
#include "store/attribute_counts.h"
#include "store/check/rebuild.h"
#include "store/check/verify.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(A store is one folder. Whatever ends a command, the store is as it was before it or after it.

Examples:
  quern store create papers --fields title+text --analyzer english --k1 0.9 --b 0.4
  quern store create code --fields path,text --analyzer code --attributes lang:keyword,year:integer
  quern store search code "parse header" --filter 'year >= 2020 and lang = "cpp"'
  quern store add papers --texts corpus.jsonl       (objects: "id" or "_id", and the fields)
  quern store create papers --model all-MiniLM-L6-v2   (add then embeds, search goes by both)
  quern store search papers "who found the double helix?"
  quern store search papers '+helix "double strand"~2 prot* -virus' --operators --json
  quern store search papers --queries queries.jsonl --top 100 --run run.txt
  quern store delete papers 4983 12207
  quern store stats papers
  quern store verify papers && quern store compact papers)";

struct CreateFlags {
  std::string folder;
  std::string fields = "title+text";
  std::string attributes;
  std::string analyzer = "english";
  float k1 = 1.2f;
  float b = 0.75f;
  bool patterns = false;
  StoreModelFlags model;
  int d_given = 0;  // --dims
};

// The space of the store's vectors; nothing where it is to have none.
Result<std::optional<store::VectorSpace>> wanted_space(const CreateFlags& flags,
                                                       const EngineFlags& engine_flags) {
  if (flags.d_given > 0) {
    QUERN_ASSIGN(const apps::EmbedderWish wish, embedder_wish(flags.model));
    QUERN_ASSIGN(store::VectorSpace given, apps::space_of_given(flags.d_given, wish.metric));
    return std::optional(std::move(given));
  }
  if (flags.model.model.empty()) return std::optional<store::VectorSpace>();
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::EmbedderWish wish, embedder_wish(flags.model));
  QUERN_ASSIGN(const apps::TextEmbedder embedder, apps::TextEmbedder::open(*engine, wish));
  QUERN_ASSIGN(store::VectorSpace space, apps::space_of(embedder, flags.model.model));
  return std::optional(std::move(space));
}

Status create(const CreateFlags& flags, const EngineFlags& engine) {
  QUERN_ASSIGN(store::Schema schema,
               apps::schema_from_text(flags.fields, flags.analyzer, flags.k1, flags.b));
  QUERN_ASSIGN(schema.attributes, apps::attributes_from_text(flags.attributes));
  schema.patterns = flags.patterns;
  QUERN_ASSIGN(const std::optional<store::VectorSpace> space, wanted_space(flags, engine));
  QUERN_TRY(store::create_store({.folder = flags.folder}, schema, version_line()));
  if (!space) return {};
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern store create"}));
  return writer->add_space(*space).status();
}

struct DeleteFlags {
  std::string folder;
  std::vector<std::string> keys;
};

Status erase(const DeleteFlags& flags) {
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern store delete"}));
  std::size_t n_erased = 0;
  std::string unknown;
  for (const std::string& key : flags.keys) {
    QUERN_ASSIGN(const bool was_there, writer->erase(key));
    n_erased += was_there ? 1 : 0;
    if (!was_there && unknown.empty()) unknown = key;
  }
  QUERN_ASSIGN(const store::GenerationId generation, writer->commit());
  print_note(fmt::format("deleted {} of {} documents; generation {}\n", n_erased, flags.keys.size(),
                         generation));
  if (unknown.empty()) return {};
  return {Code::kNotFound, fmt::format("no document '{}'", store::printable_key(unknown))};
}

std::string stats_text(const store::Schema& schema, const store::Generation& generation) {
  std::uint64_t n_bytes = 0;
  std::uint64_t n_dead = 0;
  for (const store::SegmentView& view : generation.segments()) {
    n_bytes += view.row.seal.n_bytes;
    n_dead += view.row.tombstone.n_dead;
  }
  std::string out = fmt::format(
      "documents   {}\ndeleted     {} (still in their segments)\nsegments    {}, {}\n"
      "generation  {}, by {}\nscores      BM25, k1 {}, b {}\n",
      generation.row().n_live, n_dead, generation.segments().size(), human_bytes(n_bytes),
      generation.id(), generation.row().writer, schema.k1, schema.b);
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const store::FieldStats& stats = generation.row().fields[i];
    const double length =
        stats.n_docs == 0 ? 0
                          : static_cast<double>(stats.n_tokens) / static_cast<double>(stats.n_docs);
    out += fmt::format("field       {} ({}, boost {}): in {} documents, {:.1f} terms each\n",
                       schema.fields[i].name, schema.fields[i].analyzer, schema.fields[i].boost,
                       stats.n_docs, length);
  }
  if (schema.patterns) out += "patterns    by trigrams\n";
  for (const store::SpaceRow& row : generation.spaces()) {
    out += fmt::format("vectors     {} of {} ({}, {}): {} documents without\n", row.space.d,
                       row.space.model.empty() ? "those that are given" : row.space.model,
                       store::metric_name(row.space.metric), store::space_state_name(row.state),
                       generation.n_missing(row.id));
  }
  for (const store::Attribute& attribute : schema.attributes) {
    out += fmt::format("attribute   {} ({})\n", attribute.name,
                       store::attribute_type_name(attribute.type));
  }
  for (const Status& damaged : generation.damaged()) {
    out += fmt::format("damaged     {}\n", damaged.message());
  }
  return out;
}

std::string stats_json(const store::Schema& schema, const store::Generation& generation,
                       const std::vector<AttributeCounts>& counts) {
  std::string out = fmt::format(R"({{"documents":{},"generation":{},"segments":[)",
                                generation.row().n_live, generation.id());
  for (const store::SegmentView& view : generation.segments()) {
    out += fmt::format(R"({}{{"documents":{},"deleted":{},"bytes":{}}})",
                       out.ends_with('[') ? "" : ",", view.row.identity.n_docs,
                       view.row.tombstone.n_dead, view.row.seal.n_bytes);
  }
  out += "],\"fields\":[";
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    out += out.ends_with('[') ? "{\"name\":" : ",{\"name\":";
    append_json_string(schema.fields[i].name, out);
    out += fmt::format(R"(,"documents":{},"terms":{}}})", generation.row().fields[i].n_docs,
                       generation.row().fields[i].n_tokens);
  }
  out += fmt::format("],\"patterns\":{},\"attributes\":[", schema.patterns);
  for (const store::Attribute& attribute : schema.attributes) {
    // Neither a name nor a type has a character to escape.
    out += fmt::format(R"({}{{"name":"{}","type":"{}"}})", out.ends_with('[') ? "" : ",",
                       attribute.name, store::attribute_type_name(attribute.type));
  }
  out += "],";
  if (!counts.empty()) {
    append_counts_json(counts, out);
    out += ",";
  }
  out += "\"vectors\":[";
  for (const store::SpaceRow& row : generation.spaces()) {
    out += out.ends_with('[') ? "{\"model\":" : ",{\"model\":";
    append_json_string(row.space.model, out);
    out += fmt::format(R"(,"dims":{},"metric":"{}","state":"{}","missing":{}}})", row.space.d,
                       store::metric_name(row.space.metric), store::space_state_name(row.state),
                       generation.n_missing(row.id));
  }
  out += "],";
  out += "\"damaged\":[";
  for (const Status& damaged : generation.damaged()) {
    if (!out.ends_with('[')) out += ",";
    append_json_string(damaged.message(), out);
  }
  return out + "]}\n";
}

struct StatsFlags {
  std::string folder;
  std::vector<std::string> counts;  // Attributes whose values are counted.
  bool json = false;
};

Status stats(const StatsFlags& flags) {
  QUERN_ASSIGN(const auto opened, store::Store::open({.folder = flags.folder}));
  QUERN_ASSIGN(const store::Snapshot snapshot, opened->snapshot());
  std::vector<AttributeCounts> counts;
  for (const std::string& name : flags.counts) {
    AttributeCounts& last = counts.emplace_back();
    QUERN_ASSIGN(last.attribute, attribute_named(opened->schema(), name).in("--counts"));
    QUERN_ASSIGN(last.counts, store::count_values(*snapshot, name));
  }
  std::string text = flags.json ? stats_json(opened->schema(), *snapshot, counts)
                                : stats_text(opened->schema(), *snapshot);
  if (!flags.json) append_count_lines(counts, text);
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  return out.commit();
}

struct VerifyFlags {
  std::string folder;
  bool rebuild = false;
};

Status report_differences(const std::string& folder) {
  Pace pace;
  QUERN_ASSIGN(const store::RebuildReport report,
               store::verify_rebuild({.folder = folder}, folder + ".rebuild", pace));
  for (const Status& difference : report.differences) print_error(difference.message());
  if (!report.differences.empty()) {
    return {Code::kBadInput, fmt::format("'{}' is not what its documents make now", folder)};
  }
  print_note(fmt::format("made anew from its {} documents it is the same\n", report.n_docs));
  return {};
}

Status verify(const VerifyFlags& flags) {
  const std::string& folder = flags.folder;
  QUERN_ASSIGN(const store::VerifyReport report, store::verify_store({.folder = folder}));
  for (const Status& problem : report.problems) print_error(problem.message());
  for (const std::string& file : report.unused_files) {
    print_note(fmt::format("unused: {} (the next writer removes it)\n", file));
  }
  if (!report.problems.empty()) {
    return {Code::kBadInput, fmt::format("{} problems in '{}'", report.problems.size(), folder)};
  }
  print_note(fmt::format("generation {}: {} documents in {} segments, {}: all right\n",
                         report.generation, report.n_live, report.n_segments,
                         human_bytes(report.n_bytes)));
  return flags.rebuild ? report_differences(folder) : Status();
}

Status compact(const std::string& folder) {
  ThreadPool pool(usable_cpus());
  QUERN_ASSIGN(
      const auto writer,
      store::Writer::open({.folder = folder}, {.who = "quern store compact", .pool = &pool}));
  Pace pace;
  return writer->compact(pace);
}

void add_folder(CLI::App& command, std::string& folder) {
  command.add_option("DIR", folder, "The store's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
}

void add_create_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<CreateFlags>();
  CLI::App* command = parent.add_subcommand("create", "Make an empty store");
  add_folder(*command, flags->folder);
  command
      ->add_option("--fields", flags->fields,
                   "Names in the JSON lines, with commas between; + joins two,\n^2 doubles what a "
                   "field scores (default: title+text)")
      ->type_name("NAMES");
  command
      ->add_option(
          "--attributes", flags->attributes,
          "Names in the JSON lines to filter by, with their types: keyword,\ninteger, date or "
          "flag (year:integer,lang:keyword)")
      ->type_name("NAME:TYPE,...");
  command->add_option("--analyzer", flags->analyzer, "english, standard, code or simple (english)")
      ->type_name("NAME");
  command->add_option("--k1", flags->k1, "BM25: how much repetition counts (1.2)")->type_name("X");
  command->add_option("--b", flags->b, "BM25: how much length counts, 0 to 1 (0.75)")
      ->type_name("X");
  command->add_flag(
      "--patterns", flags->patterns,
      "Index trigrams: substrings and regular expressions are found\nwithout reading all "
      "texts");
  add_store_model_flags(*command, flags->model);
  command
      ->add_option("--dims", flags->d_given,
                   "Numbers of the vectors that are brought along, in place of --model")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->excludes("--model");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(create(*flags, context.engine)); });
}

void add_delete_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* command = parent.add_subcommand("delete", "Delete documents by their ids");
  add_folder(*command, flags->folder);
  command->add_option("ID", flags->keys, "Documents")->type_name("")->required();
  command->callback([flags, &context] { context.exit_code = fail_or_ok(erase(*flags)); });
}

void add_stats_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<StatsFlags>();
  CLI::App* command = parent.add_subcommand("stats", "What is in a store");
  add_folder(*command, flags->folder);
  command
      ->add_option("--counts", flags->counts,
                   "How many documents have each value of these attributes")
      ->type_name("ATTRIBUTE,...")
      ->delimiter(',');
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(stats(*flags)); });
}

void add_verify_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* command = parent.add_subcommand("verify", "Read all of a store, and say what is wrong");
  add_folder(*command, flags->folder);
  command->add_flag("--rebuild", flags->rebuild,
                    "Make it anew from its texts too, in DIR.rebuild, and compare");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(verify(*flags)); });
}

void add_compact_command(CLI::App& parent, Context& context) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command =
      parent.add_subcommand("compact", "Give back the space of what was deleted or replaced");
  add_folder(*command, *folder);
  command->callback([folder, &context] { context.exit_code = fail_or_ok(compact(*folder)); });
}

}  // namespace

void add_store(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("store", "Keep texts in a folder and search them");
  command->footer(kExamples);
  command->require_subcommand(1);
  add_create_command(*command, context);
  add_store_add(*command, context);
  add_store_embed(*command, context);
  add_store_search(*command, context);
  add_store_fit(*command, context);
  add_delete_command(*command, context);
  add_stats_command(*command, context);
  add_verify_command(*command, context);
  add_compact_command(*command, context);
}

}  // namespace quern::cli
