// quern tokenize: texts in, token ids out. Needs no weights.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"

namespace quern::cli {
namespace {

struct TokenizeFlags {
  TextFlags texts;
  bool json = false;
  bool no_special = false;
};

constexpr const char* kExamples =
    R"(Output: one line of ids per text; with --json {"ids":[...],"tokens":[...]}, and "n_dropped" where
--max-tokens cut something off. Without --max-tokens nothing is cut.

Examples:
  quern tokenize all-MiniLM-L6-v2 "hello world"
  quern tokenize all-MiniLM-L6-v2 --json --no-special "hello world"
  quern tokenize all-MiniLM-L6-v2 --texts corpus.txt > ids.txt)";

text::Encoding encode(const text::TextEncoder& encoder, const engine::TextItem& item,
                      const TokenizeFlags& flags) {
  const int max_tokens = flags.texts.max_tokens;
  if (!flags.no_special) {
    const auto side = truncation_side(flags.texts);
    return item.text_pair ? encoder.encode_pair(item.text, *item.text_pair, max_tokens, side)
                          : encoder.encode(item.text, max_tokens, side);
  }
  text::Encoding encoding;
  encoder.tokenizer().encode(item.text, text::Specials::kAsToken, encoding.ids);
  const int n_tokens = static_cast<int>(encoding.ids.size());
  if (max_tokens > 0 && n_tokens > max_tokens) {
    encoding.n_dropped = n_tokens - max_tokens;
    const auto side = truncation_side(flags.texts).value_or(encoder.truncation_side());
    const auto end = side == text::TruncationSide::kLeft ? encoding.ids.begin() + encoding.n_dropped
                                                         : encoding.ids.begin();
    encoding.ids.erase(encoding.ids.begin(), end);
    encoding.ids.resize(static_cast<std::size_t>(max_tokens));
  }
  return encoding;
}

std::string ids_of(const text::Encoding& encoding, std::string_view separator) {
  return fmt::format("{}", fmt::join(encoding.ids, separator));
}

std::string json_of(const text::Encoding& encoding, const text::Tokenizer& tokenizer) {
  std::string line = "{\"ids\":[" + ids_of(encoding, ",") + "],\"tokens\":[";
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    std::string token;
    tokenizer.decode(encoding.ids[i], token);
    if (i > 0) line += ',';
    append_json_string(token, line);
  }
  line += ']';
  if (encoding.n_dropped > 0) line += fmt::format(",\"n_dropped\":{}", encoding.n_dropped);
  return line + "}";
}

int n_tokens_of(const text::Encoding& encoding) { return static_cast<int>(encoding.ids.size()); }

// As the engine: room for one token of the text beside the template's own.
Status check_max_tokens(const text::TextEncoder& encoder, const TokenizeFlags& flags) {
  const int max_tokens = flags.texts.max_tokens;
  const int n_template = flags.no_special ? 0 : n_tokens_of(encoder.wrap({}, 0));
  if (max_tokens == 0 || max_tokens > n_template) return {};
  return {Code::kBadInput,
          fmt::format("max_tokens is {}, want {} or more", max_tokens, n_template + 1)};
}

Status check_item(const engine::TextItem& item, const text::TextEncoder& encoder,
                  const TokenizeFlags& flags) {
  QUERN_TRY(item.status);
  if (!item.text_pair) return {};
  if (flags.no_special) return {Code::kBadInput, "a pair cannot be joined without special tokens"};
  if (!encoder.has_pair_template()) {
    return {Code::kUnsupported, "this tokenizer has no template for pairs"};
  }
  const int max_tokens = flags.texts.max_tokens;
  const int n_template = n_tokens_of(encoder.encode_pair("", "", 0));
  if (max_tokens == 0 || max_tokens >= n_template) return {};
  return {Code::kBadInput,
          fmt::format("max_tokens is {}, a pair needs at least {}", max_tokens, n_template)};
}

Status tokenize(const TokenizeFlags& flags, const EngineFlags& engine_flags,
                engine::StreamTotals& totals) {
  QUERN_ASSIGN(const auto source, open_texts(flags.texts));
  QUERN_ASSIGN(const engine::EngineOptions options, engine_options(engine_flags));
  QUERN_ASSIGN(const auto engine, engine::Engine::make(options));
  QUERN_ASSIGN(const auto encoder, engine->text_encoder(flags.texts.model));
  QUERN_TRY(check_max_tokens(*encoder, flags));
  watch_interrupts();
  OutputFile out = OutputFile::standard_output();
  for (engine::TextItem item;;) {
    if (!source->is_ready()) QUERN_TRY(out.flush());
    QUERN_ASSIGN(const bool more, source->next(item));
    if (!more) return out.commit();
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    ++totals.n_texts;
    if (const Status status = check_item(item, *encoder, flags); !status.ok()) {
      ++totals.n_failed;
      print_error(fmt::format("line {}: {}", item.line, status.message()));
      std::string error = "{\"ids\":[],\"tokens\":[]";
      append_json_error(status, error);
      QUERN_TRY(out.write(flags.json ? error + "}\n" : "\n"));  // A line for every text.
      continue;
    }
    const text::Encoding encoding = encode(*encoder, item, flags);
    totals.n_tokens += static_cast<long>(encoding.ids.size());
    totals.n_dropped += encoding.n_dropped;
    if (encoding.n_dropped > 0) ++totals.n_truncated;
    QUERN_TRY(out.write(
        (flags.json ? json_of(encoding, encoder->tokenizer()) : ids_of(encoding, " ")) + "\n"));
  }
}

}  // namespace

void add_tokenize(CLI::App& app, Context& context) {
  auto flags = std::make_shared<TokenizeFlags>();
  flags->texts.quiet = true;
  CLI::App* command = app.add_subcommand("tokenize", "Show the token ids of texts");
  add_model_argument(*command, flags->texts.model);
  command->add_option("TEXT", flags->texts.texts, "Texts to tokenize")->type_name("");
  add_file_flags(*command, flags->texts);
  command->add_flag("--json", flags->json, "One JSON object per text, with the tokens' text");
  command->add_flag("--no-special", flags->no_special, "Leave out [CLS], [SEP] and the like");
  command->add_option("--max-tokens", flags->texts.max_tokens, "Cut after N tokens")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->footer(kExamples);
  command->callback([flags, &context] {
    engine::StreamTotals totals;
    const Status status = tokenize(*flags, context.engine, totals);
    context.exit_code =
        status.ok() ? (totals.n_failed > 0 ? kExitSomeFailed : kExitOk) : fail(status);
  });
}

}  // namespace quern::cli
