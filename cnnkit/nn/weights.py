"""Weights in and out: files that hold nothing but arrays, and PyTorch's layout."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from cnnkit.nn.model import Model
from cnnkit.nn.steps import ConvStep, DenseStep, NormStep, Step

#: What PyTorch calls our parameters and buffers.
TORCH_ROLES = {
    "weight": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}
#: What PyTorch counts in each batch normalization, and nothing here needs.
COUNTER = "num_batches_tracked"


# --- files ----------------------------------------------------------------------------------------


def save(model: Model, path) -> None:
    """Write a model's weights, and what batch normalization has collected, to a file.

    Parameters
    ----------
    model : Model
    path : str or path-like
        Ends in ``.npz`` or ``.safetensors``.

    Raises
    ------
    ValueError
        When the name ends in something else.

    Notes
    -----
    The file holds arrays by their names, such as ``conv1.weight``, in the layout of ``cnnkit``. The layers are not in
    it: make the model from the same table of layers before :func:`load`. A file that is there already is replaced in
    one go, so that a run that is cut off leaves the old one whole.

    Examples
    --------
    >>> from cnnkit import shapes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Model(shapes.LENET5, seed=1), f"{folder}/lenet.npz")
    ...     model = load(Model(shapes.LENET5, seed=None), f"{folder}/lenet.npz")
    >>> np.array_equal(model.params["conv1.weight"], Model(shapes.LENET5, seed=1).params["conv1.weight"])
    True
    """
    path = Path(path)
    kind = _kind(path)
    arrays = {name: np.ascontiguousarray(array) for name, array in _entries(model).items()}
    with _replacing(path) as new:
        if kind == ".npz":
            with open(new, "wb") as file:
                np.savez(file, **arrays)
        else:
            from safetensors.numpy import save_file

            save_file(arrays, new)


def load(model: Model, path) -> Model:
    """Read weights that :func:`save` has written.

    Parameters
    ----------
    model : Model
        With the same layers; its weights are replaced, converted to its dtype.
    path : str or path-like
        Ends in ``.npz`` or ``.safetensors``.

    Returns
    -------
    Model
        The same model.

    Raises
    ------
    ValueError
        When the name ends in something else, the file is damaged, or its arrays are not those of the model: the
        message names the file and the array. The model then is as it was.
    FileNotFoundError
        When there is no such file.

    Notes
    -----
    Neither kind of file can hold code; arrays of Python objects are refused. For a file in PyTorch's layout, see
    :func:`load_state_dict`.

    Examples
    --------
    >>> from cnnkit import shapes
    >>> load(Model(shapes.LENET5), "lenet.pth")
    Traceback (most recent call last):
        ...
    ValueError: lenet.pth: a .pth file is a pickle, which can run any code when it is opened; ...
    """
    path = Path(path)
    arrays = read_arrays(path)
    entries = _entries(model)
    _check_names(str(path), arrays, entries)
    for name, array in entries.items():
        _check_array(str(path), name, arrays[name], name, array.shape)
    for name, array in entries.items():
        array[...] = arrays[name]
    return model


def read_arrays(path) -> dict[str, np.ndarray]:
    """The arrays of a ``.npz`` or ``.safetensors`` file, by name; errors as in :func:`load`."""
    path = Path(path)
    kind = _kind(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: weights are written by nn.save(model, path)")
    try:
        if kind == ".npz":
            # Opened here, as NumPy leaves a damaged file open.
            with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        from safetensors import safe_open

        with safe_open(path, framework="numpy") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        if isinstance(error, MemoryError):
            raise
        raise ValueError(
            f"{path} cannot be read as a {kind} file of arrays ({type(error).__name__}: {error}): it is damaged, or "
            "something else under this name; write it again or download it again"
        ) from None


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind in (".pt", ".pth", ".pkl", ".pickle"):
        raise ValueError(
            f"{path}: a {kind} file is a pickle, which can run any code when it is opened; in PyTorch, write "
            "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors') and read that"
        )
    if kind not in (".npz", ".safetensors"):
        raise ValueError(f"{path}: weights are kept in files that end in .npz or .safetensors")
    return kind


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its place when it is whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=path.suffix)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        # What a program writes as a new file can be read by those who may read the folder; a temporary one cannot.
        mask = os.umask(0)
        os.umask(mask)
        new.chmod(0o666 & ~mask)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


# --- PyTorch's layout -----------------------------------------------------------------------------


def to_state_dict(model: Model, names=None) -> dict[str, np.ndarray]:
    """A model's weights in PyTorch's layout.

    Parameters
    ----------
    model : Model
    names : sequence of str, optional
        PyTorch's names in the order of the entries, for example ``list(module.state_dict())``. Unless given, those of a
        ``torch.nn.Sequential`` with one module for each layer: ``0.weight``, ``0.bias``, ``3.weight``.

    Returns
    -------
    dict of str to ndarray
        Copies. For ``module.load_state_dict``, make tensors of them with ``torch.from_numpy``.

    Raises
    ------
    ValueError
        When the names are not as many as the entries.

    Notes
    -----
    ============================  =====================  =============================
    entry                         here                   in PyTorch
    ============================  =====================  =============================
    filters                       (F, h, w, C)           (F, C, h, w)
    dense weights                 (D, M)                 (M, D)
    scale and shift               gamma, beta            weight, bias
    collected statistics          mean, variance         running_mean, running_var
    ============================  =====================  =============================

    The order is that of PyTorch's ``state_dict``: layer by layer, in each the weight, the bias, then what is collected
    and ``num_batches_tracked``, here always 0. PyTorch flattens maps channel by channel, ``(C, H, W)``; where a dense
    layer follows a flattening of maps, the columns of its weights are in that order.

    Examples
    --------
    >>> from cnnkit import shapes
    >>> state = to_state_dict(Model(shapes.LENET5))
    >>> {name: array.shape for name, array in list(state.items())[:5]}
    {'0.weight': (6, 1, 5, 5), '0.bias': (6,), '3.weight': (16, 6, 5, 5), '3.bias': (16,), '7.weight': (120, 400)}
    """
    state = {}
    for position, (step, role, array) in _rows(model):
        state[f"{position}.{TORCH_ROLES.get(role, role)}"] = np.array(0) if role == COUNTER else _out(step, role, array)
    if names is None:
        return state
    if len(names := list(names)) != len(state):
        # A module that was made without counters has none in its state either.
        state = {name: array for name, array in state.items() if not name.endswith(COUNTER)}
    if len(names) != len(state):
        raise ValueError(f"the model has {len(state)} entries ({', '.join(state)}), but got {len(names)} names")
    return dict(zip(names, state.values(), strict=True))


def load_state_dict(model: Model, state: Mapping, names=None) -> Model:
    """Take weights in PyTorch's layout.

    Parameters
    ----------
    model : Model
        Its weights are replaced, converted to its dtype.
    state : mapping of str to array_like
        Such as ``module.state_dict()``, whose tensors NumPy can read, or what ``safetensors.numpy.load_file`` gives.
    names : sequence of str, optional
        The names in `state` to take, in the order of :func:`to_state_dict`; unless given, all of `state` in its order.
        Entries named ``num_batches_tracked`` may be left out.

    Returns
    -------
    Model
        The same model.

    Raises
    ------
    ValueError
        When there are more or fewer entries than the model has, or one has the wrong shape: the message names it. The
        model then is as it was.

    Notes
    -----
    See :func:`to_state_dict` for the layouts.

    Examples
    --------
    >>> from cnnkit import shapes
    >>> model, other = Model(shapes.LENET5, seed=1), Model(shapes.LENET5, seed=2)
    >>> np.array_equal(load_state_dict(other, to_state_dict(model)).params["dense1.weight"],
    ...                model.params["dense1.weight"])
    True
    """
    if names is not None and (missing := [name for name in names if name not in state]):
        raise ValueError(f"the state has no entry {missing[0]!r}; it has: {', '.join(map(str, state))}")
    given = [name for name in (state if names is None else names) if not str(name).endswith(COUNTER)]
    rows = [(step, role, array) for _, (step, role, array) in _rows(model) if role != COUNTER]
    if len(given) != len(rows):
        ours = ", ".join(f"{step.name}.{role}" for step, role, _ in rows)
        raise ValueError(
            f"the model has {len(rows)} entries ({ours}), but the state has {len(given)} ({', '.join(given)}): "
            "are they of the same network?"
        )
    new = []
    for name, (step, role, array) in zip(given, rows, strict=True):
        theirs = np.asarray(state[name])
        _check_array("the state", name, theirs, f"{step.name}.{role}", _out(step, role, array).shape)
        new.append(_in(step, role, theirs))
    for (_, _, array), numbers in zip(rows, new, strict=True):
        array[...] = numbers
    return model


def _rows(model: Model) -> Iterator[tuple[int, tuple[Step, str, np.ndarray | None]]]:
    """The entries in PyTorch's order: the position of the layer, its step, what it is called here, the array."""
    for position, step in enumerate(model.steps):
        for role in step.roles:
            yield position, (step, role, model.params[f"{step.name}.{role}"])
        for role in step.buffer_roles:
            yield position, (step, role, model.buffers[f"{step.name}.{role}"])
        if isinstance(step, NormStep):
            yield position, (step, COUNTER, None)


