"""Every sentence that ``check`` and the grader say around an exercise, in one place, and the language they say it in.

The English sentence is the key, as is usual with gettext. What an exercise itself says (what it asks, what a right
answer does, the names and hints of its mistakes) stands with the exercise; what is said of an answer inside the
sandbox stands in :mod:`cnnkit.answers`. :func:`messages` lists them all, and

    python -m cnnkit.exercises.texts > cnnkit.pot

writes the file that translators start from. ``cnnkit/locale/LANGUAGE/LC_MESSAGES/cnnkit.mo`` is used when the
environment asks for that language (``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``).
"""

import copy
import gettext
from collections.abc import Iterable
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

# A verdict -----------------------------------------------------------------------------------------

POINTS = "{name} {state}: {points} of {worth} points."
STATES = {"passed": "passed", "failed": "not passed yet", "not graded": "could not be graded"}
HOLDS = {"passed": "holds", "failed": "fails", "not graded": "could not be graded"}
FAULTS = {"student": "because of the submitted code", "course": "because of a fault in the course"}
COULD_NOT_BE_GRADED = "could not be graded ({fault}): {why}"
PROPERTY = "property"
OUTCOME = "result"
WHAT_IT_SAYS = "what it says"
SMALLEST = "The smallest example that failed:"
SMALLEST_IN_TEXT = "Smallest example that failed:"
NO_ANSWER_TO_JUDGE = "A call that gave no answer:"
SHOULD_GIVE = "should give"
BUT_GAVE = "but gave"
CALL = "Call"
EXPECTED_THERE = "Expected"
GOT_THERE = "Got"
PERHAPS = "Perhaps: {name}."
NOTE = "Note: {note}"
ALL_HOLD = "all {count} properties hold"
SOME_FAIL = "{count} of {total} properties fail: {names}"
SOME_NOT_GRADED = "{count} of {total} properties could not be graded: {names}"
NOT_REACHED = "was not reached: an earlier call {what}"
NO_CALL = "no call was made"
NOT_COMPLETE = "no answer"
ARRAY_OF_SHAPE = "an array of shape {shape}"

# Why something could not be graded -----------------------------------------------------------------

NOT_DEFINED = "{name} is not defined in the notebook"
NOT_DEFINED_BECAUSE = "{name} is not defined: its cell {why}"
NOT_A_FUNCTION = "{name} is not a function but a {kind}"
LATE_DEFINITION = "graded at the end: its test cell stands before the function's definition"
NOT_IN_TIME = "did not finish in {seconds} seconds"
NOT_INTERRUPTED = "did not finish in {seconds} seconds and ignored the interrupt"
NO_TEXT_IN_TIME = "did not give its text in {seconds} seconds"
MUCH_TOO_MANY = "returned far too many numbers, all calls together"
TOO_MUCH_MEMORY = "used more than {mib} MiB of memory and was killed"
TOO_MANY_PROCESSES = "ran more than {count} processes and was killed"
CRASHED = "crashed the process ({signal})"
ENDED = "ended the process (exit code {code})"
NO_SUCH_ANSWER = "sent something that is not an answer, so it was ended"
OUT_OF_TIME = "the notebook used up its {seconds} seconds"

# In the graded notebook ----------------------------------------------------------------------------

CELL_ENDED = "This cell ended the notebook's process: it {why}."
CELL_STOPPED = "This cell {why} and was interrupted."
CELL_NOT_RUN = "Not run while grading: {why}."
REST_NOT_RUN = "The rest of this cell is not run while grading: it uses a library that is not there then."
FROM_THE_GRADER = "From the grader"

# A submission that is not in order -----------------------------------------------------------------

FOLDER_IS_LINK = "the folder {name} is a link, which is not followed"
FILE_IS_LINK = "{name} is a link, which is not followed: submit the notebook itself"
UNREADABLE = "{name} cannot be read: {error}"
NO_FILE = "{name} is not a file"
FILE_TOO_LARGE = "{name} has {size} MiB, more than the {most} MiB that are read: clear its outputs and submit it again"
FILE_EMPTY = "{name} is empty"
OTHER_NAME = "{name} was not submitted; found {others}: rename it and submit again"
NOT_SUBMITTED = "{name} was not submitted"
NOT_UTF8 = "the notebook is not text in UTF-8, so it is not a notebook"
NO_NOTEBOOK = "the notebook is JSON, but not a notebook"
OTHER_VERSION = "the notebook's format version is {version}, but 4 is needed: save it with JupyterLab"
NO_CELLS = "the notebook has no list of cells"
NOT_JSON = "the notebook is not JSON: the file is damaged, or was edited by hand"
BROKEN = "the notebook cannot be read ({error}): the file is damaged, or was edited by hand"
TWICE = "the cell {cell} stands more than once; the last one counts"
OTHER_KIND = "the cell {cell} was turned into {kind}; it is {was} again"
CHANGED_CELL = "the read-only cell {cell} was changed; the released one is used"
DELETED = "the cell {cell} was deleted"
PUT_BACK = "the cell {cell} was deleted; it is back"

