"""The other layers: normalization, dropout, flattening, dense and locally connected."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnkit.ops.arrays import BATCH, IMAGE, checked, checked_grad, float_type, numbers, sum_types
from cnnkit.ops.threads import product


def batch_norm(x, gamma, beta, eps=1e-5):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it: training.

    Parameters
    ----------
    x : array_like, shape (N, H, W, C) or (N, C)
        Activations of a batch, channels last.
    gamma, beta : array_like, shape (C,)
        The learned scale and shift of each channel.
    eps : float, default 1e-5
        Added to the variance, so that a constant channel does not divide by 0.

    Returns
    -------
    ndarray of float, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        When `x` has another rank, `gamma` or `beta` do not hold one number for each channel, or `eps` is not positive.

    Notes
    -----
    With the mean and the variance of each channel over ``N``, ``H`` and ``W``, the sum of squares divided by their
    number and not by one less::

        result = gamma * (x - mean) / sqrt(variance + eps) + beta

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015. https://doi.org/10.48550/arXiv.1502.03167

    Examples
    --------
    >>> batch_norm(np.zeros((8, 28, 28, 6)), np.ones(6), np.zeros(6)).shape
    (8, 28, 28, 6)
    >>> batch_norm([[1.0, 50.0], [2.0, 60.0], [3.0, 70.0]], [1, 1], [0, 100]).round(3)
    array([[ -1.225,  98.775],
           [  0.   , 100.   ],
           [  1.225, 101.225]])
    """
    x, gamma, beta = _normalizable("batch_norm", x, eps, gamma=gamma, beta=beta)
    normalized, _ = _normalized(x, eps)
    normalized *= gamma
    normalized += beta
    return normalized


def batch_norm_backward(x, gamma, beta, grad, eps=1e-5):
    """Bring the gradient of a normalized batch back to the batch, the scale and the shift.

    Parameters
    ----------
    x : array_like, shape (N, H, W, C) or (N, C)
    gamma, beta : array_like, shape (C,)
        What :func:`batch_norm` was given.
    grad : array_like, of the shape of `x`
        The gradient of the loss with respect to the result.
    eps : float, default 1e-5
        As in :func:`batch_norm`.

    Returns
    -------
    grad_x : ndarray, of the shape of `x`
    grad_gamma, grad_beta : ndarray, shape (C,)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`batch_norm`; and when `grad` does not have the shape of `x`.

    Notes
    -----
    With ``z = (x - mean) / sqrt(variance + eps)`` and means over ``N``, ``H`` and ``W``::

        grad_x     = gamma / sqrt(variance + eps) * (grad - mean(grad) - z * mean(grad * z))
        grad_gamma = sum of grad * z
        grad_beta  = sum of grad

    The two means are there because every number moves its channel's mean and variance.

    References
    ----------
    S. Ioffe and C. Szegedy, 2015, section 3. https://doi.org/10.48550/arXiv.1502.03167

    Examples
    --------
    >>> x, grad = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [0.0], [0.0]])
    >>> grad_x, grad_gamma, grad_beta = batch_norm_backward(x, [1], [0], grad)
    >>> grad_x.round(3)
    array([[ 0.204],
           [-0.408],
           [ 0.204]])
    >>> grad_gamma.round(3), grad_beta
    (array([-1.225]), array([1.]))
    """
    x, gamma, beta, grad = _normalizable("batch_norm", x, eps, gamma=gamma, beta=beta, grad=grad)
    z, deviation = _normalized(x, eps)
    over = tuple(range(x.ndim - 1))
    grad_beta, grad_gamma = grad.sum(axis=over), (grad * z).sum(axis=over)
    count = x.size // x.shape[-1]
    grad_x = gamma / deviation * (grad - grad_beta / count - z * (grad_gamma / count))
    return grad_x, grad_gamma, grad_beta


def batch_norm_inference(x, gamma, beta, mean, variance, eps=1e-5):
    """Normalize with statistics collected in training, so that an answer does not depend on the rest of the batch.

    Parameters
    ----------
    x : array_like, shape (N, H, W, C) or (N, C)
    gamma, beta : array_like, shape (C,)
        The learned scale and shift of each channel.
    mean, variance : array_like, shape (C,)
        Of each channel, over the training data; no variance is negative.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    ndarray of float, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        When `x` has another rank, one of the others does not hold one number for each channel, a variance is negative
        or NaN, or `eps` is not positive.

    Notes
    -----
    ``result = gamma * (x - mean) / sqrt(variance + eps) + beta``: one factor and one shift for each channel.

    References
    ----------
    S. Ioffe and C. Szegedy, 2015, section 3.1. https://doi.org/10.48550/arXiv.1502.03167

    Examples
    --------
    >>> batch_norm_inference(np.zeros((1, 28, 28, 6)), np.ones(6), np.zeros(6), np.zeros(6), np.ones(6)).shape
    (1, 28, 28, 6)
    >>> batch_norm_inference([[7.0]], [2], [1], [5], [4]).round(4)  # one deviation above the mean
    array([[3.]])
    """
    x, gamma, beta, mean, variance = _normalizable(
        "batch_norm_inference", x, eps, gamma=gamma, beta=beta, mean=mean, variance=variance
    )
    factor = gamma / np.sqrt(variance + x.dtype.type(eps))
    return x * factor + (beta - mean * factor)


