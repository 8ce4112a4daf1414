"""The class report as files: one HTML page that needs nothing else, CSV for spreadsheets, and JSON.

The page is a Jinja2 template with autoescape on. As a second wall its Content-Security-Policy lets only the page's own
script run, by its hash, and lets nothing be loaded: what a student managed to write into it would be dead text.
"""

import base64
import csv
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder import report_plots
from autograder.report import (
    FAILED,
    NOT_GRADED,
    PASSED,
    Class,
    Distribution,
    Outcome,
    as_json,
    changes,
    distribution,
    items,
    mistakes,
    problems,
    property_rates,
    slowest,
)
from autograder.similar import NEARLY

_FOLDER = Path(__file__).parent / "pages"
_SIGN = {PASSED: "✓", FAILED: "✗", NOT_GRADED: "–"}
#: A spreadsheet takes text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """A column of a table: `kind` is text, number, share, student, students, state or outcome."""

    title: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """One table of the report, for the page and as a CSV file."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: list[tuple]
    empty: str = "Nothing."


def _table(key: str, title: str, columns: str, rows: Iterable[tuple], empty: str = "Nothing.") -> Table:
    """Columns as "title:kind, …"."""
    parts = [part.strip().partition(":") for part in columns.split(",")]
    return Table(key, title, tuple(Column(name, kind or "text") for name, _, kind in parts), list(rows), empty)


def tables(found: Class) -> dict[str, Table]:
    """All tables of a report, by key."""
    made = [
        _changes(found),
        _table(
            "exercises",
            "Exercises",
            "exercise, points:number, passed:number, failed:number, not graded (student):number, "
            "not graded (course):number, difficulty:share, discrimination:number, remark",
            [
                (
                    item.exercise,
                    item.max_points,
                    item.passed,
                    item.failed,
                    item.not_graded_student,
                    item.not_graded_course,
                    item.difficulty,
                    item.discrimination,
                    item.remark,
                )
                for item in items(found.results, found.max_points)
            ],
        ),
        _table(
            "properties",
            "Pass rate by property",
            "exercise, property, what it says, weight:number, judged:number, holds:number, pass rate:share, "
            "not graded:number",
            [
                (rate.exercise, rate.name, rate.claim, rate.weight, rate.asked, rate.passed, rate.rate, rate.not_graded)
                for rate in property_rates(found.results, found.claims)
            ],
        ),
        _table(
            "misconceptions",
            "Misconceptions",
            "students:number, exercise, misconception, hint that was given, who:students",
            [(len(m.students), m.exercise, m.what, m.hint, m.students) for m in mistakes(found.results) if m.named],
            "No submission matches a named misconception.",
        ),
        _table(
            "unnamed",
            "Failures without a name",
            "students:number, exercise, what went wrong, who:students",
            [(len(m.students), m.exercise, m.what, m.students) for m in mistakes(found.results) if not m.named],
            "Every failure has a name.",
        ),
        _table(
            "problems",
            "Not graded, and crashed",
            "student:student, exercise, state:state, whose fault, what happened",
            [(p.student, p.exercise or "all", p.state, p.fault, p.what) for p in problems(found.results)],
            "Every submission could be graded, and none crashed or ran out of time.",
        ),
        _table(
            "slowest",
            "Slowest submissions",
            "student:student, seconds:number, CPU seconds:number, points:number",
            [(result.student, result.seconds, result.cpu_seconds, result.points) for result in slowest(found.results)],
        ),
        _similar(found),
        _students(found),
    ]
    return {table.key: table for table in made}


def _changes(found: Class) -> Table:
    changed = changes(found.entries)
    return _table(
        "changes",
        "What changed",
        "student:student, before:number, now:number, difference:number, submission, exercises",
        [
            (
                row.student,
                row.before,
                row.now,
                None if row.before is None else round(row.now - row.before, 2),
                "the first" if row.before is None else "a new one" if row.handed_in_again else "the same",
                "; ".join(row.exercises),
            )
            for row in (changed.rows if changed and changed.previous else ())
        ],
        "Nothing changed.",
    )


def _similar(found: Class) -> Table:
    return _table(
        "similar",
        "Similar submissions",
        "pair:number, students:students, and:students, exercises, most alike:share, shared fingerprints:number",
        [
            (
                number,
                pair.left,
                pair.right,
                ", ".join(f"{m.exercise} {m.similarity:.0%}" for m in pair.matches),
                pair.similarity,
                pair.shared,
            )
            for number, pair in enumerate(found.similar.pairs, 1)
        ],
        "No two submissions are nearly the same beyond what the class shares.",
    )


def _students(found: Class) -> Table:
    names = any(booked.name for booked in found.booked.values())
    columns = [Column("student", "student"), *([Column("name")] if names else []), Column("points", "number")]
    columns += [Column("in the gradebook", "number"), Column("waits for a person"), Column("handed in again")]
    columns += [Column(name, "outcome") for name in found.max_points]
    columns += [Column("seconds", "number"), Column("reason")]
    rows = []
    for result in found.results:
        booked = found.booked.get(result.student)
        row = [result.student, *([booked.name if booked else ""] if names else []), result.points]
        row += [booked and booked.total, "yes" if booked and booked.waits else "no"]
        row += ["yes" if result.student in found.again else "no"]
        row += [result.outcomes.get(name) for name in found.max_points]
        rows.append((*row, result.seconds, result.reason))
    return Table("students", "Students", tuple(columns), rows)


# --- the page ---------------------------------------------------------------------------------------------------


def page(found: Class, made: datetime) -> str:
    """The report as one HTML page.

    Parameters
    ----------
    found : Class
    made : datetime
        When, as it stands in the page.
    """
    script, style = ((_FOLDER / f"report.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "moment": _moment}
    measured = items(found.results, found.max_points)
    highest = sum(found.max_points.values())
    summary = distribution(found.results)
    return environment.get_template("report.html").render(
        found=found,
        made=made,
        tables=tables(found),
        changed=changes(found.entries),
        summary=summary,
        summary_text=summary and _summary(summary, highest),
        highest=highest,
        anchors={result.student: f"s{number}" for number, result in enumerate(found.results)},
        sign=_SIGN,
        nearly=NEARLY,
        unsandboxed=[result.student for result in found.results if result.isolation == "none"],
        numbered=lambda side: enumerate(side.source.splitlines(), 1),
        histogram=Markup(report_plots.points_histogram([r.points for r in found.results], highest)),
        states=Markup(report_plots.exercise_states(measured)),
        script=Markup(script),
        style=Markup(style),
        policy=f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'",
    )


def _summary(summary: Distribution, highest: float) -> str:
    return (
        f"{summary.count} submission{'s' if summary.count != 1 else ''}, of {highest:g} points: "
        f"mean {summary.mean:.2f}, median {summary.median:g}, "
        f"the middle half from {summary.lower_quartile:g} to {summary.upper_quartile:g}; "
        f"{summary.full} full, {summary.zero} with 0."
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{round(value, 2):g}" if abs(value) < 1e6 else f"{value:g}"


def _moment(text: str) -> str:
    """The start of a run, in the teacher's own time."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text


