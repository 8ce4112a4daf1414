"""What the explorer shows: the bundled photos made small, a few matrices of the lessons, or an array of your own.

A picture is an array whose numbers are kept as they are, with a name and the two numbers that black and white stand
for. Photos are bytes, small enough that every step of a drag can be computed anew.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from cnnkit import images

#: Cells of the longer side of a photo; more would not be seen, and would cost time in every frame.
SIDE = 256
#: Up to this side an array is a matrix: its numbers are shown, and kept as they are.
MATRIX = 24
#: What a photo is called in the list.
PHOTOS = {
    "camera": "Photographer",
    "chelsea": "Cat",
    "astronaut": "Astronaut",
    "coffee": "Coffee",
    "coins": "Coins",
    "brick": "Bricks",
    "rocket": "Rocket",
    "star": "Star (drawn)",
}
#: name: (what it is called in the list, its numbers)
MATRICES = {
    "counting": ("0 to 8", [[0, 1, 2], [3, 4, 5], [6, 7, 8]]),
    "binary": (
        "Zeros and ones",
        [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]],
    ),
    "stripe": ("A white stripe", [[0, 255, 255, 255, 0]] * 5),
    "rows": ("1 to 77", [[10 * row + column for column in range(1, 8)] for row in range(8)]),
}
_OWN = "yours"


@dataclass(frozen=True, eq=False)
class Picture:
    """An array to explore.

    Parameters
    ----------
    name : str
        One of :func:`names`, or ``"yours"``.
    array : ndarray of uint8 or float64, shape (H, W) or (H, W, 3)
    low, high : float
        What black and white stand for.
    """

    name: str
    array: np.ndarray
    low: float
    high: float

    @property
    def gray(self) -> np.ndarray:
        """The array without colours: bytes stay bytes, rounded.

        Examples
        --------
        >>> take(np.full((1, 1, 3), [[[200, 100, 50]]], dtype=np.uint8)).gray
        array([[118]], dtype=uint8)
        """
        if self.array.ndim == 2:
            return self.array
        if self.array.dtype == np.uint8:
            # In whole numbers, so that the view, in another language, rounds to the same byte.
            red, green, blue = np.moveaxis(self.array.astype(np.int64), 2, 0)
            return ((2125 * red + 7154 * green + 721 * blue + 5000) // 10000).astype(np.uint8)
        return self.array @ np.array([0.2125, 0.7154, 0.0721])

    def message(self) -> dict:
        """The picture as the view takes it.

        Examples
        --------
        >>> take([[1, 2]]).message()["shape"]
        [1, 2, 1]
        """
        array = np.ascontiguousarray(self.array)
        return {
            "name": self.name,
            "shape": [*array.shape, 1][:3],
            "type": str(array.dtype),
            "low": self.low,
            "high": self.high,
            "data": array.tobytes(),
        }


def names() -> list[str]:
    """The names of the bundled pictures, photos first.

    Examples
    --------
    >>> names()[:2], names()[-1]
    (['camera', 'chelsea'], 'rows')
    """
    return [*PHOTOS, *MATRICES]


def take(image) -> Picture:
    """Make a picture of what a learner gives.

    Parameters
    ----------
    image : str or array_like, shape (H, W) or (H, W, 3)
        The name of a bundled picture, or an array. uint8 is shown from 0 to 255. Larger arrays of floats within 0..1
        are taken as photos and turned into bytes. Everything else keeps its numbers.

    Returns
    -------
    Picture
        A photo's longer side has at most :data:`SIDE` cells.

    Raises
    ------
    ValueError
        When there is no picture of that name, or the array is not an image.

    Examples
    --------
    >>> take("camera").array.shape, take("chelsea").array.shape
    ((256, 256), (170, 256, 3))
    >>> take([[0, 1], [2, 3]]).high
    3.0
    """
    if isinstance(image, str):
        return _bundled(image)
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)):
        raise ValueError(f"an image to explore has shape (H, W) or (H, W, 3), but got shape {array.shape}")
    if array.dtype.kind not in "buif" or not np.isfinite(array).all():
        raise ValueError(f"an image to explore holds finite numbers, but got an array of {array.dtype}")
    return _own(array)


def _own(array: np.ndarray) -> Picture:
    within = array.min() >= 0 and array.max() <= 1
    small = max(array.shape[:2]) <= MATRIX
    if array.dtype.kind == "f" and within and not small:
        array = np.rint(255 * array).astype(np.uint8)
    if array.dtype == np.uint8:
        return Picture(_OWN, _reduced(array), 0.0, 255.0)
    if max(array.shape[:2]) > 2 * SIDE:
        step = -(-max(array.shape[:2]) // SIDE)
        raise ValueError(
            f"an image to explore has at most {2 * SIDE} rows and columns, but got shape {array.shape}: "
            f"take a part of it, or image[::{step}, ::{step}]"
        )
    low, high = min(0.0, float(array.min())), float(array.max())
    return Picture(_OWN, array.astype(np.float64), low, high if high > low else low + 1)


@cache
def _bundled(name: str) -> Picture:
    if name in MATRICES:
        array = np.array(MATRICES[name][1], dtype=np.float64)
        picture = Picture(name, array, 0.0, float(array.max()))
    elif name == "star":
        picture = Picture(name, _star(), 0.0, 255.0)
    elif name in PHOTOS:
        picture = Picture(name, _reduced(images.load(name)), 0.0, 255.0)
    else:
        raise ValueError(f"there is no picture {name!r} to explore; there are: {', '.join(names())}")
    picture.array.setflags(write=False)
    return picture


def _reduced(photo: np.ndarray) -> np.ndarray:
    height, width = photo.shape[:2]
    if max(height, width) <= SIDE:
        return photo
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.array(Image.fromarray(photo).resize(size, Image.Resampling.BOX))


def _star() -> np.ndarray:
    """Sixteen spokes, bright and dark: every direction is in it once, so a kernel's own direction is seen at once."""
    y, x = np.mgrid[-95.5:96, -95.5:96]
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    wave = np.sin(16 * angle)
    # Sharp edges, smoothed over about one pixel; towards the middle, where spokes are thinner than pixels, plain.
    edge = np.clip(wave * distance / 16 + 0.5, 0, 1)
    fade = np.clip((distance - 14) / 4, 0, 1) * np.clip((92 - distance) / 3, 0, 1)
    return np.rint(255 * (0.5 + (edge - 0.5) * fade)).astype(np.uint8)