# An answer to a question ---------------------------------------------------------------------------

COULD_NOT_BE_READ = "{name} could not be read: it {why}"
RIGHT_FOR = "is right for the numbers drawn for {student}: {question}"
ANSWER_RIGHT = "the answer is right"
ANSWER_WRONG = "{name} is not right"
THIS_ANSWER_WRONG = "the answer {answer} is not right"
OF_NOBODY = "it answers the numbers of {student}: write your own id where the notebook asks for it"
OF_SOMEBODY_ELSE = "it answers somebody else's numbers. Everybody has numbers of their own: please use yours"
NOTHING_TYPED = "nothing was typed; write {wanted}"
NOT_READ = "cannot read {typed} as {wanted}"
ONE_NUMBER = "a number"
SO_MANY_NUMBERS = "{count} numbers, such as {example}"

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
    if isinstance(text, Text) and text.one:
        one, several = text.one, text.several
        said = _translations.ngettext(one, several, text.quantity) if several else _translations.gettext(one)
        return said.format(**{name: _said(value) for name, value in text.values.items()}) if text.values else said
    # The key of an empty text is the catalogue's header.
    said = _translations.gettext(text) if text else ""
    return said.format(**{name: _said(value) for name, value in values.items()}) if values else said


def _said(value):
    return say(value) if isinstance(value, Text) else value


def joined(texts: Iterable[str], separator: str = ", ") -> Text:
    """Several texts as one, each of which is said in the language in use.

    Examples
    --------
    >>> joined(["kernel flipped", "strides"])
    'kernel flipped, strides'
    """
    parts = {f"part{n}": text if isinstance(text, Text) else Text.made(text) for n, text in enumerate(texts)}
    return Text.made(separator.join(f"{{{name}}}" for name in parts), **parts)


def speak(language: str, *others: tuple[str, Path]) -> None:
    """Say everything in a language that there are translations for.

    Parameters
    ----------
    language : str
        Such as ``"de"``; ``"en"`` is what everything is written in.
    *others : tuple of (str, Path)
        More catalogues, as a domain and a folder; the grader has one for the hidden properties.

    Raises
    ------
    ValueError
        When there is no translation.

    Examples
    --------
    >>> speak("de")
    >>> say(EXPECTED)
    'erwartet'
    >>> speak("en")
    >>> speak("tlh")
    Traceback (most recent call last):
        ...
    ValueError: there is no translation into 'tlh'; there are: de, en
    """
    if language == "en":
        use(gettext.NullTranslations())
        return
    known = sorted({path.parent.parent.name for path in _LOCALE.glob("*/LC_MESSAGES/cnnkit.mo")} | {"en"})
    if language not in known:
        raise ValueError(f"there is no translation into {language!r}; there are: {', '.join(known)}")
    # A copy, as gettext keeps what it loads, and a fallback would stay.
    translations = copy.copy(gettext.translation(_DOMAIN, _LOCALE, [language]))
    for domain, folder in others:
        translations.add_fallback(gettext.translation(domain, folder, [language], fallback=True))
    use(translations)


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
    from cnnkit.exercises import dropping, lessons, questions, signs, training

    constants = {name: text for name, text in globals().items() if name[:1].isupper() and name.isupper()}
    found = [(text, "check") for text in constants.values() if isinstance(text, str)]
    found += [(text, "check") for texts in constants.values() if isinstance(texts, dict) for text in texts.values()]
    found = [(text, place) for text, place in found if isinstance(text, str)]  # not SENTENCES, which are pairs
    found += [("\0".join(filter(None, forms)), "answer") for forms in SENTENCES.values()]
    found += [(text, "dropout") for text in dropping.SENTENCES]
    found += [(text, "cross_entropy") for text in training.SENTENCES]
    found += [(text, "train_and_predict") for text in signs.SENTENCES]
    for question in (question for each in questions().values() for question in each):
        for mistake in question.mistakes:
            found += [(mistake.name, question.name), (mistake.hint, question.name)]
    for exercise in (exercise for each in lessons().values() for exercise in each):
        found.append((exercise.asks, exercise.name))
        found += [(prop.name, exercise.name) for prop in exercise.public]
        found += [(prop.claim, exercise.name) for prop in exercise.public]
        for mistake in exercise.misconceptions:
            found += [(mistake.name, exercise.name), (mistake.hint, exercise.name)]
    return list({text: (text, place) for text, place in reversed(found)}.values())[::-1]


def template(listed: Iterable[tuple[str, str]]) -> str:
    """Messages as a gettext template, from which translators start.

    Examples
    --------
    >>> print(template([("got", "check")]).splitlines()[-3:])
    ['#. check', 'msgid "got"', 'msgstr ""']
    """
    parts = ['msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n']
    for text, place in listed:
        one, _, several = text.partition("\0")
        forms = f'msgid_plural {_quoted(several)}\nmsgstr[0] ""\nmsgstr[1] ""\n' if several else 'msgstr ""\n'
        parts.append(f"#. {place}\nmsgid {_quoted(one)}\n{forms}")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    print(template(messages()), end="")
