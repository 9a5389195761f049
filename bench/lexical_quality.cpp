// How well BM25 finds what was judged relevant: nDCG@10 and recall@100 of one collection.
//
//   bench_lexical_quality CORPUS.jsonl QUERIES.jsonl QRELS.tsv [--analyzer english] [--k1 0.9]
//                         [--b 0.4]
//
// Title and text of a document are one field, as in Anserini's "flat" runs of BEIR. Queries are
// those that have judgements. Of equal scores the smaller id comes first. Source of the measures:
// Jarvelin and Kekalainen 2002, with gains as they are (trec_eval's).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "store/lexical/lexical_search.h"
#include "store/lexical/term_table.h"
#include "text/analysis/analyzer.h"

namespace quern::store {
namespace {

using Judgements = std::map<std::string, std::map<std::string, int>>;  // By query, by document.

ByteSink into(std::string& out) {
  return [&out](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Status();
  };
}

void stop_on(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench_lexical_quality: %s\n", status.message().c_str());
  std::exit(1);
}

/// (id, title and text) of each line, by id.
std::map<std::string, std::string> read_texts(const char* path) {
  std::map<std::string, std::string> texts;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    const std::string title = row.value("title", "");
    texts[row.at("_id").get<std::string>()] =
        title.empty() ? row.value("text", "") : title + " " + row.value("text", "");
  }
  if (texts.empty()) stop_on({Code::kNotFound, std::string("no lines in ") + path});
  return texts;
}

Judgements read_judgements(const char* path) {
  Judgements judgements;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // The names of the columns.
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::string query;
    std::string document;
    int grade = 0;
    if (row >> query >> document >> grade && grade > 0) judgements[query][document] = grade;
  }
  return judgements;
}

struct Index {
  std::vector<std::string> ids;
  std::string dictionary, postings, positions;
  std::vector<std::uint8_t> norms;
  FieldStats stats;
  LexicalPart part;
};

void build(const std::map<std::string, std::string>& texts, text::Analyzer& analyzer,
           Index& index) {
  TermTable table;
  std::vector<std::uint32_t> new_docs;
  for (const auto& [id, body] : texts) {
    const auto doc = static_cast<std::uint32_t>(index.ids.size());
    std::uint32_t n = 0;
    analyzer.analyze(body, [&](const text::Term& term) {
      table.add(0, doc, term.text, term.position);
      n += term.is_overlap ? 0 : 1;
    });
    index.ids.push_back(id);
    index.norms.push_back(norm_from_length(n));
    index.stats.n_docs += n > 0 ? 1 : 0;
    index.stats.n_tokens += n;
    new_docs.push_back(doc);
  }
  PostingsWriter postings(into(index.postings), into(index.positions));
  DictionaryWriter dictionary(into(index.dictionary));
  const std::span<const std::uint8_t> norms[] = {index.norms};
  const int with_positions[] = {0};
  stop_on(table.write(new_docs, norms, with_positions, postings, dictionary));
  stop_on(dictionary.finish());
  auto opened = Dictionary::open(bytes_of(index.dictionary));
  stop_on(opened.status());
  index.part = {.dictionary = *opened,
                .postings = bytes_of(index.postings),
                .positions = bytes_of(index.positions),
                .norms = {index.norms},
                .n_docs = static_cast<std::uint32_t>(index.ids.size())};
}

std::vector<std::string> search(const Index& index, const Bm25Parameters& parameters,
                                text::Analyzer& analyzer, std::string_view question) {
  LexicalQuery query;
  analyzer.analyze(question, [&](const text::Term& term) {
    query.clauses.push_back({.parts = {{.terms = {std::string(term.text)}}}});
  });
  if (query.clauses.empty()) return {};
  const FieldStats fields[] = {index.stats};
  stop_on(prepare(
      parameters, fields,
      [&](int field, std::string_view term) -> Result<std::int64_t> {
        QUERN_ASSIGN(const auto info, index.part.dictionary.find(field, term));
        return static_cast<std::int64_t>(info ? info->df : 0);
      },
      query));
  const auto found = search_part(index.part, query, {.n_wanted = 100});
  stop_on(found.status());
  std::vector<std::string> ids;
  for (const ScoredDoc& hit : *found) ids.push_back(index.ids[hit.doc]);
  return ids;
}

double discount(std::size_t rank) { return 1 / std::log2(static_cast<double>(rank) + 2); }

double ndcg_at_10(const std::vector<std::string>& found, const std::map<std::string, int>& grades) {
  double gained = 0;
  for (std::size_t rank = 0; rank < std::min<std::size_t>(10, found.size()); ++rank) {
    const auto grade = grades.find(found[rank]);
    if (grade != grades.end()) gained += grade->second * discount(rank);
  }
  std::vector<int> best;
  for (const auto& [id, grade] : grades) best.push_back(grade);
  std::sort(best.rbegin(), best.rend());
  double ideal = 0;
  for (std::size_t rank = 0; rank < std::min<std::size_t>(10, best.size()); ++rank) {
    ideal += best[rank] * discount(rank);
  }
  return gained / ideal;
}

double recall(const std::vector<std::string>& found, const std::map<std::string, int>& grades) {
  const auto n = std::count_if(found.begin(), found.end(),
                               [&](const std::string& id) { return grades.contains(id); });
  return static_cast<double>(n) / static_cast<double>(grades.size());
}

int run(int argc, char** argv) {
  Bm25Parameters parameters = {.k1 = 0.9f, .b = 0.4f};
  std::string_view name = "english";
  for (int i = 4; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--analyzer") name = argv[i + 1];
    if (flag == "--k1") parameters.k1 = std::strtof(argv[i + 1], nullptr);
    if (flag == "--b") parameters.b = std::strtof(argv[i + 1], nullptr);
  }
  auto analyzer = text::make_analyzer(name);
  stop_on(analyzer.status());
  Index index;
  build(read_texts(argv[1]), *analyzer, index);
  const auto questions = read_texts(argv[2]);
  double ndcg = 0;
  double found_share = 0;
  double n = 0;
  for (const auto& [id, grades] : read_judgements(argv[3])) {
    const auto question = questions.find(id);
    if (question == questions.end()) continue;
    const auto found = search(index, parameters, *analyzer, question->second);
    ndcg += ndcg_at_10(found, grades);
    found_share += recall(found, grades);
    ++n;
  }
  std::printf("%zu documents, %.0f queries: nDCG@10 %.4f, R@100 %.4f\n", index.ids.size(), n,
              ndcg / n, found_share / n);
  return 0;
}

}  // namespace
}  // namespace quern::store

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr,
                 "usage: bench_lexical_quality CORPUS QUERIES QRELS [--analyzer NAME] "
                 "[--k1 X] [--b X]\n");
    return 2;
  }
  return quern::store::run(argc, argv);
}
