"""cnnkit.images."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

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


def saved(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def test_a_photo_of_ones_own(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(images.read(saved(tmp_path / "bird.png", photo)), photo, strict=True)
    grey = images.read(saved(tmp_path / "grey.png", photo[:, :, 0]))
    np.testing.assert_array_equal(grey, np.stack([photo[:, :, 0]] * 3, axis=2), strict=True)
    assert images.read(saved(tmp_path / "bird.jpg", photo)).shape == (5, 7, 3)


def test_a_photo_that_was_taken_sideways_is_turned_upright(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    sideways = Image.Exif()
    sideways[0x0112] = 6  # the camera was turned a quarter
    path = saved(tmp_path / "bird.png", photo, exif=sideways)
    np.testing.assert_array_equal(images.read(path), np.rot90(photo, -1))


def test_what_is_transparent_is_white(tmp_path):
    photo = np.full((2, 3, 4), 100, np.uint8)
    photo[..., 3] = [[0, 255, 255]] * 2
    assert images.read(saved(tmp_path / "bird.png", photo))[0, :, 0].tolist() == [255, 100, 100]
    palette = Image.fromarray(photo[:, :, 0]).convert("P")
    palette.save(tmp_path / "bird.gif", transparency=palette.getpixel((0, 0)))
    assert (images.read(tmp_path / "bird.gif") == 255).all()


def test_a_file_that_is_no_photo(tmp_path):
    (tmp_path / "bird.png").write_text("tweet")
    with pytest.raises(ValueError, match=r"bird\.png is not an image that can be read"):
        images.read(tmp_path / "bird.png")
    whole = saved(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8))
    (tmp_path / "half.png").write_bytes(whole.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"half\.png is not an image"):
        images.read(tmp_path / "half.png")
    with pytest.raises(FileNotFoundError, match=r"there is no file bird\.jpg: it is looked for in "):
        images.read("bird.jpg")
