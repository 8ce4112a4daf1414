"""Pooling: an image made smaller, each window of it one number, each channel on its own."""

import numpy as np

from cnnkit.ops.arrays import BATCH, CHANNELS, IMAGE, checked, checked_grad, float_type, pair, sum_types
from cnnkit.ops.threads import each

#: How many windows the way back of max pooling takes at a time, all channels counted. With fewer, beginning a piece
#: would take too long.
WINDOWS = 2**17


def max_pool2d(x, size=2, stride=None):
    """Take the largest number of each window.

    Parameters
    ----------
    x : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        Integers, booleans or floats.
    size : int or pair of int, default 2
        Height and width of the window.
    stride : int or pair of int, or None
        How far the window moves at a time; None means `size`, so that windows touch and do not overlap.

    Returns
    -------
    ndarray, shape (H', W'), (H', W', C) or (N, H', W', C)
        ``H' = (H - height) // down + 1``, and so for ``W'``: windows that do not fit are dropped. The type of `x`.

    Raises
    ------
    ValueError
        When `x` has another rank, is empty or not of real numbers, the window does not fit in it, or size or stride
        are not positive.

    Notes
    -----
    With strides ``s`` and ``t``, for each channel::

        result[i, j] = max over p, q of x[i * s + p, j * t + q]

    References
    ----------
    K. Yamaguchi et al., "A neural network for speaker-independent isolated word recognition", ICSLP 1990.
    D. Scherer, A. Müller and S. Behnke, ICANN 2010, https://doi.org/10.1007/978-3-642-15825-4_10

    Examples
    --------
    >>> max_pool2d(np.zeros((112, 112, 64))).shape
    (56, 56, 64)
    >>> max_pool2d(np.zeros((8, 7, 9, 3)), size=3, stride=2).shape
    (8, 3, 4, 3)
    >>> max_pool2d([[1, 1, 0, 0], [0, 0, 1, 4]])
    array([[1, 4]])
    >>> max_pool2d([[1, 1, 0, 0], [0, 0, 1, 4]], stride=1)
    array([[1, 1, 4]])
    """
    x, size, stride = _checked("max_pool2d", x, size, stride)
    return _combined(np.maximum, x, size, stride, x.dtype)


def max_pool2d_backward(x, grad, size=2, stride=None, result=None):
    """Bring the gradient of the largest numbers back to where they stood.

    Parameters
    ----------
    x : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        What :func:`max_pool2d` was given.
    grad : array_like, of the shape of its result
        The gradient of the loss with respect to the result.
    size, stride
        As in :func:`max_pool2d`.
    result : array_like, of the shape of `grad`, optional
        The result, if it was kept; without it, it is computed again.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`max_pool2d`; and when `grad` does not have the shape of its result.

    Notes
    -----
    A window's gradient goes to the cell that its maximum came from, and only there; of several equal ones to the first
    in row order. Cells that no window covers get 0. A cell that wins in several windows gets the sum.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 9.3.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> max_pool2d_backward(np.zeros((113, 112, 64)), np.zeros((56, 56, 64))).shape
    (113, 112, 64)
    >>> max_pool2d_backward([[1, 1, 0, 0, 9], [0, 0, 1, 4, 9]], [[10.0, 20.0]])
    array([[10.,  0.,  0.,  0.,  0.],
           [ 0.,  0.,  0., 20.,  0.]])
    """
    x, size, stride = _checked("max_pool2d", x, size, stride)
    shape = _pooled_shape(x, size, stride)
    grad = checked_grad("max_pool2d", grad, shape)
    kept = None if result is None else checked_grad("max_pool2d", result, shape, "result")
    dtype = float_type(x, grad)
    grad = grad.astype(dtype, copy=False)
    apart = size[0] <= stride[0] and size[1] <= stride[1]  # no cell is in two windows
    # Where each cell is in exactly one window, all of them are written.
    once = size == stride and size[0] * size[1] * grad.size == x.size
    grad_x = np.empty(x.shape, dtype) if once else np.zeros(x.shape, dtype)
    cells, grad_cells = list(_cells(x, size, stride)), list(_cells(grad_x, size, stride))

    def send_back(rows):
        part = _at_rows(x, rows)
        if kept is None:
            largest = np.empty_like(grad[part], x.dtype)
            _combine(np.maximum, x, size, stride, rows, out=largest)
        else:
            largest = kept[part]
        _to_the_first(largest, grad[part], [c[part] for c in cells], [c[part] for c in grad_cells], apart)

    rows = grad.shape[_height_axis(x)]
    each(send_back, _some_rows(rows, grad.size) if apart else [slice(0, rows)])
    return grad_x


