"""Deck files: what is read, and what is refused with which words."""

import dataclasses
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cnnkit import images, kernels
from cnnkit.flashcards import pictures
from cnnkit.flashcards.cards import (
    DECKS,
    Card,
    CardError,
    Deck,
    Matrix,
    check,
    deck_names,
    load_deck,
    read_deck,
    to_yaml,
)

GOOD = {
    "basic": {"kind": "basic", "front": "What?", "back": "That."},
    "cloze": {"kind": "cloze", "front": "It is {{that::which?}}."},
    "choice": {"kind": "choice", "front": "Which?", "choices": ["this", "that"], "answer": "that"},
    "text": {"kind": "text", "front": "What?", "answer": ["that", "that one"]},
    "numeric": {"kind": "numeric", "front": "How many?", "answer": 28},
    "generated": {"kind": "generated", "template": "output-size"},
}


def deck_of(*cards):
    return {"title": "My deck", "cards": list(cards)}


def card(kind="basic", **changes):
    entry = {"id": f"my-{kind}", "tags": ["stride"], "source": "lesson 01", **GOOD[kind], **changes}
    return {key: value for key, value in entry.items() if value is not ...}


def write(folder, content, name="mine.yaml"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return path


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", GOOD)
def test_each_kind_is_read(kind, tmp_path):
    deck = read_deck(write(tmp_path, deck_of(card(kind))))
    assert (deck.name, deck.title, len(deck.cards)) == ("mine", "My deck", 1)
    assert (deck.cards[0].kind, deck.cards[0].deck, deck.cards[0].lesson) == (kind, "mine", "mine")


def test_everything_of_a_card_is_read(tmp_path):
    entry = card(
        "numeric",
        answer=" 1/3 ",
        tolerance=0.01,
        unit="cells",
        back="A third.\n",
        feedback={3: "Turn it over.", "0.5": "Not a half.\n"},
        matrices=[{"name": "map", "rows": [[1, "?"], [0.5, -2]], "mark": [[0, 1]]}],
        picture="filter:sharpen:camera",
    )
    read = read_deck(write(tmp_path, deck_of(entry))).cards[0]
    assert read == Card(
        "my-numeric",
        "numeric",
        "How many?",
        "A third.",
        "mine",
        ("stride",),
        "lesson 01",
        ("1/3",),
        0.01,
        "cells",
        (),
        {"3": "Turn it over.", "0.5": "Not a half."},
        (Matrix("map", ((1, "?"), (0.5, -2)), ((0, 1),)),),
        "filter:sharpen:camera",
    )


def test_cards_can_be_hashed_copied_and_sent_to_another_process():
    one = load_deck("01-convolution").cards[0]
    assert pickle.loads(pickle.dumps(one)) == one
    assert len({one, dataclasses.replace(one)}) == 1
    assert dataclasses.asdict(one)["id"] == one.id


def test_a_deck_written_as_text_is_the_same_deck(tmp_path):
    for name in deck_names():
        deck = load_deck(name)
        assert read_deck(write(tmp_path, to_yaml(deck), f"{name}.yaml")) == deck


def test_all_is_the_union_in_the_order_of_the_lessons():
    assert load_deck("all").cards == tuple(card for name in deck_names() for card in load_deck(name).cards)
    assert load_deck("all").name == "all"
    assert load_deck("all") is load_deck("all")


def test_a_card_is_found_by_its_id():
    deck = Deck("mine", "Mine", load_deck("01-convolution").cards[:3])
    assert deck.card(deck.cards[2].id) is deck.cards[2]
    with pytest.raises(KeyError, match="deck 'mine' has no card 'conv'"):
        deck.card("conv")


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("pooling", "take '03-activation-and-pooling'"),
        ("zz", "take one of 01-"),
        ("", "take one of 01-"),
        (None, "tak"),
    ],
)
def test_an_unknown_deck(name, fix):
    with pytest.raises(CardError, match=f"there is no deck {name!r}; fix: {fix}"):
        load_deck(name)


def test_a_name_is_no_way_out_of_the_folder():
    with pytest.raises(CardError, match=r"there is no deck '\.\./decks/01-convolution'"):
        load_deck("../decks/01-convolution")


def test_to_import_cards_imports_no_yaml():
    code = "import sys, cnnkit.flashcards.cards; print([m for m in ('yaml', 'numpy', 'PIL') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# --- defects of a card ------------------------------------------------------------------------------------------------

