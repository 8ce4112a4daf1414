"""What every operation does with its arguments first: check them, and choose a type to compute in."""

from functools import cache
from math import prod
from numbers import Integral

import numpy as np

#: What the axes of an image, of one with channels and of a batch are called.
IMAGE, CHANNELS, BATCH = "(H, W)", "(H, W, C)", "(N, H, W, C)"


def checked(name: str, what: str, array, *layouts: str, hint: str = "") -> np.ndarray:
    """`array` as an ndarray of real numbers in one of the layouts, such as ``"(H, W, C)"``; none of its axes empty."""
    array = np.asarray(array)
    if array.ndim not in map(_rank, layouts):
        raise ValueError(f"{name} takes the {what} in shape {' or '.join(layouts)}, but got shape {array.shape}{hint}")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} takes numbers, but the {what} {array.shape} holds {array.dtype}")
    if array.size == 0:
        raise ValueError(f"the {what} of shape {array.shape} is empty: every side must be at least 1")
    return array


@cache
def _rank(layout: str) -> int:
    return layout.count(",") + (layout[-2] != ",")


def numbers(name: str, what: str, array) -> np.ndarray:
    """`array` as an ndarray of real numbers, of any shape."""
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} takes numbers, but the {what} {array.shape} holds {array.dtype}")
    return array


def checked_grad(name: str, grad, shape: tuple[int, ...], what: str = "grad") -> np.ndarray:
    """The gradient that arrives at an operation, or a result that was kept for it: both have the result's shape."""
    grad = numbers(f"{name}_backward", what, grad)
    if grad.shape != shape:
        raise ValueError(f"{what} has shape {grad.shape}, but must have the shape of the result of {name}, {shape}")
    return grad


def pair(what: str, value, least: int = 1) -> tuple[int, int]:
    """An int for both directions, or one for each, at least `least`."""
    if type(value) is int and value >= least:
        return value, value
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    # True is an int, and never a stride that anyone meant.
    if len(both) != 2 or not all(isinstance(n, Integral) and not isinstance(n, bool) and n >= least for n in both):
        kind = "a positive integer" if least == 1 else "an integer from 0 up"
        raise ValueError(f"{what} must be {kind} or a pair of them, but got {value!r}")
    return int(both[0]), int(both[1])


def float_type(*arrays: np.ndarray) -> np.dtype:
    """The type of a result that is not whole: float32 stays float32, integers become float64."""
    floats = {array.dtype for array in arrays if array.dtype.kind == "f"}
    if len(floats) == 1 and (only := next(iter(floats))) in (np.float32, np.float64) and only.isnative:
        return only  # the quick way
    # float16 overflows at 65504, which a few bright pixels reach.
    return np.result_type(np.float32, *floats) if floats else np.dtype(np.float64)


def all_finite(array: np.ndarray) -> bool:
    """Whether there is no NaN and no infinity; False also if the sum of all numbers overflows."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(array.sum()))  # quicker than to ask each number


def sum_types(terms: int, *factors: np.ndarray, added: np.ndarray | None = None) -> tuple[np.dtype, np.dtype]:
    """The type to compute a sum of `terms` products in, plus `added`, and the type of the result.

    No whole number wraps around: int64 where every sum fits, else float64. Up to 2**53 float64 is exact too, and the
    matrix products of floats are many times as fast as those of integers.
    """
    arrays = factors if added is None else (*factors, added)
    for array in arrays:
        if array.dtype.kind == "f":
            both = float_type(*arrays)
            return both, both
    bound = terms * prod(_largest(array) for array in factors) + (0 if added is None else _largest(added))
    if bound < 2**53:
        return np.dtype(np.float64), np.dtype(np.int64)
    both = np.dtype(np.int64 if bound < 2**63 else np.float64)
    return both, both


def _largest(array: np.ndarray) -> int:
    # Python's integers, because np.abs of the smallest int64 is itself an overflow.
    return max(1, abs(int(array.min())), abs(int(array.max())))
