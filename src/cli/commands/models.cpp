// quern models: what is installed; add, rm (info: models_info.cpp).

#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "engine/load/precision_record.h"
#include "hub/adapted_model.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

struct AddFlags {
  std::string folder;
  std::string name;
  std::string hub_name;
  std::string adapter;
};

constexpr const char* kExamples =
    R"(Models lie in $QUERN_HOME/models (default: $XDG_DATA_HOME/quern, else ~/.local/share/quern).
DIMS are those of a vector (of a generator: its width), or labels; CONTEXT the most tokens of a text;
TYPE is that of the stored weights; AUTO the precision that --precision auto chose for this processor,
"-" before the model is first used.

Examples:
  quern models
  quern models --json
  quern models add ./my-model --name my-model
  quern models add ~/Downloads/SmolLM2-135M-Instruct.Q4_1.gguf --name SmolLM2-135M-Instruct
  quern models add all-MiniLM-L6-v2 --adapter ./my-lora --name my-classifier
  quern models info my-model
  quern models rm my-model)";

/// What "auto" chose for a model on this machine, once it was measured. Only encoders are.
std::optional<engine::PrecisionRecord> choice_for(const hub::Hub& hub,
                                                  const hub::InstalledModel& model) {
  if (!model.problem.empty() || model.task == "generate") return std::nullopt;
  return engine::known_precision_record(hub.home(), model.path);
}

// "135 M", "1.24 B"; "260 K".
std::string human_count(std::int64_t n) {
  const double value = static_cast<double>(n);
  if (value < 999.5e3) return fmt::format("{:.0f} K", value / 1e3);
  if (value < 999.5e6) return fmt::format("{:.3g} M", value / 1e6);
  return fmt::format("{:.3g} B", value / 1e9);
}

std::string table_of(const hub::Hub& hub, const std::vector<hub::InstalledModel>& models) {
  std::size_t width = 4;
  for (const auto& m : models) width = std::max(width, m.name.size());
  std::string table = fmt::format(
      "{:<{}}  {:<8} {:<9} {:>7} {:>5} {:>8}  {:>8}  {:<5}  {:<5}  {}\n", "NAME", width, "FAMILY",
      "TASK", "PARAMS", "DIMS", "CONTEXT", "SIZE", "TYPE", "AUTO", "HUB NAME");
  for (const auto& m : models) {
    if (!m.problem.empty()) {
      table += fmt::format("{:<{}}  cannot be used: {}\n", m.name, width, m.problem);
      continue;
    }
    const auto choice = choice_for(hub, m);
    table += fmt::format("{:<{}}  {:<8} {:<9} {:>7} {:>5} {:>8}  {:>8}  {:<5}  {:<5}  {}\n", m.name,
                         width, m.family, m.task, human_count(m.n_parameters), m.dims,
                         m.n_positions, human_bytes(m.bytes), m.dtype,
                         choice ? kernels::precision_name(choice->chosen) : "-",
                         m.hub_name.empty() ? "-" : m.hub_name);
  }
  return table;
}

// {"precision":"int8","measured":[{"precision":"int8","mean_cosine":...},...]}, or null.
std::string json_of(const std::optional<engine::PrecisionRecord>& choice) {
  if (!choice) return "null";
  std::string out =
      fmt::format(R"({{"precision":"{}","measured":[)", kernels::precision_name(choice->chosen));
  for (const engine::Fidelity& f : choice->measured) {
    out += fmt::format(
        R"({}{{"precision":"{}","mean_cosine":{},"least_cosine":{},"labels_changed":{}}})",
        out.ends_with('[') ? "" : ",", kernels::precision_name(f.precision), f.mean_cosine,
        f.least_cosine, f.n_labels_changed);
  }
  return out + "]}";
}

std::string json_of(const hub::Hub& hub, const hub::InstalledModel& m) {
  std::string line = "{";
  const auto add = [&](const char* key, const std::string& value) {
    line += fmt::format("{}\"{}\":", line.size() > 1 ? "," : "", key);
    append_json_string(value, line);
  };
  add("name", m.name);
  add("hub_name", m.hub_name);
  add("path", m.path);
  add("family", m.family);
  add("task", m.task);
  line += fmt::format(R"(,"parameters":{},"dims":{},"context":{},"bytes":{})", m.n_parameters,
                      m.dims, m.n_positions, m.bytes);
  add("dtype", m.dtype);
  line += ",\"auto\":" + json_of(choice_for(hub, m));
  if (!m.problem.empty()) add("problem", m.problem);
  return line + "}\n";
}

