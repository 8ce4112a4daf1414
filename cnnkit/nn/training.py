"""The training loop: batches in random order, a step for each, and what came of it."""

import sys
from dataclasses import dataclass, field

import numpy as np

from cnnkit.nn.model import Model, loss_and_gradient
from cnnkit.nn.optimizers import Adam


@dataclass
class History:
    """How a training went: a number for each epoch.

    Attributes
    ----------
    loss, accuracy : list of float
        Means over the images of the epoch as they came, each before the step that it was used for.
    validation_loss, validation_accuracy : list of float
        After the epoch; empty without validation images.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def best(self) -> int:
        """The number of the epoch, from 0, with the smallest validation loss; or training loss, without validation."""
        return int(np.argmin(self.validation_loss or self.loss))

    def __str__(self) -> str:
        if not self.loss:
            return "no epoch yet"
        text = f"{len(self)} epochs: loss {self.loss[-1]:.4f}, accuracy {self.accuracy[-1]:.1%}"
        if self.validation_loss:
            text += f"; validation loss {self.validation_loss[-1]:.4f}, accuracy {self.validation_accuracy[-1]:.1%}"
        return text


def train(
    model: Model,
    images,
    labels,
    epochs=10,
    batch=64,
    optimizer=None,
    validation=None,
    seed=0,
    frozen=(),
    patience=None,
    progress=True,
) -> History:
    """Change a model's weights until its scores fit the labels.

    Parameters
    ----------
    model : Model
        Its `params` and `buffers` are changed in place.
    images : array_like, shape (N, H, W, C)
    labels : array_like of int, shape (N,)
    epochs : int, default 10
        How often all images are seen.
    batch : int, default 64
        Images for each step; the last batch of an epoch may be smaller.
    optimizer : SGD or Adam, optional
        ``Adam()`` unless given. One that was used before goes on with its moments.
    validation : (images, labels), optional
        To be measured on after each epoch, and never trained on.
    seed : int, default 0
        Of the order of the images and of dropout: the same seed gives the same weights.
    frozen : sequence of str
        Names of layers (``"conv1"``) or parameters (``"conv1.weight"``) that stay as they are.
    patience : int, optional
        Early stopping: ends when the validation loss has not become smaller for so many epochs, and goes back to the
        weights, and the statistics of batch normalization, of the best epoch.
    progress : bool, default True
        Whether to show a progress bar, where a person can see one: in a notebook or a terminal.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        When images and labels do not belong together or to the model, a number is not positive, nothing is left to
        train, `frozen` names nothing, or `patience` has no validation images to go by.
    FloatingPointError
        When the loss is no longer finite: the rate is too large.

    Notes
    -----
    With ``rng = np.random.default_rng(seed)``, every epoch takes the images in a new order, ``rng.permutation(N)``, and
    `batch` of them at a time. Dropout draws from the same generator.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016, sections 7.8 and 8.1.
    https://www.deeplearningbook.org

    Examples
    --------
    >>> from cnnkit import nn, shapes
    >>> images = np.random.default_rng(0).random((60, 6, 6, 1))
    >>> labels = (images[:, :3].mean(axis=(1, 2, 3)) > images[:, 3:].mean(axis=(1, 2, 3))).astype(int)
    >>> model = nn.Model([shapes.Conv(4, 3), shapes.ReLU(), shapes.Flatten(), shapes.Dense(2)], input_shape=(6, 6, 1))
    >>> history = nn.train(model, images, labels, epochs=20, batch=10, optimizer=nn.Adam(0.01))
    >>> len(history.loss), history.loss[-1] < history.loss[0] / 2
    (20, True)
    >>> nn.accuracy(model, images, labels) > 0.9  # is the top half brighter?
    True
    """
    images, labels = model.checked_images(images), model.checked_labels(labels, len(images))
    for name, value in (("epochs", epochs), ("batch", batch), ("patience", 1 if patience is None else patience)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a positive integer, but got {value!r}")
    if patience is not None and validation is None:
        raise ValueError("patience needs validation=(images, labels): early stopping goes by the validation loss")
    if validation is not None:
        if len(validation) != 2:
            raise ValueError(f"validation must be (images, labels), but has {len(validation)} parts")
        validation = model.checked_images(validation[0]), model.checked_labels(validation[1], len(validation[0]))
    trainable = trained(model, frozen)
    optimizer = Adam() if optimizer is None else optimizer
    rng = np.random.default_rng(seed)
    history, best = History(), None
    # Overflow has a message of its own below, with what to do.
    with _bar(epochs * -(-len(images) // batch), progress) as bar, np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs):
            bar.set_description(f"epoch {epoch + 1}/{epochs}", refresh=False)
            total, right = 0.0, 0
            order = rng.permutation(len(images))
            for start in range(0, len(images), batch):
                some = order[start : start + batch]
                loss, grads, scores = model.learn_from(images[some], labels[some], rng, trainable)
                if not np.isfinite(loss):
                    large = (
                        f", or scale the images, which go up to {images.max():g}, to 0..1" if images.max() > 1 else ""
                    )
                    raise FloatingPointError(
                        f"the loss became {loss} in epoch {epoch + 1}, batch {start // batch + 1}: take a smaller rate "
                        f"than that of {optimizer}{large}"
                    )
                optimizer.step(model.params, grads)
                total += loss * len(some)
                right += int((scores.argmax(axis=1) == labels[some]).sum())
                bar.update()
            history.loss.append(total / len(images))
            history.accuracy.append(right / len(images))
            if validation is not None:
                loss, share = _measure(model, *validation)
                history.validation_loss.append(loss)
                history.validation_accuracy.append(share)
            bar.set_postfix_str(_latest(history), refresh=True)
            if patience is not None:
                if history.best == epoch:
                    best = [{name: a.copy() for name, a in d.items()} for d in (model.params, model.buffers)]
                elif epoch - history.best >= patience:
                    break
    if best is not None:
        for now, then in zip((model.params, model.buffers), best, strict=True):
            for name, array in then.items():
                now[name][...] = array
    return history


def trained(model: Model, frozen=()) -> list[str]:
    """The names of the parameters that are trained when some are frozen.

    Parameters
    ----------
    model : Model
    frozen : sequence of str
        Names of layers or parameters.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        When there is no layer or parameter of a name, or nothing is left.

    Examples
    --------
    >>> from cnnkit import shapes
    >>> model = Model([shapes.Conv(4, 3), shapes.Flatten(), shapes.Dense(2)], input_shape=(6, 6, 1))
    >>> trained(model, ["conv1", "dense1.bias"])
    ['dense1.weight']
    """
    if isinstance(frozen, str):
        raise ValueError(f"frozen must be a list of names, but got {frozen!r}: write [{frozen!r}]")
    frozen = list(frozen)
    known = {name for name, _ in model.layers} | set(model.params)
    if unknown := [name for name in frozen if name not in known]:
        raise ValueError(
            f"frozen names {unknown[0]!r}, but there is no such layer or parameter; there are: "
            f"{', '.join(dict.fromkeys(name.split('.')[0] for name in model.params))}"
        )
    left = [name for name in model.params if name not in frozen and name.split(".")[0] not in frozen]
    if not left:
        raise ValueError(f"all {len(model.params)} parameters are frozen: nothing is left to train")
    return left


def accuracy(model: Model, images, labels) -> float:
    """The share of images whose largest score is at their label.

    Parameters
    ----------
    model : Model
    images : array_like, shape (N, H, W, C)
    labels : array_like of int, shape (N,)

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        When images and labels do not belong together or to the model.

    Examples
    --------
    >>> from cnnkit import shapes
    >>> accuracy(Model(shapes.LENET5, seed=None), np.zeros((4, 28, 28, 1)), [0, 0, 0, 7])  # all scores 0: the first
    0.75
    """
    images = model.checked_images(images)
    labels = model.checked_labels(labels, len(images))
    return float((model.predict(images) == labels).mean())


def confusion_matrix(labels, predicted, classes) -> np.ndarray:
    """How often each label was taken for which.

    Parameters
    ----------
    labels, predicted : array_like of int, shape (N,)
        The true ones, and what a model says.
    classes : int
        How many labels there are.

    Returns
    -------
    ndarray of int, shape (classes, classes)
        In row ``i`` and column ``j``, the number of images of label ``i`` that were taken for ``j``: right answers lie
        on the diagonal.

    Raises
    ------
    ValueError
        When the labels are not integers from 0 to ``classes - 1``, or not as many as the predictions.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 2, 0], classes=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 1]])
    """
    if not isinstance(classes, int | np.integer) or isinstance(classes, bool) or classes < 1:
        raise ValueError(f"classes must be a positive integer, but got {classes!r}")
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if labels.ndim != 1 or labels.shape != predicted.shape:
        raise ValueError(f"labels of shape {labels.shape} and predictions of shape {predicted.shape} do not pair up")
    for name, array in (("labels", labels), ("predicted", predicted)):
        if array.size and (array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= classes):
            raise ValueError(
                f"{name} must be integers from 0 to {classes - 1}, but are {array.dtype} from {array.min()} to "
                f"{array.max()}"
            )
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels.astype(int), predicted.astype(int)), 1)
    return counts


def _measure(model: Model, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    scores = model.scores(images)
    return loss_and_gradient(scores, labels)[0], float((scores.argmax(axis=1) == labels).mean())


def _latest(history: History) -> str:
    text = f"loss {history.loss[-1]:.4f}, accuracy {history.accuracy[-1]:.1%}"
    return text + (f", validation {history.validation_accuracy[-1]:.1%}" if history.validation_loss else "")


def _bar(total: int, progress: bool):
    # As text in a notebook too: the bar of widgets is gone when the notebook is opened again or made a page.
    # And here, not above: the exercises that come along take longer to import than a small training.
    from tqdm import tqdm

    from cnnkit.notices import in_notebook

    hidden = not (in_notebook() or (sys.stdout is not None and sys.stdout.isatty()))
    return tqdm(
        total=total, file=sys.stdout, unit="batch", disable=not progress or hidden, mininterval=0.3, dynamic_ncols=True
    )