def batch_norm_inference_backward(x, gamma, beta, mean, variance, grad, eps=1e-5):
    """Bring the gradient back through a normalization with fixed statistics.

    Parameters
    ----------
    x : array_like, shape (N, H, W, C) or (N, C)
    gamma, beta, mean, variance : array_like, shape (C,)
        What :func:`batch_norm_inference` was given.
    grad : array_like, of the shape of `x`
        The gradient of the loss with respect to the result.
    eps : float, default 1e-5
        As in :func:`batch_norm_inference`.

    Returns
    -------
    grad_x : ndarray, of the shape of `x`
    grad_gamma, grad_beta : ndarray, shape (C,)
        Float64, or float32 if all floats among the arguments are. The statistics are constants and get none.

    Raises
    ------
    ValueError
        As in :func:`batch_norm_inference`; and when `grad` does not have the shape of `x`.

    Notes
    -----
    ``grad_x = grad * gamma / sqrt(variance + eps)``; the other two as in :func:`batch_norm_backward`.

    References
    ----------
    S. Ioffe and C. Szegedy, 2015, section 3.1. https://doi.org/10.48550/arXiv.1502.03167

    Examples
    --------
    >>> grads = batch_norm_inference_backward([[7.0]], [2], [1], [5], [4], [[10.0]])
    >>> [grad.round(4) for grad in grads]
    [array([[10.]]), array([10.]), array([10.])]
    """
    x, gamma, beta, mean, variance, grad = _normalizable(
        "batch_norm_inference", x, eps, gamma=gamma, beta=beta, mean=mean, variance=variance, grad=grad
    )
    deviation = np.sqrt(variance + x.dtype.type(eps))
    over = tuple(range(x.ndim - 1))
    return grad * (gamma / deviation), (grad * ((x - mean) / deviation)).sum(axis=over), grad.sum(axis=over)


def dropout(x, rate, rng):
    """Set a random part of the numbers to 0 and scale up the others: training only.

    Parameters
    ----------
    x : array_like, of any shape
    rate : float
        The probability of each number to be dropped, from 0 to less than 1.
    rng : numpy.random.Generator
        Where the randomness comes from. The same generator in the same state drops the same numbers.

    Returns
    -------
    ndarray of float, of the shape of `x`
        Float32 stays float32, integers give float64.

    Raises
    ------
    ValueError
        When `x` does not hold real numbers, `rate` is not from 0 to less than 1, or `rng` is not a generator.

    Notes
    -----
    Inverted dropout: kept numbers are divided by ``1 - rate``, so that the expected value stays what it was and nothing
    has to be done when the network is used. ``dropout(x, rate, rng) = x * dropout_mask(x.shape, rate, rng)``.

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", Journal of Machine
    Learning Research 15, 2014. https://jmlr.org/papers/v15/srivastava14a.html

    Examples
    --------
    >>> dropout(np.ones((8, 84)), 0.5, np.random.default_rng(0)).shape
    (8, 84)
    >>> dropout(np.ones(6), 0.5, np.random.default_rng(0))
    array([2., 0., 0., 0., 2., 2.])
    >>> dropout(np.ones(6), 0, np.random.default_rng(0))
    array([1., 1., 1., 1., 1., 1.])
    """
    x = numbers("dropout", "input", x)
    dtype = float_type(x)
    return np.asarray(x.astype(dtype, copy=False) * dropout_mask(x.shape, rate, rng, dtype))


