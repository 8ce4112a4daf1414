"""Every sentence that ``check`` says around an exercise, in one place, and the language that it says them in.

The English sentence is the key, as is usual with gettext. What an exercise itself says (what it asks, what a right
answer does, the names and hints of its mistakes) stands with the exercise; what is said of an answer inside the
sandbox stands in :mod:`cnnkit.answers`. :func:`messages` lists them all, and

    python -m cnnkit.exercises.texts > cnnkit.pot

writes the file that translators start from. ``cnnkit/locale/LANGUAGE/LC_MESSAGES/cnnkit.mo`` is used when the
environment asks for that language (``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``).
"""

import gettext
from pathlib import Path

from cnnkit.answers import SENTENCES, Text

# What a function did, in a sentence of its own ----------------------------------------------------

NOTHING = "Your function returned nothing: is there a `return`?"
TEXT = "Your function returned text ({kind}), but should return numbers."
OTHER_TYPE = "Your function returned a {kind}, which NumPy cannot read as an array of numbers."
OTHER_SHAPE = "Your function returned an array of shape {got}, but the shape should be {expected}."
ERROR = "Your function stopped with an error: {error}"
ERROR_LINE = "It happened in the line: {line}"
ARGUMENTS = "Your function cannot be called like this; it should begin with: def {signature}:"
TOO_LONG = (
    "Your function did not finish within {seconds} seconds and was interrupted: is there a loop that never ends, "
    "or one that goes over far too much?"
)
CHANGED_INPUT = "Your function changed the array that it was given: work on a copy."
SAME_EVERYWHERE = "Your function gives the same number everywhere."
NOT_FINITE = "Your function gives numbers that are not finite (nan or inf)."
TOO_LARGE = "Your function gives numbers too large to calculate with."

# The result of a check ----------------------------------------------------------------------------

CHECKING = "checking {name} …"
PASSED = "{name}: all {count} checks passed ({names})"
FEW_TRIED = "Your function is slow: only {count} examples were tried before the time was up."
NOT_RIGHT = "{name} is not right yet."
CLAIM = "A right one {claim}."
NOT_WRITTEN = "{name} is not written yet."
TOO_SLOW = "{name} could not be checked to the end: it is too slow."
TOO_SLOW_DETAIL = (
    "A check takes {seconds} seconds at most. They were over in this call; until then, {count} examples were right:"
)
LIKELY_REASON = "A likely reason: {name}."
INTERRUPTED = "The check of {name} was interrupted."

# Around an example --------------------------------------------------------------------------------

FIRST = "First:"
TRY = "Try:"
EXPECTED = "expected"
GOT = "got"
SHAPE = "shape {shape}"
RESULT = "result {number}"
CHANNEL = "channel {number}"
SLICE = "part {index}"
EMPTY = "empty: it has no numbers"
NO_NUMBERS = "no numbers"
WRONG_CELL = "wrong"
LEGEND = "✗ and a thick border mark what is wrong; a dashed border, the numbers that belong there."
SOME_CELLS = "Shown: rows {rows} of {height}, columns {columns} of {width}."
SOME_PARTS = "{shown} of {count} parts are shown."
INPUTS = "The inputs, drawn"

# Questions ----------------------------------------------------------------------------------------

NO_ANSWER = "{name} has no answer yet: {error}."
READ_AS = "{name}: read as {numbers}. Whether it is right is seen when it is graded."

#: What the sandbox says of an answer, and what the notebook says of it instead.
_IN_FULL = {
    "nothing": NOTHING,
    "text": TEXT,
    "other type": OTHER_TYPE,
    "shape": OTHER_SHAPE,
}
#: The same for what :class:`~cnnkit.exercises.Property` says, word for word.
_PROPERTY_SAYS = {
    "changed the array that it was given: work on a copy": CHANGED_INPUT,
    "gives the same number everywhere": SAME_EVERYWHERE,
    "gives numbers that are not finite (nan or inf)": NOT_FINITE,
    "gives numbers too large to calculate with": TOO_LARGE,
}

