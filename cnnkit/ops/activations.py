"""Activations: functions of each number, or of a row of scores, that make a network more than one linear map."""

import numpy as np

from cnnkit.ops.arrays import checked_grad, float_type, numbers
from cnnkit.ops.threads import each

#: How many numbers softmax takes at a time: they stay near a processor's cache between its steps, and the threads do
#: not wait for Python's lock too often.
ROWS_OF = 2**19
#: Scores up to here can be raised to the power of e, and such powers added up, without overflow.
NO_OVERFLOW = 64


def relu(x):
    """Keep what is positive, and make the rest 0: the rectified linear unit.

    Parameters
    ----------
    x : array_like, of any shape
        Integers, booleans or floats.

    Returns
    -------
    ndarray, of the shape and type of `x`
        Booleans become integers.

    Raises
    ------
    ValueError
        When `x` does not hold real numbers.

    Notes
    -----
    ``relu(x) = max(x, 0)``. NaN stays NaN.

    References
    ----------
    V. Nair and G. E. Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
    https://dl.acm.org/doi/10.5555/3104322.3104425

    Examples
    --------
    >>> relu(np.zeros((8, 28, 28, 6))).shape
    (8, 28, 28, 6)
    >>> relu([[-765, 0, 765]])
    array([[  0,   0, 765]])
    """
    return np.asarray(np.maximum(numbers("relu", "input", x), 0))


def relu_backward(x, grad):
    """Let the gradient through where `x` was positive.

    Parameters
    ----------
    x : array_like, of any shape
        What :func:`relu` was given.
    grad : array_like, of the shape of `x`
        The gradient of the loss with respect to ``relu(x)``.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        When the shapes differ, or the arguments do not hold real numbers.

    Notes
    -----
    ``grad_x = grad`` where ``x > 0``, else 0. At 0 itself there is no derivative; 0 is the custom.

    References
    ----------
    V. Nair and G. E. Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
    https://dl.acm.org/doi/10.5555/3104322.3104425

    Examples
    --------
    >>> relu_backward([[-2, 0, 3]], [[10.0, 20.0, 30.0]])
    array([[ 0.,  0., 30.]])
    """
    x = numbers("relu", "input", x)
    grad = checked_grad("relu", grad, x.shape)
    return np.where(x > 0, grad, 0).astype(float_type(x, grad), copy=False)


def sigmoid(x):
    """Squeeze each number on its own into 0..1: the logistic function, for labels that do not exclude each other.

    Parameters
    ----------
    x : array_like, of any shape
        Integers, booleans or floats, however large.

    Returns
    -------
    ndarray of float, of the shape of `x`
        Float32 stays float32, integers give float64.

    Raises
    ------
    ValueError
        When `x` does not hold real numbers.

    Notes
    -----
    ``sigmoid(x) = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x))``. Of the two, the one is used whose exponent is not
    positive: the exponential of a large number overflows, that of a large negative one is just 0.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 3.10.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> sigmoid(np.zeros((8, 10))).shape
    (8, 10)
    >>> sigmoid([-1000, -1, 0, 1, 1000]).round(4)
    array([0.    , 0.2689, 0.5   , 0.7311, 1.    ])
    """
    x = numbers("sigmoid", "input", x)
    dtype = float_type(x)
    x = x.astype(dtype, copy=False)
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, dtype.type(1), small) / (1 + small))


def sigmoid_backward(x, grad):
    """Bring the gradient of the sigmoid back.

    Parameters
    ----------
    x : array_like, of any shape
        What :func:`sigmoid` was given.
    grad : array_like, of the shape of `x`
        The gradient of the loss with respect to ``sigmoid(x)``.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        When the shapes differ, or the arguments do not hold real numbers.

    Notes
    -----
    ``grad_x = grad * sigmoid(x) * (1 - sigmoid(x))``, and ``1 - sigmoid(x)`` is ``sigmoid(-x)``, without cancellation.
    It is at most a quarter, and almost 0 far from 0: gradients vanish in a chain of sigmoids.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.2.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> sigmoid_backward([0, 2, 1000], [1.0, 1.0, 1.0]).round(4)
    array([0.25 , 0.105, 0.   ])
    """
    x = numbers("sigmoid", "input", x)
    grad = checked_grad("sigmoid", grad, x.shape)
    dtype = float_type(x, grad)
    x = x.astype(dtype, copy=False)
    return np.asarray(grad.astype(dtype, copy=False) * sigmoid(x) * sigmoid(-x))


