"""The explorer's Python side, without a browser; tests/browser/test_explore.py plays it."""

import json
import re
import sys

import numpy as np
import pytest
import traitlets

from cnnkit import cli, explore, kernels, ops
from cnnkit.explore import levels, page, pictures
from cnnkit.explore.settings import Settings, kernel_cells, run
from cnnkit.explore.widget import Explorer
from tests.cnnkit.explore import vectors


def test_the_vectors_are_what_is_computed_now():
    made = vectors.text()
    assert vectors.PATH.read_text(encoding="utf-8") == made, "type: python -m tests.cnnkit.explore.vectors"
    runs = json.loads(made)["runs"]
    assert {each["fits"] for each in runs} == {True, False}
    for kind in ("padding", "pool", "relu", "stride"):
        assert len({each["settings"][kind] for each in runs if each["fits"]}) >= 2, kind


# --- what is given ------------------------------------------------------------------------------------------


def test_every_bundled_picture_is_small_enough_and_kept_from_changes():
    for name in pictures.names():
        array = pictures.take(name).array
        assert max(array.shape[:2]) <= pictures.SIDE
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 0


def test_an_array_keeps_its_numbers_and_a_photo_becomes_bytes():
    matrix = np.array([[0.25, -3.0]])
    assert np.array_equal(pictures.take(matrix).array, matrix)
    assert pictures.take(np.zeros((2, 3), dtype=bool)).high == 1, "one grey, and no division by nothing"
    photo = pictures.take(np.full((30, 40, 3), 0.5))
    assert (photo.array.dtype, photo.array[0, 0, 0], photo.high) == (np.uint8, 128, 255)
    assert pictures.take(np.zeros((600, 300), dtype=np.uint8)).array.shape == (256, 128)


