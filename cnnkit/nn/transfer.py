"""An experiment: does a network that knows the digits 0 to 4 learn 5 to 9 from fewer examples?

The digits of scikit-learn fill their pictures, and then the pixels alone say much. Here each digit lies somewhere on a
larger sheet, so that a network first has to learn what a handful of examples cannot show: that a stroke is the same
stroke wherever it is. All of it is computed, on your machine, within a minute or so; nothing is downloaded.
"""

import sys
from dataclasses import dataclass

import numpy as np

from cnnkit import data, shapes
from cnnkit.nn.model import Model
from cnnkit.nn.optimizers import Adam
from cnnkit.nn.training import accuracy, train
from cnnkit.notices import in_notebook

#: The side of a sheet; a digit is 8 × 8.
SIDE = 16
#: A small network: two layers of features, averaged over the whole sheet, and a head of five scores.
NETWORK = shapes.Network(
    "two layers of features and a head",
    (SIDE, SIDE, 1),
    (
        *(shapes.Conv(8, 5, stride=2, pad=2), shapes.ReLU()),
        *(shapes.Conv(32, 5, pad=2), shapes.ReLU(), shapes.GlobalPool()),
        shapes.Dense(5),
    ),
)
#: The layers that are taken over; the head is new.
FEATURES = ("conv1", "conv2")
#: Ways to learn the new digits.
FROZEN, TUNED, SCRATCH, RANDOM = "features frozen", "fine-tuned", "from scratch", "random features frozen"
WAYS = (FROZEN, TUNED, SCRATCH, RANDOM)


