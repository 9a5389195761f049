#include "cli/load_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/progress.h"
#include "cli/svg_chart.h"

namespace quern::cli {
namespace {

using nlohmann::ordered_json;

constexpr double kHighCpu = 0.8;        // Of the one core that the client has.
constexpr std::int64_t kLateUs = 5000;  // The client's own lateness that spoils what it measures.

struct Percentile {
  const char* name;
  double q;
};
constexpr Percentile kPercentiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}};

double ms(std::int64_t us) { return static_cast<double>(us) / 1e3; }

long n_errors(const net::LoadResult& result) {
  long n = result.n_unanswered;
  for (const auto& [kind, count] : result.errors) n += count;
  return n;
}

double per_second(const LoadReport& report, long n) {
  return static_cast<double>(n) / report.result.seconds;
}

double cpu_share(const net::LoadResult& result) { return result.cpu_seconds / result.seconds; }

/// Sentences on what the numbers are worth; none where nothing is wrong with them.
std::vector<std::string> cautions(const LoadReport& report) {
  const net::LoadResult& result = report.result;
  std::vector<std::string> out;
  if (cpu_share(result) > kHighCpu) {
    out.push_back(fmt::format(
        "this client used {:.0f} % of the one core it runs on: it may be the bottleneck",
        100 * cpu_share(result)));
  }
  if (report.is_open && result.lag.quantile_us(0.99) > kLateUs) {
    out.push_back(
        fmt::format("99 % of the requests left up to {:.1f} ms late: all connections were "
                    "busy, or this client or its machine were",
                    ms(result.lag.quantile_us(0.99))));
  }
  if (!report.is_open) {
    out.emplace_back(
        "a closed loop waits while the server stalls, which hides the stall from the "
        "percentiles; --rate measures what users would feel");
  }
  if (result.latency.count() < 1000) {
    out.push_back(
        fmt::format("only {} answers: p99.9 is the slowest one", grouped(result.latency.count())));
  }
  return out;
}

std::string row_of(const char* name, const LatencyHistogram& histogram) {
  std::string row =
      fmt::format("{:22} {:9.2f} {:9.2f}", name, histogram.mean_us() / 1e3, ms(histogram.min_us()));
  for (const Percentile& each : kPercentiles) {
    row += fmt::format(" {:9.2f}", ms(histogram.quantile_us(each.q)));
  }
  return row + fmt::format(" {:9.2f}\n", ms(histogram.max_us()));
}

ordered_json json_of(const LatencyHistogram& histogram) {
  ordered_json out = {{"count", histogram.count()},
                      {"mean", histogram.mean_us() / 1e3},
                      {"min", ms(histogram.min_us())}};
  for (const Percentile& each : kPercentiles) out[each.name] = ms(histogram.quantile_us(each.q));
  out["max"] = ms(histogram.max_us());
  return out;
}

