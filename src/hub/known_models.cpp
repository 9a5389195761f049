#include "hub/known_models.h"

#include <algorithm>
#include <cctype>

namespace quern::hub {
namespace {

using formats::Pooling;

// Prompts as mteb's and sentence-transformers' model descriptions give them.
constexpr KnownPrompt kBge[] = {
    {"query", "Represent this sentence for searching relevant passages: "}, {"document", ""}};
constexpr KnownPrompt kBgeChinese[] = {{"query", "为这个句子生成表示以用于检索相关文章："},
                                       {"document", ""}};
constexpr KnownPrompt kE5[] = {
    {"query", "query: "}, {"document", "passage: "}, {"passage", "passage: "}};
constexpr KnownPrompt kNomic[] = {
    {"query", "search_query: "},        {"document", "search_document: "},
    {"search_query", "search_query: "}, {"search_document", "search_document: "},
    {"clustering", "clustering: "},     {"classification", "classification: "}};
constexpr KnownPrompt kArctic2[] = {{"query", "query: "}, {"document", ""}};
constexpr KnownPrompt kNomicCode[] = {
    {"query", "Represent this query for searching relevant code: "}, {"document", ""}};
// No space behind "Query:".
constexpr KnownPrompt kQwen3[] = {
    {"query",
     "Instruct: Given a web search query, retrieve relevant passages that answer the query\n"
     "Query:"},
    {"document", ""}};
constexpr KnownPrompt kGemma[] = {{"query", "task: search result | query: "},
                                  {"document", "title: none | text: "},
                                  {"BitextMining", "task: search result | query: "},
                                  {"Clustering", "task: clustering | query: "},
                                  {"Classification", "task: classification | query: "},
                                  {"InstructionRetrieval", "task: code retrieval | query: "},
                                  {"MultilabelClassification", "task: classification | query: "},
                                  {"PairClassification", "task: sentence similarity | query: "},
                                  {"Reranking", "task: search result | query: "},
                                  {"Retrieval", "task: search result | query: "},
                                  {"Retrieval-query", "task: search result | query: "},
                                  {"Retrieval-document", "title: none | text: "},
                                  {"STS", "task: sentence similarity | query: "},
                                  {"Summarization", "task: summarization | query: "}};

constexpr KnownPooling kMean{Pooling::kMean, false};
constexpr KnownPooling kMeanL2{Pooling::kMean, true};
constexpr KnownPooling kClsL2{Pooling::kCls, true};
constexpr KnownPooling kLastL2{Pooling::kLast, true};

// Pooling where FastEmbed's registry says it, which runs these models without modules.json.
constexpr KnownModel kModels[] = {
    {"sentence-transformers/all-MiniLM-L6-v2", "all-minilm minilm", {}, kMeanL2},
    {"sentence-transformers/all-MiniLM-L12-v2", ""},
    {"sentence-transformers/all-mpnet-base-v2", "all-mpnet"},
    {"sentence-transformers/multi-qa-MiniLM-L6-cos-v1", ""},
    {"sentence-transformers/multi-qa-mpnet-base-dot-v1", ""},
    {"sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
     "paraphrase-multilingual",
     {},
     kMean},
    {"sentence-transformers/paraphrase-multilingual-mpnet-base-v2", "", {}, kMean},
    {"sentence-transformers/LaBSE", ""},
    {"BAAI/bge-small-en-v1.5", "bge-small", kBge, kClsL2},
    {"BAAI/bge-base-en-v1.5", "bge-base", kBge, kClsL2},
    {"BAAI/bge-large-en-v1.5", "bge-large", kBge, kClsL2},
    {"BAAI/bge-small-en", "", kBge, kClsL2},
    {"BAAI/bge-base-en", "", kBge, kClsL2},
    {"BAAI/bge-small-zh-v1.5", "", kBgeChinese, kClsL2},
    {"BAAI/bge-m3", ""},
    {"intfloat/e5-small-v2", "e5-small", kE5},
    {"intfloat/e5-base-v2", "e5-base", kE5},
    {"intfloat/e5-large-v2", "e5-large", kE5},
    {"intfloat/multilingual-e5-small", "", kE5},
    {"intfloat/multilingual-e5-base", "", kE5},
    {"intfloat/multilingual-e5-large", "", kE5, kMeanL2},
    {"intfloat/multilingual-e5-large-instruct", ""},
    {"intfloat/e5-mistral-7b-instruct", "e5-mistral"},
    {"thenlper/gte-small", ""},
    {"thenlper/gte-base", "", {}, kMeanL2},
    {"thenlper/gte-large", "", {}, kMeanL2},
    {"Alibaba-NLP/gte-base-en-v1.5", ""},
    {"Alibaba-NLP/gte-large-en-v1.5", ""},
    {"Alibaba-NLP/gte-multilingual-base", ""},
    {"Alibaba-NLP/gte-modernbert-base", ""},
    {"nomic-ai/nomic-embed-text-v1", "", kNomic, kMean},
    {"nomic-ai/nomic-embed-text-v1.5", "nomic-embed-text nomic", kNomic, kMean},
    {"nomic-ai/nomic-embed-text-v2-moe", "", kNomic},
    {"nomic-ai/modernbert-embed-base", "modernbert-embed", kNomic},
    {"nomic-ai/nomic-embed-code", "", kNomicCode},
    {"nomic-ai/CodeRankEmbed", "", kNomicCode},
    {"mixedbread-ai/mxbai-embed-large-v1", "mxbai-embed-large", kBge, kClsL2},
    {"mixedbread-ai/mxbai-embed-xsmall-v1", ""},
    {"Snowflake/snowflake-arctic-embed-xs", "", kBge, kClsL2},
    {"Snowflake/snowflake-arctic-embed-s", "", kBge, kClsL2},
    {"Snowflake/snowflake-arctic-embed-m", "", kBge, kClsL2},
    {"Snowflake/snowflake-arctic-embed-m-long", "", kBge, kClsL2},
    {"Snowflake/snowflake-arctic-embed-m-v1.5", "", kBge},
    {"Snowflake/snowflake-arctic-embed-l", "snowflake-arctic-embed", kBge, kClsL2},
    {"Snowflake/snowflake-arctic-embed-m-v2.0", "", kArctic2},
    {"Snowflake/snowflake-arctic-embed-l-v2.0", "snowflake-arctic-embed2", kArctic2},
    {"jinaai/jina-embeddings-v2-small-en", "", {}, kMeanL2},
    {"jinaai/jina-embeddings-v2-base-en", "", {}, kMeanL2},
    {"jinaai/jina-embeddings-v2-base-de", "", {}, kMeanL2},
    {"jinaai/jina-embeddings-v2-base-es", "", {}, kMeanL2},
    {"jinaai/jina-embeddings-v2-base-zh", "", {}, kMeanL2},
    {"jinaai/jina-embeddings-v2-base-code", "", {}, kMeanL2},
    {"Qwen/Qwen3-Embedding-0.6B", "qwen3-embedding", kQwen3, kLastL2},
    {"Qwen/Qwen3-Embedding-4B", "", kQwen3},
    {"Qwen/Qwen3-Embedding-8B", "", kQwen3},
    {"google/embeddinggemma-300m", "embeddinggemma", kGemma},
    {"ibm-granite/granite-embedding-small-english-r2", "", {}, kClsL2},
    {"ibm-granite/granite-embedding-english-r2", ""},
    {"ibm-granite/granite-embedding-30m-english", "granite-embedding"},
    {"ibm-granite/granite-embedding-278m-multilingual", ""},
    {"WhereIsAI/UAE-Large-V1", "", kBge},
    {"avsolatorio/GIST-small-Embedding-v0", ""},
    {"minishlab/potion-base-8M", ""},
    {"minishlab/potion-retrieval-32M", ""},
    {"minishlab/potion-multilingual-128M", ""},
    {"prithivida/Splade_PP_en_v1", ""},
    {"colbert-ir/colbertv2.0", "colbert"},
    {"answerdotai/answerai-colbert-small-v1", ""},
    {"lightonai/GTE-ModernColBERT-v1", ""},
    {"cross-encoder/ms-marco-MiniLM-L-6-v2", "Xenova/ms-marco-MiniLM-L-6-v2 ms-marco-MiniLM"},
    {"cross-encoder/ms-marco-MiniLM-L-12-v2", "Xenova/ms-marco-MiniLM-L-12-v2"},
    {"BAAI/bge-reranker-base", ""},
    {"BAAI/bge-reranker-large", ""},
    {"BAAI/bge-reranker-v2-m3", ""},
    {"jinaai/jina-reranker-v1-tiny-en", ""},
    {"jinaai/jina-reranker-v1-turbo-en", ""},
    {"mixedbread-ai/mxbai-rerank-xsmall-v1", ""},
    {"mixedbread-ai/mxbai-rerank-base-v1", ""},
    {"mixedbread-ai/mxbai-rerank-large-v1", ""},
    {"Qwen/Qwen3-Reranker-0.6B", "qwen3-reranker"},
    {"cross-encoder/nli-deberta-v3-xsmall", ""},
    {"cross-encoder/nli-deberta-v3-small", ""},
    {"cross-encoder/nli-deberta-v3-base", ""},
    {"cross-encoder/nli-deberta-v3-large", ""},
};

bool same_but_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view last_part(std::string_view repo) { return repo.substr(repo.rfind('/') + 1); }

/// Calls `take` with each of the model's further names until it says true.
template <typename Take>
bool any_name(const KnownModel& model, Take take) {
  std::string_view rest = model.names;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(' '));
    if (take(name)) return true;
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
  return false;
}

}  // namespace

std::span<const KnownModel> known_models() { return kModels; }

const KnownModel* find_known_model(std::string_view name) {
  const auto is = [&](std::string_view other) { return same_but_case(name, other); };
  const auto found = std::find_if(std::begin(kModels), std::end(kModels), [&](const auto& model) {
    return is(model.repo) || is(last_part(model.repo)) || any_name(model, is);
  });
  return found == std::end(kModels) ? nullptr : &*found;
}

std::vector<std::string> known_model_names() {
  std::vector<std::string> out;
  for (const KnownModel& model : kModels) {
    out.emplace_back(last_part(model.repo));
    any_name(model, [&](std::string_view name) {
      out.emplace_back(name);
      return false;
    });
  }
  return out;
}

}  // namespace quern::hub
