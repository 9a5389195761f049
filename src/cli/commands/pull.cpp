// quern pull: fetches models from the Hugging Face hub.

#include "hub/pull/pull.h"

#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

struct PullFlags {
  std::string source;
  std::string name;
  bool quiet = false;
};

constexpr const char* kExamples =
    R"(MODEL is a usual name (all-MiniLM-L6-v2, bge-small-en-v1.5, nomic-embed-text, ...) or hf:ORG/REPO; then,
if wanted, @REVISION (a branch, tag or commit) and :FILE (a .gguf file, or its quantisation).
Weights are read from safetensors and GGUF; nothing else is fetched. Pulling again brings what is new.
A pull that was stopped goes on where it was.

Environment:
  HF_TOKEN         a token for models that ask for one (else the file ~/.cache/huggingface/token)
  HF_ENDPOINT      another hub or a mirror (default: https://huggingface.co)
  HF_HUB_OFFLINE   1: what is installed has to do
  HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE; HF_HUB_DOWNLOAD_TIMEOUT: seconds without a byte (30)

Examples:
  quern pull bge-small-en-v1.5
  quern pull hf:sentence-transformers/all-MiniLM-L6-v2@main --name minilm
  quern pull hf:bartowski/SmolLM2-135M-Instruct-GGUF:Q4_K_M)";

/// Bytes per second over the last few seconds: what came before a resumed pull is no speed.
class RecentRate {
 public:
  double add(std::uint64_t n_bytes) {
    const Clock::time_point now = Clock::now();
    seen_.emplace_back(now, n_bytes);
    while (seen_.size() > 2 && now - seen_.front().first > kWindow) seen_.pop_front();
    const std::chrono::duration<double> time = now - seen_.front().first;
    if (time.count() < 0.2) return 0;
    return static_cast<double>(n_bytes - seen_.front().second) / time.count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kWindow{5};
  std::deque<std::pair<Clock::time_point, std::uint64_t>> seen_;
};

Status pull_model(const PullFlags& flags) {
  hub::PullRequest request;
  QUERN_ASSIGN(request.reference, hub::parse_pull_reference(flags.source));
  QUERN_ASSIGN(request.access, hub::hub_access_from_environment());
  request.name = flags.name;
  watch_interrupts();

  Progress progress("pull", progress_style(stderr, flags.quiet), stderr);
  RecentRate rate;
  std::mutex mutex;  // Notes come from the threads of the pull.
  request.watch.is_cancelled = is_interrupted;
  request.watch.on_note = [&](const std::string& note) {
    const std::lock_guard lock(mutex);
    progress.wipe();
    print_note(note + "\n");
  };
  request.on_progress = [&](const hub::DownloadProgress& now) {
    const std::lock_guard lock(mutex);
    const double per_second = rate.add(now.n_fetched);
    progress.show(BytesDone{
        .n_bytes = now.n_bytes, .n_bytes_all = now.n_bytes_all, .per_second = per_second});
  };
  const hub::Hub hub(hub::home_folder());
  const Result<hub::Pulled> pulled = hub::pull(hub, request);
  progress.wipe();
  if (!pulled.ok() && pulled.status().code() == Code::kCancelled) {
    return {Code::kCancelled, "stopped; the same command goes on from here"};
  }
  QUERN_TRY(pulled.status());
  if (flags.quiet) return {};
  const hub::InstalledModel& model = pulled->model;
  if (pulled->was_there) {
    print_note(fmt::format("{} is installed and up to date ({} at {})\n", model.name,
                           model.hub_name, pulled->commit.substr(0, 12)));
    return {};
  }
  const double seconds = std::max(progress.seconds(), 1e-3);
  print_note(fmt::format(
      "installed {} ({} model, {}, {}) from {} at {}: {} fetched, {}/s\n", model.name, model.family,
      model.task, human_bytes(model.bytes), model.hub_name, pulled->commit.substr(0, 12),
      human_bytes(pulled->n_fetched),
      human_bytes(static_cast<std::size_t>(static_cast<double>(pulled->n_fetched) / seconds))));
  return {};
}

}  // namespace

void add_pull(CLI::App& app, Context& context) {
  auto flags = std::make_shared<PullFlags>();
  CLI::App* command = app.add_subcommand("pull", "Fetch a model from the Hugging Face hub");
  command->add_option("MODEL", flags->source, "NAME or hf:ORG/REPO, then [@REVISION] and [:FILE]")
      ->type_name("")
      ->required();
  command
      ->add_option("--name", flags->name,
                   "Its name here (default: the repository's; of a .gguf file\nthe file's)")
      ->type_name("NAME")
      ->check(empty_problem);
  command->add_flag("-q,--quiet", flags->quiet, "No progress, no summary");
  command->footer(kExamples);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(pull_model(*flags)); });
}

}  // namespace quern::cli