def _to_the_first(largest, grad, cells, grad_cells, apart: bool) -> None:
    """Add the gradient of each window to the first of its cells that is the largest."""
    some_nan = np.isnan(largest.max())
    waiting = None  # windows whose maximum has not been met yet
    for number, (cell, grad_cell) in enumerate(zip(cells, grad_cells, strict=True), start=1):
        if number == len(cells) and waiting is not None:
            found = waiting
        else:
            found = cell == largest
            if some_nan:  # the largest is NaN when any of them is, and a NaN equals nothing
                found |= cell != cell
            if waiting is None:
                waiting = ~found
            else:
                found &= waiting
                waiting ^= found
        if apart:
            np.multiply(grad, found, out=grad_cell)
        else:
            grad_cell += grad * found


def avg_pool2d(x, size=2, stride=None):
    """Take the mean of each window.

    Parameters
    ----------
    x : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        Integers, booleans or floats.
    size, stride
        As in :func:`max_pool2d`.

    Returns
    -------
    ndarray of float, shape (H', W'), (H', W', C) or (N, H', W', C)
        As in :func:`max_pool2d`; float32 stays float32, integers give float64.

    Raises
    ------
    ValueError
        As in :func:`max_pool2d`.

    Notes
    -----
    The sum of :func:`sum_pool2d` divided by the number of cells of a window.

    References
    ----------
    Y. LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86, 1998.
    https://doi.org/10.1109/5.726791

    Examples
    --------
    >>> avg_pool2d(np.zeros((112, 112, 64))).shape
    (56, 56, 64)
    >>> avg_pool2d([[1, 1, 0, 0], [0, 0, 1, 4]])
    array([[0.5 , 1.25]])
    """
    x, size, stride = _checked("avg_pool2d", x, size, stride)
    total = _sums(x, size, stride)
    return np.asarray(total / (size[0] * size[1]), float_type(x))


def avg_pool2d_backward(x, grad, size=2, stride=None):
    """Bring the gradient of the means back: each cell of a window gets an equal share.

    Parameters
    ----------
    x : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        What :func:`avg_pool2d` was given.
    grad : array_like, of the shape of its result
        The gradient of the loss with respect to the result.
    size, stride
        As in :func:`max_pool2d`.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`avg_pool2d`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ``grad_x[a, b]`` is the sum of ``grad[i, j] / cells`` over all windows ``i, j`` that the cell is in, where ``cells``
    is the number of cells of a window.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 9.3.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> avg_pool2d_backward(np.zeros((2, 5)), [[4.0, 8.0]])
    array([[1., 1., 2., 2., 0.],
           [1., 1., 2., 2., 0.]])
    """
    x, size, stride = _checked("avg_pool2d", x, size, stride)
    return _spread("avg_pool2d", x, grad, size, stride, size[0] * size[1])


