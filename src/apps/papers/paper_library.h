// A library of papers as it is read: papers by any of their names, who cites whom, their authors,
// and searches. It is a store (store/store.h) whose documents are the papers and passages of their
// texts, with tables of its own beside the store's. docs/papers.md.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/link_contexts.h"
#include "apps/papers/paper.h"
#include "apps/papers/paper_text.h"
#include "apps/papers/reference_mentions.h"
#include "base/byte_ledger.h"
#include "base/byte_spans.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "store/search.h"

namespace quern::apps {

/// A paper of the library, without sections, references and cited_by.
struct KnownPaper {
  Paper paper;  // ids.corpus_id and ids.paper_id are set; citations are those that are known here,
                // or as many as its source says, if that is more.
  std::int64_t n_references = 0;
  bool has_text = false;  // Sections, not just an abstract.
  std::int64_t added_ms = 0;
};

/// One citation, seen from either end.
struct PaperLink {
  KnownPaper paper;  // The other end; corpus_id 0 where it is not in the library.
  LinkContexts contexts = {};
};

struct LinkPage {
  std::vector<PaperLink> links = {};
  bool has_more = false;
};

struct KnownAuthor {
  std::string id;
  std::string name;
  std::vector<std::string> affiliations = {};
  std::int64_t n_papers = 0;
  std::int64_t n_citations = 0;
  std::int64_t h_index = 0;
};

struct AuthorPage {
  std::vector<KnownAuthor> authors = {};
  std::uint64_t total = 0;
};

/// Days since 1970-01-01, both included.
struct DayRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Which papers a question is about; what is empty or unset does not matter.
struct PaperFilter {
  std::optional<DayRange> published = {};  // A paper of which the year alone is known: 1 January.
  std::optional<std::int64_t> added_before_day = {};  // Days since 1970-01-01; excluded.
  std::vector<std::string> venues = {};               // Any of; whole, whatever the case,
  std::vector<std::string> fields_of_study = {};      // likewise,
  std::vector<std::string> publication_types = {};    // likewise.
  std::vector<std::string> authors = {};              // All of; an edit distance of 2 per word.
  std::vector<std::int64_t> corpus_ids = {};          // Any of.
  bool is_open_access = false;                        // Only those of which that is known.
  std::int64_t min_citations = 0;
};

enum class PaperOrder { kRelevance, kDate, kCitations };

struct PaperRerank {
  std::string model;
  std::size_t n = 50;
};

struct PaperAsk {
  std::string text;
  PaperFilter filter = {};
  PaperOrder order = PaperOrder::kRelevance;  // The others: of the papers that are found.
  std::optional<store::Mode> mode = {};       // Unset: both sides where there are vectors.
  std::uint32_t offset = 0;
  std::uint32_t n_wanted = 10;    // offset + n_wanted: 1,000 at most.
  std::uint32_t n_snippets = 0;   // The best passages of each.
  std::optional<double> alpha{};  // The vectors' weight, 0 to 1.
  std::optional<PaperRerank> rerank = {};
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
};

/// A passage of a paper. Its full text is its title, its abstract and its sections, each behind the
/// other with an empty line between (docs/papers.md); places are of that.
struct PaperSnippet {
  std::int64_t corpus_id = 0;
  SnippetKind kind = SnippetKind::kBody;
  std::string section = {};  // Of kBody.
  std::string text;
  ByteSpan bytes = {};       // In the full text.
  std::uint64_t begin = 0;   // The same in code points,
  std::uint64_t end = 0;     // likewise.
  ByteSpans sentences = {};  // In `text`.
  double score = 0;
  store::SideScores sides = {};
};

struct PaperHit {
  std::int64_t corpus_id = 0;
  double score = 0;
  std::vector<PaperSnippet> snippets = {};
  std::optional<float> rerank_score = {};
};

struct PaperTimings {
  double vector_ms = 0;
  double search_ms = 0;
  double rerank_ms = 0;
  double total_ms = 0;
};

struct PaperHits {
  std::vector<PaperHit> hits = {};
  std::uint64_t total = 0;  // Papers that answer, 1,000 at most.
  std::string why_empty = {};
  std::string why_one_side = {};
  std::size_t n_reranked = 0;  // Of those that were to be.
  std::size_t n_to_rerank = 0;
  PaperTimings timings = {};
};

struct SnippetHits {
  std::vector<PaperSnippet> snippets = {};
  std::string why_empty = {};
  std::string why_one_side = {};
  std::size_t n_reranked = 0;  // Of those that were to be.
  std::size_t n_to_rerank = 0;
  PaperTimings timings = {};
};

struct TitleMatch {
  std::int64_t corpus_id = 0;
  double score = 0;
};

struct TitleCompletion {
  std::int64_t corpus_id = 0;
  std::string title;
  std::string authors_year;  // "Vaswani et al., 2017"
};

enum class BulkSort { kPaperId, kPublicationDate, kCitationCount };

struct BulkAsk {
  std::string query = {};  // boolean_query.h; "": all that pass the filter.
  PaperFilter filter = {};
  BulkSort sort = BulkSort::kPaperId;
  bool is_descending = false;
  std::uint64_t offset = 0;
  std::uint32_t n_wanted = 1000;
};

struct BulkPage {
  std::vector<std::int64_t> corpus_ids = {};
  std::uint64_t total = 0;
};

struct LibraryCounts {
  std::uint64_t n_papers = 0;
  std::uint64_t n_with_text = 0;
  std::uint64_t n_passages = 0;
  std::uint64_t n_links = 0;
  std::uint64_t n_without_vector = 0;
  std::string model = {};  // Of the vectors; "": there are none.
};

struct LibraryParts {
  std::string folder;
  ThreadPool* pool = nullptr;        // For scans.
  engine::Engine* engine = nullptr;  // Null: words alone.
  ByteLedger* ledger = nullptr;
};

/// Threads: any. What is imported meanwhile is seen by the next call.
class PaperLibrary {
 public:
  /// Reads next to nothing. Errors: kNotFound; kBadInput where the folder is no library; as
  /// Store::open.
  static Result<std::unique_ptr<PaperLibrary>> open(const LibraryParts& parts);
  virtual ~PaperLibrary() = default;

