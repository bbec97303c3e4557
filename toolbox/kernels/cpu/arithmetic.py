"""Logarithms and exponentials of many numbers, in plain arithmetic that runs side by side.

The functions of the C library take one number at a time, several times as long. Both are good to
one unit in the last place or two; the polynomial of the logarithm is that of FDLIBM (Sun, 1993).

`rows` holds strips of numbers, each row one stage of the work, and `bits` are the same numbers as
whole ones.
"""

from math import factorial

import numpy as np

from toolbox.kernels.cpu.compiling import compiled

STRIP = 512  # numbers that are worked on together, in the fastest cache
ROWS = 6
MANTISSA_ROW, EXPONENT_ROW, VALUES, RESULT, INVERSE, POWERS = range(ROWS)

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


@compiled(inline=True)
def larger(a: float, b: float) -> float:
    """Return the larger of two, NaN if one of them is."""
    return a if (a > b) | (a != a) else b


@compiled()
def logarithms(rows: np.ndarray, bits: np.ndarray, n: int) -> None:
    """Replace the first n values, normal numbers above 0, by their logarithms."""
    for i in range(n):  # x = m 2^k with m from sqrt(1/2) to sqrt(2)
        above_cut = bits[VALUES, i] - CUT
        bits[MANTISSA_ROW, i] = bits[VALUES, i] + (ONE - (above_cut & EXPONENT))
        bits[EXPONENT_ROW, i] = (above_cut >> 52) | EXPONENT_TO_FLOAT
    for i in range(n):
        f = rows[MANTISSA_ROW, i] - 1.0
        k = rows[EXPONENT_ROW, i] - (2.0**52 + 1023.0)
        s = f / (2.0 + f)
        z = s * s
        w = z * z
        odd = w * (ODD[0] + w * (ODD[1] + w * ODD[2]))
        even = z * (EVEN[0] + w * (EVEN[1] + w * (EVEN[2] + w * LAST_EVEN)))
        rows[VALUES, i] = k * LN2_HIGH + (f - (s * ((f - even) - odd) - k * LN2_LOW))


@compiled()
def exponentials(rows: np.ndarray, bits: np.ndarray, n: int) -> None:
    """Write into the results e^x of the first n values, |x| < 700, and e^-x into the inverses."""
    for i in range(n):
        rows[MANTISSA_ROW, i] = rows[VALUES, i] * 1.4426950408889634 + TO_WHOLE
    for i in range(n):  # x = k ln 2 + r, and 2^k, 2^-k
        bits[EXPONENT_ROW, i] = (1023 + bits[MANTISSA_ROW, i]) << 52
        bits[INVERSE, i] = (1023 - bits[MANTISSA_ROW, i]) << 52
    for i in range(n):
        k = rows[MANTISSA_ROW, i] - TO_WHOLE
        r = (rows[VALUES, i] - k * LN2_HIGH) - k * LN2_LOW
        # Taylor's: |r| <= ln 2 / 2, so that the first term left out is below 2^-56. cosh r - 1 and
        # sinh r, of which e^r and e^-r are sum and difference, share the work.
        z = r * r
        even = z * (0.5 + z * (1 / 24 + z * (1 / 720 + z * (C8 + z * (C10 + z * C12)))))
        odd = r + r * (z * (1 / 6 + z * (1 / 120 + z * (C7 + z * (C9 + z * (C11 + z * C13))))))
        rows[RESULT, i] = rows[EXPONENT_ROW, i] * (1.0 + (even + odd))
        rows[INVERSE, i] = rows[INVERSE, i] * (1.0 + (even - odd))
