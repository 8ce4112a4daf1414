"""Judging what a learner typed or chose: pure, tolerant, and simple enough to be the same in the browser.

``tests/cnnkit/flashcards/judgements.json`` lists cases that every implementation has to agree on.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
#: Typos are forgiven in words of at least so many letters.
TYPO_FROM = 6
#: An answer is quick when it came in the time it takes to read the front, and this many seconds.
QUICK, LETTERS_PER_SECOND = 3.0, 15
_LONGEST = 200

_ARTICLES = {"a", "an", "the"}
#: British and American spelling are one.
_SPELLINGS = (
    ("grey", "gray"),
    ("colour", "color"),
    ("neighbour", "neighbor"),
    ("centre", "center"),
    ("isation", "ization"),
)
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_UNITS = {"px": "pixel", "param": "parameter", "percent": "%"}
_CLOZE = re.compile(r"\{\{(.*?)(?:::(.*?))?\}\}", re.DOTALL)
_THOUSANDS = re.compile(r"(?<=\d)[,\u2009\u202f\u00a0 '’_](?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"^([^\d,.]*)(?:(\d+),(\d{1,2}|\d{4,})|0,(\d+))([^\d,.]*)$")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2}(?!\d))?(?:\s*/\s*\d+(?:\.\d+)?)?")
_BETWEEN = re.compile(r"[\s,;x()\[\]]*(?:and|by)?[\s,;x()\[\]]*", re.IGNORECASE)
_BEFORE = re.compile(r"[\w ]*[=:≈]?")


@dataclass(frozen=True)
class Judgement:
    """What became of an answer.

    Parameters
    ----------
    right : bool
    close : bool
        Not right, but nearly: a typo, or a right number with a wrong unit.
    message : str
        For the learner, in the small Markdown of the cards.
    proposed : int
        The rating to propose: 1 again, 2 hard, 3 good, 4 easy.
    """

    right: bool
    close: bool
    message: str
    proposed: int


def judge(card, typed: str, seconds: float | None = None) -> Judgement:
    """Judge a typed answer, or a choice.

    Parameters
    ----------
    card : Card or Shown
        Of any kind but ``"basic"``, which learners rate themselves, and ``"generated"``, which is drawn first.
    typed : str
        What was typed, or the text of the choice.
    seconds : float, optional
        From the moment the card was shown. A quick answer is proposed as easy, but not a choice, where luck helps.

    Returns
    -------
    Judgement

    Raises
    ------
    ValueError
        When a card of this kind cannot be judged.

    Notes
    -----
    Text: case, accents, spaces, hyphens, punctuation, articles, a plural s, and British or American spelling make no
    difference; one typo in a word of 6 letters or more is close. Numbers: ``1,000``, ``28 x 28``, ``28×28``, ``1/3``,
    ``0,5`` and ``50 %`` are read; the unit may be left out, but a wrong one is named.

    Examples
    --------
    >>> from cnnkit.flashcards.cards import Card
    >>> size = Card("c", "numeric", "How many pixels?", "", "d", ("t",), "s", answers=("28 x 28",), unit="pixels")
    >>> judge(size, "28×28").right
    True
    >>> judge(size, "28")
    Judgement(right=False, close=False, message='Cannot read “28” as 2 numbers, such as 28 x 28.', proposed=1)
    >>> name = Card("c", "text", "What comes out?", "", "d", ("t",), "s", answers=("feature map", "activation map"))
    >>> judge(name, "Feature-Map", seconds=2).proposed
    4
    >>> judge(name, "a feature map", seconds=40).proposed
    3
    >>> judge(name, "feeture map")
    Judgement(right=False, close=True, message='Nearly: it is written “feature map”.', proposed=2)
    """
    if card.kind not in ("cloze", "choice", "text", "numeric"):
        how = "its learner rates it" if card.kind == "basic" else "draw it first"
        raise ValueError(f"a {card.kind} card cannot be judged: {how}")
    if not typed.strip():
        return _wrong("Nothing was typed.")
    quick = seconds is not None and seconds <= QUICK + len(card.front) / LETTERS_PER_SECOND
    if card.kind == "choice":
        return _judge_choice(card, typed)
    if card.kind == "numeric":
        return _judge_number(card, typed, quick)
    return _judge_text(card, typed, quick)


def hidden_text(front: str) -> str:
    """The hidden text of a cloze card.

    Examples
    --------
    >>> hidden_text("With {{zero::which number?}} padding the border is black.")
    'zero'
    """
    found = _CLOZE.search(front)
    if found is None:
        raise ValueError(f"there is no gap {{{{...}}}} in {front!r}")
    return found.group(1).strip()


def matches(kind: str, typed: str, forms: Iterable[str], tolerance: float = 0.0) -> bool:
    """Whether an answer is right, without a judgement.

    Examples
    --------
    >>> matches("text", "Stride", ("the stride",)), matches("numeric", "0.33", ("1/3",), tolerance=0.01)
    (True, True)
    """
    forms = tuple(forms)
    if kind == "choice":
        return _choice(typed) in map(_choice, forms)
    if kind == "numeric":
        wanted = numbers_in(forms[0])
        read = None if wanted is None else _read(typed, len(wanted))
        return read is not None and _near(read[0], wanted, tolerance)
    return _joined(typed) in map(_joined, forms)


def numbers_in(text: str) -> tuple[Fraction, ...] | None:
    """The numbers of an answer, as many as there are up to 4; ``None`` when it is not made of numbers.

    Examples
    --------
    >>> [int(number) for number in numbers_in("28 x 28 x 6")]
    [28, 28, 6]
    >>> numbers_in("1,000") == (1000,), numbers_in("many")
    (True, None)
    """
    return next((read[0] for count in (1, 2, 3, 4) if (read := _read(text, count))), None)


def _judge_choice(card, typed: str) -> Judgement:
    if matches("choice", typed, card.answers):
        return Judgement(True, False, "Right.", GOOD)
    for wrong, text in card.feedback.items():
        if _choice(wrong) == _choice(typed):
            return _wrong(text)
    return _wrong(f"Not this one; the answer is: {card.answers[0]}")


def _judge_text(card, typed: str, quick: bool) -> Judgement:
    forms = (*((hidden_text(card.front),) if card.kind == "cloze" else ()), *card.answers)
    if matches("text", typed, forms):
        return Judgement(True, False, "Right.", EASY if quick else GOOD)
    for wrong, text in card.feedback.items():
        if matches("text", typed, (wrong,)):
            return _wrong(text)
    for form in forms:
        if _is_typo(typed, form):
            return Judgement(False, True, f"Nearly: it is written “{form}”.", HARD)
    for wrong, text in card.feedback.items():
        if _is_typo(typed, wrong):
            return _wrong(text)
    return _wrong(f"Not right; the answer is: {forms[0]}")


def _judge_number(card, typed: str, quick: bool) -> Judgement:
    wanted = numbers_in(card.answers[0])
    read = _read(typed, len(wanted))
    if read is None:
        count = len(wanted)
        fix = "a number" if count == 1 else f"{count} numbers, such as {' x '.join(['28', '28', '6', '1'][:count])}"
        shown = typed.strip() if len(typed.strip()) <= _LONGEST else typed.strip()[:_LONGEST] + "…"
        return _wrong(f"Cannot read “{shown}” as {fix}.")
    numbers, unit = read
    answer = f"{card.answers[0]} {card.unit}".strip()
    if unit == "%" and _unit(card.unit) != "%":
        numbers, unit = tuple(number / 100 for number in numbers), ""
    if _near(numbers, wanted, card.tolerance):
        # A word behind the number is its unit; several words are a remark, such as "in all".
        if card.unit and unit and len(_split(unit)) <= 1 and _unit(unit) != _unit(card.unit):
            return Judgement(False, True, f"The number is right, but its unit is {card.unit}, not {unit}.", HARD)
        return Judgement(True, False, "Right.", EASY if quick else GOOD)
    for wrong, text in card.feedback.items():
        if matches("numeric", " x ".join(map(str, numbers)), (wrong,), card.tolerance):
            return _wrong(text)
    if _near(tuple(-number for number in numbers), wanted, card.tolerance):
        return _wrong(f"Only the sign is wrong; the answer is: {answer}")
    if _near(tuple(sorted(numbers)), tuple(sorted(wanted)), card.tolerance):
        return _wrong(f"These are the numbers, but in another order; the answer is: {answer}")
    return _wrong(f"Not right; the answer is: {answer}")


def _wrong(message: str) -> Judgement:
    return Judgement(False, False, message, AGAIN)


def _choice(text: str) -> str:
    """Choices may differ in a sign only, so nothing but case and spaces is forgiven."""
    return " ".join(text.split()).casefold()


def _split(text: str) -> list[str]:
    """The words of a text, without what makes no difference."""
    text = unicodedata.normalize("NFKD", text[: _LONGEST * 5].casefold())
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = re.sub(r"['’`*$“”\"]", "", text)
    words = re.sub(r"[^\w%=+/<>.]|_|\.(?!\d)", " ", text).split()
    words = [word for word in words if word not in _ARTICLES] or words
    return [_plain(word) for word in words]


def _plain(word: str) -> str:
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _joined(text: str) -> str:
    return "".join(_split(text))


def _is_typo(typed: str, form: str) -> bool:
    """Whether just one word differs, by one letter that is wrong, missing, too many, or swapped with the next."""
    mine, right = _split(typed), _split(form)
    if len(mine) != len(right):
        return False
    odd = [(a, b) for a, b in zip(mine, right, strict=True) if a != b]
    return len(odd) == 1 and all(len(word) >= TYPO_FROM and word.isalpha() for word in odd[0][1:]) and _one_off(*odd[0])


def _one_off(a: str, b: str) -> bool:
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def _read(typed: str, count: int) -> tuple[tuple[Fraction, ...], str] | None:
    """So many numbers, and the unit behind them. The number reader of the exercises takes Hypothesis along."""
    text = typed.strip()
    if len(text) > _LONGEST:
        return None
    if count == 1 and text.lower() in _WORDS:
        text = str(_WORDS.index(text.lower()))
    text = re.sub(r"[×·*]", "x", text.replace("−", "-"))
    text = re.sub(r"^- +(?=[\d.])", "-", text)
    together = _THOUSANDS.sub("", text)
    if count == 1 and (found := _DECIMAL_COMMA.match(text)):
        before, whole, part, small, after = found.groups()
        together = f"{before}{whole or 0}.{part or small}{after}"
    # "1,000" is one number where one is asked for; among several it may be two, so that is tried first.
    for candidate in (together, text) if count == 1 else (text, together):
        found = list(_NUMBER.finditer(candidate))
        if len(found) != count:
            continue
        edges = [0, *(edge for match in found for edge in match.span()), len(candidate)]
        before, *between, after = [candidate[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
        before, after = before.strip(" \n\t([{'\""), after.strip(" \n\t)]}.,;'\"")
        if (
            _BEFORE.fullmatch(before)
            and all(gap and _BETWEEN.fullmatch(gap) for gap in between)
            and re.fullmatch(r"[^\d=+]*", after)
        ):
            try:
                return tuple(Fraction(match.group().replace(" ", "")) for match in found), after
            except (ValueError, ZeroDivisionError):
                continue
    return None


def _near(numbers: Sequence[Fraction], wanted: Sequence[Fraction], tolerance: float) -> bool:
    allowed = Fraction(str(tolerance))
    return len(numbers) == len(wanted) and all(abs(a - b) <= allowed for a, b in zip(numbers, wanted, strict=True))


def _unit(unit: str) -> str:
    plain = _joined(unit)
    return _UNITS.get(plain, plain)