def sum_pool2d(x, size=2, stride=None):
    """Take the sum of each window.

    Parameters
    ----------
    x : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        Integers, booleans or floats.
    size, stride
        As in :func:`max_pool2d`.

    Returns
    -------
    ndarray, shape (H', W'), (H', W', C) or (N, H', W', C)
        As in :func:`max_pool2d`; integers give int64, or float64 where int64 could overflow, float32 stays float32.

    Raises
    ------
    ValueError
        As in :func:`max_pool2d`.

    Notes
    -----
    With strides ``s`` and ``t``, for each channel::

        result[i, j] = sum over p, q of x[i * s + p, j * t + q]

    which is the convolution with a kernel of ones.

    References
    ----------
    K. Fukushima, "Neocognitron", Biological Cybernetics 36, 1980. https://doi.org/10.1007/BF00344251

    Examples
    --------
    >>> sum_pool2d(np.zeros((112, 112, 64))).shape
    (56, 56, 64)
    >>> sum_pool2d([[1, 1, 0, 0], [0, 0, 1, 4]])
    array([[2, 5]])
    >>> sum_pool2d(np.full((2, 2), 255, dtype=np.uint8))
    array([[1020]])
    """
    return _sums(*_checked("sum_pool2d", x, size, stride))


def sum_pool2d_backward(x, grad, size=2, stride=None):
    """Bring the gradient of the sums back: each cell of a window gets all of it.

    Parameters
    ----------
    x : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        What :func:`sum_pool2d` was given.
    grad : array_like, of the shape of its result
        The gradient of the loss with respect to the result.
    size, stride
        As in :func:`max_pool2d`.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`sum_pool2d`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ``grad_x[a, b]`` is the sum of ``grad[i, j]`` over all windows ``i, j`` that the cell is in.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 9.3.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> sum_pool2d_backward(np.zeros((2, 3)), [[4.0, 8.0]], stride=1)
    array([[ 4., 12.,  8.],
           [ 4., 12.,  8.]])
    """
    x, size, stride = _checked("sum_pool2d", x, size, stride)
    return _spread("sum_pool2d", x, grad, size, stride, 1)


def global_avg_pool(x):
    """Take the mean of each channel: one number for a whole map.

    Parameters
    ----------
    x : array_like, shape (H, W, C) or (N, H, W, C)
        Integers, booleans or floats.

    Returns
    -------
    ndarray of float, shape (C,) or (N, C)
        Float32 stays float32, integers give float64.

    Raises
    ------
    ValueError
        When `x` has another rank, is empty or not of real numbers.

    Notes
    -----
    ::

        result[c] = (sum over i, j of x[i, j, c]) / (H * W)

    References
    ----------
    M. Lin, Q. Chen and S. Yan, "Network in network", 2014. https://doi.org/10.48550/arXiv.1312.4400

    Examples
    --------
    >>> global_avg_pool(np.zeros((7, 7, 512))).shape
    (512,)
    >>> global_avg_pool(np.zeros((8, 7, 7, 512))).shape
    (8, 512)
    >>> global_avg_pool([[[1, 10], [2, 20]], [[3, 30], [4, 40]]])
    array([ 2.5, 25. ])
    """
    x = checked("global_avg_pool", "input", x, CHANNELS, BATCH)
    return x.mean(axis=(-3, -2), dtype=float_type(x))


def global_avg_pool_backward(x, grad):
    """Bring the gradient of the channels' means back: each cell gets an equal share.

    Parameters
    ----------
    x : array_like, shape (H, W, C) or (N, H, W, C)
        What :func:`global_avg_pool` was given.
    grad : array_like, shape (C,) or (N, C)
        The gradient of the loss with respect to the means.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`global_avg_pool`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ``grad_x[i, j, c] = grad[c] / (H * W)``

    References
    ----------
    M. Lin, Q. Chen and S. Yan, "Network in network", 2014. https://doi.org/10.48550/arXiv.1312.4400

    Examples
    --------
    >>> global_avg_pool_backward(np.zeros((2, 2, 2)), [4.0, 8.0])[0]
    array([[1., 2.],
           [1., 2.]])
    """
    x = checked("global_avg_pool", "input", x, CHANNELS, BATCH)
    grad = checked_grad("global_avg_pool", grad, (*x.shape[:-3], x.shape[-1]))
    dtype = float_type(x, grad)
    share = grad.astype(dtype) / (x.shape[-3] * x.shape[-2])
    return np.broadcast_to(share[..., np.newaxis, np.newaxis, :], x.shape).copy()