def softmax(x):
    """Turn the scores along the last axis into probabilities: positive, and their sum is 1.

    Parameters
    ----------
    x : array_like, shape (..., K)
        Scores of K labels that exclude each other, however large.

    Returns
    -------
    ndarray of float, of the shape of `x`
        Float32 stays float32, integers give float64.

    Raises
    ------
    ValueError
        When `x` is a single number or has no labels, does not hold real numbers, or a row has NaN or infinity as its
        largest score.

    Notes
    -----
    ``softmax(x)[k] = exp(x[k]) / (sum over j of exp(x[j]))``. The result is the same when a number is taken from all
    scores; taking the largest leaves exponents of at most 0, which cannot overflow. Where the largest is between 0 and
    64, nothing needs to be taken.

    References
    ----------
    J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs", Neurocomputing, 1990.
    https://doi.org/10.1007/978-3-642-76153-9_28

    Examples
    --------
    >>> softmax(np.zeros((8, 10))).shape
    (8, 10)
    >>> softmax([1, 2, 3]).round(4)
    array([0.09  , 0.2447, 0.6652])
    >>> softmax([[1000, 1000], [-1000, 1000]])
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    x = _scores(x)
    dtype = float_type(x)
    rows = x.reshape(-1, x.shape[-1])
    result = np.empty(rows.shape, dtype)

    def fill(some):
        _probabilities(rows[some], result[some], x.shape)

    each(fill, _some_rows(rows))
    return result.reshape(x.shape)


def softmax_backward(x, grad, result=None):
    """Bring the gradient of the probabilities back to the scores.

    Parameters
    ----------
    x : array_like, shape (..., K)
        What :func:`softmax` was given.
    grad : array_like, of the shape of `x`
        The gradient of the loss with respect to ``softmax(x)``.
    result : array_like, of the shape of `x`, optional
        ``softmax(x)``, if it was kept; without it, it is computed again.

    Returns
    -------
    ndarray, of the shape of `x`
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`softmax`, except that kept probabilities need no finite scores; and when the shapes differ.

    Notes
    -----
    With ``p = softmax(x)``, for each row::

        grad_x[k] = p[k] * (grad[k] - sum over j of p[j] * grad[j])

    A row of `grad_x` sums to 0: the probabilities cannot all grow.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.2.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> softmax_backward([[0, 0]], [[1.0, 0.0]])
    array([[ 0.25, -0.25]])
    >>> softmax_backward([[0, 0]], [[1.0, 0.0]], result=[[0.5, 0.5]])
    array([[ 0.25, -0.25]])
    """
    x = _scores(x)
    grad = checked_grad("softmax", grad, x.shape)
    dtype = float_type(x, grad)
    kept = None if result is None else checked_grad("softmax", result, x.shape, "result").reshape(-1, x.shape[-1])
    rows, grad_rows = x.reshape(-1, x.shape[-1]), grad.reshape(-1, x.shape[-1])
    grad_x = np.empty(rows.shape, dtype)

    def fill(some):
        if kept is None:
            probs = np.empty(rows[some].shape, dtype)
            _probabilities(rows[some], probs, x.shape)
        else:
            probs = kept[some].astype(dtype, copy=False)
        arriving = grad_rows[some].astype(dtype, copy=False)
        np.subtract(arriving, np.vecdot(probs, arriving)[:, np.newaxis], out=grad_x[some])
        grad_x[some] *= probs

    each(fill, _some_rows(rows))
    return grad_x.reshape(x.shape)


def _probabilities(scores: np.ndarray, out: np.ndarray, shape) -> None:
    """The softmax of some rows of scores, all of which have the given shape."""
    largest = scores.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ValueError(f"softmax takes finite scores, but the largest of a row of {shape} is not finite")
    largest[(largest >= 0) & (largest <= NO_OVERFLOW)] = 0
    with np.errstate(under="ignore"):
        if largest.any():
            scores = np.subtract(scores, largest, out=out, dtype=out.dtype)
        np.exp(scores, out=out, dtype=out.dtype)
        out *= 1 / np.vecdot(out, np.ones(out.shape[-1], out.dtype))[:, np.newaxis]  # the sums, faster than with sum()


def _some_rows(rows: np.ndarray) -> list[slice]:
    """Rows to work on at a time."""
    some = max(1, ROWS_OF // rows.shape[-1])
    return [slice(start, start + some) for start in range(0, len(rows), some)]


def _scores(x) -> np.ndarray:
    x = numbers("softmax", "input", x)
    if x.ndim == 0 or x.size == 0:
        raise ValueError(f"softmax takes scores along the last axis, at least one, but got shape {x.shape}")
    return x
