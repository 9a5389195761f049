#include "cli/settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/edit_distance.h"
#include "base/mapped_file.h"

namespace quern::cli {
namespace {

using formats::TomlKind;
using formats::TomlNode;

// Own presets of the same names take their place.
constexpr const char* kBuiltInPresets = R"([default]

[fast]
precision = "int8"
max-sequences = 32

[small]
memory = "512MB"
precision = "int8"
kv = "q8_0"
max-sequences = 4
)";

constexpr std::string_view kVariablePrefix = "QUERN_";
constexpr int kNearVariable = 2;  // Letters that a slip changes.

// What other programs and write-ups call an option.
struct Alias {
  const char* option;
  const char* variable;
};
constexpr Alias kAliases[] = {{"memory", "TURBOPROP_MAX_MEMORY"}};

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string variable_value(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// "bench embed", "bench", "": from the command's own to what holds for all.
std::vector<std::string> scopes_of(std::string command) {
  std::vector<std::string> scopes;
  while (!command.empty()) {
    scopes.push_back(command);
    const std::size_t at = command.rfind(' ');
    command.resize(at == std::string::npos ? 0 : at);
  }
  scopes.emplace_back();
  return scopes;
}

OptionForm form_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return OptionForm::kSwitch;
  if (option.get_items_expected_max() > 1) return OptionForm::kList;
  // The parser puts what is checked behind it: "N:INT in [1 - 8]".
  const std::string shown = option.get_type_name();
  const std::string type = shown.substr(0, shown.find(':'));
  if (type == "BYTES" || type == "DURATION") return OptionForm::kAmount;
  return type.size() == 1 ? OptionForm::kNumber : OptionForm::kText;
}

// "8090" of "Port (default: 8090; 0: any free one)".
std::string built_in_of(const std::string& help) {
  constexpr std::string_view kBefore = "(default: ";
  const std::size_t at = help.find(kBefore);
  if (at == std::string::npos) return "";
  const std::size_t from = at + kBefore.size();
  std::string text = help.substr(from, help.find_first_of(";)", from) - from);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void add_facts(CLI::App& app, const std::string& command, std::vector<OptionFacts>& out) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || option->get_positional()) continue;
    const std::string& name = option->get_lnames().front();
    if (name == "help" || name == "version") continue;
    out.push_back({.command = command,
                   .name = name,
                   .form = form_of(*option),
                   .built_in = built_in_of(option->get_description()),
                   .option = option});
  }
  for (CLI::App* child : app.get_subcommands({})) {
    add_facts(*child, command.empty() ? child->get_name() : command + " " + child->get_name(), out);
  }
}

const char* wanted_text(OptionForm form) {
  switch (form) {
    case OptionForm::kSwitch:
      return "true or false";
    case OptionForm::kNumber:
      return "a number";
    case OptionForm::kAmount:
      return "a number or a string";
    case OptionForm::kText:
      return "a string";
    case OptionForm::kList:
      break;
  }
  return "a string or a list of strings";
}

bool is_number(TomlKind kind) { return kind == TomlKind::kInteger || kind == TomlKind::kFloat; }

bool fits(OptionForm form, const TomlNode& node) {
  switch (form) {
    case OptionForm::kSwitch:
      return node.kind == TomlKind::kBoolean;
    case OptionForm::kNumber:
      return is_number(node.kind);
    case OptionForm::kAmount:
      return is_number(node.kind) || node.kind == TomlKind::kString;
    case OptionForm::kText:
      return node.kind == TomlKind::kString;
    case OptionForm::kList:
      break;
  }
  return node.kind == TomlKind::kString ||
         (node.kind == TomlKind::kArray &&
          std::all_of(node.children.begin(), node.children.end(),
                      [](const TomlNode& each) { return each.kind == TomlKind::kString; }));
}

std::vector<std::string> values_of(const TomlNode& node) {
  if (node.kind != TomlKind::kArray) return {node.text};
  std::vector<std::string> values;
  for (const TomlNode& each : node.children) values.push_back(each.text);
  return values;
}

const TomlNode* child_named(const TomlNode& table, std::string_view name) {
  for (const TomlNode& child : table.children) {
    if (with_dashes(child.key) == name) return &child;
  }
  return nullptr;
}

