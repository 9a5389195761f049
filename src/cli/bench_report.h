// What a benchmark found, and its two forms: a table for people, JSON for programs.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "formats/model_folder.h"

namespace quern::cli {

struct BenchReport {
  std::string model;
  std::string precision;
  std::string isa;
  int n_threads = 0;
  long n_texts = 0;
  long n_tokens = 0;
  long n_truncated = 0;
  std::vector<double> seconds;    // Of each run over all texts.
  std::vector<double> single_ms;  // Of each text alone.
  std::size_t rss_bytes = 0;
  std::size_t peak_rss_bytes = 0;
  double n_ops = 0;      // Of one run; a multiply-add counts as two.
  double peak_gops = 0;  // Of this machine, measured.
};

/// The smallest value that at least the share `q` of the values does not exceed (nearest rank).
double quantile(std::vector<double> values, double q);

/// Operations of the matrix products of one forward pass over each of `lengths` tokens: per layer
/// and token 2 * (4 d^2 + 2 d d_ff) for the weights and 4 * length * d for attention.
double bert_ops(const formats::EncoderConfig& config, std::span<const int> lengths);

std::string table_of(const BenchReport& report);
std::string json_of(const BenchReport& report);

}  // namespace quern::cli
