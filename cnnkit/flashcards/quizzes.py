"""The JSON files of jupytercards and jupyterquiz as cards.

=================================================  ===========================================================
in the file                                        becomes
=================================================  ===========================================================
``front`` and ``back`` (jupytercards)              a basic card; ``topic`` becomes tags
``multiple_choice``, or one right answer of many   a choice, with the feedback of the wrong answers
``many_choice`` with several right answers         a basic card that lists all answers, and which are right
``numeric``                                        a number: a ``range`` is its middle and a tolerance; with a
                                                   ``precision``, all that rounds to the same digits is right
``numeric`` with right answers apart               a basic card that lists them
``string``                                         a typed text with all right forms
=================================================  ===========================================================

What is said about a wrong range, or about anything else, stands on the back.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

from cnnkit.flashcards.imported import Entry, kebab, refused
from cnnkit.flashcards.markup import from_html

_KINDS = ("multiple_choice", "many_choice", "numeric", "string")


def entries(path: Path, text: str) -> list[Entry]:
    """The cards of a file, without ids.

    Parameters
    ----------
    path : Path
        For messages.
    text : str
        JSON: a list of flashcards, of questions, or of both.

    Returns
    -------
    list of Entry

    Raises
    ------
    CardError
        It names the file, the entry (counted from 1) and the fix.

    Examples
    --------
    >>> answers = [{"value": 3.14159, "correct": True}]
    >>> question = {"type": "numeric", "question": "pi?", "precision": 3, "answers": answers}
    >>> card = entries(Path("quiz.json"), json.dumps([question]))[0]
    >>> card.kind, card.answers, card.tolerance
    ('numeric', ('3.14',), 0.005)
    """
    try:
        content = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise refused(path.name, f"is no JSON in {where} ({error.msg})", "look at that place") from None
    except (ValueError, RecursionError) as error:
        raise refused(path.name, f"is no JSON ({error})", "write numbers, texts, lists and objects only") from None
    if not isinstance(content, list):
        raise refused(path.name, f"holds {_shown(content)}, no list", "put the flashcards or questions into [ ]")
    return [_Item(f"{path.name}, entry {number}", item).entry() for number, item in enumerate(content, 1)]


def _no_number(name: str):
    raise ValueError(f"{name} is no number")


def _shown(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"


class _Item:
    """One entry of a file."""

    def __init__(self, where: str, content):
        self.where = where
        if not isinstance(content, dict):
            raise refused(where, f"is {_shown(content)}", 'write {"front": ..., "back": ...} or a question')
        self.content = content

    def entry(self) -> Entry:
        if "front" in self.content or "back" in self.content:
            front, back = self._words(self.content, "front"), self._words(self.content, "back")
            return Entry("basic", front, back, self._topics(), key=front)
        if "question" not in self.content:
            fix = "jupytercards has front and back, jupyterquiz question, type and answers"
            raise refused(self.where, f"has {', '.join(self.content) or 'nothing'}, but no question", fix)
        kind = self.content.get("type")
        if kind not in _KINDS:
            raise refused(self.where, f"unknown type {_shown(kind)}", f"take one of {', '.join(_KINDS)}")
        question = self._with_code(self._words(self.content, "question"), self.content)
        answers = self._answers(kind)
        if kind == "numeric":
            return self._numeric(question, answers)
        return self._string(question, answers) if kind == "string" else self._choice(question, answers)

    # Parts of an entry ----------------------------------------------------------------------------

    def _words(self, holder: Mapping, key: str, empty: bool = False) -> str:
        value = holder.get(key, "" if empty else None)
        if not isinstance(value, str):
            raise refused(self.where, f"{key!r} is {_shown(value)}, no text", "put it in quotes")
        text = from_html(value)
        if not text and not empty:
            raise refused(self.where, f"{key!r} has no text", "write it in words; pictures are not imported")
        return text

    def _with_code(self, text: str, holder: Mapping) -> str:
        code = holder.get("code", "")
        if not isinstance(code, str):
            raise refused(self.where, f"'code' is {_shown(code)}, no text", "put it in quotes")
        lines = ["`" + line.replace("`", "'") + "`" for line in code.split("\n") if line.strip()]
        return "\n\n".join([text, *lines] if text else lines)

    def _topics(self) -> tuple[str, ...]:
        topics = self.content.get("topic", [])
        topics = [topics] if isinstance(topics, str) else topics
        if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
            raise refused(self.where, f"'topic' is {_shown(topics)}", "write a text or a list of texts")
        return tuple(dict.fromkeys(filter(None, map(kebab, topics))))

    def _answers(self, kind: str) -> list[dict]:
        answers = self.content.get("answers")
        if not isinstance(answers, list) or not answers or not all(isinstance(each, dict) for each in answers):
            raise refused(self.where, f"the answers are {_shown(answers)}", 'write [{"correct": true, ...}, ...]')
        for each in answers:
            default = each.get("type") == "default"
            if not default and not isinstance(each.get("correct"), bool):
                raise refused(self.where, f"the answer {_shown(each)} is neither right nor wrong", "add 'correct'")
            if kind in ("multiple_choice", "many_choice") and default:
                raise refused(self.where, "a choice has no default answer", "remove it, or take the type string")
        if not any(each.get("correct") for each in answers):
            raise refused(self.where, "no answer is right", "set 'correct' of one to true")
        return answers

    def _feedback(self, each: Mapping) -> str:
        return self._words(each, "feedback", empty=True)

    def _others(self, answers: Iterable[Mapping]) -> list[str]:
        """What the right answers and any other answer are told."""
        said = [self._feedback(each) for each in answers if each.get("correct")]
        said += [
            f"Otherwise: {text}" for each in answers if each.get("type") == "default" and (text := self._feedback(each))
        ]
        return list(dict.fromkeys(filter(None, said)))

    # Kinds of questions ---------------------------------------------------------------------------

    def _choice(self, question: str, answers: list[dict]) -> Entry:
        options = []
        for each in answers:
            option = " ".join(self._with_code(self._words(each, "answer", empty=True), each).split())
            if not option:
                raise refused(self.where, f"the answer {_shown(each)} has no text", "write 'answer' or 'code'")
            options.append(option)
        if len(set(options)) < len(options):
            twice = next(option for option in options if options.count(option) > 1)
            raise refused(self.where, f"the answer {twice!r} stands twice", "remove one")
        right = [option for option, each in zip(options, answers, strict=True) if each["correct"]]
        feedback = {
            option: text
            for option, each in zip(options, answers, strict=True)
            if not each["correct"] and (text := self._feedback(each))
        }
        if len(right) == 1 and len(options) > 1:
            back = "\n\n".join(self._others(answers))
            return Entry("choice", question, back, (), (right[0],), 0.0, tuple(options), feedback, key=question)
        listed = "\n".join(f"- {option}" for option in options)
        back = ["Right:", "\n".join(f"- {option}" for option in right), *self._others(answers)]
        if feedback:
            back += ["Wrong:", "\n".join(f"- {option}: {text}" for option, text in feedback.items())]
        return Entry("basic", f"{question}\n\nWhich of these?\n\n{listed}", "\n\n".join(back), key=question)

    def _string(self, question: str, answers: list[dict]) -> Entry:
        forms = [" ".join(self._words(each, "answer").split()) for each in answers if each.get("type") != "default"]
        judged = [each for each in answers if each.get("type") != "default"]
        right = tuple(dict.fromkeys(form for form, each in zip(forms, judged, strict=True) if each["correct"]))
        feedback = {
            form: text
            for form, each in zip(forms, judged, strict=True)
            if not each["correct"] and (text := self._feedback(each)) and not _same("text", form, right)
        }
        back = "\n\n".join(self._others(answers))
        return Entry("text", question, back, (), right, 0.0, (), feedback, key=question)

    def _numeric(self, question: str, answers: list[dict]) -> Entry:
        precision = self.content.get("precision", 0)
        if isinstance(precision, bool) or not isinstance(precision, int) or not 0 <= precision <= 100:
            raise refused(self.where, f"the precision is {_shown(precision)}", "write how many digits count, 1 to 100")
        spans = [(self._span(each, precision), each) for each in answers if each.get("type") != "default"]
        right = [span for span, each in spans if each["correct"]]
        widest = max(right, key=lambda span: span[1] - span[0])
        back = self._others(answers)
        feedback = {}
        for span, each in spans:
            text = self._feedback(each)
            if each["correct"] or not text:
                continue
            if "value" in each:
                wrong = _digits(Fraction(str(each["value"])))
                if not widest[0] <= Fraction(wrong) <= widest[1]:
                    feedback.setdefault(wrong, text)
            else:
                back.append(f"From {_digits(span[0])} to {_digits(span[1])}: {text}")
        if any(low < widest[0] or high > widest[1] for low, high in right):
            shown = [_digits(a) if a == b else f"from {_digits(a)} to {_digits(b)}" for a, b in right]
            back = [
                f"Right: {' or '.join(shown)}",
                *back,
                *(f"Not {wrong}: {text}" for wrong, text in feedback.items()),
            ]
            return Entry("basic", question, "\n\n".join(back), key=question)
        low, high = widest
        middle, near = _digits((low + high) / 2), float((high - low) / 2)
        return Entry("numeric", question, "\n\n".join(back), (), (middle,), near, (), feedback, key=question)

    def _span(self, each: Mapping, precision: int) -> tuple[Fraction, Fraction]:
        """The numbers that an answer stands for, from the least to the largest."""
        if "value" in each:
            value = self._number(each["value"])
            return _rounding(value, precision) if precision else (value, value)
        ends = each.get("range")
        if not isinstance(ends, list) or len(ends) != 2:
            raise refused(
                self.where, f"the answer {_shown(each)} has no number", "write 'value' or 'range': [from, to]"
            )
        low, high = map(self._number, ends)
        if low > high:
            raise refused(self.where, f"the range {_shown(ends)} ends before it begins", "write the smaller one first")
        return low, high

    def _number(self, value) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refused(self.where, f"{_shown(value)} is no number", "write it without quotes")
        if value and not 1e-30 < abs(value) < 1e30:
            raise refused(self.where, f"{_shown(value)} is too long to type", "take another unit")
        return Fraction(str(value))


def _rounding(value: Fraction, digits: int) -> tuple[Fraction, Fraction]:
    """All that has the same first digits when it is rounded."""
    if not value:
        return value, value
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    middle, half = Fraction(exact.quantize(unit, ROUND_HALF_UP)), Fraction(unit) / 2
    return middle - half, middle + half


def _digits(number: Fraction) -> str:
    """A number as a text that is read again as the same: a decimal one if that is short."""
    if number.denominator == 1:
        return str(number.numerator)
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text if Fraction(text) == number else f"{number.numerator}/{number.denominator}"


def _same(kind: str, typed: str, forms: tuple[str, ...]) -> bool:
    from cnnkit.flashcards.answering import matches

    return matches(kind, typed, forms)
