// quern generate: continues a prompt.

#include <iostream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/run_texts.h"
#include "cli/sampling_flags.h"
#include "cli/text_output.h"

namespace quern::cli {
namespace {

struct GenerateFlags {
  std::string model;
  std::string prompt;
  SamplingFlags sampling;
  bool quiet = false;
};

constexpr const char* kExamples =
    R"(The continuation alone goes to standard output, as it is generated; a line about speed goes to
standard error. "-" reads the prompt from standard input. Special tokens in the prompt count as such.
For questions to a model that was trained to answer, 'quern chat' applies its chat template.

Examples:
  quern generate SmolLM2-135M-Instruct "Once upon a time" --max-tokens 60
  quern generate ./model.gguf "The capital of France is" --temperature 0 --max-tokens 10
  quern generate SmolLM2-135M-Instruct - --seed 7 < prompt.txt)";

Status generate(const GenerateFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(const auto engine, engine::Engine::make(options));
  engine::GenerateRequest request = request_of(flags.model, flags.sampling);
  request.prompt = flags.prompt;
  if (flags.prompt == "-") {
    request.prompt.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  TextOutput out;
  const engine::GenerateResult result =
      generate_to(*engine, std::move(request), flags.sampling.max_tokens, out);
  QUERN_TRY(out.status());
  QUERN_TRY(result.status);
  if (!flags.quiet) print_note(fmt::format("\n[{}]\n", speed_line(result)));
  return {};
}

}  // namespace

void add_generate(CLI::App& app, Context& context) {
  auto flags = std::make_shared<GenerateFlags>();
  CLI::App* command = app.add_subcommand("generate", "Continue a text");
  add_model_argument(*command, flags->model);
  command->add_option("PROMPT", flags->prompt, "The text to continue; \"-\": standard input")
      ->type_name("")
      ->required();
  add_sampling_flags(*command, flags->sampling);
  command->add_flag("--quiet", flags->quiet, "No line about speed");
  add_engine_flags(*command, context.engine);
  add_kv_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(generate(*flags, context.engine)); });
}

}  // namespace quern::cli