BIDI = "\N{RIGHT-TO-LEFT OVERRIDE}"
DEFECTS = [
    # what is wrong, the card, the message after "mine.yaml, card 'my-...': "
    ("kind", card(kind := "basic") | {"kind": "essay"}, "unknown kind 'essay'; fix: take one of basic, cloze, choice"),
    ("kind", card(kind) | {"kind": ["basic"]}, r"unknown kind \['basic'\]; fix: take one of"),
    ("key", card(fornt="What?"), "unknown key 'fornt'; fix: take one of id, kind, front"),
    ("id", card(id="My Card!"), r"the id is not in small letters with hyphens \('My Card!'\); fix: write 'my-card'"),
    ("tag", card(tags=["Stride Map"]), "the tag 'Stride Map' is not in small letters .*; fix: write 'stride-map'"),
    ("tag", card(tags=["stride", "stride"]), "a tag stands twice; fix: remove one"),
    ("tag", card(tags=...), r"the tags are missing; fix: write 'tags: \[stride\]'"),
    ("tag", card(tags="stride"), "the tags are missing; fix"),
    ("source", card(source=...), "the source is missing; fix: write 'source: lesson 01"),
    ("source", card(source=" "), "the source is missing; fix"),
    ("source", card(source=1), "'source' is 1, no text; fix: put it in quotes"),
    ("front", card(front=...), "the front is empty; fix: write the question under 'front'"),
    ("front", card(front=12), "'front' is 12, no text; fix: put it in quotes"),
    ("back", card(back=...), "there is no answer; fix: write it under 'back'"),
    ("back", card(back="\n"), "there is no answer; fix: write it under 'back'"),
    ("answer", card("text", answer=...), "there is no answer; fix: write it under 'answer'"),
    ("answer", card("text", answer=[]), "there is no answer; fix: write it under 'answer'"),
    ("answer", card("text", answer=["a", ""]), "there is no answer; fix: write it under 'answer'"),
    ("answer", card("text", answer=False), "the answer is False, no text; fix: put it in quotes"),
    ("answer", card("text", answer=[3]), "the answer is 3, no text; fix: put it in quotes"),
    ("answer", card(answer="that"), "a basic card has no 'answer'; fix: remove it, or take the kind cloze or choice"),
    ("number", card("numeric", answer="many"), "the answer 'many' is no number; fix: write 28, 0.5, 1/3 or '28 x 28"),
    ("number", card("numeric", answer=[1, 2]), "a numeric card has one answer, not 2; fix: keep the right one"),
    ("number", card("numeric", tolerance=-1), "the tolerance is -1; fix: write a number, 0 or more"),
    ("number", card("numeric", tolerance="0.1"), "the tolerance is '0.1'; fix"),
    ("number", card("numeric", tolerance=float("nan")), "the tolerance is nan; fix"),
    ("choice", card("choice", answer="neither"), "the answer 'neither' is not among the choices; fix: copy it"),
    ("choice", card("choice", choices=...), "there are no choices; fix: list two or more"),
    ("choice", card("choice", choices=["that"]), "there are no choices; fix: list two or more"),
    ("choice", card("choice", choices=["that", True]), "the choice True is no text; fix: put it in quotes"),
    ("choice", card("choice", choices=["that", "this", "this"]), "a choice stands twice; fix: remove one"),
    ("choice", card("choice", choices=["that", "<i>this</i>"]), "HTML in 'choices': '<i>'; fix"),
    ("cloze", card("cloze", front="One {{a}} and {{b}}"), "the front has two gaps; fix: hide one thing as"),
    ("cloze", card("cloze", front="None"), "the front has no gap; fix: hide one thing as"),
    ("cloze", card("cloze", front="{{ ::hint}}"), "the gap hides nothing; fix: write the hidden text between"),
    ("cloze", card(front="A {{gap}}"), "a gap in a basic card; fix: take the kind cloze, or remove the braces"),
    ("template", card("generated", template="sizes"), "unknown template 'sizes'; fix: take one of .*output-size"),
    ("template", card("generated", template=...), "the template is missing; fix: take one of .*output-size"),
    ("template", card("generated", front="What?"), "a generated card has no 'front'; fix: remove it"),
    ("template", card(template="output-size"), "a basic card has no 'template'; fix: remove it, or take the kind gen"),
    ("picture", card(picture="filter:sobel:camera"), "unknown filter 'sobel'; fix: take one of identity, .*top_sobel"),
    ("picture", card(picture="filter:sharpen:dog"), "unknown photo 'dog'; fix: take one of astronaut, brick"),
    ("picture", card(picture="cat.png"), "unknown picture 'cat.png'; fix: write 'filter:NAME:PHOTO'"),
    ("text", card(front="<b>What?</b>"), r"HTML in 'front': '<b>'; fix: write \*\*bold\*\*, `code` or"),
    ("text", card(back="a &lt; b"), "HTML in 'back': '&lt;'; fix"),
    ("text", card(back="<!-- no -->"), "HTML in 'back': '<!--'; fix"),
    ("text", card(back="**bold"), r"bold in 'back' is opened and not closed; fix: write \*\*...\*\*"),
    ("text", card(back="$n + 1"), r"maths in 'back' is opened and not closed; fix: write \$...\$"),
    ("text", card(back="`np.ones"), "code in 'back' is opened and not closed; fix: write `...`"),
    ("text", card(back=f"a{BIDI}b"), "a control character in 'back'; fix: remove it"),
    ("feedback", card("text", feedback={"That": "No."}), "feedback on 'That', which is right; fix: remove it"),
    ("feedback", card("numeric", feedback={"28.0": "No."}), "feedback on '28.0', which is right; fix"),
    ("feedback", card("cloze", feedback={"that": "No."}), "feedback on 'that', which is right; fix"),
    ("feedback", card("choice", feedback={"these": "No."}), "feedback on 'these', which is not among the choices; fix"),
    ("feedback", card("choice", feedback={"that": "No."}), "feedback on 'that', which is right; fix"),
    ("feedback", card("text", feedback={"this": ""}), "the feedback on 'this' is no text; fix: write what the wrong"),
    ("feedback", card("text", feedback=["this"]), r"the feedback is \['this'\]; fix: write 'wrong answer: what it"),
    ("feedback", card("text", feedback={"this": "<b>No</b>"}), "HTML in 'feedback': '<b>'; fix"),
    ("feedback", card(feedback={"this": "No."}), "a basic card has no 'feedback'; fix"),
    ("matrix", card(matrices=[{"rows": [[1]]}]), "a matrix has no name; fix: write 'name: image'"),
    ("matrix", card(matrices=[{"name": "m", "rows": [[1], [1, 2]]}]), "the matrix 'm' has the rows .*; fix: write row"),
    ("matrix", card(matrices=[{"name": "m", "rows": [[True]]}]), r"the matrix 'm' has the rows \[\[True\]\]; fix"),
    ("matrix", card(matrices=[{"name": "m"}]), "the matrix 'm' has the rows None; fix"),
    (
        "matrix",
        card(matrices=[{"name": "m", "rows": [[1] * 13]}]),
        "the matrix 'm' is 1 × 13; fix: draw at most 12 × 12",
    ),
    (
        "matrix",
        card(matrices=[{"name": "m", "rows": [[1]], "mark": [[0, 1]]}]),
        r"the matrix 'm' marks \[\[0, 1\]\]; fix",
    ),
    (
        "matrix",
        card(matrices=[{"name": "m", "rows": [[1]], "title": "m"}]),
        "a matrix with the unknown key 'title'; fix",
    ),
    ("matrix", card(matrices=[[1, 2]]), r"the matrices are \[\[1, 2\]\]; fix: write '- name: ...' and"),
]