double round_up(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(std::max(value, 1e-3))));
  for (const double step : {1.0, 2.0, 5.0, 10.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

Chart time_chart(const LoadReport& report) {
  const net::LoadResult& result = report.result;
  ChartSeries median{.name = "p50", .colour = "#2a78d6", .points = {}};
  ChartSeries high{.name = "p99", .colour = "#d6572a", .points = {}};
  ChartSeries errors{.name = "errors", .colour = "#b00020", .points = {}, .is_bars = true};
  double top = 0.1;
  for (std::size_t i = 0; i < result.intervals.size(); ++i) {
    const net::LoadInterval& each = result.intervals[i];
    const double at = (static_cast<double>(i) + 0.5) * result.interval_s;
    if (each.latency.count() == 0) continue;
    median.points.emplace_back(at, ms(each.latency.quantile_us(0.5)));
    high.points.emplace_back(at, ms(each.latency.quantile_us(0.99)));
    top = std::max(top, high.points.back().second);
  }
  top = round_up(top);
  for (std::size_t i = 0; i <= result.intervals.size(); ++i) {
    const bool has = i < result.intervals.size() && result.intervals[i].n_errors > 0;
    errors.points.emplace_back(static_cast<double>(i) * result.interval_s, has ? top / 25 : 0);
  }
  return {.title = "Latency over time (ms, by the intended start of the request)",
          .x = {.title = "seconds", .from = 0, .to = std::max(result.seconds, 0.1)},
          .y = {.title = "ms", .from = 0, .to = top},
          .series = {median, high, errors}};
}

Chart histogram_chart(const LoadReport& report) {
  const LatencyHistogram& latency = report.result.latency;
  const double from = std::max(0.01, ms(latency.min_us()) * 0.8);
  const double to = std::max(from * 2, ms(latency.max_us()) * 1.25);
  constexpr int kBars = 80;
  ChartSeries bars{.name = "answers", .colour = "#2a78d6", .points = {}, .is_bars = true};
  double top = 0;
  for (int i = 0; i <= kBars; ++i) {
    const auto edge = [&](int at) {
      return from * std::pow(to / from, static_cast<double>(at) / kBars);
    };
    const auto below = [&](int at) {
      return latency.share_below(static_cast<std::int64_t>(edge(at) * 1e3));
    };
    const double share = i < kBars ? 100 * (below(i + 1) - below(i)) : 0;
    bars.points.emplace_back(edge(i), share);
    top = std::max(top, share);
  }
  return {.title = "How often which latency (% of answers)",
          .x = {.title = "ms, logarithmic", .kind = AxisKind::kLog, .from = from, .to = to},
          .y = {.title = "%", .from = 0, .to = round_up(top)},
          .series = {bars}};
}

Chart percentile_chart(const LoadReport& report) {
  // Over 1 / (1 - q): each decade is one more nine.
  ChartSeries corrected{.name = "from intended start", .colour = "#d6572a", .points = {}};
  ChartSeries naive{.name = "from sending", .colour = "#8899aa", .points = {}};
  constexpr double kMaxNines = 4;
  for (double nines = 0; nines <= kMaxNines + 1e-9; nines += 0.05) {
    const double x = std::pow(10.0, nines);
    corrected.points.emplace_back(x, ms(report.result.latency.quantile_us(1 - 1 / x)));
    naive.points.emplace_back(x, ms(report.result.service.quantile_us(1 - 1 / x)));
  }
  const double top = round_up(std::max(0.1, corrected.points.back().second));
  return {
      .title = "Latency by percentile (ms)",
      .x = {.title = "percentile",
            .kind = AxisKind::kLog,
            .from = 1,
            .to = std::pow(10.0, kMaxNines),
            .ticks =
                {{1, "0"}, {2, "50"}, {10, "90"}, {100, "99"}, {1000, "99.9"}, {10000, "99.99"}}},
      .y = {.title = "ms", .from = 0, .to = top},
      .series = {naive, corrected}};
}

constexpr const char* kStyle =
    "body{font:15px/1.45 sans-serif;color:#112;max-width:900px;margin:24px auto;padding:0 12px}"
    "table{border-collapse:collapse;margin:12px 0}td,th{padding:3px 10px;text-align:right;"
    "border-bottom:1px solid #dde}td:first-child,th:first-child{text-align:left}"
    ".caution{background:#fff4d6;padding:6px 10px;margin:6px 0}svg{max-width:100%;height:auto}";

std::string html_row(const char* name, const LatencyHistogram& histogram) {
  std::string row = fmt::format("<tr><td>{}</td><td>{:.2f}</td><td>{:.2f}</td>", name,
                                histogram.mean_us() / 1e3, ms(histogram.min_us()));
  for (const Percentile& each : kPercentiles) {
    row += fmt::format("<td>{:.2f}</td>", ms(histogram.quantile_us(each.q)));
  }
  return row + fmt::format("<td>{:.2f}</td></tr>\n", ms(histogram.max_us()));
}

std::string html_errors(const net::LoadResult& result) {
  if (n_errors(result) == 0) return "<p>No errors.</p>\n";
  std::string out = "<table><tr><th>error</th><th>count</th><th>the first one</th></tr>\n";
  for (const auto& [kind, n] : result.errors) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", escaped_html(kind), n,
                       escaped_html(result.examples.at(kind)));
  }
  if (result.n_unanswered > 0) {
    out += fmt::format("<tr><td>no answer by the end</td><td>{}</td><td></td></tr>\n",
                       result.n_unanswered);
  }
  return out + "</table>\n";
}

std::string summary_of(const LoadReport& report) {
  const net::LoadResult& result = report.result;
  std::string out =
      fmt::format("{} requests in {:.1f} s, {:.1f} good answers/s", grouped(result.n_sent),
                  result.seconds, per_second(report, result.latency.count()));
  if (report.n_inputs > 1) {
    out += fmt::format(" ({:.1f} texts/s)",
                       per_second(report, result.latency.count() * report.n_inputs));
  }
  if (report.is_stream)
    out += fmt::format(", {:.1f} tokens/s", per_second(report, result.n_tokens));
  return out + fmt::format(", {} errors, {} retries, {} connections, client {:.0f} % of a core",
                           grouped(n_errors(result)), grouped(result.n_retries),
                           result.n_connections, 100 * cpu_share(result));
}

}  // namespace