def test_grey_is_that_of_the_reference_to_half_a_step():
    photo = pictures.take("chelsea")
    assert abs(photo.gray - 255 * ops.to_gray(photo.array)).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("cameraman",), {}, r"no picture 'cameraman' to explore; there are: camera, chelsea"),
        ((np.zeros((2, 2, 4)),), {}, r"shape \(H, W\) or \(H, W, 3\), but got shape \(2, 2, 4\)"),
        (([[np.nan]],), {}, "finite numbers"),
        (([["a"]],), {}, "finite numbers, but got an array of <U1"),
        ((np.zeros((600, 600), dtype=int),), {}, r"at most 512 .* image\[::3, ::3\]"),
        (("camera", "sobel"), {}, "no kernel 'sobel'; there are: identity"),
        (("camera", np.ones((16, 1))), {}, r"sides from 1 to 15, but got shape \(16, 1\)"),
        (("camera", [[np.inf]]), {}, "a kernel to explore holds finite numbers"),
        (("camera", np.ones((3, 3, 3))), {}, r"need a picture in colour, of shape \(H, W, 3\)"),
        (("chelsea", np.ones((3, 3, 3))), {"channels": "gray"}, "this one has 3 channels"),
        (("camera",), {"channels": "RGB"}, "channels='RGB' is not one of gray, rgb"),
        (("camera",), {"stride": 0}, "stride=0 is not a whole number from 1 to 15"),
        (("camera",), {"padding": "same"}, "padding='same' is not one of valid, zero, reflect, symmetric"),
        (("camera",), {"pad": -1}, "pad=-1 is not a whole number from 0"),
        (("camera",), {"pool": "min"}, "pool='min' is not one of none, max"),
        (("camera",), {"pool_size": 1.5}, "pool_size=1.5 is not"),
        (("camera",), {"cell": 3}, r"cell=3 is not \(row, column\)"),
        (("camera",), {"level": "blurr"}, "no level 'blurr'; there are: vertical"),
    ],
)
def test_bad_calls_say_what_is_wrong(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        explore.explore(*arguments, **options)


@pytest.mark.parametrize("name", kernels.NAMED)
def test_a_named_kernel_is_written_in_whole_numbers_and_stays_itself(name):
    cells, divisor = kernel_cells(name)
    assert (cells == np.rint(cells)).all()
    assert np.array_equal(Settings(cells, divisor).kernel[:, :, 0], kernels.NAMED[name])


# --- the game -----------------------------------------------------------------------------------------------

RIGHT = {
    "vertical": [([[-1, 0, 1]], 1), ([[-5, 0, 5], [-10, 0, 10], [-5, 0, 5]], 7), ([[-1, -1, 0, 1, 1]] * 5, 1)],
    "horizontal": [([[-1], [0], [1]], 1), ("bottom_sobel", None)],
    "blur": [(kernels.gaussian_kernel(5, 1.5), None), (np.ones((3, 7)), 21)],
    "sharpen": [([[-1, -1, -1], [-1, 10, -1], [-1, -1, -1]], 2)],
    "diagonal": [("edges_diagonal", None), ([[1, -1, 0], [-1, 2, -1], [0, -1, 1]], 1)],
    "emboss": [([[-1, -1, 0], [-1, 1, 1], [0, 1, 1]], 1), ([[-2, 0, 0], [-1, 1, 1], [0, 0, 2]], 1)],
}


@pytest.mark.parametrize("one", levels.LEVELS, ids=lambda one: one.name)
def test_a_level_takes_the_picture_and_not_the_kernel(one):
    assert levels.likeness(one, one.cells, one.divisor) == pytest.approx(1)
    for kernel, divisor in RIGHT[one.name]:
        cells, own = kernel_cells(kernel)
        assert levels.likeness(one, cells, divisor or own) >= levels.FOUND, kernel
    for name in kernels.NAMED:
        cells, divisor = kernel_cells(name)
        belongs = (one.name, name) in {
            *(("vertical", each) for each in ("vertical_lines", "right_sobel")),
            *(("horizontal", each) for each in ("horizontal_lines", "bottom_sobel")),
            ("sharpen", "sharpen"),
            ("diagonal", "edges_diagonal"),
        }
        assert (levels.likeness(one, cells, divisor) >= levels.FOUND) == belongs, name


@pytest.mark.parametrize("one", levels.LEVELS, ids=lambda one: one.name)
def test_a_level_is_not_found_by_nothing_nor_by_its_negative_nor_turned(one):
    wrong = [([[1]], 1), ([[0]], 1), (-np.array(one.cells), one.divisor)]
    if one.name != "blur" and one.name != "sharpen":  # these look the same when turned
        wrong.append((np.rot90(one.cells), one.divisor))
    for cells, divisor in wrong:
        assert levels.likeness(one, cells, divisor) < 0.6


def test_a_level_has_three_hints():
    assert all(len(one.hints) == 3 for one in levels.LEVELS)


# --- the widget ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNKIT_HOME", str(tmp_path))
    return tmp_path


def send(explorer: Explorer, **command) -> None:
    """As the view does it: over the message that the front end sends."""
    explorer._handle_custom_msg(command, [])


def test_its_numbers_are_those_of_the_reference():
    explorer = explore.explore("chelsea", np.arange(27).reshape(3, 3, 3), stride=2, relu=True, pool="max")
    expected = ops.conv2d_channels(pictures.take("chelsea").array, np.arange(27).reshape(3, 3, 3), 2)
    assert explorer.channels == "rgb"
    assert np.array_equal(explorer.feature_map, ops.relu(expected))
    assert np.array_equal(explorer.pooled, ops.max_pool2d(ops.relu(expected)))


def test_what_is_set_is_what_is_shown():
    explorer = explore.explore("camera", "box_blur")
    explorer.kernel = [[0, 1], [2, 3]]
    explorer.image = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert explorer.picture["name"] == "yours"
    assert explorer.feature_map.tolist() == [[19, 25], [37, 43]]
    assert explorer.cells == [[[0], [1]], [[2], [3]]]
    explorer.padding = "zero"
    assert explorer.feature_map.shape == (4, 4)
    for name, value in (("stride", 0), ("cells", [[[1], [2]], [[3]]]), ("divisor", 0.0), ("level", "x")):
        with pytest.raises(ValueError, match=r"stride=0|shape|divisor=0.0|no level 'x'"):
            setattr(explorer, name, value)
    with pytest.raises(traitlets.TraitError):
        explorer.padding = "same"


def test_the_view_asks_for_pictures_and_levels():
    explorer = explore.explore("chelsea", np.ones((3, 3, 3)), padding="zero", stride=2)
    send(explorer, do="picture", name="coins")
    assert (explorer.channels, explorer.kernel.shape) == ("gray", (3, 3)), "a grey picture has one channel"
    send(explorer, do="picture", name="chelsea")
    send(explorer, do="level", name="blur")
    assert explorer.picture["name"] == "chelsea"
    assert explorer.cells == [[[0], [0], [0]], [[0], [1], [0]], [[0], [0], [0]]]
    assert (explorer.padding, explorer.stride) == ("symmetric", 1)
    explorer.kernel = np.ones((5, 5)) / 25
    send(explorer, do="level", name="emboss")
    send(explorer, do="level", name="")
    assert explorer.picture["name"] == "chelsea", "what was there before the game is back"
    assert (explorer.padding, explorer.stride, explorer.kernel.tolist()) == ("zero", 2, [[1, 1, 1]] * 3)
    for command in ({"do": "erase"}, {"do": "picture", "name": "x"}, {"do": "level", "name": "x"}):
        with pytest.raises(ValueError, match=r"is not picture or level|no picture 'x'|no level 'x'"):
            explorer.obey(command)


def test_levels_that_were_found_are_kept_for_the_next_time(home):
    explore.explore().solved = ["blur"]
    assert explore.explore(level="emboss").solved == ["blur"]
    (home / "explorer.json").write_text("{damaged")
    assert explore.explore().solved == []


def bundle_of(shown) -> dict:
    bundle = shown._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle


def test_without_the_view_a_notebook_shows_a_still_picture():
    data = bundle_of(explore.explore("counting", [[0, 1], [2, 3]], cell=(0, 1)))
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/png"].startswith("iVBOR")
    assert data["text/plain"].endswith("type in a terminal: cnnkit explore")
    unfit = explore.explore("counting", np.ones((5, 5)))
    assert "image/png" not in bundle_of(unfit), "nothing to draw, and no error either"


@pytest.mark.parametrize("options", [{}, {"level": "blur"}, {"pool": "max", "relu": True}])
def test_without_the_widgets_libraries_a_notebook_runs_to_its_end(monkeypatch, options):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "cnnkit.explore.widget", raising=False)
    shown = explore.explore("camera", "sharpen", **options)
    data = bundle_of(shown)
    assert "anywidget" in data["text/plain"]
    assert data["image/png"].startswith(b"\x89PNG")


def test_the_still_picture_shows_each_step():
    figure = explore.explore("camera", pool="max").still()
    assert [axes.get_title() for axes in figure.axes] == [
        "picture, 256 × 256", "feature map, 254 × 254", "max pooled, 127 × 127",
    ]  # fmt: skip


# --- the page, and the rest ---------------------------------------------------------------------------------


def test_the_page_needs_nothing_but_itself(tmp_path, capsys):
    path = tmp_path / "explorer.html"
    assert cli.main(["explore", "--page", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    text = path.read_text(encoding="utf-8")
    assert text == page.build(), "the same each time"
    assert not re.findall(r"""<(?:script|link|img)[^>]*\b(?:src|href)=["'](?!data:)""", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "default-src 'none'" in text
    assert text.count("</script>") == 2


def test_an_even_kernel_has_a_border_too():
    assert run(pictures.take("camera"), Settings(np.ones((4, 2)), padding="reflect")).feature_map.shape == (257, 257)
