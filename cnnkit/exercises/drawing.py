"""A call on which a function is wrong, as a picture that anybody can read and as plain text.

The picture is HTML of tables, without a script. It takes its text colours from the page around it, so that it fits
a light and a dark theme; the cells of a matrix have colours of their own, as a picture has, and black or white
numbers, whichever can be read. What is wrong has a border and a sign, never a colour alone.

Everything that comes from a student is escaped, and arrays of any size are cut to a part that fits.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice

import numpy as np

from cnnkit.answers import VALUE, Answer, number, wrong_cells
from cnnkit.exercises import texts
from cnnkit.exercises.model import Call, Exercise, Misconception
from cnnkit.exercises.texts import say, sentence
from cnnkit.exercises.wording import LARGEST_PASTED, array_text, call_text

#: The largest part of an array that is drawn: rows, columns, and matrices one after the other.
ROWS, COLUMNS, PARTS = 8, 8, 4
#: Numbers of an array that is written out as text; of a larger one only the shape is.
_LARGEST_TEXT = 10_000
_LONGEST_TEXT = 2_000

#: The colours from the smallest number to the largest: matplotlib's cividis, which the colour-blind read, too.
_RAMP = ("#00224e", "#1a386f", "#434e6c", "#61656f", "#7d7c78", "#9b9476", "#bcae6c", "#dec958", "#fee838")
#: A red and a grey that are seen on white and on black.
_RED, _GREY = "#d1495b", "#808a94"

#: What the pictures look like; once on a page is enough.
STYLE = f"""<style>
.cnnkit-shown {{ color: inherit; border-left: 4px solid var(--jp-error-color1, {_RED}); padding: 0.2em 0 0.2em 1em;
  font-family: var(--jp-content-font-family, system-ui, sans-serif); line-height: 1.45; }}
