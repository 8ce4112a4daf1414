"""What the hidden properties say, for translators: all else that students read is listed by cnnkit.exercises.texts.

It is not in cnnkit's catalogue, because that goes to students::

    python -m autograder.translations > autograder.pot

The finished ``autograder/locale/LANGUAGE/LC_MESSAGES/autograder.mo`` is used for ``c.Grading.language = "LANGUAGE"``.
"""

from pathlib import Path

from autograder import hidden
from cnnkit.exercises import lessons, texts

DOMAIN, FOLDER = "autograder", Path(__file__).parent / "locale"


def messages() -> list[tuple[str, str]]:
    """Names and claims of the hidden properties that cnnkit's catalogue does not have, each with its exercise.

    Examples
    --------
    >>> ("works for an even n", "box_kernel") in messages()
    True
    """
    known = {text for text, _ in texts.messages()}
    names = [exercise.name for each in lessons().values() for exercise in each]
    found = [(text, name) for name in names for prop in hidden.properties(name) for text in (prop.name, prop.claim)]
    return list({text: (text, name) for text, name in reversed(found) if text not in known}.values())[::-1]


if __name__ == "__main__":
    print(texts.template(messages()), end="")
