"""cnnkit.exercises.drawing: pictures that everybody can read, of arrays of any size and of anybody's text."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from cnnkit import ops
from cnnkit.answers import RAISED, Answer, answer_of, difference
from cnnkit.exercises import Call, find
from cnnkit.exercises.drawing import COLUMNS, PARTS, ROWS, STYLE, Failure, _colors, as_html, as_text, note_html


def failure(name, got, *args, **more):
    exercise, call = find(name), Call(args)
    expected = call.on(exercise.reference)
    answer = got if isinstance(got, Answer) else answer_of(got)
    detail = more.pop("detail", difference(answer, expected, call.scale()))
    return Failure(exercise, exercise.public[0].claim, [call], 0, expected, answer, detail, **more)


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what is in them."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def count(self, tag, name=None):
        return sum(t == tag and (name is None or name in (a.get("class") or "").split()) for t, a in self.tags)


def test_wrong_cells_have_a_sign_and_a_border_and_so_have_the_right_ones():
    page = Page(as_html(failure("relu", [[0, 2], [3, 9]], np.array([[0, 2], [3, 4]]))))
    assert page.count("table") == 3
    assert page.count("td", "cnnkit-wrong") == page.count("td", "cnnkit-should") == 1
    assert ("span", {"role": "img", "aria-label": "wrong"}) in page.tags
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "table"]
    assert labels == ["x, shape (2, 2)", "expected, shape (2, 2)", "got, shape (2, 2)"]
    assert not {"script", "img", "iframe", "link"} & {tag for tag, _ in page.tags}


@pytest.mark.parametrize("theme", ["#ffffff", "#111111", "#1e1e1e"])
def test_borders_are_seen_on_light_and_on_dark(theme):
    for color in re.findall(r"#[0-9a-f]{6}", STYLE):
        assert contrast(color, theme) >= 3, color


def test_numbers_can_be_read_on_every_color():
    for brightness in np.linspace(0, 1, 1001):
        fill, ink = _colors(brightness)
        assert contrast(fill, {"#fff": "#ffffff", "#000": "#000000"}[ink]) >= 4.5


def contrast(one, other):
    """As the Web Content Accessibility Guidelines define it, written down once more."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_large_array_is_cut_around_the_first_wrong_cell():
    image = np.arange(3000.0).reshape(50, 60)
    got = image.copy()
    got[33, 44] = -1
    html = as_html(failure("relu", got, image))
    page = Page(html)
    assert page.count("td") <= 3 * (ROWS * COLUMNS + 1)
    assert page.count("td", "cnnkit-wrong") == 1
    first, last = map(int, re.findall(r"Shown: rows (\d+)–(\d+) of 50, columns \d+–\d+ of 60\.", html)[-1])
    assert first <= 33 <= last


def test_channels_that_are_wrong_are_drawn_and_others_are_counted():
    x = np.zeros((3, 4, 9))
    got = np.zeros((3, 4, 9))
    got[1, 2, 7] = 5
    html = as_html(failure("relu", got, x))
    assert "expected, shape (3, 4, 9), channel 7" in html
    assert "expected, shape (3, 4, 9), channel 0" not in html
    assert f"{PARTS} of 9 parts are shown." in html  # of the input
    assert "1 of 9 parts are shown." in html


def test_other_shapes_are_drawn_without_marks_below_the_matrices():
    page = Page(as_html(failure("relu", np.zeros((2, 3)), np.zeros((3, 2)))))
    assert page.count("table") == 3
    assert page.count("td", "cnnkit-wrong") == 0


def test_results_are_drawn_one_by_one():
    image = np.arange(12).reshape(2, 2, 3)
    html = as_html(failure("split_channels", np.moveaxis(image, 2, 0)[::-1], image))
    for number in (1, 2, 3):
        assert f"got, result {number}, shape (2, 2)" in html


@pytest.mark.parametrize(
    "got",
    [
        np.full((2, 2), np.nan),
        np.array([[np.inf, -np.inf], [1e308, -1e308]]),
        np.array([[1 + 2j, 0], [0, 0]]),
        np.array([[True, False], [False, True]]),
        np.zeros((0, 2)),
        np.zeros((2, 0, 3)),
        7,
        (np.zeros(2), np.zeros(3)),
        np.zeros((1, 2, 1, 2, 2)),
        np.zeros(300_000).reshape(1000, 1, 300),
    ],
    ids=str,
)
def test_whatever_comes_back_can_be_drawn(got):
    shown = failure("relu", got, np.array([[-1.0, 2], [3, 4]]), detail="is wrong")
    assert Page(as_html(shown)).count("td") < 1000
    assert as_text(shown)


def test_text_of_a_student_is_escaped_and_ends():
    hostile = "<script>alert(1)</script>\x1b[31m\x00\u202e" + "A" * 100_000
    for html in (
        as_html(failure("relu", Answer(RAISED, text=hostile), np.zeros(2))),
        note_html(hostile, code=hostile[:90]),
    ):
        page = Page(html)
        assert "script" not in {tag for tag, _ in page.tags}
        assert len(html) < 20_000
        assert not re.search("[\x00\x1b\u202e]", html)


def test_a_random_function_is_not_compared_with_one_draw_of_the_reference():
    rng = np.random.default_rng(0)
    shown = failure("dropout", np.zeros((2, 2)), np.ones((2, 2)), 0.5, rng, unique=False, detail="all are dropped")
    html = as_html(shown)
    assert "got, shape (2, 2)" in html
    assert "expected" not in html
    assert "cnnkit-wrong" not in html.replace(STYLE, "")
    assert "expected" not in as_text(shown)


def test_what_came_back_right_is_not_compared():
    image = np.ones((2, 2))
    shown = failure("relu", ops.relu(image), image, detail="changed the array that it was given: work on a copy")
    assert "Your function changed the array" in as_html(shown)
    assert "expected" not in as_html(shown)
    assert "expected" not in as_text(shown)


def test_a_page_brings_the_style_once():
    shown = failure("relu", [[1]], np.array([[0]]))
    assert "<style>" not in as_html(shown, style=False)
    assert "is not right yet" not in as_html(shown, headline=False, style=False).split(">", 1)[1]
