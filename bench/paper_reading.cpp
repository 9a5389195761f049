// Papers of files as JSON lines, as the readers see them: what bench/paper_pdfs.py measures, and
// what shows how a file of one's own is read.
//
//   bench_paper_reading FILE|FOLDER... > papers.jsonl

#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "apps/papers/import/paper_reader.h"

namespace {

using json = nlohmann::ordered_json;
using namespace quern;
using namespace quern::apps;

json json_of(const ReadPaper& read) {
  json out = {{"origin", read.origin}};
  if (!read.status.ok()) out["problem"] = read.status.message();
  if (!read.status.ok()) return out;
  const Paper& paper = read.paper;
  out["title"] = paper.title;
  for (const PaperAuthor& author : paper.authors) out["authors"].push_back(author.name);
  out["year"] = paper.year;
  out["doi"] = paper.ids.doi;
  out["arxiv"] = paper.ids.arxiv;
  out["abstract"] = paper.abstract;
  for (const PaperSection& one : paper.sections) {
    out["sections"].push_back(
        {{"number", one.number}, {"heading", one.heading}, {"text", one.text}});
  }
  for (const PaperReference& one : paper.references) {
    out["references"].push_back({{"title", one.title},
                                 {"year", one.year},
                                 {"authors", one.authors},
                                 {"text", one.text},
                                 {"contexts", one.contexts}});
  }
  return out;
}

}  // namespace

int main(int n_arguments, char** arguments) {
  PaperReading reading = {.paths = {arguments + 1, arguments + n_arguments}};
  auto reader = PaperReader::open(std::move(reading));
  while (reader.ok()) {
    const auto next = (*reader)->next();
    if (!next.ok()) return std::fprintf(stderr, "%s\n", next.status().message().c_str()), 1;
    if (!*next) return 0;
    std::printf("%s\n",
                json_of(**next).dump(-1, ' ', false, json::error_handler_t::replace).c_str());
  }
  return std::fprintf(stderr, "%s\n", reader.status().message().c_str()), 1;
}
