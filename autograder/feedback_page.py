"""One feedback page: what nbgrader's template makes of a graded notebook, without doing the same work for each student.

:class:`PageWriter` is nbconvert's exporter with nbgrader's template. nbconvert reads each page that it has made with
BeautifulSoup and writes it again, which takes more than half of its time. The template is extended by marks around
the cells, so that the parts can be read one by one, and what was read is kept.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode, validator
from traitlets.config import Config

_NO_DESCRIPTION = "No description has been provided for this image"
#: How many parts of pages, highlighted cells and Markdown texts are kept, in each process.
_KEPT = 2000


@dataclass(frozen=True)
class Marks:
    """What the gradebook says of one notebook: points without the penalty, and by the name of a cell the scores with
    their maxima, and the comments."""

    student: str
    score: float
    max_score: float
    late_penalty: float
    scores: dict[str, tuple[float, float]] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)


class PageWriter:
    """Makes the feedback pages of one lesson.

    Parameters
    ----------
    config : Config
        The course's, as nbgrader reads it.
    lesson : str
    """

    def __init__(self, config: Config, lesson: str):
        import nbgrader

        here = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
        settings = Config({"Exporter": {"default_preprocessors": []}})
        own = config.get("HTMLExporter", {})
        # As in nbgrader's GenerateFeedback.
        if "template_name" not in own:
            settings.HTMLExporter.template_name = "feedback"
        if "extra_template_basedirs" not in own:
            settings.HTMLExporter.extra_template_basedirs = [str(here / "templates")]
        css = here / "static" / "node_modules" / "bootstrap" / "dist" / "css"
        settings.HTMLExporter.extra_template_paths = [str(css)]
        self._lesson = lesson
        self._exporter = _Exporter(config=_merged(config, settings))

    @staticmethod
    @cache
    def versions() -> str:
        """Of the libraries that decide what a page looks like."""
        return " ".join(f"{name} {metadata.version(name)}" for name in ("nbgrader", "nbconvert", "pygments", "mistune"))

    def page(self, path: Path, marks: Marks) -> str:
        """The page of a graded notebook.

        Raises
        ------
        ValueError
            When the file is no notebook, or has a graded cell that the gradebook does not know.
        """
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        for cell in notebook.cells:
            _add_marks(cell, marks)
        resources = {
            "unique_key": self._lesson,
            "output_files_dir": f"{self._lesson}_files",
            "metadata": {"name": self._lesson, "path": str(path.parent)},
            "nbgrader": {
                "student": marks.student,
                "assignment": self._lesson,
                "notebook": self._lesson,
                "score": marks.score,
                "max_score": marks.max_score,
                "late_penalty": marks.late_penalty,
            },
        }
        return self._exporter.from_notebook_node(notebook, resources)[0]


def _merged(config: Config, settings: Config) -> Config:
    merged = Config()
    merged.merge(config)
    merged.merge(settings)
    return merged


def _add_marks(cell: NotebookNode, marks: Marks) -> None:
    mark = cell.metadata.get("nbgrader") or {}
    name = mark.get("grade_id")
    try:
        if mark.get("solution") or mark.get("task"):
            mark["comment"] = marks.comments[name]
        if mark.get("grade") or mark.get("task"):
            mark["score"], mark["points"] = marks.scores[name]
    except KeyError:
        raise ValueError(f"the gradebook does not know the cell {name!r}: the lesson changed after grading") from None


class _Exporter(HTMLExporter):
    """nbconvert's, which keeps what it has highlighted, rendered and read."""

    def __init__(self, **options):
        super().__init__(**options)
        # Nobody can write this into a notebook: it is drawn anew in each run.
        self._mark = f"cell {secrets.token_hex(16)}"
        self.raw_template = (
            "{% extends '" + self.template_file + "' %}"
            "{% block any_cell scoped %}" + self._mark + "{{ super() }}" + self._mark + "{% endblock any_cell %}"
        )
        self._markdown = lru_cache(_KEPT)(lambda source: HTMLExporter.markdown2html(self, {}, source))
        self._lexers: dict[str | None, Callable] = {}
        self.template  # noqa: B018  compiled here

    def markdown2html(self, context, source):
        """The same text gives the same HTML, unless a cell brings pictures along."""
        if (context.get("cell") or {}).get("attachments") or self.embed_images:
            return super().markdown2html(context, source)
        return self._markdown(source)

    markdown2html.jinja_pass_arg = HTMLExporter.markdown2html.jinja_pass_arg

    def from_notebook_node(self, nb, resources=None, **kw):
        """As the method that it replaces, but for how the page is read and written at the end."""
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name", None))
        resources = self._init_resources(resources)
        self.register_filter("highlight_code", self.filters.get("highlight_code") or self._highlighter(lexer))
        widgets = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
        self.register_filter("filter_data_type", widgets)
        html, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        return self._tidy(html), resources

    def _preprocess(self, nb, resources):
        """Without copies, and without validation: the notebook is the grader's own, and nobody else's from here on."""
        _, nb = validator.normalize(nb)
        for preprocessor in self._preprocessors:
            nb, resources = preprocessor(nb, resources)
        return nb, resources

    def _highlighter(self, lexer: str | None) -> Callable:
        if lexer not in self._lexers:
            highlight = Highlight2HTML(pygments_lexer=lexer, parent=self)
            kept = lru_cache(_KEPT)(lambda source, language, magics: highlight(source, language, magics))

            def cached(source, language=None, metadata=None):
                # What it takes of a cell's metadata is the language of a magic.
                magic = (metadata or {}).get("magics_language")
                return kept(source, language, (("magics_language", magic),) if magic else ())

            self._lexers[lexer] = cached
        return self._lexers[lexer]

    def _tidy(self, html: str) -> str:
        hole, frame, cells = f'<b id="{self._mark}"></b>', [], []
        for number, part in enumerate(html.split(self._mark)):
            element = part.strip()
            # White space stays in the frame: there, as on the whole page, what lies between two tags is one text.
            if number % 2 and element.startswith("<") and element.endswith(">"):
                start = part.index(element)
                frame += [part[:start], hole, part[start + len(element) :]]
                cells.append(element)
            else:
                frame.append(part)
        head, end, body = "".join(frame).partition("</head>")
        head = _kept(f"{head}{end}</html>").removesuffix("</html>")
        first, *rest = _read(f"<html>{body}").removeprefix("<html>").split(hole)
        return head + first + "".join(_kept(cell) + text for cell, text in zip(cells, rest, strict=True))


