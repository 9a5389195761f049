// The filter language: any text is a filter that means something, or an error; what is printed of a
// filter is that filter.

#include "store/filter/filter.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  static const std::array<Attribute, 4> schema = {
      Attribute{"lang", AttributeType::kKeyword}, Attribute{"year", AttributeType::kInteger},
      Attribute{"made", AttributeType::kDate}, Attribute{"draft", AttributeType::kFlag}};
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const auto filter = parse_filter(text, schema);
  if (!filter.ok()) return 0;
  const auto again = parse_filter(text_from_filter(*filter, schema), schema);
  if (again.ok()) {
    QUERN_CHECK(*again == *filter);
  } else {
    QUERN_CHECK(again.status().code() == quern::Code::kTooLarge);
  }
  const FilterSource source{
      .n_docs = 70, .attributes = nullptr, .keys_with_prefix = [](std::string_view) {
        return quern::Result<FilterSource::Ids>(FilterSource::Ids{3, 80});
      }};
  QUERN_CHECK(evaluate(*filter, source).ok());
  return 0;
}
