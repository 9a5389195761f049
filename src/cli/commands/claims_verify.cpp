// quern claims verify: one claim to its verdict.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/claim_json.h"
#include "apps/claims/claim_lines.h"
#include "apps/claims/claim_of_parts.h"
#include "apps/claims/claim_parts.h"
#include "cli/bold.h"
#include "cli/claims_commands.h"
#include "cli/claims_report.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Looks for evidence in a corpus, has the NLI model judge each sentence, and says SUPPORTED, REFUTED or
NOT_ENOUGH_INFO with a confidence: how often such a verdict is right, as far as it was fitted. The first
sentence is the one that decides; of each is shown what it says (supports, refutes, neutral), whether it was
near enough to the claim (else irrelevant), and which numbers, dates, units and negations differ. Neutral and
irrelevant sentences never count. The claim is kept with all that it was judged by: 'quern claims show',
'list' and 'replay'.
With --json one object: id, claim, verdict, confidence, scores, conflict, abstained, reason, evidence, ...
(docs/claims.md). The same claim, corpus and model give the same bytes.
With --parts the statements of the claim ('quern claims parts') are judged one by one, each with evidence of
its own: REFUTED where any is, with the highest score of one; SUPPORTED where all are, with the lowest score
of one, as a chain holds as its weakest link; else NOT_ENOUGH_INFO.

Examples:
  quern claims add abstracts.jsonl --corpus papers
  quern claims verify "Aspirin inhibits the production of PGE2." --corpus papers
  quern claims verify "Aspirin inhibits the production of PGE2." --report > claim.md
  quern claims verify "The sky is green." --given "The sky is blue." --given "Grass is green."
  quern claims verify "Low zinc causes fever and reduces growth." --parts --corpus papers)";

struct VerifyFlags {
  ClaimsFlags claims;
  std::string claim;
  std::vector<std::string> given;
  bool json = false;
  bool report = false;
  bool timings = false;
  bool parts = false;

  apps::ClaimTimes times() const {
    return timings ? apps::ClaimTimes::kGiven : apps::ClaimTimes::kLeftOut;
  }
};

Result<std::vector<apps::EvidenceSentence>> evidence_of(const VerifyFlags& flags) {
  std::vector<apps::GivenEvidence> given;
  for (const std::string& text : flags.given) {
    given.push_back({.text = text, .source = {.key = apps::source_of_given(given.size())}});
  }
  return apps::sentences_of_given(given);
}

std::string output_of(const VerifyFlags& flags, const apps::ClaimResult& result) {
  if (flags.json) return apps::json_from_claim(result, flags.times()) + "\n";
  if (flags.report) return claim_markdown(result);
  return claim_text(result, output_shows_bold());
}

std::string output_of(const VerifyFlags& flags, const apps::ClaimOfParts& whole) {
  if (flags.json) return apps::json_from_parts(whole, flags.times()) + "\n";
  if (flags.report) return parts_markdown(whole);
  return parts_text(whole, output_shows_bold());
}

// A verdict is given in any case; that it was not kept is an error behind it.
Status keep(std::span<const apps::ClaimResult> results, const apps::Calibration& calibration) {
  const auto kept = [&]() -> Result<std::vector<std::int64_t>> {
    QUERN_ASSIGN(const auto db, open_claims_db(Sql::Access::kCreate));
    std::vector<apps::ClaimsDb::Addition> additions;
    for (const apps::ClaimResult& result : results) additions.push_back({.result = &result});
    return db->add_all(additions, calibration);
  }();
  if (!kept.ok()) {
    return {Code::kIo, "the claim is not kept: " + kept.status().message()};
  }
  for (const std::int64_t id : *kept) {
    print_note(fmt::format("kept as claim {0}: 'quern claims show {0}'\n", id));
  }
  return {};
}

Status tell_and_keep(const VerifyFlags& flags, const std::string& text,
                     std::span<const apps::ClaimResult> results,
                     const apps::Calibration& calibration) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  return flags.claims.no_keep ? Status() : keep(results, calibration);
}

// Each part is a claim of its own, by its place.
Result<apps::ClaimOfParts> verify_parts(apps::ClaimVerifier& verifier, const apps::ClaimAsk& ask) {
  std::vector<apps::ClaimPart> parts = apps::split_claim(ask.claim);
  std::vector<apps::ClaimAsk> asks(parts.size(), ask);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    asks[i].id = std::to_string(i + 1);
    asks[i].claim = parts[i].text;
  }
  std::vector<apps::ClaimResult> results;
  for (Result<apps::ClaimResult>& result :
       verifier.verify_all(asks, engine::WorkClass::kInteractive)) {
    QUERN_TRY(result.status().in(fmt::format("part {}", results.size() + 1)));
    results.push_back(std::move(*result));
  }
  return apps::combine_parts(ask.claim, std::move(parts), std::move(results));
}

Status verify(const VerifyFlags& flags, const EngineFlags& engine) {
  QUERN_TRY(apps::check_claim(flags.claim));
  QUERN_ASSIGN(const auto session, ClaimsSession::open(flags.claims, engine));
  apps::ClaimAsk ask = {.claim = flags.claim};
  if (flags.given.empty()) {
    QUERN_TRY(session->open_corpus(flags.claims));
    ask.wish = session->wish();
  } else {
    QUERN_ASSIGN(ask.evidence, evidence_of(flags));
  }
  QUERN_ASSIGN(apps::ClaimVerifier* const verifier, session->verifier());
  if (flags.parts) {
    QUERN_ASSIGN(const apps::ClaimOfParts whole, verify_parts(*verifier, ask));
    return tell_and_keep(flags, output_of(flags, whole), whole.results, session->calibration());
  }
  QUERN_ASSIGN(const apps::ClaimResult result, verifier->verify(ask));
  return tell_and_keep(flags, output_of(flags, result), std::span(&result, 1),
                       session->calibration());
}

}  // namespace

void add_claims_verify(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* command = parent.add_subcommand("verify", "Judge one claim");
  command->footer(kExamples);
  command->add_option("CLAIM", flags->claim, "What is claimed, a sentence")
      ->type_name("")
      ->required();
  add_claims_corpus_flags(*command, flags->claims);
  command
      ->add_option(
          "--given", flags->given,
          "Judge by this text alone, in place of a corpus; more than once: by all\nof them, "
          "each a source of its own")
      ->type_name("TEXT")
      ->check(empty_problem)
      ->excludes(command->get_option("--corpus"))
      ->excludes(command->get_option("--filter"))
      ->excludes(command->get_option("--mode"));
  command->add_flag("--parts", flags->parts,
                    "Judge each statement of the claim by itself, and the whole by them");
  add_claims_model_flags(*command, flags->claims);
  CLI::Option* json = command->add_flag("--json", flags->json, "One JSON object");
  command->add_flag("--report", flags->report, "A page of Markdown")->excludes(json);
  command->add_flag("--timings", flags->timings, "With --json: how long each step took");
  command->add_flag("--no-keep", flags->claims.no_keep, "Do not keep the claim in the database");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(verify(*flags, context.engine)); });
}

}  // namespace quern::cli
