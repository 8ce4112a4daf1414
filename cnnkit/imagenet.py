"""What goes into a network trained on ImageNet, and what comes out: photos as it knows them, and its best guesses."""

import numpy as np

#: Mean and deviation of red, green and blue over the photos of ImageNet, as torchvision's networks were trained.
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def crop(image, size=224):
    """Cut the middle out of a photo, as square as the network wants it, made smaller so that little gets lost.

    Parameters
    ----------
    image : array_like of uint8, shape (H, W, 3)
    size : int, default 224
        The side of what is cut out.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)

    Raises
    ------
    ValueError
        When the image is not uint8 of shape (H, W, 3), or `size` is not a positive integer.

    Notes
    -----
    As torchvision does it for its networks: the shorter side is scaled to ``size * 256 / 224``, by linear interpolation
    over all pixels that a new one covers; then an equal part is cut off on both sides.

    Examples
    --------
    >>> crop(np.zeros((300, 451, 3), dtype=np.uint8)).shape
    (224, 224, 3)
    """
    from PIL import Image

    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"crop takes uint8 of shape (H, W, 3), but got {image.dtype} of shape {image.shape}")
    if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
        raise ValueError(f"size must be a positive integer, but got {size!r}")
    height, width = image.shape[:2]
    shorter = size * 256 // 224
    # The longer side is rounded down, as there.
    sides = (shorter, shorter * width // height) if height <= width else (shorter * height // width, shorter)
    scaled = np.asarray(Image.fromarray(image).resize(sides[::-1], Image.Resampling.BILINEAR))
    top, left = (round((side - size) / 2) for side in sides)
    return scaled[top : top + size, left : left + size].copy()


def preprocess(image):
    """Make a photo what a network trained on ImageNet expects: a batch of one, with its colours normalized.

    Parameters
    ----------
    image : array_like, shape (H, W, 3)
        uint8 from 0 to 255, or floats from 0 to 1. Not changed.

    Returns
    -------
    ndarray of float, shape (1, H, W, 3)
        float32 stays float32, everything else is float64.

    Raises
    ------
    ValueError
        When the image does not have shape (H, W, 3), or its values are not in one of the two ranges.

    Notes
    -----
    With the colours from 0 to 1, for each channel c::

        (image[:, :, c] - MEANS[c]) / DEVIATIONS[c]

    A pixel of average colour becomes 0, 0, 0. The network was trained with these numbers; with others, its filters
    would see other colours than they have learned.

    References
    ----------
    The transforms of torchvision's pretrained networks. https://docs.pytorch.org/vision/stable/models.html

    Examples
    --------
    >>> preprocess(np.zeros((224, 224, 3), dtype=np.uint8)).shape
    (1, 224, 224, 3)
    >>> preprocess(np.array([[[0.485, 0.456, 0.406], [0.714, 0.68, 0.631]]])).round(3)
    array([[[[0., 0., 0.],
             [1., 1., 1.]]]])
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        has_alpha = image.ndim == 3 and image.shape[2] == 4
        fix = ": drop the fourth channel with image[:, :, :3]" if has_alpha else ""
        raise ValueError(f"preprocess takes an image of shape (H, W, 3), but got shape {image.shape}{fix}")
    if image.dtype == np.uint8:
        image = image / 255
    elif image.dtype.kind != "f":
        raise ValueError(
            f"preprocess takes uint8 or floats, but the image of shape {image.shape} is {image.dtype}: "
            "convert it with image.astype(np.uint8)"
        )
    elif not (image.min() >= 0 and image.max() <= 1):  # `not`, so that NaN does not pass
        raise ValueError(
            f"a float image goes from 0 to 1, but the one of shape {image.shape} goes from {image.min():g} "
            f"to {image.max():g}: divide it by its largest possible value, such as 255"
        )
    kind = np.result_type(image, np.float32)
    return ((image - np.array(MEANS, kind)) / np.array(DEVIATIONS, kind))[np.newaxis]


def top_k(probs, k):
    """The best guesses: the positions of the k largest values, the largest first.

    Parameters
    ----------
    probs : array_like, shape (K,)
        A number for each class, such as its probability.
    k : int
        From 1 to K.

    Returns
    -------
    ndarray of int, shape (k,)
        Of equal values, the one with the smaller position comes first.

    Raises
    ------
    ValueError
        When `probs` is not a row of numbers or has a NaN in it, or `k` is not an integer from 1 to K.

    Examples
    --------
    >>> top_k([0.1, 0.6, 0.05, 0.25], 2)
    array([1, 3])
    >>> top_k([0.2, 0.3, 0.2, 0.3], 3)
    array([1, 3, 0])
    """
    probs = np.asarray(probs)
    if probs.ndim != 1 or probs.dtype.kind not in "iuf" or not probs.size:
        raise ValueError(f"top_k takes numbers of shape (K,), but got {probs.dtype} of shape {probs.shape}")
    if np.isnan(probs).any():
        raise ValueError(f"top_k cannot sort nan, which is at {np.argwhere(np.isnan(probs))[0, 0]} of {probs.size}")
    if isinstance(k, bool | np.bool_) or not isinstance(k, int | np.integer) or not 1 <= k <= probs.size:
        raise ValueError(f"k must be an integer from 1 to {probs.size}, the number of values, but got {k!r}")
    # Backwards twice: the sort is ascending, and keeps the order of equal values.
    return probs.size - 1 - np.argsort(probs[::-1], kind="stable")[::-1][:k]
