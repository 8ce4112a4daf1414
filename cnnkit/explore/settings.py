"""What is done to a picture, and the doing of it by :mod:`cnnkit.ops`: border, kernel, ReLU, pooling."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from cnnkit import kernels, ops
from cnnkit.explore.pictures import Picture

#: The longest side of a kernel that still fits on a screen.
LARGEST = 15
PADDINGS = ("valid", "zero", "reflect", "symmetric")
POOLS = ("none", "max", "average", "sum")
CHANNELS = ("gray", "rgb")
_POOLS = {"max": ops.max_pool2d, "average": ops.avg_pool2d, "sum": ops.sum_pool2d}


@dataclass(frozen=True, eq=False)
class Settings:
    """A kernel and what comes before and after it.

    Parameters
    ----------
    cells : array_like, shape (h, w), (h, w, 1) or (h, w, 3)
        The numbers of the kernel as they are written, before they are divided.
    divisor : float
        The kernel is ``cells / divisor``.
    stride : int
    padding : {"valid", "zero", "reflect", "symmetric"}
        ``"valid"`` adds no border.
    pad : int, optional
        The width of the border; by default half the kernel, so that an odd kernel keeps the picture's size.
    relu : bool
    pool : {"none", "max", "average", "sum"}
    pool_size : int
    pool_stride : int, optional
        By default `pool_size`.

    Raises
    ------
    ValueError
        When a value is not one of these.

    Examples
    --------
    >>> Settings([[1, 1], [1, 1]], divisor=4).kernel.shape
    (2, 2, 1)
    """

    cells: np.ndarray
    divisor: float = 1
    stride: int = 1
    padding: str = "valid"
    pad: int | None = None
    relu: bool = False
    pool: str = "none"
    pool_size: int = 2
    pool_stride: int | None = None

    def __post_init__(self):
        cells = np.array(self.cells)
        if cells.ndim == 2:
            cells = cells[:, :, np.newaxis]
        if cells.ndim != 3 or cells.shape[2] not in (1, 3) or not cells.size or max(cells.shape[:2]) > LARGEST:
            raise ValueError(
                f"a kernel to explore has shape (h, w) or (h, w, 3), with sides from 1 to {LARGEST}, "
                f"but got shape {np.shape(self.cells)}"
            )
        if cells.dtype.kind not in "buif" or not np.isfinite(cells).all():
            raise ValueError(f"a kernel to explore holds finite numbers, but got an array of {cells.dtype}")
        if cells.dtype.kind in "bu":
            cells = cells.astype(np.int64)
        object.__setattr__(self, "cells", cells)
        if not _is(Real, self.divisor) or not np.isfinite(self.divisor) or self.divisor == 0:
            raise ValueError(f"divisor={self.divisor!r} is not a number to divide by: take any but 0")
        for name, known in (("padding", PADDINGS), ("pool", POOLS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r} is not one of {', '.join(known)}")
        for name, least, most in (("stride", 1, 15), ("pool_size", 1, 15), ("pool_stride", 1, 15), ("pad", 0, 15)):
            value = getattr(self, name)
            if value is None and name in ("pad", "pool_stride"):
                continue
            if not _is(Integral, value) or not least <= value <= most:
                raise ValueError(f"{name}={value!r} is not a whole number from {least} to {most}")

    @property
    def kernel(self) -> np.ndarray:
        """The weights, of shape (h, w, 1) or (h, w, 3)."""
        return self.cells if self.divisor == 1 else self.cells / self.divisor

    @property
    def pads(self) -> tuple[int, int]:
        """Rows above and below, columns left and right."""
        if self.padding == "valid":
            return 0, 0
        if self.pad is not None:
            return self.pad, self.pad
        return self.cells.shape[0] // 2, self.cells.shape[1] // 2


@dataclass(frozen=True, eq=False)
class Result:
    """What came out.

    Parameters
    ----------
    padded : ndarray, shape (H, W) or (H, W, 3)
        The picture with its border.
    feature_map : ndarray, shape (rows, columns)
        After the kernel, and after the ReLU if there is one.
    pooled : ndarray or None
    """

    padded: np.ndarray
    feature_map: np.ndarray
    pooled: np.ndarray | None


def run(picture: Picture, settings: Settings) -> Result:
    """Do it.

    Parameters
    ----------
    picture : Picture
    settings : Settings
        A kernel with three channels works on the colours, one with a single channel on the picture in grey.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        When the border is wider than a mirror reaches, or the kernel or the window of the pooling does not fit.

    Examples
    --------
    >>> from cnnkit.explore.pictures import take
    >>> run(take("counting"), Settings([[0, 1], [2, 3]])).feature_map
    array([[19., 25.],
           [37., 43.]])
    """
    deep = settings.cells.shape[2] == 3
    array = picture.array if deep else picture.gray
    if array.ndim == 2 and deep:
        raise ValueError("a kernel with 3 channels needs a picture in colour: take a kernel of shape (h, w)")
    if settings.padding != "valid":
        array = ops.pad2d(array, settings.pads, settings.padding)
    kernel = settings.kernel
    if deep:
        feature_map = ops.conv2d_channels(array, kernel, settings.stride)
    else:
        feature_map = ops.conv2d(array, kernel[:, :, 0], settings.stride)
    if settings.relu:
        feature_map = ops.relu(feature_map)
    pooled = None
    if settings.pool != "none":
        pooled = _POOLS[settings.pool](feature_map, settings.pool_size, settings.pool_stride)
    return Result(array, feature_map, pooled)


def kernel_cells(kernel) -> tuple[np.ndarray, float]:
    """A kernel as one writes it: whole numbers, and what they are divided by, where there are such.

    Parameters
    ----------
    kernel : str or array_like
        A name of :data:`cnnkit.kernels.NAMED`, its words in any order, or the weights.

    Returns
    -------
    cells : ndarray
    divisor : float

    Raises
    ------
    ValueError
        When there is no kernel of that name.

    Examples
    --------
    >>> kernel_cells("box_blur")
    (array([[1., 1., 1.],
           [1., 1., 1.],
           [1., 1., 1.]]), 9)
    >>> kernel_cells("sobel_top")[0][0]
    array([1, 2, 1])
    """
    if isinstance(kernel, str):
        words = sorted(kernel.split("_"))
        found = [name for name in kernels.NAMED if sorted(name.split("_")) == words]
        if not found:
            raise ValueError(f"there is no kernel {kernel!r}; there are: {', '.join(kernels.NAMED)}")
        kernel = kernels.NAMED[found[0]]
    array = np.asarray(kernel)
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array != np.rint(array)).any():
        for divisor in range(2, 257):
            whole = np.rint(array * divisor)
            # To the last bit: what is computed must be what was given.
            if np.array_equal(whole / divisor, array):
                return whole, divisor
    return array, 1


def _is(kind: type, value) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
