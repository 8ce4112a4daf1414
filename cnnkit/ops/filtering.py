"""Filters on pictures: results of the picture's own size, and back to 8 bits."""

import numpy as np

from cnnkit.ops.arrays import CHANNELS, IMAGE, checked
from cnnkit.ops.convolution import conv2d, conv2d_backward, conv_layer
from cnnkit.ops.padding import pad2d, pad2d_backward

#: Bright above and dark below answers with a positive number.
TOP_SOBEL = ((1, 2, 1), (0, 0, 0), (-1, -2, -1))


def conv2d_same(image, kernel, mode="zero"):
    """Convolve a grey image with a border around it, so that the feature map has the image's size.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Integers, booleans or floats.
    kernel : array_like, shape (h, w)
        Both sides odd, so that it has a cell in the middle. It is not flipped.
    mode : {"zero", "reflect", "symmetric"}, default "zero"
        What the border holds, as in :func:`pad2d`.

    Returns
    -------
    ndarray, shape (H, W)
        The feature map; its type is as in :func:`conv2d`.

    Raises
    ------
    ValueError
        When a side of the kernel is even, the image is too small to be mirrored so far, or for the reasons of
        :func:`conv2d` and :func:`pad2d`.

    Notes
    -----
    A kernel of ``h`` rows reaches ``h // 2`` cells beyond the one it is centred on, so::

        conv2d_same(image, kernel, mode) = conv2d(pad2d(image, (h // 2, w // 2), mode), kernel)

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.2.
    https://doi.org/10.48550/arXiv.1603.07285

    Examples
    --------
    >>> conv2d_same(np.zeros((28, 30)), np.zeros((3, 5))).shape
    (28, 30)

    With zeros around it, an image has edges where its border is; mirrored, a plain one has none:

    >>> plain = np.full((3, 4), 7)
    >>> vertical_lines = [[-1, 0, 1]] * 3
    >>> conv2d_same(plain, vertical_lines)
    array([[ 14,   0,   0, -14],
           [ 21,   0,   0, -21],
           [ 14,   0,   0, -14]])
    >>> conv2d_same(plain, vertical_lines, mode="symmetric").any()
    np.False_
    """
    image, kernel, pad = _with_border("conv2d_same", image, kernel)
    return conv2d(pad2d(image, pad, mode), kernel)


def conv2d_same_backward(image, kernel, grad, mode="zero"):
    """Bring the gradient of a same-sized feature map back to the image and to the kernel.

    Parameters
    ----------
    image : array_like, shape (H, W)
    kernel : array_like, shape (h, w)
        What :func:`conv2d_same` was given.
    grad : array_like, shape (H, W)
        The gradient of the loss with respect to the feature map.
    mode : {"zero", "reflect", "symmetric"}, default "zero"
        As in :func:`conv2d_same`.

    Returns
    -------
    grad_image : ndarray, shape (H, W)
    grad_kernel : ndarray, shape (h, w)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`conv2d_same`; and when `grad` does not have the shape of the image.

    Notes
    -----
    The two steps of :func:`conv2d_same` backwards: :func:`conv2d_backward`, then :func:`pad2d_backward`.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.5.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> grads = conv2d_same_backward(np.ones((3, 4)), np.ones((3, 3)), np.ones((3, 4)))
    >>> grads[0]  # in how many windows each cell is
    array([[4., 6., 6., 4.],
           [6., 9., 9., 6.],
           [4., 6., 6., 4.]])
    >>> grads[1]  # how many cells each weight met that were not border
    array([[ 6.,  8.,  6.],
           [ 9., 12.,  9.],
           [ 6.,  8.,  6.]])
    """
    image, kernel, pad = _with_border("conv2d_same", image, kernel)
    grad_padded, grad_kernel = conv2d_backward(pad2d(image, pad, mode), kernel, grad)
    return pad2d_backward(image, grad_padded, pad, mode), grad_kernel


def top_sobel(image):
    """Find the top edges of a grey image: where it is bright above and dark below.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Integers, booleans or floats, at least 3 × 3.

    Returns
    -------
    ndarray, shape (H - 2, W - 2)
        Positive at top edges, negative where it is dark above and bright below; its type is as in :func:`conv2d`.

    Raises
    ------
    ValueError
        When the image is not 2-D, not of real numbers, or smaller than 3 × 3.

    Notes
    -----
    The valid convolution, :func:`conv2d`, with::

         1  2  1
         0  0  0
        -1 -2 -1

    References
    ----------
    I. Sobel and G. Feldman, "A 3 × 3 isotropic gradient operator for image processing", 1968; in R. Duda and P. Hart,
    *Pattern Classification and Scene Analysis*, Wiley, 1973.

    Examples
    --------
    >>> top_sobel(np.zeros((28, 30))).shape
    (26, 28)
    >>> top_sobel([[9, 9, 9, 9], [9, 9, 9, 9], [0, 0, 0, 0], [0, 0, 0, 0]])
    array([[36, 36],
           [36, 36]])
    """
    image = checked("top_sobel", "image", image, IMAGE)
    return conv2d(image, TOP_SOBEL)


