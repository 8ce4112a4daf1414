"""VGG-16 with the weights that torchvision publishes: found on this computer or downloaded once, and checked."""

import contextlib
import hashlib
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cnnkit import shapes
from cnnkit.data import FOLDER_VARIABLE, PATIENCE
from cnnkit.imagenet import DEVIATIONS, MEANS, crop, preprocess, top_k
from cnnkit.nn.model import Model
from cnnkit.nn.weights import load as load_own
from cnnkit.nn.weights import load_state_dict, read_arrays

__all__ = [
    "DEVIATIONS",
    "MEANS",
    "SOURCE",
    "class_names",
    "crop",
    "load",
    "preprocess",
    "top_k",
    "torch_names",
    "vgg16",
]

#: Where torchvision's VGG-16 is; behind the dash stand the first digits of the file's SHA-256 hash.
SOURCE = "https://download.pytorch.org/models/vgg16-397923af.pth"
SIZE = "528 MB"
#: What the names of ImageNet's classes may be called, in the folder that the environment variable names.
NAMES_FILE = "imagenet_classes.txt"
NAMES_SOURCE = "https://raw.githubusercontent.com/pytorch/hub/master/imagenet_classes.txt"


def vgg16(path=None, download=False) -> Model:
    """VGG-16, trained on the million photos of ImageNet.

    Parameters
    ----------
    path : str or path-like, optional
        The file with the weights: see :func:`load`. Unless given, it is looked for in the folder that the environment
        variable ``CNNKIT_DATA`` names, and where PyTorch keeps what it has downloaded.
    download : bool, default False
        Whether to download the 528 MB if they are not found. It takes PyTorch and a network, happens once, and the file
        is kept only if its hash is right.

    Returns
    -------
    Model
        In float32. Its scores are those of the 1,000 classes; see :func:`class_names`.

    Raises
    ------
    FileNotFoundError
        When the weights are not on this computer and shall not, or could not, be downloaded; the message says where
        they were looked for, and what to do.
    ModuleNotFoundError
        When PyTorch is needed and not installed.
    ValueError
        When the file is damaged, or is something else.

    Notes
    -----
    The network takes photos of 224 × 224 as :func:`preprocess` makes them; :func:`crop` cuts them out. It needs about
    1.5 GB of memory while the weights are loaded.

    References
    ----------
    K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014.
    https://arxiv.org/abs/1409.1556

    Examples
    --------
    >>> model = vgg16(download=True)  # doctest: +SKIP
    >>> best = top_k(model.probabilities(preprocess(crop(photo)))[0], 5)  # doctest: +SKIP
    """
    if path is None:
        path = _found() or _downloaded(download)
    return load(shapes.VGG16, path)


def load(network: shapes.Network, path) -> Model:
    """A network with the weights of a file, for networks of which torchvision has the weights: VGG-16, AlexNet.

    Parameters
    ----------
    network : cnnkit.shapes.Network
        Features, one flattening, and a classifier behind it.
    path : str or path-like
        ``.pth``: PyTorch reads it, and reads nothing but arrays from it (``weights_only=True``). ``.safetensors`` or
        ``.npz``: no PyTorch is needed. The arrays have torchvision's names and layout, ``features.0.weight``; a
        ``.safetensors`` or ``.npz`` may also be one that :func:`cnnkit.nn.save` has written.

    Returns
    -------
    Model
        In float32.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ModuleNotFoundError
        When the file is a ``.pth`` and PyTorch is not installed.
    ValueError
        When the file is damaged, its name promises another hash, or its arrays are not those of the network.

    Notes
    -----
    torchvision's files have the beginning of their hash in their name, behind a dash; a ``.pth`` with such a name is
    checked each time it is loaded.

    Examples
    --------
    >>> load(shapes.VGG16, "vgg16.h5")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no file vgg16.h5: ...
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: the weights of VGG-16 are at {SOURCE}")
    pickled = path.suffix.lower() in (".pth", ".pt")
    state = _read_pickled(path) if pickled else read_arrays(path)
    model = Model(network, seed=None)
    if not pickled and set(state) == set(model.params | model.buffers):
        return load_own(model, path)
    names = torch_names(network)
    for missing, there, whose in ((names, state, "the file"), (state, names, network.name)):
        if unknown := [name for name in missing if name not in there]:
            raise ValueError(
                f"{path}: {whose} has no {unknown[0]!r}; it has {', '.join(list(there)[:4])} ... Are these the weights "
                f"of {network.name}?"
            )
    try:
        return load_state_dict(model, state, names)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def torch_names(network: shapes.Network) -> list[str]:
    """What torchvision calls the weights of a network: by the place of their layer, before and behind the flattening.

    Parameters
    ----------
    network : cnnkit.shapes.Network

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        When the network is not made of features, one flattening and a classifier.

    Examples
    --------
    >>> names = torch_names(shapes.VGG16)
    >>> names[0], names[2], names[-1]
    ('features.0.weight', 'features.2.weight', 'classifier.6.bias')
    """
    flattened = [place for place, layer in enumerate(network.layers) if isinstance(layer, shapes.Flatten)]
    plain = shapes.Conv, shapes.Dense, shapes.ReLU, shapes.Pool, shapes.Dropout, shapes.Flatten
    other = next((layer for layer in network.layers if not isinstance(layer, plain)), None)
    if len(flattened) != 1 or other is not None:
        raise ValueError(
            f"{network.name} is not features, one flattening and a classifier"
            + (f": it has the layer {other}" if other is not None else f": it has {len(flattened)} flattenings")
        )
    names = []
    for part, layers in (
        ("features", network.layers[: flattened[0]]),
        ("classifier", network.layers[flattened[0] + 1 :]),
    ):
        for place, layer in enumerate(layers):
            if isinstance(layer, shapes.Conv | shapes.Dense):
                names += [f"{part}.{place}.weight", *([f"{part}.{place}.bias"] if layer.bias else [])]
    return names


def class_names(path=None) -> list[str]:
    """What the 1,000 classes of ImageNet are called, in the order of the scores.

    Parameters
    ----------
    path : str or path-like, optional
        A text file with a name in each line. Unless given, ``imagenet_classes.txt`` in the folder that the environment
        variable ``CNNKIT_DATA`` names; if that is not there, the names that torchvision brings along, if it is
        installed; and if not, numbers: ``"class 0"`` to ``"class 999"``.

    Returns
    -------
    list of str

    Raises
    ------
    FileNotFoundError
        When `path` names no file.
    ValueError
        When the file has not 1,000 lines.

    Notes
    -----
    The names are not part of ``cnnkit``. PyTorch publishes them at
    https://raw.githubusercontent.com/pytorch/hub/master/imagenet_classes.txt

    Examples
    --------
    >>> names = class_names()
    >>> len(names)
    1000
    """
    own = Path(os.environ[FOLDER_VARIABLE], NAMES_FILE) if os.environ.get(FOLDER_VARIABLE) else None
    if path is None and own is not None and own.is_file():
        path = own
    if path is not None:
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path}: PyTorch publishes the names at {NAMES_SOURCE}")
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if len(names) != 1000:
            raise ValueError(f"{path} should have 1,000 lines, a name in each, but has {len(names):,}: {NAMES_SOURCE}")
        return names
    try:
        from torchvision.models import VGG16_Weights
    except ImportError:
        return [f"class {number}" for number in range(1000)]
    return list(VGG16_Weights.IMAGENET1K_V1.meta["categories"])


# --- finding and reading the file -----------------------------------------------------------------


def _folders() -> list[Path]:
    """Where the weights may be: in the learner's own folder, and where PyTorch puts what it downloads."""
    own = [Path(os.environ[FOLDER_VARIABLE])] if os.environ.get(FOLDER_VARIABLE) else []
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return [*own, Path(os.environ.get("TORCH_HOME") or cache, "hub", "checkpoints").expanduser()]


