// Small segments for tests and fuzz targets: documents given as their terms, in memory.

#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/lexical/bm25.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/lexical_query.h"
#include "store/lexical/term_table.h"

namespace quern::store {

/// [n_fields] of [n_tokens]
using TestDocument = std::vector<std::vector<std::string>>;

/// A segment with the memory that its part points to.
struct TestSegment {
  std::string dictionary, postings, positions;
  std::vector<std::vector<std::uint8_t>> norms;
  std::vector<FieldStats> stats;
  LexicalPart part;

  static ByteSink into(std::string& out) {
    return [&out](std::span<const std::byte> bytes) {
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Status();
    };
  }

  /// Opens what the strings hold.
  Status open() {
    part.postings = bytes_of(postings);
    part.positions = bytes_of(positions);
    part.norms.assign(norms.begin(), norms.end());
    part.n_docs = norms.empty() ? 0 : static_cast<std::uint32_t>(norms[0].size());
    QUERN_ASSIGN(part.dictionary, Dictionary::open(bytes_of(dictionary)));
    return {};
  }
};

/// Norms and statistics of these documents, and nothing else yet.
inline std::unique_ptr<TestSegment> segment_of_lengths(const std::vector<TestDocument>& documents,
                                                       std::size_t n_fields) {
  auto segment = std::make_unique<TestSegment>();
  segment->norms.resize(n_fields);
  segment->stats.resize(n_fields);
  for (const TestDocument& document : documents) {
    for (std::size_t field = 0; field < n_fields; ++field) {
      const std::size_t n = document[field].size();
      segment->norms[field].push_back(norm_from_length(static_cast<std::uint32_t>(n)));
      segment->stats[field].n_docs += n > 0 ? 1 : 0;
      segment->stats[field].n_tokens += static_cast<std::int64_t>(n);
    }
  }
  return segment;
}

inline std::unique_ptr<TestSegment> make_segment(const std::vector<TestDocument>& documents,
                                                 std::size_t n_fields = 1) {
  auto segment = segment_of_lengths(documents, n_fields);
  TermTable table;
  std::vector<std::uint32_t> new_docs;
  std::vector<int> with_positions;
  for (std::size_t field = 0; field < n_fields; ++field) {
    with_positions.push_back(static_cast<int>(field));
  }
  for (std::uint32_t doc = 0; doc < documents.size(); ++doc) {
    new_docs.push_back(doc);
    for (std::size_t field = 0; field < n_fields; ++field) {
      for (std::uint32_t i = 0; i < documents[doc][field].size(); ++i) {
        table.add(static_cast<int>(field), doc, documents[doc][field][i], i);
      }
    }
  }
  PostingsWriter postings(TestSegment::into(segment->postings),
                          TestSegment::into(segment->positions));
  DictionaryWriter dictionary(TestSegment::into(segment->dictionary));
  const std::vector<std::span<const std::uint8_t>> norms(segment->norms.begin(),
                                                         segment->norms.end());
  QUERN_CHECK(table.write(new_docs, norms, with_positions, postings, dictionary).ok());
  QUERN_CHECK(dictionary.finish().ok());
  QUERN_CHECK(segment->open().ok());
  return segment;
}

/// Terms "t0", "t1", ... of which the first are in most documents and the last in few.
inline std::vector<TestDocument> random_documents(std::size_t n_docs, std::size_t n_fields,
                                                  int n_terms, std::mt19937& random) {
  std::vector<TestDocument> documents;
  for (std::size_t doc = 0; doc < n_docs; ++doc) {
    TestDocument& document = documents.emplace_back(n_fields);
    for (auto& field : document) {
      for (std::size_t i = random() % 12; i > 0; --i) {
        const int below = 1 + static_cast<int>(random() % static_cast<unsigned>(n_terms));
        field.push_back("t" + std::to_string(random() % static_cast<unsigned>(below)));
      }
    }
  }
  return documents;
}

/// What prepare() wants to know, from the segment itself.
inline LiveDf df_in(const TestSegment& segment) {
  return [&segment](int field, std::string_view term) -> Result<std::int64_t> {
    QUERN_ASSIGN(const auto info, segment.part.dictionary.find(field, term));
    return static_cast<std::int64_t>(info ? info->df : 0);
  };
}

inline QueryClause clause_of(std::string term, Occur occur = Occur::kShould, int field = 0) {
  return {.occur = occur, .parts = {{.field = field, .terms = {std::move(term)}}}};
}

}  // namespace quern::store