// The table of a command in `scope`; null where it has none.
const TomlNode* command_table(const TomlNode& scope, const std::string& command) {
  const TomlNode* at = &scope;
  std::size_t from = 0;
  while (from < command.size()) {
    const std::size_t to = std::min(command.find(' ', from), command.size());
    at = child_named(*at, command.substr(from, to - from));
    if (at == nullptr || at->kind != TomlKind::kTable) return nullptr;
    from = to + 1;
  }
  return at;
}

const TomlNode* find_in(const TomlNode& scope, const OptionFacts& option) {
  for (const std::string& command : scopes_of(option.command)) {
    const TomlNode* table = command_table(scope, command);
    const TomlNode* found = table == nullptr ? nullptr : child_named(*table, option.name);
    if (found != nullptr && found->kind != TomlKind::kTable) return found;
  }
  return nullptr;
}

Result<bool> truth_of(const std::string& text, const std::string& source) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* yes : {"1", "true", "yes", "on"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"0", "false", "no", "off"}) {
    if (lower == no) return false;
  }
  return Status(
      Code::kBadInput,
      fmt::format("{} is '{}', want 1, true, yes, on or 0, false, no, off", source, text));
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const std::size_t to = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, to - from));
    if (to == text.size()) return parts;
    from = to + 1;
  }
}

Result<Setting> from_variable(const OptionFacts& option, const std::string& variable,
                              const std::string& text) {
  Setting setting{.values = {text}, .source = variable};
  if (option.form == OptionForm::kList) setting.values = parts_of(text);
  if (option.form == OptionForm::kSwitch) {
    QUERN_ASSIGN(const bool truth, truth_of(text, variable));
    setting.values = {truth ? "true" : "false"};
  }
  return setting;
}

std::string near_text(const std::string& wanted, const std::vector<std::string>& names) {
  const std::vector<std::string> near = nearest_names(wanted, names, 1);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0]);
}

/// Holds every key of a file against the options that there are.
class KeyCheck {
 public:
  KeyCheck(const std::vector<OptionFacts>& options, std::string file)
      : options_(options), file_(std::move(file)) {}

  /// `own` are the tables of the scope that are no command's.
  Status check(const TomlNode& table, const std::string& command,
               const std::vector<std::string>& own) const {
    for (const TomlNode& node : table.children) {
      const std::string name = with_dashes(node.key);
      if (std::find(own.begin(), own.end(), name) != own.end()) continue;
      if (node.kind != TomlKind::kTable) {
        QUERN_TRY(check_value(node, name, command));
      } else {
        const std::string inner = command.empty() ? name : command + " " + name;
        if (!is_command(inner)) return unknown_table(node, command, own);
        QUERN_TRY(check(node, inner, {}));
      }
    }
    return {};
  }

  Status wrong(const TomlNode& node, const std::string& what) const {
    return {Code::kBadInput, fmt::format("'{}', line {}: {}", file_, node.line, what)};
  }

  Status wrong_type(const TomlNode& node, const char* wanted) const {
    return wrong(
        node, fmt::format("'{}' is {}, want {}", node.key, formats::toml_value_text(node), wanted));
  }

 private:
  static bool is_within(const std::string& command, const std::string& scope) {
    return scope.empty() || command == scope || command.starts_with(scope + " ");
  }

  bool is_command(const std::string& command) const {
    return std::any_of(options_.begin(), options_.end(), [&](const OptionFacts& option) {
      return !option.command.empty() && is_within(option.command, command);
    });
  }

  Status check_value(const TomlNode& node, const std::string& name,
                     const std::string& command) const {
    std::vector<std::string> names;
    const OptionFacts* found = nullptr;
    for (const OptionFacts& option : options_) {
      if (!is_within(option.command, command) || option.name == "config") continue;
      names.push_back(option.name);
      if (option.name != name) continue;
      if (fits(option.form, node)) return {};
      found = &option;
    }
    if (found != nullptr) return wrong_type(node, wanted_text(found->form));
    return wrong(
        node, fmt::format("no option '{}'{}{}", node.key,
                          command.empty() ? "" : " of '" + command + "'", near_text(name, names)));
  }

