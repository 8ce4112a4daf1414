"""The report's pictures: SVG by matplotlib, to stand in a page and take over its colours, light, dark or on paper."""

import io
import re
from collections.abc import Callable

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.report import Item

#: Colours that matplotlib writes, and what they become: names that the page gives a value for each of its themes.
_COLOURS = {
    "#010101": "currentColor",
    "#020202": "var(--passed)",
    "#030303": "var(--failed)",
    "#040404": "var(--missed)",
    "#050505": "var(--accent)",
    "#060606": "var(--page)",
    "#070707": "var(--line)",
}
_TEXT, _PASSED, _FAILED, _MISSED, _ACCENT, _PAGE, _LINE = _COLOURS
_STYLE = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched, and set in the page's font
    "font.size": 10,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), _TEXT),
}


def points_histogram(points: list[float], highest: float) -> str:
    """How many submissions have how many points."""

    highest = max([highest, *points]) or 1.0  # more than there are now, of a lesson that was changed since

    def draw(axes: Axes) -> None:
        count = min(20, max(5, round(highest)))
        edges = [highest * i / count for i in range(count + 1)]
        # A share of the last digit more, so that a sum such as 2.6 + 0.4 does not fall below its own edge.
        axes.hist(
            [point + 1e-9 * highest for point in points], [*edges[:-1], highest * 1.001], color=_ACCENT, rwidth=0.9
        )
        axes.set(xlabel=f"points, of {highest:g}", ylabel="submissions", xlim=(0, highest * 1.001))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.grid(axis="y", color=_LINE, linewidth=0.7)
        axes.set_axisbelow(True)

    return _svg("histogram", draw, 3.0)


def exercise_states(items: list[Item]) -> str:
    """Passed, failed and not graded in each exercise, with their numbers in the bars."""

    def draw(axes: Axes) -> None:
        left, places = [0] * len(items), range(len(items))
        for title, colour, hatch, counts in (
            ("passed", _PASSED, "", [item.passed for item in items]),
            ("failed", _FAILED, "///", [item.failed for item in items]),
            ("not graded", _MISSED, "\\\\\\", [item.not_graded_student + item.not_graded_course for item in items]),
        ):
            bars = axes.barh(
                places,
                counts,
                left=left,
                color=colour,
                edgecolor=_PAGE,
                hatch=hatch,
                label=title,
                height=0.7,
            )
            labels = axes.bar_label(bars, [str(n) if n else "" for n in counts], label_type="center", color=_TEXT)
            for label in labels:
                label.set_bbox({"facecolor": _PAGE, "edgecolor": "none", "pad": 1.5})
                label.set_visible(bool(label.get_text()))
            left = [start + count for start, count in zip(left, counts, strict=True)]
        names = [item.exercise for item in items]
        axes.set_yticks(places, [name if len(name) <= 30 else f"{name[:29]}…" for name in names])
        axes.invert_yaxis()
        axes.set(xlabel="submissions", xlim=(0, max([*left, 1])))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(axis="y", length=0)
        axes.legend(ncols=3, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)

    return _svg("states", draw, 1.1 + 0.38 * len(items))


def _svg(name: str, draw: Callable[[Axes], None], height: float) -> str:
    """Draw a figure and return its SVG element, ready to stand in a page beside others."""
    with rc_context(_STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=(7, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        file = io.StringIO()
        figure.savefig(
            file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
        )
    return _for_a_page(file.getvalue(), name)


def _for_a_page(text: str, name: str) -> str:
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would hold for the whole page
    text = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font-family: [^;]*; ", "", text)
    for written, colour in _COLOURS.items():
        text = text.replace(written, colour)
    # Without its height, so that the picture keeps its shape in a narrow window.
    box = re.search(r'viewBox="[^"]*"', text)[0]
    _, _, inside = text[text.index("<svg") :].partition(">")
    return f'<svg class="plot" aria-hidden="true" {box} xmlns:xlink="http://www.w3.org/1999/xlink">{inside}'
