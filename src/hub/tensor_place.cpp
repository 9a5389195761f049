#include "hub/tensor_place.h"

#include <fmt/format.h>

#include "base/check.h"

namespace quern::hub {

Result<TensorPlaces> TensorPlaces::find(const formats::TensorFiles& base,
                                        const formats::LoraAdapter& adapter) {
  QUERN_CHECK(!adapter.updates.empty());
  TensorPlaces places(base);
  const std::string name = adapter.updates.front().module + ".weight";
  if (base.find(name) != nullptr) return places;
  const std::size_t dot = name.find('.');
  if (base.find(name.substr(dot + 1)) != nullptr) {
    places.dropped_ = name.substr(0, dot + 1);
    return places;
  }
  for (const auto& [known, entry] : base.all()) {
    if (known.ends_with("." + name)) {
      places.added_ = known.substr(0, known.size() - name.size());
      return places;
    }
  }
  return Status(Code::kBadInput,
                fmt::format("the base has no tensor '{}', which the adapter updates: is it another "
                            "model's?",
                            name));
}

std::string TensorPlaces::moved(const std::string& name) const {
  if (!dropped_.empty() && name.starts_with(dropped_)) return name.substr(dropped_.size());
  return added_ + name;
}

Result<std::string> TensorPlaces::of_base(const std::string& name) const {
  for (const std::string& place : {moved(name), name}) {
    if (base_->find(place) != nullptr) return place;
  }
  return {Code::kBadInput,
          fmt::format("the base has no tensor '{}', which the adapter updates", name)};
}

std::string TensorPlaces::of_new(const std::string& name) const {
  const Result<std::string> known = of_base(name);
  if (known.ok()) return *known;
  return dropped_.empty() || !name.starts_with(dropped_) ? name : moved(name);
}

}  // namespace quern::hub