  Status unknown_table(const TomlNode& node, const std::string& command,
                       std::vector<std::string> names) const {
    const std::string name = with_dashes(node.key);
    for (const OptionFacts& option : options_) {
      if (option.name == name && is_within(option.command, command)) {
        return wrong_type(node, wanted_text(option.form));
      }
      if (option.command.find(' ') == std::string::npos) names.push_back(option.command);
    }
    return wrong(node, fmt::format("no command '{}'{}", node.key, near_text(name, names)));
  }

  const std::vector<OptionFacts>& options_;
  const std::string file_;
};

/// A key of [models."NAME"].
struct ModelKey {
  const char* name;
  OptionForm form;
  void (*set)(const TomlNode& node, ModelTable& table);
};
constexpr ModelKey kModelKeys[] = {
    {"preload", OptionForm::kSwitch,
     [](const TomlNode& node, ModelTable& table) { table.preload = node.text == "true"; }},
    {"keep-alive", OptionForm::kAmount,
     [](const TomlNode& node, ModelTable& table) { table.keep_alive = node.text; }},
};

Result<ModelTable> read_model(const TomlNode& node, const KeyCheck& check) {
  if (node.kind != TomlKind::kTable) return check.wrong_type(node, "a table");
  ModelTable table{.name = node.key, .line = node.line};
  std::vector<std::string> names;
  for (const ModelKey& key : kModelKeys) names.emplace_back(key.name);
  for (const TomlNode& child : node.children) {
    const std::string name = with_dashes(child.key);
    const auto key = std::find_if(std::begin(kModelKeys), std::end(kModelKeys),
                                  [&](const ModelKey& each) { return each.name == name; });
    if (key == std::end(kModelKeys)) {
      return check.wrong(child,
                         fmt::format("a model has no '{}'{}", child.key, near_text(name, names)));
    }
    if (!fits(key->form, child)) return check.wrong_type(child, wanted_text(key->form));
    key->set(child, table);
  }
  return table;
}

// As the XDG base directory specification has it; "" without any home.
std::string default_file() {
  if (const std::string folder = variable_value("XDG_CONFIG_HOME"); folder.starts_with('/')) {
    return folder + "/quern/config.toml";
  }
  const std::string home = variable_value("HOME");
  return home.empty() ? "" : home + "/.config/quern/config.toml";
}

std::string preset_source(const std::string& name) { return fmt::format("preset '{}'", name); }

}  // namespace

