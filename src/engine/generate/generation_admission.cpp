#include "engine/generate/generation_admission.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/generate/generation_plan.h"
#include "engine/job_admission.h"
#include "engine/request_bytes.h"

namespace quern::engine {

using std::chrono::milliseconds;

void GenerationTicket::cancel() {
  cancelled_ = true;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (job_ != nullptr) job_->cancelled = true;
  sweep_->store(true);
}

void GenerationTicket::attach(const std::shared_ptr<GenerationJob>& job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  job_ = job;
  if (cancelled_) job_->cancelled = true;
}

GenerateResult not_generated(Status status) {
  GenerateResult result;
  result.status = std::move(status);
  return result;
}

Status not_generative(const ModelCard& card) {
  return {Code::kBadInput, fmt::format("model '{}' {}, want one that generates text", card.name,
                                       what_it_does(card.task()))};
}

bool GenerationAdmission::start(PendingGeneration& pending, const LoadedModel& model,
                                milliseconds patience) {
  const auto refuse = [&](const Status& status, std::size_t n_prompt_tokens = 0) {
    GenerateResult refused = not_generated(status);
    refused.n_prompt_tokens = static_cast<int>(n_prompt_tokens);
    pending.done(std::move(refused));
    return true;
  };
  const std::shared_ptr<const GenerativeModel> generative = model.generative();
  if (generative == nullptr) return refuse(not_generative(*model.card));
  if (const Status suits = generator_.check(*generative); !suits.ok()) return refuse(suits);
  if (const Status fits = check_length(*generative, pending.request); !fits.ok()) {
    return refuse(fits);
  }
  const auto is_for_later = [&](const Status& status) {
    return status.code() == Code::kExhausted && patience == milliseconds(0);
  };
  const Result<Reservation> work =
      ledger_.reserve_patiently("requests", tokenizing_bytes(pending.request), patience);
  if (!work.ok()) return !is_for_later(work.status()) && refuse(work.status());
  Result<std::vector<text::TokenId>> prompt = prompt_ids(*generative, pending.request);
  if (!prompt.ok()) return refuse(prompt.status());
  if (const Status fits = check_prompt(*generative, pending.request, *prompt); !fits.ok()) {
    return refuse(fits, prompt->size());
  }
  Result<Reservation> bytes = ledger_.reserve_patiently(
      "requests", generation_bytes(*generative, pending.request, prompt->size()), patience);
  if (!bytes.ok()) return !is_for_later(bytes.status()) && refuse(bytes.status());
  auto job =
      std::make_shared<GenerationJob>(std::move(pending.request), generative, std::move(*prompt));
  job->bytes = std::move(*bytes);
  job->on_delta = std::move(pending.on_delta);
  job->done = using_model(model.use, std::move(pending.done));
  pending.ticket->attach(job);
  scheduler_.submit(std::move(job));
  return true;
}

}  // namespace quern::engine
