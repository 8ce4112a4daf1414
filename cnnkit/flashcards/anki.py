"""Decks for Anki and from Anki: packages (.apkg) and tab-separated text; and the JSON files of two Jupyter tools.

A card's note has a guid that follows from the card's id, and models and decks have fixed ids, so that Anki knows its
cards again when a newer package is imported and keeps what the learner has done. All texts are escaped on their way
out, and on their way in nothing of them is run: HTML becomes the small Markdown of the cards.
"""

import csv
import hashlib
import io
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cnnkit.flashcards import generated, quizzes
from cnnkit.flashcards.cards import Card, CardError, Deck
from cnnkit.flashcards.imported import Entry, digest, kebab, named, new_ids, read_text, refused
from cnnkit.flashcards.markup import from_html, matrix_html, text_html, tidy, to_html, without_gaps

#: What a guid begins with that comes from the id of a card.
GUID = "cnnkit:"
#: Drawn once. Anki tells note types by these numbers: with others, learners would lose their history.
NOTE_MODEL, CLOZE_MODEL = 1_714_032_861, 1_714_032_862
_FRESH = (
    "The numbers of this card are always these in Anki. The drill of the course (cnnkit drill) draws new ones at every "
    "review."
)
_FIELDS = ("Front", "Back", "Answer", "Source", "Card")
_STYLE = """\
.card { font-family: system-ui, sans-serif; font-size: 20px; line-height: 1.4; text-align: center; color: #1a1a1a;
  background: #fff; }
.card ul, .card ol { display: inline-block; text-align: left; }
.card img { max-width: 100%; }
.card code { background: #eee; padding: 0 .2em; }
.note { color: #595959; font-size: 14px; }
.matrix { border-collapse: collapse; margin: .5em auto; }
.matrix td, .matrix th { border: 1px solid #767676; padding: .1em .5em; text-align: right; }
.matrix th { font-weight: normal; font-size: 14px; color: #595959; border-color: transparent; }
.matrix .marked { background: #ffe08a; color: #1a1a1a; }
.cloze { font-weight: bold; color: #0b57d0; }
.nightMode.card, .nightMode .card { color: #eee; background: #1e1e1e; }
.nightMode code { background: #333; }
.nightMode .note, .nightMode .matrix th { color: #b5b5b5; }
.nightMode .cloze { color: #8ab4f8; }
"""


@dataclass(frozen=True)
class _Note:
    """A card as Anki shows it."""

    card: Card
    front: str
    back: str
    answer: str
    media: dict[str, bytes]

    @property
    def fields(self) -> list[str]:
        source = text_html(f"{self.card.source} · {self.card.id}")
        return [self.front, self.back, self.answer, source, text_html(self.card.id)]

    @property
    def tags(self) -> list[str]:
        return ["cnnkit", f"lesson::{kebab(self.card.lesson)}", *self.card.tags]


# --- out ------------------------------------------------------------------------------------------


def write_apkg(deck: Deck, path: Path | str, now: float | None = None) -> None:
    """Write a package that Anki imports: pictures included, answers to type where the card asks for it.

    Parameters
    ----------
    deck : Deck
        Its cards go to the decks ``cnnkit::NAME`` of Anki, one for each lesson.
    path : Path or str
    now : float, optional
        Seconds since 1970; Anki takes over the texts of a package that is newer than what it has.

    Raises
    ------
    CardError
        When the deck is empty or a picture cannot be drawn.
    ModuleNotFoundError
        When ``genanki`` is not installed; the message says how to install it.

    Notes
    -----
    A generated card has the numbers of its first drawing, and says so. Importing a package again changes texts and
    adds cards; it neither moves cards nor touches their schedule.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> deck = Deck("mine", "My cards", (Card("a-b", "basic", "front", "back", "mine", ("t",), "s"),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_apkg(deck, Path(folder, "mine.apkg"))
    ...     sorted(zipfile.ZipFile(Path(folder, "mine.apkg")).namelist())
    ['collection.anki2', 'media']
    """
    try:
        import genanki
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"Anki's packages need {error.name}: run pip install 'cnnkit[cards]'", name=error.name
        ) from error
    if not deck.cards:
        raise CardError(f"deck {deck.name!r} has no cards; fix: export a deck that has some")
    answer = '{{#Answer}}<div class="typed">{{type:Answer}}</div>{{/Answer}}'
    below = '<hr id="answer">{{Back}}<p class="note">{{Source}}</p>'
    named_fields = [{"name": name} for name in _FIELDS]
    plain = genanki.Model(
        NOTE_MODEL,
        "cnnkit",
        fields=named_fields,
        templates=[{"name": "Card 1", "qfmt": "{{Front}}" + answer, "afmt": "{{Front}}" + answer + below}],
        css=_STYLE,
    )
    cloze = genanki.Model(
        CLOZE_MODEL,
        "cnnkit cloze",
        fields=[dict(each) for each in named_fields],
        templates=[{"name": "Cloze", "qfmt": "{{cloze:Front}}", "afmt": "{{cloze:Front}}" + below}],
        css=_STYLE,
        model_type=genanki.Model.CLOZE,
    )
    decks: dict[str, genanki.Deck] = {}
    media: dict[str, bytes] = {}
    for card in deck.cards:
        note = _note(card)
        media |= note.media
        model = cloze if card.kind == "cloze" else plain
        into = decks.setdefault(card.deck, genanki.Deck(_deck_id(card.deck), f"cnnkit::{card.deck}"))
        into.add_note(genanki.Note(model, note.fields, tags=note.tags, guid=GUID + card.id))
    with tempfile.TemporaryDirectory() as folder:
        for name, content in media.items():
            Path(folder, name).write_bytes(content)
        package = genanki.Package(list(decks.values()), [str(Path(folder, name)) for name in media])
        package.write_to_file(str(path), timestamp=time.time() if now is None else now)


