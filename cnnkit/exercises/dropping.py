"""What a dropout must keep to, whichever way it draws: rules about its answers, and what it is tried on.

Each rule says in words, without numbers, what is wrong; a right function breaks one less often than once in a
million million runs, since the limits are 6 to 10 standard deviations away.
"""

import numpy as np
from hypothesis import strategies as st

from cnnkit.answers import Text
from cnnkit.exercises.layouts import lay_out
from cnnkit.exercises.model import Call

#: Odd numbers of values: then no count of kept ones is exactly the right part of them. Few enough to be read, and
#: enough to see whether more of them are dropped or kept.
SMALL = ((11, 13), (7, 21), (143,), (3, 7, 7), (3, 7, 7, 1), (1, 11, 13, 1), (143, 1), (7, 1, 7, 3))
#: Enough values to see the rate, and whether values are dropped together.
LARGE = ((40, 40), (1600,), (25, 64), (8, 10, 20), (4, 10, 8, 5), (2, 20, 20, 2), (10, 4, 4, 10))
RATES = (0.5, 0.25, 0.75, 0.3, 0.8)

#: Of a count of zeros, and of a correlation, in standard deviations.
_FAR, _VERY_FAR = 6, 10
_SAME = 1e-4


#: All that the rules say, for translators; a test holds it against them.
SENTENCES = (
    "a value that was 0 has become something else",
    "the values that are kept come back as they were, not scaled",
    "the values that are kept are smaller than before, not larger",
    "the rate is taken for the part that is kept",
    "the values that are kept are divided by the part that is dropped, not the part that is kept",
    "the values that are kept are multiplied by the rate",
    "the values that are kept are scaled by how many happened to be kept",
    "some values are neither 0 nor the old value divided by 1 - rate",
    "all values are dropped together, or none is",
    "two calls with different generators drop the same pattern",
    "a generator with the same seed drops other values the second time: where does the randomness come from?",
    "generators with other seeds drop the same values: where does the randomness come from?",
    "whether a value is dropped can be told from others that are: each one must be drawn on its own",
    "which values are dropped depends on their place or on how large they are",
    "as many values are dropped as should be kept",
    "the part of the values that is dropped is not the rate",
    "along the {axes} axis all values are dropped together, or all are kept",
    "first",
    "second",
    "third",
    "fourth",
    "{one} and {other}",
)


@st.composite
def values(draw, shape: tuple[int, ...], zeros: bool = False, layout: str = "C") -> np.ndarray:
    """Float64 in eighths from -5 to 5, none of them 0 unless `zeros` are wanted, as after a ReLU."""
    # Two numbers, so that these are never the random numbers of a dropout with the same seed.
    rng = np.random.default_rng((1, draw(st.integers(0, 2**16))))
    array = rng.integers(1, 41, shape) / 8 * rng.choice([-1, 1], shape)
    if zeros:
        array = np.maximum(array, 0)
    return lay_out(array, layout) if array.ndim > 1 else array


@st.composite
def dropped(
    draw, shapes=SMALL, rates=RATES, seeds: int = 1, zeros: bool = False, layouts=("C",), again: bool = False
) -> list[Call]:
    """Calls on the same values at the same rate, each with a generator of another seed.

    Parameters
    ----------
    shapes, rates, layouts : sequence
        One of each is drawn.
    seeds : int, optional
        How many calls.
    zeros : bool, optional
        Whether the values may hold zeros.
    again : bool, optional
        The first call comes once more at the end.
    """
    x = draw(values(draw(st.sampled_from(shapes)), zeros, draw(st.sampled_from(layouts))))
    rate = draw(st.sampled_from(rates))
    first = draw(st.integers(0, 10**6))
    numbers = [first + 7 * n for n in range(seeds)] + [first] * again
    return [Call((x, rate, np.random.default_rng(seed))) for seed in numbers]


def scaled(calls: list[Call], values: list[np.ndarray]) -> str:
    """Every value is 0, or what it was divided by 1 - rate."""
    for call, value in zip(calls, values, strict=True):
        x, rate = call.args[0], call.args[1]
        value = _real(value)
        if (value[x == 0] != 0).any():
            return "a value that was 0 has become something else"
        kept = (value != 0) & (x != 0)
        ratio = value[kept] / x[kept]
        swapped = ((value[x != 0] == 0).mean() > 0.5) != (rate > 0.5)
        if _near(ratio, 1 / (1 - rate)):
            continue
        for factor, text in (
            (1.0, "the values that are kept come back as they were, not scaled"),
            (1 - rate, "the values that are kept are smaller than before, not larger"),
            (
                1 / rate,
                "the rate is taken for the part that is kept"
                if swapped
                else "the values that are kept are divided by the part that is dropped, not the part that is kept",
            ),
            (rate, "the values that are kept are multiplied by the rate"),
            (x.size / max(1, kept.sum()), "the values that are kept are scaled by how many happened to be kept"),
        ):
            if _near(ratio, factor):
                return text
        return "some values are neither 0 nor the old value divided by 1 - rate"
    return ""


