"""Logarithms and exponentials in plain arithmetic, of which loops make many side by side.

The functions of the C library take one number at a time, several times as long. Both are good to
one unit in the last place or two; the polynomial of the logarithm is that of FDLIBM (Sun, 1993).
"""

from math import factorial
from typing import Any

from numba import types
from numba.extending import intrinsic

from toolbox.kernels.cpu.compiling import compiled

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
EVEN = (6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01)
LAST_EVEN = 1.479819860510658591e-01
ODD = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
# 1 / n!, the terms of Taylor's series.
C7, C8, C9, C10, C11, C12, C13 = (1.0 / factorial(n) for n in range(7, 14))
# Added to a number below 2^51, it leaves the nearest whole number in the last bits.
TO_WHOLE = 1.5 * 2.0**52
EXPONENT, ONE, EXPONENT_TO_FLOAT = 0x7FF0000000000000, 0x3FF0000000000000, 0x4330000000000000
CUT = 0x3FE6A09E667F3BCD - ONE  # the number is sqrt(1/2)


@intrinsic
def bits_of(_: Any, x: Any) -> Any:
    """Return a float's bits as a whole number of its width."""
    whole = types.int64 if x == types.float64 else types.int32
    return whole(x), _same_bits


@intrinsic
def number_of(_: Any, bits: Any) -> Any:
    """Return the float that has the bits of a whole number."""
    number = types.float64 if bits == types.int64 else types.float32
    return number(bits), _same_bits


def _same_bits(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


@compiled(inline=True)
def larger(a: float, b: float) -> float:
    """Return the larger of two magnitudes, NaN if one of them is."""
    # Of numbers without a sign the bits are in the same order, with NaN above all.
    return number_of(max(bits_of(a), bits_of(b)))


@compiled(inline=True)
def logarithm(x: float) -> float:
    """Return the logarithm of a normal number above 0."""
    above_cut = bits_of(x) - CUT  # x = m 2^k with m from sqrt(1/2) to sqrt(2)
    f = number_of(bits_of(x) + (ONE - (above_cut & EXPONENT))) - 1.0
    k = number_of((above_cut >> 52) | EXPONENT_TO_FLOAT) - (2.0**52 + 1023.0)
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = w * (ODD[0] + w * (ODD[1] + w * ODD[2]))
    even = z * (EVEN[0] + w * (EVEN[1] + w * (EVEN[2] + w * LAST_EVEN)))
    return k * LN2_HIGH + (f - (s * ((f - even) - odd) - k * LN2_LOW))


@compiled(inline=True)
def exponentials(x: float) -> tuple[float, float]:
    """Return e^x and e^-x, |x| < 700."""
    shifted = x * 1.4426950408889634 + TO_WHOLE  # x = k ln 2 + r
    bits, k = bits_of(shifted), shifted - TO_WHOLE
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    # Taylor's: |r| <= ln 2 / 2, so that the first term left out is below 2^-56. cosh r - 1 and
    # sinh r, of which e^r and e^-r are sum and difference, share the work.
    z = r * r
    even = z * (0.5 + z * (1 / 24 + z * (1 / 720 + z * (C8 + z * (C10 + z * C12)))))
    odd = r + r * (z * (1 / 6 + z * (1 / 120 + z * (C7 + z * (C9 + z * (C11 + z * C13))))))
    up, down = number_of((1023 + bits) << 52), number_of((1023 - bits) << 52)  # 2^k, 2^-k
    return up * (1.0 + (even + odd)), down * (1.0 + (even - odd))
