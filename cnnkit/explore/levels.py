"""The game: "find a kernel that makes this picture", judged by the picture and not by the kernel.

There are many right kernels for each picture, of several sizes. How alike two pictures are is a share from 0 to 1, and
from :data:`FOUND` on the picture counts as found.
"""

from dataclasses import dataclass, field

import numpy as np

from cnnkit.explore.pictures import Picture, take
from cnnkit.explore.settings import Settings, run

#: So alike must the pictures be. Close relatives, such as Sobel's kernel for a plain one, are above; see the tests.
FOUND = 0.88


@dataclass(frozen=True)
class Level:
    """One picture to make.

    Parameters
    ----------
    name, title, task : str
    photo : str
        The picture to start from, one of :func:`cnnkit.explore.pictures.names`.
    cells, divisor
        A kernel that makes it.
    keeps : bool
        Whether the result still is the photo, changed: then only the change is compared, as the rest is given anyway.
        Otherwise the result is an answer around 0, and how strong it is does not count.
    hints : tuple of str
        Shown one by one; the last one nearly tells.
    """

    name: str
    title: str
    task: str
    photo: str
    cells: tuple
    divisor: int
    keeps: bool
    hints: tuple[str, ...] = field(default=())


LEVELS = (
    Level(
        "vertical",
        "Vertical edges",
        "White where it gets brighter from left to right, black where it gets darker, grey where nothing changes.",
        "camera",
        ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
        1,
        False,
        (
            "A kernel that compares has negative weights as well, and its weights add up to 0.",
            "Compare what is on the right with what is on the left: one side counts plus, the other minus.",
            "−1 in the left column, 0 in the middle, 1 in the right column.",
        ),
    ),
    Level(
        "horizontal",
        "Horizontal edges",
        "White where it gets brighter from top to bottom, black where it gets darker.",
        "brick",
        ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
        1,
        False,
        (
            "The kernel of the first level, turned by a quarter.",
            "What is below counts plus, what is above minus.",
            "−1 in the top row, 0 in the middle, 1 in the bottom row.",
        ),
    ),
    Level(
        "blur",
        "Blur",
        "Soft, but exactly as bright as the photo.",
        "chelsea",
        ((1, 1, 1, 1, 1),) * 5,
        25,
        True,
        (
            "Each new pixel is the average of its neighbourhood.",
            "An average: all weights are equal, and they add up to 1. Write ones and divide by how many there are.",
            "5 rows, 5 columns, all ones, divided by 25.",
        ),
    ),
    Level(
        "sharpen",
        "Sharpen",
        "The same photo, every edge stronger; plain areas keep their brightness.",
        "chelsea",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        1,
        True,
        (
            "Take the pixel, and add how much it differs from its neighbours.",
            "The four neighbours, above, below, left and right, count −1 each. The weights must add up to 1.",
            "0 in the corners, −1 beside the middle, and in the middle 5.",
        ),
    ),
    Level(
        "diagonal",
        "One diagonal",
        "Bright on lines like a backslash, from top left to bottom right. Lines the other way are not bright.",
        "star",
        ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
        1,
        False,
        (
            "A kernel answers strongly where the picture looks like the kernel. So draw the line in the kernel.",
            "Plus along the diagonal, minus everywhere else, together 0.",
            "2 on the diagonal from top left to bottom right, −1 in the six other cells.",
        ),
    ),
    Level(
        "emboss",
        "Emboss",
        "As if pressed into metal: lit from the bottom right, in shadow at the top left.",
        "coins",
        ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        1,
        True,
        (
            "The pixel itself, plus an edge detector along a diagonal. The weights add up to 1.",
            "Minus towards the top left, plus towards the bottom right, 0 on the other two corners.",
            "Rows −2 −1 0, then −1 1 1, then 0 1 2.",
        ),
    ),
)


def level(name: str) -> Level:
    """The level of a name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Level

    Raises
    ------
    ValueError
        When there is none; the message lists the names.

    Examples
    --------
    >>> level("blur").title
    'Blur'
    """
    for each in LEVELS:
        if each.name == name:
            return each
    raise ValueError(f"there is no level {name!r}; there are: {', '.join(each.name for each in LEVELS)}")


def made_by(cells, divisor: float, photo: Picture) -> np.ndarray:
    """The picture that a kernel makes in a level: in grey, of the photo's size, mirrored at the border.

    Parameters
    ----------
    cells : array_like, shape (h, w)
    divisor : float
    photo : Picture

    Returns
    -------
    ndarray, shape (H, W)

    Examples
    --------
    >>> made_by([[1, 1], [1, 1]], 4, take("camera")).shape
    (256, 256)
    """
    feature_map = run(photo, Settings(cells, divisor, padding="symmetric")).feature_map
    height, width = photo.array.shape[:2]
    return feature_map[:height, :width]  # an even kernel's map has a row and a column more


def likeness(one: Level, cells, divisor: float = 1) -> float:
    """How much the picture that a kernel makes looks like the level's.

    Parameters
    ----------
    one : Level
    cells : array_like, shape (h, w)
    divisor : float

    Returns
    -------
    float
        From 0 to 1; from :data:`FOUND` on it is found.

    Notes
    -----
    With ``m`` the picture made, ``t`` the wanted one and ``p`` the photo, each cut off below black and above white::

        keeps:      1 - |m - t|² / |p - t|²
        otherwise:  m · t / (|m| |t|), of the maps as they are

    and 0 where that is negative.

    Examples
    --------
    >>> likeness(level("blur"), [[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16) > 0.5
    True
    >>> likeness(level("vertical"), [[1, 0, -1]] * 3)
    0.0
    """
    photo = take(one.photo)
    made, wanted = made_by(cells, divisor, photo), made_by(one.cells, one.divisor, photo)
    if one.keeps:
        made, wanted = np.clip(made, photo.low, photo.high), np.clip(wanted, photo.low, photo.high)
        before = photo.gray.astype(float)
        share = 1 - ((made - wanted) ** 2).sum() / ((before - wanted) ** 2).sum()
    else:
        lengths = np.sqrt((made.astype(float) ** 2).sum() * (wanted.astype(float) ** 2).sum())
        share = (made * wanted).sum() / lengths if lengths > 0 else 0.0
    return max(0.0, float(share))