  /// By name as the API has it: 40 hexadecimal digits, "CorpusId:1", "DOI:...", "ARXIV:...",
  /// "MAG:1", "ACL:...", "PMID:1", "PMCID:1", "DBLP:...", "URL:https://arxiv.org/abs/...", prefixes
  /// in any case. Nothing where there is none. Errors: kBadInput for no such form.
  virtual Result<std::optional<std::int64_t>> find(std::string_view name) = 0;

  /// In the order of the ids; nothing for one that is not there.
  virtual Result<std::vector<std::optional<KnownPaper>>> papers(
      std::span<const std::int64_t> corpus_ids) = 0;

  /// Papers that cite this one, the newest first.
  virtual Result<LinkPage> citations(std::int64_t corpus_id, std::uint64_t offset, std::uint32_t n,
                                     const std::optional<DayRange>& published) = 0;
  /// Papers that it cites, in the order of its bibliography.
  virtual Result<LinkPage> references(std::int64_t corpus_id, std::uint64_t offset,
                                      std::uint32_t n) = 0;

  /// Of papers that it cites, those that are in the library, in the order of its bibliography.
  virtual Result<std::vector<KnownReference>> known_references(std::int64_t corpus_id) {
    (void)corpus_id;
    return std::vector<KnownReference>();
  }

  /// In the order of the ids; nothing for one that is not there.
  virtual Result<std::vector<std::optional<KnownAuthor>>> authors(
      std::span<const std::string> ids) = 0;
  /// All words are in the name, the first letters of them at least; most papers first.
  virtual Result<AuthorPage> search_authors(std::string_view text, std::uint64_t offset,
                                            std::uint32_t n) = 0;
  /// Corpus ids, the newest first.
  virtual Result<std::vector<std::int64_t>> papers_of_author(const std::string& id) = 0;

  /// Errors: kBadInput for the question; as Retriever::retrieve.
  virtual Result<PaperHits> search(const PaperAsk& ask) = 0;
  virtual Result<SnippetHits> snippets(const PaperAsk& ask) = 0;
  /// Errors: kBadInput saying where in the query.
  virtual Result<BulkPage> bulk(const BulkAsk& ask) = 0;
  /// The paper whose title is nearest, if it is near enough.
  virtual Result<std::optional<TitleMatch>> match(std::string_view title,
                                                  const PaperFilter& filter) = 0;
  /// Papers whose titles have the words so far, the last as a beginning; most citations first.
  virtual Result<std::vector<TitleCompletion>> complete(std::string_view text, std::size_t n) = 0;
  /// Papers like some and unlike others, the nearest first; none of those. By vectors where there
  /// are some, else by the words of titles.
  virtual Result<std::vector<std::int64_t>> alike(std::span<const std::int64_t> like,
                                                  std::span<const std::int64_t> unlike,
                                                  std::size_t n) = 0;
  /// Title and abstract as a vector; empty: there is none.
  virtual Result<std::vector<float>> vector_of(std::int64_t corpus_id) = 0;

  /// Of texts by the model of the library's vectors, as interactive work, of length 1 each:
  /// [texts][d]; empty where there is no model to ask. Errors: as a request's.
  virtual Result<std::vector<std::vector<float>>> vectors_of(std::span<const std::string> texts) {
    (void)texts;
    return std::vector<std::vector<float>>();
  }

  /// The full text. Errors: kNotFound.
  virtual Result<std::string> text_of(std::int64_t corpus_id) = 0;
  virtual Result<LibraryCounts> counts() = 0;

  /// Another one after each change of what is in it; "": that is not known.
  virtual Result<std::string> state() { return std::string(); }
};

}  // namespace quern::apps
