"""Small pictures to train on: Fashion-MNIST, downloaded once, and the digits that come with scikit-learn."""

import gzip
import os
import zlib
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

#: Names a folder for the files of Fashion-MNIST: to read them from, and to keep them in.
FOLDER_VARIABLE = "CNNKIT_DATA"
#: Where they are, in the order in which it is tried.
SOURCES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
#: The files and their MD5 hashes, as torchvision has them: training images and labels, test images and labels.
FILES = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
#: What the labels of Fashion-MNIST mean.
CLOTHES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")

#: Seconds without an answer after which a server is given up.
PATIENCE = 10
#: Test images of the digits, a fifth of all 1,797.
TEST_DIGITS = 360
#: The types of an IDX file's numbers, by their code.
_IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class Split(NamedTuple):
    """Images and labels, to train on and to test on.

    Attributes
    ----------
    train_images, test_images : ndarray of float32, shape (N, H, W, 1)
        From 0 to 1.
    train_labels, test_labels : ndarray of int64, shape (N,)
    names : tuple of str
        What each label means.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    names: tuple[str, ...]

    def __repr__(self) -> str:
        shape = " × ".join(map(str, self.train_images.shape[1:]))
        return (
            f"{len(self.train_images):,} images to train on and {len(self.test_images):,} to test on, {shape}, of "
            f"{len(self.names)} kinds: {', '.join(self.names)}"
        )


def digits(size=28, seed=0) -> Split:
    """Handwritten digits, which scikit-learn brings along: no network is needed.

    Parameters
    ----------
    size : int, default 28
        The side of the images; they were written in 8 × 8 cells, and are made larger by linear interpolation. At 28
        LeNet-5 fits.
    seed : int, default 0
        Of the choice of the test images.

    Returns
    -------
    Split
        1,437 images to train on and 360 to test on.

    Raises
    ------
    ValueError
        When `size` is not an integer of at least 8.
    ModuleNotFoundError
        When scikit-learn is not installed.

    References
    ----------
    E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998.
    https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> digits()
    1,437 images to train on and 360 to test on, 28 × 28 × 1, of 10 kinds: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    >>> split = digits(size=8)
    >>> split.train_images.shape, split.test_labels.shape, split.train_images.max()
    ((1437, 8, 8, 1), (360,), np.float32(1.0))
    """
    if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 8:
        raise ValueError(f"size must be an integer of at least 8, the side of the digits as written, but got {size!r}")
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the digits come with scikit-learn, which is not installed: pip install scikit-learn", name=error.name
        ) from None
    written = load_digits()
    larger = _interpolation(8, size)
    images = (larger @ (written.images.astype(np.float32) / 16) @ larger.T)[..., np.newaxis]
    order = np.random.default_rng(seed).permutation(len(images))
    train, test = np.sort(order[TEST_DIGITS:]), np.sort(order[:TEST_DIGITS])
    labels = written.target.astype(np.int64)
    return Split(images[train], labels[train], images[test], labels[test], tuple("0123456789"))


def fashion_mnist(folder=None) -> Split:
    """Photos of clothes, 28 × 28: downloaded once, or read from a folder; the digits, where there is no network.

    Parameters
    ----------
    folder : str or path-like, optional
        Where the four files are, packed or unpacked, and where those that are missing are put. Unless given, what the
        environment variable ``CNNKIT_DATA`` names; and if that is not set, a cache in your home folder.

    Returns
    -------
    Split
        60,000 images to train on and 10,000 to test on. Without a network and without the files, a line is printed that
        says so, and :func:`digits` takes their place: as many labels, images of the same size, only fewer.

    Raises
    ------
    ValueError
        When a file is truncated, damaged or something else, or what was downloaded does not have the right hash; the
        message names the file and says what to do.

    Notes
    -----
    A downloaded file, and one in the cache, is used only if its MD5 hash is that of the published one. Your own folder
    may hold other data of the same form; it is checked for being whole.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", 2017. https://doi.org/10.48550/arXiv.1708.07747

    Examples
    --------
    >>> split = fashion_mnist()  # doctest: +SKIP
    >>> split.train_images.shape, split.names[9]  # doctest: +SKIP
    ((60000, 28, 28, 1), 'ankle boot')
    """
    own = folder if folder is not None else os.environ.get(FOLDER_VARIABLE) or None
    paths = []
    for name, md5 in FILES.items():
        path = None if own is None else _in_folder(Path(own), name)
        try:
            paths.append(_downloaded(name, md5, own) if path is None else path)
        except _NoNetwork as error:
            print(
                f"Fashion-MNIST is not on this computer and could not be downloaded ({error}). Here are the digits of "
                "scikit-learn instead: smaller and easier, but the same code trains on them. To get the clothes, run "
                f"this with a network, or put {', '.join(FILES)} into a folder and set {FOLDER_VARIABLE} to it."
            )
            return digits()
    train_images, train_labels = _pair(*paths[:2])
    test_images, test_labels = _pair(*paths[2:])
    return Split(train_images, train_labels, test_images, test_labels, CLOTHES)


def read_idx(path) -> np.ndarray:
    """Read an array from a file in the IDX format, packed with gzip or not.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    ndarray
        Of the shape and type that the file states.

    Raises
    ------
    ValueError
        When the file is truncated, longer than it states, or no IDX file; the message names it.
    FileNotFoundError
        When there is no such file.

    Notes
    -----
    Two bytes of 0, one for the type of the numbers and one for how many axes there are; then the length of each axis in
    four bytes, and the numbers in row order. All of them have their highest byte first.

    References
    ----------
    Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "two-rows").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    ...     read_idx(Path(folder, "two-rows"))
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    path = Path(path)
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"  # a browser may have unpacked it and kept the name
        raw.seek(0)
        file = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _IDX_TYPES or head[3] == 0:
                raise _Damaged(f"is no IDX file: it begins with {head!r}")
            sides = file.read(4 * head[3])
            if len(sides) < 4 * head[3]:
                raise _Damaged(f"ends after {4 + len(sides)} bytes, within its header")
            shape = tuple(np.frombuffer(sides, ">u4").tolist())
            dtype = np.dtype(_IDX_TYPES[head[2]])
            size = prod(shape) * dtype.itemsize
            # Only what is there is read, in pieces, however much the header promises.
            numbers = bytearray()
            while len(numbers) <= size and (more := file.read(min(2**20, size + 1 - len(numbers)))):
                numbers += more
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _damaged(path, f"is truncated or damaged ({error})") from None
        except _Damaged as error:
            raise _damaged(path, error) from None
    if len(numbers) < size:
        raise _damaged(path, f"is truncated: of {size:,} bytes of numbers, {shape}, it has {len(numbers):,}")
    if len(numbers) > size:
        raise _damaged(path, f"goes on after the {size:,} bytes of numbers, {shape}, that it should hold")
    return np.frombuffer(numbers, dtype).reshape(shape).astype(dtype.newbyteorder("="))


