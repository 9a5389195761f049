#!/usr/bin/env python3
"""Prints the table of kernels/gelu_table.h: the normal distribution's upper tail T(a) = 1 - Phi(a)
as 32 quadratics in u - round(u), u = a * 6.4, and the largest error of the GELU made from it.

Needs numpy.
"""
import math

import numpy as np

SEGMENTS, PER_UNIT = 32, 6.4

coefficients = []
for i in range(SEGMENTS):
    # Chebyshev nodes of [-1/2, 1/2]: the interpolating quadratic is within a hair of minimax.
    f = np.cos(np.pi * (np.arange(64) + 0.5) / 64) / 2
    tail = [0.5 * math.erfc(a / math.sqrt(2)) for a in (i + f) / PER_UNIT]
    coefficients.append(np.polynomial.chebyshev.cheb2poly(
        np.polynomial.chebyshev.chebfit(2 * f, tail, 2)) * 2.0 ** np.arange(3))
table = np.array(coefficients).astype(np.float32)

x = np.linspace(-12, 12, 400001).astype(np.float32)
u = np.minimum(np.abs(x) * np.float32(PER_UNIT), np.float32(SEGMENTS - 0.51))
i = np.rint(u).astype(int)
f = u - i
tail = table[i, 0] + f * (table[i, 1] + f * table[i, 2])
got = np.maximum(x, 0) - u / PER_UNIT * tail
want = np.array([v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x.astype(float)])
print(f"// largest error {np.abs(got - want).max():.2g}")
for k in range(3):
    rows = [", ".join(f"{v:.9g}f" for v in table[r:r + 4, k]) for r in range(0, SEGMENTS, 4)]
    print(f"alignas(64) inline constexpr float kGeluTail{k}[32] = {{\n    " + ",\n    ".join(rows) + "};")