def dropout_backward(x, grad, rate, rng):
    """Let the gradient through where :func:`dropout` let the numbers through.

    Parameters
    ----------
    x : array_like, of any shape
        What :func:`dropout` was given.
    grad : array_like, of the shape of `x`
        The gradient of the loss with respect to the result.
    rate : float
        As in :func:`dropout`.
    rng : numpy.random.Generator
        In the state in which :func:`dropout` got it, so that it draws the same mask. Where that is a nuisance, keep
        the mask: draw it with :func:`dropout_mask`, and multiply with it on both ways.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`dropout`; and when `grad` does not have the shape of `x`.

    Notes
    -----
    ``grad_x = grad * mask``, with the mask of :func:`dropout_mask`.

    References
    ----------
    N. Srivastava et al., Journal of Machine Learning Research 15, 2014.
    https://jmlr.org/papers/v15/srivastava14a.html

    Examples
    --------
    >>> dropout(np.arange(6.0), 0.5, np.random.default_rng(0))
    array([ 0.,  0.,  0.,  0.,  8., 10.])
    >>> dropout_backward(np.arange(6.0), np.ones(6), 0.5, np.random.default_rng(0))
    array([2., 0., 0., 0., 2., 2.])
    """
    x = numbers("dropout", "input", x)
    grad = checked_grad("dropout", grad, x.shape)
    dtype = float_type(x, grad)
    return np.asarray(grad.astype(dtype, copy=False) * dropout_mask(x.shape, rate, rng, dtype))


