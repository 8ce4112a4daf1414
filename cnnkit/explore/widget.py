"""The explorer in a notebook: an anywidget whose state is here and whose view is ``static/explore.js``.

The view computes what it shows, as no kernel could answer sixty times a second; shared test vectors keep its numbers
equal to those of :mod:`cnnkit.ops`, with which :attr:`Explorer.feature_map` computes the same.
"""

import base64
import contextlib
import json
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from cnnkit.explore import levels, pictures, still
from cnnkit.explore.settings import CHANNELS, PADDINGS, POOLS, Settings, run
from cnnkit.explore.state import initial, level_state, offers, plain, settings_of
from cnnkit.flashcards.store import home

_STATIC = Path(__file__).parent / "static"


class Explorer(anywidget.AnyWidget):
    """The kernel explorer, as a widget; every trait may be read and set, and the view follows.

    Parameters
    ----------
    image, kernel, **options
        As in :func:`cnnkit.explore.explore`.

    Raises
    ------
    ValueError
        As in :func:`cnnkit.explore.explore`, and when a trait is set to what is not one of its values.

    Examples
    --------
    >>> explorer = Explorer("counting", [[0, 1], [2, 3]])
    >>> explorer.feature_map
    array([[19., 25.],
           [37., 43.]])
    >>> explorer.kernel = "box_blur"
    >>> explorer.divisor, explorer.feature_map
    (9.0, array([[4.]]))
    """

    _esm = _STATIC / "explore.js"
    _css = _STATIC / "explore.css"

    #: The picture, as :meth:`cnnkit.explore.pictures.Picture.message` gives it.
    picture = traitlets.Dict().tag(sync=True)
    #: What there is to choose from; see :func:`cnnkit.explore.state.offers`.
    offers = traitlets.Dict().tag(sync=True)
    #: The kernel as it is written, rows of cells of channels, and what it is divided by.
    cells = traitlets.List().tag(sync=True)
    divisor = traitlets.Float(1.0).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    padding = traitlets.Enum(PADDINGS, "valid").tag(sync=True)
    pad = traitlets.Int(None, allow_none=True).tag(sync=True)
    relu = traitlets.Bool(False).tag(sync=True)
    pool = traitlets.Enum(POOLS, "none").tag(sync=True)
    pool_size = traitlets.Int(2).tag(sync=True)
    pool_stride = traitlets.Int(None, allow_none=True).tag(sync=True)
    channels = traitlets.Enum(CHANNELS, "gray").tag(sync=True)
    #: The cell of the feature map that is looked at.
    row = traitlets.Int(0).tag(sync=True)
    column = traitlets.Int(0).tag(sync=True)
    #: The level that is played, or "".
    level = traitlets.Unicode("").tag(sync=True)
    #: The names of the levels that were found, kept for the next time.
    solved = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, image="camera", kernel="top_sobel", **options):
        level = options.pop("level", None)
        picture, state = initial(image, kernel, **options)
        if level is not None:
            level = levels.level(level).name
        self._aside = {}
        super().__init__(picture=picture.message(), offers=offers(), solved=_read_solved(), **state)
        self.on_msg(self._receive)
        self.observe(_keep_solved, "solved")
        self.level = level or ""

    @property
    def image(self) -> np.ndarray:
        """The picture that is explored, in colour if it has any: a copy."""
        return self._picture().array.copy()

    @image.setter
    def image(self, image) -> None:
        self._show(pictures.take(image))

    @property
    def kernel(self) -> np.ndarray:
        """The kernel, of shape (h, w), or (h, w, 3) for a picture in colour."""
        kernel = self.settings.kernel
        return kernel[:, :, 0] if kernel.shape[2] == 1 else kernel

    @kernel.setter
    def kernel(self, kernel) -> None:
        colored = self._picture().array if self.channels == "rgb" else self._picture().gray
        _, state = initial(colored, kernel, channels=self.channels if self.channels == "rgb" else None)
        with self.hold_sync():
            self.cells, self.divisor = state["cells"], state["divisor"]

    @property
    def settings(self) -> Settings:
        """The kernel and all that is around it.

        Raises
        ------
        ValueError
            When the traits do not fit each other.
        """
        return settings_of(self)

    @property
    def feature_map(self) -> np.ndarray:
        """What the kernel, and the ReLU if it is on, make of the picture; computed by :mod:`cnnkit.ops`."""
        return run(self._picture(), self.settings).feature_map

    @property
    def pooled(self) -> np.ndarray | None:
        """The feature map after the pooling, or None without one."""
        return run(self._picture(), self.settings).pooled

    def still(self):
        """A still picture of it, for a report.

        Returns
        -------
        cnnkit.plot.Picture
        """
        return still.draw(self._picture(), self.settings, (self.row, self.column))

    def obey(self, command: dict) -> None:
        """Do what the view cannot do itself: bring a bundled picture, begin or end a level.

        Parameters
        ----------
        command : dict
            ``{"do": "picture", "name": ...}`` or ``{"do": "level", "name": ...}``, with ``""`` to end it.

        Raises
        ------
        ValueError
            When it is not one of these, or there is no such picture or level.
        """
        what, name = command.get("do"), command.get("name")
        if what == "level":
            self.level = name
        elif what == "picture":
            self._show(pictures.take(str(name)))
        else:
            raise ValueError(f"do={what!r} is not picture or level")

    @traitlets.validate("cells", "divisor", "stride", "pad", "pool_size", "pool_stride")
    def _check(self, proposal):
        """Each value on its own; whether they fit the picture is seen when it is computed."""
        name, value = proposal["trait"].name, proposal["value"]
        if name == "cells":
            return plain(Settings(value).cells)
        Settings([[1]], **{name: value})
        return value

    @traitlets.validate("level")
    def _check_level(self, proposal):
        return levels.level(proposal["value"]).name if proposal["value"] else ""

    @traitlets.observe("level")
    def _begin_level(self, change) -> None:
        with self.hold_sync():
            if change["new"]:
                one = levels.level(change["new"])
                if not change["old"]:
                    self._aside = {name: getattr(self, name) for name in ("picture", *level_state(one))}
                self._show(pictures.take(one.photo))
                chosen = level_state(one)
            else:
                chosen, self._aside = self._aside, {}
            for name, value in chosen.items():
                if name != "level":
                    setattr(self, name, value)

    def _show(self, picture: pictures.Picture) -> None:
        with self.hold_sync():
            if picture.array.ndim == 2 and self.channels == "rgb":
                self.channels = "gray"
                self.cells = [[[cell[0]] for cell in row] for row in self.cells]
            self.picture = picture.message()

    def _picture(self) -> pictures.Picture:
        it = self.picture
        array = np.frombuffer(it["data"], {"uint8": np.uint8, "float64": np.float64}[it["type"]])
        array = array.reshape(it["shape"])
        return pictures.Picture(it["name"], array[:, :, 0] if it["shape"][2] == 1 else array, it["low"], it["high"])

    def _receive(self, _widget, command, _buffers) -> None:
        self.obey(command)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        # Shown where widgets are not: in a saved notebook without a kernel, on a code host, on paper.
        data["text/plain"] = (
            "The kernel explorer. Only a still picture here, or not even that? Run this cell in JupyterLab, "
            "or type in a terminal: cnnkit explore"
        )
        with contextlib.suppress(ValueError):  # what does not fit is said by the view; there is nothing to draw
            data["image/png"] = base64.b64encode(still.png(self.still())).decode()
        return bundle


def _progress_file() -> Path:
    return home() / "explorer.json"


def _read_solved() -> list[str]:
    """The levels found so far; a damaged or unreadable file counts as none."""
    try:
        names = json.loads(_progress_file().read_text(encoding="utf-8"))["solved"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [one.name for one in levels.LEVELS if one.name in names]


def _keep_solved(change) -> None:
    path = _progress_file()
    with contextlib.suppress(OSError):  # a read-only home: then they are kept as long as the widget lives
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"solved": change["new"]}), encoding="utf-8")