std::string load_table(const LoadReport& report) {
  const net::LoadResult& result = report.result;
  std::string out = fmt::format("{}\n{}, {}\n{}\n\n{:22} {:>9} {:>9}", report.url, report.load,
                                report.texts, summary_of(report), "ms", "average", "min");
  for (const Percentile& each : kPercentiles) out += fmt::format(" {:>9}", each.name);
  out += fmt::format(" {:>9}\n", "max") + row_of("latency", result.latency);
  if (report.is_open) out += row_of("  from sending on", result.service);
  if (report.is_stream) {
    out += row_of("first token", result.first) + row_of("each further token", result.per_token);
  }
  out += fmt::format("percentiles are within {:.1f} %\n", 100 * result.latency.precision());
  for (const auto& [kind, n] : result.errors) {
    out += fmt::format("error: {} times {}: {}\n", n, kind, result.examples.at(kind));
  }
  if (result.n_unanswered > 0) {
    out += fmt::format("error: {} requests had no answer by the end\n", result.n_unanswered);
  }
  for (const std::string& caution : cautions(report)) out += "note: " + caution + "\n";
  return out;
}

std::string load_json(const LoadReport& report) {
  const net::LoadResult& result = report.result;
  ordered_json out = {{"url", report.url},
                      {"model", report.model},
                      {"load", report.load},
                      {"texts", report.texts},
                      {"seconds", result.seconds},
                      {"requests", result.n_sent},
                      {"good", result.latency.count()},
                      {"good_per_second", per_second(report, result.latency.count())},
                      {"inputs_per_request", report.n_inputs},
                      {"latency_ms", json_of(result.latency)},
                      {"latency_from_sending_ms", json_of(result.service)}};
  if (report.is_open) out["wanted_per_second"] = report.rate;
  if (report.is_stream) {
    out["first_token_ms"] = json_of(result.first);
    out["per_token_ms"] = json_of(result.per_token);
    out["tokens"] = result.n_tokens;
    out["tokens_per_second"] = per_second(report, result.n_tokens);
  }
  out["errors"] = result.errors;
  out["error_examples"] = result.examples;
  out["unanswered"] = result.n_unanswered;
  out["retries"] = result.n_retries;
  out["connections"] = result.n_connections;
  out["answer_bytes"] = result.n_answer_bytes;
  out["client"] = {{"cpu_share", cpu_share(result)}, {"late_ms", json_of(result.lag)}};
  out["percentile_precision"] = result.latency.precision();
  out["notes"] = cautions(report);
  ordered_json intervals = ordered_json::array();
  for (const net::LoadInterval& each : result.intervals) {
    intervals.push_back({{"count", each.latency.count()},
                         {"p50", ms(each.latency.quantile_us(0.5))},
                         {"p99", ms(each.latency.quantile_us(0.99))},
                         {"errors", each.n_errors}});
  }
  out["interval_s"] = result.interval_s;
  out["intervals"] = std::move(intervals);
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string load_html(const LoadReport& report) {
  const net::LoadResult& result = report.result;
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Load on {0}</title>"
      "<style>{1}</style></head><body>\n<h1>Load on {0}</h1>\n<p>{2}, model {3}, {4}<br>{5}</p>\n",
      escaped_html(report.url), kStyle, escaped_html(report.load), escaped_html(report.model),
      escaped_html(report.texts), escaped_html(summary_of(report)));
  for (const std::string& caution : cautions(report)) {
    out += "<p class=\"caution\">" + escaped_html(caution) + "</p>\n";
  }
  out += "<table><tr><th>ms</th><th>average</th><th>min</th>";
  for (const Percentile& each : kPercentiles) out += fmt::format("<th>{}</th>", each.name);
  out += "<th>max</th></tr>\n" + html_row("latency", result.latency);
  if (report.is_open) out += html_row("from sending on", result.service);
  if (report.is_stream) {
    out += html_row("first token", result.first) + html_row("each further token", result.per_token);
  }
  out += "</table>\n" + html_errors(result);
  for (const Chart& chart :
       {time_chart(report), histogram_chart(report), percentile_chart(report)}) {
    out += svg_of(chart);
  }
  return out + fmt::format(
                   "<p>Percentiles are within {:.1f} % of the values measured.</p>\n"
                   "</body></html>\n",
                   100 * result.latency.precision());
}

}  // namespace quern::cli
