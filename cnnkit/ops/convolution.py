"""Convolution as CNN libraries mean it: slide a kernel over an image, multiply cell by cell, add up."""

from numbers import Integral

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv2d(image, kernel, stride=1):
    """Slide a kernel over a grey image: the feature map of one filter, without padding.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Integers, booleans or floats.
    kernel : array_like, shape (h, w)
        At most as large as the image in both directions. It is not flipped.
    stride : int or pair of int, default 1
        How many cells the kernel moves at a time: down and across, or ``(down, across)``. Cells at the bottom
        and at the right that a last full step does not reach are dropped.

    Returns
    -------
    ndarray, shape ((H - h) // down + 1, (W - w) // across + 1)
        The feature map. Integers give int64, or float64 where int64 could overflow; floats keep their
        precision: float32 stays float32. The arguments are never modified.

    Raises
    ------
    ValueError
        When the image or the kernel is not 2-D, is empty or holds something other than real numbers, when the
        kernel does not fit, or when the stride is not positive.

    Notes
    -----
    With strides ``s`` and ``t``, the cell in row ``i`` and column ``j`` is::

        map[i, j] = sum over p, q of image[i * s + p, j * t + q] * kernel[p, q]

    Mathematicians call this the cross-correlation; their convolution flips the kernel first.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
    https://arxiv.org/abs/1603.07285

    Examples
    --------
    >>> conv2d(np.zeros((28, 28)), np.zeros((5, 5))).shape
    (24, 24)
    >>> conv2d(np.zeros((8, 7)), np.zeros((3, 2)), stride=2).shape
    (3, 3)
    >>> conv2d(np.zeros((8, 7)), np.zeros((3, 2)), stride=(1, 5)).shape
    (6, 2)
    >>> conv2d([[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[0, 1], [2, 3]])
    array([[19, 25],
           [37, 43]])

    A pattern detector on a binary image:

    >>> image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    >>> conv2d(image, [[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    array([[4, 3, 4],
           [2, 4, 3],
           [2, 3, 4]])

    Dark to bright is negative, bright to dark positive, and 8-bit pixels do not overflow:

    >>> bar = np.array([[0, 255, 255, 255, 0]] * 3, dtype=np.uint8)
    >>> conv2d(bar, [[1, 0, -1]] * 3)
    array([[-765,    0,  765]])
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    _check("conv2d", image, kernel, ndim=2, other="; with channels, use conv2d_channels")
    down, across = _pair(stride)
    image, kernel = _in_safe_type(image, kernel)
    windows = sliding_window_view(image, kernel.shape)[::down, ::across]
    return np.einsum("ijpq,pq->ij", windows, kernel)


def conv2d_channels(image, kernel, stride=1):
    """Slide a kernel over an image with channels; the products of all channels go into one sum.

    Parameters
    ----------
    image : array_like, shape (H, W, C)
        Integers, booleans or floats.
    kernel : array_like, shape (h, w, C)
        As deep as the image, and at most as large in both directions. It is not flipped.
    stride : int or pair of int, default 1
        As in :func:`conv2d`.

    Returns
    -------
    ndarray, shape ((H - h) // down + 1, (W - w) // across + 1)
        One feature map, whatever the number of channels; its type is as in :func:`conv2d`.

    Raises
    ------
    ValueError
        As in :func:`conv2d`; and when image and kernel do not have the same number of channels.

    Notes
    -----
    With strides ``s`` and ``t``, the cell in row ``i`` and column ``j`` is::

        map[i, j] = sum over p, q, c of image[i * s + p, j * t + q, c] * kernel[p, q, c]

    A 3 × 3 kernel on a colour image is 27 products in one number.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
    https://arxiv.org/abs/1603.07285

    Examples
    --------
    >>> conv2d_channels(np.zeros((32, 32, 3)), np.zeros((5, 5, 3))).shape
    (28, 28)
    >>> conv2d_channels(np.zeros((9, 6, 5)), np.zeros((2, 3, 5)), stride=2).shape
    (4, 2)
    >>> conv2d_channels(np.ones((3, 3, 3), dtype=int), np.ones((3, 3, 3), dtype=int))
    array([[27]])
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    _check("conv2d_channels", image, kernel, ndim=3, other="; without channels, use conv2d")
    down, across = _pair(stride)
    image, kernel = _in_safe_type(image, kernel)
    windows = sliding_window_view(image, kernel.shape[:2], axis=(0, 1))[::down, ::across]
    return np.einsum("ijcpq,pqc->ij", windows, kernel)


def _check(name: str, image: np.ndarray, kernel: np.ndarray, ndim: int, other: str) -> None:
    for what, array, axes in (("image", image, "H, W, C"), ("kernel", kernel, "h, w, C")):
        if array.ndim != ndim:
            raise ValueError(
                f"{name} takes the {what} in shape ({axes[: 3 * ndim - 2]}), but got shape {array.shape}"
                + (other if array.ndim in (2, 3) else "")
            )
        if array.dtype.kind not in "biuf":
            raise ValueError(f"{name} takes numbers, but the {what} {array.shape} holds {array.dtype}")
        if array.size == 0:
            raise ValueError(f"the {what} of shape {array.shape} is empty: every side must be at least 1")
    if image.shape[2:] != kernel.shape[2:]:
        raise ValueError(
            f"the image {image.shape} has {image.shape[2]} channels, but the kernel {kernel.shape} has "
            f"{kernel.shape[2]}: a filter must be as deep as its input"
        )
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError(
            f"the kernel {kernel.shape} does not fit in the image {image.shape}: "
            "pad the image or take a smaller kernel"
        )


def _pair(stride) -> tuple[int, int]:
    pair = tuple(stride) if isinstance(stride, tuple | list) else (stride, stride)
    # True is an int, and never a stride that anyone meant.
    steps = [step for step in pair if isinstance(step, Integral) and not isinstance(step, bool) and step > 0]
    if len(pair) != 2 or len(steps) != 2:
        raise ValueError(f"stride must be a positive integer or a pair of them, but got {stride!r}")
    return int(steps[0]), int(steps[1])


def _in_safe_type(image: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both arrays in the type to compute in: no sum of products can wrap around in it."""
    floats = [array.dtype for array in (image, kernel) if array.dtype.kind == "f"]
    if floats:
        # float16 overflows at 65504, which a few bright pixels reach.
        dtype = np.result_type(np.float32, *floats)
    else:
        # Python's integers, because np.abs of the smallest int64 is itself an overflow.
        largest = [max(1, abs(int(array.min())), abs(int(array.max()))) for array in (image, kernel)]
        dtype = np.int64 if largest[0] * largest[1] * kernel.size < 2**63 else np.float64
    return image.astype(dtype), kernel.astype(dtype)
