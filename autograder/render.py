"""A verdict as text and as HTML, for the graded notebook and the feedback page.

Everything that comes from a student is escaped; there is no hidden source to leak, only the one example that
the verdict carries. The sentences stand in :mod:`cnnkit.exercises.texts`; a verdict's own are English texts that know
how they were made, and are said here in the language of the course.
"""

from html import escape

from autograder.verdict import FAILED, NOT_GRADED, PASSED, PropertyVerdict, Verdict
from cnnkit.exercises import drawing, texts
from cnnkit.exercises.texts import say

_BORDER = {PASSED: "#2e7d32", FAILED: "#b3261e", NOT_GRADED: "#8a6100"}
_CELL = "text-align:left;vertical-align:top;padding:0.2em 1em 0.2em 0"
_BOX = {PASSED: "x", FAILED: " ", NOT_GRADED: "-"}
_SIGN = {PASSED: "✓", FAILED: "✗", NOT_GRADED: "–"}


def as_text(verdict: Verdict, points: float, max_points: float) -> str:
    """The verdict for a terminal.

    Examples
    --------
    >>> from autograder.verdict import not_graded
    >>> print(as_text(not_graded("conv2d", "conv2d is not defined in the notebook"), 0.0, 5.0))
    conv2d could not be graded: 0 of 5 points. conv2d is not defined in the notebook
    """
    lines = [f"{_points(verdict, points, max_points)} {say(verdict.reason)}"]
    for prop in verdict.properties:
        lines.append(f"  [{_BOX[prop.state]}] {say(prop.name)}: {say(prop.claim)}")
        if not prop.passed:
            lines.append(f"      {_detail(prop)}")
    example = verdict.counterexample
    if example:
        lines += [
            say(texts.SMALLEST_IN_TEXT if _is_wrong(verdict) else texts.NO_ANSWER_TO_JUDGE),
            example.inputs,
            say(texts.SHOULD_GIVE),
            say(example.expected),
            say(texts.BUT_GAVE),
            say(example.got),
        ]
    if verdict.hint:
        lines.append(f"{_perhaps(verdict)} {say(verdict.hint)}")
    lines += [say(texts.NOTE, note=note) for note in verdict.notes]
    return "\n".join(lines)


def as_html(verdict: Verdict, points: float, max_points: float) -> str:
    """The verdict for a page: one box, no script, colours never alone."""
    parts = [
        f'<div style="border-left:4px solid {_BORDER[verdict.state]};padding:0.5em 1em">',
        f"<p><strong>{escape(_points(verdict, points, max_points))}</strong> {escape(say(verdict.reason))}</p>",
    ]
    if verdict.properties:
        titles = (texts.PROPERTY, texts.OUTCOME, texts.WHAT_IT_SAYS)
        head = "".join(f'<th style="{_CELL}">{escape(say(title))}</th>' for title in titles)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>")
        for prop in verdict.properties:
            result = f"{_SIGN[prop.state]} {say(texts.HOLDS[prop.state])}"
            said = escape(say(prop.claim))
            if not prop.passed:
                said += f"<br>{escape(_detail(prop))}"
            cells = (escape(say(prop.name)), escape(result).replace(" ", "\xa0", 1), said)
            row = "".join(f'<td style="{_CELL}">{text}</td>' for text in cells)
            parts.append(f"<tr>{row}</tr>")
        parts.append("</tbody></table>")
    example = verdict.counterexample
    if example:
        parts.append(f"<p>{escape(say(texts.SMALLEST if _is_wrong(verdict) else texts.NO_ANSWER_TO_JUDGE))}</p>")
    if example and example.failure:
        parts.append(drawing.as_html(example.failure, headline=False))
    elif example:
        shown = ((texts.CALL, example.inputs), (texts.EXPECTED_THERE, example.expected), (texts.GOT_THERE, example.got))
        for title, text in shown:
            parts.append(f"<p>{escape(say(title))}:</p><pre>{escape(say(text))}</pre>")
    if verdict.hint:
        parts.append(f"<p><strong>{escape(_perhaps(verdict))}</strong> {escape(say(verdict.hint))}</p>")
    parts += [f"<p>{escape(say(texts.NOTE, note=note))}</p>" for note in verdict.notes]
    return "".join([*parts, "</div>"])


def _points(verdict: Verdict, points: float, max_points: float) -> str:
    state = say(texts.STATES[verdict.state])
    return say(texts.POINTS, name=verdict.exercise, state=state, points=f"{points:g}", worth=f"{max_points:g}")


def _perhaps(verdict: Verdict) -> str:
    return say(texts.PERHAPS, name=say(verdict.misconception))


def _detail(prop: PropertyVerdict) -> str:
    why = say(prop.detail)
    if prop.state != NOT_GRADED:
        return why
    return say(texts.COULD_NOT_BE_GRADED, fault=say(texts.FAULTS[prop.fault]), why=why)


def _is_wrong(verdict: Verdict) -> bool:
    """Whether the example that is shown has a wrong answer, rather than none."""
    return verdict.smallest is not None or any(p.state == FAILED and p.example for p in verdict.properties)
