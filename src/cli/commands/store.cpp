// quern store: text that is searched, in a folder. create and delete; each of the others has a file
// of its own.

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
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/store_model_flags.h"
#include "cli/store_vectors.h"
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
  quern store verify papers && quern store compact papers
  quern store pack papers papers.quern && quern store search papers.quern "double helix")";

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
  return store::create_store({.folder = flags.folder}, schema, version_line(), space);
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

void add_create_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<CreateFlags>();
  CLI::App* command = parent.add_subcommand("create", "Make an empty store");
  add_store_folder(*command, flags->folder);
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
  command
      ->add_option("--analyzer", flags->analyzer,
                   "english, standard, code, code_english or simple (english)")
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
  add_store_folder(*command, flags->folder);
  command->add_option("ID", flags->keys, "Documents")->type_name("")->required();
  command->callback([flags, &context] { context.exit_code = fail_or_ok(erase(*flags)); });
}

}  // namespace

void add_store_folder(CLI::App& command, std::string& folder) {
  command.add_option("DIR", folder, "The store's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
}

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
  add_store_stats(*command, context);
  add_store_care(*command, context);
}

}  // namespace quern::cli
