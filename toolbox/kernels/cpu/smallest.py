"""Where the few smallest numbers of each row are, in one pass over it."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled


@compiled()
def place_smallest(rows: np.ndarray, places: np.ndarray) -> None:
    """Write the columns (n, k) of the k smallest numbers of rows (n, m), the smallest first.

    Of equal numbers the first count; at least k must be finite.
    """
    k = places.shape[1]
    last, smallest = k - 1, np.empty(k)
    for row in range(len(rows)):
        smallest[:] = np.inf
        for column in range(rows.shape[1]):
            x = rows[row, column]
            if x < smallest[last]:
                spot = last
                while spot > 0 and x < smallest[spot - 1]:
                    smallest[spot] = smallest[spot - 1]
                    places[row, spot] = places[row, spot - 1]
                    spot -= 1
                smallest[spot] = x
                places[row, spot] = column
