// quern store stats: what is in a store.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/store_counts.h"
#include "cli/store_lines.h"
#include "store/attribute_counts.h"
#include "store/store.h"

namespace quern::cli {
namespace {

std::string stats_text(const store::Schema& schema, const store::Generation& generation) {
  std::uint64_t n_bytes = 0;
  std::uint64_t n_dead = 0;
  for (const store::SegmentView& view : generation.segments()) {
    n_bytes += store::bytes_of_files(view.row);
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
                       view.row.tombstone.n_dead, store::bytes_of_files(view.row));
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
    out += fmt::format(R"(,"dims":{},"metric":"{}","long_texts":"{}","state":"{}","missing":{}}})",
                       row.space.d, store::metric_name(row.space.metric),
                       store::long_texts_name(row.space.long_texts),
                       store::space_state_name(row.state), generation.n_missing(row.id));
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

}  // namespace

void add_store_stats(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<StatsFlags>();
  CLI::App* command = parent.add_subcommand("stats", "What is in a store");
  add_store_folder(*command, flags->folder);
  command
      ->add_option("--counts", flags->counts,
                   "How many documents have each value of these attributes")
      ->type_name("ATTRIBUTE,...")
      ->delimiter(',');
  command->add_flag("--json", flags->json, "One JSON object");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(stats(*flags)); });
}

}  // namespace quern::cli
