// BM25 over one segment in memory, one thread: how long a query takes, and how fast documents are
// indexed.
//
//   bench_lexical DOCS QUERIES [--top 10] [--rounds 5] [--dead 0] [--out FILE]
//
// DOCS and QUERIES hold a line each, of terms with single spaces between them: nothing is analysed.
// A query's time is the median of its rounds. --dead: so many percent of the documents are deleted,
// or filtered out. FILE gets, for each query, a line of its seconds and then DOC:SCORE of its hits;
// every query's hits are held against the exhaustive search's. bench/lexical_side_by_side.py makes
// the lines and runs Tantivy on the same.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure.h"
#include "store/lexical/lexical_search.h"
#include "store/lexical/term_table.h"

namespace quern::store {
namespace {

ByteSink into(std::string& out) {
  return [&out](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Status();
  };
}

void stop_on(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench_lexical: %s\n", status.message().c_str());
  std::exit(1);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> terms;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) terms.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return terms;
}

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) stop_on({Code::kNotFound, std::string("no lines in ") + path});
  return lines;
}

struct Segment {
  std::string dictionary, postings, positions;
  std::vector<std::uint8_t> norms;
  FieldStats stats;
  std::vector<std::uint64_t> allowed;  // Empty: all.
  LexicalPart part;
};

void index(const std::vector<std::string>& documents, Segment& segment) {
  TermTable table;
  std::vector<std::uint32_t> new_docs;
  for (std::uint32_t doc = 0; doc < documents.size(); ++doc) {
    std::uint32_t n = 0;
    for (const std::string_view term : split(documents[doc])) table.add(0, doc, term, n++);
    segment.norms.push_back(norm_from_length(n));
    segment.stats.n_docs += n > 0 ? 1 : 0;
    segment.stats.n_tokens += n;
    new_docs.push_back(doc);
  }
  PostingsWriter postings(into(segment.postings), into(segment.positions));
  DictionaryWriter dictionary(into(segment.dictionary));
  const std::span<const std::uint8_t> norms[] = {segment.norms};
  const int with_positions[] = {0};
  stop_on(table.write(new_docs, norms, with_positions, postings, dictionary));
  stop_on(dictionary.finish());
  auto opened = Dictionary::open(bytes_of(segment.dictionary));
  stop_on(opened.status());
  segment.part = {.dictionary = *opened,
                  .postings = bytes_of(segment.postings),
                  .positions = bytes_of(segment.positions),
                  .norms = {segment.norms},
                  .n_docs = static_cast<std::uint32_t>(documents.size())};
}

std::vector<ScoredDoc> answer(const Segment& segment, std::string_view line, std::uint32_t top,
                              bool is_exhaustive) {
  LexicalQuery query;
  for (const std::string_view term : split(line)) {
    query.clauses.push_back({.parts = {{.terms = {std::string(term)}}}});
  }
  const FieldStats fields[] = {segment.stats};
  stop_on(prepare(
      {}, fields,
      [&](int field, std::string_view term) -> Result<std::int64_t> {
        QUERN_ASSIGN(const auto info, segment.part.dictionary.find(field, term));
        return static_cast<std::int64_t>(info ? info->df : 0);
      },
      query));
  const SearchLimits limits = {.n_wanted = top, .allowed = segment.allowed};
  auto found = is_exhaustive ? search_exhaustively(segment.part, query, limits)
                             : search_part(segment.part, query, limits);
  stop_on(found.status());
  return *std::move(found);
}

void print_spread(const char* what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double q) {
    return 1e3 * seconds[static_cast<std::size_t>(q * static_cast<double>(seconds.size() - 1))];
  };
  double sum = 0;
  for (const double s : seconds) sum += s;
  std::printf("%-10s n %5zu  mean %.3f  p50 %.3f  p90 %.3f  p99 %.3f  max %.3f ms\n", what,
              seconds.size(), 1e3 * sum / static_cast<double>(seconds.size()), at(0.5), at(0.9),
              at(0.99), at(1));
}

int run(int argc, char** argv) {
  const char* out_path = nullptr;
  std::uint32_t top = 10;
  int n_rounds = 5;
  unsigned dead_percent = 0;
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--top") top = static_cast<std::uint32_t>(std::atoi(argv[i + 1]));
    if (flag == "--rounds") n_rounds = std::atoi(argv[i + 1]);
    if (flag == "--dead") dead_percent = static_cast<unsigned>(std::atoi(argv[i + 1]));
    if (flag == "--out") out_path = argv[i + 1];
  }
  const std::vector<std::string> documents = lines_of(argv[1]);
  const std::vector<std::string> queries = lines_of(argv[2]);
  Segment segment;
  const double index_s = bench::seconds_of([&] { index(documents, segment); });
  if (dead_percent > 0) {
    std::mt19937 random(1);
    segment.allowed.resize((documents.size() + 63) / 64);
    for (std::size_t doc = 0; doc < documents.size(); ++doc) {
      if (random() % 100 >= dead_percent) segment.allowed[doc / 64] |= 1ull << doc % 64;
    }
  }
  const auto n = static_cast<double>(documents.size());
  std::printf(
      "indexed %.0f documents, %.0f/s; per document: postings %.1f, positions %.1f, "
      "dictionary %.1f bytes\n",
      n, n / index_s, static_cast<double>(segment.postings.size()) / n,
      static_cast<double>(segment.positions.size()) / n,
      static_cast<double>(segment.dictionary.size()) / n);

  std::vector<std::vector<double>> seconds(queries.size());
  std::vector<std::vector<ScoredDoc>> hits(queries.size());
  for (int round = 0; round < n_rounds; ++round) {
    for (std::size_t i = 0; i < queries.size(); ++i) {
      seconds[i].push_back(
          bench::seconds_of([&] { hits[i] = answer(segment, queries[i], top, false); }));
    }
  }
  std::map<std::size_t, std::vector<double>> by_terms;
  std::vector<double> all;
  std::FILE* out = out_path != nullptr ? std::fopen(out_path, "w") : nullptr;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const double median = bench::spread(seconds[i]).median;
    all.push_back(median);
    by_terms[split(queries[i]).size()].push_back(median);
    if (i % 10 == 0 && hits[i] != answer(segment, queries[i], top, true)) {
      stop_on({Code::kBadInput, "other hits than the exhaustive search's: " + queries[i]});
    }
    if (out == nullptr) continue;
    std::fprintf(out, "%.9f", median);
    for (const ScoredDoc& hit : hits[i]) std::fprintf(out, " %u:%.7g", hit.doc, hit.score);
    std::fprintf(out, "\n");
  }
  if (out != nullptr) std::fclose(out);
  for (const auto& [n_terms, times] : by_terms) {
    print_spread((std::to_string(n_terms) + " terms").c_str(), times);
  }
  print_spread("all", all);
  return 0;
}

}  // namespace
}  // namespace quern::store

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(
        stderr,
        "usage: bench_lexical DOCS QUERIES [--top N] [--rounds N] [--dead PERCENT] [--out FILE]\n");
    return 2;
  }
  return quern::store::run(argc, argv);
}
