"""Pictures for the lessons: photos, numbers in cells, a convolution caught in the middle of a step, and how a network
learns and what it sees.

Every function returns a figure that a notebook shows when it is the last line of a cell, and only once.
"""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from cnnkit.answers import number
from cnnkit.images import channel_views

#: The largest figure, in inches; at 72 dots per inch it renders in a few hundredths of a second.
WIDTH, HEIGHT, DPI = 8.0, 3.0, 72

_INK, _FAINT, _LINE, _ACCENT, _WASH = "#22303c", "#8896a3", "#c9d2da", "#d1495b", "#fbe3e6"
_CHANNEL_INKS = ("#c62f2f", "#2c8a3d", "#2f55c6")
_TITLE, _GAP = 0.32, 0.22


class Picture(Figure):
    """A matplotlib figure that shows itself, without pyplot, whose import would cost more than the drawing."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", bbox_inches="tight", pad_inches=0.06)
        return buffer.getvalue()


def show(image, title: str | None = None) -> Figure:
    """Show one image.

    Parameters
    ----------
    image : array_like, shape (H, W) or (H, W, 3)
        Bytes are shown from 0 to 255 and numbers within 0..1 from 0 to 1; other numbers, such as a feature
        map's, from their smallest (black) to their largest (white).
    title : str, optional

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        When the array is not an image.

    Examples
    --------
    >>> len(show(np.zeros((4, 6)), "night").axes)
    1
    """
    return row([image], None if title is None else [title])


def row(images: Sequence, titles: Sequence[str] | None = None) -> Figure:
    """Show images side by side, at one height.

    Parameters
    ----------
    images : sequence of array_like
        Each as in :func:`show`.
    titles : sequence of str, optional
        One for each.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        When an array is not an image, there is none, or the titles are not as many as the images.

    Examples
    --------
    >>> len(row([np.zeros((4, 6)), np.ones((3, 3, 3))], titles=["night", "day"]).axes)
    2
    """
    arrays = [_image(image) for image in images]
    if not arrays:
        raise ValueError("row takes at least one image, but got none")
    if titles is not None and len(titles) != len(arrays):
        raise ValueError(f"row got {len(arrays)} images, but {len(titles)} titles: give one for each")
    figure, axes = _panels([array.shape[1] / array.shape[0] for array in arrays], titled=titles is not None)
    for index, (panel, array) in enumerate(zip(axes, arrays, strict=True)):
        low, high = _range(array)
        panel.imshow(array, cmap="gray", vmin=low, vmax=high, aspect="auto")
        _frame(panel)
        if titles is not None:
            _title(panel, titles[index])
    return figure


def channels(image) -> Figure:
    """Show a colour image and each of its channels in its own colour.

    Parameters
    ----------
    image : array_like, shape (H, W, 3)

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        When the image does not have shape (H, W, 3).

    Examples
    --------
    >>> [panel.get_title() for panel in channels(np.zeros((4, 6, 3))).axes]
    ['image', 'red', 'green', 'blue']
    """
    figure = row([image, *channel_views(image)], ["image", "red", "green", "blue"])
    for panel, ink in zip(figure.axes[1:], _CHANNEL_INKS, strict=True):
        panel.title.set_color(ink)
    return figure


def matrix(array, title: str | None = None) -> Figure:
    """Show a small matrix: every number in a cell that is as bright as the number is large.

    Parameters
    ----------
    array : array_like, shape (H, W) or (W,)
        At most 16 rows and 24 columns.
    title : str, optional

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        When the array has another number of axes, is empty, or is too large for its numbers to be read.

    Examples
    --------
    >>> [text.get_text() for text in matrix([[1, -2], [0.5, 30]]).axes[0].texts]
    ['1', '-2', '0.5', '30']
    """
    array = np.atleast_2d(np.asarray(array))
    _check_readable("matrix", array)
    figure, (panel,) = _panels([array.shape[1] / array.shape[0]], titled=title is not None, cells=array.shape)
    low, high = _range(array)
    _cells(panel, array, lambda i, j: _gray(array[i, j], low, high))
    if title is not None:
        _title(panel, title)
    return figure


def convolution_step(image, kernel, row: int, column: int, stride: int = 1) -> Figure:
    """Show how one cell of the feature map comes about.

    Parameters
    ----------
    image : array_like, shape (H, W)
    kernel : array_like, shape (h, w)
    row, column : int
        The cell of the feature map. Later cells of the map are faint.
    stride : int, optional

    Returns
    -------
    Figure
        The image with the kernel's weights laid over it, the kernel, the feature map with the cell marked, and
        below them the products and their sum.

    Raises
    ------
    ValueError
        When the arrays do not fit each other, the image is too large for its numbers to be read, or the map
        has no such cell.

    Examples
    --------
    >>> figure = convolution_step(np.arange(9).reshape(3, 3), [[0, 1], [2, 3]], 0, 1)
    >>> figure.texts[-1].get_text()
    '1·0 + 2·1 + 4·2 + 5·3 = 25'
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    # Here, not above: while a notebook is graded there are pictures, but no reference to be borrowed.
    from cnnkit import ops

    feature_map = ops.conv2d(image, kernel, stride)
    _check_readable("convolution_step", image)
    if not (0 <= row < feature_map.shape[0] and 0 <= column < feature_map.shape[1]):
        raise ValueError(f"the feature map has shape {feature_map.shape}: it has no cell ({row}, {column})")
    top, left = row * stride, column * stride
    h, w = kernel.shape
    figure, panels = _panels(
        [array.shape[1] / array.shape[0] for array in (image, kernel, feature_map)],
        titled=True,
        footer=True,
        cells=[array.shape for array in (image, kernel, feature_map)],
    )

    def under_kernel(i, j):
        return top <= i < top + h and left <= j < left + w

    # In small cells the weights would cover the pixels; the kernel is drawn beside the image anyway.
    roomy = _side(panels[0], image.shape[1]) >= 30
    _cells(
        panels[0],
        image,
        lambda i, j: _WASH if under_kernel(i, j) else "white",
        lift=lambda i, j: 0.12 if roomy and under_kernel(i, j) else 0,
    )
    for p, q in np.ndindex(h, w) if roomy else ():
        weight = f"× {_short(kernel[p, q])}"
        panels[0].text(left + q, top + p + 0.3, weight, ha="center", va="center", color=_ACCENT, fontsize=9)
    _mark(panels[0], top, left, h, w)
    _cells(panels[1], kernel, lambda i, j: _WASH, ink=_ACCENT)
    reached = row * feature_map.shape[1] + column
    _cells(
        panels[2],
        feature_map,
        lambda i, j: _WASH if (i, j) == (row, column) else "white",
        ink=lambda i, j: _INK if i * feature_map.shape[1] + j <= reached else _LINE,
    )
    _mark(panels[2], row, column, 1, 1)
    for panel, title in zip(panels, ("image", "kernel", "feature map"), strict=True):
        _title(panel, title)
    for sign, before, after in (("∗", 0, 1), ("=", 1, 2)):
        x = (panels[before].get_position().x1 + panels[after].get_position().x0) / 2
        y = panels[0].get_position()
        figure.text(x, (y.y0 + y.y1) / 2, sign, ha="center", va="center", color=_FAINT, fontsize=18)
    window = image[top : top + h, left : left + w]
    text = _sum_text(window, kernel, feature_map[row, column])
    figure.text(0.5, 0.02, text, ha="center", va="bottom", color=_INK, fontsize=11)
    return figure


