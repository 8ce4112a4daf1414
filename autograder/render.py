"""A verdict as text and as HTML, for the graded notebook and the feedback page.

Everything that comes from a student is escaped; there is no hidden source to leak, only the one example that
the verdict carries.
"""

from html import escape

from autograder.verdict import FAILED, NOT_GRADED, PASSED, PropertyVerdict, Verdict
from cnnkit.exercises import drawing

_BORDER = {PASSED: "#2e7d32", FAILED: "#b3261e", NOT_GRADED: "#8a6100"}
_CELL = "text-align:left;vertical-align:top;padding:0.2em 1em 0.2em 0"
_HEAD = "".join(f'<th style="{_CELL}">{title}</th>' for title in ("property", "result", "what it says"))
_WORD = {PASSED: "passed", FAILED: "not passed yet", NOT_GRADED: "could not be graded"}
_SIGN = {PASSED: "x", FAILED: " ", NOT_GRADED: "-"}
_RESULT = {PASSED: "✓ holds", FAILED: "✗ fails", NOT_GRADED: "– could not be graded"}
_FAULT = {"student": "because of the submitted code", "course": "because of a fault in the course"}


def as_text(verdict: Verdict, points: float, max_points: float) -> str:
    """The verdict for a terminal.

    Examples
    --------
    >>> from autograder.verdict import not_graded
    >>> print(as_text(not_graded("conv2d", "conv2d is not defined in the notebook"), 0.0, 5.0))
    conv2d could not be graded: 0 of 5 points. conv2d is not defined in the notebook
    """
    lines = [f"{verdict.exercise} {_WORD[verdict.state]}: {points:g} of {max_points:g} points. {verdict.reason}"]
    for prop in verdict.properties:
        lines.append(f"  [{_SIGN[prop.state]}] {prop.name}: {prop.claim}")
        if not prop.passed:
            lines.append(f"      {_detail(prop)}")
    example = verdict.counterexample
    if example:
        lines += [
            _title(verdict),
            example.inputs,
            "should give",
            example.expected,
            "but gave",
            example.got,
        ]
    if verdict.hint:
        lines.append(f"Perhaps: {verdict.misconception}. {verdict.hint}")
    lines += [f"Note: {note}" for note in verdict.notes]
    return "\n".join(lines)


def as_html(verdict: Verdict, points: float, max_points: float) -> str:
    """The verdict for a page: one box, no script, colours never alone."""
    parts = [
        f'<div style="border-left:4px solid {_BORDER[verdict.state]};padding:0.5em 1em">',
        f"<p><strong>{escape(verdict.exercise)} {_WORD[verdict.state]}: {points:g} of {max_points:g} points.</strong> "
        f"{escape(verdict.reason)}</p>",
    ]
    if verdict.properties:
        parts.append(f"<table><thead><tr>{_HEAD}</tr></thead><tbody>")
        for prop in verdict.properties:
            said = escape(prop.claim) if prop.passed else f"{escape(prop.claim)}<br>{escape(_detail(prop))}"
            row = "".join(f'<td style="{_CELL}">{text}</td>' for text in (escape(prop.name), _RESULT[prop.state], said))
            parts.append(f"<tr>{row}</tr>")
        parts.append("</tbody></table>")
    example = verdict.counterexample
    if example:
        parts.append(f"<p>{_title(verdict)}</p>")
    if example and example.failure:
        parts.append(drawing.as_html(example.failure, headline=False))
    elif example:
        for title, text in (("Call", example.inputs), ("Expected", example.expected), ("Got", example.got)):
            parts.append(f"<p>{title}:</p><pre>{escape(text)}</pre>")
    if verdict.hint:
        parts.append(f"<p><strong>Perhaps: {escape(verdict.misconception)}.</strong> {escape(verdict.hint)}</p>")
    parts += [f"<p>Note: {escape(note)}</p>" for note in verdict.notes]
    return "".join([*parts, "</div>"])


def _detail(prop: PropertyVerdict) -> str:
    if prop.state != NOT_GRADED:
        return prop.detail
    return f"could not be graded ({_FAULT[prop.fault]}): {prop.detail}"


def _title(verdict: Verdict) -> str:
    wrong = verdict.smallest or any(p.state == FAILED and p.example for p in verdict.properties)
    return "The smallest example that failed:" if wrong else "A call that gave no answer:"