_DOMAIN = "cnnkit"
_LOCALE = Path(__file__).parents[1] / "locale"
_translations: gettext.NullTranslations = gettext.translation(_DOMAIN, _LOCALE, fallback=True)


def use(translations: gettext.NullTranslations) -> gettext.NullTranslations:
    """Say everything in another language from now on.

    Parameters
    ----------
    translations : gettext.NullTranslations
        For example ``gettext.translation("cnnkit", folder, ["de"])``; ``NullTranslations()`` for English.

    Returns
    -------
    gettext.NullTranslations
        What was used before.

    Examples
    --------
    >>> class German(gettext.NullTranslations):
    ...     def gettext(self, message):
    ...         return {"expected": "erwartet"}.get(message, message)
    >>> before = use(German())
    >>> say(EXPECTED), say(GOT)
    ('erwartet', 'got')
    >>> _ = use(before)
    """
    global _translations
    before, _translations = _translations, translations
    return before


def say(text: str, **values) -> str:
    """A sentence in the language in use.

    Parameters
    ----------
    text : str
        A key of the catalogue, or a :class:`~cnnkit.answers.Text`, which brings its own values. Text that the
        catalogue does not know is said as it is.
    **values
        What to put between the braces; texts among them are translated, too, when the catalogue has them.

    Examples
    --------
    >>> say(NOT_RIGHT, name="conv2d")
    'conv2d is not right yet.'
    """
    if isinstance(text, Text) and text.key:
        one, several = SENTENCES[text.key]
        said = _translations.ngettext(one, several, text.quantity) if several else _translations.gettext(one)
        return said.format(**{name: _said(value) for name, value in text.values.items()})
    # The key of an empty text is the catalogue's header.
    said = _translations.gettext(text) if text else ""
    return said.format(**{name: _said(value) for name, value in values.items()}) if values else said


def _said(value):
    return say(value) if isinstance(value, Text) else value


def sentence(text: str) -> str:
    """What is wrong with an answer as a whole sentence: the one that the catalogue has for it, or `text` completed.

    Examples
    --------
    >>> from cnnkit.answers import answer_of
    >>> sentence(answer_of(None).text)
    'Your function returned nothing: is there a `return`?'
    >>> sentence("changed the array that it was given: work on a copy")
    'Your function changed the array that it was given: work on a copy.'
    >>> sentence("the sum is not 1")
    'The sum is not 1.'
    """
    if isinstance(text, Text) and text.key in _IN_FULL:
        return say(_IN_FULL[text.key], **text.values)
    if text in _PROPERTY_SAYS:
        return say(_PROPERTY_SAYS[text])
    said = say(text)
    end = "" if "\n" in said or said.endswith(("?", ".", "!", ":")) else "."
    return said[:1].upper() + said[1:] + end


def messages() -> list[tuple[str, str]]:
    """All that can be translated, each with where it belongs; a sentence with a plural has it behind a NUL.

    Examples
    --------
    >>> ("got", "check") in messages()
    True
    """
    from cnnkit.exercises import lessons

    found = [(text, "check") for name, text in globals().items() if name.isupper() and isinstance(text, str)]
    found = [(text, place) for text, place in found if not text.startswith("_")]
    found += [("\0".join(filter(None, forms)), "answer") for forms in SENTENCES.values()]
    for exercise in (exercise for each in lessons().values() for exercise in each):
        found.append((exercise.asks, exercise.name))
        found += [(prop.name, exercise.name) for prop in exercise.public]
        found += [(prop.claim, exercise.name) for prop in exercise.public]
        for mistake in exercise.misconceptions:
            found += [(mistake.name, exercise.name), (mistake.hint, exercise.name)]
    return list({text: (text, place) for text, place in reversed(found)}.values())[::-1]


def _template() -> str:
    """The messages as a gettext template."""
    parts = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n']
    for text, place in messages():
        one, _, several = text.partition("\0")
        forms = f'msgid_plural {_quoted(several)}\nmsgstr[0] ""\nmsgstr[1] ""\n' if several else 'msgstr ""\n'
        parts.append(f"#. {place}\nmsgid {_quoted(one)}\n{forms}")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    print(_template(), end="")
