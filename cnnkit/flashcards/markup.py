"""The small Markdown of the cards as HTML for other programs, and their HTML as small Markdown. Nothing is ever run."""

import re
import unicodedata
from html import escape
from html.parser import HTMLParser

from cnnkit.flashcards.cards import Matrix

# As in static/drill.js.
_INLINE = re.compile(
    r"(`+)(?P<code>.+?)\1|\*\*(?P<bold>.+?)\*\*|\$(?! )(?P<maths>[^$\n]*[^$\n ])\$"
    r"|\{\{(?P<gap>.+?)(?:::(?P<hint>.+?))?\}\}"
)
_SCRIPT = re.compile(r"([_^])(?:\{([^}]*)\}|(\w+))")
_ITEM = re.compile(r"\s*(?:([-*•])|\d+[.)])\s+(.*)")
_CODE = re.compile(r"(`[^`]*`)")
_TAG = r"</?[a-zA-Z][^<>]*>|<!--|&(?:[a-zA-Z]+|#\d+);"
#: What stays as it is: code, and maths without tags.
_KEPT = re.compile(rf"(`[^`]*`|\$(?! )(?:(?!{_TAG})[^$\n])*(?<! )\$)")
#: What else would be read as HTML or as the beginning of maths.
_SIGNS = re.compile(rf"{_TAG}|\$")
#: Cc and Cs are control characters and halves of characters; these turn the direction of the text around.
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

# fmt: off
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "div", "dl", "dt",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))
_SILENT = frozenset((
    "a", "abbr", "area", "audio", "big", "button", "cite", "col", "colgroup", "del", "dfn", "em", "embed", "figcaption",
    "figure", "font", "form", "i", "iframe", "input", "ins", "label", "link", "mark", "meta", "noscript", "object",
    "option", "param", "q", "s", "select", "small", "source", "span", "strike", "svg", "textarea", "time", "title", "u",
    "var", "video", "wbr", "anki-mathjax",
))
# fmt: on
_HIDDEN = frozenset(("script", "style", "template"))
_PAIRS = {"b": "**", "strong": "**", "code": "`", "kbd": "`", "samp": "`", "tt": "`"}

# --- out ------------------------------------------------------------------------------------------


def to_html(text: str, gaps: bool = False) -> str:
    """Small Markdown as HTML, in one line.

    Parameters
    ----------
    text : str
        Whatever looks like HTML in it is shown as it stands.
    gaps : bool, optional
        Whether ``{{...}}`` becomes a cloze of Anki; it is shown as text otherwise.

    Returns
    -------
    str

    Examples
    --------
    >>> to_html("A **map** of $h_1$ & <b>more</b>")
    '<p>A <b>map</b> of <i>h<sub>1</sub></i> &amp; &lt;b&gt;more&lt;/b&gt;</p>'
    >>> to_html("With {{zero::which number?}} padding", gaps=True)
    '<p>With {{c1::zero::which number?}} padding</p>'
    >>> to_html("Two steps:\\n\\n- slide\\n- add")
    '<p>Two steps:</p><ul><li>slide</li><li>add</li></ul>'
    """
    blocks: list[str] = []
    lines: list[str] = []
    items: list[str] = []
    tag = ""

    def close() -> None:
        if lines:
            blocks.append(f"<p>{_inline(' '.join(lines), gaps)}</p>")
            lines.clear()
        if items:
            shown = "".join(f"<li>{_inline(item, gaps)}</li>" for item in items)
            blocks.append(f"<{tag}>{shown}</{tag}>")
            items.clear()

    for line in text.split("\n"):
        if found := _ITEM.fullmatch(line):
            kind = "ul" if found[1] else "ol"
            if lines or kind != tag:
                close()
            tag = kind
            items.append(found[2])
        elif not line.strip():
            close()
        elif items and line[0].isspace():
            items[-1] += f" {line.strip()}"
        else:
            if items:
                close()
            lines.append(line.strip())
    close()
    return "".join(blocks)


def text_html(text: str) -> str:
    """Plain text as HTML; square brackets too are replaced, since Anki takes some of them for sounds and LaTeX.

    Examples
    --------
    >>> text_html("a < b [sound:x.mp3]")
    'a &lt; b &#91;sound:x.mp3]'
    """
    return " ".join(escape(text, quote=False).replace("[", "&#91;").split("\n"))


def matrix_html(matrix: Matrix) -> str:
    """A matrix as a table with its name, and rows and columns counted from 0.

    Examples
    --------
    >>> matrix_html(Matrix("kernel", ((0, -1),), mark=((0, 1),)))
    '<table class="matrix"><caption>kernel, 1 × 2</caption><tr><td></td><th>0</th><th>1</th></tr><tr><th>0</th>...
    """
    marked = set(matrix.mark)
    head = "".join(f"<th>{column}</th>" for column in range(len(matrix.rows[0])))
    lines = [f"<tr><td></td>{head}</tr>"]
    for r, row in enumerate(matrix.rows):
        cells = "".join(
            f'<td class="marked"><b>{text_html(str(value))}</b></td>'
            if (r, c) in marked
            else f"<td>{text_html(str(value))}</td>"
            for c, value in enumerate(row)
        )
        lines.append(f"<tr><th>{r}</th>{cells}</tr>")
    caption = f"{text_html(matrix.name)}, {len(matrix.rows)} × {len(matrix.rows[0])}"
    return f'<table class="matrix"><caption>{caption}</caption>{"".join(lines)}</table>'


