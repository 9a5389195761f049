#include "store/vector/graph_part.h"

#include <algorithm>

#include <fmt/format.h>

namespace quern::store {
namespace {

std::size_t row_bytes(int d) { return static_cast<std::size_t>(kernels::padded_codes(d)); }

Result<std::span<const std::uint32_t>> rows_of(std::span<const std::byte> bytes,
                                               std::string_view name) {
  constexpr std::size_t kBytes = sizeof(std::uint32_t);
  if (bytes.size() % kBytes != 0) {
    return {Code::kBadInput, fmt::format("section '{}' has {} bytes", name, bytes.size())};
  }
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kBytes != 0) {
    return {Code::kBadInput, fmt::format("section '{}' lies at an odd place", name)};
  }
  return std::span(reinterpret_cast<const std::uint32_t*>(bytes.data()), bytes.size() / kBytes);
}

Result<int> degree_of(std::size_t n_links, std::size_t n_rows) {
  if (n_rows == 0 && n_links == 0) return 1;
  if (n_rows == 0 || n_links % n_rows != 0 || n_links == 0 || n_links / n_rows > kMaxDegree) {
    return {Code::kBadInput,
            fmt::format("section 'links' has {} links of {} rows", n_links, n_rows)};
  }
  return static_cast<int>(n_links / n_rows);
}

Status verify_list(std::span<const std::uint32_t> list, std::uint32_t row, std::uint32_t n_rows) {
  const auto end = std::find(list.begin(), list.end(), kNoLink);
  if (std::any_of(end, list.end(), [](std::uint32_t link) { return link != kNoLink; })) {
    return {Code::kBadInput, fmt::format("row {} has links behind its last one", row)};
  }
  for (auto link = list.begin(); link != end; ++link) {
    if (*link >= n_rows) {
      return {Code::kBadInput, fmt::format("row {} links to {} of {}", row, *link, n_rows)};
    }
    if (*link == row || std::find(list.begin(), link, *link) != link) {
      return {Code::kBadInput, fmt::format("row {} links to {} in vain", row, *link)};
    }
  }
  return {};
}

}  // namespace

Status write_graph(const Graph& graph, const GraphSinks& sinks) {
  QUERN_TRY(sinks.links(std::as_bytes(std::span(graph.links))));
  QUERN_TRY(sinks.landmarks(std::as_bytes(std::span(graph.landmarks))));
  return sinks.landmark_rows(std::as_bytes(std::span(graph.landmark_rows)));
}

Result<GraphView> open_graph(const GraphSections& sections, std::uint32_t n_rows, int d) {
  GraphView graph;
  QUERN_ASSIGN(graph.links, rows_of(sections.links, "links"));
  QUERN_ASSIGN(graph.landmarks, rows_of(sections.landmarks, "landmarks"));
  QUERN_ASSIGN(graph.degree, degree_of(graph.links.size(), n_rows));
  const std::size_t n = graph.landmarks.size();
  if (n > kMaxLandmarks) {
    return {Code::kBadInput, fmt::format("section 'landmarks' has {} of them", n)};
  }
  for (const std::uint32_t row : graph.landmarks) {
    if (row >= n_rows) {
      return {Code::kBadInput, fmt::format("section 'landmarks' names row {} of {}", row, n_rows)};
    }
  }
  if (sections.landmark_rows.size() != n * row_bytes(d)) {
    return {Code::kBadInput, fmt::format("section 'landmark rows' has {} bytes, want {}",
                                         sections.landmark_rows.size(), n * row_bytes(d))};
  }
  graph.landmark_rows = {reinterpret_cast<const std::uint8_t*>(sections.landmark_rows.data()),
                         sections.landmark_rows.size()};
  return graph;
}

Status verify_graph(const GraphView& graph, const CodesView& codes) {
  for (std::uint32_t row = 0; row < codes.n(); ++row) {
    QUERN_TRY(verify_list(graph.links_of(row), row, codes.n()));
  }
  const std::size_t n_bytes = row_bytes(codes.d);
  for (std::size_t i = 0; i < graph.landmarks.size(); ++i) {
    const auto copy = graph.landmark_rows.subspan(i * n_bytes, n_bytes);
    const auto row = codes.hi.subspan(graph.landmarks[i] * n_bytes, n_bytes);
    if (!std::equal(copy.begin(), copy.end(), row.begin())) {
      return {Code::kBadInput, fmt::format("landmark {} is not its row", i)};
    }
  }
  return {};
}

}  // namespace quern::store
