"""The named filters: small kernels designed by hand, and what each answers to.

They are meant for cross-correlation, as in :func:`cnnkit.ops.conv2d`: nothing is flipped.
"""

from collections.abc import Iterator, Mapping
from numbers import Integral, Real

import numpy as np

#: name: (what it answers to, weights, what the weights are divided by)
_TABLE = {
    "identity": (
        "the pixel itself: gives the image back",
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        1,
    ),
    "edges_diagonal": (
        "corners and slanted edges: one diagonal brighter than the other; 0 on edges along rows or columns",
        [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
        1,
    ),
    "edges_4": (
        "pixels that differ from their 4 neighbours: edges and spots; positive on the dark side (the Laplacian)",
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        1,
    ),
    "edges_8": (
        "pixels that differ from their 8 neighbours: edges and spots of any direction; positive on the bright side",
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        1,
    ),
    "vertical_lines": (
        "vertical edges: positive where it is brighter on the right than on the left",
        [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
        1,
    ),
    "horizontal_lines": (
        "horizontal edges: positive where it is brighter below than above",
        [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
        1,
    ),
    "top_sobel": (
        "horizontal edges, the middle column counting twice: positive where it is brighter above than below",
        [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
        1,
    ),
    "bottom_sobel": (
        "horizontal edges, the middle column counting twice: positive where it is brighter below than above",
        [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        1,
    ),
    "left_sobel": (
        "vertical edges, the middle row counting twice: positive where it is brighter on the left than on the right",
        [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
        1,
    ),
    "right_sobel": (
        "vertical edges, the middle row counting twice: positive where it is brighter on the right than on the left",
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        1,
    ),
    "sharpen": (
        "the pixel and how it differs from its 4 neighbours: plain areas stay, edges get stronger",
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        1,
    ),
    "box_blur": (
        "the brightness of a neighbourhood: the average of 9 pixels, noise and detail are lost",
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
        9,
    ),
    "gaussian_blur": (
        "the brightness of a neighbourhood, near pixels counting more: a softer blur (approximates a Gaussian)",
        [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
        16,
    ),
}


class _Named(Mapping):
    """Names to kernels, in the order of the lesson; each look-up gives an array of its own."""

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in _TABLE:
            raise KeyError(f"there is no kernel {name!r}; there are: {', '.join(_TABLE)}")
        _, weights, divisor = _TABLE[name]
        return np.array(weights) if divisor == 1 else np.array(weights) / divisor

    def __iter__(self) -> Iterator[str]:
        return iter(_TABLE)

    def __len__(self) -> int:
        return len(_TABLE)

    def __contains__(self, name) -> bool:
        return name in _TABLE

    def __repr__(self) -> str:
        return f"<{len(self)} kernels: {', '.join(self)}>"


#: Every named kernel: ``NAMED["sharpen"]`` is a new (3, 3) array, ``NAMED.items()`` gives all of them.
#: Whole numbers are int64, the two blurs float64.
NAMED: Mapping[str, np.ndarray] = _Named()


def describe(name: str) -> str:
    """What a named kernel answers to, in one line.

    Parameters
    ----------
    name : str
        A key of :data:`NAMED`.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        When there is no such kernel; the message lists the names.

    Examples
    --------
    >>> describe("vertical_lines")
    'vertical edges: positive where it is brighter on the right than on the left'
    >>> for name in NAMED:
    ...     print(f"{name:<17} {describe(name).split(':')[0]}")
    identity          the pixel itself
    edges_diagonal    corners and slanted edges
    edges_4           pixels that differ from their 4 neighbours
    edges_8           pixels that differ from their 8 neighbours
    vertical_lines    vertical edges
    horizontal_lines  horizontal edges
    top_sobel         horizontal edges, the middle column counting twice
    bottom_sobel      horizontal edges, the middle column counting twice
    left_sobel        vertical edges, the middle row counting twice
    right_sobel       vertical edges, the middle row counting twice
    sharpen           the pixel and how it differs from its 4 neighbours
    box_blur          the brightness of a neighbourhood
    gaussian_blur     the brightness of a neighbourhood, near pixels counting more
    """
    NAMED[name]  # the same message for a name that does not exist
    return _TABLE[name][0]


def box_kernel(n):
    """The box blur of any size: n × n equal weights that sum to 1.

    Parameters
    ----------
    n : int
        Side of the kernel, in cells.

    Returns
    -------
    ndarray of float64, shape (n, n)

    Raises
    ------
    ValueError
        When `n` is not a positive integer.

    Notes
    -----
    Each weight is ``1 / n**2``, so that each output is the average of a window, and a plain area keeps its
    brightness.

    Examples
    --------
    >>> box_kernel(5).shape
    (5, 5)
    >>> box_kernel(2)
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    n = _side("box_kernel", n)
    return np.full((n, n), 1 / n**2)


def gaussian_kernel(n, sigma=None):
    """The Gaussian blur of any size: n × n weights that fall off with the distance and sum to 1.

    Parameters
    ----------
    n : int
        Side of the kernel, in cells. Beyond about ``6 * sigma`` the outer weights are close to 0.
    sigma : float, optional
        How far the blur reaches, in cells: at this distance from the middle, a weight is 0.61 of the middle one.
        Unless it is given, ``0.3 * ((n - 1) / 2 - 1) + 0.8``, which grows with `n`.

    Returns
    -------
    ndarray of float64, shape (n, n)

    Raises
    ------
    ValueError
        When `n` is not a positive integer, or `sigma` is not a positive, finite number.

    Notes
    -----
    With ``x`` and ``y`` cells from the middle, ``exp(-(x**2 + y**2) / (2 * sigma**2))``, divided by the sum of
    all. An even `n` has its middle between the cells.

    References
    ----------
    OpenCV, ``getGaussianKernel``, for the default of `sigma`.
    https://docs.opencv.org/4.x/d4/d86/group__imgproc__filter.html

    Examples
    --------
    >>> gaussian_kernel(5, sigma=1.5).shape
    (5, 5)
    >>> gaussian_kernel(3).round(3)
    array([[0.057, 0.125, 0.057],
           [0.125, 0.272, 0.125],
           [0.057, 0.125, 0.057]])

    The kernel with whole numbers that books print is close to it:

    >>> float(abs(gaussian_kernel(3, sigma=0.85) - NAMED["gaussian_blur"]).max().round(3))
    0.0
    """
    n = _side("gaussian_kernel", n)
    if sigma is None:
        sigma = 0.3 * ((n - 1) / 2 - 1) + 0.8
    if not isinstance(sigma, Real) or isinstance(sigma, bool) or not 0 < sigma < np.inf:
        raise ValueError(f"gaussian_kernel takes a sigma above 0, in cells, but got {sigma!r}: for example sigma=1.0")
    # Measured from the innermost cells, so that even a tiny sigma leaves a weight that is not 0.
    distance = np.abs(np.arange(n) - (n - 1) / 2)
    with np.errstate(over="ignore", under="ignore"):
        bell = np.exp((distance.min() ** 2 - distance**2) / 2 / float(sigma) / float(sigma))
    bell /= bell.sum()
    return np.outer(bell, bell)


def _side(function: str, n) -> int:
    # True is an int, and never a size that anyone meant.
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        fix = f": write {int(n)}" if isinstance(n, float) and n.is_integer() and n >= 1 else ""
        raise ValueError(f"{function} takes a positive integer as the side, but got {n!r}{fix}")
    return int(n)
