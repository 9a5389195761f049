// Stores for tests: made up documents, and what a store should hold as a map.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/pace.h"
#include "base/test_folder.h"
#include "store/check/verify.h"
#include "store/store.h"
#include "store/writer.h"

namespace quern::store {

inline Schema fixture_schema() {
  return {.fields = {{.name = "title", .analyzer = "english"},
                     {.name = "text", .analyzer = "simple", .positions = Positions::kNo}},
          .attributes = {{.name = "year", .type = AttributeType::kInteger},
                         {.name = "lang", .type = AttributeType::kKeyword},
                         {.name = "draft", .type = AttributeType::kFlag}},
          .patterns = true};
}

/// None, one or two of an attribute, in the order in which a store gives them back.
template <typename Random>
std::vector<AttributeValue> fixture_attributes(Random& random) {
  std::vector<AttributeValue> out;
  const auto add = [&](int i_attribute, const char* text, std::int64_t number) {
    if (random() % 2 == 0) out.push_back({i_attribute, text, number});
  };
  const auto year = static_cast<std::int64_t>(1990 + random() % 30);
  add(0, "", year);
  add(0, "", year + 1);
  add(1, "cpp", 0);
  add(1, "rust", 0);
  add(2, "", static_cast<std::int64_t>(random() % 2));
  return out;
}

/// Its texts and attributes follow from key and version.
inline Document fixture_document(const std::string& key, int version) {
  std::mt19937 random(static_cast<unsigned>(std::hash<std::string>()(key)) +
                      static_cast<unsigned>(version));
  const auto words = [&](unsigned n_most) {
    static const char* const kWords[] = {"cats", "running", "the", "protein", "a", "cell", "zebra"};
    std::string out;
    for (unsigned n = random() % (n_most + 1); n > 0; --n) {
      out += kWords[random() % 7];
      out += random() % 5 == 0 ? std::to_string(random() % 50) + " " : " ";
    }
    return out;
  };
  const auto hash = key.find('#');
  Document document{.key = key,
                    .n_parent = hash == std::string::npos ? 0 : static_cast<std::uint32_t>(hash),
                    .fields = {words(6), words(40)},
                    .stored = key + " " + std::to_string(version)};
  document.attributes = fixture_attributes(random);
  return document;
}

inline constexpr int kFixtureDims = 5;

inline VectorSpace fixture_space(const std::string& name = "first") {
  return {.fingerprint = name, .model = "a model", .d = kFixtureDims};
}

/// What is in a space of a vector that went in.
inline std::vector<float> decoded(const CodedRow& row) {
  std::vector<float> out;
  for (std::size_t i = 0; i < kFixtureDims; ++i) {
    out.push_back(row.factors.scale * (static_cast<float>(row.hi[i] - 128) +
                                       static_cast<float>(row.lo[i] - 128) / kLowSteps));
  }
  return out;
}

/// Follows from text and space.
inline OwnedRow fixture_row(const std::string& text, const std::string& space = "first") {
  std::mt19937 random(static_cast<unsigned>(std::hash<std::string>()(text + space)));
  std::vector<float> x(kFixtureDims);
  for (float& value : x) value = static_cast<float>(random() % 1000) - 499.5f;
  auto row = code_row(x, kFixtureDims, Metric::kCosine);
  EXPECT_TRUE(row.ok());
  return *row;
}

/// A vector that is coded as it is when it goes in.
inline std::vector<float> fixture_vector(const std::string& text) {
  return decoded(fixture_row(text).row());
}

/// What a store keeps of a vector.
inline std::vector<float> kept(const std::vector<float>& x) {
  auto row = code_row(x, kFixtureDims, Metric::kCosine);
  EXPECT_TRUE(row.ok());
  return decoded(row->row());
}

/// What should live: key to document, with the vector that the store keeps of it.
using Model = std::map<std::string, Document>;

/// All live documents by key, as the store gives them back.
inline Model contents(const Generation& generation) {
  Model out;
  const SpaceRow* space = generation.active_space();
  std::vector<std::uint8_t> low(kernels::kCodeLine);
  for (const SegmentView& view : generation.segments()) {
    StoredTextReader reader = view.segment->stored_text();
    const auto keys = view.segment->keys();
    EXPECT_TRUE(keys.ok()) << keys.status().message();
    view.live->for_each([&](std::uint32_t doc) {
      const auto key = (*keys)->key(doc);
      auto text = reader.read(doc);
      const auto attributes = view.segment->attributes();
      ASSERT_TRUE(key.ok() && text.ok() && attributes.ok()) << text.status().message();
      Document document{.key = key->bytes,
                        .n_parent = key->n_parent,
                        .fields = std::move(text->fields),
                        .stored = std::move(text->stored)};
      document.attributes = values_of_document(**attributes, fixture_schema().attributes, doc);
      const VectorFile* vectors = space == nullptr ? nullptr : view.vectors_in(space->id);
      if (vectors != nullptr) {
        const auto row = vectors->coded_row(doc, low);
        ASSERT_TRUE(row.ok()) << row.status().message();
        if (*row) document.vector = decoded(**row);
      }
      EXPECT_TRUE(out.emplace(key->bytes, std::move(document)).second) << "twice " << key->bytes;
    });
  }
  return out;
}

class StoreTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    place_.folder = path("store");
  }

  void create() {
    const Status created = create_store(place_, fixture_schema(), "a test");
    ASSERT_TRUE(created.ok()) << created.message();
  }

  /// From now on, two of three documents come with a vector.
  void create_with_vectors() {
    create();
    const auto added = open_writer()->add_space(fixture_space());
    ASSERT_TRUE(added.ok()) << added.status().message();
    has_vectors_ = true;
  }

  std::unique_ptr<Writer> open_writer(std::size_t memory_bytes = std::size_t{64} << 20) {
    auto out = Writer::open(
        place_, {.who = "a test", .memory_bytes = memory_bytes, .graph_from = graph_from_});
    EXPECT_TRUE(out.ok()) << out.status().message();
    return out.ok() ? std::move(*out) : nullptr;
  }

  Snapshot snapshot() {
    auto store = Store::open(place_);
    EXPECT_TRUE(store.ok()) << store.status().message();
    auto out = (*store)->snapshot();
    EXPECT_TRUE(out.ok()) << out.status().message();
    return *out;
  }

  /// Puts a document into writer and model.
  void put(Writer& writer, const std::string& key, int version) {
    Document document = fixture_document(key, version);
    if (has_vectors_ && version % 3 != 0) document.vector = fixture_vector(document.stored);
    model_[key] = document;
    if (!document.vector.empty()) model_[key].vector = kept(document.vector);
    const Status status = writer.put(std::move(document));
    ASSERT_TRUE(status.ok()) << status.message();
  }

  void erase(Writer& writer, const std::string& key) {
    const auto erased = writer.erase(key);
    ASSERT_TRUE(erased.ok()) << erased.status().message();
    EXPECT_EQ(*erased, model_.erase(key) > 0) << key;
  }

  /// Gives those of a segment that have none a vector in a space, the active one or another.
  void attach(Writer& writer, SegmentId segment, SpaceId space, const std::string& name = "first") {
    const bool is_active = writer.spaces()[0].id == space;
    OwnedRow row;
    const auto attached = writer.attach_vectors(
        segment, space,
        [&](std::uint32_t, std::string_view key) -> Result<std::optional<CodedRow>> {
          Document& document = model_.at(std::string(key));
          row = fixture_row(document.stored, name);
          if (is_active) document.vector = decoded(row.row());
          return std::optional(row.row());
        });
    ASSERT_TRUE(attached.ok()) << attached.status().message();
  }

  void commit(Writer& writer) {
    const auto id = writer.commit();
    ASSERT_TRUE(id.ok()) << id.status().message();
  }

  void expect_model() { EXPECT_TRUE(contents(*snapshot()) == model_); }

  void expect_right() {
    const auto report = verify_store(place_);
    ASSERT_TRUE(report.ok()) << report.status().message();
    for (const Status& problem : report->problems) ADD_FAILURE() << problem.message();
    EXPECT_EQ(report->n_live, model_.size());
  }

  std::size_t n_segment_files() const { return list_folder(path("store/seg"))->size(); }

  StorePlace place_;
  Model model_;
  std::uint32_t graph_from_ = kGraphFrom;  // As WriterOptions has it.
  bool has_vectors_ = false;
  Pace pace_;
};

}  // namespace quern::store
