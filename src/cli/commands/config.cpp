// quern config: each option, its value and where that comes from.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/edit_distance.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/settings.h"

namespace quern::cli {
namespace {

struct ConfigFlags {
  std::vector<std::string> command;
  bool json = false;
};

/// One option as it holds now.
struct Row {
  const OptionFacts* option = nullptr;
  std::optional<std::string> value;  // As one text; unset: the built-in default.
  std::string source;                // "built-in" for a default.
};

constexpr const char* kExamples =
    R"(What holds for an option is, in this order: its flag, its environment variable, the preset, the
configuration file, the built-in default. docs/configuration.md describes all of them.

Examples:
  quern config
  quern config serve
  quern --preset small config embed --json
  QUERN_MEMORY=1GB quern config serve)";

bool is_secret(const OptionFacts& option) { return option.name == "api-key"; }

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ",") + value;
  return text;
}

Result<Row> row_of(const OptionFacts& option, const Context& context) {
  Row row{.option = &option, .value = {}, .source = "built-in"};
  const auto given = context.given.find(option.name);
  if (given != context.given.end() && option.name != "json") {
    row.value = given->second;
    row.source = "command line";
  } else if (option.name == "preset" && !context.settings->preset().empty()) {
    QUERN_ASSIGN(const std::optional<Setting> setting, context.settings->find(option));
    row.value = context.settings->preset();
    row.source = setting ? setting->source : row.source;
  } else {
    QUERN_ASSIGN(const std::optional<Setting> setting, context.settings->find(option));
    if (setting) {
      row.value = joined(setting->values);
      row.source = setting->source;
    }
  }
  if (row.value && is_secret(option)) row.value = "(not shown)";
  return row;
}

void append_json(const Row& row, std::string& out) {
  out += "{\"command\":";
  append_json_string(row.option->command, out);
  out += ",\"option\":";
  append_json_string(row.option->name, out);
  out += ",\"variable\":";
  append_json_string(variable_name(row.option->command, row.option->name), out);
  out += ",\"value\":";
  if (row.value) {
    append_json_string(*row.value, out);
  } else {
    out += "null";
  }
  out += ",\"default\":";
  append_json_string(row.option->built_in, out);
  out += ",\"source\":";
  append_json_string(row.source, out);
  out += '}';
}

std::string json_text(const std::vector<Row>& rows, const Settings& settings) {
  std::string out = "{\"file\":";
  append_json_string(settings.file(), out);
  out += ",\"preset\":";
  append_json_string(settings.preset(), out);
  out += ",\"presets\":[";
  for (const std::string& name : settings.preset_names()) {
    if (out.back() != '[') out += ',';
    append_json_string(name, out);
  }
  out += "],\"options\":[";
  for (const Row& row : rows) {
    if (out.back() != '[') out += ',';
    append_json(row, out);
  }
  return out + "]}\n";
}

std::string shown_value(const Row& row) {
  const std::string& built_in = row.option->built_in;
  return row.value.value_or(built_in.empty() ? "-" : built_in);
}

std::string table_text(const std::vector<Row>& rows, const Settings& settings) {
  std::string out = fmt::format("file     {}\npreset   {} (there are {})\n",
                                settings.file().empty() ? "none" : settings.file(),
                                settings.preset().empty() ? "none" : settings.preset(),
                                fmt::join(settings.preset_names(), ", "));
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, shown_value(row).size());
  std::string command = "-";
  for (const Row& row : rows) {
    if (row.option->command != command) {
      command = row.option->command;
      out += fmt::format("\n{}\n", command.empty() ? "quern" : "quern " + command);
    }
    out +=
        fmt::format("  {:16} {:{}}  {}\n", row.option->name, shown_value(row), width, row.source);
  }
  return out;
}

Status check_command(const std::string& wanted, const Settings& settings) {
  std::vector<std::string> names;
  for (const OptionFacts& option : settings.options()) {
    if (option.command == wanted) return {};
    if (names.empty() || names.back() != option.command) names.push_back(option.command);
  }
  const std::vector<std::string> near = nearest_names(wanted, names, 1);
  return {Code::kBadInput,
          fmt::format("no command '{}' with options{}", wanted,
                      near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0]))};
}

Status print_config(const ConfigFlags& flags, const Context& context) {
  std::string wanted;
  for (const std::string& word : flags.command) wanted += (wanted.empty() ? "" : " ") + word;
  if (!wanted.empty()) QUERN_TRY(check_command(wanted, *context.settings));
  std::vector<Row> rows;
  for (const OptionFacts& option : context.settings->options()) {
    if (!wanted.empty() && option.command != wanted && !option.command.empty()) continue;
    QUERN_ASSIGN(Row row, row_of(option, context));
    rows.push_back(std::move(row));
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(flags.json ? json_text(rows, *context.settings)
                                 : table_text(rows, *context.settings)));
  return out.commit();
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ConfigFlags>();
  CLI::App* command =
      app.add_subcommand("config", "Show each option, its value and where it comes from");
  command->add_option("COMMAND", flags->command, "Only the options of this command")->type_name("");
  command->add_flag("--json", flags->json, "One JSON object");
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(print_config(*flags, context)); });
}

}  // namespace quern::cli
