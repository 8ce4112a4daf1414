"""Makes ``vectors.json``: pictures, settings and what cnnkit makes of them, for the view in another language to equal.

    python -m tests.cnnkit.explore.vectors
"""

import json
from pathlib import Path

import numpy as np

from cnnkit.explore import levels
from cnnkit.explore.pictures import Picture, take
from cnnkit.explore.settings import PADDINGS, POOLS, Settings, run
from cnnkit.explore.state import plain

PATH = Path(__file__).with_name("vectors.json")
COUNT = 48
#: Kernels to try in the levels: right ones of several kinds, near misses, and wrong ones.
ATTEMPTS = {
    "identity": ([[1]], 1),
    "plain": ([[-1, 0, 1]] * 3, 1),
    "sobel": ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 1),
    "negative": ([[1, 0, -1]] * 3, 1),
    "even": ([[-1, 1]], 1),
    "tall": ([[-1], [0], [1]], 1),
    "box": (np.ones((5, 5)), 25),
    "even box": (np.ones((4, 4)), 16),
    "small box": (np.ones((3, 3)), 9),
    "sharpen": ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1),
    "diagonal": ([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]], 1),
    "emboss": ([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], 1),
}


def make() -> dict:
    """All vectors, the same in every run."""
    rng = np.random.default_rng(7)
    return {
        "runs": [_run(rng, number) for number in range(COUNT)],
        "likeness": [
            {"level": one.name, "cells": plain(cells), "divisor": by, "share": levels.likeness(one, cells, by)}
            for one in levels.LEVELS
            for cells, by in ATTEMPTS.values()
        ],
    }


def _run(rng: np.random.Generator, number: int) -> dict:
    colored = number % 3 == 0
    shape = (int(rng.integers(3, 10)), int(rng.integers(3, 10)), *([3] if colored else []))
    if number % 2:
        array, low, high = rng.integers(0, 256, shape, dtype=np.uint8), 0.0, 255.0
    else:
        array, low, high = rng.normal(0, 5, shape).round(3), -10.0, 10.0
    deep = 3 if colored and number % 6 == 0 else 1
    sides = rng.integers(1, 6, 2)  # odd and even
    cells = rng.integers(-5, 6, (*sides, deep))
    chosen = {
        "divisor": float(rng.choice([1, 1, 9, 2.5, -3])),
        "stride": int(rng.integers(1, 4)),
        "padding": PADDINGS[number % 4],
        "pad": None if number % 5 else int(rng.integers(0, 4)),
        "relu": bool(rng.integers(2)),
        "pool": POOLS[int(rng.integers(4))],
        "pool_size": int(rng.integers(1, 3)),
        "pool_stride": None if number % 2 else int(rng.integers(1, 4)),
    }
    picture = Picture("yours", array, low, high)
    vector = {"picture": {**picture.message(), "data": None}, "numbers": array.ravel().tolist()}
    vector |= {"settings": {"cells": plain(cells), **chosen}}
    try:
        result = run(picture, Settings(cells, **chosen))
    except ValueError:
        return vector | {"fits": False}
    pooled = None if result.pooled is None else _map(result.pooled)
    sizes = list(result.padded.shape[:2])
    return vector | {"fits": True, "padded": sizes, "map": _map(result.feature_map), "pooled": pooled}


def _map(values: np.ndarray) -> dict:
    return {"rows": values.shape[0], "columns": values.shape[1], "values": plain(values.ravel())}


def text() -> str:
    """The file's text, a vector a line."""
    parts = [
        f'"{name}": [\n' + ",\n".join(json.dumps(one, separators=(",", ":")) for one in found) + "\n]"
        for name, found in make().items()
    ]
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    take("camera")  # a missing photo is said before the file is touched
    PATH.write_text(text(), encoding="utf-8")
