#include "cli/answer_flags.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "cli/claims_session.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr std::size_t kDefaultAnswerBytes = std::size_t{16} << 20;

}  // namespace

void add_answer_flags(CLI::App& command, AnswerFlags& flags) {
  command
      .add_option("--profile", flags.profile,
                  "How much is read for an answer: gpu, fast or default (else as\n"
                  "ASTA_GPU_PROFILE, FAST_PROFILE and the like say)")
      ->type_name("NAME");
  command
      .add_option("--rerank", flags.rerank,
                  "A cross-encoder that puts the passages of answers into a better order")
      ->type_name("MODEL");
  command
      .add_option("--check", flags.nli,
                  fmt::format("The NLI model that checks sentences of answers; none: none does\n"
                              "(default: {}, where it is installed)",
                              kDefaultNliModel))
      ->type_name("MODEL");
  command
      .add_option("--answer-cache", flags.kept,
                  "Bytes of answers that are kept, so that the same question to an unchanged\n"
                  "library is answered at once, e.g. 64MB; 0: none (default: 16MB)")
      ->type_name("BYTES");
  add_writer_flags(command, flags.writer);
}

Result<std::size_t> answer_cache_bytes(const AnswerFlags& flags) {
  if (flags.kept.empty()) return kDefaultAnswerBytes;
  return parse_bytes(flags.kept).in("--answer-cache");
}

Result<apps::AnswerProfile> answer_profile(const AnswerFlags& flags) {
  if (flags.profile.empty()) return apps::profile_of_environment();
  return apps::profile_named(flags.profile).in("--profile");
}

std::string checking_model(const AnswerFlags& flags) {
  if (flags.nli == "none") return "";
  if (!flags.nli.empty()) return flags.nli;
  return hub::Hub(hub::home_folder()).find(kDefaultNliModel).ok() ? kDefaultNliModel : "";
}

}  // namespace quern::cli
