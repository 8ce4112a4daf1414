"""What can be wrong with a deck file, each defect with the fix; :func:`cnnkit.flashcards.cards.check` is its face."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cnnkit.flashcards.cards import KINDS

_KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CLOZE = re.compile(r"\{\{(.*?)(?:::.*?)?\}\}", re.DOTALL)
_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:[a-zA-Z]{2,}|#\d+);")
_CODE = re.compile(r"`[^`]*`")
_KEYS = (
    "id", "kind", "front", "back", "tags", "source", "answer", "tolerance", "unit", "choices", "feedback", "matrices",
    "picture", "template",
)  # fmt: skip
_TEXTS = ("front", "back", "source", "unit", "picture", "template")
#: Which keys only some kinds have.
_ONLY = {
    "answer": ("cloze", "choice", "text", "numeric"),
    "choices": ("choice",),
    "tolerance": ("numeric",),
    "unit": ("numeric",),
    "feedback": ("cloze", "choice", "text", "numeric"),
    "template": ("generated",),
}
#: A matrix has to fit on a telephone.
_ROWS, _COLUMNS = 12, 12

Defect = tuple[str, str]


def examine(path: Path) -> tuple[dict | None, list[str]]:
    """The content of a deck file, and its defects, as lines that name file, card and fix."""
    content, defect = _read(path)
    if defect is not None:
        return content, [_line(path, None, *defect)]
    if whole := list(_of_the_file(content)):
        return content, [_line(path, None, *defect) for defect in whole]
    found = []
    ids = Counter(str(entry.get("id")) for entry in content["cards"] if isinstance(entry, dict))
    for number, entry in enumerate(content["cards"], 1):
        if not isinstance(entry, dict):
            found.append(_line(path, number, f"is no card but {_shown(entry)}", "write it as 'key: value' lines"))
            continue
        name = entry["id"] if isinstance(entry.get("id"), str) and entry["id"] else number
        for defect in _of_a_card(entry):
            found.append(_line(path, name, *defect))
        if isinstance(name, str) and ids[name] > 1:
            ids[name] = 1  # once is enough
            found.append(_line(path, name, "the id stands on more than one card", "give each card its own id"))
    return content, found


def examine_folder(folder: Path) -> list[str]:
    """The defects of all deck files of a folder, ids that two of them share among them."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        return [f"{folder.name}: holds no deck; fix: name a folder with *.yaml files"]
    found, first = [], {}
    for path in paths:
        content, lines = examine(path)
        found += lines
        cards = content.get("cards") if isinstance(content, dict) else None
        ids = [entry.get("id") for entry in cards if isinstance(entry, dict)] if isinstance(cards, list) else []
        for name in dict.fromkeys(name for name in ids if isinstance(name, str)):
            if name in first:
                found.append(_line(path, name, f"the id is used in {first[name]} too", "give each card its own id"))
            first.setdefault(name, path.name)
    return found


def _line(path: Path, card: str | int | None, what: str, fix: str) -> str:
    where = "" if card is None else f", card {card!r}" if isinstance(card, str) else f", card number {card}"
    return f"{path.name}{where}: {what}; fix: {fix}"


