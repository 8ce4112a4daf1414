"""The loss: one number that says how wrong a network's answers are."""

import numpy as np

from cnnkit.ops.arrays import checked, checked_grad, float_type

#: Probabilities below it count as this much, so that the loss of an impossible label is large and not infinite.
SMALLEST_PROBABILITY = 1e-12


def cross_entropy(probs, labels):
    """The mean surprise at the right labels: 0 when all of them had probability 1.

    Parameters
    ----------
    probs : array_like, shape (N, K)
        Probabilities of K labels for each of N examples, from 0 to 1.
    labels : array_like of int, shape (N,)
        The right ones, from 0 to K - 1.

    Returns
    -------
    float
        A NumPy number: float32 for float32, else float64. Finite also at probability 0.

    Raises
    ------
    ValueError
        When the shapes do not belong together, a probability is NaN or not from 0 to 1, or a label is not an integer
        from 0 to K - 1.

    Notes
    -----
    ::

        loss = mean over n of -log(max(probs[n, labels[n]], 1e-12))

    Guessing among K labels costs ``log(K)``; an impossible label that comes true costs 27.6.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 3.13.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> cross_entropy([[0.5, 0.5], [0.25, 0.75]], [0, 1]).round(4)
    np.float64(0.4904)
    >>> cross_entropy(np.full((8, 10), 0.1), np.arange(8)).round(4)  # log(10)
    np.float64(2.3026)
    >>> cross_entropy([[0.0, 1.0]], [0]).round(2)
    np.float64(27.63)
    """
    probs, labels = _checked(probs, labels)
    right = probs[np.arange(len(probs)), labels].astype(float_type(probs))
    return -np.log(np.maximum(right, right.dtype.type(SMALLEST_PROBABILITY))).mean()


def cross_entropy_backward(probs, labels, grad=1.0):
    """The gradient of the loss with respect to the probabilities.

    Parameters
    ----------
    probs : array_like, shape (N, K)
    labels : array_like of int, shape (N,)
        What :func:`cross_entropy` was given.
    grad : float, default 1
        The gradient of what comes after with respect to the loss; 1 when nothing does.

    Returns
    -------
    ndarray, shape (N, K)
        Not 0 only at the right labels. Float32 for float32, else float64.

    Raises
    ------
    ValueError
        As in :func:`cross_entropy`; and when `grad` is not a single number.

    Notes
    -----
    ``grad_probs[n, labels[n]] = -grad / (N * max(probs[n, labels[n]], 1e-12))``. Through :func:`softmax_backward` it
    becomes ``grad * (probs - one_hot) / N`` at the scores.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.2.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> cross_entropy_backward([[0.5, 0.5], [0.25, 0.75]], [0, 0])
    array([[-1.,  0.],
           [-2.,  0.]])
    """
    probs, labels = _checked(probs, labels)
    grad = checked_grad("cross_entropy", grad, ())
    result = np.zeros(probs.shape, float_type(probs))
    where = np.arange(len(probs)), labels
    result[where] = -float(grad) / (len(probs) * np.maximum(probs[where].astype(result.dtype), SMALLEST_PROBABILITY))
    return result


def _checked(probs, labels) -> tuple[np.ndarray, np.ndarray]:
    probs = checked("cross_entropy", "probabilities", probs, "(N, K)")
    labels = checked("cross_entropy", "labels", labels, "(N,)")
    if labels.shape != probs.shape[:1]:
        raise ValueError(f"probabilities {probs.shape} need one label a row, but the labels have shape {labels.shape}")
    if not (probs.min() >= 0 and probs.max() <= 1 + 1e-5):  # `not`, so that NaN does not pass; float32 rounds
        raise ValueError(
            f"probabilities go from 0 to 1, but those of shape {probs.shape} go from {probs.min():g} to "
            f"{probs.max():g}: apply softmax to scores first"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels are integers, the position of the right label, but those of shape {labels.shape} are "
            f"{labels.dtype}: convert them with labels.astype(int)"
        )
    if labels.min() < 0 or labels.max() >= probs.shape[1]:
        raise ValueError(
            f"labels for probabilities {probs.shape} go from 0 to {probs.shape[1] - 1}, but these go from "
            f"{labels.min()} to {labels.max()}: count the labels from 0"
        )
    return probs, labels