@pytest.mark.parametrize(("what", "entry", "message"), DEFECTS, ids=[f"{i}-{row[0]}" for i, row in enumerate(DEFECTS)])
def test_each_defect_gives_one_line_that_names_file_card_and_fix(what, entry, message, tmp_path):
    path = write(tmp_path, deck_of(card("numeric", id="another-card"), entry))
    (line,) = check(path)
    assert re.match(rf"mine\.yaml, card {entry['id']!r}: {message}", line), line
    with pytest.raises(CardError) as caught:
        read_deck(path)
    assert str(caught.value) == line


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_card_has_no_defect(kind, tmp_path):
    assert check(write(tmp_path, deck_of(card(kind)))) == []


def test_signs_and_code_are_no_html(tmp_path):
    good = card(front="Is 2 < 3 > 1, a & b?", back="`<b>` and `a && b` and R&D; 5 <= n")
    assert check(write(tmp_path, deck_of(good))) == []


def test_all_defects_are_listed_not_only_the_first(tmp_path):
    first, second = card(id=..., tags=...), card("choice", source=..., answer="none", back="<p>")
    lines = check(write(tmp_path, deck_of(first, second, "third")))
    assert [line.split(":")[0] for line in lines] == [
        *["mine.yaml, card number 1"] * 2,
        *["mine.yaml, card 'my-choice'"] * 3,
        "mine.yaml, card number 3",
    ]
    assert lines[0].endswith("the id is missing; fix: write 'id: some-words'")
    assert lines[-1].endswith("is no card but 'third'; fix: write it as 'key: value' lines")