def write_tsv(deck: Deck, path: Path | str) -> None:
    """Write the text that Anki's File → Import reads: one line per card, without pictures.

    Parameters
    ----------
    deck : Deck
    path : Path or str

    Notes
    -----
    The columns are guid, front, back and tags, for Anki's note type Basic; a cloze has its gap as ``[...]`` on the
    front. :func:`read_tsv` gives the same ids, tags and sources back, and fronts and backs with the same words.

    Examples
    --------
    >>> import tempfile
    >>> deck = Deck("mine", "My cards", (Card("a-b", "basic", "A **front**", "back", "mine", ("t",), "s"),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_tsv(deck, Path(folder, "mine.txt"))
    ...     Path(folder, "mine.txt").read_text().splitlines()[-1].split("\\t")[:2]
    ['cnnkit:a-b', '<p>A <b>front</b></p>']
    """
    text = io.StringIO()
    text.write("#separator:tab\n#html:true\n")
    text.write(f"#deck:cnnkit::{' '.join(deck.name.split())}\n")
    text.write("#columns:Guid\tFront\tBack\tTags\n#guid column:1\n#tags column:4\n")
    rows = csv.writer(text, delimiter="\t", lineterminator="\n")
    for card in deck.cards:
        note = _note(card, pictures=False)
        front, back = note.front, note.back
        if card.kind == "cloze":
            back = re.sub(r"\{\{c1::(.*?)(?:::.*?)?\}\}", r"<b>\1</b>", front) + back
            front = re.sub(r"\{\{c1::.*?(?:::(.*?))?\}\}", lambda found: f"&#91;{found[1] or '...'}]", front)
        rows.writerow([GUID + card.id, front, f'{back}<p class="note">{note.fields[3]}</p>', " ".join(note.tags)])
    Path(path).write_text(text.getvalue(), encoding="utf-8")


def _note(card: Card, pictures: bool = True) -> _Note:
    shown = card
    remark = ""
    if card.kind == "generated":
        drawn = generated.draw(card.template, 0)
        fields = ("kind", "front", "back", "answers", "tolerance", "unit", "choices", "feedback", "matrices")
        shown = replace(card, **{name: getattr(drawn, name) for name in fields})
        remark = f'<p class="note">{text_html(_FRESH)}</p>'
    front = to_html(shown.front, gaps=shown.kind == "cloze") + "".join(map(matrix_html, shown.matrices))
    media = {}
    if card.picture and pictures:
        from cnnkit.flashcards.pictures import alternative_text, picture_of

        content = picture_of(card)
        # Not named after the filter, which is what the card asks for.
        name = f"cnnkit-{hashlib.sha256(content).hexdigest()[:16]}.png"
        media[name] = content
        front += f'<p><img src="{name}" alt="{text_html(alternative_text(card)).replace(chr(34), "&quot;")}"></p>'
    elif card.picture:
        front += '<p class="note">(This card has a picture, which only a package, .apkg, can hold.)</p>'
    if shown.choices:
        # In the file the right one may always be the first.
        mixed = generated.Numbers(card.id).shuffled(list(shown.choices))
        front += '<ol type="A">' + "".join(f"<li>{_line(choice)}</li>" for choice in mixed) + "</ol>"
    typed = shown.answers[0] if shown.kind in ("text", "numeric") else ""
    return _Note(card, front, _back(shown, drawn=bool(remark)) + remark, text_html(typed), media)