def _checked(name: str, x, size, stride) -> tuple[np.ndarray, tuple[int, int], tuple[int, int]]:
    x = checked(name, "input", x, IMAGE, CHANNELS, BATCH)
    size = pair("size", size)
    stride = size if stride is None else pair("stride", stride)
    sides = _sides(x)
    if size[0] > sides[0] or size[1] > sides[1]:
        raise ValueError(
            f"a window of {size[0]} × {size[1]} does not fit in the input {x.shape}, which is {sides[0]} × {sides[1]}: "
            "take a smaller size or pad the input"
        )
    return x, size, stride


def _height_axis(x: np.ndarray) -> int:
    return 1 if x.ndim == 4 else 0


def _at_rows(x: np.ndarray, rows: slice) -> tuple[slice, ...]:
    """The index for some rows of all the images of `x`."""
    return (*[slice(None)] * _height_axis(x), rows)


def _sides(x: np.ndarray) -> tuple[int, int]:
    return x.shape[1:3] if x.ndim == 4 else x.shape[:2]


def _pooled_shape(x: np.ndarray, size, stride) -> tuple[int, ...]:
    at = _height_axis(x)
    windows = ((side - length) // step + 1 for side, length, step in zip(_sides(x), size, stride, strict=True))
    return (*x.shape[:at], *windows, *x.shape[at + 2 :])


def _some_rows(rows: int, windows: int) -> list[slice]:
    """Rows of windows to work on at a time, as many each; so many windows are in all the rows."""
    some = -(-rows // -(-windows // WINDOWS))
    return [slice(row, min(row + some, rows)) for row in range(0, rows, some)]


def _cells(x: np.ndarray, size, stride):
    """For each place in the window, in row order, the cells that all the windows have there: views of `x`."""
    (height, width), (down, across) = _sides(x), stride
    rows, cols = (height - size[0]) // down, (width - size[1]) // across  # the last window's
    for p in range(size[0]):
        for q in range(size[1]):
            below = _at_rows(x, slice(p, p + rows * down + 1, down))
            yield x[(*below, slice(q, q + cols * across + 1, across))]


def _combined(combine: np.ufunc, x: np.ndarray, size, stride, dtype) -> np.ndarray:
    """All cells of each window combined into one number."""
    result = np.empty(_pooled_shape(x, size, stride), dtype)
    _combine(combine, x, size, stride, slice(0, result.shape[_height_axis(x)]), out=result)
    return result


def _combine(combine: np.ufunc, x: np.ndarray, size, stride, rows: slice, out: np.ndarray) -> None:
    """Fill some rows of the result: first what is below each other is combined, then what is next to each other."""
    at = _height_axis(x)
    x = x[_at_rows(x, slice(rows.start * stride[0], (rows.stop - 1) * stride[0] + size[0]))]
    for axis, length, step in zip((at, at + 1), size, stride, strict=True):
        last = x.shape[axis] - length
        cells = [x[(*[slice(None)] * axis, slice(p, p + last + 1, step))] for p in range(length)]
        x = cells[0]
        if length > 1:
            # The second time, these are the numbers we want.
            x = combine(*cells[:2], out=None if axis == at else out, dtype=out.dtype, casting="unsafe")
            for others in cells[2:]:
                combine(x, others, out=x, dtype=out.dtype, casting="unsafe")
    if x is not out:
        np.copyto(out, x, casting="unsafe")


def _sums(x: np.ndarray, size, stride) -> np.ndarray:
    compute, result = sum_types(size[0] * size[1], x)
    return _combined(np.add, x, size, stride, compute).astype(result, copy=False)


def _spread(name: str, x: np.ndarray, grad, size, stride, share: int) -> np.ndarray:
    """Every cell of a window gets the window's gradient, divided by `share`."""
    grad = checked_grad(name, grad, _pooled_shape(x, size, stride))
    dtype = float_type(x, grad)
    grad = grad.astype(dtype) / share
    grad_x = np.zeros(x.shape, dtype)
    for cells in _cells(grad_x, size, stride):
        cells += grad
    return grad_x