class _Damaged(Exception):
    """What is wrong with a file."""


class _NoNetwork(Exception):
    """Why nothing could be downloaded."""


def _damaged(path: Path, what) -> ValueError:
    return ValueError(f"{path} {what}. Delete it, so that it is downloaded again, or copy it again from {SOURCES[-1]}")


def _in_folder(folder: Path, name: str) -> Path | None:
    """The file in a folder, packed or unpacked, if it is there."""
    return next((path for path in (folder / name, folder / name.removesuffix(".gz")) if path.is_file()), None)


def _downloaded(name: str, md5: str, folder) -> Path:
    """The file in the cache or in the folder, downloaded if it is not there, with the right hash."""
    import pooch
    import requests

    try:
        # It leaves a file with the right hash alone, and otherwise moves a new one into place when it is whole.
        folder = folder or pooch.os_cache("cnnkit") / "fashion-mnist"
        return Path(pooch.retrieve(SOURCES[0] + name, f"md5:{md5}", name, folder, downloader=_fetch))
    except requests.exceptions.RequestException as error:
        raise _NoNetwork(type(error).__name__) from None
    except ValueError as error:
        raise ValueError(
            f"what was downloaded as {name} is not the published file ({error}). Perhaps a sign-in page of the network "
            f"answered: open {SOURCES[-1]} in a browser, then try again"
        ) from None


def _fetch(url: str, output, pooch) -> None:
    """Download from the first source that answers."""
    import pooch as library
    import requests

    name = url.rsplit("/", 1)[1]
    for source in SOURCES:
        try:
            library.HTTPDownloader(timeout=PATIENCE)(source + name, output, pooch)
            return
        except requests.exceptions.RequestException:
            if source == SOURCES[-1]:
                raise


def _pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
        raise _damaged(images_path, f"should hold images, bytes of shape (N, H, W), but holds {_described(images)}")
    if labels.ndim != 1 or labels.dtype != np.uint8:
        raise _damaged(labels_path, f"should hold labels, bytes of shape (N,), but holds {_described(labels)}")
    if len(images) != len(labels):
        raise _damaged(labels_path, f"holds {len(labels)} labels, but {images_path} holds {len(images)} images")
    if labels.max() >= len(CLOTHES):
        raise _damaged(labels_path, f"should hold labels from 0 to {len(CLOTHES) - 1}, but one is {labels.max()}")
    return images[..., np.newaxis].astype(np.float32) / 255, labels.astype(np.int64)


def _described(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _interpolation(n: int, size: int) -> np.ndarray:
    """The matrix that stretches `n` cells to `size`: each new one between the two whose centres are nearest."""
    places = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
    return np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(n))).astype(np.float32)