# --- files ------------------------------------------------------------------------------------------------------


def write(found: Class, output: Path) -> list[Path]:
    """Write the page to `output`, and beside it the JSON and a CSV file for each table.

    Returns
    -------
    list of Path
        The files: the page, the JSON, the CSV of the students, then the other tables.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page(found, datetime.now().astimezone()), encoding="utf-8")
    data = output.with_suffix(".json")
    data.write_text(json.dumps(as_json(found), indent=1, ensure_ascii=False), encoding="utf-8")
    made = tables(found)
    files = {key: output.with_name(f"{output.stem}-{key}.csv") for key in made} | {
        "students": output.with_suffix(".csv")
    }
    for key, path in files.items():
        _write_csv(made[key], path)
    others = [path for key, path in files.items() if key != "students"]
    return [output, data, files["students"], *others]


def _write_csv(table: Table, path: Path) -> None:
    with open(path, "w", encoding="utf-8-sig", newline="") as file:  # the mark tells spreadsheets that it is UTF-8
        writer = csv.writer(file)
        titles = []
        for column in table.columns:
            parts = ("points", "state", "fault", "misconception") if column.kind == "outcome" else ("",)
            titles += [f"{column.title} {part}".strip() for part in parts]
        writer.writerow(map(_harmless, titles))
        for row in table.rows:
            cells = []
            for column, value in zip(table.columns, row, strict=True):
                cells += _outcome_cells(value) if column.kind == "outcome" else [value]
            writer.writerow(map(_harmless, cells))


def _outcome_cells(outcome: Outcome | None) -> list:
    return [outcome.points, outcome.state, outcome.fault, outcome.misconception] if outcome else [None] * 4


def _harmless(value):
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, tuple):
        value = ", ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
