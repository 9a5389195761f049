#include "cli/profile_report.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/byte_ledger.h"
#include "cli/bench_report.h"
#include "cli/svg_chart.h"

namespace quern::cli {
namespace {

using nlohmann::ordered_json;

constexpr const char* kRest = "rest of the passes";
constexpr const char* kLoad = "load";
constexpr double kMostOfReading = 1.5;  // More than chance: from caches, not from memory.

StageRow row_of(std::string name, const std::vector<double>& ms, double total_s) {
  StageRow row{.name = std::move(name), .count = static_cast<long>(ms.size()), .total_s = total_s};
  if (ms.empty()) return row;
  const auto [least, most] = std::minmax_element(ms.begin(), ms.end());
  row.min_ms = *least;
  row.max_ms = *most;
  row.mean_ms = std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size());
  row.p50_ms = quantile(ms, 0.5);
  row.p95_ms = quantile(ms, 0.95);
  row.p99_ms = quantile(ms, 0.99);
  return row;
}

/// Of one stage, over all threads.
struct Sum {
  std::vector<double> ms;
  double machine_s = 0;
  double n_ops = 0;
  double weight_bytes = 0;
};

std::array<Sum, kStages> sums_of(const ProfileReport& report) {
  std::array<Sum, kStages> sums;
  for (const StageRecord& record : report.records) {
    Sum& sum = sums[static_cast<std::size_t>(record.stage)];
    const double seconds = static_cast<double>(record.ns) / 1e9;
    sum.ms.push_back(1e3 * seconds);
    sum.machine_s += seconds * record.n_threads / report.n_threads;
    sum.n_ops += record.n_ops;
    sum.weight_bytes += record.weight_bytes;
  }
  return sums;
}

double forward_seconds(const std::array<Sum, kStages>& sums) {
  return sums[static_cast<std::size_t>(Stage::kForward)].machine_s;
}

double rest_seconds(const std::array<Sum, kStages>& sums) {
  double rest = forward_seconds(sums);
  for (int i = 0; i < kStages; ++i) {
    if (is_in_forward(static_cast<Stage>(i))) rest -= sums[static_cast<std::size_t>(i)].machine_s;
  }
  return std::max(0.0, rest);
}

std::string row_text(const StageRow& row, double whole) {
  return fmt::format(
      "{:22} {:>8} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>6}\n",
      row.name, row.count, row.mean_ms, row.p50_ms, row.p95_ms, row.p99_ms, row.min_ms, row.max_ms,
      row.total_s, whole > 0 ? fmt::format("{:.1f} %", 100 * row.total_s / whole) : "");
}

std::map<std::string, std::size_t> peaks_of(const ProfileReport& report) {
  std::map<std::string, std::size_t> peaks;
  for (const MemorySample& sample : report.memory) {
    for (const auto& [name, n] : sample.tenants) peaks[name] = std::max(peaks[name], n);
    auto& resident = peaks["(resident set of the process)"];
    resident = std::max(resident, sample.resident_bytes);
  }
  return peaks;
}

std::string speed_text(const ProfileReport& report) {
  return fmt::format(
      "{:.1f} {}/s at once, {:.2f} ms for one alone (median of {}), loaded in {:.2f} s",
      report.at_once.rate(), unit_of(report.service),
      report.single_ms.empty() ? 0 : quantile(report.single_ms, 0.5), report.single_ms.size(),
      report.load_s);
}

}  // namespace

std::vector<StageRow> stage_rows(const ProfileReport& report) {
  const std::array<Sum, kStages> sums = sums_of(report);
  std::vector<StageRow> rows = {row_of(kLoad, {1e3 * report.load_s}, report.load_s),
                                row_of("queue", report.at_once.queue_ms, 0),
                                row_of("one alone", report.single_ms, 0)};
  for (int i = 0; i < kStages; ++i) {
    const Sum& sum = sums[static_cast<std::size_t>(i)];
    if (sum.ms.empty()) continue;
    const auto stage = static_cast<Stage>(i);
    rows.push_back(row_of((is_in_forward(stage) ? "  " : "") + std::string(stage_name(stage)),
                          sum.ms, sum.machine_s));
  }
  rows.push_back(row_of(kRest, {}, rest_seconds(sums)));
  return rows;
}