Status list_models(bool json) {
  const hub::Hub hub(hub::home_folder());
  QUERN_ASSIGN(const std::vector<hub::InstalledModel> models, hub.list());
  OutputFile out = OutputFile::standard_output();
  if (json) {
    for (const auto& m : models) QUERN_TRY(out.write(json_of(hub, m)));
  } else if (models.empty()) {
    print_note(
        fmt::format("no models in {}\nquern pull NAME fetches one; quern models add FOLDER takes "
                    "one you have\n",
                    hub.home()));
  } else {
    QUERN_TRY(out.write(table_of(hub, models)));
  }
  return out.commit();
}

Status add_model(const AddFlags& flags) {
  std::string name = flags.name;
  if (name.empty() && !flags.adapter.empty()) {
    return {Code::kBadInput, "--adapter makes a model of its own, want --name for it"};
  }
  if (name.empty()) {
    std::error_code error;
    const auto whole = std::filesystem::weakly_canonical(flags.folder, error);
    const std::filesystem::path& path = error ? std::filesystem::path(flags.folder) : whole;
    name = (path.extension() == ".gguf" ? path.stem() : path.filename()).string();
  }
  const hub::Hub hub(hub::home_folder());
  QUERN_ASSIGN(const hub::InstalledModel model,
               flags.adapter.empty() ? hub.add(flags.folder, name, flags.hub_name)
                                     : hub::add_adapted(hub, {.base = flags.folder,
                                                              .adapter = flags.adapter,
                                                              .name = name,
                                                              .hub_name = flags.hub_name}));
  const std::string size =
      model.task == "generate"
          ? human_count(model.n_parameters) + " parameters"
          : fmt::format("{} {}", model.dims, model.task == "classify" ? "labels" : "dimensions");
  print_note(fmt::format("added {} ({} model, {}, {}) to {}\n", model.name, model.family, size,
                         human_bytes(model.bytes), hub.home()));
  return {};
}

Status remove_models(const std::vector<std::string>& names) {
  const hub::Hub hub(hub::home_folder());
  for (const std::string& name : names) {
    QUERN_TRY(hub.remove(name));
    print_note(fmt::format("removed {}\n", name));
  }
  return {};
}

void add_rm_command(CLI::App& parent, Context& context) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* rm = parent.add_subcommand("rm", "Remove installed models");
  rm->add_option("NAME", *names, "Installed names")->type_name("")->required();
  rm->callback([names, &context] { context.exit_code = fail_or_ok(remove_models(*names)); });
}

void add_add_command(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<AddFlags>();
  CLI::App* add =
      parent.add_subcommand("add", "Install a model folder (Hugging Face layout) or a .gguf file");
  add->add_option("FOLDER", flags->folder,
                  "With config.json, weights and tokenizer; or a .gguf file, whose\nfurther parts "
                  "lie beside it")
      ->type_name("")
      ->required();
  add->add_option("--name", flags->name, "Its name here (default: the folder's, the file's)")
      ->type_name("NAME")
      ->check(empty_problem);
  add->add_option("--adapter", flags->adapter,
                  "A LoRA adapter (PEFT: adapter_config.json and adapter_model.safetensors) to be\n"
                  "worked into FOLDER, which may be an installed model's name here; needs --name")
      ->type_name("FOLDER")
      ->check(empty_problem);
  add->add_option("--hub-name", flags->hub_name, "Its full name on the hub, to be found by")
      ->type_name("NAME");
  add->callback([flags, &context] { context.exit_code = fail_or_ok(add_model(*flags)); });
}

}  // namespace

void add_models(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("models", "Show, add and remove installed models; see also 'quern pull'");
  command->add_flag("--json", *json, "One JSON object per model");
  command->footer(kExamples);
  add_add_command(*command, context);
  add_rm_command(*command, context);
  add_models_info(*command, context);
  command->callback([command, json, &context] {
    if (command->get_subcommands().empty()) context.exit_code = fail_or_ok(list_models(*json));
  });
}

}  // namespace quern::cli
