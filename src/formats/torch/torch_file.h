// Tensors of a file that torch.save wrote: a dictionary of a module's parameters. Such a file is a
// program for Python's pickle machine; here only what makes tensors of it is understood, nothing is
// called, and everything else is refused by name.
// Source: pytorch, torch/serialization.py and torch/_utils.py; CPython, Lib/pickletools.py.

#pragma once

#include <cstddef>
#include <span>

#include "base/status.h"
#include "formats/safetensors.h"

namespace quern::formats {

/// Errors: kBadInput for what is not such a file or says what cannot be; kUnsupported for element
///   types that no weight has, for tensors that are not contiguous, for files of before torch 1.6,
///   and for anything that a program of pickle could call.
Result<TensorMap> parse_torch(std::span<const std::byte> file);

}  // namespace quern::formats
