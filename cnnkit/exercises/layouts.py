"""The memory layouts that an array argument can have, and copies that keep them."""

from copy import deepcopy
from dataclasses import replace

import numpy as np

from cnnkit.exercises.model import Call

#: C-ordered (rows), Fortran-ordered (columns), or a view of every other row and column of a larger array.
LAYOUTS = ("C", "F", "sliced")


def lay_out(array: np.ndarray, layout: str) -> np.ndarray:
    """A copy of `array` with the same values in another memory layout.

    Parameters
    ----------
    array : ndarray of at least 2 dimensions
    layout : str
        One of :data:`LAYOUTS`.

    Returns
    -------
    ndarray
        ``"sliced"`` is a view whose base repeats every row and column, so a function that ignores the strides
        reads every number twice.

    Raises
    ------
    ValueError
        When `layout` is not one of the three.

    Examples
    --------
    >>> a = np.arange(6).reshape(2, 3)
    >>> [lay_out(a, layout).strides for layout in LAYOUTS]
    [(24, 8), (8, 16), (96, 16)]
    """
    if layout == "C":
        return np.array(array, order="C")
    if layout == "F":
        return np.array(array, order="F")
    if layout == "sliced":
        return np.repeat(np.repeat(array, 2, axis=0), 2, axis=1)[::2, ::2]
    raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, but got {layout!r}")


def layout_of(array: np.ndarray) -> str:
    """Which of :data:`LAYOUTS` an array has; C-ordered where several are the same.

    Examples
    --------
    >>> a = np.arange(6).reshape(2, 3)
    >>> layout_of(a), layout_of(a.T), layout_of(a[:, ::2]), layout_of(a[:1].T)
    ('C', 'F', 'sliced', 'C')
    """
    return "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "sliced"


def copy_of(call: Call) -> Call:
    """The same call on fresh arrays of the same values, types and memory layouts, fresh generators, lists and dicts.

    Examples
    --------
    >>> call = Call((np.zeros((2, 3), order="F"),), {"stride": 2})
    >>> copy = copy_of(call)
    >>> copy.args[0] is call.args[0], layout_of(copy.args[0]), copy.kwargs
    (False, 'F', {'stride': 2})
    """

    def fresh(value):
        if isinstance(value, np.random.Generator):
            return deepcopy(value)
        if isinstance(value, dict):
            return {name: fresh(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(fresh(part) for part in value)
        if not isinstance(value, np.ndarray):
            return value
        return lay_out(value, layout_of(value)) if value.ndim >= 2 else value.copy()

    return replace(
        call,
        args=tuple(fresh(value) for value in call.args),
        kwargs={name: fresh(value) for name, value in call.kwargs.items()},
    )
