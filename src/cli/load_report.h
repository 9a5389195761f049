// What a load test found, and its three forms: a table for people, JSON for programs, one HTML file
// with pictures.

#pragma once

#include <string>

#include "net/load_run.h"

namespace quern::cli {

struct LoadReport {
  std::string url;  // With the path.
  std::string model;
  std::string load;   // "open loop, 50 requests/s, Poisson", "closed loop, 4 clients".
  std::string texts;  // What was sent.
  bool is_open = false;
  bool is_stream = false;
  double rate = 0;   // Open: wanted.
  int n_inputs = 1;  // Of one request.
  net::LoadResult result;
};

std::string load_table(const LoadReport& report);
std::string load_json(const LoadReport& report);

/// Needs nothing beside it: styles and pictures are inside.
std::string load_html(const LoadReport& report);

}  // namespace quern::cli