def drawn_apart(calls: list[Call], values: list[np.ndarray]) -> str:
    """About `rate` of the values are 0, each one on its own."""
    zeros = [_real(value) == 0 for value in values]
    if all(mask.all() or not mask.any() for mask in zeros):
        return "all values are dropped together, or none is"
    together = {axis for axis in range(zeros[0].ndim) if all(_constant_along(mask, axis) for mask in zeros)}
    if together:
        axes = [Text.made(("first", "second", "third", "fourth")[axis]) for axis in sorted(together)]
        while len(axes) > 1:
            axes[:2] = [Text.made("{one} and {other}", one=axes[0], other=axes[1])]
        return Text.made("along the {axes} axis all values are dropped together, or all are kept", axes=axes[0])
    for call, mask in zip(calls, zeros, strict=True):
        text = _pattern(mask, call.args[0])
        if text:
            return text
    if any(_related(a, b, same=False) for i, a in enumerate(zeros) for b in zeros[:i]):
        return "two calls with different generators drop the same pattern"
    return _wrong_rate(zeros, calls[0].args[1])


def from_generator(calls: list[Call], values: list[np.ndarray]) -> str:
    """The last call, which repeats the first, drops the same values; the calls in between drop others."""
    zeros = [_real(value) == 0 for value in values]
    if all(mask.all() or not mask.any() for mask in zeros):
        return "all values are dropped together, or none is"
    if not np.array_equal(zeros[0], zeros[-1]):
        return "a generator with the same seed drops other values the second time: where does the randomness come from?"
    if all(np.array_equal(zeros[0], mask) for mask in zeros[1:]):
        return "generators with other seeds drop the same values: where does the randomness come from?"
    return ""


def _real(value: np.ndarray) -> np.ndarray:
    return np.real(value).astype(np.float64)


def _near(ratio: np.ndarray, factor: float) -> bool:
    return bool((np.abs(ratio - factor) <= _SAME * factor).all())


def _constant_along(mask: np.ndarray, axis: int) -> bool:
    return mask.shape[axis] > 1 and bool((mask == np.take(mask, [0], axis)).all())


def _pattern(mask: np.ndarray, x: np.ndarray) -> str:
    if _related(mask, mask, same=True):
        return "whether a value is dropped can be told from others that are: each one must be drawn on its own"
    for what in (x, np.abs(x), np.arange(x.size).reshape(x.shape)):
        if abs(_standard(mask) @ _standard(what)) > _VERY_FAR * np.sqrt(x.size):
            return "which values are dropped depends on their place or on how large they are"
    return ""


def _related(a: np.ndarray, b: np.ndarray, same: bool) -> bool:
    """Whether one pattern, moved by any number of places, resembles the other; a pattern that is not moved is itself.

    For draws on their own, each sum of products has a standard deviation of about the root of their number.
    """
    products = np.fft.irfft(np.fft.rfft(_standard(a)) * np.conj(np.fft.rfft(_standard(b))), a.size)
    return bool((np.abs(products[1 if same else 0 :]) > _VERY_FAR * np.sqrt(a.size)).any())


def _standard(values: np.ndarray) -> np.ndarray:
    """Flat, with mean 0 and variance 1; zeros where there is no variance."""
    centred = values.ravel() - values.mean()
    deviation = centred.std()
    return centred / deviation if deviation else centred


def _wrong_rate(zeros: list[np.ndarray], rate: float) -> str:
    share, count = np.mean(zeros), np.size(zeros)
    limit = _FAR * np.sqrt(rate * (1 - rate))
    one_by_one = all(abs(mask.mean() - rate) <= limit / np.sqrt(mask.size) for mask in zeros)
    if one_by_one and abs(share - rate) <= limit / np.sqrt(count):
        return ""
    if abs(share - (1 - rate)) <= limit / np.sqrt(count):
        return "as many values are dropped as should be kept"
    return "the part of the values that is dropped is not the rate"
