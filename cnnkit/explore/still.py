"""The explorer as one still picture, for where it cannot be played: on paper, on a code host, without the widget."""

import io

import numpy as np
from matplotlib.patheffects import withStroke

from cnnkit import plot
from cnnkit.answers import number
from cnnkit.explore.pictures import MATRIX, Picture
from cnnkit.explore.settings import Settings, run

#: Up to this side the numbers of a picture can be read.
_READABLE = 8


def draw(picture: Picture, settings: Settings, cell: tuple[int, int] = (0, 0)) -> plot.Picture:
    """Draw the picture and what comes out: small matrices with their numbers, photos side by side.

    Parameters
    ----------
    picture : Picture
    settings : Settings
    cell : (int, int)
        The cell of the feature map whose sum is written out; the last one where there is no such cell.

    Returns
    -------
    cnnkit.plot.Picture

    Raises
    ------
    ValueError
        When the kernel or the border does not fit.

    Examples
    --------
    >>> from cnnkit.explore.pictures import take
    >>> draw(take("counting"), Settings([[0, 1], [2, 3]]), (0, 1)).texts[-1].get_text()
    '1·0 + 2·1 + 4·2 + 5·3 = 25'
    """
    result = run(picture, settings)
    rows, columns = result.padded.shape[:2]
    if result.padded.ndim == 2 and rows <= 16 and columns <= MATRIX and not settings.relu and result.pooled is None:
        last = result.feature_map.shape
        row, column = (min(at, end - 1) for at, end in zip(cell, last, strict=True))
        return plot.convolution_step(result.padded, settings.kernel[:, :, 0], row, column, settings.stride)
    shown = [result.padded, result.feature_map]
    titles = ["picture", "feature map, ReLU" if settings.relu else "feature map"]
    if result.pooled is not None:
        shown.append(result.pooled)
        titles.append(f"{settings.pool} pooled")
    titles = [f"{title}, {a.shape[0]} × {a.shape[1]}" for title, a in zip(titles, shown, strict=True)]
    figure = plot.row(shown, titles)
    for axes, array in zip(figure.axes, shown, strict=True):
        if array.ndim == 2 and max(array.shape) <= _READABLE:
            _write(axes, array)
    return figure


def _write(axes, array: np.ndarray) -> None:
    """The numbers on the cells, white with a dark rim: read on any grey."""
    rim = [withStroke(linewidth=2.5, foreground="#22303c")]
    for (row, column), value in np.ndenumerate(array):
        text = number(float(value)) if len(number(float(value))) < 7 else f"{value:.3g}"
        axes.text(column, row, text, ha="center", va="center", color="white", fontsize=11, path_effects=rim)


def png(figure: plot.Picture) -> bytes:
    """The bytes of its PNG file, on white, so that its titles are read in a dark theme too."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", pad_inches=0.06)
    return buffer.getvalue()


class Still:
    """What a notebook shows where the widget's libraries are not installed.

    Parameters
    ----------
    picture : Picture
    settings : Settings
    cell : (int, int)
    missing : str
        The library that the widget needs.
    """

    def __init__(self, picture: Picture, settings: Settings, cell: tuple[int, int], missing: str):
        self.picture, self.settings, self.cell, self.missing = picture, settings, cell, missing

    def __repr__(self) -> str:
        return (
            f"The kernel explorer needs {self.missing} (%pip install 'cnnkit[cards]'). "
            "Until then this is a still picture; or type in a terminal: cnnkit explore"
        )

    def _repr_mimebundle_(self, **_kwargs) -> dict:
        return {"text/plain": repr(self), "image/png": png(draw(self.picture, self.settings, self.cell))}
