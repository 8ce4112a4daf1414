"""The drill as one HTML file: no server, no install, no network; for a web host, a phone or a USB stick.

The file holds the cards as JSON, the pictures as data, and the same card view as the notebook. Its scripts are the
files of ``static/``, put together here: each module becomes a function that returns what it exports. The page's
Content-Security-Policy lets only these run, by their hashes, and lets nothing be loaded or sent.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from cnnkit.flashcards.cards import ALL, Card, Deck, deck_names, load_deck

_STATIC = Path(__file__).parent / "static"
#: In the order in which they need each other; the last one runs the page.
_MODULES = ("drill", "answering", "generated", "session", "page")
_IMPORT = re.compile(r'^import \{ ([^}]*) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default .*;$", re.MULTILINE)


def build(names: Iterable[str | Deck] = ()) -> str:
    """Make the page.

    Parameters
    ----------
    names : iterable of str or Deck
        Names of decks of the course, or decks of your own; none, or ``"all"``, means all of the course. With more than
        one deck, the page also offers their union.

    Returns
    -------
    str
        The HTML of one self-contained file.

    Raises
    ------
    CardError
        When there is no such deck, or it has a defect.
    ValueError
        When two decks share a name or a card id.

    Examples
    --------
    >>> page = build(["01-convolution"])
    >>> page.startswith("<!doctype html>"), "http-equiv" in page
    (True, True)
    """
    decks = _decks(names)
    vendored = (_STATIC / "vendor" / "ts-fsrs.js").read_text(encoding="utf-8")
    licence = (_STATIC / "vendor" / "ts-fsrs.LICENSE.txt").read_text(encoding="utf-8")
    # Only developer tools would ask for the map, but it is not there.
    vendored = re.sub(r"^//# sourceMappingURL=.*$", "", vendored, flags=re.MULTILINE)
    vendored = f"/* ts-fsrs\n\n{licence.strip()}\n*/\n{vendored}"
    style = "".join((_STATIC / name).read_text(encoding="utf-8") for name in ("drill.css", "page.css"))
    scripts = [vendored, bundle()]
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    parts = {
        "policy": policy,
        "style": style,
        "data": _data(decks),
        "fsrs": scripts[0],
        "script": scripts[1],
        "licence": _text(licence.strip()),
    }
    template = (_STATIC / "page.html").read_text(encoding="utf-8")
    # In one pass: a card may contain what looks like a placeholder.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def bundle() -> str:
    """The page's modules as one script.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        When a file uses a form of import or export that this does not know.
    """
    parts = ['"use strict";']
    for name in _MODULES:
        code = (_STATIC / f"{name}.js").read_text(encoding="utf-8")
        exported = _EXPORT.findall(code)
        code = _IMPORT.sub(r"const { \1 } = module_\2;", _DEFAULT.sub("", _EXPORT.sub("", code)))
        if odd := re.search(r"^(?:import|export)\b.*$|</script", code, re.MULTILINE):
            raise ValueError(f"static/{name}.js: cannot put this into a page: {odd[0]}")
        parts.append(f"const module_{name} = (() => {{\n{code}\nreturn {{ {', '.join(exported)} }};\n}})();")
    return "\n".join(parts)


def _decks(names: Iterable[str | Deck]) -> list[Deck]:
    names = list(names) or [ALL]
    decks = []
    for name in names:
        if name == ALL:
            decks += [load_deck(part) for part in deck_names()]
        else:
            decks.append(name if isinstance(name, Deck) else load_deck(name))
    decks = list(dict.fromkeys(decks))
    for what, values in (("deck", [d.name for d in decks]), ("card", [c.id for d in decks for c in d.cards])):
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise ValueError(f"two {what}s are called {twice[0]!r}: give each its own name")
    return decks


def _data(decks: list[Deck]) -> str:
    from fsrs import Scheduler

    from cnnkit.flashcards.pictures import picture_of

    with_picture = {card.picture: card for deck in decks for card in deck.cards if card.picture}
    pictures = {
        name: "data:image/png;base64," + base64.b64encode(picture_of(card)).decode()
        for name, card in with_picture.items()
    }
    data = {
        # The same memory model as in Python, whatever ts-fsrs brings along.
        "fsrs": {"w": list(Scheduler().parameters), "retention": Scheduler().desired_retention},
        "pictures": pictures,
        "decks": [
            {"name": deck.name, "title": deck.title, "cards": [_card(card) for card in deck.cards]} for deck in decks
        ],
    }
    # Inside a script element only "<" could end it, or begin a comment.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _card(card: Card) -> dict:
    from cnnkit.flashcards.pictures import alternative_text

    return {
        "id": card.id,
        "kind": card.kind,
        "front": card.front,
        "back": card.back,
        "deck": card.deck,
        "tags": card.tags,
        "answers": card.answers,
        "tolerance": card.tolerance,
        "unit": card.unit,
        "choices": card.choices,
        "feedback": list(card.feedback.items()),  # as pairs: JavaScript would sort the numbers among the keys
        "matrices": [{"name": m.name, "rows": m.rows, "mark": m.mark} for m in card.matrices],
        "picture": card.picture,
        "alt": alternative_text(card),
        "template": card.template,
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
