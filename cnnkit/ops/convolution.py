"""Convolution as CNN libraries mean it: slide a kernel over an image, multiply cell by cell, add up.

How all of it is computed
-------------------------
1. *Windows*: every place where the kernel can stand is a window of the image. :func:`_windows` shows them all without
   copying anything; stride and dilation only change how far apart the cells are that it looks at.
2. *Columns*: the cells of each window are copied into one row of a matrix (by tradition called im2col).
3. *One matrix product*: a filter is written as one column of numbers in the same order. Window times filter, cell by
   cell and added up, is then a product of two matrices: all windows by all filters.

The gradients go the same way back. With ``maps = columns @ weights``, the gradient of the weights is
``columns.T @ grad``; and ``grad @ weights.T`` says what every cell of every window is worth, which is added up where
the windows overlap.

Where filters are few and small, copying takes longer than multiplying. Then one wide window serves several cells of a
row of the map: its filters stand side by side in rows of zeros (:func:`_copies_that_pay`).

The matrix of a whole batch would be large (each cell is in up to ``h * w`` windows), so it is made piece by piece, by
several threads, and multiplied while it is still in the processor's cache.

Large float32 layers with 3 × 3 filters take a quicker way to the same sums: :mod:`cnnkit.ops.winograd`.
"""

from numbers import Integral

import numpy as np

from cnnkit.ops import winograd
from cnnkit.ops.arrays import (
    BATCH,
    CHANNELS,
    IMAGE,
    all_finite,
    checked,
    checked_grad,
    float_type,
    pair,
    sum_types,
)
from cnnkit.ops.threads import each

#: Bytes of columns made at a time: few enough to stay near a processor's cache, and many, as between its steps each
#: thread waits for Python's lock. For the maps of several small images, at least the latter, as memory counts, too.
PIECE, SMALL_PIECE = 3 * 2**18, 3 * 2**16
#: Numbers in all windows of one filter that are multiplied where they are: to copy so few takes longer.
FEW = 2**10
#: Bytes of the filters' gradients that wait to be added up, one from each piece.
SHARES = 2**24
#: Windows in a piece of one image, if it has them: with fewer, adding up the gradients of the pieces would take longer
#: than computing them.
WINDOWS = 196
#: How many multiplications take as long as copying a number of a window, and as starting a row of one (measured); and
#: the most copies of a filter in a wide window.
COPY, START, MOST_COPIES = 9, 120, 16
#: Multiplications of a product that is not worth a second thread, to us or to OpenBLAS.
ALONE = 2**18


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
    https://doi.org/10.48550/arXiv.1603.07285

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
    image, kernel, stride = _checked("conv2d", image, kernel, stride, IMAGE)
    return _slide(image[np.newaxis, :, :, np.newaxis], kernel[np.newaxis, :, :, np.newaxis], stride)[0, :, :, 0]


