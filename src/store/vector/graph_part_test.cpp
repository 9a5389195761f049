#include "store/vector/graph_part.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/vector/graph_fixture.h"

namespace quern::store {
namespace {

using ::testing::HasSubstr;

constexpr int kD = 40;

/// Sections in memory, as aligned as in a file.
struct Sections {
  std::vector<std::uint32_t> links, landmarks;
  std::vector<std::byte> landmark_rows;

  static ByteSink into(std::vector<std::uint32_t>& section) {
    return [&section](std::span<const std::byte> bytes) -> Status {
      section.resize(bytes.size() / 4);
      std::memcpy(section.data(), bytes.data(), bytes.size());
      return {};
    };
  }
  GraphSinks sinks() {
    return {into(links), into(landmarks), [this](std::span<const std::byte> bytes) -> Status {
              landmark_rows.assign(bytes.begin(), bytes.end());
              return {};
            }};
  }
  GraphSections view() const {
    return {std::as_bytes(std::span(links)), std::as_bytes(std::span(landmarks)), landmark_rows};
  }
};

struct Written {
  CodedRows rows = falling_rows(Metric::kCosine, kD, 400);
  Graph graph = built(rows);
  Sections sections;

  Written() { EXPECT_TRUE(write_graph(graph, sections.sinks()).ok()); }

  std::string open_error() const {
    return open_graph(sections.view(), rows.view().n(), kD).status().message();
  }
  std::string verify_error() const {
    const auto view = open_graph(sections.view(), rows.view().n(), kD);
    return view.ok() ? verify_graph(*view, rows.view()).message() : view.status().message();
  }
};

TEST(graph_part, a_graph_comes_back_as_it_was) {
  const Written w;
  const auto view = open_graph(w.sections.view(), w.rows.view().n(), kD);
  ASSERT_TRUE(view.ok()) << view.status().message();
  EXPECT_EQ(view->degree, 32);
  EXPECT_TRUE(std::equal(view->links.begin(), view->links.end(), w.graph.links.begin()));
  EXPECT_EQ(w.verify_error(), "");
  GraphScratch scratch;
  const auto query = make_query(w.rows.originals[7], kD, Metric::kCosine);
  const auto answer = nearest_by_graph(*query, w.rows.view(), *view, w.rows.read_low(), {}, 10,
                                       scratch, ThreadPool::serial());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->best[0].id, 7u);
}

TEST(graph_part, of_no_rows) {
  const CodedRows rows(Metric::kCosine, kD);
  const auto view = open_graph({}, 0, kD);
  ASSERT_TRUE(view.ok());
  EXPECT_TRUE(verify_graph(*view, rows.view()).ok());
}

TEST(graph_part, sections_of_a_wrong_length_are_named) {
  Written w;
  w.sections.links.pop_back();
  EXPECT_THAT(w.open_error(), HasSubstr("section 'links' has 12799 links of 400 rows"));
  w.sections.links.clear();
  EXPECT_THAT(w.open_error(), HasSubstr("section 'links'"));
  w = Written();
  w.sections.landmark_rows.pop_back();
  EXPECT_THAT(w.open_error(), HasSubstr("section 'landmark rows'"));
  w = Written();
  w.sections.landmarks.push_back(1);
  EXPECT_THAT(w.open_error(), HasSubstr("section 'landmark rows'"));
  w = Written();
  GraphSections odd = w.sections.view();
  odd.links = odd.links.first(odd.links.size() - 3);
  EXPECT_THAT(open_graph(odd, w.rows.view().n(), kD).status().message(), HasSubstr("'links'"));
  odd = w.sections.view();
  odd.landmarks = std::span(w.sections.landmark_rows).subspan(1, 4);
  EXPECT_THAT(open_graph(odd, w.rows.view().n(), kD).status().message(), HasSubstr("odd place"));
}

TEST(graph_part, a_landmark_must_be_a_row) {
  Written w;
  w.sections.landmarks[1] = 400;
  EXPECT_THAT(w.open_error(), HasSubstr("row 400 of 400"));
}

TEST(graph_part, verifying_finds_what_no_build_writes) {
  const Written good;
  const auto error = [&](std::size_t at, std::uint32_t link) {
    Written w = good;
    w.sections.links[at] = link;
    EXPECT_EQ(w.open_error(), "");
    return w.verify_error();
  };
  const std::size_t of_row_3 = 3 * 32;
  EXPECT_THAT(error(of_row_3, 400), HasSubstr("row 3 links to 400 of 400"));
  EXPECT_THAT(error(of_row_3 + 1, 3), HasSubstr("in vain"));
  EXPECT_THAT(error(of_row_3 + 1, good.graph.links[of_row_3]), HasSubstr("in vain"));
  EXPECT_THAT(error(of_row_3, kNoLink), HasSubstr("behind its last one"));
  Written w = good;
  w.sections.landmark_rows[0] ^= std::byte{1};
  EXPECT_THAT(w.verify_error(), HasSubstr("landmark 0 is not its row"));
}

TEST(graph_part, errors_of_a_sink_come_through) {
  const Written w;
  Sections out;
  for (int i = 0; i < 3; ++i) {
    GraphSinks sinks = out.sinks();
    const ByteSink full = [](auto) { return Status(Code::kIo, "disk is full"); };
    (i == 0 ? sinks.links : i == 1 ? sinks.landmarks : sinks.landmark_rows) = full;
    EXPECT_EQ(write_graph(w.graph, sinks).message(), "disk is full");
  }
}

}  // namespace
}  // namespace quern::store
