#include "hub/merged_weights.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/part_file.h"
#include "formats/safetensors_header.h"
#include "hub/tensor_place.h"

namespace quern::hub {
namespace {

using formats::LoraAdapter;
using formats::LoraUpdate;
using formats::TensorEntry;
using formats::TensorFiles;

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

/// One tensor of the file to come: bytes of a file that is there, or those with an update.
struct MergedTensor {
  TensorEntry entry;
  const LoraUpdate* update = nullptr;

  std::size_t n_bytes() const {
    return update == nullptr ? entry.bytes.size()
                             : entry.bytes.size() / dtype_bytes(entry.dtype) * sizeof(float);
  }
};

using MergedTensors = std::map<std::string, MergedTensor>;

std::vector<float> widened(const TensorEntry& entry) {
  const std::size_t n = entry.bytes.size() / dtype_bytes(entry.dtype);
  std::vector<float> out(n);
  if (entry.dtype == DType::kF32) {
    std::memcpy(out.data(), entry.bytes.data(), entry.bytes.size());
    return out;
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, entry.bytes.data() + i * sizeof(bits), sizeof(bits));
    out[i] = entry.dtype == DType::kF16 ? f32_from_f16(bits) : f32_from_bf16(bits);
  }
  return out;
}

/// [n_out, n_in], or [n_in, n_out] of a transposed base: weight + scale * (B A).
std::vector<float> merged(const MergedTensor& tensor, bool is_transposed) {
  std::vector<float> weight = widened(tensor.entry);
  const std::vector<float> a = widened(tensor.update->a);
  const std::vector<float> b = widened(tensor.update->b);
  const auto n_in = static_cast<std::size_t>(tensor.update->a.shape[1]);
  const auto n_out = static_cast<std::size_t>(tensor.update->b.shape[0]);
  const auto rank = static_cast<std::size_t>(tensor.update->a.shape[0]);
  const auto scale = static_cast<float>(tensor.update->scale);
  std::vector<float> row(n_in);
  for (std::size_t o = 0; o < n_out; ++o) {
    std::fill(row.begin(), row.end(), 0.0F);
    for (std::size_t k = 0; k < rank; ++k) {
      const float factor = b[o * rank + k];
      for (std::size_t i = 0; i < n_in; ++i) row[i] += factor * a[k * n_in + i];
    }
    for (std::size_t i = 0; i < n_in; ++i) {
      weight[is_transposed ? i * n_out + o : o * n_in + i] += scale * row[i];
    }
  }
  return weight;
}

/// One number that is none makes every result none.
Status check_finite(const std::string& name, std::span<const float> values) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (bad == values.end()) return {};
  return {Code::kBadInput, fmt::format("tensor '{}' with the adapter has {} at {}, want finite "
                                       "numbers",
                                       name, *bad, bad - values.begin())};
}

Status check_update(const std::string& name, const TensorEntry& weight, const LoraAdapter& adapter,
                    const LoraUpdate& update) {
  std::vector<std::int64_t> want = {update.b.shape[0], update.a.shape[1]};
  if (adapter.is_transposed) std::swap(want[0], want[1]);
  if (weight.shape != want) {
    return {Code::kBadInput,
            fmt::format("tensor '{}' of the base is [{}], the adapter is made for "
                        "[{}]",
                        name, fmt::join(weight.shape, ", "), fmt::join(want, ", "))};
  }
  if (weight.dtype == DType::kF32 || weight.dtype == DType::kF16 || weight.dtype == DType::kBF16) {
    return {};
  }
  return {Code::kUnsupported, fmt::format("tensor '{}' of the base is of {}, want f32, f16 or bf16",
                                          name, dtype_name(weight.dtype))};
}

Status place_updates(const LoraAdapter& adapter, const TensorPlaces& places, MergedTensors& out) {
  for (const LoraUpdate& update : adapter.updates) {
    QUERN_ASSIGN(const std::string name, places.of_base(update.module + ".weight"));
    MergedTensor& tensor = out.at(name);
    QUERN_TRY(check_update(name, tensor.entry, adapter, update));
    if (tensor.update != nullptr) {
      return {Code::kBadInput, fmt::format("tensor '{}' has two updates", name)};
    }
    tensor.update = &update;
  }
  return {};
}

Status place_saved(const LoraAdapter& adapter, const TensorPlaces& places, MergedTensors& out) {
  for (const formats::SavedTensor& saved : adapter.saved) {
    QUERN_TRY(check_finite(saved.name, widened(saved.entry)));
    const std::string name = places.of_new(saved.name);
    const auto [at, is_new] = out.try_emplace(name, MergedTensor{saved.entry, nullptr});
    if (is_new) continue;
    if (at->second.update != nullptr || at->second.entry.shape != saved.entry.shape) {
      return {
          Code::kBadInput,
          fmt::format("tensor '{}' of modules_to_save is [{}], the base's is [{}]{}", saved.name,
                      fmt::join(saved.entry.shape, ", "), fmt::join(at->second.entry.shape, ", "),
                      at->second.update == nullptr ? "" : " and has an update")};
    }
    at->second.entry = saved.entry;
  }
  return {};
}

