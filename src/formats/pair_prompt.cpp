#include "formats/pair_prompt.h"

namespace quern::formats {
namespace {

constexpr std::string_view kQuery = "{query}";
constexpr std::string_view kDocument = "{document}";
constexpr std::string_view kInstruction =
    "Given a web search query, retrieve relevant passages that answer the query";

bool holds_once(std::string_view text, std::string_view part) {
  const std::size_t at = text.find(part);
  return at != std::string_view::npos && text.find(part, at + 1) == std::string_view::npos;
}

}  // namespace

PairPrompt qwen3_pair_prompt() {
  return *parse_pair_prompt(
      "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query "
      "and the Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n"
      "<|im_start|>user\n<Instruct>: Given a web search query, retrieve relevant passages that "
      "answer the query\n<Query>: {query}\n<Document>: {document}<|im_end|>\n"
      "<|im_start|>assistant\n<think>\n\n</think>\n\n");
}

Result<PairPrompt> parse_pair_prompt(std::string_view text) {
  const std::size_t query = text.find(kQuery);
  const std::size_t document = text.find(kDocument);
  if (!holds_once(text, kQuery) || !holds_once(text, kDocument) || query > document) {
    return {Code::kUnsupported,
            "a template for pairs without one {query} and one {document} behind it"};
  }
  const std::size_t behind = query + kQuery.size();
  PairPrompt out;
  out.head = text.substr(0, query);
  out.between = text.substr(behind, document - behind);
  out.suffix = text.substr(document + kDocument.size());
  if (holds_once(out.head, kInstruction)) out.instruction = kInstruction;
  return out;
}

Result<std::string> head_with(const PairPrompt& prompt, const std::string& instruction) {
  if (instruction.empty()) return prompt.head;
  if (prompt.instruction.empty()) {
    return {Code::kBadInput, "the model's template for pairs takes no instruction"};
  }
  std::string head = prompt.head;
  return head.replace(head.find(prompt.instruction), prompt.instruction.size(), instruction);
}

}  // namespace quern::formats
