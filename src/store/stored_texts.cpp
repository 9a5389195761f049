#include "store/stored_texts.h"

#include <map>
#include <utility>

namespace quern::store {

Status read_stored_texts(const Generation& generation, std::span<const DocPlace> places,
                         const std::function<void(std::size_t i, std::string stored)>& give) {
  std::map<std::size_t, StoredTextReader> readers;  // By segment.
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t i_segment = places[i].i_segment;
    auto reader = readers.find(i_segment);
    if (reader == readers.end()) {
      const Segment& segment = *generation.segments()[i_segment].segment;
      reader = readers.emplace(i_segment, segment.stored_text()).first;
    }
    QUERN_ASSIGN(std::string stored, reader->second.read_stored(places[i].doc));
    give(i, std::move(stored));
  }
  return {};
}

}  // namespace quern::store