/// "a.b.dense" ends with "dense" and with "b.dense".
bool ends_with_module(std::string_view module, std::string_view end) {
  return module.ends_with(end) &&
         (module.size() == end.size() || module[module.size() - end.size() - 1] == '.');
}

bool lies_in(std::string_view name, const std::vector<std::string>& modules) {
  return std::any_of(modules.begin(), modules.end(), [&](const std::string& module) {
    return fmt::format(".{}", name).find(fmt::format(".{}.", module)) != std::string::npos;
  });
}

/// The 3 of "a.layers.3.b": the last number between names, behind one of `names` where there are
/// some. So PEFT finds it.
std::optional<std::int64_t> layer_of(std::string_view module,
                                     const std::vector<std::string>& names) {
  std::size_t end = module.rfind('.');
  while (end != std::string_view::npos && end > 0) {
    const std::size_t dot = module.rfind('.', end - 1);
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view before = module.substr(0, dot);
    std::int64_t layer = 0;
    const auto [at, error] = std::from_chars(module.data() + dot + 1, module.data() + end, layer);
    const bool is_number = error == std::errc() && at == module.data() + end;
    const bool is_named =
        names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return ends_with_module(before, name);
        });
    if (is_number && is_named) return layer;
    end = dot;
  }
  return std::nullopt;
}

bool is_in_layers(const LoraAdapter& adapter, std::string_view module) {
  if (adapter.layers.empty()) return true;
  const std::optional<std::int64_t> layer = layer_of(module, adapter.layer_names);
  return layer &&
         std::find(adapter.layers.begin(), adapter.layers.end(), *layer) != adapter.layers.end();
}

/// "x.weight" is the module "x"; "" for other tensors.
std::string_view module_of(std::string_view tensor) {
  constexpr std::string_view kWeight = ".weight";
  return tensor.ends_with(kWeight) ? tensor.substr(0, tensor.size() - kWeight.size())
                                   : std::string_view();
}

/// An adapter cut short would otherwise pass for one of fewer layers.
Status check_all_are_there(const LoraAdapter& adapter, const MergedTensors& tensors) {
  if (adapter.excludes_some) return {};
  for (const auto& [name, tensor] : tensors) {
    const std::string_view module = module_of(name);
    if (module.empty() || tensor.entry.shape.size() != 2 || tensor.update != nullptr ||
        lies_in(name, adapter.modules_to_save) || !is_in_layers(adapter, module)) {
      continue;
    }
    for (const std::string& target : adapter.targets) {
      if (ends_with_module(module, target)) {
        return {Code::kBadInput, fmt::format("no lora_A and lora_B for '{}' of the base, which "
                                             "target_modules names as '{}'",
                                             module, target)};
      }
    }
  }
  return {};
}

/// A name may be the base's, or the whole one of the adapter's class.
Status check_targets_mean_something(const LoraAdapter& adapter, const MergedTensors& tensors) {
  for (const std::string& target : adapter.targets) {
    const bool is_updated = std::any_of(
        adapter.updates.begin(), adapter.updates.end(),
        [&](const LoraUpdate& update) { return ends_with_module(update.module, target); });
    const bool is_known =
        is_updated || std::any_of(tensors.begin(), tensors.end(), [&](const auto& tensor) {
          return ends_with_module(module_of(tensor.first), target);
        });
    if (is_known) continue;
    return {Code::kBadInput,
            fmt::format("target_modules names '{}', and there is no such tensor", target)};
  }
  return {};
}

formats::TensorLayout layout_of(const MergedTensors& tensors) {
  formats::TensorLayout layout;
  for (const auto& [name, tensor] : tensors) {
    const DType dtype = tensor.update == nullptr ? tensor.entry.dtype : DType::kF32;
    layout.push_back({name, dtype, tensor.entry.shape});
  }
  return layout;
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Status write_merged_weights(const TensorFiles& base, const LoraAdapter& adapter,
                            const std::string& path) {
  MergedTensors tensors;
  for (const auto& [name, entry] : base.all()) tensors[name] = {entry, nullptr};
  QUERN_ASSIGN(const TensorPlaces places, TensorPlaces::find(base, adapter));
  QUERN_TRY(place_updates(adapter, places, tensors));
  QUERN_TRY(place_saved(adapter, places, tensors));
  QUERN_TRY(check_all_are_there(adapter, tensors));
  QUERN_TRY(check_targets_mean_something(adapter, tensors));
  QUERN_ASSIGN(PartFile file, PartFile::create(path, 0644));
  QUERN_TRY(file.write(formats::safetensors_header(layout_of(tensors))));
  for (const auto& [name, tensor] : tensors) {
    if (tensor.update == nullptr) {
      QUERN_TRY(file.write(as_text(tensor.entry.bytes)));
    } else {
      const std::vector<float> values = merged(tensor, adapter.is_transposed);
      QUERN_TRY(check_finite(name, values));
      QUERN_TRY(file.write(as_text(std::as_bytes(std::span(values)))));
    }
  }
  return file.publish();
}

}  // namespace quern::hub
