// quern models info: all that is known of a model before it runs.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/byte_ledger.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "engine/load/model_source.h"
#include "hub/hub.h"
#include "hub/manifest.h"
#include "hub/model_files.h"

namespace quern::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* tokenizer_name(text::TokenizerSpec::Model model) {
  switch (model) {
    case text::TokenizerSpec::Model::kWordPiece:
      return "WordPiece";
    case text::TokenizerSpec::Model::kBpe:
      return "BPE";
    case text::TokenizerSpec::Model::kUnigram:
      return "Unigram";
    case text::TokenizerSpec::Model::kWordLevel:
      return "WordLevel";
  }
  return "";
}

/// "[CLS] A [SEP] B [SEP]"; "" where there is no such template.
std::string spelled(const std::vector<text::TemplatePiece>& pieces,
                    const text::Tokenizer& tokenizer) {
  std::vector<std::string> words;
  for (const text::TemplatePiece& piece : pieces) {
    std::string word = piece.kind == text::TemplatePiece::Kind::kTextB ? "B" : "A";
    if (piece.kind == text::TemplatePiece::Kind::kToken) {
      word.clear();
      tokenizer.decode(piece.id, word);
    }
    words.push_back(std::move(word));
  }
  return fmt::format("{}", fmt::join(words, " "));
}

Json sizes_of(const formats::EncoderConfig& c) {
  return {{"layers", c.n_layers},      {"width", c.d_model},     {"heads", c.n_heads},
          {"kv_heads", c.n_kv_heads},  {"feed_forward", c.d_ff}, {"vocabulary", c.n_vocab},
          {"positions", c.n_positions}};
}

Json sizes_of(const formats::DecoderConfig& c) {
  return {{"layers", c.n_layers},      {"width", c.d_model},     {"heads", c.n_heads},
          {"kv_heads", c.n_kv_heads},  {"feed_forward", c.d_ff}, {"vocabulary", c.n_vocab},
          {"positions", c.n_positions}};
}

// The forms that an embedder's texts can be had in, its own first.
void add_outputs(const formats::HeadFacts& head, int n_vocab, Json& out) {
  using formats::OutputKind;
  out["outputs"] = Json::array({formats::output_name(head.output)});
  for (const OutputKind kind : {OutputKind::kVector, OutputKind::kRows, OutputKind::kSparse}) {
    if (kind != head.output && head.makes(kind)) {
      out["outputs"].push_back(formats::output_name(kind));
    }
  }
  if (head.makes(OutputKind::kVector)) {
    out["dimensions"] = head.truncate_to > 0 ? head.truncate_to : head.n_values;
    out["pooling"] = formats::poolings_text(head.poolings);
    out["normalize"] = head.is_normalized();
  }
  if (head.makes(OutputKind::kRows)) {
    out["token_dimensions"] = head.rows->n_values;
    out["token_normalize"] = head.rows->is_normalized();
  }
  if (head.makes(OutputKind::kSparse)) out["terms"] = n_vocab;
}

void add_encoder(const engine::ModelCard& card, Json& out) {
  const engine::EncoderFacts& facts = card.as_encoder();
  const formats::HeadFacts& head = facts.folder.head;
  out["sizes"] = sizes_of(facts.folder.config);
  out["max_tokens"] = facts.folder.max_tokens;
  if (!head.labels.empty()) {
    out["labels"] = head.labels;
    out["scale"] = formats::scale_name(head.scale);
    return;
  }
  add_outputs(head, facts.folder.config.n_vocab, out);
  out["pooling_from"] = card.known.gave_pooling ? "known" : "files";
  out["prompts"] = facts.folder.prompts;
  out["prompts_from"] = card.known.gave_prompts        ? "known"
                        : facts.folder.prompts.empty() ? "none"
                                                       : "files";
  out["default_prompt"] = facts.folder.default_prompt;
}

void add_decoder(const engine::ModelCard& card, Json& out) {
  const formats::DecoderModel& model = card.as_decoder().model;
  out["sizes"] = sizes_of(model.config);
  out["max_tokens"] = model.config.n_positions;
  Json ends = Json::array();
  for (const text::TokenId id : model.end_ids) {
    std::string word;
    card.encoder->tokenizer().decode(id, word);
    ends.push_back({{"id", id}, {"text", word}});
  }
  out["end_tokens"] = std::move(ends);
  out["chat_template"] = model.chat_template;
}

Result<Json> info_of(const std::string& name) {
  const hub::Hub hub(hub::home_folder());
  QUERN_ASSIGN(const std::unique_ptr<engine::ModelSource> source,
               engine::make_folder_source(hub.home(), "auto"));
  QUERN_ASSIGN(const engine::ModelPlace place, source->resolve(name));
  QUERN_ASSIGN(const engine::ModelCard card, source->read(place));
  QUERN_ASSIGN(const hub::InstalledModel model, hub::describe_model(place.path));
  QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(place.path));
  QUERN_ASSIGN(const std::vector<hub::ModelFile> files, hub::list_model_files(place.path));
  Json out = {{"name", place.name}, {"path", place.path}};
  if (const Result<hub::Manifest> manifest = hub::read_manifest(place.path); manifest.ok()) {
    out["hub_name"] = manifest->hub_name;
    out["commit"] = manifest->commit;
  }
  out["known_as"] = card.known.repo;
  out["task"] = model.task;
  out["family"] = model.family;
  out["parameters"] = model.n_parameters;
  out["dtype"] = model.dtype;
  out["precision"] = source->weights(card).precision;
  const text::Tokenizer& tokenizer = card.encoder->tokenizer();
  out["tokenizer"] = {{"kind", tokenizer_name(spec.model)},
                      {"ids", tokenizer.n_vocab()},
                      {"template", spelled(spec.single, tokenizer)},
                      {"pair_template", spelled(spec.pair, tokenizer)}};
  card.generates() ? add_decoder(card, out) : add_encoder(card, out);
  out["files"] = Json::array();
  for (const hub::ModelFile& file : files) {
    out["files"].push_back({{"path", file.path}, {"bytes", file.n_bytes}});
  }
  out["warnings"] = card.warnings;
  return out;
}

