"""What all imports share: reading a file, ids for cards that had none, messages."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cnnkit.flashcards.cards import Card, CardError, Deck
from cnnkit.flashcards.markup import tidy

#: Bytes of a file; thousands of cards have fewer.
_LARGEST = 20_000_000
_WORDS = 6


@dataclass(frozen=True)
class Entry:
    """A card that has no id yet.

    Parameters
    ----------
    kind, front, back, tags, answers, tolerance, choices, feedback
        As in ``Card``.
    key : str
        What does not change when the file is imported again.
    id : str, optional
        The id, if it is known.
    source : str, optional
    """

    kind: str
    front: str
    back: str
    tags: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    tolerance: float = 0.0
    choices: tuple[str, ...] = ()
    feedback: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    id: str = ""
    source: str = ""


def refused(where: str, what: str, fix: str) -> CardError:
    """The error for an entry that is no card."""
    return CardError(f"{where}: {what}; fix: {fix}")


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with line feeds only.

    Raises
    ------
    CardError
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise refused(path.name, f"is larger than {_LARGEST // 10**6} MB", "split it")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise refused(path.name, f"cannot be read ({error.strerror})", "check the file's name and folder") from None
    except UnicodeDecodeError:
        raise refused(path.name, "is no text in UTF-8", "save it as UTF-8") from None


def kebab(text: str) -> str:
    """A text in small letters with hyphens; letters without accents.

    Examples
    --------
    >>> kebab("Größe der Karte::2")
    'grosse-der-karte-2'
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).lower()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def digest(text: str) -> str:
    """Ten signs that follow from a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def new_ids(path: Path, entries: Iterable[Entry]) -> list[Card]:
    """Cards with ids that are the same when the same file is imported again.

    An id is made of the file's name and the first words of the front; where two would be the same, of all its text.
    """
    entries = list(entries)
    if not entries:
        raise refused(path.name, "there are no cards", "choose a file that has some")
    stem = kebab(path.stem) or "imported"
    wanted = [entry.id or _short(stem, entry) for entry in entries]
    counts = Counter(wanted)
    taken: set[str] = set()
    cards = []
    for entry, name in zip(entries, wanted, strict=True):
        if counts[name] > 1 and not entry.id:
            name += f"-{digest(entry.key)}"
        number, unique = 2, name
        while unique in taken:
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique)
        cards.append(
            Card(
                unique,
                entry.kind,
                # Once more, since parts that were fine can make a tag where they meet.
                tidy(entry.front, gaps=entry.kind == "cloze"),
                tidy(entry.back),
                path.stem,
                entry.tags or ("imported",),
                entry.source or f"imported from {path.name}",
                entry.answers,
                entry.tolerance,
                choices=entry.choices,
                feedback=entry.feedback,
            )
        )
    return cards


def named(path: Path, title: str, cards: list[Card]) -> Deck:
    """The deck of a file."""
    return Deck(path.stem, " ".join(title.split("::")[-1].split()) or path.stem, tuple(cards))


def _short(stem: str, entry: Entry) -> str:
    words = kebab(entry.front).split("-")[:_WORDS]
    return "-".join([stem, *words] if any(words) else [stem, digest(entry.key)])