def _out(step: Step, role: str, array: np.ndarray) -> np.ndarray:
    """An array of ours in PyTorch's layout."""
    if isinstance(step, ConvStep) and role == "weight":
        array = array.transpose(0, 3, 1, 2)
    elif isinstance(step, DenseStep) and role == "weight":
        if step.maps_shape:
            array = array.reshape(*step.maps_shape, -1).transpose(2, 0, 1, 3).reshape(array.shape)
        array = array.T
    elif isinstance(step, NormStep) and step.maps_shape:
        array = array.reshape(step.maps_shape).transpose(2, 0, 1).reshape(-1)
    return array.copy()


def _in(step: Step, role: str, array: np.ndarray) -> np.ndarray:
    """An array of PyTorch's in our layout."""
    if isinstance(step, ConvStep) and role == "weight":
        return array.transpose(0, 2, 3, 1)
    if isinstance(step, DenseStep) and role == "weight":
        array = array.T
        if step.maps_shape:
            height, width, channels = step.maps_shape
            array = array.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(array.shape)
    elif isinstance(step, NormStep) and step.maps_shape:
        height, width, channels = step.maps_shape
        array = array.reshape(channels, height, width).transpose(1, 2, 0).reshape(-1)
    return array


def _entries(model: Model) -> dict[str, np.ndarray]:
    return model.params | model.buffers


def _check_names(where: str, given, wanted) -> None:
    for name in wanted:
        if name not in given:
            raise ValueError(f"{where} has no {name!r}; it has: {', '.join(given)}. Was it saved from the same layers?")
    for name in given:
        if name not in wanted:
            raise ValueError(f"{where} has {name!r}, which the model lacks. Was it saved from the same layers?")


def _check_array(where: str, name: str, array: np.ndarray, ours: str, shape) -> None:
    if array.shape != shape:
        raise ValueError(f"{where}: {name!r} has shape {array.shape}, but {ours!r} of the model needs {shape}")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{where}: {name!r} holds {array.dtype}, but weights are numbers")