def dropout_mask(shape, rate, rng, dtype=np.float64):
    """The factors of a dropout: 0 for what is dropped, ``1 / (1 - rate)`` for what is kept.

    Parameters
    ----------
    shape : tuple of int
    rate : float
        The probability of a 0, from 0 to less than 1.
    rng : numpy.random.Generator
    dtype : dtype, default float64

    Returns
    -------
    ndarray, shape `shape`

    Raises
    ------
    ValueError
        When `rate` is not from 0 to less than 1, or `rng` is not a generator.

    Notes
    -----
    Every factor is drawn on its own: ``rng.random()`` is less than `rate` with probability `rate`.

    References
    ----------
    N. Srivastava et al., Journal of Machine Learning Research 15, 2014.
    https://jmlr.org/papers/v15/srivastava14a.html

    Examples
    --------
    >>> dropout_mask((2, 3), 0.75, np.random.default_rng(0))
    array([[0., 0., 0.],
           [0., 4., 4.]])
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy.random.Generator, such as np.random.default_rng(0), but got {rng!r}")
    if not 0 <= rate < 1:  # `not`, so that NaN does not pass
        raise ValueError(f"rate must be from 0 to less than 1, but got {rate!r}: 0.5 drops half of the {shape} numbers")
    return (rng.random(shape) >= rate).astype(dtype) / np.dtype(dtype).type(1 - rate)


def flatten(x):
    """Write each example of a batch as one row of numbers.

    Parameters
    ----------
    x : array_like, shape (N, ...)
        Of any type.

    Returns
    -------
    ndarray, shape (N, D)
        In row order: the last axis runs fastest. Always a copy, of the type of `x`.

    Raises
    ------
    ValueError
        When `x` is a single number, or is empty.

    Notes
    -----
    ``D`` is the product of all sides but the first. No number changes.

    References
    ----------
    Y. LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86, 1998.
    https://doi.org/10.1109/5.726791

    Examples
    --------
    >>> flatten(np.zeros((8, 5, 5, 16))).shape
    (8, 400)
    >>> flatten([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    array([[1, 2, 3, 4],
           [5, 6, 7, 8]])
    """
    x = _batch_of_anything(x)
    return x.reshape(len(x), -1).copy()


def flatten_backward(x, grad):
    """Give the gradient the shape that the examples had.

    Parameters
    ----------
    x : array_like, shape (N, ...)
        What :func:`flatten` was given.
    grad : array_like, shape (N, D)
        The gradient of the loss with respect to the rows.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`flatten`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ``grad_x = grad.reshape(x.shape)``

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.5.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> flatten_backward(np.zeros((1, 2, 2)), [[1.0, 2.0, 3.0, 4.0]])
    array([[[1., 2.],
            [3., 4.]]])
    """
    x = _batch_of_anything(x)
    grad = checked_grad("flatten", grad, (len(x), x.size // len(x)))
    return grad.astype(float_type(x, grad)).reshape(x.shape)


def dense(x, weights, bias):
    """Connect every input with every output: a fully connected layer.

    Parameters
    ----------
    x : array_like, shape (N, D)
    weights : array_like, shape (D, M)
    bias : array_like, shape (M,)

    Returns
    -------
    ndarray, shape (N, M)
        Integers give int64, or float64 where int64 could overflow; float32 stays float32.

    Raises
    ------
    ValueError
        When a rank is wrong, an array is empty or not of real numbers, or the shapes do not belong together.

    Notes
    -----
    ``result[n, m] = bias[m] + sum over d of x[n, d] * weights[d, m]``: ``D * M + M`` parameters.

    References
    ----------
    F. Rosenblatt, "The perceptron", Psychological Review 65, 1958. https://doi.org/10.1037/h0042519

    Examples
    --------
    >>> dense(np.zeros((8, 400)), np.zeros((400, 120)), np.zeros(120)).shape
    (8, 120)
    >>> dense([[1, 2, 3]], [[1, 0], [0, 1], [1, 1]], [10, 20])
    array([[14, 25]])
    """
    x, weights, bias = _checked_dense(x, weights, bias)
    compute, result = sum_types(x.shape[1], x, weights, added=bias)
    total = product(x.astype(compute, copy=False), weights.astype(compute, copy=False))
    total += bias.astype(compute, copy=False)
    return total.astype(result, copy=False)


def dense_backward(x, weights, bias, grad):
    """Bring the gradient of a dense layer's results back to its inputs, weights and biases.

    Parameters
    ----------
    x : array_like, shape (N, D)
    weights : array_like, shape (D, M)
    bias : array_like, shape (M,)
        What :func:`dense` was given.
    grad : array_like, shape (N, M)
        The gradient of the loss with respect to the result.

    Returns
    -------
    grad_x : ndarray, shape (N, D)
    grad_weights : ndarray, shape (D, M)
    grad_bias : ndarray, shape (M,)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`dense`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ::

        grad_x       = grad @ weights.T
        grad_weights = x.T @ grad
        grad_bias    = sum over n of grad[n]

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by back-propagating errors", Nature 323,
    1986. https://doi.org/10.1038/323533a0

    Examples
    --------
    >>> grads = dense_backward([[1, 2, 3]], [[1, 0], [0, 1], [1, 1]], [10, 20], [[1.0, 10.0]])
    >>> grads[0]
    array([[ 1., 10., 11.]])
    >>> grads[1]
    array([[ 1., 10.],
           [ 2., 20.],
           [ 3., 30.]])
    >>> grads[2]
    array([ 1., 10.])
    """
    x, weights, bias = _checked_dense(x, weights, bias)
    grad = checked_grad("dense", grad, (len(x), weights.shape[1]))
    dtype = float_type(x, weights, bias, grad)
    x, weights, grad = (array.astype(dtype, copy=False) for array in (x, weights, grad))
    return product(grad, weights.T), product(x.T, grad), grad.sum(axis=0)


def locally_connected2d(x, filters):
    """Slide a window over a grey image with another filter at each position.

    Parameters
    ----------
    x : array_like, shape (H, W)
    filters : array_like, shape (H', W', h, w)
        ``filters[i, j]`` is the filter of the window whose corner is at row i and column j; ``H' = H - h + 1`` and
        ``W' = W - w + 1``.

    Returns
    -------
    ndarray, shape (H', W')
        Its type is as in :func:`conv2d`.

    Raises
    ------
    ValueError
        When a rank is wrong, an array is empty or not of real numbers, the filters do not fit in the image, or there
        is not one for each position.

    Notes
    -----
    ::

        result[i, j] = sum over p, q of x[i + p, j + q] * filters[i, j, p, q]

    With the same filter everywhere it is :func:`conv2d`, which needs ``H' * W'`` times fewer weights: 5 shared 3 × 3
    filters are 45 of them, 5 of an own at each of 32 × 32 positions are 46,080.

    References
    ----------
    Y. Taigman et al., "DeepFace: closing the gap to human-level performance in face verification", CVPR 2014.
    https://doi.org/10.1109/CVPR.2014.220

    Examples
    --------
    >>> locally_connected2d(np.zeros((32, 30)), np.zeros((30, 26, 3, 5))).shape
    (30, 26)
    >>> locally_connected2d([[1, 2, 3]], [[[[1, 0]], [[1, 1]]]])  # the first window's left cell; the second's sum
    array([[1, 5]])
    """
    x, filters, windows = _checked_local(x, filters)
    compute, result = sum_types(filters[0, 0].size, x, filters)
    return np.einsum("ijpq,ijpq->ij", windows, filters, dtype=compute, casting="unsafe").astype(result, copy=False)


def locally_connected2d_backward(x, filters, grad):
    """Bring the gradient of a locally connected layer back to the image and to its filters.

    Parameters
    ----------
    x : array_like, shape (H, W)
    filters : array_like, shape (H', W', h, w)
        What :func:`locally_connected2d` was given.
    grad : array_like, shape (H', W')
        The gradient of the loss with respect to the result.

    Returns
    -------
    grad_x : ndarray, shape (H, W)
    grad_filters : ndarray, shape (H', W', h, w)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`locally_connected2d`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ::

        grad_filters[i, j, p, q] = grad[i, j] * x[i + p, j + q]
        grad_x[a, b]             = sum over i, j of grad[i, j] * filters[i, j, a - i, b - j]

    No filter is shared, so its gradient is not a sum.

    References
    ----------
    Y. Taigman et al., CVPR 2014. https://doi.org/10.1109/CVPR.2014.220

    Examples
    --------
    >>> grads = locally_connected2d_backward([[1, 2, 3]], [[[[1, 0]], [[1, 1]]]], [[10.0, 100.0]])
    >>> grads[0]
    array([[ 10., 100., 100.]])
    >>> grads[1]
    array([[[[ 10.,  20.]],
    <BLANKLINE>
            [[200., 300.]]]])
    """
    x, filters, windows = _checked_local(x, filters)
    rows, cols, h, w = filters.shape
    grad = checked_grad("locally_connected2d", grad, (rows, cols))
    dtype = float_type(x, filters, grad)
    grad = grad.astype(dtype, copy=False)
    grad_x = np.zeros(x.shape, dtype)
    for p in range(h):
        for q in range(w):
            grad_x[p : p + rows, q : q + cols] += grad * filters[:, :, p, q]
    return grad_x, grad[:, :, np.newaxis, np.newaxis] * windows.astype(dtype, copy=False)


def _normalizable(name: str, x, eps, grad=None, **channels) -> list[np.ndarray]:
    """The arguments of a normalization, checked, all in one type."""
    x = checked(name, "input", x, BATCH, "(N, C)")
    arrays = [x]
    for what, array in channels.items():
        array = checked(name, what, array, "(C,)")
        if array.shape != x.shape[-1:]:
            raise ValueError(
                f"{what} has shape {array.shape}, but the input {x.shape} needs one number for each channel: "
                f"shape {x.shape[-1:]}"
            )
        if what == "variance" and not array.min() >= 0:  # `not`, so that NaN does not pass
            raise ValueError(f"a variance is at least 0, but the smallest of shape {array.shape} is {array.min():g}")
        arrays.append(array)
    if not eps > 0:
        raise ValueError(f"eps must be positive, such as 1e-5, but got {eps!r}")
    if grad is not None:
        arrays.append(checked_grad(name, grad, x.shape))
    dtype = float_type(*arrays)
    return [array.astype(dtype, copy=False) for array in arrays]


def _normalized(x: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Each channel with mean 0 and variance 1, and the deviation that it was divided by."""
    over = tuple(range(x.ndim - 1))
    centred = x - x.mean(axis=over)
    deviation = np.sqrt(np.square(centred).mean(axis=over) + x.dtype.type(eps))
    centred /= deviation
    return centred, deviation


def _batch_of_anything(x) -> np.ndarray:
    x = numbers("flatten", "input", x)
    if x.ndim == 0 or x.size == 0:
        raise ValueError(f"flatten takes a batch of shape (N, ...), at least one number each, but got shape {x.shape}")
    return x


def _checked_dense(x, weights, bias) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = checked("dense", "input", x, "(N, D)", hint="; flatten it first" if np.ndim(x) > 2 else "")
    weights = checked("dense", "weights", weights, "(D, M)")
    bias = checked("dense", "bias", bias, "(M,)")
    if x.shape[1] != weights.shape[0]:
        raise ValueError(
            f"the input {x.shape} has {x.shape[1]} numbers a row, but the weights {weights.shape} take "
            f"{weights.shape[0]}: the weights need one row for each input, (D, M)"
        )
    if bias.shape != weights.shape[1:]:
        raise ValueError(
            f"the bias has shape {bias.shape}, but the weights {weights.shape} give {weights.shape[1]} outputs: "
            f"it needs shape {weights.shape[1:]}"
        )
    return x, weights, bias


def _checked_local(x, filters) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = checked("locally_connected2d", "image", x, IMAGE)
    filters = checked("locally_connected2d", "filters", filters, "(H', W', h, w)")
    size = filters.shape[2:]
    if size[0] > x.shape[0] or size[1] > x.shape[1]:
        raise ValueError(
            f"filters of {size[0]} × {size[1]} do not fit in the image {x.shape}: pad the image or take smaller filters"
        )
    windows = sliding_window_view(x, size)
    if filters.shape[:2] != windows.shape[:2]:
        raise ValueError(
            f"the image {x.shape} has {windows.shape[0]} × {windows.shape[1]} windows of {size[0]} × {size[1]}, but "
            f"the filters {filters.shape} are for {filters.shape[0]} × {filters.shape[1]}: give one for each window"
        )
    return x, filters, windows