std::vector<HotOperation> hot_operations(const ProfileReport& report) {
  std::vector<HotOperation> out;
  const std::array<Sum, kStages> sums = sums_of(report);
  for (int i = 0; i < kStages; ++i) {
    const Sum& sum = sums[static_cast<std::size_t>(i)];
    if (sum.n_ops <= 0 || sum.machine_s <= 0) continue;
    HotOperation hot{.name = stage_name(static_cast<Stage>(i)), .seconds = sum.machine_s};
    hot.gops = sum.n_ops / sum.machine_s / 1e9;
    hot.gbps = sum.weight_bytes / sum.machine_s / 1e9;
    const double of_peak = report.peak_gops > 0 ? hot.gops / report.peak_gops : 0;
    const double of_reading = report.read_gbps > 0 ? hot.gbps / report.read_gbps : 0;
    // Small weights come from caches much faster than memory gives them.
    hot.is_bound_by_reading = of_reading > of_peak && of_reading <= kMostOfReading;
    hot.share_of_peak = hot.is_bound_by_reading ? std::min(1.0, of_reading) : of_peak;
    out.push_back(std::move(hot));
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return out;
}

std::vector<Bottleneck> bottlenecks(const ProfileReport& report) {
  const std::array<Sum, kStages> sums = sums_of(report);
  // Once a start: it counts where it takes longer than the work.
  std::vector<Bottleneck> out = {{kLoad, report.load_s - forward_seconds(sums)}};
  const std::vector<HotOperation> hot = hot_operations(report);
  double best = 0;
  for (const HotOperation& each : hot) best = std::max(best, each.share_of_peak);
  for (const HotOperation& each : hot) {
    const double least = best > 0 ? each.seconds * each.share_of_peak / best : 0;
    out.push_back({each.name, each.seconds - least});
  }
  for (int i = 0; i < kStages; ++i) {
    const Sum& sum = sums[static_cast<std::size_t>(i)];
    if (sum.n_ops > 0 || static_cast<Stage>(i) == Stage::kForward) continue;
    out.push_back({stage_name(static_cast<Stage>(i)), sum.machine_s});
  }
  out.push_back({kRest, rest_seconds(sums)});
  std::erase_if(out, [](const Bottleneck& each) { return each.seconds <= 0; });
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return out;
}

FlameNode flame_of(const ProfileReport& report) {
  const std::array<Sum, kStages> sums = sums_of(report);
  FlameNode forward{.name = "forward passes", .seconds = forward_seconds(sums)};
  FlameNode root{.name = "profile", .children = {{.name = kLoad, .seconds = report.load_s}}};
  double inside = 0;
  for (int i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    const double seconds = sums[static_cast<std::size_t>(i)].machine_s;
    if (stage == Stage::kForward || seconds <= 0) continue;
    FlameNode& under = is_in_forward(stage) ? forward : root;
    under.children.push_back({.name = stage_name(stage), .seconds = seconds});
    if (is_in_forward(stage)) inside += seconds;
  }
  forward.seconds = std::max(forward.seconds, inside);
  root.children.push_back(std::move(forward));
  for (const FlameNode& child : root.children) root.seconds += child.seconds;
  return root;
}

std::string profile_text(const ProfileReport& report) {
  const std::vector<StageRow> rows = stage_rows(report);
  const std::array<Sum, kStages> sums = sums_of(report);
  double whole = forward_seconds(sums);
  for (int i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    if (!is_in_forward(stage) && stage != Stage::kForward) {
      whole += sums[static_cast<std::size_t>(i)].machine_s;
    }
  }
  std::string out = fmt::format("{}, {}, {} on {} threads, {} samples\n{}\n", report.model,
                                service_name(report.service), report.precision, report.n_threads,
                                report.n_samples, speed_text(report));
  const std::vector<Bottleneck> worst = bottlenecks(report);
  if (!worst.empty()) {
    out += fmt::format("bottleneck: {}, {:.3f} s that could be less\n", worst[0].name,
                       worst[0].seconds);
  }
  out += fmt::format("\n{:22} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6}\n", "stage, ms",
                     "count", "average", "p50", "p95", "p99", "min", "max", "total s", "share");
  for (const StageRow& row : rows) out += row_text(row, row.name == kLoad ? 0 : whole);
  if (report.n_lost > 0) out += fmt::format("({} records did not fit)\n", report.n_lost);
  out += fmt::format("\nhot operations; this machine reaches {:.0f} Gop/s and reads {:.1f} GB/s\n",
                     report.peak_gops, report.read_gbps);
  for (const HotOperation& hot : hot_operations(report)) {
    out +=
        fmt::format("  {:20} {:8.3f} s {:9.1f} Gop/s {:7.1f} GB/s of weights {:6.1f} % of the {}\n",
                    hot.name, hot.seconds, hot.gops, hot.gbps, 100 * hot.share_of_peak,
                    hot.is_bound_by_reading ? "reading speed" : "peak");
  }
  if (!report.memory.empty()) out += "\nmost memory, by who held it\n";
  for (const auto& [name, n] : peaks_of(report)) {
    out += fmt::format("  {:40} {:>10}\n", name, human_bytes(n));
  }
  out += "\nrecommendations\n";
  for (const Advice& each : report.advice) {
    out += fmt::format("  {}: {:.2f} times as fast; {}\n", each.what, each.gain, each.number);
  }
  if (report.advice.empty()) out += "  none: no setting that was tried is faster\n";
  return out;
}

std::string profile_json(const ProfileReport& report) {
  ordered_json out = {{"model", report.model},           {"service", service_name(report.service)},
                      {"precision", report.precision},   {"isa", report.isa},
                      {"threads", report.n_threads},     {"samples", report.n_samples},
                      {"load_s", report.load_s},         {"per_second", report.at_once.rate()},
                      {"unit", unit_of(report.service)}, {"tokens", report.at_once.n_tokens},
                      {"peak_gops", report.peak_gops},   {"read_gbps", report.read_gbps},
                      {"records_lost", report.n_lost}};
  for (const StageRow& row : stage_rows(report)) {
    const std::size_t at = row.name.find_first_not_of(' ');
    out["stages"][row.name.substr(at)] = {{"count", row.count},   {"average_ms", row.mean_ms},
                                          {"p50_ms", row.p50_ms}, {"p95_ms", row.p95_ms},
                                          {"p99_ms", row.p99_ms}, {"min_ms", row.min_ms},
                                          {"max_ms", row.max_ms}, {"total_s", row.total_s}};
  }
  out["bottlenecks"] = ordered_json::array();
  for (const Bottleneck& each : bottlenecks(report)) {
    out["bottlenecks"].push_back({{"name", each.name}, {"seconds", each.seconds}});
  }
  out["hot_operations"] = ordered_json::array();
  for (const HotOperation& hot : hot_operations(report)) {
    out["hot_operations"].push_back(
        {{"name", hot.name},
         {"seconds", hot.seconds},
         {"gops", hot.gops},
         {"weight_gbps", hot.gbps},
         {"share_of_peak", hot.share_of_peak},
         {"bound", hot.is_bound_by_reading ? "reading" : "arithmetic"}});
  }
  out["memory_peak_bytes"] = peaks_of(report);
  out["memory"] = ordered_json::array();
  for (const MemorySample& sample : report.memory) {
    out["memory"].push_back({{"at_s", sample.at_s},
                             {"resident_bytes", sample.resident_bytes},
                             {"tenants", sample.tenants}});
  }
  out["recommendations"] = ordered_json::array();
  for (const Advice& each : report.advice) {
    out["recommendations"].push_back(
        {{"what", each.what}, {"number", each.number}, {"gain", each.gain}});
  }
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string memory_svg(const ProfileReport& report) {
  constexpr const char* kColours[] = {"#2a78d6", "#d6572a", "#2a9d5c", "#8e44ad", "#b8860b"};
  std::vector<std::pair<std::size_t, std::string>> largest;
  for (const auto& [name, n] : peaks_of(report)) largest.emplace_back(n, name);
  std::sort(largest.rbegin(), largest.rend());
  largest.resize(std::min(largest.size(), std::size(kColours)));
  Chart chart{.title = "Memory over time, by who holds it (MB)",
              .x = {.title = "seconds", .to = 0.1},
              .y = {.title = "MB", .to = 1}};
  for (std::size_t i = 0; i < largest.size(); ++i) {
    ChartSeries series{.name = largest[i].second, .colour = kColours[i], .points = {}};
    for (const MemorySample& sample : report.memory) {
      const auto found = sample.tenants.find(series.name);
      const std::size_t n = found != sample.tenants.end()  ? found->second
                            : series.name.starts_with('(') ? sample.resident_bytes
                                                           : 0;
      const double mb = static_cast<double>(n) / (1 << 20);
      series.points.emplace_back(sample.at_s, mb);
      chart.x.to = std::max(chart.x.to, sample.at_s);
      chart.y.to = std::max(chart.y.to, 1.1 * mb);
    }
    chart.series.push_back(std::move(series));
  }
  return svg_of(chart);
}

}  // namespace quern::cli