def _back(card: Card, drawn: bool) -> str:
    parts = []
    # A template's back begins with the answer.
    if card.answers and card.kind != "cloze" and not (drawn and card.back):
        unit = f" {text_html(card.unit)}" if card.unit else ""
        near = f" (± {card.tolerance:g})" if card.tolerance else ""
        right = _line(card.answers[0]) if card.kind == "choice" else text_html(card.answers[0])
        parts.append(f"<p><b>{right}</b>{unit}{near}</p>")
    if len(card.answers) > 1:
        parts.append(f"<p>Also right: {text_html(', '.join(card.answers[card.kind != 'cloze' :]))}</p>")
    parts.append(to_html(card.back))
    if card.feedback:
        lines = [f"<li><b>{_line(wrong)}</b>: {_line(why)}</li>" for wrong, why in card.feedback.items()]
        parts.append(f"<p>Typical mistakes:</p><ul>{''.join(lines)}</ul>")
    return "".join(parts)


def _line(text: str) -> str:
    """A short text without its paragraph."""
    shown = to_html(text)
    single = shown.startswith("<p>") and shown.endswith("</p>") and shown.count("<p>") == 1
    return shown[3:-4] if single else shown


def _deck_id(name: str) -> int:
    return 2**30 + int.from_bytes(hashlib.sha256(f"cnnkit deck {name}".encode()).digest()[:4]) // 4


# --- in -------------------------------------------------------------------------------------------

_SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "colon": ":"}
#: What :func:`write_tsv` puts behind a back.
_SOURCE = re.compile(r'<p class="note">([^<>]*) · [a-z0-9-]+</p>$')
_GAP = re.compile(r"\{\{c\d+::((?:(?!\{\{|\}\}|::).)+)(?:::((?:(?!\{\{|\}\}).)*))?\}\}", re.DOTALL)


def read_tsv(path: Path | str) -> Deck:
    """Read the text that Anki's File → Export writes ("Notes in Plain Text"), or that :func:`write_tsv` wrote.

    Parameters
    ----------
    path : Path or str
        The deck gets the file's name, without the ending.

    Returns
    -------
    Deck
        Basic cards, and for each gap of a cloze note a cloze card; what follows the back is put under it.

    Raises
    ------
    CardError
        When the file cannot be read or a line is no note; the message names file, line and fix.

    Notes
    -----
    The header lines ``#separator:``, ``#html:``, ``#guid column:``, ``#tags column:``, ``#notetype column:``,
    ``#deck column:``, ``#tags:`` and ``#deck:`` are understood; without them, columns are separated by tabs and hold
    plain text, the front first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "mine.txt").write_text("#html:true\\n#tags column:3\\nA <b>front</b>\\tback\\tcnn\\n")
    ...     read_tsv(Path(folder, "mine.txt")).cards[0].front
    'A **front**'
    """
    path = Path(path)
    head, rows = _header(path, read_text(path))
    special = {head.get(f"{name} column") for name in ("guid", "tags", "notetype", "deck")} - {None}
    texts = from_html if head.get("html") else tidy
    entries = []
    for number, row in rows:
        where = f"{path.name}, line {number}"
        fields = [row[k] for k in range(len(row)) if k not in special]
        cell = {name: row[at] for name in ("guid", "tags") if (at := head.get(f"{name} column", len(row))) < len(row)}
        tags = [kebab(tag) for tag in (*cell.get("tags", "").split(), *head.get("tags", "").split())]
        tags = [tag for tag in tags if tag and not tag.startswith("lesson-") and tag != "cnnkit"]
        guid = cell.get("guid", "").strip()
        front = fields[0].strip() if fields else ""
        more = [field for field in fields[1:] if field.strip()]
        name, source = _identity(path, guid), ""
        if guid.startswith(GUID) and more and (found := _SOURCE.search(more[-1])):
            more[-1], source = more[-1][: found.start()], from_html(found[1])
        if not front:
            raise refused(where, "the front is empty", "write the question into the first column")
        back = "\n\n".join(filter(None, map(texts, more)))
        if _GAP.search(front):
            shown = [(text, back) for text in _clozes(where, texts(front, gaps=True))]
        else:
            if not more:
                raise refused(where, "there is no back", "write it behind the front and a tab, or check #separator")
            shown = [(texts(front), back)]
        for which, (text, back) in enumerate(shown):
            if not text:
                raise refused(where, "the front has no text", "write the question in words")
            if not back and "{{" not in text:
                raise refused(where, "the back has no text", "write the answer in words")
            entries.append(
                Entry(
                    "cloze" if "{{" in text else "basic",
                    text,
                    back,
                    tuple(dict.fromkeys(tags)),
                    key=f"{front} {which}",
                    id=f"{name}-{which + 1}" if name and len(shown) > 1 else name,
                    source=source,
                )
            )
    return named(path, head.get("deck", ""), new_ids(path, entries))