class Table {
 public:
  void row(const char* name, const std::string& value) {
    text_ += fmt::format("{:<13} {}\n", name, value.empty() ? "-" : value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// A text of the model's as one line: its control characters are visible.
std::string quoted(const Json& text) {
  return text.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string from_hub(const Json& info) {
  std::string from = info.value("hub_name", "");
  const std::string commit = info.value("commit", "");
  if (!commit.empty()) from += " at " + commit.substr(0, 12);
  return from;
}

void add_prompts(const Json& info, Table& table) {
  for (const auto& [name, text] : info["prompts"].items()) {
    table.row("prompt", fmt::format("{}: {}{}", name, quoted(text),
                                    info["prompts_from"] == "known"
                                        ? " (known of this model, not in its files)"
                                        : ""));
  }
  if (info["prompts"].empty()) table.row("prompts", "");
  table.row("by default",
            info["default_prompt"] == "" ? "no prompt" : quoted(info["default_prompt"]));
}

void add_outputs(const Json& info, Table& table) {
  const auto length = [](const Json& is_normalized) {
    return is_normalized.get<bool>() ? "length 1" : "any length";
  };
  if (info.contains("dimensions")) {
    table.row("vector", fmt::format("{} numbers, pooling {}, {}{}", info["dimensions"].get<int>(),
                                    info["pooling"].get<std::string>(), length(info["normalize"]),
                                    info["pooling_from"] == "known"
                                        ? " (known of this model, not in its files)"
                                        : ""));
  }
  if (info.contains("token_dimensions")) {
    table.row("rows",
              fmt::format("{} numbers a token, {} (--output token)",
                          info["token_dimensions"].get<int>(), length(info["token_normalize"])));
  }
  if (info.contains("terms")) {
    table.row("sparse",
              fmt::format("weights of {} terms (--output sparse)", info["terms"].get<int>()));
  }
  if (info["outputs"].size() > 1) {
    table.row("output", info["outputs"][0].get<std::string>() + " by default");
  }
  add_prompts(info, table);
}

std::string table_of(const Json& info) {
  Table table;
  const Json& sizes = info["sizes"];
  const Json& tokenizer = info["tokenizer"];
  table.row("name", info["name"]);
  table.row("from", from_hub(info));
  table.row("path", info["path"]);
  table.row("task", info["task"]);
  table.row("family", fmt::format("{}: {} layers, width {}, {} heads ({} of keys), feed-forward {}",
                                  info["family"].get<std::string>(), sizes["layers"].get<int>(),
                                  sizes["width"].get<int>(), sizes["heads"].get<int>(),
                                  sizes["kv_heads"].get<int>(), sizes["feed_forward"].get<int>()));
  table.row(
      "weights",
      fmt::format("{} parameters in {}, computed in {}", info["parameters"].get<std::int64_t>(),
                  info["dtype"].get<std::string>(), info["precision"].get<std::string>()));
  table.row("tokenizer",
            fmt::format("{}, {} ids, embedding of {} rows", tokenizer["kind"].get<std::string>(),
                        tokenizer["ids"].get<int>(), sizes["vocabulary"].get<int>()));
  table.row("template", tokenizer["template"]);
  table.row("of pairs", tokenizer["pair_template"]);
  table.row("tokens", fmt::format("{} at most, {} positions", info["max_tokens"].get<int>(),
                                  sizes["positions"].get<int>()));
  if (info.contains("outputs")) add_outputs(info, table);
  if (info.contains("labels")) {
    table.row("labels",
              fmt::format("{}", fmt::join(info["labels"].get<std::vector<std::string>>(), ", ")));
    table.row("scale", info["scale"]);
  }
  if (info.contains("end_tokens")) {
    std::vector<std::string> ends;
    for (const Json& end : info["end_tokens"]) ends.push_back(quoted(end["text"]));
    table.row("ends", fmt::format("{}", fmt::join(ends, ", ")));
    table.row("chat", info["chat_template"] == "" ? "no template" : "by its own template");
  }
  std::vector<std::string> files;
  for (const Json& file : info["files"]) {
    files.push_back(fmt::format("{} ({})", file["path"].get<std::string>(),
                                human_bytes(file["bytes"].get<std::size_t>())));
  }
  table.row("files", fmt::format("{}", fmt::join(files, ", ")));
  for (const Json& warning : info["warnings"]) table.row("warning", warning);
  return table.text();
}

Status show(const std::string& name, bool json) {
  QUERN_ASSIGN(const Json info, info_of(name));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(json ? quoted(info) + "\n" : table_of(info)));
  return out.commit();
}

}  // namespace

void add_models_info(CLI::App& models, Context& context) {
  struct Flags {
    std::string model;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* info = models.add_subcommand("info", "All that is known of a model before it runs");
  info->add_option("MODEL", flags->model,
                   "An installed model, or the path of a folder or .gguf file")
      ->type_name("")
      ->required();
  info->add_flag("--json", flags->json, "One JSON object");
  info->callback(
      [flags, &context] { context.exit_code = fail_or_ok(show(flags->model, flags->json)); });
}

}  // namespace quern::cli
