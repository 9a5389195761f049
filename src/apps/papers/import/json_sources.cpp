#include <deque>
#include <fstream>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/import/json_objects.h"
#include "apps/papers/import/paper_json.h"
#include "apps/papers/import/paper_lines.h"
#include "apps/papers/import/paper_sources.h"

namespace quern::apps {
namespace {

// Answers of an API are one object with all papers in it.
constexpr std::size_t kMaxObjectBytes = std::size_t{64} << 20;

class LinesSource : public PaperSource {
 public:
  LinesSource(std::ifstream file, std::string name)
      : file_(std::move(file)), lines_(file_, std::move(name)) {}

  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    return lines_.next(is_known);
  }

 private:
  std::ifstream file_;
  PaperLines lines_;
};

class StandardInputSource : public PaperSource {
 public:
  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    return lines_.next(is_known);
  }

 private:
  PaperLines lines_{std::cin, "standard input"};
};

class ObjectsSource : public PaperSource {
 public:
  ObjectsSource(std::ifstream file, std::string name)
      : file_(std::move(file)), objects_(file_, kMaxObjectBytes), name_(std::move(name)) {}

  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    if (waiting_.empty()) {
      QUERN_ASSIGN(std::optional<JsonObjects::Object> object, objects_.next().in(name_));
      if (!object) return std::optional<ReadPaper>();
      read(std::move(*object), is_known);
    }
    ReadPaper out = std::move(waiting_.front());
    waiting_.pop_front();
    return std::optional<ReadPaper>(std::move(out));
  }

 private:
  // One paper at least, if only one that says why there is none.
  void read(JsonObjects::Object object, const IsKnownPaper& is_known) {
    const std::string place = fmt::format("line {}", object.n_line);
    const std::vector<std::string> records =
        object.status.ok() ? records_within_json(object.text) : std::vector<std::string>();
    for (const std::string& record : records) {
      const std::string number = fmt::format("{}, number {}", place, waiting_.size() + 1);
      waiting_.push_back(paper_of_json_record(record, name_, number, is_known));
    }
    if (!object.status.ok()) {
      waiting_.push_back(unread_paper(origin_of_record(name_, "", place), object.status));
    } else if (records.empty()) {
      waiting_.push_back(paper_of_json_record(object.text, name_, place, is_known));
    }
    waiting_.front().n_bytes = object.n_bytes;
  }

  std::ifstream file_;
  JsonObjects objects_;
  const std::string name_;
  std::deque<ReadPaper> waiting_;
};

}  // namespace

std::unique_ptr<PaperSource> standard_input_source() {
  return std::make_unique<StandardInputSource>();
}

std::unique_ptr<PaperSource> json_lines_source(std::ifstream file, std::string name) {
  return std::make_unique<LinesSource>(std::move(file), std::move(name));
}

std::unique_ptr<PaperSource> json_objects_source(std::ifstream file, std::string name) {
  return std::make_unique<ObjectsSource>(std::move(file), std::move(name));
}

}  // namespace quern::apps