def top_sobel_backward(image, grad):
    """Bring the gradient of the top edges back to the image.

    Parameters
    ----------
    image : array_like, shape (H, W)
        What :func:`top_sobel` was given.
    grad : array_like, shape (H - 2, W - 2)
        The gradient of the loss with respect to the edges.

    Returns
    -------
    ndarray, shape (H, W)
        Float64, or float32 if all floats among the arguments are.

    Raises
    ------
    ValueError
        As in :func:`top_sobel`; and when `grad` does not have the shape of its result.

    Notes
    -----
    ``conv2d_backward(image, TOP_SOBEL, grad)[0]``: the kernel is fixed, so only the image has a gradient.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, section 6.5.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> top_sobel_backward(np.zeros((3, 3)), [[1.0]])
    array([[ 1.,  2.,  1.],
           [ 0.,  0.,  0.],
           [-1., -2., -1.]])
    """
    image = checked("top_sobel", "image", image, IMAGE)
    return conv2d_backward(image, TOP_SOBEL, grad)[0]


def filter_image(image, kernel):
    """Filter a picture, each channel on its own, and give a picture back: same size, 8 bits.

    Parameters
    ----------
    image : array_like of uint8, shape (H, W, C)
    kernel : array_like, shape (h, w)
        Both sides odd, and at most twice the image's sides plus 1.

    Returns
    -------
    ndarray of uint8, shape (H, W, C)
        What the kernel answers, rounded to the nearest whole number (a half to the even one) and clipped to 0..255.

    Raises
    ------
    ValueError
        When the image is not (H, W, C) of uint8, a side of the kernel is even, or the image is too small for it.

    Notes
    -----
    For each channel: ``clip(round(conv2d_same(channel, kernel, "symmetric")), 0, 255)``. Casting without clipping
    would wrap around: 256 becomes 0, and -1 becomes 255. Rounding has no useful gradient, so there is no
    ``filter_image_backward``.

    References
    ----------
    R. C. Gonzalez and R. E. Woods, *Digital Image Processing*, 4th edition, Pearson, 2018, chapter 3.

    Examples
    --------
    >>> filter_image(np.zeros((20, 30, 3), dtype=np.uint8), np.ones((3, 5)) / 15).shape
    (20, 30, 3)
    >>> stripe = np.array([[[10], [10], [200], [10], [10]]], dtype=np.uint8)
    >>> filter_image(stripe, np.ones((1, 3)) / 3)[:, :, 0]  # box blur
    array([[10, 73, 73, 73, 10]], dtype=uint8)
    >>> filter_image(stripe, [[-1, 3, -1]])[:, :, 0]  # sharper: -180 becomes 0, and 580 becomes 255
    array([[ 10,   0, 255,   0,  10]], dtype=uint8)
    """
    image = checked("filter_image", "image", image, CHANNELS)
    if image.dtype != np.uint8:
        raise ValueError(
            f"filter_image takes uint8, but the image {image.shape} holds {image.dtype}: scale it to 0..255 and "
            "convert it with .astype(np.uint8)"
        )
    image, kernel, pad = _with_border("filter_image", image, kernel)
    padded = pad2d(image, pad, "symmetric")
    channels = image.shape[2]
    # One filter for each channel that sees that channel only.
    answers = conv_layer(
        padded, np.broadcast_to(kernel[:, :, np.newaxis], (channels, *kernel.shape, 1)), groups=channels
    )
    return np.clip(np.rint(answers), 0, 255).astype(np.uint8)


def _with_border(name: str, image, kernel) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """The arguments, checked, and how far the kernel reaches beyond the cell that it is centred on."""
    image = checked(name, "image", image, CHANNELS if name == "filter_image" else IMAGE)
    kernel = checked(name, "kernel", kernel, "(h, w)")
    if kernel.shape[0] % 2 == 0 or kernel.shape[1] % 2 == 0:
        raise ValueError(
            f"{name} takes a kernel with odd sides, which has a middle, but got shape {kernel.shape}: "
            "add a row or a column of zeros"
        )
    return image, kernel, (kernel.shape[0] // 2, kernel.shape[1] // 2)