def _shown(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _read(path: Path) -> tuple[dict | None, Defect | None]:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        """Builds plain data only, as yaml.safe_load does, but of two equal keys it does not silently drop one."""

        def construct_mapping(self, node, deep=False):
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            counts = Counter(key.value for key in keys)
            for key in keys:
                if counts[key.value] > 1:
                    raise yaml.MarkedYAMLError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
            return super().construct_mapping(node, deep)

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return None, (f"cannot be read ({error.strerror})", "check the file's name and folder")
    except UnicodeDecodeError:
        return None, ("is no text in UTF-8", "save it as UTF-8")
    try:
        content = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f" in line {mark.line + 1}" if mark else ""
        return None, (f"is no YAML{line}: {error.problem}", "quote texts that hold ': ' or ' #', and indent by spaces")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, (f"is no YAML: {str(error).splitlines()[0]}", "look for characters that cannot be printed")
    if _has_aliases(content):
        return None, ("has a list or a map that stands for another one (*name)", "write it out")
    return content, None


def _has_aliases(content) -> bool:
    """With aliases, a few lines of YAML stand for gigabytes, or for a list that holds itself."""
    seen, waiting = set(), [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            if id(part) in seen:
                return True
            seen.add(id(part))
            waiting += part.values() if isinstance(part, dict) else part
    return False


def _of_the_file(content) -> Iterator[Defect]:
    if not isinstance(content, dict):
        yield f"is no deck but {_shown(content)}", "begin with 'title: ...' and 'cards:'"
        return
    for key in content:
        if key not in ("title", "cards"):
            yield f"unknown key {key!r}", "a deck has 'title' and 'cards' only"
    if not isinstance(content.get("title"), str) or not content["title"].strip():
        yield "the title is missing", "begin with 'title: ...'"
    if not isinstance(content.get("cards"), list) or not content["cards"]:
        yield "there are no cards", "list them under 'cards:', each with '- id: ...'"


def _of_a_card(entry: dict) -> Iterator[Defect]:
    """All defects of one card. What has the wrong type is reported once and not looked into."""
    kind = entry.get("kind")
    for key in entry:
        if key not in _KEYS:
            yield f"unknown key {key!r}", f"take one of {', '.join(_KEYS)}"
    yield from _of_the_id(entry.get("id"))
    if kind not in KINDS:
        yield f"unknown kind {kind!r}", f"take one of {', '.join(KINDS)}"
        return
    for key, kinds in _ONLY.items():
        if key in entry and kind not in kinds:
            yield f"a {kind} card has no {key!r}", f"remove it, or take the kind {' or '.join(kinds)}"
    wrong = {key for key in _TEXTS if key in entry and not isinstance(entry[key], str)}
    for key in sorted(wrong):
        yield f"{key!r} is {_shown(entry[key])}, no text", "put it in quotes"
    if "source" not in wrong and not entry.get("source", "").strip():
        yield "the source is missing", "write 'source: lesson 01, section ...' or a DOI"
    yield from _of_the_tags(entry.get("tags"))
    for key in ("front", "back"):
        if key not in wrong:
            yield from _of_a_text(key, entry.get(key, ""))
    if "front" not in wrong:
        yield from _of_the_front(kind, entry.get("front", ""))
    yield from _of_the_answer(kind, entry)
    yield from _of_the_matrices(entry.get("matrices", []))
    if "picture" not in wrong and entry.get("picture"):
        yield from of_the_picture(entry["picture"])
    if kind == "generated" and "template" not in wrong:
        yield from _of_the_template(entry)


def _of_the_id(name) -> Iterator[Defect]:
    if not isinstance(name, str) or not name:
        yield "the id is missing" if name is None else f"the id is {name!r}, no text", "write 'id: some-words'"
    elif not _KEBAB.fullmatch(name):
        yield f"the id is not in small letters with hyphens ({name!r})", f"write {_kebab(name)!r}"


def _of_the_tags(tags) -> Iterator[Defect]:
    if not isinstance(tags, list) or not tags:
        yield "the tags are missing", "write 'tags: [stride]'"
        return
    for tag in tags:
        if not isinstance(tag, str) or not _KEBAB.fullmatch(tag):
            yield f"the tag {tag!r} is not in small letters with hyphens", f"write {_kebab(str(tag))!r}"
    if len({str(tag) for tag in tags}) < len(tags):
        yield "a tag stands twice", "remove one"


def _kebab(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "some-words"


def _of_a_text(key: str, text: str) -> Iterator[Defect]:
    prose = _CODE.sub("", text)
    if tag := _HTML.search(prose):
        yield f"HTML in {key!r}: {tag.group()!r}", "write **bold**, `code` or $maths$, and signs such as < as they are"
    for sign, name in (("**", "bold"), ("$", "maths")):
        if prose.count(sign) % 2:
            yield f"{name} in {key!r} is opened and not closed", f"write {sign}...{sign}"
    if text.count("`") % 2:
        yield f"code in {key!r} is opened and not closed", "write `...`"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text):
        yield f"a control character in {key!r}", "remove it"


def _of_the_front(kind: str, front: str) -> Iterator[Defect]:
    if not front.strip() and kind != "generated":
        yield "the front is empty", "write the question under 'front'"
    gaps = _CLOZE.findall(front)
    if kind == "cloze":
        if len(gaps) != 1:
            count = {0: "no gap", 2: "two gaps"}.get(len(gaps), f"{len(gaps)} gaps")
            yield f"the front has {count}", "hide one thing as {{...}}; make a card of its own for each other"
        elif not gaps[0].strip():
            yield "the gap hides nothing", "write the hidden text between {{ and }}"
    elif "{{" in front:
        yield f"a gap in a {kind} card", "take the kind cloze, or remove the braces"


def _of_the_answer(kind: str, entry: dict) -> Iterator[Defect]:
    if kind == "basic":
        if isinstance(entry.get("back", ""), str) and not entry.get("back", "").strip():
            yield "there is no answer", "write it under 'back'"
        return
    if kind not in _ONLY["answer"]:
        return
    if kind == "cloze" and "answer" not in entry:
        # The hidden text is an answer; further forms are welcome.
        yield from _of_the_feedback(kind, _CLOZE.findall(str(entry.get("front", "")))[:1], entry)
        return
    answer = entry.get("answer")
    forms = answer if isinstance(answer, list) else [] if answer is None else [answer]
    # YAML reads an unquoted "no" as False and "1.10" as a number.
    allowed = (str, int, float) if kind == "numeric" else (str,)
    odd = [form for form in forms if isinstance(form, bool) or not isinstance(form, allowed)]
    if odd:
        yield f"the answer is {_shown(odd[0])}, no text", "put it in quotes"
        return
    forms = [str(form).strip() for form in forms]
    if not forms or not all(forms):
        yield "there is no answer", "write it under 'answer'"
        return
    if kind in ("choice", "numeric") and len(forms) > 1:
        yield f"a {kind} card has one answer, not {len(forms)}", "keep the right one"
        return
    if kind == "choice":
        yield from _of_the_choices(entry.get("choices"), forms[0])
    if kind == "numeric":
        yield from _of_the_number(forms[0], entry)
    yield from _of_the_feedback(kind, forms, entry)


def _of_the_choices(choices, right: str) -> Iterator[Defect]:
    if not isinstance(choices, list) or len(choices) < 2:
        yield "there are no choices", "list two or more under 'choices'"
        return
    for choice in choices:
        if not isinstance(choice, str) or not choice.strip():
            yield f"the choice {_shown(choice)} is no text", "put it in quotes"
            return
        yield from _of_a_text("choices", choice)
    if len(set(choices)) < len(choices):
        yield "a choice stands twice", "remove one"
    if right not in choices:
        yield f"the answer {right!r} is not among the choices", "copy it from 'choices', letter by letter"


def _of_the_number(right: str, entry: dict) -> Iterator[Defect]:
    from cnnkit.flashcards.answering import numbers_in

    if numbers_in(right) is None:
        yield f"the answer {right!r} is no number", "write 28, 0.5, 1/3 or '28 x 28 x 6', or take the kind text"
    tolerance = entry.get("tolerance", 0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance < float("inf"):
        yield f"the tolerance is {_shown(tolerance)}", "write a number, 0 or more"


def _of_the_feedback(kind: str, forms: list[str], entry: dict) -> Iterator[Defect]:
    feedback = entry.get("feedback", {})
    if not isinstance(feedback, dict):
        yield f"the feedback is {_shown(feedback)}", "write 'wrong answer: what it means' lines"
        return
    for wrong, text in feedback.items():
        if not isinstance(text, str) or not text.strip() or isinstance(wrong, bool):
            yield f"the feedback on {wrong!r} is no text", "write what the wrong answer means, in quotes"
            continue
        yield from _of_a_text("feedback", text)
        if kind == "choice" and wrong not in (entry.get("choices") or ()):
            yield f"feedback on {wrong!r}, which is not among the choices", "copy it from 'choices', letter by letter"
        elif _is_right(kind, str(wrong), forms, entry):
            yield f"feedback on {wrong!r}, which is right", "remove it, or correct the answer"


def _is_right(kind: str, typed: str, forms: list[str], entry: dict) -> bool:
    from cnnkit.flashcards.answering import matches

    tolerance = entry.get("tolerance", 0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float):
        return False
    return matches(kind, typed, forms, float(tolerance))


def _of_the_matrices(matrices) -> Iterator[Defect]:
    if not isinstance(matrices, list) or not all(isinstance(matrix, dict) for matrix in matrices):
        yield f"the matrices are {_shown(matrices)}", "write '- name: ...' and 'rows: [[...], ...]' for each"
        return
    for matrix in matrices:
        name, rows, mark = matrix.get("name"), matrix.get("rows"), matrix.get("mark", [])
        if odd := set(matrix) - {"name", "rows", "mark"}:
            yield f"a matrix with the unknown key {sorted(map(str, odd))[0]!r}", "it has name, rows and mark only"
        if not isinstance(name, str) or not name.strip():
            yield "a matrix has no name", "write 'name: image'"
        if not _is_table(rows):
            fix = "write rows of one length, of numbers or texts"
            yield f"the matrix {name!r} has the rows {_shown(rows)}", fix
        elif len(rows) > _ROWS or len(rows[0]) > _COLUMNS:
            yield f"the matrix {name!r} is {len(rows)} × {len(rows[0])}", f"draw at most {_ROWS} × {_COLUMNS}"
        elif not isinstance(mark, list) or not all(_is_cell(cell, rows) for cell in mark):
            yield f"the matrix {name!r} marks {_shown(mark)}", "write [row, column] pairs, counted from 0, inside of it"


def _is_table(rows) -> bool:
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(isinstance(row, list) and row and len(row) == len(rows[0]) for row in rows)
        and all(isinstance(x, int | float | str) and not isinstance(x, bool) for row in rows for x in row)
    )


def _is_cell(cell, rows) -> bool:
    return (
        isinstance(cell, list)
        and len(cell) == 2
        and all(type(part) is int for part in cell)
        and 0 <= cell[0] < len(rows)
        and 0 <= cell[1] < len(rows[0])
    )


def of_the_picture(picture: str) -> Iterator[Defect]:
    from cnnkit import images, kernels

    what, *parts = picture.split(":")
    if what != "filter" or len(parts) != 2:
        yield f"unknown picture {picture!r}", "write 'filter:NAME:PHOTO', such as 'filter:sharpen:chelsea'"
        return
    if parts[0] not in kernels.NAMED:
        yield f"unknown filter {parts[0]!r}", f"take one of {', '.join(kernels.NAMED)}"
    if parts[1] not in images.names():
        yield f"unknown photo {parts[1]!r}", f"take one of {', '.join(images.names())}"


def _of_the_template(entry: dict) -> Iterator[Defect]:
    from cnnkit.flashcards.generated import TEMPLATES

    template = entry.get("template", "")
    if not template:
        yield "the template is missing", f"take one of {', '.join(TEMPLATES)}"
    elif template not in TEMPLATES:
        yield f"unknown template {template!r}", f"take one of {', '.join(TEMPLATES)}"
    for key in ("front", "back", "matrices", "picture"):
        if entry.get(key):
            yield f"a generated card has no {key!r}", "remove it: the template writes the card"
