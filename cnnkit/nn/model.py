"""A network that can be used and trained: a table of layers from :mod:`cnnkit.shapes`, with weights."""

import numpy as np

from cnnkit import ops, shapes
from cnnkit.nn.steps import NormStep, Run, Step, chain


class Model:
    """Layers with weights.

    Parameters
    ----------
    network : cnnkit.shapes.Network, or sequence of cnnkit.shapes.Layer
        For example ``shapes.LENET5``.
    seed : int or None, default 0
        Of the first weights: the same seed gives the same ones. None makes them zeros, for a network whose weights are
        loaded next; a network of zeros does not learn.
    dtype : dtype, default float32
        Float32, or float64, which is half as fast and rounds a billion times less.
    input_shape : tuple of int, optional
        (H, W, C) of an image; needed for a plain sequence of layers, the network's own otherwise.

    Attributes
    ----------
    network : cnnkit.shapes.Network
    layers : list of (str, cnnkit.shapes.Layer)
        Each layer with its name, counted by kind: ``conv1``, ``relu1``, ``pool1``, ``conv2``, ``flatten1``, ``dense1``,
        ``norm1``, ``dropout1``, ``globalpool1``. The layers of a residual block come before its sum, ``add1``.
    params : dict of str to ndarray
        What is learned: ``conv1.weight`` (F, h, w, C), ``conv1.bias`` (F,), ``dense1.weight`` (D, M), ``dense1.bias``
        (M,), ``norm1.gamma`` and ``norm1.beta`` (C,).
    buffers : dict of str to ndarray
        What batch normalization collects in training: ``norm1.mean`` and ``norm1.variance`` (C,).
    dtype : numpy.dtype

    Raises
    ------
    ValueError
        When the layers do not fit together or do not fit the image, or the dtype is no float32 or float64.

    Notes
    -----
    Weights of convolutions and dense layers are drawn from a normal distribution with variance ``2 / inputs``, where a
    filter has ``h * w * C`` inputs; biases are 0.

    References
    ----------
    K. He et al., "Delving deep into rectifiers", ICCV 2015. https://doi.org/10.1109/ICCV.2015.123

    Examples
    --------
    >>> model = Model(shapes.LENET5, seed=0)
    >>> model
    Model of LeNet-5: 12 layers, 61,706 parameters, float32
    >>> [name for name, _ in model.layers][:7]
    ['conv1', 'relu1', 'pool1', 'conv2', 'relu2', 'pool2', 'flatten1']
    >>> model.params["conv2.weight"].shape, model.params["dense1.weight"].shape
    ((16, 5, 5, 6), (400, 120))
    >>> model(np.zeros((8, 28, 28, 1))).shape
    (8, 10)
    """

    def __init__(self, network, seed=0, dtype=np.float32, input_shape=None):
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, but got {dtype!r}")
        if not isinstance(network, shapes.Network):
            layers = tuple(network)
            if input_shape is None:
                raise ValueError("a plain list of layers needs an input_shape, for example input_shape=(28, 28, 1)")
            network = shapes.Network("", tuple(input_shape), layers)
        elif input_shape is not None:
            network = shapes.Network(network.name, tuple(input_shape), network.layers)
        if not network.layers:
            raise ValueError("a network needs at least one layer, but got none: for example shapes.LENET5")
        shapes.summary(network)  # names the layer that does not fit
        self.network = network
        self._chain = chain(network.layers, network.input_shape)
        rng = None if seed is None else np.random.default_rng(seed)
        self.params: dict[str, np.ndarray] = {}
        self.buffers: dict[str, np.ndarray] = {}
        for step in self.steps:
            self.params |= step.initial(rng, self.dtype)
            if isinstance(step, NormStep):
                self.buffers |= step.collected(self.dtype)

    @property
    def steps(self) -> list[Step]:
        """The layers at their places, in the order of :attr:`layers`."""
        return list(self._chain.all())

    @property
    def layers(self) -> list[tuple[str, shapes.Layer]]:
        return [(step.name, step.layer) for step in self.steps]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(H, W, C) of an image."""
        return self.network.input_shape

    def __repr__(self) -> str:
        name = f" of {self.network.name}" if self.network.name else ""
        count = sum(array.size for array in self.params.values())
        return f"Model{name}: {len(self.layers)} layers, {count:,} parameters, {self.dtype}"

    def copy(self) -> "Model":
        """A model with the same layers and copies of the weights.

        Examples
        --------
        >>> model = Model(shapes.LENET5)
        >>> model.copy().params["conv1.weight"] is model.params["conv1.weight"]
        False
        """
        other = Model(self.network, None, self.dtype)
        other.params = {name: array.copy() for name, array in self.params.items()}
        other.buffers = {name: array.copy() for name, array in self.buffers.items()}
        return other

    # --- forward ----------------------------------------------------------------------------------

    def forward(self, x, training=False, rng=None) -> np.ndarray:
        """The scores of a batch, before softmax.

        Parameters
        ----------
        x : array_like, shape (N, H, W, C)
        training : bool, default False
            Whether dropout drops, and batch normalization uses the statistics of the batch and collects them in
            :attr:`buffers`.
        rng : numpy.random.Generator, optional
            What dropout draws from; needed in training if the network has dropout.

        Returns
        -------
        ndarray, shape (N, K)
            In the model's dtype.

        Raises
        ------
        ValueError
            When `x` is not a batch of the network's images, or dropout has no generator.

        Examples
        --------
        >>> Model(shapes.LENET5).forward(np.ones((2, 28, 28, 1))).shape
        (2, 10)
        """
        run = Run(self.params, self.buffers, training, rng, frozenset(self.params if training else ()))
        return self._chain.forward(self._batch(x), run)[0]

    __call__ = forward

    def probabilities(self, x) -> np.ndarray:
        """The probabilities of a batch: softmax of the scores.

        Parameters
        ----------
        x : array_like, shape (N, H, W, C)

        Returns
        -------
        ndarray, shape (N, K)

        Raises
        ------
        ValueError
            As in :meth:`forward`.

        Examples
        --------
        >>> Model(shapes.LENET5).probabilities(np.ones((2, 28, 28, 1))).sum(axis=1).round(3)
        array([1., 1.], dtype=float32)
        """
        return ops.softmax(self.forward(x))

    def predict(self, x, batch=256) -> np.ndarray:
        """The label with the largest score, for each image.

        Parameters
        ----------
        x : array_like, shape (N, H, W, C)
        batch : int, default 256
            How many images are computed at a time: as many as fit in memory.

        Returns
        -------
        ndarray of int, shape (N,)

        Raises
        ------
        ValueError
            As in :meth:`forward`; and when `batch` is not positive.

        Examples
        --------
        >>> Model(shapes.LENET5).predict(np.zeros((3, 28, 28, 1))).shape
        (3,)
        """
        return self.scores(x, batch).argmax(axis=1)

    def scores(self, x, batch=256) -> np.ndarray:
        """The scores of any number of images, computed a batch at a time; otherwise as :meth:`forward`.

        Examples
        --------
        >>> Model(shapes.LENET5).scores(np.zeros((300, 28, 28, 1))).shape
        (300, 10)
        """
        x = self.checked_images(x)
        if not isinstance(batch, int | np.integer) or batch < 1:
            raise ValueError(f"batch must be a positive integer, but got {batch!r}: 256, for example")
        return np.concatenate([self.forward(x[start : start + batch]) for start in range(0, len(x), batch)])

    def feature_maps(self, x) -> dict[str, np.ndarray]:
        """What every layer makes of a batch.

        Parameters
        ----------
        x : array_like, shape (N, H, W, C)

        Returns
        -------
        dict of str to ndarray
            The output of each layer by its name, in the order of :attr:`layers`: (N, H', W', F) for maps.

        Raises
        ------
        ValueError
            As in :meth:`forward`.

        Examples
        --------
        >>> maps = Model(shapes.LENET5).feature_maps(np.zeros((1, 28, 28, 1)))
        >>> maps["conv1"].shape, maps["pool2"].shape
        ((1, 28, 28, 6), (1, 5, 5, 16))
        """
        run = Run(self.params, self.buffers, maps={})
        self._chain.forward(self._batch(x), run)
        return run.maps

    # --- and back ---------------------------------------------------------------------------------

    def gradients(self, x, labels, rng=None, trainable=None) -> tuple[float, dict[str, np.ndarray]]:
        """The loss of a batch in training, and its gradient with respect to the parameters.

        Parameters
        ----------
        x : array_like, shape (N, H, W, C)
        labels : array_like of int, shape (N,)
            From 0 to K - 1.
        rng : numpy.random.Generator, optional
            What dropout draws from; needed if the network has dropout.
        trainable : iterable of str, optional
            Names of parameters: gradients are computed for these only, and not further back than the first of them.
            All unless given.

        Returns
        -------
        loss : float
            The mean cross-entropy.
        grads : dict of str to ndarray
            In the order of :attr:`params`.

        Raises
        ------
        ValueError
            As in :meth:`forward`; and when the labels do not belong to the images, or there is no such parameter.

        Notes
        -----
        With ``probs = softmax(scores)``, the gradient starts as ``(probs - one_hot) / N`` at the scores.

        Batch normalization uses and collects the statistics of the batch. Where neither its scale nor its shift is
        trainable, it is frozen as a whole: it uses what was collected before, and collects nothing.

        Examples
        --------
        >>> loss, grads = Model(shapes.LENET5).gradients(np.zeros((4, 28, 28, 1)), [3, 1, 4, 1])
        >>> round(loss, 4)  # log(10): it has no idea yet
        2.3026
        >>> list(grads)[:3]
        ['conv1.weight', 'conv1.bias', 'conv2.weight']
        """
        return self.learn_from(x, labels, rng, trainable)[:2]

    def learn_from(self, x, labels, rng=None, trainable=None) -> tuple[float, dict[str, np.ndarray], np.ndarray]:
        """As :meth:`gradients`, and the scores on the way."""
        x = self._batch(x)
        labels = self.checked_labels(labels, len(x))
        trainable = frozenset(self.params if trainable is None else trainable)
        if unknown := sorted(trainable - set(self.params)):
            raise ValueError(f"there is no parameter {unknown[0]!r}; there are: {', '.join(self.params)}")
        run = Run(self.params, self.buffers, True, rng, trainable)
        scores, memory = self._chain.forward(x, run)
        loss, grad = loss_and_gradient(scores, labels)
        self._chain.backward(memory, grad, run)
        return loss, {name: run.grads[name] for name in self.params if name in run.grads}, scores

    def checked_labels(self, labels, count: int) -> np.ndarray:
        """The labels of `count` images, as an array of the positions of scores."""
        labels = np.asarray(labels)
        shape = self.network.output_shape()
        if len(shape) != 1:
            raise ValueError(
                f"the network's output has shape {shape}, which are no scores of labels: "
                "end it with Flatten() and Dense(K)"
            )
        if labels.shape != (count,):
            raise ValueError(f"{count} images need labels of shape ({count},), but these have shape {labels.shape}")
        if labels.dtype.kind not in "iu":
            raise ValueError(
                f"labels are integers, the position of the right score, but these are {labels.dtype}: "
                "convert them with labels.astype(int)"
            )
        if labels.min() < 0 or labels.max() >= shape[0]:
            raise ValueError(
                f"labels for {shape[0]} scores go from 0 to {shape[0] - 1}, but these go from {labels.min()} to "
                f"{labels.max()}: count them from 0, or end the network with Dense({max(1, int(labels.max()) + 1)})"
            )
        return labels

    def checked_images(self, x) -> np.ndarray:
        """The images as an array, if they are a batch for this network."""
        x = np.asarray(x)
        shape = self.input_shape
        if x.shape[1:] != shape or not len(x):
            fix = ""
            if x.shape == shape:
                fix = ": a batch of one image is image[np.newaxis]"
            elif x.ndim == 3 and (*x.shape[1:], 1) == shape:
                fix = ": grey images have one channel, images[..., np.newaxis]"
            elif x.ndim == 4 and x.shape[3] == shape[-1]:
                fix = f": make the model with input_shape={x.shape[1:]}, or resize the images"
            takes = f"(N, {', '.join(map(str, shape))})"
            raise ValueError(f"the network takes images in shape {takes}, but got shape {x.shape}{fix}")
        if x.dtype.kind not in "biuf":
            raise ValueError(f"images are numbers, but those of shape {x.shape} are {x.dtype}")
        return x

    def _batch(self, x) -> np.ndarray:
        return self.checked_images(x).astype(self.dtype, copy=False)


def loss_and_gradient(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean cross-entropy of softmax of the scores, and its gradient with respect to the scores.

    Examples
    --------
    >>> loss, grad = loss_and_gradient(np.zeros((1, 2)), np.array([1]))
    >>> round(loss, 4), grad
    (0.6931, array([[ 0.5, -0.5]]))
    """
    # Both at once: the logarithm of a probability that has been rounded to 0 would be infinite.
    rows = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    sums = powers.sum(axis=1, keepdims=True)
    loss = float((np.log(sums[:, 0]) - shifted[rows, labels]).mean())
    grad = powers / sums
    grad[rows, labels] -= 1
    return loss, grad / len(scores)
