"""What the view is given, the same in a notebook and on the page: plain values under fixed names."""

import numpy as np

from cnnkit import kernels
from cnnkit.explore import levels, pictures
from cnnkit.explore.settings import CHANNELS, Settings, kernel_cells

#: The parts of the state that are settings of the same name.
SETTINGS = ("divisor", "stride", "padding", "pad", "relu", "pool", "pool_size", "pool_stride")


def initial(
    image="camera",
    kernel="top_sobel",
    *,
    stride=1,
    padding="valid",
    pad=None,
    relu=False,
    pool="none",
    pool_size=2,
    pool_stride=None,
    channels=None,
    cell=None,
) -> tuple[pictures.Picture, dict]:
    """The picture and the state to begin with; see :func:`cnnkit.explore.explore` for what is taken and raised.

    Examples
    --------
    >>> picture, state = initial()
    >>> picture.name, state["channels"], state["cells"][0]
    ('camera', 'gray', [[1], [2], [1]])
    """
    cells, divisor = kernel_cells(kernel)
    picture = pictures.take(image)
    settings = Settings(cells, divisor, stride, padding, pad, relu, pool, pool_size, pool_stride)
    depth = settings.cells.shape[2]
    if channels is None:
        channels = "rgb" if depth == 3 else "gray"
    if channels not in CHANNELS:
        raise ValueError(f"channels={channels!r} is not one of {', '.join(CHANNELS)}")
    if channels == "rgb" and picture.array.ndim == 2:
        raise ValueError(
            f"channels='rgb' and a kernel with 3 channels need a picture in colour, of shape (H, W, 3), "
            f"but its shape is {picture.array.shape}"
        )
    if channels == "gray" and depth == 3:
        raise ValueError("channels='gray' takes a kernel of shape (h, w), but this one has 3 channels")
    cells = settings.cells
    if channels == "rgb" and depth == 1:
        # The same in each channel; divided by 3, the answers stay about as large as in grey.
        cells, divisor = np.repeat(cells, 3, axis=2), 3 * divisor
    row, column = _cell(cell, picture.array)
    state = {
        "cells": plain(cells),
        "divisor": float(divisor),
        "stride": stride,
        "padding": padding,
        "pad": pad,
        "relu": bool(relu),
        "pool": pool,
        "pool_size": pool_size,
        "pool_stride": pool_stride,
        "channels": channels,
        "row": row,
        "column": column,
        "level": "",
    }
    return picture, state


def level_state(one: levels.Level) -> dict:
    """What a level changes of the state: the identity to begin with, and settings that nobody has to think of."""
    return {
        "level": one.name,
        "cells": plain(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])[:, :, np.newaxis]),
        "divisor": 1.0,
        "stride": 1,
        "padding": "symmetric",
        "pad": None,
        "relu": False,
        "pool": "none",
        "channels": "gray",
    }


def offers() -> dict:
    """What the view offers to choose from.

    Examples
    --------
    >>> offers()["kernels"][0]["name"], offers()["pictures"][0]
    ('identity', {'name': 'camera', 'title': 'Photographer', 'numbers': False})
    """
    named = []
    for name in kernels.NAMED:
        cells, divisor = kernel_cells(name)
        about = kernels.describe(name)
        title = name.replace("_", " ").capitalize().replace("sobel", "Sobel")
        named.append({"name": name, "title": title, "about": about, "cells": plain(cells), "divisor": divisor})
    return {
        "kernels": named,
        "pictures": [
            *({"name": name, "title": title, "numbers": False} for name, title in pictures.PHOTOS.items()),
            *({"name": name, "title": title, "numbers": True} for name, (title, _) in pictures.MATRICES.items()),
        ],
        "levels": [
            {
                "name": one.name,
                "title": one.title,
                "task": one.task,
                "photo": one.photo,
                "cells": [list(row) for row in one.cells],
                "divisor": one.divisor,
                "keeps": one.keeps,
                "hints": list(one.hints),
                "start": level_state(one),
            }
            for one in levels.LEVELS
        ],
        "found": levels.FOUND,
    }


def settings_of(state) -> Settings:
    """The settings in a state: any object with its names as attributes."""
    return Settings(np.array(state.cells), **{name: getattr(state, name) for name in SETTINGS})


def plain(cells) -> list:
    """An array as lists; whole numbers without a fraction.

    Examples
    --------
    >>> plain(np.array([[1.0, 0.5]]))
    [[1, 0.5]]
    """
    values = np.asarray(cells, dtype=np.float64)
    whole = np.vectorize(lambda value: int(value) if value.is_integer() else value, otypes=[object])
    return whole(values).tolist()


def _cell(cell, array: np.ndarray) -> tuple[int, int]:
    if cell is None:
        # A matrix is read from its first cell; of a photo, the middle has more to see than a corner.
        small = max(array.shape[:2]) <= pictures.MATRIX
        return (0, 0) if small else (array.shape[0] // 2, array.shape[1] // 2)
    try:
        row, column = cell
        if row < 0 or column < 0:
            raise ValueError
        return int(row), int(column)
    except (TypeError, ValueError):
        raise ValueError(f"cell={cell!r} is not (row, column), counted from 0") from None
