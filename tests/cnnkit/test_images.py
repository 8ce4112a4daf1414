"""cnnkit.images."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from cnnkit import images


@pytest.mark.parametrize("name", images.names())
def test_every_photo_is_there(name):
    photo = images.load(name)
    assert photo.dtype == np.uint8
    assert photo.ndim == 2 or photo.shape[2] == 3
    assert np.ptp(photo) > 100
    photo[0, 0] = 0  # a fresh array may be changed


def test_grey_and_colour():
    assert {name for name in images.names() if images.load(name).ndim == 2} == {"brick", "camera", "coins"}


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no photo 'dog'; there are: astronaut, .*rocket"):
        images.load("dog")


def test_another_folder(tmp_path, monkeypatch):
    for file in images.files():
        if file.name.startswith("c"):
            shutil.copy(file, tmp_path)
    before = images.load("coins")
    monkeypatch.setenv("CNNKIT_PHOTOS", str(tmp_path))
    np.testing.assert_array_equal(images.load("coins"), before)
    with pytest.raises(FileNotFoundError, match=r"'rocket' is not at .*install scikit-image again, or set CNNKIT"):
        images.load("rocket")


def test_without_scikit_image(monkeypatch):
    monkeypatch.delenv("CNNKIT_PHOTOS", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="come with scikit-image, which is not installed: pip install"):
        images.load("coins")


def test_scikit_image_is_not_imported():
    code = (
        "import sys; from cnnkit import images; images.load('chelsea');"
        "print([name for name in ('skimage', 'matplotlib', 'hypothesis') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_channel_views_add_up_to_the_image():
    photo = images.load("chelsea")
    views = images.channel_views(photo)
    assert all(view.dtype == np.uint8 for view in views)
    np.testing.assert_array_equal(sum(views), photo)
    for channel, view in enumerate(views):
        assert not np.delete(view, channel, axis=2).any()


def test_channel_views_of_a_grey_image():
    with pytest.raises(ValueError, match=r"shape \(H, W, 3\), but got shape \(4, 5\)"):
        images.channel_views(np.zeros((4, 5)))
