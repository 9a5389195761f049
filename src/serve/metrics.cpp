#include "serve/metrics.h"

#include <chrono>

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/machine.h"
#include "serve/json/json_text.h"
#include "serve/timings.h"

namespace quern::serve {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

/// Families made at the moment of asking, from counts kept elsewhere.
class Page {
 public:
  explicit Page(std::vector<MetricFamily> families) : families_(std::move(families)) {}

  void add(MetricType type, const std::string& name, const std::string& help, double value) {
    family(type, name, help);
    add_value(value, {});
  }

  void family(MetricType type, const std::string& name, const std::string& help) {
    families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
  }

  /// To the family made last.
  void add_value(double value, std::vector<ClientMetric::Label> labels) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (families_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    families_.back().metric.push_back(std::move(metric));
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_engine_counts(const engine::Stats& stats, Page& page) {
  using enum MetricType;
  page.add(Counter, "quern_texts_total", "Inputs answered by the engine.",
           static_cast<double>(stats.n_texts));
  page.add(Counter, "quern_tokens_total", "Tokens the models saw.",
           static_cast<double>(stats.n_tokens));
  page.add(Counter, "quern_batches_total", "Forward passes.", static_cast<double>(stats.n_batches));
  page.add(Counter, "quern_texts_failed_total", "Inputs that failed.",
           static_cast<double>(stats.n_failed));
  page.add(Counter, "quern_texts_truncated_total", "Inputs that were cut to fit.",
           static_cast<double>(stats.n_truncated));
  page.add(Counter, "quern_busy_seconds_total", "Time in forward passes.", stats.busy_seconds);
  page.add(Gauge, "quern_queued_texts", "Inputs waiting for a batch.", stats.n_queued);
}

void add_result_counts(const engine::ResultCacheStats& r, Page& page) {
  using enum MetricType;
  const auto add = [&page](MetricType type, const char* name, const char* help, auto value) {
    page.add(type, name, help, static_cast<double>(value));
  };
  page.family(Counter, "quern_cache_lookups_total",
              "Inputs whose results were looked for, by where they were found.");
  page.add_value(static_cast<double>(r.n_memory_hits), {{"result", "memory"}});
  page.add_value(static_cast<double>(r.n_disk_hits), {{"result", "disk"}});
  page.add_value(static_cast<double>(r.n_misses), {{"result", "miss"}});
  add(Counter, "quern_cache_coalesced_total",
      "Misses that were equal to an input being computed, and had its result.", r.n_coalesced);
  add(Counter, "quern_cache_unusable_total", "Results that were damaged, and removed.",
      r.n_unusable);
  add(Counter, "quern_cache_admitted_total", "Results that memory took in.", r.n_admitted);
  add(Counter, "quern_cache_rejected_total",
      "Results that it did not: what it holds was asked for more often, or memory was short.",
      r.n_rejected);
  add(Counter, "quern_cache_evicted_total", "Results that memory let go of.", r.n_evicted);
  add(Gauge, "quern_cache_results", "Results in memory.", r.n_items);
  add(Gauge, "quern_cache_bytes", "Bytes that they take, tables included.", r.n_bytes);
  if (!r.has_disk) return;
  add(Counter, "quern_cache_disk_written_total", "Results written to disk.", r.n_disk_written);
  add(Counter, "quern_cache_disk_dropped_total",
      "Results not written: the disk was full or too slow.", r.n_disk_dropped);
  add(Counter, "quern_cache_disk_evicted_total", "Results removed from disk to make room.",
      r.n_disk_evicted);
  add(Gauge, "quern_cache_disk_results", "Results on disk.", r.n_disk_items);
  add(Gauge, "quern_cache_disk_bytes", "Bytes of the results on disk.", r.n_disk_bytes);
}

void add_generation_counts(const engine::Stats& stats, Page& page) {
  using enum MetricType;
  page.add(Counter, "quern_generations_total", "Texts that were asked for.",
           static_cast<double>(stats.n_generations));
  page.add(Counter, "quern_prompt_tokens_total", "Prompt tokens computed.",
           static_cast<double>(stats.n_prompt_tokens));
  page.add(Counter, "quern_cached_tokens_total", "Prompt tokens found in the cache instead.",
           static_cast<double>(stats.n_cached_tokens));
  page.add(Counter, "quern_generated_tokens_total", "Tokens generated.",
           static_cast<double>(stats.n_generated_tokens));
  page.add(Counter, "quern_set_back_total", "Texts whose memory went to others for a while.",
           static_cast<double>(stats.n_set_back));
  page.add(Counter, "quern_generate_seconds_total", "Time in steps of generating models.",
           stats.generate_seconds);
  page.add(Gauge, "quern_generating", "Texts being generated.", stats.n_generating);
  page.add(Gauge, "quern_generations_waiting", "Texts waiting to be generated.",
           stats.n_generations_waiting);
}

/// Of collections that searched by a graph; recall once it was measured.
void add_recalls(const std::map<std::string, store::RecallCounts>& recalls, Page& page) {
  using enum MetricType;
  const auto add = [&](MetricType type, const char* name, const char* help, const auto& value) {
    page.family(type, name, help);
    for (const auto& [collection, counts] : recalls) {
      if (counts.n_searches == 0) continue;
      page.add_value(static_cast<double>(value(counts)), {{"collection", collection}});
    }
  };
  using Counts = store::RecallCounts;
  add(Counter, "quern_graph_searches_total", "Searches of a collection that used a graph.",
      [](const Counts& c) { return c.n_searches; });
  add(Counter, "quern_recall_receipts_total", "Of those, done again exactly.",
      [](const Counts& c) { return c.n_receipts; });
  page.family(Gauge, "quern_recall_at_10",
              "Of the ten nearest documents of those, how many the graph had found.");
  for (const auto& [collection, counts] : recalls) {
    if (counts.n_receipts > 0) page.add_value(counts.recall(), {{"collection", collection}});
  }
}

void add_dialogues(const DialogueFigures& figures, Page& page) {
  using enum MetricType;
  const apps::DialogueCacheStats& c = figures.cache;
  const auto number = [](auto value) { return static_cast<double>(value); };
  page.family(Counter, "quern_dialogue_cache_lookups_total",
              "Dialogues whose prediction was looked for, by whether it was there.");
  page.add_value(number(c.n_prediction_hits), {{"result", "hit"}});
  page.add_value(number(c.n_prediction_misses), {{"result", "miss"}});
  page.family(Counter, "quern_dialogue_turns_total",
              "Turns of dialogues that were not there: their state was, or they were heard.");
  page.add_value(number(c.n_turns_known), {{"result", "known"}});
  page.add_value(number(c.n_turns_heard), {{"result", "heard"}});
  page.add(Counter, "quern_dialogue_shared_total",
           "Dialogues that were equal to another one of their batch.", number(c.n_shared));
  page.add(Counter, "quern_dialogue_cache_evicted_total", "Predictions and states let go of.",
           number(c.n_evicted));
  page.add(Gauge, "quern_dialogue_cache_bytes", "Bytes of predictions and states.",
           number(c.n_bytes));
  page.add(Gauge, "quern_dialogue_conversations", "Conversations that are remembered.",
           number(figures.n_conversations));
  page.add(Counter, "quern_dialogue_expired_total", "Idle conversations that made room.",
           number(figures.n_expired));
}

void add_answers(const apps::AnswerCacheStats& stats, Page& page) {
  using enum MetricType;
  const auto number = [](auto value) { return static_cast<double>(value); };
  page.family(Counter, "quern_answer_cache_lookups_total",
              "Questions to papers, by whether their answer was there.");
  page.add_value(number(stats.n_hits), {{"result", "hit"}});
  page.add_value(number(stats.n_misses), {{"result", "miss"}});
  page.add(Counter, "quern_answer_cache_evicted_total", "Answers let go of.",
           number(stats.n_evicted));
  page.add(Gauge, "quern_answer_cache_answers", "Answers that are kept.", number(stats.n_answers));
  page.add(Gauge, "quern_answer_cache_bytes", "Bytes of them.", number(stats.n_bytes));
  page.add(Gauge, "quern_answer_cache_limit_bytes", "Bytes that they may take.",
           number(stats.max_bytes));
}

void add_memory(const engine::Stats& stats, Page& page) {
  using enum MetricType;
  page.add(Gauge, "quern_memory_limit_bytes", "The byte ledger's limit.",
           static_cast<double>(stats.memory_limit_bytes));
  page.add(Gauge, "quern_memory_used_bytes", "Bytes reserved in the ledger.",
           static_cast<double>(stats.memory_used_bytes));
  page.add(Gauge, "quern_memory_unaccounted_bytes",
           "Resident set less what is reserved; below 0: reserved and not touched.",
           static_cast<double>(resident_bytes()) - static_cast<double>(stats.memory_used_bytes));
  page.family(Gauge, "quern_memory_tenant_bytes", "Bytes reserved in the ledger, by who.");
  std::map<std::string, std::size_t> models;
  for (const ByteLedger::Tenant& tenant : stats.tenants) {
    page.add_value(static_cast<double>(tenant.bytes), {{"tenant", tenant.name}});
    const std::size_t slash = tenant.name.find('/');
    if (slash != std::string::npos) models[tenant.name.substr(slash + 1)] += tenant.bytes;
  }
  page.family(Gauge, "model_memory_usage_bytes", "Bytes a model holds: weights and tokenizer.");
  for (const auto& [model, bytes] : models) {
    page.add_value(static_cast<double>(bytes), {{"model", model}});
  }
}

prometheus::Counter& add_counter(prometheus::Registry& registry, const char* name,
                                 const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& add_seconds(prometheus::Registry& registry, const char* name,
                                   const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, kSeconds);
}

/// Of the requests to encoders of one kind.
struct EncoderMetrics {
  prometheus::Counter& n_made;
  prometheus::Histogram& latency;
  prometheus::Histogram& queue_time;
};

}  // namespace

struct Metrics::Impl {
  Timings timings;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      BuildCounter()
          .Name("quern_http_requests_total")
          .Help("Requests over, by route and status.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      BuildHistogram()
          .Name("quern_http_request_duration_seconds")
          .Help("From the complete request to the last byte of the answer.")
          .Register(registry);
  prometheus::Gauge& in_flight = BuildGauge()
                                     .Name("quern_http_requests_in_flight")
                                     .Help("Requests being answered.")
                                     .Register(registry)
                                     .Add({});
  EncoderMetrics embedding = {
      .n_made = add_counter(registry, "embeddings_generated_total",
                            "Vectors made for requests to this server."),
      .latency = add_seconds(registry, "embedding_latency_seconds",
                             "One embedding request in the engine, waiting included."),
      .queue_time = add_seconds(registry, "quern_embedding_queue_seconds",
                                "Until the first batch with one of its inputs.")};
  EncoderMetrics scoring = {
      .n_made = add_counter(registry, "quern_texts_scored_total",
                            "Texts and pairs that were scored: reranked, classified."),
      .latency = add_seconds(registry, "quern_scoring_latency_seconds",
                             "One request for scores in the engine, waiting included."),
      .queue_time = add_seconds(registry, "quern_scoring_queue_seconds",
                                "Until the first batch with one of its inputs.")};
  prometheus::Counter& nli_pairs =
      add_counter(registry, "nli_pairs_verified_total", "Pairs that an NLI model judged.");
  prometheus::Histogram& nli_latency =
      add_seconds(registry, "nli_latency_seconds", "The pairs of a claim or request, judged.");
  prometheus::Histogram& claim_latency =
      add_seconds(registry, "verification_e2e_latency_seconds",
                  "A claim, from its text to its verdict; waiting for its turn is not in it.");
  prometheus::Counter& dialogue_predictions =
      add_counter(registry, "quern_dialogue_predictions_total",
                  "Dialogues and conversations of which was said what may come next.");
  prometheus::Histogram& dialogue_latency =
      add_seconds(registry, "quern_dialogue_seconds", "One request for it, from its JSON to it.");
  prometheus::Histogram& first_token =
      add_seconds(registry, "quern_time_to_first_token_seconds",
                  "From the request to the first token of an answer, waiting included.");
  prometheus::Histogram& next_token =
      add_seconds(registry, "quern_time_per_token_seconds",
                  "Between two tokens of an answer, averaged over the answer.");
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::request_started() { impl_->in_flight.Increment(); }

void Metrics::request_finished(const Finished& finished) {
  const bool has_route = !finished.route.empty();
  if (has_route) impl_->in_flight.Decrement();
  const std::string route = has_route ? finished.route : "none";
  impl_->requests.Add({{"route", route}, {"status", std::to_string(finished.status)}}).Increment();
  if (!has_route) return;
  impl_->durations.Add({{"route", route}}, kSeconds).Observe(finished.seconds);
  impl_->timings.add(Timings::Kind::kEndpoint, route, finished.seconds);
}

void Metrics::encoded(engine::Task task, const engine::Response& response, double seconds) {
  if (!response.status.ok()) return;
  double n_made = 0;
  for (const engine::Outcome& outcome : response.outcomes) n_made += outcome.status.ok() ? 1 : 0;
  EncoderMetrics& metrics = task == engine::Task::kEmbed ? impl_->embedding : impl_->scoring;
  metrics.n_made.Increment(n_made);
  metrics.latency.Observe(seconds);
  metrics.queue_time.Observe(response.queue_ms / 1e3);
  const bool embeds = task == engine::Task::kEmbed;
  const auto add = [&](const char* name, double s) {
    impl_->timings.add(Timings::Kind::kStage, name, s);
  };
  add(embeds ? "embedding: queue" : "scoring: queue", response.queue_ms / 1e3);
  add(embeds ? "embedding: forward" : "scoring: forward", response.compute_ms / 1e3);
  add(embeds ? "embedding: whole" : "scoring: whole", seconds);
}

void Metrics::generated(const engine::GenerateResult& result, double first_token_s) {
  if (result.n_tokens > 0) impl_->first_token.Observe(first_token_s);
  if (result.n_tokens > 1) {
    impl_->next_token.Observe(result.decode_ms / 1e3 / (result.n_tokens - 1));
  }
  if (result.n_tokens == 0) return;
  const auto add = [&](const char* name, double s) {
    impl_->timings.add(Timings::Kind::kStage, name, s);
  };
  add("generation: queue", result.queue_ms / 1e3);
  add("generation: prompt", result.prompt_ms / 1e3);
  add("generation: first token", first_token_s);
  if (result.n_tokens > 1) {
    add("generation: token", result.decode_ms / 1e3 / (result.n_tokens - 1));
  }
}

void Metrics::pairs_judged(long n_pairs, double seconds) {
  impl_->nli_pairs.Increment(static_cast<double>(n_pairs));
  impl_->nli_latency.Observe(seconds);
  impl_->timings.add(Timings::Kind::kStage, "claims: nli", seconds);
}

void Metrics::claim_verified(double seconds) {
  impl_->claim_latency.Observe(seconds);
  impl_->timings.add(Timings::Kind::kStage, "claims: whole", seconds);
}

void Metrics::dialogues_predicted(long n, double seconds) {
  impl_->dialogue_predictions.Increment(static_cast<double>(n));
  impl_->dialogue_latency.Observe(seconds);
  impl_->timings.add(Timings::Kind::kStage, "dialogue: whole", seconds);
}

std::string Metrics::take_summary() { return impl_->timings.take_line(); }

std::string Metrics::stats_json(const engine::Engine& engine) const {
  const engine::Stats stats = engine.stats();
  const auto uptime = std::chrono::steady_clock::now() - impl_->start;
  std::string out = fmt::format(
      "{{\"version\":\"{}\",\"uptime_s\":{:.1f},\"threads\":{},\"endpoints\":{},\"stages\":{}",
      QUERN_VERSION, std::chrono::duration<double>(uptime).count(), engine.n_threads(),
      impl_->timings.json(Timings::Kind::kEndpoint), impl_->timings.json(Timings::Kind::kStage));
  out += fmt::format(
      ",\"encoders\":{{\"texts\":{},\"failed\":{},\"truncated\":{},\"tokens\":{},\"batches\":{},"
      "\"busy_s\":{:.3f},\"waiting\":{}}}",
      stats.n_texts, stats.n_failed, stats.n_truncated, stats.n_tokens, stats.n_batches,
      stats.busy_seconds, stats.n_queued);
  out += fmt::format(
      ",\"generators\":{{\"texts\":{},\"prompt_tokens\":{},\"cached_tokens\":{},\"tokens\":{},"
      "\"busy_s\":{:.3f},\"running\":{},\"waiting\":{}}}",
      stats.n_generations, stats.n_prompt_tokens, stats.n_cached_tokens, stats.n_generated_tokens,
      stats.generate_seconds, stats.n_generating, stats.n_generations_waiting);
  out += fmt::format(
      ",\"memory\":{{\"limit_bytes\":{},\"used_bytes\":{},\"resident_bytes\":{},"
      "\"tenants\":{{",
      stats.memory_limit_bytes, stats.memory_used_bytes, resident_bytes());
  for (const ByteLedger::Tenant& tenant : stats.tenants) {
    if (out.back() != '{') out += ',';
    append_json_string(out, tenant.name);
    out += fmt::format(":{}", tenant.bytes);
  }
  return out + "}}}\n";
}

std::string Metrics::render(const engine::Engine& engine, int n_connections,
                            const std::map<std::string, store::RecallCounts>& recalls,
                            const std::optional<DialogueFigures>& dialogues,
                            const std::optional<apps::AnswerCacheStats>& answers) const {
  using enum MetricType;
  Page page(impl_->registry.Collect());
  const engine::Stats stats = engine.stats();
  add_engine_counts(stats, page);
  if (stats.results) add_result_counts(*stats.results, page);
  add_generation_counts(stats, page);
  add_memory(stats, page);
  add_recalls(recalls, page);
  if (dialogues) add_dialogues(*dialogues, page);
  if (answers) add_answers(*answers, page);
  page.add(Gauge, "quern_threads", "Threads that compute.", engine.n_threads());
  page.add(Gauge, "quern_http_connections", "Open connections.", n_connections);
  page.add(Gauge, "process_resident_memory_bytes", "Resident set of the process.",
           static_cast<double>(resident_bytes()));
  page.family(Gauge, "quern_build_info", "Always 1; the version is a label.");
  page.add_value(1, {{"version", QUERN_VERSION}});
  return page.text();
}

}  // namespace quern::serve
