#include "engine/job_admission.h"

#include <utility>

#include <fmt/format.h>

#include "engine/job_queue.h"
#include "engine/request_bytes.h"

namespace quern::engine {

using std::chrono::milliseconds;

Response failed(Status status) {
  Response response;
  response.status = std::move(status);
  return response;
}

Admission JobAdmission::admit(Job& job, Request& request,
                              const std::shared_ptr<const ModelCard>& card, milliseconds patience) {
  const auto refuse = [&](Status status) {
    answer(job, failed(std::move(status)));
    return Admission::kAnswered;
  };
  Result<Plan> plan = plan_request(*card, request);
  std::vector<Input>& inputs = request.inputs;
  if (!plan.ok() || inputs.empty()) return refuse(plan.status());
  if (plan->scores_first) {
    inputs.insert(inputs.begin(), {.text = request.query, .text_pair = {}, .ids = {}});
  }
  Result<Reservation> bytes = ledger_.reserve_patiently(
      "requests", request_bytes(request, *card, *plan, pool_.n_threads()), patience);
  if (!bytes.ok()) {
    if (bytes.status().code() != Code::kExhausted || patience > milliseconds(0)) {
      return refuse(bytes.status());
    }
    if (plan->scores_first) inputs.erase(inputs.begin());
    return Admission::kLater;
  }
  job.bytes = std::move(*bytes);
  job.inputs = std::move(inputs);
  job.plan = std::move(*plan);
  job.work_class = request.work_class;
  job.deadline = request.deadline;
  job.card = card;
  job.response.head = {card, &card->as_encoder().folder.head};
  open_outcomes(job);
  set_context(job, nullptr);
  return Admission::kDone;
}

// Rows of late interaction become scores in order, the query's first: those are computed.
void JobAdmission::set_context(Job& job, const std::shared_ptr<const LoadedWeights>& weights) {
  if (results_ == nullptr || job.plan.scores_first || job.context) return;
  job.results = results_;
  job.context = results_->context(*job.card, job.plan.form, weights);
}

bool JobAdmission::answer_found(Job& job, std::optional<KeepAlive> keep_alive,
                                const std::function<bool()>& is_enough) {
  if (!job.context) return false;
  OutcomeBook book(counters_, pool_);
  encode_until(job, is_enough, book);
  if (job.n_left > 0) return false;
  job.done = using_model(models_.begin_use(*job.card, keep_alive), std::move(job.done));
  return answer_if_done(job);
}

bool JobAdmission::answer_if_done(Job& job) {
  if (job.n_left > 0) return false;
  job.card.reset();
  job.model.reset();
  job.bytes = Reservation();
  answer(job, std::move(job.response));
  return true;
}

bool JobAdmission::take_weights(Job& job, const LoadedModel& model) {
  if (model.card->key != job.card->key) {
    answer(job,
           failed({Code::kUnavailable,
                   fmt::format("model '{}' was replaced while it was loaded", job.card->name)}));
    return false;
  }
  set_context(job, model.weights);  // It may need what loading found out.
  job.model = model.servable();
  job.done = using_model(model.use, std::move(job.done));
  return true;
}

}  // namespace quern::engine