.cnnkit-shown.cnnkit-right {{ border-left-color: var(--jp-success-color1, #2e8b57); }}
.cnnkit-shown.cnnkit-busy {{ border-left-color: {_GREY}; }}
.cnnkit-shown p {{ margin: 0.4em 0; max-width: 46em; white-space: pre-wrap; overflow-wrap: anywhere; }}
.cnnkit-shown pre {{ margin: 0.4em 0; padding: 0.5em 0.8em; overflow-x: auto; color: inherit;
  background: rgba(128, 138, 148, 0.14); border: 1px solid {_GREY}; border-radius: 4px;
  font: 0.92em/1.4 var(--jp-code-font-family, ui-monospace, monospace); white-space: pre;
  max-height: 18em; overflow-y: auto; }}
.cnnkit-shown .cnnkit-row {{ display: flex; flex-wrap: wrap; gap: 0.6em 2.2em; align-items: flex-start; }}
.cnnkit-shown table, .cnnkit-shown .jp-RenderedHTMLCommon table {{ margin: 0.4em 0; width: auto; color: inherit;
  border: none; border-collapse: separate; border-spacing: 2px; table-layout: auto;
  font: 0.95em/1.2 var(--jp-code-font-family, ui-monospace, monospace); }}
.cnnkit-shown .cnnkit-row p.cnnkit-caption {{ margin: 0.3em 0 0; white-space: nowrap; font-size: 0.95em; }}
.cnnkit-shown tr, .cnnkit-shown tbody tr:nth-child(odd), .cnnkit-shown tbody tr:hover {{ background: none !important; }}
.cnnkit-shown .cnnkit-row p {{ margin: 0; }}
.cnnkit-shown th {{ padding: 0 0.4em; font-weight: normal; font-size: 0.85em; color: inherit; text-align: center;
  border: none; background: transparent; }}
.cnnkit-shown td {{ box-sizing: border-box; min-width: 2.4em; padding: 0.3em 0.4em; text-align: right;
  white-space: nowrap; border: 3px solid transparent; }}
.cnnkit-shown td.cnnkit-wrong {{ border: 3px solid {_RED}; box-shadow: inset 0 0 0 1px #fff; font-weight: bold; }}
.cnnkit-shown td.cnnkit-should {{ outline: 2px dashed currentColor; outline-offset: -4px; font-weight: bold; }}
.cnnkit-shown td.cnnkit-nan {{ color: inherit; font-style: italic; }}
</style>"""


@dataclass(frozen=True)
class Failure:
    """One example on which a function is wrong, and all that is said about it.

    Parameters
    ----------
    exercise : Exercise
    claim : str
        What a right function does, as in :class:`~cnnkit.exercises.Property`.
    calls : sequence of Call
        The example; the arguments as they were before the call.
    index : int
        Which call went wrong.
    expected : ndarray, number, or tuple of them
        What that call should have given.
    answer : Answer or None
        What it gave; None when it was not reached.
    detail : str
        What is wrong with it, as :meth:`~cnnkit.exercises.Property.failure` says it.
    misconception : Misconception, optional
        The named mistake that gives the same answers.
    unique : bool, optional
        Whether `expected` is the only right answer, so that it is shown beside what came; not for a property with a
        rule, such as those of dropout.

    Examples
    --------
    >>> from cnnkit.answers import answer_of
    >>> from cnnkit.exercises import find
    >>> conv2d = find("conv2d")
    >>> call = Call((np.array([[0, 1]]), np.array([[0, 1]])))
    >>> failure = Failure(conv2d, conv2d.public[0].claim, [call], 0, np.array([[1]]), answer_of([[0]]), "is wrong")
    >>> print(as_text(failure))
    conv2d is not right yet. A right one multiplies each window of the image with the kernel, ...
    <BLANKLINE>
    Try:
        conv2d(np.array([[0, 1]]), np.array([[0, 1]]))
    <BLANKLINE>
    Is wrong.
    <BLANKLINE>
    expected    got
    [[1]]       [[0]]
    >>> "<table" in as_html(failure), "<script" in as_html(failure)
    (True, False)
    """

    exercise: Exercise
    claim: str
    calls: Sequence[Call]
    index: int
    expected: object
    answer: Answer | None
    detail: str
    misconception: Misconception | None = None
    unique: bool = True

    @property
    def call(self) -> Call:
        """The call that went wrong."""
        return self.calls[self.index]

    @property
    def got(self):
        """What came back, in the form of what was expected; None when that was no numbers."""
        if self.answer is None or self.answer.kind != VALUE:
            return None
        value = self.answer.value
        if isinstance(self.expected, tuple) and not isinstance(value, tuple) and np.ndim(value):
            return tuple(value)  # several results of one shape were stacked into one array
        return value

    @property
    def comparable(self) -> bool:
        """Whether what was expected and what came differ, so that there is something to see side by side."""
        masks = self.wrong()
        shapes_agree = len(_parts(self.got)) == len(_parts(self.expected)) and all(mask is not None for mask in masks)
        return self.unique and not (shapes_agree and not any(mask.any() for mask in masks))

    def wrong(self) -> list[np.ndarray | None]:
        """For each result, which cells are wrong; None where the shapes differ, so that cells have no counterparts."""
        expected, got = _parts(self.expected), _parts(self.got)
        return [
            wrong_cells(there, here, self.call.scale())
            if len(got) == len(expected) and there.shape == here.shape
            else None
            for there, here in zip(got, expected, strict=False)
        ]


def as_text(failure: Failure) -> str:
    """A failure for a terminal, for a screen reader, and for whatever shows no HTML.

    Parameters
    ----------
    failure : Failure

    Returns
    -------
    str
        Several paragraphs; the example is at :class:`Failure`.
    """
    name = failure.exercise.name
    parts = [_headline(failure)]
    earlier = [call_text(name, before) for before in failure.calls[: failure.index]]
    if earlier:
        parts.append(f"{say(texts.FIRST)}\n" + _indented("\n".join(earlier)))
    parts.append(f"{say(texts.TRY)}\n" + _indented(call_text(name, failure.call)))
    parts.append(sentence(failure.detail))
    expected = _result_text(failure.expected)
    if failure.got is None:
        parts.append(f"{say(texts.EXPECTED)}\n" + _indented(expected))
    elif not failure.unique:
        parts.append(f"{say(texts.GOT)}\n" + _indented(_result_text(failure.got)))
    elif failure.comparable:
        parts.append(_side_by_side(expected, _result_text(failure.got)))
    if failure.misconception:
        parts.append("\n".join(_reason(failure.misconception)))
    return "\n\n".join(parts)


def as_html(failure: Failure, *, headline: bool = True, style: bool = True) -> str:
    """A failure as a picture.

    Parameters
    ----------
    failure : Failure
    headline : bool, optional
        Whether it begins with the exercise and the claim; not where the page has said that already.
    style : bool, optional
        Whether it brings :data:`STYLE`; once on a page is enough.

    Returns
    -------
    str
        One HTML element (behind the style), for a notebook's output or a page; no script, every text escaped.
    """
    name = failure.exercise.name
    parts = []
    if headline:
        title = f"✗ {say(texts.NOT_RIGHT, name=name)}"
        parts.append(f"<p><strong>{_safe(title)}</strong> {_safe(say(texts.CLAIM, claim=say(failure.claim)))}</p>")
    parts.append(f"<p>{_safe(sentence(failure.detail))}</p>")
    calls = [call_text(name, call) for call in failure.calls[: failure.index + 1]]
    parts.append(f"<p>{_safe(say(texts.TRY))}</p>{_code(chr(10).join(calls))}")
    parts.append(_inputs(failure))
    parts.append(_comparison(failure))
    if failure.misconception:
        reason, hint = _reason(failure.misconception)
        parts.append(f"<p><strong>{_safe(reason)}</strong> {_safe(hint)}</p>")
    return _box("".join(parts), _headline(failure), style=style)


def note_html(text: str, *, mark: str = "✗", code: str = "", style: bool = True) -> str:
    """A short message that looks like the pictures: the first line in bold, the rest below it.

    Parameters
    ----------
    text : str
    mark : str, optional
        The sign before it; ✓ for good news.
    code : str, optional
        A call to paste, below the text.
    style : bool, optional

    Examples
    --------
    >>> print(note_html("relu: all 2 checks passed", mark="✓", style=False))
    <div class="cnnkit-shown cnnkit-right" role="group" aria-label="relu: all 2 checks passed"><p><strong>✓ ...
    """
    first, _, rest = text.partition("\n")
    body = f"<p><strong>{_safe(mark)} {_safe(first)}</strong></p>"
    if rest.strip():
        body += f"<p>{_safe(rest.strip())}</p>"
    if code:
        body += _code(code)
    return _box(body, first, kind={"✓": "right", "✗": "failed"}.get(mark, "busy"), style=style)


def _code(text: str) -> str:
    # A long one scrolls, which the keyboard must reach.
    return f'<pre tabindex="0">{_safe(text, longest=None)}</pre>'


def _box(body: str, label: str, *, kind: str = "failed", style: bool = True) -> str:
    opening = f'<div class="cnnkit-shown cnnkit-{kind}" role="group" aria-label="{_safe(label)}">'
    return f"{STYLE if style else ''}{opening}{body}</div>"


def _headline(failure: Failure) -> str:
    claim = say(texts.CLAIM, claim=say(failure.claim))
    return f"{say(texts.NOT_RIGHT, name=failure.exercise.name)} {claim}"


def _reason(misconception: Misconception) -> tuple[str, str]:
    return say(texts.LIKELY_REASON, name=say(misconception.name)), say(misconception.hint)


def _safe(text: str, longest: int | None = _LONGEST_TEXT) -> str:
    """Text that may stand in HTML, whoever wrote it: escaped, without control characters, not endless."""
    if longest is not None and len(text) > longest:
        text = text[:longest] + " …"
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)
    return escape(text)


# Matrices -----------------------------------------------------------------------------------------


def _inputs(failure: Failure) -> str:
    """The array arguments as matrices; numbers can be read in the call."""
    names = list(inspect.signature(failure.exercise.reference).parameters)
    named = [*zip(names, failure.call.args, strict=False), *failure.call.kwargs.items()]
    small = [(name, value) for name, value in named if isinstance(value, np.ndarray) and value.size <= LARGEST_PASTED]
    drawn = [_matrices(name, value, _range([value])) for name, value in small]
    return f'<div role="group" aria-label="{_safe(say(texts.INPUTS))}">{_row(drawn)}</div>'


def _comparison(failure: Failure) -> str:
    """What was expected and what came, side by side, result by result and part by part."""
    expected, got, wrong = _parts(failure.expected), _parts(failure.got), failure.wrong()
    if got and not failure.unique:
        expected, wrong = [], []
    elif not failure.comparable:
        return ""
    count = max(len(expected), len(got))
    rows, marked, limits = [], False, _range([*expected, *got])
    for index in range(min(count, PARTS)):
        mask = wrong[index] if index < len(wrong) else None
        marked |= mask is not None and bool(mask.any())
        pair = [(texts.EXPECTED, expected, "should"), (texts.GOT, got, "wrong")]
        pair = [(say(title), results[index], kind) for title, results, kind in pair if index < len(results)]
        if count > 1:
            pair = [(f"{title}, {say(texts.RESULT, number=index + 1)}", result, kind) for title, result, kind in pair]
        rows.append(_pair(pair, mask, limits))
    if not got:
        rows.append(f"<p>{_safe(say(texts.GOT))}: {_safe(say(texts.NO_NUMBERS))}</p>")
    if count > PARTS:
        rows.append(_note(texts.SOME_PARTS, shown=PARTS, count=count))
    if marked:
        rows.append(_note(texts.LEGEND))
    return "".join(rows)


def _pair(pair: list[tuple[str, np.ndarray, str]], wrong: np.ndarray | None, limits) -> str:
    """Two arrays beside each other; of those with channels, the channels that are wrong."""
    if wrong is None or wrong.ndim <= 2 or not wrong.any():
        return _row(_matrices(title, array, limits, wrong, kind) for title, array, kind in pair)
    places = list(islice((place for place in _slices(wrong.shape) if wrong[place].any()), PARTS))
    rows = [
        _row(_matrix(_caption(title, array, at), array[at], limits, wrong[at], kind) for title, array, kind in pair)
        for at in places
    ]
    count = wrong.size // (wrong.shape[-2] * wrong.shape[-3])
    if len(places) < count:
        rows.append(_note(texts.SOME_PARTS, shown=len(places), count=count))
    return "".join(rows)


def _row(drawn) -> str:
    return f'<div class="cnnkit-row">{"".join(f"<div>{each}</div>" for each in drawn)}</div>'


def _caption(title: str, array: np.ndarray, place: tuple = ()) -> str:
    parts = [title]
    if array.ndim:
        parts.append(say(texts.SHAPE, shape=array.shape))
    if len(place) == 3:
        parts.append(say(texts.CHANNEL, number=place[-1]))
    elif place:
        index = ", ".join(":" if isinstance(part, slice) else str(part) for part in place)
        parts.append(say(texts.SLICE, index=f"[{index}]"))
    return ", ".join(parts)


def _matrices(title: str, array: np.ndarray, limits, wrong: np.ndarray | None = None, kind: str = "") -> str:
    """An array as one table, or, with more than two axes, as several."""
    if not array.size:
        return f"<p>{_safe(_caption(title, array))}: {_safe(say(texts.EMPTY))}</p>"
    if array.ndim <= 2:
        return _matrix(_caption(title, array), array, limits, wrong, kind)
    places = list(islice(_slices(array.shape), PARTS))
    tables = _row(_matrix(_caption(title, array, place), array[place], limits) for place in places)
    count = array.size // (array.shape[-2] * array.shape[-3])
    return tables + _note(texts.SOME_PARTS, shown=PARTS, count=count) if count > PARTS else tables


def _slices(shape: tuple[int, ...]) -> Iterator[tuple]:
    """Where the matrices of an array lie: channels are last, and what comes in batches, first."""
    for *batch, channel in np.ndindex(*shape[:-3], shape[-1]):
        yield (*batch, slice(None), slice(None), channel)


def _matrix(caption: str, matrix: np.ndarray, limits, wrong: np.ndarray | None = None, kind: str = "") -> str:
    """A table of the numbers around the first wrong one, each in a cell that is as bright as the number is large."""
    axes = matrix.ndim
    matrix = np.atleast_2d(matrix)
    wrong = np.zeros(matrix.shape, bool) if wrong is None else np.atleast_2d(wrong)
    row, column = np.argwhere(wrong)[0] if wrong.any() else (0, 0)
    rows, columns = _window(matrix.shape[0], row, ROWS), _window(matrix.shape[1], column, COLUMNS)
    lines = []
    if axes:
        corner = "<td></td>" if axes > 1 else ""
        heads = "".join(f'<th scope="col">{j}</th>' for j in columns)
        lines.append(f"<thead><tr>{corner}{heads}</tr></thead>")
    lines.append("<tbody>")
    for i in rows:
        head = f'<th scope="row">{i}</th>' if axes > 1 else ""
        cells = "".join(_cell(matrix[i, j], limits, kind if wrong[i, j] else "") for j in columns)
        lines.append(f"<tr>{head}{cells}</tr>")
    # A real caption would stretch the cells to its own width.
    title = f'<p class="cnnkit-caption" aria-hidden="true">{_safe(caption)}</p>'
    table = f'{title}<table aria-label="{_safe(caption)}">{"".join(lines)}</tbody></table>'
    if (len(rows), len(columns)) == matrix.shape:
        return table
    shown = {"rows": f"{rows[0]}–{rows[-1]}", "columns": f"{columns[0]}–{columns[-1]}"}
    return table + _note(texts.SOME_CELLS, **shown, height=matrix.shape[0], width=matrix.shape[1])


def _window(count: int, first: int, most: int) -> range:
    start = max(0, min(int(first) - most // 3, count - most))
    return range(start, min(count, start + most))


def _cell(value, limits, kind: str) -> str:
    text = _safe(number(value))
    if kind == "wrong":
        text = f'<span role="img" aria-label="{_safe(say(texts.WRONG_CELL))}">✗</span> {text}'
    names = [f"cnnkit-{kind}"] if kind else []
    look = ""
    if limits is None or not np.isfinite(value):
        names.append("cnnkit-nan")
    else:
        fill, ink = _colors(_brightness(value, limits))
        look = f' style="background:{fill};color:{ink}"'
    role = f' class="{" ".join(names)}"' if names else ""
    return f"<td{role}{look}>{text}</td>"


def _note(text: str, **values) -> str:
    return f"<p><small>{_safe(say(text, **values))}</small></p>"


# Colours ------------------------------------------------------------------------------------------


def _range(arrays: Sequence[np.ndarray]) -> tuple[float, float] | None:
    """The numbers that the darkest and the brightest colour stand for; None without any."""
    known = []
    for array in map(_real, arrays):
        with np.errstate(invalid="ignore"):
            array = array[np.isfinite(array)]
        if array.size:
            known += [float(array.min()), float(array.max())]
    return (min(known), max(known)) if known else None


def _real(values) -> np.ndarray:
    values = np.asarray(values)
    return np.abs(values) if values.dtype.kind == "c" else values.astype(float)


def _brightness(value, limits: tuple[float, float]) -> float:
    low, high = limits
    # Halves, so that the distance of two huge numbers does not overflow.
    span = high / 2 - low / 2
    return min(1.0, max(0.0, (float(_real(value)) / 2 - low / 2) / span)) if span > 0 else 0.5


def _colors(brightness: float) -> tuple[str, str]:
    """The colour of a cell, and black or white on it: one of them always has a contrast of 4.5 or more.

    Examples
    --------
    >>> _colors(0.0), _colors(1.0)
    (('#00224e', '#fff'), ('#fee838', '#000'))
    """
    place = brightness * (len(_RAMP) - 1)
    below = min(int(place), len(_RAMP) - 2)
    low, high = (np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) for color in _RAMP[below : below + 2])
    mixed = np.round(low + (high - low) * (place - below)).astype(int)
    # Relative luminance, as the Web Content Accessibility Guidelines define it.
    share = mixed / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#{:02x}{:02x}{:02x}".format(*mixed), "#000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#fff"


# Plain text ---------------------------------------------------------------------------------------


def _parts(result) -> list[np.ndarray]:
    if result is None:
        return []
    return [np.asarray(part) for part in result] if isinstance(result, tuple) else [np.asarray(result)]


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.splitlines())


def _result_text(result) -> str:
    return "\n".join(_array_text(part) for part in _parts(result))


def _array_text(array: np.ndarray) -> str:
    # Text is made of every number before most are left out, and a wrong answer may hold millions.
    return array_text(array) if array.size <= _LARGEST_TEXT else say(texts.SHAPE, shape=array.shape)


def _side_by_side(expected: str, got: str) -> str:
    left, right = [say(texts.EXPECTED), *expected.splitlines()], [say(texts.GOT), *got.splitlines()]
    width = max(map(len, left))
    if width > 60 or max(map(len, right)) > 60:
        return "\n".join([*left, "", *right])
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    return "\n".join(f"{a:<{width}}    {b}".rstrip() for a, b in zip(left, right, strict=True))
