#include "text/added_tokens.h"

#include <algorithm>

#include "base/char_class.h"
#include "base/utf8.h"

namespace quern::text {
namespace {

bool word_before(std::string_view utf8, std::size_t pos) {
  if (pos == 0) return false;
  return is_word_char(decode_utf8(utf8, last_char(utf8.substr(0, pos))).code);
}

bool word_after(std::string_view utf8, std::size_t pos) {
  return pos < utf8.size() && is_word_char(decode_utf8(utf8, pos).code);
}

// Start of the white space that ends at `pos`, not before `floor`.
std::size_t strip_left(std::string_view utf8, std::size_t floor, std::size_t pos) {
  while (pos > floor) {
    const std::size_t start = last_char(utf8.substr(0, pos));
    if (start < floor || !is_white_space(decode_utf8(utf8, start).code)) break;
    pos = start;
  }
  return pos;
}

std::size_t strip_right(std::string_view utf8, std::size_t pos) {
  while (pos < utf8.size()) {
    const Decoded c = decode_utf8(utf8, pos);
    if (!is_white_space(c.code)) break;
    pos += static_cast<std::size_t>(c.n_bytes);
  }
  return pos;
}

/// Special, or shaped like "<|user|>", "<|turn>", "<turn|>" or "<end_of_turn>" (also with the
/// full-width bar).
bool is_control(const AddedToken& token) {
  const std::string_view text = token.content;
  if (token.special) return true;
  if (!text.starts_with('<') || !text.ends_with('>')) return false;
  return text.starts_with("<|") || text.ends_with("|>") || text.starts_with("<\uFF5C") ||
         text.ends_with("\uFF5C>") || text.ends_with("_of_turn>");
}

}  // namespace

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens)
    : tokens_(tokens), first_byte_(256, kNoNode) {
  std::erase_if(tokens_, [](const AddedToken& t) { return t.content.empty(); });
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    insert(tokens_[i].content, static_cast<int>(i));
    is_control_.push_back(is_control(tokens_[i]));
  }
}

void AddedTokens::insert(const std::string& content, int token) {
  int* link = &first_byte_[static_cast<unsigned char>(content[0])];
  int node = kNoNode;
  for (const char byte : content) {
    while (*link != kNoNode && nodes_[static_cast<std::size_t>(*link)].byte != byte) {
      link = &nodes_[static_cast<std::size_t>(*link)].sibling;
    }
    if (*link == kNoNode) {
      *link = static_cast<int>(nodes_.size());  // Before push_back: it may move the links.
      node = *link;
      nodes_.push_back({.byte = byte});
    } else {
      node = *link;
    }
    link = &nodes_[static_cast<std::size_t>(node)].child;
  }
  Node& end = nodes_[static_cast<std::size_t>(node)];
  if (end.token < 0) end.token = token;
}

// A plain stretch refuses a control token however it is reached, so that a shorter one, or one that
// begins later, is still found.
AddedTokens::Match AddedTokens::longest_at(std::string_view utf8, std::size_t pos,
                                           const ByteSpans& plain) const {
  Match best;
  int node = first_byte_[static_cast<unsigned char>(utf8[pos])];
  for (std::size_t i = pos; node != kNoNode;) {
    const Node& n = nodes_[static_cast<std::size_t>(node)];
    if (n.byte != utf8[i]) {
      node = n.sibling;
      continue;
    }
    ++i;
    if (n.token >= 0) {
      const auto token = static_cast<std::size_t>(n.token);
      const bool refused = is_control_[token] && overlaps(plain, pos, i);
      if (!refused) best = {i - pos, &tokens_[token]};
    }
    if (i == utf8.size()) break;
    node = n.child;
  }
  return best;
}

void AddedTokens::split(std::string_view utf8, SpecialsRule rule,
                        std::vector<TextPart>& out) const {
  std::size_t done = 0;
  for (std::size_t pos = 0; pos < utf8.size();) {
    const Match match = longest_at(utf8, pos, rule.plain);
    if (match.token == nullptr) {
      ++pos;
      continue;
    }
    std::size_t start = pos;
    std::size_t end = pos + match.n_bytes;
    pos = end;
    if (match.token->special && rule.specials == Specials::kAsText) continue;
    if (match.token->single_word && (word_before(utf8, start) || word_after(utf8, end))) continue;
    if (match.token->lstrip) start = strip_left(utf8, done, start);
    if (match.token->rstrip) end = strip_right(utf8, end);
    if (done < start) out.push_back({utf8.substr(done, start - done), -1});
    out.push_back({utf8.substr(start, end - start), match.token->id});
    done = end;
    pos = std::max(pos, end);
  }
  if (done < utf8.size()) out.push_back({utf8.substr(done), -1});
}

std::size_t AddedTokens::resident_bytes() const {
  std::size_t n = tokens_.capacity() * sizeof(AddedToken) + nodes_.capacity() * sizeof(Node) +
                  first_byte_.capacity() * sizeof(int);
  n += is_control_.capacity() / 8;
  for (const AddedToken& t : tokens_) n += t.content.capacity();
  return n;
}

}  // namespace quern::text