def read_json(path: Path | str) -> Deck:
    """Read flashcards of jupytercards, or questions of jupyterquiz, from their JSON files.

    Parameters
    ----------
    path : Path or str
        The deck gets the file's name, without the ending.

    Returns
    -------
    Deck
        See :mod:`cnnkit.flashcards.quizzes` for what becomes what.

    Raises
    ------
    CardError
        When the file cannot be read or an entry is neither; the message names file, entry and fix.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cards = '[{"front": "What is a map?", "back": "Numbers", "topic": "Maps"}]'
    ...     _ = Path(folder, "mine.json").write_text(cards)
    ...     card = read_json(Path(folder, "mine.json")).cards[0]
    >>> card.kind, card.id, card.tags
    ('basic', 'mine-what-is-a-map', ('maps',))
    """
    path = Path(path)
    return named(path, "", new_ids(path, quizzes.entries(path, read_text(path))))


def _identity(path: Path, guid: str) -> str:
    """The id of a card that Anki knows by this guid: for one of ours the id that it had."""
    mine = guid.removeprefix(GUID)
    if mine != guid and mine and kebab(mine) == mine:
        return mine
    return f"{kebab(path.stem) or 'imported'}-{digest(guid)}" if guid else ""


def _header(path: Path, text: str) -> tuple[dict, Iterator[tuple[int, list[str]]]]:
    """What the first lines say, and the rows behind them with the numbers of their lines."""
    lines = text.split("\n")
    head: dict = {}
    start = 0
    for start, line in enumerate(lines):
        key, colon, value = line[1:].partition(":")
        if not line.startswith("#") or not colon:
            break
        key, value = key.strip().lower(), value.strip("\r")
        where = f"{path.name}, line {start + 1}"
        if key.endswith(" column"):
            if not value.strip().isdecimal() or int(value) < 1:
                raise refused(where, f"#{key} is {value!r}, no number", f"write #{key}:1 for the first column")
            head[key] = int(value) - 1
        elif key == "separator":
            head[key] = _SEPARATORS.get(value.strip().lower(), value.strip(" ") or " ")
            if len(head[key]) != 1:
                raise refused(where, f"unknown separator {value!r}", f"take one of {', '.join(_SEPARATORS)}")
        elif key == "html":
            head[key] = value.strip().lower() == "true"
        else:
            head[key] = value.strip()
    return head, _rows(path, lines, start, head.get("separator", "\t"))


def _rows(path: Path, lines: list[str], start: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader((f"{line}\n" for line in lines[start:]), delimiter=separator, strict=True)
    begin = start + 1
    try:
        for row in rows:
            if any(cell.strip() for cell in row) and not row[0].startswith("#"):
                yield begin, [cell.rstrip("\n") for cell in row]
            begin = start + rows.line_num + 1
    except csv.Error as error:
        fix = 'double the quotes inside of "...", and close it'
        raise refused(f"{path.name}, line {begin}", f"is no row of columns ({error})", fix) from None


def _clozes(where: str, text: str) -> Iterator[str]:
    """For each gap of a note the text with this gap only."""
    gaps = list(_GAP.finditer(text))
    rest = _GAP.sub("", text)
    if not gaps or "{{c" in rest or not all(gap[1].strip() for gap in gaps):
        raise refused(where, "a gap is empty, not closed, or lies inside of another", "write {{c1::hidden text}}")
    for gap in gaps:
        parts, at = [], 0
        for other in gaps:
            hidden = other[1].strip()
            hint = f"::{other[2].strip()}" if other[2] and other[2].strip() else ""
            parts += [without_gaps(text[at : other.start()]), f"{{{{{hidden}{hint}}}}}" if other is gap else hidden]
            at = other.end()
        yield "".join([*parts, without_gaps(text[at:])])