def conv2d_backward(image, kernel, grad, stride=1):
    """Bring the gradient of a feature map back to the image and to the kernel.

    Parameters
    ----------
    image : array_like, shape (H, W)
    kernel : array_like, shape (h, w)
        What :func:`conv2d` was given.
    grad : array_like, shape ((H - h) // down + 1, (W - w) // across + 1)
        The gradient of the loss with respect to ``conv2d(image, kernel, stride)``.
    stride : int or pair of int, default 1
        As in :func:`conv2d`.

    Returns
    -------
    grad_image : ndarray, shape (H, W)
    grad_kernel : ndarray, shape (h, w)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`conv2d`; and when `grad` does not have the shape of the feature map.

    Notes
    -----
    A cell of the image counts in every window that it is in, a weight of the kernel in every window there is. At
    stride 1::

        grad_image[a, b]  = sum over i, j of grad[i, j] * kernel[a - i, b - j]
        grad_kernel[p, q] = sum over i, j of grad[i, j] * image[i + p, j + q]

    so the kernel's gradient is itself a convolution: ``conv2d(image, grad)``. The image's is one too, of `grad` with a
    border of ``h - 1`` and ``w - 1`` zeros and the kernel flipped both ways.

    References
    ----------
    Y. LeCun et al., "Backpropagation applied to handwritten zip code recognition", Neural Computation 1, 1989.
    https://doi.org/10.1162/neco.1989.1.4.541

    Examples
    --------
    >>> [g.shape for g in conv2d_backward(np.zeros((28, 28)), np.zeros((5, 5)), np.zeros((24, 24)))]
    [(28, 28), (5, 5)]
    >>> image, kernel = [[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[0, 1], [2, 3]]
    >>> grad_image, grad_kernel = conv2d_backward(image, kernel, np.ones((2, 2)))
    >>> grad_image
    array([[0., 1., 1.],
           [2., 6., 4.],
           [2., 5., 3.]])
    >>> grad_kernel
    array([[ 8., 12.],
           [20., 24.]])
    >>> np.array_equal(grad_kernel, conv2d(image, np.ones((2, 2))))
    True
    """
    image, kernel, stride = _checked("conv2d", image, kernel, stride, IMAGE)
    grad = checked_grad("conv2d", grad, _map_shape(image.shape, kernel.shape, stride))
    x, filters = image[np.newaxis, :, :, np.newaxis], kernel[np.newaxis, :, :, np.newaxis]
    grad_x, grad_filters = _slide_back(x, filters, grad[np.newaxis, :, :, np.newaxis], stride)
    return grad_x[0, :, :, 0], grad_filters[0, :, :, 0]


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
    https://doi.org/10.48550/arXiv.1603.07285

    Examples
    --------
    >>> conv2d_channels(np.zeros((32, 32, 3)), np.zeros((5, 5, 3))).shape
    (28, 28)
    >>> conv2d_channels(np.zeros((9, 6, 5)), np.zeros((2, 3, 5)), stride=2).shape
    (4, 2)
    >>> conv2d_channels(np.ones((3, 3, 3), dtype=int), np.ones((3, 3, 3), dtype=int))
    array([[27]])
    """
    image, kernel, stride = _checked("conv2d_channels", image, kernel, stride, CHANNELS)
    return _slide(image[np.newaxis], kernel[np.newaxis], stride)[0, :, :, 0]


def conv2d_channels_backward(image, kernel, grad, stride=1):
    """Bring the gradient of a feature map back to an image with channels and to the kernel.

    Parameters
    ----------
    image : array_like, shape (H, W, C)
    kernel : array_like, shape (h, w, C)
        What :func:`conv2d_channels` was given.
    grad : array_like, shape ((H - h) // down + 1, (W - w) // across + 1)
        The gradient of the loss with respect to the feature map.
    stride : int or pair of int, default 1
        As in :func:`conv2d`.

    Returns
    -------
    grad_image : ndarray, shape (H, W, C)
    grad_kernel : ndarray, shape (h, w, C)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`conv2d_channels`; and when `grad` does not have the shape of the feature map.

    Notes
    -----
    As in :func:`conv2d_backward`, for each channel on its own: all of them get the same `grad`, since all their
    products went into the same sum.

    References
    ----------
    Y. LeCun et al., "Backpropagation applied to handwritten zip code recognition", Neural Computation 1, 1989.
    https://doi.org/10.1162/neco.1989.1.4.541

    Examples
    --------
    >>> image, kernel, grad = np.ones((32, 32, 3)), np.ones((5, 5, 3)), np.ones((28, 28))
    >>> grad_image, grad_kernel = conv2d_channels_backward(image, kernel, grad)
    >>> grad_image.shape, grad_kernel.shape
    ((32, 32, 3), (5, 5, 3))
    >>> grad_image[0, 0, 0], grad_image[16, 16, 0], grad_kernel[0, 0, 0]  # in 1 window, in 25; 784 windows
    (np.float64(1.0), np.float64(25.0), np.float64(784.0))
    """
    image, kernel, stride = _checked("conv2d_channels", image, kernel, stride, CHANNELS)
    grad = checked_grad("conv2d_channels", grad, _map_shape(image.shape, kernel.shape, stride))
    grads = _slide_back(image[np.newaxis], kernel[np.newaxis], grad[np.newaxis, :, :, np.newaxis], stride)
    return grads[0][0], grads[1][0]


def conv_layer(x, filters, bias=None, stride=1, pad=0, dilation=1, groups=1):
    """Slide a bank of filters over an image or a batch: a convolutional layer.

    Parameters
    ----------
    x : array_like, shape (H, W, C) or (N, H, W, C)
        Integers, booleans or floats.
    filters : array_like, shape (F, h, w, C // groups)
        ``filters[k]`` is the k-th filter, as deep as a group of channels. They are not flipped.
    bias : array_like, shape (F,), or None
        One number for each filter, added to all of its map; None adds nothing.
    stride : int or pair of int, default 1
        As in :func:`conv2d`.
    pad : int, pair, pair of pairs, "valid" or "same", default 0
        Zeros around the image: as many on each side; ``(above and below, left and right)``; or
        ``((above, below), (left, right))``. ``"valid"`` is 0. ``"same"`` makes each side of the map ``ceil(side /
        stride)`` long, at stride 1 as long as the image's; an odd zero goes below or right.
    dilation : int or pair of int, default 1
        How far apart the cells are that neighbouring weights meet: 1 is next to each other, 2 leaves one out.
    groups : int, default 1
        Channels and filters are split into so many groups, and the filters of a group see its channels only.
        ``groups=C`` is a depthwise convolution.

    Returns
    -------
    ndarray, shape (H', W', F) or (N, H', W', F)
        The maps of all filters, stacked; the type is as in :func:`conv2d`.

    Raises
    ------
    ValueError
        When a rank is wrong, an array is empty or not of real numbers, the filters are not as deep as a group of
        channels, `groups` does not divide channels or filters, `bias` does not hold one number for each filter, the
        filters do not fit in the padded image, or stride, pad or dilation are not as above.

    Notes
    -----
    For one group, with padded input ``x``, strides ``s`` and ``t`` and dilations ``d`` and ``e``::

        maps[n, i, j, k] = bias[k] + sum over p, q, c of x[n, i * s + p * d, j * t + q * e, c] * filters[k, p, q, c]

    and a side of the map is ``(side + padding - d * (h - 1) - 1) // s + 1`` long. A 1 × 1 filter mixes the channels of
    each cell on its own.

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
    https://doi.org/10.48550/arXiv.1603.07285
    Dilation: F. Yu and V. Koltun, 2016, https://doi.org/10.48550/arXiv.1511.07122. Groups: A. Krizhevsky et al., 2012,
    https://doi.org/10.1145/3065386. 1 × 1: M. Lin et al., 2014, https://doi.org/10.48550/arXiv.1312.4400.

    Examples
    --------
    One 5 × 5 filter on a 32 × 32 colour image, six of them, and ten with padding 2:

    >>> image = np.zeros((32, 32, 3))
    >>> conv_layer(image, np.zeros((1, 5, 5, 3)), np.zeros(1)).shape
    (28, 28, 1)
    >>> conv_layer(image, np.zeros((6, 5, 5, 3)), np.zeros(6)).shape
    (28, 28, 6)
    >>> conv_layer(image, np.zeros((10, 5, 5, 3)), np.zeros(10), pad=2).shape
    (32, 32, 10)

    A batch; 1 × 1; dilation; depthwise:

    >>> batch = np.zeros((8, 32, 32, 6))
    >>> conv_layer(batch, np.zeros((16, 3, 3, 6)), stride=2, pad="same").shape
    (8, 16, 16, 16)
    >>> conv_layer(batch, np.zeros((2, 1, 1, 6))).shape
    (8, 32, 32, 2)
    >>> conv_layer(batch, np.zeros((2, 3, 3, 6)), dilation=2).shape
    (8, 28, 28, 2)
    >>> conv_layer(batch, np.zeros((6, 3, 3, 1)), groups=6).shape
    (8, 30, 30, 6)

    Two filters on a 2 × 2 image with two channels: one takes the first channel, the other the difference.

    >>> x = np.array([[[1, 5], [2, 6]], [[3, 7], [4, 8]]])
    >>> maps = conv_layer(x, [[[[1, 0]]], [[[-1, 1]]]], [10, 0])
    >>> maps[:, :, 0]
    array([[11, 12],
           [13, 14]])
    >>> maps[:, :, 1]
    array([[4, 4],
           [4, 4]])
    """
    layer = _Layer(x, filters, bias, stride, pad, dilation, groups)
    maps = _slide(layer.x, layer.filters, layer.stride, layer.dilation, groups, layer.pads, layer.bias)
    return maps if layer.batched else maps[0]


def conv_layer_backward(x, filters, bias, grad, stride=1, pad=0, dilation=1, groups=1):
    """Bring the gradient of a layer's maps back to its input, its filters and its biases.

    Parameters
    ----------
    x : array_like, shape (H, W, C) or (N, H, W, C)
    filters : array_like, shape (F, h, w, C // groups)
    bias : array_like, shape (F,), or None
        What :func:`conv_layer` was given.
    grad : array_like, shape (H', W', F) or (N, H', W', F)
        The gradient of the loss with respect to the maps.
    stride, pad, dilation, groups
        As in :func:`conv_layer`.

    Returns
    -------
    grad_x : ndarray, of the shape of `x`
    grad_filters : ndarray, of the shape of `filters`
    grad_bias : ndarray, shape (F,), or None without a bias
        Float64, or float32 if all floats among the arguments are. The gradients of the filters and biases are
        sums over the batch.

    Raises
    ------
    ValueError
        As in :func:`conv_layer`; and when `grad` does not have the shape of the maps.

    Notes
    -----
    Every product ``x[cell] * filters[weight]`` that went into ``maps[n, i, j, k]`` sends ``grad[n, i, j, k]`` back,
    times the one factor to the other; the bias gets it as it is::

        grad_filters[k, p, q, c] = sum over n, i, j of grad[n, i, j, k] * x[n, i * s + p * d, j * t + q * e, c]
        grad_bias[k]             = sum over n, i, j of grad[n, i, j, k]

    and `grad_x` is the sum of ``grad * weight`` over all windows that the cell is in. What the zeros of the padding
    would get is dropped.

    References
    ----------
    Y. LeCun et al., "Backpropagation applied to handwritten zip code recognition", Neural Computation 1, 1989.
    https://doi.org/10.1162/neco.1989.1.4.541

    Examples
    --------
    >>> x, filters, bias = np.zeros((8, 32, 32, 3)), np.zeros((6, 5, 5, 3)), np.zeros(6)
    >>> grads = conv_layer_backward(x, filters, bias, np.ones((8, 28, 28, 6)))
    >>> [grad.shape for grad in grads]
    [(8, 32, 32, 3), (6, 5, 5, 3), (6,)]
    >>> grads[2][0]  # the bias is in all 8 · 28 · 28 cells of its map
    np.float64(6272.0)
    """
    layer = _Layer(x, filters, bias, stride, pad, dilation, groups)
    shape = (len(layer.x), *layer.map_sides, len(layer.filters))
    grad = checked_grad("conv_layer", grad, shape if layer.batched else shape[1:])
    grad = grad if layer.batched else grad[np.newaxis]
    kinds = (layer.x, layer.filters, grad) if bias is None else (layer.x, layer.filters, grad, layer.bias)
    dtype = float_type(*kinds)
    grads = _slide_back(layer.x, layer.filters, grad, layer.stride, layer.dilation, groups, layer.pads, dtype)
    # Row by row first: NumPy is slow at adding up many short runs.
    grad_bias = None if bias is None else grad.sum(axis=(0, 1), dtype=dtype).sum(axis=0)
    return grads[0] if layer.batched else grads[0][0], grads[1], grad_bias


# --- the one way in which all of them are computed ----------------------------------------------------------------


def _slide(x, filters, stride, dilation=(1, 1), groups=1, pads=None, bias=None) -> np.ndarray:
    """The maps, (N, H', W', F), of a batch (N, H, W, C) under filters (F, h, w, C // groups)."""
    compute, result = sum_types(filters[0].size, x, filters, added=bias)
    filters = filters.astype(compute, copy=False)
    bias = None if bias is None else bias.astype(compute, copy=False)
    padded = _zero_padded(x, pads, compute)
    sides = _sides(padded.shape[1:3], filters.shape[1:3], stride, dilation)
    if winograd.pays(padded, filters, stride, dilation, groups, sides):
        maps = winograd.slide(padded, filters, 0 if bias is None else bias)
        if maps is not None:
            return maps
    copies = _copies_that_pay(filters, stride, dilation, groups, sides[1])
    if copies > 1 and all_finite(padded):  # 0 times infinity is NaN
        wide = _side_by_side(filters, copies, stride[1])
        bias = None if bias is None else np.tile(bias, copies)
        maps = _multiplied(padded, wide, (stride[0], stride[1] * copies), dilation, groups, bias)
        maps = maps.reshape(len(x), *sides, len(filters))
    else:
        maps = _multiplied(padded, filters, stride, dilation, groups, bias)
    return maps.astype(result, copy=False)


def _multiplied(padded, filters, stride, dilation, groups, bias) -> np.ndarray:
    """The maps as products of columns and filters."""
    geometry = (filters.shape[1:3], stride, dilation, groups)
    windows = _windows(padded, *geometry)
    if padded.shape[3] > 1 and _runs_along_image(windows.shape):
        windows = _windows(_channels_first(padded), *geometry)
    maps = np.empty((*windows.shape[:3], len(filters)), padded.dtype)
    if len(filters) == 1 and windows.size <= FEW:
        np.einsum("nijpqgc,fpqc->nijf", windows, filters, out=maps)
        return maps if bias is None else maps + bias
    weights = _by_group(filters, groups).swapaxes(1, 2)
    pieces = _pieces(windows, min(PIECE, max(SMALL_PIECE, (padded.nbytes + maps.nbytes) // 3)))
    if len(pieces) == 1:
        multiply, with_one = _multiply_alone, False
    else:  # as many small products: they are fastest with a copy, where the bias can be the weight of a 1
        multiply, with_one = np.matmul, bias is not None
        weights = _copy_with_bias(weights, bias)

    def slide(piece):
        columns, _ = _columns(windows[piece], with_one)
        part = _maps_by_group(maps[piece], columns)
        if len(filters) > groups:
            multiply(columns, weights, part)
        else:
            # For one filter a matrix product gains nothing, and rounds windows differently depending on where they
            # are; this way equal windows get equal numbers.
            np.einsum("ngpk,gk->ngp", columns, weights[:, :, 0], out=part[..., 0])

    each(slide, pieces)
    if bias is not None and not with_one:
        maps += bias
    return maps


def _copy_with_bias(weights: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """The weights of each group, (groups, h * w * C // groups, F // groups), and after them its biases, if any."""
    if bias is None:
        return np.ascontiguousarray(weights)
    groups, length, count = weights.shape
    both = np.empty((groups, length + 1, count), weights.dtype)
    both[:, :length] = weights
    both[:, length] = bias.reshape(groups, count)
    return both


def _slide_back(x, filters, grad, stride, dilation=(1, 1), groups=1, pads=None, dtype=None):
    """The gradients of the batch and of the filters, from that of the maps."""
    dtype = float_type(x, filters, grad) if dtype is None else dtype
    filters = filters.astype(dtype, copy=False)
    padded = _zero_padded(x, pads, dtype)
    grad = np.ascontiguousarray(grad, dtype)
    sides = grad.shape[1:3]
    if winograd.pays(padded, filters, stride, dilation, groups, sides):
        grad_x = _full_convolution(filters, grad, pads)
        grad_filters = None if grad_x is None else winograd.filters_gradient(padded, grad)
        if grad_filters is not None:
            return grad_x, grad_filters
    copies = _copies_that_pay(filters, stride, dilation, groups, sides[1])
    if copies > 1 and all_finite(padded) and all_finite(grad):
        wide = _side_by_side(filters, copies, stride[1])
        grad = grad.reshape(*grad.shape[:2], -1, len(wide))
        grad_padded, grad_wide = _multiplied_back(padded, wide, grad, (stride[0], stride[1] * copies), dilation, groups)
        grad_filters = _sum_of_copies(grad_wide, filters.shape, stride[1])
    else:
        grad_padded, grad_filters = _multiplied_back(padded, filters, grad, stride, dilation, groups)
    (top, _), (left, _) = pads or ((0, 0), (0, 0))
    return np.ascontiguousarray(grad_padded[:, top : top + x.shape[1], left : left + x.shape[2]]), grad_filters


def _multiplied_back(padded, filters, grad, stride, dilation, groups) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of the factors of :func:`_multiplied`, the batch with its padding."""
    geometry = (filters.shape[1:3], stride, dilation, groups)
    windows = _windows(padded, *geometry)
    weights = _by_group(filters, groups)
    grad_padded = np.zeros_like(padded)
    if padded.shape[3] > 1 and _runs_along_image(windows.shape):
        windows, grad_padded = _windows(_channels_first(padded), *geometry), _channels_first(grad_padded)
    targets = _windows(grad_padded, *geometry)
    pieces = _pieces(windows, PIECE)
    multiply = _multiply_alone if len(pieces) == 1 else np.matmul
    grad_weights = np.zeros(weights.swapaxes(1, 2).shape, padded.dtype)
    shares = {}

    def slide_back(number):
        piece = pieces[number]
        columns, cells = _columns(windows[piece])
        arriving = _maps_by_group(grad[piece], columns)
        products = np.empty((*columns.shape[:2], columns.shape[3], arriving.shape[3]), padded.dtype)
        multiply(columns.swapaxes(2, 3), arriving, products)
        shares[number] = products.sum(axis=0)
        # The columns have served; their memory now takes what each of their cells is worth.
        multiply(arriving, weights, columns)
        _add_up(cells, targets[piece])

    some = max(2, SHARES // grad_weights.nbytes)
    for start in range(0, len(pieces), some):
        numbers = range(start, min(start + some, len(pieces)))
        if targets[pieces[0]].shape[1] == targets.shape[1]:  # pieces are whole images
            each(slide_back, numbers)
        else:
            # Windows of one piece overlap with those of the next one, but not with those of the one after: so that no
            # two threads add to the same cell, every other piece goes first.
            each(slide_back, numbers[::2])
            each(slide_back, numbers[1::2])
        for number in numbers:
            grad_weights += shares.pop(number)
    return grad_padded, grad_weights.swapaxes(1, 2).reshape(filters.shape)


def _copies_that_pay(filters: np.ndarray, stride, dilation, groups: int, cols: int) -> int:
    """How many cells of a row of the maps to compute from one wide window, which is copied once for all of them.

    The wide window has room for so many copies of each filter, each one step further to the right and all around it
    zeros. Multiplying with the zeros is wasted, but copying single windows takes longer where filters are few and small
    (and of a few filters, a matrix product is slow, too).
    """
    count, _, w, depth = filters.shape
    if count == 1 or groups > 1 or dilation[1] > 1 or filters.dtype.kind != "f":
        return 1

    def cost(copies):
        row = (w + (copies - 1) * stride[1]) * depth  # of a wide window
        return row * count + (row * COPY + START) / copies

    return min((copies for copies in range(1, min(cols, MOST_COPIES) + 1) if cols % copies == 0), key=cost)


def _side_by_side(filters: np.ndarray, copies: int, step: int) -> np.ndarray:
    """So many copies of the filters, (copies * F, h, wide, C), each a step further to the right in a row of zeros."""
    count, h, w, depth = filters.shape
    wide = np.zeros((copies, count, h, w + (copies - 1) * step, depth), filters.dtype)
    for number, copy in enumerate(wide):
        copy[:, :, number * step : number * step + w] = filters
    return wide.reshape(-1, *wide.shape[2:])


def _sum_of_copies(wide: np.ndarray, shape, step: int) -> np.ndarray:
    """The way back: what all copies have of the filters of the given shape; their zeros were no weights."""
    count, _, w, _ = shape
    copies = wide.reshape(-1, count, *wide.shape[1:])
    return sum(copy[:, :, number * step : number * step + w] for number, copy in enumerate(copies))


def _full_convolution(filters, grad, pads) -> np.ndarray | None:
    """The gradient of the batch at stride 1: `grad` in a border of zeros, under the filters flipped both ways."""
    borders = [tuple(2 - zeros for zeros in side) for side in pads or ((0, 0), (0, 0))]
    if min(map(min, borders)) < 0:
        return None  # with more zeros than a filter reaches, grad would have to be cut
    return winograd.slide(_zero_padded(grad, borders, grad.dtype), filters[:, ::-1, ::-1].transpose(3, 1, 2, 0))


def _windows(x: np.ndarray, size, stride, dilation, groups: int) -> np.ndarray:
    """Every window of a batch that fills its memory, not copied: (N, H', W', h, w, groups, C // groups)."""
    n, height, width, channels = x.shape
    rows, cols = _sides((height, width), size, stride, dilation)
    image, row, cell, channel = x.strides
    shape = (n, rows, cols, *size, groups, channels // groups)
    steps = (image, row * stride[0], cell * stride[1], row * dilation[0], cell * dilation[1])
    memory = x if x.flags.c_contiguous else x.base
    return np.ndarray(shape, x.dtype, memory, strides=(*steps, channel * shape[-1], channel))


def _sides(sides, size, stride, dilation) -> tuple[int, ...]:
    """The height and the width of a map."""
    (height, width), (h, w), (down, across), (d, e) = sides, size, stride, dilation
    return (height - d * (h - 1) - 1) // down + 1, (width - e * (w - 1) - 1) // across + 1


def _pieces(windows: np.ndarray, most: int) -> list[tuple[slice, slice]]:
    """Which images, and which rows of their maps, to work on at a time: of several images, about so many bytes."""
    if windows.nbytes <= SMALL_PIECE:
        return [(slice(None), slice(None))]
    n, rows, cols, h, *_ = windows.shape
    row_bytes = windows[0, 0].nbytes
    # With at least so many rows, windows of a piece overlap with none of the piece after the next.
    least = (h - 1) * windows.strides[3] // windows.strides[1] + 1
    some_images = max(1, most // (row_bytes * rows))
    pairs = -(-n // (2 * some_images))  # of pieces: as many for either of two threads
    some_images = -(-n // (2 * pairs))
    some_rows = min(rows, max(least, PIECE // row_bytes, -(-WINDOWS // cols)))
    return [
        (slice(image, image + some_images), slice(row, row + some_rows))
        for image in range(0, n, some_images)
        for row in range(0, rows, some_rows)
    ]


def _columns(windows: np.ndarray, with_one: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A copy of the windows.

    Returns
    -------
    columns : ndarray, shape (images, groups, windows, h * w * C // groups)
        The cells of each window in one row, for the matrix product; after them a 1, if asked for. One large product is
        faster than many small ones; so the windows of all images count as those of one where memory has them like that.
    cells : ndarray, shape (images, rows, W', h, w, groups, C // groups)
        The same memory as windows.
    """
    n, rows, cols, h, w, groups, depth = windows.shape
    length = h * w * depth
    if _runs_along_image(windows.shape):
        memory = np.empty((n, groups, length + with_one, rows * cols), windows.dtype)
        cells = memory[:, :, :length].reshape(n, groups, h, w, depth, rows, cols).transpose(0, 5, 6, 2, 3, 1, 4)
        columns = memory.swapaxes(2, 3)
    else:
        images = n if groups > 1 else 1
        columns = np.empty((images, groups, n // images * rows * cols, length + with_one), windows.dtype)
        cells = columns[..., :length].reshape(n, groups, rows, cols, h, w, depth).transpose(0, 2, 3, 4, 5, 1, 6)
    np.copyto(cells, windows)
    if with_one:
        columns[..., length] = 1
    return columns, cells


def _multiply_alone(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """The matrix products of the only piece there is: each thread takes some columns of `b`."""
    if a.size * b.shape[-1] <= ALONE:
        np.matmul(a, b, out=out)
        return

    width = min(64, -(-b.shape[-1] // 2))

    def multiply(left):
        some = slice(left, left + width)
        np.matmul(a, b[..., some], out=out[..., some])

    each(multiply, range(0, b.shape[-1], width))


def _runs_along_image(shape) -> bool:
    """Whether to copy along rows of the map: where a window's rows are so short that starting each takes longest."""
    *_, cols, _, w, _, depth = shape
    return w * depth < min(cols, 12)


def _channels_first(padded: np.ndarray) -> np.ndarray:
    """The batch, in memory with its channels first: where the columns have them so, long runs meet long runs."""
    return np.ascontiguousarray(padded.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)


def _add_up(cells: np.ndarray, targets: np.ndarray) -> None:
    """The way back: add each cell to where its window had it from."""
    _, _, _, h, w, *_ = targets.shape
    # Windows overlap, so they cannot be added all at once. Two kinds of cells never do:
    if _runs_along_image(targets.shape):
        for p in range(h):  # those that all windows have at the same place,
            for q in range(w):
                targets[:, :, :, p, q] += cells[:, :, :, p, q]
    else:
        apart = (w - 1) * targets.strides[4] // targets.strides[2] + 1
        for p in range(h):  # and, in longer runs, one row of the windows that are so far apart.
            for j in range(apart):
                targets[:, :, j::apart, p] += cells[:, :, j::apart, p]


def _by_group(filters: np.ndarray, groups: int) -> np.ndarray:
    """The filters of each group as rows of numbers, (groups, F // groups, h * w * C // groups)."""
    return filters.reshape(groups, len(filters) // groups, -1)


def _maps_by_group(maps: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """A view of whole rows of maps, (n, rows, cols, F), like the columns: (images, groups, windows, F // groups)."""
    images, groups, windows, _ = columns.shape
    return maps.reshape(images, windows, groups, -1).swapaxes(1, 2)


def _zero_padded(x: np.ndarray, pads, dtype) -> np.ndarray:
    """The batch in `dtype` and C order, inside a border of zeros."""
    if not pads or pads == ((0, 0), (0, 0)):
        return np.ascontiguousarray(x, dtype)
    (top, bottom), (left, right) = pads
    n, height, width, channels = x.shape
    padded = np.zeros((n, top + height + bottom, left + width + right, channels), dtype)
    padded[:, top : top + height, left : left + width] = x
    return padded


# --- what they are given ------------------------------------------------------------------------------------------


def _checked(name: str, image, kernel, stride, layout: str):
    other = "; with channels, use conv2d_channels" if layout == IMAGE else "; without channels, use conv2d"
    image, kernel = np.asarray(image), np.asarray(kernel)
    image = checked(name, "image", image, layout, hint=other if image.ndim in (2, 3) else "")
    small = layout.lower().replace("c", "C")
    kernel = checked(name, "kernel", kernel, small, hint=other if kernel.ndim in (2, 3) else "")
    if image.shape[2:] != kernel.shape[2:]:
        raise ValueError(
            f"the image {image.shape} has {image.shape[2]} channels, but the kernel {kernel.shape} has "
            f"{kernel.shape[2]}: a filter must be as deep as its input"
        )
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError(
            f"the kernel {kernel.shape} does not fit in the image {image.shape}: pad the image or take a smaller kernel"
        )
    return image, kernel, pair("stride", stride)


def _map_shape(image, kernel, stride) -> tuple[int, ...]:
    return _sides(image[:2], kernel[:2], stride, (1, 1))


class _Layer:
    """The arguments of a convolutional layer, checked; the input as a batch, the padding as four numbers."""

    def __init__(self, x, filters, bias, stride, pad, dilation, groups):
        self.x = checked("conv_layer", "input", x, CHANNELS, BATCH)
        self.filters = checked("conv_layer", "filters", filters, "(F, h, w, C)")
        self.bias = None if bias is None else checked("conv_layer", "bias", bias, "(F,)")
        self.stride, self.dilation = pair("stride", stride), pair("dilation", dilation)
        self.batched = self.x.ndim == 4
        self.x = self.x if self.batched else self.x[np.newaxis]
        self._check_depth(np.shape(x), groups)
        sides, size = self.x.shape[1:3], self.filters.shape[1:3]
        self.pads = _pads(pad, sides, size, self.stride, self.dilation)
        padded = tuple(side + sum(more) for side, more in zip(sides, self.pads, strict=True))
        self.map_sides = _sides(padded, size, self.stride, self.dilation)
        if min(self.map_sides) < 1:
            reach = tuple(d * (length - 1) + 1 for d, length in zip(self.dilation, size, strict=True))
            raise ValueError(
                f"filters {self.filters.shape}, which span {reach[0]} × {reach[1]} cells with dilation "
                f"{self.dilation}, do not fit in the input {np.shape(x)}, which is {padded[0]} × {padded[1]} with its "
                "padding: pad more or take smaller filters"
            )

    def _check_depth(self, shape, groups) -> None:
        count, *_, depth = self.filters.shape
        channels = self.x.shape[3]
        if not isinstance(groups, Integral) or isinstance(groups, bool) or groups < 1:
            raise ValueError(f"groups must be a positive integer, but got {groups!r}")
        if channels % groups or count % groups:
            raise ValueError(
                f"groups={groups} does not divide the {channels} channels of the input {shape} and the {count} "
                f"filters {self.filters.shape}: take a number that divides both"
            )
        if channels != depth * groups:
            each = f" in {groups} groups" if groups > 1 else ""
            raise ValueError(
                f"the input {shape} has {channels} channels{each}, but the filters {self.filters.shape} are {depth} "
                f"deep: a filter must be as deep as its input, here {channels // groups}"
            )
        if self.bias is not None and self.bias.shape != (count,):
            raise ValueError(
                f"the bias has shape {self.bias.shape}, but the filters {self.filters.shape} need one number each: "
                f"shape ({count},)"
            )


def _pads(pad, sides, size, stride, dilation) -> tuple[tuple[int, int], tuple[int, int]]:
    """How many zeros go above and below, and left and right."""
    if isinstance(pad, str):
        if pad not in ("valid", "same"):
            raise ValueError(f"pad must be 'valid', 'same' or numbers of cells, but got {pad!r}")
        if pad == "valid":
            return (0, 0), (0, 0)
        totals = [
            max(0, (-(-side // step) - 1) * step + d * (length - 1) + 1 - side)
            for side, length, step, d in zip(sides, size, stride, dilation, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(pad, tuple | list) and any(isinstance(part, tuple | list) for part in pad):
        if len(pad) != 2 or not all(isinstance(part, tuple | list) for part in pad):
            raise ValueError(f"pad must be an int, a pair or ((top, bottom), (left, right)), but got {pad!r}")
        return tuple(pair("pad", part, least=0) for part in pad)
    vertical, horizontal = pair("pad", pad, least=0)
    return (vertical, vertical), (horizontal, horizontal)
