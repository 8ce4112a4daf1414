"""Colour images: their channels, and their brightness."""

import numpy as np

#: The share of red, green and blue in the brightness of a pixel (ITU-R BT.709, as scikit-image rounds it).
GRAY_WEIGHTS = (0.2125, 0.7154, 0.0721)


def split_channels(image):
    """Take a colour image apart: its red, its green and its blue.

    Parameters
    ----------
    image : array_like, shape (H, W, 3)
        Any numbers.

    Returns
    -------
    tuple of three ndarray, each of shape (H, W)
        Red, green, blue: copies, of the image's type.

    Raises
    ------
    ValueError
        When the image does not have shape (H, W, 3).

    Examples
    --------
    >>> [channel.shape for channel in split_channels(np.zeros((4, 6, 3)))]
    [(4, 6), (4, 6), (4, 6)]
    >>> red, green, blue = split_channels([[[255, 0, 0], [255, 165, 0]]])  # a red pixel and an orange one
    >>> red
    array([[255, 255]])
    >>> green
    array([[  0, 165]])
    """
    image = _color_image("split_channels", image)
    return tuple(image[:, :, channel].copy() for channel in range(3))


def to_gray(image):
    """Turn a colour image into a grey one, weighting the colours as the eye does.

    Parameters
    ----------
    image : array_like, shape (H, W, 3)
        uint8 from 0 to 255, or floats from 0 to 1.

    Returns
    -------
    ndarray of float, shape (H, W)
        From 0 (black) to 1 (white); float32 stays float32, everything else is float64.

    Raises
    ------
    ValueError
        When the image does not have shape (H, W, 3), or its values are not in one of the two ranges.

    Notes
    -----
    With red, green and blue from 0 to 1::

        gray = 0.2125 * red + 0.7154 * green + 0.0721 * blue

    References
    ----------
    Recommendation ITU-R BT.709. https://www.itu.int/rec/R-REC-BT.709

    Examples
    --------
    >>> to_gray(np.zeros((4, 6, 3))).shape
    (4, 6)
    >>> to_gray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8))
    array([[0.2125, 0.7154, 0.0721]])
    >>> to_gray(np.array([[[1.0, 1.0, 1.0], [0.5, 0.5, 0.5]]])).round(4)
    array([[1. , 0.5]])
    """
    image = _color_image("to_gray", image)
    if image.dtype == np.uint8:
        image = image / 255
    elif image.dtype.kind != "f":
        raise ValueError(
            f"to_gray takes uint8 or floats, but the image of shape {image.shape} is {image.dtype}: "
            "convert it with image.astype(np.uint8)"
        )
    elif image.size and not (image.min() >= 0 and image.max() <= 1):  # `not`, so that NaN does not pass
        raise ValueError(
            f"a float image goes from 0 to 1, but the one of shape {image.shape} goes from {image.min():g} "
            f"to {image.max():g}: divide it by its largest possible value, such as 255"
        )
    return image @ np.array(GRAY_WEIGHTS, dtype=np.result_type(image, np.float32))


def _color_image(name: str, image) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3:
        has_alpha = image.ndim == 3 and image.shape[2] == 4
        fix = ": drop the fourth channel with image[:, :, :3]" if has_alpha else ""
        raise ValueError(f"{name} takes an image of shape (H, W, 3), but got shape {image.shape}{fix}")
    return image
