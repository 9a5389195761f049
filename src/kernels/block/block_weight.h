// A weight matrix [n_out, n_in] in the blocks of a GGUF file, permuted for the product kernels into
// the same number of bytes (but for outputs padded to 16): a format is never held twice.
//
// A panel holds 16 outputs, padded to 64 bytes; n_blocks = n_in / 32.
//   f32        [n_in][16] f32
//   f16, bf16  [n_in][16] of 16 bits
//   the others codes [n_blocks][lines of 64 bytes], then scales [groups of 32 or 256 inputs]: see
//              block_layout.h. Unpacked, a line is the codes of 16 outputs by 4 inputs.
//
// Dequantised values are those of ggml's published definition, bit for bit
// (https://github.com/ggml-org/ggml, ggml-quants.c: dequantize_row_*).

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/weight.h"
#include "tensor/block_format.h"

namespace quern::kernels {

/// Is this a format that we multiply? F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K to Q6_K IQ4_NL
/// IQ4_XS.
bool is_block_product(BlockFormat format);

/// Does its product take the rows as blocks of codes (block_rows.h)? Else it takes them as f32.
bool takes_block_rows(BlockFormat format);

/// What panel_bytes of weight.h is for stored formats.
std::size_t block_panel_bytes(BlockFormat format, int n_in);

/// Packs one panel of weights in their own format: up to 16 consecutive outputs.
///
/// Shapes: rows n_rows <= 16 rows of ggml's blocks, one after another; panel of
///   block_panel_bytes(...) bytes.
void pack_block_panel(BlockFormat format, const std::byte* rows, int n_rows, int n_in,
                      std::span<std::byte> panel);

/// The values of ggml's blocks.
///
/// Shapes: out [k * n_elements] for k whole blocks.
void dequantise_blocks(BlockFormat format, std::span<const std::byte> blocks, std::span<float> out);

/// One output's weights out of the packed layout of a stored format: for embeddings tied to the
/// last product.
///
/// Shapes: row in [0, w.n_out); out [w.n_in].
void dequantise_row(const Weight& w, int row, std::span<float> out);

}  // namespace quern::kernels