std::string variable_name(const std::string& command, const std::string& option) {
  std::string name = std::string(kVariablePrefix) + (command.empty() ? "" : command + "_") + option;
  for (char& c : name) {
    c = c == '-' || c == ' ' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::vector<OptionFacts> option_facts(CLI::App& app) {
  std::vector<OptionFacts> out;
  add_facts(app, "", out);
  return out;
}

Result<Settings> Settings::read(const ConfigChoice& choice, std::vector<OptionFacts> options) {
  Settings settings;
  settings.options_ = std::move(options);
  QUERN_ASSIGN(settings.built_in_, formats::parse_toml(kBuiltInPresets, "built-in presets"));
  QUERN_TRY(settings.read_file(choice));
  QUERN_TRY(settings.check_file());
  QUERN_TRY(settings.choose_preset(choice));
  return settings;
}

Status Settings::read_file(const ConfigChoice& choice) {
  const std::string named = choice.file ? *choice.file : variable_value("QUERN_CONFIG");
  const std::string path = named.empty() ? default_file() : named;
  std::error_code none;
  if (path.empty() || (named.empty() && !std::filesystem::exists(path, none))) return {};
  Result<std::string> text = quern::read_file(path, formats::kMaxTomlBytes);
  if (!text.ok()) return text.status().in(choice.file ? "--config" : "the configuration file");
  QUERN_ASSIGN(tree_, formats::parse_toml(*text, path));
  file_ = path;
  return {};
}

Status Settings::check_file() {
  const KeyCheck check(options_, file_);
  QUERN_TRY(check.check(tree_, "", {"presets", "models"}));
  if (const TomlNode* presets = tree_.find("presets")) {
    if (presets->kind != TomlKind::kTable) return check.wrong_type(*presets, "a table");
    for (const TomlNode& preset : presets->children) {
      if (preset.kind != TomlKind::kTable) return check.wrong_type(preset, "a table");
      if (const TomlNode* other = preset.find("preset")) {
        return check.wrong(*other, "a preset cannot choose a preset");
      }
      QUERN_TRY(check.check(preset, "", {}));
    }
  }
  if (const TomlNode* models = tree_.find("models")) {
    if (models->kind != TomlKind::kTable) return check.wrong_type(*models, "a table");
    for (const TomlNode& model : models->children) {
      QUERN_ASSIGN(ModelTable table, read_model(model, check));
      models_.push_back(std::move(table));
    }
  }
  return {};
}

const formats::TomlNode* Settings::find_preset(const std::string& name) const {
  const TomlNode* own = tree_.find("presets");
  const TomlNode* found = own == nullptr ? nullptr : own->find(name);
  return found != nullptr ? found : built_in_.find(name);
}

std::vector<std::string> Settings::preset_names() const {
  std::vector<std::string> names;
  for (const TomlNode& preset : built_in_.children) names.push_back(preset.key);
  if (const TomlNode* own = tree_.find("presets")) {
    for (const TomlNode& preset : own->children) {
      if (built_in_.find(preset.key) == nullptr) names.push_back(preset.key);
    }
  }
  return names;
}

Status Settings::choose_preset(const ConfigChoice& choice) {
  const TomlNode* in_file = tree_.find("preset");
  std::string source = "--preset";
  std::string name = choice.preset.value_or("");
  if (!choice.preset) {
    source = "QUERN_PRESET";
    name = variable_value(source);
    if (name.empty() && in_file != nullptr) {
      source = fmt::format("'{}', line {}", file_, in_file->line);
      name = in_file->text;
    }
  }
  if (name.empty() && !choice.preset) return {};
  const TomlNode* found = find_preset(name);
  if (found == nullptr) {
    return {Code::kBadInput,
            fmt::format("{}: no preset '{}'{} (there are {})", source, name,
                        near_text(name, preset_names()), fmt::join(preset_names(), ", "))};
  }
  preset_ = name;
  preset_table_ = *found;
  const bool is_built_in =
      tree_.find("presets") == nullptr || tree_.find("presets")->find(name) == nullptr;
  preset_source_ = is_built_in ? "" : file_;
  return {};
}

std::vector<std::string> Settings::doubtful_variables() const {
  std::vector<std::string> known;
  for (const OptionFacts& option : options_) {
    for (const std::string& scope : scopes_of(option.command)) {
      known.push_back(variable_name(scope, option.name));
    }
  }
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view pair = *at;
    const std::string name(pair.substr(0, pair.find('=')));
    if (!name.starts_with(kVariablePrefix)) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto near = std::find_if(known.begin(), known.end(), [&name](const std::string& each) {
      return edit_distance(name, each) <= kNearVariable;
    });
    if (near == known.end()) continue;
    out.push_back(fmt::format("{} is not read; did you mean {}?", name, *near));
  }
  return out;
}

Result<std::optional<Setting>> Settings::find(const OptionFacts& option) const {
  std::vector<std::string> variables;
  for (const std::string& scope : scopes_of(option.command)) {
    variables.push_back(variable_name(scope, option.name));
  }
  for (const Alias& alias : kAliases) {
    if (option.name == alias.option) variables.emplace_back(alias.variable);
  }
  for (const std::string& variable : variables) {
    const std::string text = variable_value(variable);
    if (text.empty()) continue;
    QUERN_ASSIGN(Setting setting, from_variable(option, variable, text));
    return std::optional(std::move(setting));
  }
  const TomlNode* node = find_in(preset_table_, option);
  std::string source = preset_source(preset_);
  std::string file = preset_source_;
  if (node == nullptr) {
    node = find_in(tree_, option);
    source.clear();
    file = file_;
  }
  if (node == nullptr) return std::optional<Setting>();
  if (!file.empty()) {
    source += fmt::format("{}'{}', line {}", source.empty() ? "" : " of ", file, node->line);
  }
  if (!fits(option.form, *node)) {
    return Status(Code::kBadInput,
                  fmt::format("{}: '{}' is {}, want {}", source, node->key,
                              formats::toml_value_text(*node), wanted_text(option.form)));
  }
  return std::optional(Setting{.values = values_of(*node), .source = std::move(source)});
}

}  // namespace quern::cli