def test_an_id_stands_once_in_a_file_and_in_a_folder(tmp_path):
    twice = write(tmp_path, deck_of(card(), card(), card()), "a.yaml")
    line = "a.yaml, card 'my-basic': the id stands on more than one card; fix: give each card its own id"
    assert check(twice) == [line]
    write(tmp_path, deck_of(card(), card("text")), "b.yaml")
    write(tmp_path, "- nothing", "c.yaml")
    assert check(tmp_path) == [
        line,
        "b.yaml, card 'my-basic': the id is used in a.yaml too; fix: give each card its own id",
        "c.yaml: is no deck but ['nothing']; fix: begin with 'title: ...' and 'cards:'",
    ]


# --- defects of a file ------------------------------------------------------------------------------------------------

FILES = [
    ("", "is no deck but None; fix: begin with 'title: ...' and 'cards:'"),
    ("title: [", "is no YAML in line .*; fix: quote texts that hold ': ' or ' #'"),
    ("title: a: b", "is no YAML in line 1: .*; fix: quote"),
    ("title: a\ncards:\n- id: x\n  id: y\n", "is no YAML in line 3: the key 'id' stands twice; fix"),
    ("title: !!python/object/apply:os.system ['true']\ncards: [{}]", "is no YAML in line 1: could not determine a"),
    ("title: a\x00b", "is no YAML: .*; fix: look for characters"),
    ("cards: [{}]", "the title is missing; fix: begin with 'title: ...'"),
    ("title: a", "there are no cards; fix: list them under 'cards:'"),
    ("title: a\ncards: []", "there are no cards; fix"),
    ("title: a\ncards: [{}]\nauthor: me", "unknown key 'author'; fix: a deck has 'title' and 'cards' only"),
]


@pytest.mark.parametrize(("text", "message"), FILES)
def test_each_defect_of_a_file_gives_its_line(text, message, tmp_path):
    lines = check(write(tmp_path, text))
    assert re.match(rf"mine\.yaml: {message}", lines[0]), lines


def test_files_that_cannot_be_read(tmp_path):
    missing = check(tmp_path / "no.yaml")
    assert missing == ["no.yaml: cannot be read (No such file or directory); fix: check the file's name and folder"]
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9")
    assert check(tmp_path / "latin.yaml") == ["latin.yaml: is no text in UTF-8; fix: save it as UTF-8"]
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty") == ["empty: holds no deck; fix: name a folder with *.yaml files"]


@pytest.mark.parametrize("last", ["title: *a11", "cards: *a11", "cards: [{id: *a11}]", "cards: &self [*self]"])
def test_a_few_lines_that_stand_for_gigabytes_are_refused(last, tmp_path):
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    line = "mine.yaml: has a list or a map that stands for another one (*name); fix: write it out"
    assert check(write(tmp_path, "\n".join([*bomb, last]))) == [line]


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_every_picture_of_the_decks_is_a_small_png():
    drawn = {card.picture: pictures.picture_of(card) for card in load_deck("all").cards if card.picture}
    assert len(drawn) >= 6
    for picture, content in drawn.items():
        assert content.startswith(b"\x89PNG"), picture
        assert len(content) <= 40_000, picture


def test_any_filter_on_any_photo_stays_small():
    worst = [("edges_8", photo) for photo in images.names()] + [(name, "chelsea") for name in kernels.NAMED]
    for name, photo in worst:
        one = Card("a", "basic", "f", "b", "mine", ("t",), "s", picture=f"filter:{name}:{photo}")
        assert len(pictures.picture_of(one)) <= 40_000, (name, photo)


def test_a_picture_that_cannot_be_drawn():
    one = Card("a", "basic", "f", "b", "mine", ("t",), "s")
    with pytest.raises(CardError, match=r"mine\.yaml, card 'a': has no picture; fix"):
        pictures.picture_of(one)
    with pytest.raises(CardError, match=r"mine\.yaml, card 'a': unknown filter 'sobel'; fix: take one of"):
        pictures.picture_of(dataclasses.replace(one, picture="filter:sobel:camera"))
    assert pictures.alternative_text(one) == ""


def test_the_words_for_a_picture_do_not_give_the_filter_away():
    for one in load_deck("all").cards:
        if one.picture:
            words = pictures.alternative_text(one)
            assert one.picture.split(":")[2] in words
            assert one.picture.split(":")[1].split("_")[0] not in words


def test_the_decks_lie_in_the_package():
    assert DECKS.is_relative_to(Path(sys.modules["cnnkit"].__file__).parent)
    assert [path.stem for path in sorted(DECKS.iterdir())] == list(deck_names())