def _read(html: str) -> str:
    """What nbconvert makes of a page, or of a part of one, at its end."""
    quick = read_quickly(html)
    return read_slowly(html) if quick is None else quick


def read_slowly(html: str) -> str:
    """As nbconvert does it."""
    soup = BeautifulSoup(html, features="html.parser")
    for picture in soup.select("img:not([alt])"):
        picture.attrs["alt"] = _NO_DESCRIPTION
    return str(soup)


_kept = lru_cache(_KEPT)(_read)

_TOKEN = re.compile(
    r'<style>(?P<style>[^<]+)</style>|<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[a-z-]+="[^"<>]*")*)\s*>'
    r"|(?P<text>[^<]+)"
)
_HAS_ALT = re.compile(r'\salt="')
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
#: A sign that begins none of the entities that are understood here.
_OTHER_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|#39|#x27|#34);)")
#: Elements and attributes whose handling is known (`class` alone is a list); the others go the long way.
_TAGS = frozenset(
    re.findall(
        r"\w+",
        "a b blockquote body br code dd div dl dt em h1 h2 h3 h4 h5 h6 html img li ol p pre small span strong sub sup "
        "table tbody td th thead tr ul",
    )
)
_ATTRIBUTES = frozenset(
    re.findall(r"[\w-]+", "alt aria-hidden aria-label class href id name role scope src style tabindex target title")
)
_SPACES = " \n\t\f\r"


def read_quickly(html: str) -> str | None:
    """What :func:`read_slowly` makes of simple HTML: read with Python's ``html.parser`` and written again.

    Parameters
    ----------
    html : str

    Returns
    -------
    str or None
        The same to the last character; None for what is not simple: unbalanced, with comments, scripts, unquoted
        attributes or rare entities.

    Examples
    --------
    >>> read_quickly('<p id="a" class=" b  c ">5 &gt; 3 &amp; it&#39;s<br></p>')
    '<p class="b c" id="a">5 &gt; 3 &amp; it\\'s<br/></p>'
    >>> read_quickly("<p>unbalanced") is None
    True
    """
    if _OTHER_ENTITY.search(html):
        return None
    parts, open_tags, place, keeping = [], [], 0, 0
    for token in _TOKEN.finditer(html):
        if token.start() != place:
            return None
        place = token.end()
        kind = token.lastgroup
        if kind == "text":
            text = token["text"]
            if not keeping and not text.strip(_SPACES):
                text = "\n" if "\n" in text else " "
            parts.append(_text(text))
            continue
        if kind == "style":
            parts.append(token[0])
            continue
        tag, attributes = token["tag"], token["attributes"]
        if tag not in _TAGS:
            return None
        if token["end"]:
            if attributes or not open_tags or open_tags.pop() != tag:
                return None
            keeping -= tag == "pre"
            parts.append(f"</{tag}>")
            continue
        if tag == "img" and not _HAS_ALT.search(attributes):
            attributes += f' alt="{_NO_DESCRIPTION}"'
        written = _attributes(attributes) if attributes else ""
        if written is None:
            return None
        if tag in ("br", "img"):
            parts.append(f"<{tag}{written}/>")
            continue
        keeping += tag == "pre"
        open_tags.append(tag)
        parts.append(f"<{tag}{written}>")
    return "".join(parts) if place == len(html) and not open_tags else None


def _attributes(text: str) -> str | None:
    found = _ATTRIBUTE.findall(text)
    names = dict(found)
    if len(names) < len(found) or not names.keys() <= _ATTRIBUTES:
        return None
    written = []
    for name, value in sorted(found):
        if name == "class":
            value = " ".join(value.split())
        value = _text(value)
        if '"' in value:
            value = f"'{value}'" if "'" not in value else '"' + value.replace('"', "&quot;") + '"'
        else:
            value = f'"{value}"'
        written.append(f" {name}={value}")
    return "".join(written)


def _text(text: str) -> str:
    """Text as the parser reads it, with only what must be escaped."""
    if "&" in text:
        for entity, sign in (("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'"), ("&#x27;", "'"), ("&nbsp;", "\xa0")):
            text = text.replace(entity, sign)
    return text.replace(">", "&gt;") if ">" in text else text