def _found() -> Path | None:
    published = SOURCE.rsplit("/", 1)[1]
    # Without PyTorch first: that is quicker, and works everywhere.
    names = [f"{stem}{kind}" for kind in (".safetensors", ".npz") for stem in ("vgg16", Path(published).stem)]
    return next((f / name for f in _folders() for name in (*names, published) if (f / name).is_file()), None)


def _downloaded(download: bool) -> Path:
    folders = _folders()
    name = SOURCE.rsplit("/", 1)[1]
    where = " or ".join(map(str, folders))
    absent = f"the weights of VGG-16 are not on this computer: there is no {name} in {where}. "
    elsewhere = f"Or copy the file from {SOURCE} ({SIZE}) and give its path: vgg16('{name}')."
    if not download:
        raise FileNotFoundError(f"{absent}With PyTorch and a network, vgg16(download=True) fetches them. {elsewhere}")
    torch = _torch(absent)
    path = folders[0] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _impatient():
            # It writes beside the path, and moves what has the right hash into place.
            torch.hub.download_url_to_file(SOURCE, str(path), _promised(path), progress=True)
    except RuntimeError as error:
        raise ValueError(
            f"what was downloaded from {SOURCE} is not the published file ({error}). Perhaps a sign-in page of the "
            "network answered: open the address in a browser, then try again"
        ) from None
    except OSError as error:  # no network, no answer, no room
        raise FileNotFoundError(f"{absent}They could not be downloaded ({error}). {elsewhere}") from None
    return path


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """PyTorch would wait for a silent server without end."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _torch(why: str):
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{why}PyTorch is needed to read a .pth file, and is not installed: pip install 'cnnkit[torch]'. Or write "
            "the weights on a computer that has it, with nn.save(nn.pretrained.vgg16(), 'vgg16.safetensors')",
            name=error.name,
        ) from None
    return torch


def _promised(path: Path) -> str:
    """The beginning of the SHA-256 hash that a file's name promises, as is PyTorch's habit; empty without one."""
    found = re.search(r"-([0-9a-f]{8,64})\.pth$", path.name)
    return found.group(1) if found else ""


def _read_pickled(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a ``.pth`` file, by name."""
    torch = _torch(f"{path}: ")
    if promised := _promised(path):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not digest.startswith(promised):
            raise ValueError(
                f"{path} is damaged, or something else: its SHA-256 hash should begin with {promised}, but is "
                f"{digest}. Delete it and download it again from {SOURCE}"
            )
    try:
        # Only arrays and plain containers are built; a pickle that asks for anything else is refused, not run.
        state = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        first = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"{path} cannot be read as a file of weights ({type(error).__name__}: {first}): it is damaged, or holds "
            "more than arrays"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ValueError(f"{path} holds a {type(state).__name__}, but weights are tensors by name, a state_dict")
    return {str(name): _as_array(torch, tensor) for name, tensor in state.items()}


def _as_array(torch, tensor) -> np.ndarray:
    tensor = tensor.detach()
    # NumPy has no type for some of the shorter floats.
    return (tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor).numpy()
