"""Convolution with 3 × 3 filters in a quarter of the multiplications: S. Winograd's algorithm, for large layers.

Why it works
------------
Write numbers as the coefficients of polynomials. Multiplying two polynomials then is a convolution: 3 weights and 4
numbers give 6 coefficients, by 12 multiplications. But a polynomial with 6 coefficients is known from its values at 6
points, and the *values* of a product are products of values: 6 multiplications. So evaluate both, multiply, and find
the polynomial that has these values. All but the multiplication is done by matrices of constants. The points are
:data:`POINTS` and "infinity", where the value of a polynomial is its highest coefficient.

Read backwards (transposed), the same matrices give 4 numbers of a map from 6 of a row: 6 multiplications, not
``4 * 3``. In two directions, 6 × 6 cells of the image, a *tile*, give 4 × 4 of the map in 36 multiplications, not
``16 * 9``. The sum over the channels comes between multiplying and going back, so evaluating is done once for each
channel, and going back once for each filter: it pays where there are many of both.

Why not always
--------------
All windows of a tile share their sums, so the rounding of a large number reaches its neighbours, too, and is some four
times that of the plain sum. That is small enough for float32 in a network. Float64 and integers, which we compare
with, are computed as in :mod:`cnnkit.ops.convolution`, which also takes over where a number is not finite: inf - inf is
NaN, and would reach windows that it is not in.

References
----------
S. Winograd, *Arithmetic Complexity of Computations*, SIAM, 1980, https://doi.org/10.1137/1.9781611970364.
A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", 2016,
https://doi.org/10.48550/arXiv.1509.09308. What it rounds: B. Barabasz et al., 2020,
https://doi.org/10.1145/3412380.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnkit.ops.arrays import all_finite
from cnnkit.ops.threads import each

#: Where the polynomials are evaluated, besides infinity. Not far from 1, so that the powers are of similar size.
POINTS = (0, 3 / 4, -3 / 4, 3 / 2, -3 / 2)
#: Sides of a tile of the image and of the map.
TILE, STEP = 6, 4
#: Channels and filters from which on it is faster; and cells of a map for each channel and each filter. The latter also
#: keeps the memory small: the evaluated filters are no larger than the columns (im2col) of an image would be.
LEAST, CELLS_EACH = 32, 6
#: Bytes of tiles at a time: a few times as much is in use, which should stay in a processor's cache.
PIECE = 2**20
#: Pieces whose shares in the gradient of the filters wait to be added up.
SHARES = 16


def _evaluate(count: int) -> np.ndarray:
    """The matrix that turns `count` coefficients into the values at all points; the last one is infinity."""
    return np.vstack([np.vander(POINTS, count, increasing=True), np.eye(count)[-1:]])


def _both_ways(matrix: np.ndarray) -> np.ndarray:
    """What a matrix does to the rows and then to the columns of a tile, for the cells of the tile in one vector."""
    return np.ascontiguousarray(np.kron(matrix, matrix), np.float32)


#: What is done to 3 × 3 weights, to the 6 × 6 cells of a tile, and to the 6 × 6 products, for the 4 × 4 of the map.
WEIGHTS = _both_ways(_evaluate(3))
CELLS = _both_ways(np.linalg.inv(_evaluate(TILE)).T)
MAP = _both_ways(_evaluate(STEP).T)


def pays(x: np.ndarray, filters: np.ndarray, stride, dilation, groups: int, sides) -> bool:
    """Whether a layer with maps of these sides is one for this algorithm."""
    count, h, w, channels = filters.shape
    if min(count, channels) < LEAST or sides[0] * sides[1] < CELLS_EACH * max(count, channels):
        return False
    return x.dtype == filters.dtype == np.float32 and (h, w, *stride, *dilation, groups) == (3, 3, 1, 1, 1, 1, 1)


def slide(padded: np.ndarray, filters: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray | None:
    """The maps, (N, H', W', F), of a padded batch (N, H, W, C) under filters (F, 3, 3, C); None if not all finite."""
    n, height, width, channels = padded.shape
    tiles = _tiles(padded, TILE)
    down, across = tiles.shape[1:3]
    maps = np.empty((n, down, STEP, across, STEP, len(filters)), np.float32)
    weights = np.empty((TILE**2, len(filters), channels), np.float32)

    def evaluate(start):
        some = slice(start, start + 16)
        by_place = filters[some].reshape(-1, 9, channels).swapaxes(0, 1).reshape(9, -1)
        weights[:, some] = (WEIGHTS @ by_place).reshape(TILE**2, -1, channels)

    def fill(piece):
        values = _evaluated(CELLS, tiles[piece])
        products = np.matmul(values, weights.swapaxes(1, 2))
        cells = (MAP @ products.reshape(len(products), -1)).reshape(STEP, STEP, -1, across, len(filters))
        np.add(cells, bias, out=maps[piece].transpose(1, 3, 0, 2, 4))

    with np.errstate(all="ignore"):
        each(evaluate, range(0, len(filters), 16))
        each(fill, _pieces(tiles, len(filters)))
    maps = maps.reshape(n, down * STEP, across * STEP, -1)[:, : height - 2, : width - 2]
    return np.ascontiguousarray(maps) if all_finite(maps) else None


def filters_gradient(padded: np.ndarray, grad: np.ndarray) -> np.ndarray | None:
    """The gradient of the filters, (F, 3, 3, C), from that of the maps: each step of :func:`slide` backwards."""
    count, channels = grad.shape[3], padded.shape[3]
    tiles, grad_tiles = _tiles(padded, TILE), _tiles(grad, STEP)
    pieces = _pieces(tiles, count)
    total = np.zeros((9, count * channels), np.float32)
    for start in range(0, len(pieces), SHARES):
        shares = pieces[start : start + SHARES]

        def add_up(number, shares=shares):
            values = _evaluated(CELLS, tiles[shares[number]])
            arriving = _evaluated(MAP.T, grad_tiles[shares[number]])
            shares[number] = WEIGHTS.T @ np.matmul(arriving.swapaxes(1, 2), values).reshape(len(values), -1)

        with np.errstate(all="ignore"):
            each(add_up, range(len(shares)))
            for share in shares:  # always in this order, so that the sum does not depend on the threads
                total += share
    if not all_finite(total):
        return None
    return total.reshape(9, count, channels).swapaxes(0, 1).reshape(count, 3, 3, channels)


def _tiles(x: np.ndarray, side: int) -> np.ndarray:
    """A batch as tiles, (N, down, across, C, side, side); not copied, unless zeros are needed to fill the last ones."""
    more = [(0, -(length - side) % STEP) for length in x.shape[1:3]]
    if more != [(0, 0), (0, 0)]:
        x = np.pad(x, ((0, 0), *more, (0, 0)))
    return sliding_window_view(x, (side, side), axis=(1, 2))[:, ::STEP, ::STEP]


def _pieces(tiles: np.ndarray, count: int) -> list[tuple[int, slice]]:
    """Which rows of tiles, of one image each, to work on at a time."""
    n, down, across, channels = tiles.shape[:4]
    most = max(1, PIECE // (4 * TILE**2 * across * max(channels, count)))
    most = min(most, -(-down // 2) if n == 1 else down)  # work for two
    return [(image, slice(row, row + most)) for image in range(n) for row in range(0, down, most)]


def _evaluated(matrix: np.ndarray, tiles: np.ndarray) -> np.ndarray:
    """The values at all points of some rows of tiles, (36, tiles, C)."""
    down, across, channels, side, _ = tiles.shape
    # A place's numbers in one row; in one copy, as between many small ones the threads would wait for Python's lock.
    by_place = np.ascontiguousarray(tiles.transpose(3, 4, 0, 1, 2)).reshape(side**2, -1)
    return (matrix @ by_place).reshape(len(matrix), down * across, channels)