def swatches(colors: Mapping[str, tuple[int, int, int]]) -> Figure:
    """Show named colours with their red, green and blue, 0 to 255.

    Parameters
    ----------
    colors : mapping of str to three int

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        When there is no colour, or one is not three numbers from 0 to 255.

    Examples
    --------
    >>> [text.get_text() for text in swatches({"orange": (255, 165, 0)}).axes[0].texts]
    ['orange', '255, 165, 0']
    """
    for name, color in colors.items():
        if len(color) != 3 or not all(0 <= part <= 255 for part in color):
            raise ValueError(f"a colour is three numbers from 0 to 255, but {name!r} is {color}")
    if not colors:
        raise ValueError("swatches takes at least one colour, but got none")
    across = min(5, len(colors))
    down = -(-len(colors) // across)
    figure = Picture(figsize=(1.5 * across, 1.05 * down), dpi=DPI)
    panel = figure.add_axes((0, 0, 1, 1))
    panel.set(xlim=(0, across), ylim=(down, 0))
    panel.axis("off")
    for index, (name, color) in enumerate(colors.items()):
        x, y = index % across, index // across
        box = FancyBboxPatch(
            (x + 0.08, y + 0.06),
            0.84,
            0.46,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=np.array(color) / 255,
            edgecolor=_LINE,
            linewidth=1,
        )
        panel.add_patch(box)
        panel.text(x + 0.5, y + 0.66, name, ha="center", va="center", color=_INK, fontsize=11)
        triple = ", ".join(str(int(part)) for part in color)
        panel.text(x + 0.5, y + 0.86, triple, ha="center", va="center", color=_FAINT, fontsize=10)
    return figure


def curves(history) -> Figure:
    """Show how a training went: the loss and the accuracy, epoch by epoch.

    Parameters
    ----------
    history : cnnkit.nn.History
        Or anything with its four lists.

    Returns
    -------
    Figure
        Two panels; training as a solid line and validation, where there is one, as a dashed one.

    Raises
    ------
    ValueError
        When there is no epoch, or the lists are not of one length.

    Examples
    --------
    >>> from cnnkit.nn import History
    >>> figure = curves(History([2.3, 0.9, 0.5], [0.1, 0.7, 0.9], [1.2, 0.8, 0.7], [0.6, 0.7, 0.8]))
    >>> [panel.get_title() for panel in figure.axes], len(figure.axes[0].lines)
    (['loss', 'accuracy'], 2)
    """
    lines = {
        "loss": (history.loss, history.validation_loss),
        "accuracy": (history.accuracy, history.validation_accuracy),
    }
    epochs = len(history.loss)
    lengths = [len(line) for pair in lines.values() for line in pair]
    if not epochs:
        raise ValueError("curves takes a history of at least one epoch, but got none: train first")
    if any(length not in (0, epochs) for length in lengths) or not history.accuracy:
        raise ValueError(f"the lists of a history need one number for each epoch, but have {lengths} of them")
    figure = Picture(figsize=(WIDTH, 2.9), dpi=DPI)
    for left, (title, (training, validation)) in zip((0.065, 0.565), lines.items(), strict=True):
        panel = figure.add_axes((left, 0.16, 0.42, 0.72))
        # A single epoch is a dot, as a line needs two.
        style = {"marker": "o" if epochs < 30 else "", "markersize": 3.5, "linewidth": 1.8}
        panel.plot(range(1, epochs + 1), training, color=_INK, label="training", **style)
        if validation:
            panel.plot(range(1, epochs + 1), validation, color=_ACCENT, label="validation", linestyle="--", **style)
            panel.legend(frameon=False, fontsize=10, labelcolor=_INK)
        _axes_of_numbers(panel, epochs)
        if title == "loss":
            panel.set_ylim(bottom=min(0, *panel.get_ylim()))
        _title(panel, title)
    return figure


def confusion_matrix(counts, names: Sequence[str] | None = None) -> Figure:
    """Show how often each label was taken for which.

    Parameters
    ----------
    counts : array_like of int, shape (K, K)
        As from :func:`cnnkit.nn.confusion_matrix`: in row ``i`` and column ``j``, images of ``i`` taken for ``j``. At
        most 24 labels.
    names : sequence of str, optional
        What the labels mean; numbers unless given.

    Returns
    -------
    Figure
        Right answers lie on the diagonal, grey; mistakes beside it, red. A cell is the stronger the larger its share of
        the row.

    Raises
    ------
    ValueError
        When the counts are no square of whole numbers from 0 up, too many to be read, or the names not as many.

    Examples
    --------
    >>> panel = confusion_matrix([[8, 2], [0, 9]], ["cat", "dog"]).axes[0]
    >>> [text.get_text() for text in panel.texts]
    ['8', '2', '', '9']
    >>> panel.get_xlabel(), panel.get_ylabel()
    ('predicted', 'true')
    """
    counts = np.asarray(counts)
    size = len(counts) if counts.ndim else 0
    if counts.shape != (size, size) or not 1 <= size <= 24:
        raise ValueError(f"confusion_matrix draws (K, K) counts of at most 24 labels, but got shape {counts.shape}")
    if counts.dtype.kind not in "iu" or counts.min() < 0:
        raise ValueError(
            f"counts are whole numbers from 0 up, but these are {counts.dtype} and go down to {counts.min():g}"
        )
    names = [str(label) for label in range(size)] if names is None else [str(name) for name in names]
    if len(names) != size:
        raise ValueError(f"confusion_matrix got counts of {size} labels, but {len(names)} names: give one for each")
    side = min(0.42, 5.2 / size)
    longest = max(map(len, names))
    left, bottom = 0.42 + 0.085 * longest, 0.42 + (0.085 * longest if longest > 3 else 0.12)
    width, height = left + size * side + 0.08, bottom + size * side + 0.08
    figure = Picture(figsize=(width, height), dpi=DPI)
    panel = figure.add_axes((left / width, bottom / height, size * side / width, size * side / height))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    colors = np.array([[to_rgb(_INK if i == j else _ACCENT) for j in range(size)] for i in range(size)])
    # The square root: five mistakes in a hundred should be seen.
    strength = np.sqrt(share)[..., np.newaxis] * 0.85
    shade = 1 - strength * (1 - colors)
    panel.imshow(shade, aspect="auto")
    for i, j in np.ndindex(size, size):
        text = str(counts[i, j]) if counts[i, j] else ""
        ink = "white" if np.dot(shade[i, j], (0.2125, 0.7154, 0.0721)) < 0.53 else _INK
        panel.text(j, i, text, ha="center", va="center", color=ink, fontsize=min(10, 62 * side / max(2, len(text))))
    _frame(panel)
    panel.set_xticks(range(size), names, rotation=90 if longest > 3 else 0)
    panel.set_yticks(range(size), names)
    panel.tick_params(length=0, labelsize=10, labelcolor=_INK)
    panel.set_xlabel("predicted", fontsize=11, color=_FAINT)
    panel.set_ylabel("true", fontsize=11, color=_FAINT)
    return figure


def filters(weights) -> Figure:
    """Show a layer's filters, each from its smallest weight (black) to its largest (white).

    Parameters
    ----------
    weights : array_like, shape (F, h, w, C)
        As in ``model.params["conv1.weight"]``.

    Returns
    -------
    Figure
        A column for each filter with its channels below each other; filters of three channels in colour, of one in
        grey, in as many rows as it takes. Of many, the first ones.

    Raises
    ------
    ValueError
        When the weights have another number of axes, or there are none.

    Examples
    --------
    >>> filters(np.zeros((6, 5, 5, 1))).axes[0].get_title('left')
    '6 filters, 5 × 5'
    >>> filters(np.zeros((64, 3, 3, 64))).axes[0].get_title('left')
    '24 of 64 filters, 3 × 3; 8 of 64 channels'
    """
    weights = np.asarray(weights)
    if weights.ndim != 4 or not weights.size:
        raise ValueError(f"filters takes weights of shape (F, h, w, C), but got shape {weights.shape}")
    count, height, width, depth = weights.shape
    if depth in (1, 3):
        across = min(16, count)
        shown = min(count, 6 * across)
        tiles = [_stretched(one) for one in weights[:shown]]
        rows = [tiles[start : start + across] for start in range(0, shown, across)]
    else:
        shown, channels_shown = min(count, 24), min(depth, 8)
        stretched = [_stretched(one) for one in weights[:shown]]
        rows = [[one[:, :, c : c + 1] for one in stretched] for c in range(channels_shown)]
    title = f"{_of(shown, count)} filter{'s' if count > 1 else ''}, {height} × {width}"
    if depth not in (1, 3):
        title += f"; {_of(channels_shown, depth)} channels"
    mosaic = _mosaic(rows)
    side = min(0.62, WIDTH / len(rows[0]))
    width_in, height_in = len(rows[0]) * side, len(rows[0]) * side * mosaic.shape[0] / mosaic.shape[1]
    whole = max(width_in, 3.4)  # a title may be wider than a few filters
    figure = Picture(figsize=(whole, height_in + _TITLE), dpi=DPI)
    panel = figure.add_axes((0, 0, width_in / whole, height_in / (height_in + _TITLE)))
    panel.imshow(mosaic, aspect="auto", interpolation="nearest")
    panel.axis("off")
    panel.set_title(title, fontsize=12, color=_INK, pad=5, loc="left")
    return figure


def feature_maps(maps, names: Sequence[str] | None = None) -> Figure:
    """Show what the layers of a network make of an image, each map from its smallest number (black) to its largest.

    Parameters
    ----------
    maps : mapping of str to array_like, shape (N, H, W, F) or (H, W, F)
        As from ``model.feature_maps(x)``; of a batch, its first image. Or one such array.
    names : sequence of str, optional
        The layers to show; every convolution and every pool unless given. For a single array, what to call it.

    Returns
    -------
    Figure
        A row for each layer, with its first maps; it is as high as that takes.

    Raises
    ------
    ValueError
        When there is no layer of a name, none with maps, or an array has another number of axes.

    Examples
    --------
    >>> from cnnkit import nn, shapes
    >>> maps = nn.Model(shapes.LENET5).feature_maps(np.zeros((1, 28, 28, 1)))
    >>> [panel.get_title('left') for panel in feature_maps(maps).axes]
    ['conv1: 6 maps, 28 × 28', 'pool1: 6 maps, 14 × 14', 'conv2: 16 maps, 10 × 10', 'pool2: 16 maps, 5 × 5']
    >>> len(feature_maps(maps, ["relu2"]).axes)
    1
    """
    if not isinstance(maps, Mapping):
        names = ["maps"] if names is None else list(names)
        if len(names) != 1:
            raise ValueError(f"feature_maps got one array of maps, but {len(names)} names: give one")
        maps = {names[0]: maps}
    elif names is None:
        names = [name for name in maps if name.startswith(("conv", "pool"))]
    if isinstance(names, str):
        raise ValueError(f"names must be a list, but got {names!r}: write [{names!r}]")
    if unknown := [name for name in names if name not in maps]:
        raise ValueError(f"there are no maps of {unknown[0]!r}; there are: {', '.join(maps)}")
    if not names:
        raise ValueError(f"no layer is a convolution or a pool; give names of these: {', '.join(maps)}")
    rows = []
    for name in names:
        array = np.asarray(maps[name])
        array = array[0] if array.ndim == 4 and len(array) else array
        if array.ndim != 3 or not array.size:
            raise ValueError(
                f"maps have shape (N, H, W, F) or (H, W, F), but those of {name!r} have {np.shape(maps[name])}"
            )
        rows.append((name, array))
    room, gap = WIDTH / 1.04, _TITLE - 0.04
    # So high that a row has room for 16 maps, if that is high enough to see anything.
    highs = [
        min(0.72, max(0.45, room / min(16, array.shape[2]) * array.shape[0] / array.shape[1])) for _, array in rows
    ]
    total = sum(highs) + len(rows) * gap + 0.04
    figure, y = Picture(figsize=(WIDTH, total), dpi=DPI), total
    for (name, array), high in zip(rows, highs, strict=True):
        height, width, count = array.shape
        wide = high * min(4, max(0.25, width / height))
        shown = min(count, max(1, round(room / wide - 0.4)))
        mosaic = _mosaic([[_stretched(array[:, :, k : k + 1]) for k in range(shown)]])
        y -= gap + high
        panel = figure.add_axes((0.005, y / total, shown * wide * 1.04 / WIDTH, high / total))
        panel.imshow(mosaic, aspect="auto", interpolation="nearest" if max(height, width) < 64 else "antialiased")
        panel.axis("off")
        title = f"{name}: {_of(shown, count)} map{'s' if count > 1 else ''}, {height} × {width}"
        panel.set_title(title, fontsize=10, color=_INK, pad=3, loc="left")
    return figure


def _image(image) -> np.ndarray:
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)):
        raise ValueError(f"an image has shape (H, W) or (H, W, 3), but got shape {array.shape}")
    if array.ndim == 3 and array.dtype != np.uint8:
        # Colours have no smallest and largest; matplotlib would warn and clip.
        array = np.clip(array, 0, 1 if array.dtype.kind == "f" else 255)
        array = array if array.dtype.kind == "f" else array.astype(np.uint8)
    return array