@dataclass(frozen=True)
class Comparison:
    """How well the new digits are told apart, by way and number of examples, for several seeds.

    Attributes
    ----------
    examples : tuple of int
        Examples of each digit.
    accuracy : dict of str to ndarray, shape (seeds, len(examples))
        By way, the share of test images that are right.
    source : ndarray, shape (seeds,)
        The same for the digits 0 to 4 and the network that was trained on them.
    """

    examples: tuple[int, ...]
    accuracy: dict[str, np.ndarray]
    source: np.ndarray

    def mean(self, way: str) -> np.ndarray:
        """The mean over the seeds, for each number of examples."""
        return self.accuracy[way].mean(axis=0)

    def spread(self, way: str) -> np.ndarray:
        """The standard deviation over the seeds: how far a single run is off the mean. 0 for a single seed."""
        one = len(self.source) == 1
        return np.zeros(len(self.examples)) if one else self.accuracy[way].std(axis=0, ddof=1)

    def wins(self, way: str, over: str) -> np.ndarray:
        """In how many of the seeds one way was better than another on the same examples."""
        return (self.accuracy[way] > self.accuracy[over]).sum(axis=0)

    def __str__(self) -> str:
        heading = "examples of each digit"
        width = max(map(len, (heading, *self.accuracy)))
        lines = [f"{heading:<{width}}" + "".join(f"{n:>16}" for n in self.examples)]
        for way in self.accuracy:
            cells = (f"{m:>7.1%} ± {s:.1%}" for m, s in zip(self.mean(way), self.spread(way), strict=True))
            lines.append(f"{way:<{width}}" + "".join(f"{cell:>16}" for cell in cells))
        count = len(self.source)
        seeds = f"{count} seed{'s' if count > 1 else ''}"
        lines.append(f"{seeds}; digits 0 to 4, where the features come from: {self.source.mean():.1%}")
        return "\n".join(lines)

    def picture(self):
        """The table as a picture: a line for each way, with error bars of one standard deviation.

        Returns
        -------
        cnnkit.plot.Picture
        """
        from cnnkit.plot import DPI, WIDTH, Picture

        figure = Picture(figsize=(WIDTH, 3.6), dpi=DPI)
        panel = figure.add_axes((0.075, 0.15, 0.9, 0.82))
        places = np.arange(len(self.examples))
        for number, way in enumerate(self.accuracy):
            color, marker, line = _LOOKS[number % len(_LOOKS)]
            # Side by side, so that no bar hides another.
            x = places + 0.05 * (number - (len(self.accuracy) - 1) / 2)
            look = {"color": color, "marker": marker, "linestyle": line, "linewidth": 1.8, "capsize": 3}
            panel.errorbar(x, self.mean(way), self.spread(way), label=way, **look)
        panel.set_xticks(places, [str(n) for n in self.examples])
        panel.set_xlabel("examples of each new digit", fontsize=11)
        panel.set_ylabel("right answers on test images", fontsize=11)
        panel.axhline(1 / 5, color="#8896a3", linewidth=0.8, linestyle=":")
        below = {"xycoords": panel.get_yaxis_transform(), "textcoords": "offset points", "va": "top"}
        panel.annotate("guessing", (0, 1 / 5), (6, -3), color="#5c6a76", fontsize=9, **below)
        panel.set_ylim(0, 1)
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        panel.grid(axis="y", color="#c9d2da", linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        panel.legend(frameon=False, fontsize=10, ncols=2, loc="upper left")
        return figure


_LOOKS = (("#d1495b", "o", "-"), ("#2f55c6", "s", "-"), ("#22303c", "^", "--"), ("#8896a3", "v", ":"))


def experiment(examples=(2, 5, 20), seeds=5, steps=150, ways=WAYS, progress=True) -> Comparison:
    """Train a small network on the digits 0 to 4, then let it learn 5 to 9 from few examples, in several ways.

    Parameters
    ----------
    examples : sequence of int, default (2, 5, 20)
        How many examples of each new digit there are; at most 100.
    seeds : int, default 5
        How often everything is repeated, with other first weights, other examples and other places on the sheets.
    steps : int, default 150
        Batches of 16 on the new digits, about the same for all ways; twice as many, of 32, on the old ones.
    ways : sequence of str
        ``"features frozen"``: the convolutional layers are taken over and stay, only a new head is trained.
        ``"fine-tuned"``: they are taken over, and trained on together with the head. ``"from scratch"``: nothing is
        taken over. ``"random features frozen"``: the layers were never trained, and stay: it shows what the frozen
        features owe to having been trained.
    progress : bool, default True
        Whether to show a progress bar, where a person can see one.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        When a number is not positive, there are more examples than digits, or a way is unknown.

    Notes
    -----
    For a seed, all ways get the same examples, and the same first weights of the head. The test images are those of
    :func:`cnnkit.data.digits`, digits 5 to 9, at two places each; nothing is chosen by them.

    References
    ----------
    J. Yosinski, J. Clune, Y. Bengio and H. Lipson, "How transferable are features in deep neural networks?", 2014.
    https://arxiv.org/abs/1411.1792

    Examples
    --------
    >>> result = experiment(examples=[2], seeds=1, steps=4, ways=["features frozen", "from scratch"], progress=False)
    >>> result.accuracy["from scratch"].shape, result.source.shape
    ((1, 1), (1,))
    """
    examples, ways = tuple(examples), tuple(ways)
    for name, value in (("seeds", seeds), ("steps", steps), *(("examples", count) for count in examples)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be positive integers, but got {value!r}")
    if not examples or max(examples) > 100:
        raise ValueError(f"examples must be some numbers up to 100, but got {examples}: for example (2, 5, 20)")
    if not ways or (unknown := [way for way in ways if way not in WAYS]):
        raise ValueError(f"ways must be some of {', '.join(WAYS)}, but got {unknown if ways else ways}")
    from threadpoolctl import threadpool_limits

    digits = data.digits(size=8)
    found = {way: np.zeros((seeds, len(examples))) for way in ways}
    source = np.zeros(seeds)
    # Products are so small here that threads would wait for each other most of the time.
    with _bar(seeds * (1 + len(examples) * len(ways)), progress) as bar, threadpool_limits(1):
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            base = Model(NETWORK, seed=seed)
            images, labels = _task(digits, rng, first=0, copies=4)
            _train(base, images, labels, 2 * steps, 32, seed)
            source[seed] = accuracy(base, *_task(digits, rng, first=0, copies=2, test=True))
            bar.update()
            test = _task(digits, rng, first=5, copies=2, test=True)
            images, labels = _task(digits, rng, first=5)
            order = rng.permutation(len(labels))
            for column, count in enumerate(examples):
                few = np.concatenate([order[labels[order] == digit][:count] for digit in range(5)])
                for way in ways:
                    model = _learned(way, base, images[few], labels[few], steps, seed)
                    found[way][seed, column] = accuracy(model, *test)
                    bar.update()
    return Comparison(examples, found, source)


def on_sheets(images, rng: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """Put each image somewhere on an empty sheet of its own.

    Parameters
    ----------
    images : ndarray, shape (N, h, w, C)
    rng : numpy.random.Generator
    side : int
        Of the sheet, at least as large as the images.

    Returns
    -------
    ndarray, shape (N, side, side, C)

    Raises
    ------
    ValueError
        When the images do not fit.

    Examples
    --------
    >>> sheets = on_sheets(np.ones((2, 1, 1, 1)), np.random.default_rng(0), side=3)
    >>> sheets.shape, [np.argwhere(sheet)[0, :2].tolist() for sheet in sheets]
    ((2, 3, 3, 1), [[2, 1], [1, 0]])
    """
    count, height, width, channels = images.shape
    if max(height, width) > side:
        raise ValueError(f"images of {height} × {width} do not fit on a sheet of {side} × {side}")
    sheets = np.zeros((count, side, side, channels), images.dtype)
    for sheet, image in zip(sheets, images, strict=True):
        top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheets


def _task(digits, rng, first: int, copies: int = 1, test: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The five digits from `first` on, each image `copies` times on sheets; labels from 0."""
    images, labels = (digits.test_images, digits.test_labels) if test else (digits.train_images, digits.train_labels)
    chosen = np.repeat(np.flatnonzero((first <= labels) & (labels < first + 5)), copies)
    return on_sheets(images[chosen], rng), labels[chosen] - first


def _learned(way: str, base: Model, images, labels, steps: int, seed: int) -> Model:
    model = Model(NETWORK, seed=1000 + seed)
    if way in (FROZEN, TUNED):
        for name in model.params:
            if name.split(".")[0] in FEATURES:
                model.params[name][...] = base.params[name]
    if way in (TUNED, SCRATCH):
        _train(model, images, labels, steps, 16, seed)
        return model
    # What frozen layers make of an image never changes: it is computed once, and the head trained on that. A head alone
    # can be trained at a higher rate, which would spoil features.
    features = model.feature_maps(images)["globalpool1"]
    head = Model(NETWORK.layers[-1:], seed=None, input_shape=features.shape[1:])
    head.params = {name: model.params[name] for name in head.params}  # shared, so that the whole model learns
    _train(head, features, labels, steps, 16, seed, rate=0.02)
    return model


def _train(model: Model, images, labels, steps: int, batch: int, seed: int, rate: float = 0.005) -> None:
    epochs = max(1, round(steps / -(-len(images) // batch)))
    train(model, images, labels, epochs, batch, Adam(rate), seed=seed, progress=False)


def _bar(total: int, progress: bool):
    from tqdm import tqdm

    hidden = not (in_notebook() or (sys.stdout is not None and sys.stdout.isatty()))
    return tqdm(total=total, file=sys.stdout, unit="training", disable=not progress or hidden, dynamic_ncols=True)
