"""Padding: a border around an image, so that a kernel can also be centred on the cells at its edge."""

import numpy as np

from cnnkit.ops.arrays import BATCH, CHANNELS, IMAGE, checked, checked_grad, float_type, pair

#: The ways to fill a border.
MODES = ("zero", "reflect", "symmetric")


def pad2d(image, pad, mode="zero"):
    """Put a border around an image.

    Parameters
    ----------
    image : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        Numbers of any real type.
    pad : int or pair of int
        How many cells to add on every side, or ``(above and below, left and right)``; 0 adds none.
    mode : {"zero", "reflect", "symmetric"}, default "zero"
        What the border holds: zeros; the image mirrored at its outermost cells, which are not repeated; or the image
        mirrored at its edges, so that the outermost cells are repeated.

    Returns
    -------
    ndarray
        Shape (H + 2 * pad, W + 2 * pad), or the same with the other axes unchanged; the image's type. Always a copy.

    Raises
    ------
    ValueError
        When `image` has another rank, `pad` is negative, `mode` is unknown, or the image is too small to be mirrored:
        ``"reflect"`` adds at most one cell less than a side has, ``"symmetric"`` at most as many.

    Notes
    -----
    A row ``a b c d`` with two cells on each side::

        zero        0 0 | a b c d | 0 0
        reflect     c b | a b c d | c b
        symmetric   b a | a b c d | d c

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
    https://doi.org/10.48550/arXiv.1603.07285

    Examples
    --------
    >>> pad2d(np.zeros((4, 6)), 1).shape
    (6, 8)
    >>> pad2d(np.zeros((10, 4, 6, 3)), (0, 2)).shape
    (10, 4, 10, 3)
    >>> pad2d([[1, 2], [3, 4]], 1)
    array([[0, 0, 0, 0],
           [0, 1, 2, 0],
           [0, 3, 4, 0],
           [0, 0, 0, 0]])
    >>> pad2d([[1, 2, 3, 4]], (0, 2), mode="reflect")
    array([[3, 2, 1, 2, 3, 4, 3, 2]])
    >>> pad2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, mode="reflect")
    array([[5, 4, 5, 6, 5],
           [2, 1, 2, 3, 2],
           [5, 4, 5, 6, 5],
           [8, 7, 8, 9, 8],
           [5, 4, 5, 6, 5]])
    >>> pad2d([[1, 2, 3, 4]], (0, 2), mode="symmetric")
    array([[2, 1, 1, 2, 3, 4, 4, 3]])
    """
    image, pads = _checked(image, pad, mode)
    cells = _with_channels(image)
    *batch, height, width, channels = cells.shape
    padded = np.zeros((*batch, height + 2 * pads[0], width + 2 * pads[1], channels), image.dtype)
    wide = padded[..., pads[0] : pads[0] + height, :, :]
    for there, here in _copies(width, pads[1], mode):
        wide[..., there, :] = cells[..., here, :]
    # Whole rows, with what is left and right of them; the first copy is of the middle rows, which are there already.
    for there, here in _copies(height, pads[0], mode)[1:]:
        padded[..., there, :, :] = wide[..., here, :, :]
    return padded if image.ndim > 2 else padded[..., 0]


def pad2d_backward(image, grad, pad, mode="zero"):
    """Bring the gradient of a padded image back to the image.

    Parameters
    ----------
    image : array_like, shape (H, W), (H, W, C) or (N, H, W, C)
        What :func:`pad2d` was given.
    grad : array_like
        The gradient of the loss with respect to the result of ``pad2d(image, pad, mode)``, of its shape.
    pad, mode
        As in :func:`pad2d`.

    Returns
    -------
    ndarray, of the shape of `image`
        The gradient with respect to `image`: float32 if the floats among `image` and `grad` are, else float64.

    Raises
    ------
    ValueError
        As in :func:`pad2d`; and when `grad` does not have the shape of its result.

    Notes
    -----
    Padding copies cells; a cell that was copied several times collects the gradients of all its copies. Zeros come from
    nowhere, so their gradients are dropped::

        grad_image[i, j] = sum of grad[k, l] over all cells k, l of the result that were copied from i, j

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.5.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> pad2d_backward(np.zeros((4, 6)), np.ones((6, 8)), 1).shape
    (4, 6)

    In the padded row ``3 2 1 2 3 2 1`` two cells are copies of the 1:

    >>> pad2d_backward([[1.0, 2.0, 3.0]], np.ones((1, 7)), (0, 2), mode="symmetric")
    array([[2., 3., 2.]])
    """
    image, pads = _checked(image, pad, mode)
    *batch, height, width, channels = _with_channels(image).shape
    wide, high = width + 2 * pads[1], height + 2 * pads[0]
    grad = checked_grad("pad2d", grad, (high, wide) if image.ndim == 2 else (*batch, high, wide, channels))
    dtype = float_type(image, grad)
    grad = _with_channels(grad) if image.ndim == 2 else grad
    rows = np.zeros((*batch, height, wide, channels), dtype)
    for there, here in _copies(height, pads[0], mode):
        rows[..., here, :, :] += grad[..., there, :, :]
    result = np.zeros((*batch, height, width, channels), dtype)
    for there, here in _copies(width, pads[1], mode):
        result[..., here, :] += rows[..., there, :]
    return result.reshape(image.shape)


def _checked(image, pad, mode: str) -> tuple[np.ndarray, tuple[int, int]]:
    image = checked("pad2d", "image", image, IMAGE, CHANNELS, BATCH)
    pads = pair("pad", pad, least=0)
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, but got {mode!r}")
    sides = image.shape[:2] if image.ndim < 4 else image.shape[1:3]
    for cells, side, direction in zip(pads, sides, ("high", "wide"), strict=True):
        most = {"zero": cells, "reflect": side - 1, "symmetric": side}[mode]
        if cells > most:
            raise ValueError(
                f"mode {mode!r} cannot add {cells} cells to the image {image.shape}, which is {side} {direction}: "
                f"it adds at most {most} there; take a smaller pad or mode 'zero'"
            )
    return image, pads


def _with_channels(image: np.ndarray) -> np.ndarray:
    return image[:, :, np.newaxis] if image.ndim == 2 else image


def _copies(side: int, pad: int, mode: str) -> list[tuple[slice, slice]]:
    """What a row of `side` cells gives its padded copy: pairs of slices (there, here), the middle first."""
    copies = [(slice(pad, pad + side), slice(0, side))]
    if mode != "zero" and pad:
        skip = 1 if mode == "reflect" else 0  # the outermost cell is not repeated
        copies.append((slice(pad - 1, None, -1), slice(skip, skip + pad)))
        copies.append((slice(side + 2 * pad - 1, side + pad - 1, -1), slice(side - pad - skip, side - skip)))
    return copies