def _check_readable(name: str, array: np.ndarray) -> None:
    if array.ndim != 2 or not array.size or array.shape[0] > 16 or array.shape[1] > 24:
        raise ValueError(
            f"{name} draws 1 × 1 to 16 × 24 numbers, but got shape {array.shape}: cut a part out, "
            "or show it as an image with show"
        )


def _range(array: np.ndarray) -> tuple[float, float]:
    """The numbers that black and white stand for."""
    if array.dtype == np.uint8:
        return 0, 255
    low, high = float(np.min(array)), float(np.max(array))
    if low >= 0 and high <= 1:
        return 0, 1
    return (low, high) if low < high else (low - 1, high + 1)


def _of(shown: int, count: int) -> str:
    return str(count) if shown == count else f"{shown} of {count}"


def _stretched(array: np.ndarray) -> np.ndarray:
    """From 0 at the smallest number to 1 at the largest; what is the same everywhere is 0."""
    array = array.astype(float)
    low, high = array.min(), array.max()
    return (array - low) / (high - low) if high > low else np.zeros_like(array)


def _mosaic(rows: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Tiles of one shape, (h, w, 1 or 3), beside and below each other with gaps, as one image with transparency."""
    height, width, _ = rows[0][0].shape
    gap = max(1, round(0.04 * max(height, width)))
    # Small tiles are made larger, so that a gap is thinner than a cell.
    zoom = max(1, 24 // max(height, width))
    height, width, gap = height * zoom, width * zoom, max(1, gap * zoom // 4)
    canvas = np.zeros((len(rows) * (height + gap) - gap, len(rows[0]) * (width + gap) - gap, 4))
    for i, tiles in enumerate(rows):
        for j, tile in enumerate(tiles):
            tile = np.repeat(np.repeat(tile, zoom, axis=0), zoom, axis=1)
            place = canvas[i * (height + gap) :, j * (width + gap) :][:height, :width]
            place[..., :3], place[..., 3] = tile, 1
    return canvas


def _axes_of_numbers(panel, epochs: int) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(_LINE)
    panel.tick_params(color=_LINE, labelcolor=_INK, labelsize=10)
    panel.grid(axis="y", color=_LINE, linewidth=0.6)
    panel.set_xlabel("epoch", fontsize=10, color=_FAINT, labelpad=2)
    panel.set_xlim(0.5, epochs + 0.5) if epochs == 1 else panel.set_xlim(1, epochs)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _panels(aspects, titled: bool, footer: bool = False, cells=None):
    """A figure with one panel per aspect (width over height), side by side; with `cells`, of equal cells."""
    top, bottom = _TITLE if titled else 0.04, 0.42 if footer else 0.04
    room = WIDTH - _GAP * (len(aspects) + 1), HEIGHT - top - bottom
    if cells is None:
        height = min(room[1], room[0] / sum(aspects))
        sizes = [(aspect * height, height) for aspect in aspects]
    else:
        shapes = [cells] if isinstance(cells, tuple) else cells
        side = min(0.58, room[1] / max(h for h, _ in shapes), room[0] / sum(w for _, w in shapes))
        sizes = [(w * side, h * side) for h, w in shapes]
    gap = _GAP if cells is None else 3 * _GAP
    width = sum(w for w, _ in sizes) + gap * (len(sizes) - 1) + 2 * 0.06
    tallest = max(h for _, h in sizes)
    figure = Picture(figsize=(width, tallest + top + bottom), dpi=DPI)
    axes, x = [], 0.06
    for w, h in sizes:
        y = bottom + (tallest - h) / 2
        total = tallest + top + bottom
        axes.append(figure.add_axes((x / width, y / total, w / width, h / total)))
        x += w + gap
    return figure, axes


def _frame(panel) -> None:
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set(color=_LINE, linewidth=1)


def _title(panel, title: str) -> None:
    panel.set_title(title, fontsize=12, color=_INK, pad=5)


def _cells(panel, array: np.ndarray, fill, ink=None, lift=lambda i, j: 0) -> None:
    """Draw numbers in cells; `fill` and `ink` give the colours of a cell and its number, `lift` raises it."""
    height, width = array.shape
    texts = [[_short(value) for value in row] for row in array]
    side = _side(panel, width)
    longest = max(len(text) for row in texts for text in row)
    size = min(13.0, 0.5 * side, 1.45 * side / longest)
    for i, j in np.ndindex(height, width):
        color = fill(i, j)
        cell = Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=color, edgecolor=_LINE, linewidth=1, clip_on=False)
        panel.add_patch(cell)
        chosen = ink(i, j) if callable(ink) else ink
        if chosen is None:
            # Where white and ink have the same contrast.
            chosen = "white" if np.dot(to_rgb(color), (0.2125, 0.7154, 0.0721)) < 0.53 else _INK
        panel.text(j, i - lift(i, j), texts[i][j], ha="center", va="center", fontsize=size, color=chosen)
    panel.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    panel.axis("off")


def _side(panel, columns: int) -> float:
    """The side of a cell, in dots."""
    return panel.get_position().width * panel.figure.get_figwidth() * DPI / columns


def _short(value) -> str:
    """A number that fits in a cell: three digits where it is not whole."""
    text = number(value)
    return text if len(text) <= 5 else f"{float(value):.3g}" if "." in text else text


def _gray(value, low: float, high: float) -> str:
    return str(min(1.0, max(0.0, (float(value) - low) / (high - low))))


def _mark(panel, top: int, left: int, height: int, width: int) -> None:
    corner = (left - 0.5, top - 0.5)
    panel.add_patch(
        Rectangle(corner, width, height, fill=False, edgecolor=_ACCENT, linewidth=2.5, zorder=3, clip_on=False)
    )


def _sum_text(window: np.ndarray, kernel: np.ndarray, total) -> str:
    products = [f"{_signed(a)}·{_signed(b)}" for a, b in zip(window.flat, kernel.flat, strict=True)]
    text = f"{' + '.join(products)} = {number(total)}"
    return text if len(text) <= 78 else f"{kernel.size} products, added up: {number(total)}"


def _signed(value) -> str:
    return f"({_short(value)})" if value < 0 else _short(value)
