#include "cli/sampling_flags.h"

#include <random>

#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace quern::cli {

void add_sampling_flags(CLI::App& command, SamplingFlags& flags) {
  engine::Sampling& s = flags.sampling;
  s.temperature = 0.7f;
  s.top_p = 0.95f;
  const std::string group = "Sampling";
  command
      .add_option("--max-tokens", flags.max_tokens,
                  "Longest answer; 0: none\n(default: what the context leaves)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  command
      .add_option("--temperature", s.temperature, "0: always the likeliest token (default: 0.7)")
      ->type_name("T")
      ->group(group);
  command.add_option("--top-k", s.top_k, "Draw from the K likeliest (default: 0, all)")
      ->type_name("K")
      ->group(group);
  command.add_option("--top-p", s.top_p, "... from the likeliest that make up P (default: 0.95)")
      ->type_name("P")
      ->group(group);
  command.add_option("--min-p", s.min_p, "... from those at least P times the likeliest")
      ->type_name("P")
      ->group(group);
  command.add_option("--typical-p", s.typical_p, "... from the most typical that make up P")
      ->type_name("P")
      ->group(group);
  command.add_option("--repeat-penalty", s.repeat_penalty, "Divides logits of tokens seen")
      ->type_name("X")
      ->group(group);
  command.add_option("--presence-penalty", s.presence_penalty, "Taken off tokens seen")
      ->type_name("X")
      ->group(group);
  command.add_option("--frequency-penalty", s.frequency_penalty, "... for each time seen")
      ->type_name("X")
      ->group(group);
  command.add_option("--penalty-window", s.penalty_window, "Tokens that count as seen (256)")
      ->type_name("N")
      ->group(group);
  command.add_option("--seed", flags.seed, "Same seed, same text")->type_name("S")->group(group);
  command.add_option("--stop", flags.stop, "End before this text; may be given again")
      ->type_name("TEXT")
      ->group(group);
  for (CLI::Option* number : command.get_options()) {
    // "" would count as 0.
    if (number->get_group() == group && number->get_name() != "--stop")
      number->check(empty_problem);
  }
  command
      .add_option("--context", flags.context,
                  "When the context is full: refuse (end), or slide (drop the oldest)")
      ->check(CLI::IsMember({"refuse", "slide"}))
      ->group(group);
  command.add_option("--keep", flags.n_kept, "With slide: tokens at the front that stay")
      ->type_name("N")
      ->check(empty_problem)
      ->group(group);
}

engine::GenerateRequest request_of(const std::string& model, const SamplingFlags& flags) {
  engine::GenerateRequest request;
  request.model = model;
  request.sampling = flags.sampling;
  request.sampling.seed = flags.seed ? *flags.seed : std::random_device()();
  request.stop = flags.stop;
  request.context =
      flags.context == "slide" ? engine::ContextPolicy::kSlide : engine::ContextPolicy::kRefuse;
  request.n_kept = flags.n_kept;
  return request;
}

}  // namespace quern::cli
