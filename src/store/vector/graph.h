// A graph over the vectors of a segment: each row links to near rows in different directions, so
// that a walk towards a query passes few of all rows. One layer, with landmarks to enter by.
//
// Source: Jayaram Subramanya et al. 2019 (DiskANN) for the links.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace quern::store {

/// In a list that is shorter than the degree, behind its last link.
inline constexpr std::uint32_t kNoLink = 0xFFFFFFFF;

/// Most links of a row.
inline constexpr int kMaxDegree = 128;

/// Most landmarks: all of them are looked at by each query.
inline constexpr std::uint32_t kMaxLandmarks = 4096;

/// As mapped, or as built. Links may hold any numbers: whoever follows them checks.
struct GraphView {
  int degree = 0;
  std::span<const std::uint32_t> links;         // [n, degree]: rows, then kNoLink
  std::span<const std::uint32_t> landmarks;     // [n_landmarks], each below n
  std::span<const std::uint8_t> landmark_rows;  // [n_landmarks, d_padded]: their codes, copied

  std::span<const std::uint32_t> links_of(std::uint32_t row) const {
    const auto n = static_cast<std::size_t>(degree);
    return links.subspan(row * n, n);
  }
};

/// A graph that owns its memory.
struct Graph {
  int degree = 0;
  std::vector<std::uint32_t> links;
  std::vector<std::uint32_t> landmarks;
  std::vector<std::uint8_t> landmark_rows;
  std::uint32_t n_unreachable = 0;  // Rows to which no way leads from any landmark.

  GraphView view() const { return {degree, links, landmarks, landmark_rows}; }
};

}  // namespace quern::store
