"""Photos for the lessons, as plain arrays: the ones that come with scikit-image, and your own."""

import importlib.util
import os
from pathlib import Path

import numpy as np
from PIL import Image

_FILES = {
    "astronaut": "astronaut.png",
    "brick": "brick.png",
    "camera": "camera.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "rocket": "rocket.jpg",
}
#: Names a folder with the same files, to read from where scikit-image is not installed.
FOLDER_VARIABLE = "CNNKIT_PHOTOS"


def names() -> list[str]:
    """The names of the photos.

    Returns
    -------
    list of str

    Examples
    --------
    >>> names()
    ['astronaut', 'brick', 'camera', 'chelsea', 'coffee', 'coins', 'rocket']
    """
    return list(_FILES)


def load(name: str) -> np.ndarray:
    """Read a photo.

    Parameters
    ----------
    name : str
        One of :func:`names`; ``"chelsea"`` is the cat.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), or (H, W) for a grey photo
        A fresh array, 0 to 255.

    Raises
    ------
    ValueError
        When there is no photo of that name.
    FileNotFoundError
        When the photo's file is missing; the message says where it was expected.

    Notes
    -----
    Reads scikit-image's data folder without importing scikit-image, which would take longer than reading.
    With the environment variable ``CNNKIT_PHOTOS`` set, reads from that folder instead.

    Examples
    --------
    >>> load("chelsea").shape
    (300, 451, 3)
    >>> load("camera").shape
    (512, 512)
    """
    if name not in _FILES:
        raise ValueError(f"there is no photo {name!r}; there are: {', '.join(_FILES)}")
    path = _folder() / _FILES[name]
    if not path.is_file():
        raise FileNotFoundError(
            f"the photo {name!r} is not at {path}: install scikit-image again, "
            f"or set {FOLDER_VARIABLE} to a folder that holds {_FILES[name]}"
        )
    with Image.open(path) as photo:
        return np.array(photo, dtype=np.uint8)


def read(path) -> np.ndarray:
    """Read a photo of your own.

    Parameters
    ----------
    path : str or path-like
        A JPEG, a PNG, or whatever else Pillow reads.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        Red, green, blue, 0 to 255; upright, as the camera was held. What is transparent is white.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is not an image.

    Examples
    --------
    >>> read(files()[0]).shape  # the astronaut
    (512, 512, 3)
    """
    from PIL import ImageOps  # not with the module: notebooks that are graded only load

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: it is looked for in {Path.cwd()}, where the notebook is")
    try:
        with Image.open(path) as photo:
            photo = ImageOps.exif_transpose(photo)
            if "A" in photo.getbands() or "transparency" in photo.info:
                photo = photo.convert("RGBA")
                photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo)
            return np.array(photo.convert("RGB"), dtype=np.uint8)
    except OSError as error:  # what Pillow raises for everything that it cannot read
        raise ValueError(f"{path} is not an image that can be read: {error}") from None


def files() -> list[Path]:
    """The files of all photos, for whoever has to copy them to a place without scikit-image.

    Examples
    --------
    >>> [path.name for path in files()][:2]
    ['astronaut.png', 'brick.png']
    """
    folder = _folder()
    return [folder / file for file in _FILES.values()]


def channel_views(image) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Show each channel of a colour image in its own colour.

    Parameters
    ----------
    image : array_like, shape (H, W, 3)

    Returns
    -------
    tuple of three ndarray, each of shape (H, W, 3)
        The red, the green and the blue part; added up they give the image.

    Raises
    ------
    ValueError
        When the image does not have shape (H, W, 3).

    Examples
    --------
    >>> red, green, blue = channel_views(np.array([[[9, 5, 2]]]))
    >>> red, green, blue
    (array([[[9, 0, 0]]]), array([[[0, 5, 0]]]), array([[[0, 0, 2]]]))
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"channel_views takes an image of shape (H, W, 3), but got shape {image.shape}")
    # A channel times a row of the identity matrix stays in its own place.
    return tuple(image * np.eye(3, dtype=image.dtype)[channel] for channel in range(3))


def _folder() -> Path:
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    spec = importlib.util.find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            "the photos come with scikit-image, which is not installed: pip install scikit-image, "
            f"or set {FOLDER_VARIABLE} to a folder that holds them"
        )
    return Path(spec.submodule_search_locations[0]) / "data"
