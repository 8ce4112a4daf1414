"""What the exercises are tried on: images and kernels drawn together, valid by construction, and not kind.

Sides differ, even and odd, down to 1; strides need not divide; numbers are negative, whole, broken or 8-bit;
kernels are seldom equal to their own flip; arrays come in any memory layout. Everything shrinks towards a
single row of small whole numbers in plain row order, which a student can work out by hand.
"""

from functools import lru_cache

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from cnnkit.exercises.layouts import LAYOUTS, lay_out
from cnnkit.exercises.model import Call

#: The kinds of numbers: small int64, float64 in tenths, uint8 over its full range.
WHOLE, TENTHS, BYTES = "whole", "tenths", "bytes"
#: The numbers of channels: more and fewer than the three that everybody expects.
DEPTHS = (3, 1, 2, 5)


@lru_cache(maxsize=1024)  # to make a strategy takes longer than to draw from it
def numbers(shape: tuple[int, ...], kind: str) -> st.SearchStrategy[np.ndarray]:
    """Arrays of one shape and one kind of numbers; now and then all the same number.

    Parameters
    ----------
    shape : tuple of int
    kind : str
        ``"whole"``: int64 from -9 to 9. ``"tenths"``: float64 from -5 to 5 in steps of 0.1.
        ``"bytes"``: uint8 over its full range.
    """
    dtype = np.uint8 if kind == BYTES else np.int64
    elements = st.integers(*{WHOLE: (-9, 9), TENTHS: (-50, 50), BYTES: (0, 255)}[kind])
    # Without fill=nothing() most cells of a large array would be equal.
    varied = npst.arrays(dtype, shape, elements=elements, fill=st.nothing())
    constant = elements.map(lambda value: np.full(shape, value, dtype))
    # One draw in eight is constant; Hypothesis picks evenly among the alternatives.
    drawn = st.integers(0, 7).flatmap(lambda pick: constant if pick == 7 else varied)
    return drawn.map(lambda array: array / 10) if kind == TENTHS else drawn


def layouts() -> st.SearchStrategy[str]:
    """Memory layouts; simplest first."""
    return st.sampled_from(LAYOUTS)


@st.composite
def kinds(draw, bytes_too: bool = True) -> tuple[str, str]:
    """The kinds of an image and its kernel; a kernel is never made of bytes."""
    image = draw(st.sampled_from((WHOLE, TENTHS, BYTES) if bytes_too else (WHOLE, TENTHS)))
    return image, draw(st.sampled_from((WHOLE, TENTHS)))


@st.composite
def sizes(draw, largest: int = 9, oblong: bool = False) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shape of an image and of a kernel that fits in it.

    Parameters
    ----------
    largest : int, optional
        The longest side of an image.
    oblong : bool, optional
        Neither the image nor the kernel nor the feature map is square.
    """
    kernel_side = st.integers(1, min(4, largest - 1))
    h, w = draw(kernel_side), draw(kernel_side)
    # How far the kernel can move; 0 is a kernel as large as the image.
    down, across = draw(st.integers(0, largest - h)), draw(st.integers(0, largest - w))
    if oblong:
        if h == w:
            w += 1 if w < largest - 1 else -1
        across = min(across, largest - w)
        if down == across or h + down == w + across:
            # Among four different moves, at most one makes the map square and at most one the image.
            across = next(a for a in range(4) if a != down and w + a != h + down)
    return (h + down, w + across), (h, w)


@st.composite
def image_and_kernel(
    draw,
    depth: int | None = None,
    kind: tuple[str, str] | None = None,
    largest: int = 9,
    oblong: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """An image and a kernel that fits in it.

    Parameters
    ----------
    depth : int, optional
        The number of channels of both; without it they are 2-D.
    kind : pair of str, optional
        The numbers of the image and of the kernel; drawn when absent.
    largest : int, optional
        The longest side of the image.
    oblong : bool, optional
        Neither is square.
    layout : strategy, optional
        How each is laid out in memory; in plain row order when absent.
    """
    image_kind, kernel_kind = kind or draw(kinds())
    image_size, kernel_size = draw(sizes(largest, oblong))
    channels = () if depth is None else (depth,)
    image = draw(numbers((*image_size, *channels), image_kind))
    kernel = draw(numbers((*kernel_size, *channels), kernel_kind))
    if layout is not None:
        image, kernel = lay_out(image, draw(layout)), lay_out(kernel, draw(layout))
    return image, kernel


def depths() -> st.SearchStrategy[int]:
    """Numbers of channels."""
    return st.sampled_from(DEPTHS)


def strides() -> st.SearchStrategy[int]:
    """Strides above 1, whether they divide the image or not."""
    return st.sampled_from((2, 3, 4))


@st.composite
def stride_call(draw, image: np.ndarray, kernel: np.ndarray) -> Call:
    """A call with a stride, which comes by position or by name."""
    stride = draw(strides())
    return Call((image, kernel), {"stride": stride}) if draw(st.booleans()) else Call((image, kernel, stride))


@st.composite
def color_image(draw, kind: str, largest: int = 6, layout: st.SearchStrategy[str] | None = None) -> np.ndarray:
    """A colour image, (H, W, 3).

    Parameters
    ----------
    kind : str
        ``"dark"``: uint8 of 0 and 1 only. ``"unit"``: float64 from 0 to 1 in steps of 0.01.
        ``"whole"``, ``"tenths"`` and ``"bytes"`` as in :func:`numbers`.
    largest : int, optional
        The longest side.
    layout : strategy, optional
        How it is laid out in memory; in plain row order when absent.
    """
    side = st.integers(1, largest)
    shape = (draw(side), draw(side), 3)
    if kind in ("dark", "unit"):
        top, dtype = (1, np.uint8) if kind == "dark" else (100, np.int64)
        image = draw(npst.arrays(dtype, shape, elements=st.integers(0, top), fill=st.nothing()))
        image = image / 100 if kind == "unit" else image
    else:
        image = draw(numbers(shape, kind))
    return image if layout is None else lay_out(image, draw(layout))
