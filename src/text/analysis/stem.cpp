#include "text/analysis/stem.h"

#include <libstemmer.h>

#include "base/check.h"
#include "base/utf8.h"

namespace quern::text {

struct PorterStemmer::Impl {
  struct Free {
    void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
  };
  std::unique_ptr<sb_stemmer, Free> stemmer{sb_stemmer_new("porter", "UTF_8")};
};

PorterStemmer::PorterStemmer() : impl_(std::make_unique<Impl>()) {
  QUERN_CHECK(impl_->stemmer != nullptr);
}
PorterStemmer::PorterStemmer(PorterStemmer&& other) noexcept = default;
PorterStemmer& PorterStemmer::operator=(PorterStemmer&& other) noexcept = default;
PorterStemmer::~PorterStemmer() = default;

std::string_view PorterStemmer::stem(std::string_view word) {
  if (word.size() <= 8 && count_chars(word) <= 2) return word;
  sb_stemmer* stemmer = impl_->stemmer.get();
  const sb_symbol* stem = sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(word.data()),
                                          static_cast<int>(word.size()));
  if (stem == nullptr) return word;  // Out of memory: the word is its own stem.
  return {reinterpret_cast<const char*>(stem),
          static_cast<std::size_t>(sb_stemmer_length(stemmer))};
}

}  // namespace quern::text