def _inline(text: str, gaps: bool) -> str:
    parts, at = [], 0
    for found in _INLINE.finditer(text):
        parts.append(text_html(text[at : found.start()]))
        at = found.end()
        if found["code"] is not None:
            parts.append(f"<code>{text_html(found['code'])}</code>")
        elif found["bold"] is not None:
            parts.append(f"<b>{_inline(found['bold'], gaps)}</b>")
        elif found["maths"] is not None:
            parts.append(f"<i>{_maths(found['maths'])}</i>")
        elif gaps:
            hint = f"::{text_html(found['hint'])}" if found["hint"] else ""
            parts.append(f"{{{{c1::{_inline(found['gap'], False)}{hint}}}}}")
        else:
            parts.append(text_html(found[0]))
    return "".join([*parts, text_html(text[at:])])


def _maths(text: str) -> str:
    parts, at = [], 0
    for found in _SCRIPT.finditer(text):
        tag = "sub" if found[1] == "_" else "sup"
        inside = found[2] if found[2] is not None else found[3]
        parts.append(f"{text_html(text[at : found.start()])}<{tag}>{text_html(inside)}</{tag}>")
        at = found.end()
    return "".join([*parts, text_html(text[at:])])


# --- in -------------------------------------------------------------------------------------------


def from_html(text: str, gaps: bool = False) -> str:
    """HTML of another program as small Markdown: a few tags keep their meaning, scripts and all others are dropped.

    Parameters
    ----------
    text : str
    gaps : bool, optional
        Whether ``{{...}}`` is meant.

    Returns
    -------
    str
        As :func:`tidy` leaves it.

    Examples
    --------
    >>> from_html("A <b>map</b>,<br>not a list&lt;int&gt;<script>alert(1)</script>")
    'A **map**,\\n\\nnot a list`<int>`'
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return tidy(reader.text(), gaps)


def tidy(text: str, gaps: bool = False) -> str:
    """Any text as small Markdown that a deck file may hold: signs that would open something are put into code.

    Parameters
    ----------
    text : str
    gaps : bool, optional
        Whether ``{{...}}`` is meant.

    Returns
    -------
    str

    Examples
    --------
    >>> tidy("It costs $5, and a vector<int> is {{1}}.")
    'It costs `$`5, and a vector`<int>` is { {1}}.'
    >>> tidy("$x^2$ is **not** 2 ** 3")
    '$x^2$ is **not** 2 `**` 3'
    """
    text = "".join(_printable(sign) for sign in text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.count("`") % 2:
        text = text.replace("`", "'")
    if not gaps:
        text = without_gaps(text)
    parts = _CODE.split(text)
    stars = sum(part.count("**") for part in parts[::2])
    for k in range(len(parts) - 1, -1, -2):
        prose = parts[k]
        if stars % 2 and "**" in prose:
            before, after = prose.rsplit("**", 1)
            prose, stars = f"{before}`**`{after}", 0
        parts[k] = "".join(
            piece if number % 2 else _SIGNS.sub(r"`\g<0>`", piece) for number, piece in enumerate(_KEPT.split(prose))
        )
    text = "".join(parts).replace("``", "")
    if not _is_sound(text):
        # Signs so entangled that code around one opens another: then none keeps its meaning.
        text = re.sub(r"<(?=[a-zA-Z/!])|&(?=[a-zA-Z#])", r"\g<0> ", text.replace("`", "'").replace("$", "＄"))
        text = re.sub(r"\*(?=\*)", "* ", text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def without_gaps(text: str) -> str:
    """Braces as braces, and not as the beginning of a gap.

    Examples
    --------
    >>> without_gaps("{{{x}}")
    '{ { {x}}'
    """
    return re.sub(r"\{(?=\{)", "{ ", text)


def _is_sound(text: str) -> bool:
    prose = re.sub(r"`[^`]*`", "", text)
    return not (text.count("`") % 2 or prose.count("$") % 2 or prose.count("**") % 2 or re.search(_TAG, prose))


def _printable(sign: str) -> str:
    if sign == "\n":
        return sign
    if sign in "\t\u00a0":
        return " "
    return "" if unicodedata.category(sign) in ("Cc", "Cs") or sign in _TURNS else sign


class _Reader(HTMLParser):
    """Collects the text of HTML, with a few tags as Markdown."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: dict[str, int] = {}
        self._hidden = 0

    def text(self) -> str:
        return "".join(self._parts)

    def handle_starttag(self, tag, attributes):
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self._parts.append("\n\n")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag in ("td", "th"):
            self._parts.append(" ")
        elif tag == "img":
            self._parts.append(f"(picture: {dict(attributes).get('src') or 'without a name'})")
        elif tag in ("sup", "sub"):
            self._parts.append("^" if tag == "sup" else "_")
        elif tag in _PAIRS:
            self._begin(_PAIRS[tag])
        elif tag not in _SILENT:
            self._parts.append(self.get_starttag_text())  # no tag of HTML, so it was meant as text

    def handle_startendtag(self, tag, attributes):
        if tag not in _HIDDEN:
            self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS and tag != "br":
            self._parts.append("\n\n")
        elif tag in _PAIRS:
            self._end(_PAIRS[tag])

    def handle_data(self, data):
        if not self._hidden:
            self._parts.append(data)

    def _begin(self, sign: str) -> None:
        if sign not in self._open:
            self._open[sign] = len(self._parts)
            self._parts.append("")

    def _end(self, sign: str) -> None:
        if sign not in self._open:
            return
        start = self._open.pop(sign)
        # Tags that overlap, such as <b><code></b></code>: the inner one ends here too.
        self._open = {other: at for other, at in self._open.items() if at < start}
        inside = "".join(self._parts[start:])
        words = inside.strip()
        if words and "\n" not in words and sign not in words:
            # Spaces go outside: the sign must touch the words.
            inside = inside.replace(words, f"{sign}{words}{sign}")
        self._parts[start:] = [inside]
