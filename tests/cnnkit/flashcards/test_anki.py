"""Anki opens what is exported and keeps a learner's history; what is imported is a good deck, and runs nothing."""

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from anki.collection import (
    Collection,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
    ImportCsvRequest,
)
from hypothesis import given
from hypothesis import strategies as st

from cnnkit.flashcards import anki
from cnnkit.flashcards.answering import judge
from cnnkit.flashcards.cards import Card, CardError, Deck, Matrix, check, load_deck, read_deck, to_yaml
from cnnkit.flashcards.generated import draw
from cnnkit.flashcards.markup import from_html, tidy, to_html

NOW = 1_750_000_000
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> [sound:x.mp3] [latex]\\input{/etc/passwd}[/latex]"
CARDS = (
    Card("t-basic", "basic", "What is a **map**?", "Numbers: $h_1$, and\n\n- rows\n- columns", "mine", ("map",), "s"),
    Card("t-cloze", "cloze", "With {{zero::which number?}} padding, **black**.", "Why", "mine", ("padding",), "s"),
    Card(
        "t-choice",
        "choice",
        "Which one?",
        "",
        "mine",
        ("map",),
        "s",
        ("b < c",),
        choices=("b < c", "a & b"),
        feedback={"a & b": "No, `&` is wrong."},
    ),
    Card("t-text", "text", "Name it.", "It maps.", "mine", ("map",), "s", ("feature map", "activation map")),
    Card(
        "t-numeric",
        "numeric",
        "How many?",
        "",
        "mine",
        ("map",),
        "s",
        ("0.5",),
        0.01,
        "weights",
        (),
        {"2": "Half of it."},
    ),
    Card("t-drawn", "generated", "", "", "mine", ("map",), "s", template="convolution-cell"),
    Card(
        "t-matrix",
        "basic",
        "The sum?",
        "6",
        "mine",
        ("map",),
        "s",
        matrices=(Matrix("x", ((1, -2), (3, "?")), ((1, 1),)),),
    ),
    Card(
        "t-picture", "basic", "What does it do?", "It blurs.", "other", ("map",), "s", picture="filter:box_blur:camera"
    ),
    Card("t-hostile", "basic", HOSTILE, HOSTILE, "mine", ("map",), HOSTILE),
)
DECK = Deck("mine", "Mine", CARDS)


@pytest.fixture
def collection(tmp_path):
    collection = Collection(str(tmp_path / "collection.anki2"))
    yield collection
    collection.close()


def bring(collection, path: Path) -> None:
    options = ImportAnkiPackageOptions(merge_notetypes=True)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options))


def notes(collection) -> dict:
    found = map(collection.get_note, collection.find_notes(""))
    return {note.guid.removeprefix(anki.GUID): note for note in found}


def question(note) -> str:
    return note.cards()[0].question().split("</style>")[1]


def answer(note) -> str:
    return note.cards()[0].answer().split("</style>")[1].split('<hr id="answer">')[1]


# Packages -----------------------------------------------------------------------------------------


def test_anki_reads_every_kind_of_card_back(collection, tmp_path):
    anki.write_apkg(DECK, tmp_path / "mine.apkg", NOW)
    bring(collection, tmp_path / "mine.apkg")
    found = notes(collection)
    assert set(found) == {card.id for card in CARDS}
    assert all(len(note.cards()) == 1 for note in found.values())
    assert {note.note_type()["name"] for note in found.values()} == {"cnnkit", "cnnkit cloze"}
    assert sorted(found["t-basic"].tags) == ["cnnkit", "lesson::mine", "map"]
    assert {deck.name for deck in collection.decks.all_names_and_ids()} >= {"cnnkit::mine", "cnnkit::other"}

    assert question(found["t-basic"]) == "<p>What is a <b>map</b>?</p>"
    assert "<i>h<sub>1</sub></i>, and</p><ul><li>rows</li><li>columns</li></ul>" in answer(found["t-basic"])

    assert "[which number?]" in question(found["t-cloze"])
    assert "zero" not in re.sub(r'data-cloze="[^"]*"', "", question(found["t-cloze"]))
    assert "<p>Why</p>" in answer(found["t-cloze"])

    assert question(found["t-choice"]).count("<li>") == 2
    assert "b &lt; c" in question(found["t-choice"])
    assert answer(found["t-choice"]).startswith("<p><b>b &lt; c</b></p>")
    assert "<b>a &amp; b</b>: No, <code>&amp;</code> is wrong." in answer(found["t-choice"])

    assert "[[type:Answer]]" in question(found["t-text"])
    assert found["t-text"]["Answer"] == "feature map"
    assert "Also right: activation map" in answer(found["t-text"])
    assert "[[type:" not in question(found["t-basic"])

    assert answer(found["t-numeric"]).startswith("<p><b>0.5</b> weights (± 0.01)</p>")
    assert "<b>2</b>: Half of it." in answer(found["t-numeric"])

    assert '<td>1</td><td>-2</td></tr><tr><th>1</th><td>3</td><td class="marked"><b>?</b></td>' in question(
        found["t-matrix"]
    )


def test_a_generated_card_has_one_drawn_example_and_says_so(collection, tmp_path):
    anki.write_apkg(DECK, tmp_path / "mine.apkg", NOW)
    bring(collection, tmp_path / "mine.apkg")
    note = notes(collection)["t-drawn"]
    drawn = draw("convolution-cell", 0)
    assert note["Answer"] == drawn.answers[0]
    assert question(note).count("<table") == 2
    assert answer(note).count(f"<b>{drawn.answers[0]}</b>") == 1
    assert "draws new ones at every review" in answer(note)
    assert all(why.replace("'", "&#x27;") in answer(note) or why in answer(note) for why in drawn.feedback.values())


def test_pictures_come_as_media_and_do_not_name_the_filter(collection, tmp_path):
    anki.write_apkg(DECK, tmp_path / "mine.apkg", NOW)
    bring(collection, tmp_path / "mine.apkg")
    shown = question(notes(collection)["t-picture"])
    (name,) = re.findall(r'<img src="([^"]+)" alt="[^"]+">', shown)
    assert "blur" not in shown
    assert (Path(collection.media.dir()) / name).read_bytes().startswith(b"\x89PNG")
    assert not collection.media.check().missing


def test_hostile_text_is_shown_and_not_run(collection, tmp_path):
    anki.write_apkg(DECK, tmp_path / "mine.apkg", NOW)
    bring(collection, tmp_path / "mine.apkg")
    note = notes(collection)["t-hostile"]
    for side in (question(note), answer(note)):
        assert "<script" not in side
        assert "<img" not in side
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in side
    card = note.cards()[0]
    assert not card.question_av_tags()
    assert not card.answer_av_tags()
    assert "[latex]" not in note["Front"] + note["Back"] + note["Source"]


def test_a_second_import_keeps_the_history_of_a_reviewed_card(collection, tmp_path):
    anki.write_apkg(DECK, tmp_path / "first.apkg", NOW)
    bring(collection, tmp_path / "first.apkg")
    collection.decks.set_current(collection.decks.id("cnnkit::mine"))
    for _ in range(3):
        card = collection.sched.getCard()
        card.start_timer()
        collection.sched.answerCard(card, 4)
    reviewed = {card.nid: card for card in map(collection.get_card, collection.find_cards("-is:new"))}
    assert len(reviewed) == 3
    before = {nid: (card.id, card.reps, card.ivl, card.due, card.type, card.queue) for nid, card in reviewed.items()}
    log = collection.db.all("select id, cid, ease from revlog order by id")
    assert len(log) == 3

    edited = tuple(
        replace(card, front=f"Edited: {card.front}") if card.kind not in ("generated", "cloze") else card
        for card in CARDS
    )
    added = Card("t-new", "basic", "New", "card", "mine", ("map",), "s")
    anki.write_apkg(Deck("mine", "Mine", (*edited, added)), tmp_path / "second.apkg", NOW + 60)
    bring(collection, tmp_path / "second.apkg")

    found = notes(collection)
    assert len(found) == len(CARDS) + 1
    assert question(found["t-basic"]).startswith("<p>Edited: What is")
    after = {
        nid: (card.id, card.reps, card.ivl, card.due, card.type, card.queue)
        for nid in before
        for card in collection.get_note(nid).cards()
    }
    assert after == before
    assert collection.db.all("select id, cid, ease from revlog order by id") == log


def test_a_card_that_becomes_another_kind_keeps_its_history(collection, tmp_path):
    anki.write_apkg(Deck("mine", "Mine", (CARDS[0],)), tmp_path / "first.apkg", NOW)
    bring(collection, tmp_path / "first.apkg")
    collection.decks.set_current(collection.decks.id("cnnkit::mine"))
    card = collection.sched.getCard()
    card.start_timer()
    collection.sched.answerCard(card, 4)
    number = replace(CARDS[4], id=CARDS[0].id)
    anki.write_apkg(Deck("mine", "Mine", (number,)), tmp_path / "second.apkg", NOW + 60)
    bring(collection, tmp_path / "second.apkg")
    note = notes(collection)["t-basic"]
    assert note["Answer"] == "0.5"
    assert [card.reps for card in note.cards()] == [1]


def test_packages_of_one_moment_do_not_disturb_each_other(collection, tmp_path):
    for number, card in enumerate(CARDS[:2]):
        anki.write_apkg(Deck("mine", "Mine", (card,)), tmp_path / f"{number}.apkg", NOW)
        bring(collection, tmp_path / f"{number}.apkg")
    assert set(notes(collection)) == {"t-basic", "t-cloze"}


def test_the_whole_course_goes_to_anki(collection, tmp_path):
    deck = load_deck("all")
    anki.write_apkg(deck, tmp_path / "all.apkg", NOW)
    bring(collection, tmp_path / "all.apkg")
    found = notes(collection)
    assert set(found) == {card.id for card in deck.cards}
    assert all(len(note.cards()) == 1 for note in found.values())
    checked = collection.media.check()
    assert not checked.missing
    assert not checked.unused


def test_the_numbers_that_anki_knows_us_by_never_change(tmp_path):
    assert (anki.NOTE_MODEL, anki.CLOZE_MODEL) == (1714032861, 1714032862)
    assert anki._deck_id("01-convolution") == 1357713146
    anki.write_apkg(DECK, tmp_path / "a.apkg", NOW)
    anki.write_apkg(DECK, tmp_path / "b.apkg", NOW)
    a, b = (zipfile.ZipFile(tmp_path / name) for name in ("a.apkg", "b.apkg"))
    assert {name: a.read(name) for name in a.namelist()} == {name: b.read(name) for name in b.namelist()}


def test_an_empty_deck_is_refused(tmp_path):
    with pytest.raises(CardError, match="deck 'none' has no cards; fix: export a deck that has some"):
        anki.write_apkg(Deck("none", "None", ()), tmp_path / "none.apkg")


# Tab-separated text -------------------------------------------------------------------------------


def bring_text(collection, path: Path) -> None:
    metadata = collection.get_csv_metadata(str(path), None)
    collection.import_csv(ImportCsvRequest(path=str(path), metadata=metadata))


def test_anki_reads_our_text_and_knows_the_notes_again(collection, tmp_path):
    path = tmp_path / "mine.txt"
    anki.write_tsv(DECK, path)
    head = path.read_text().splitlines()[:6]
    assert head[:2] == ["#separator:tab", "#html:true"]
    assert head[-2:] == ["#guid column:1", "#tags column:4"]
    bring_text(collection, path)
    bring_text(collection, path)
    found = notes(collection)
    assert set(found) == {card.id for card in CARDS}
    assert sorted(found["t-basic"].tags) == ["cnnkit", "lesson::mine", "map"]
    assert found["t-basic"]["Front"] == "<p>What is a <b>map</b>?</p>"
    assert "[which number?] padding" in found["t-cloze"]["Front"].replace("&#91;", "[")
    assert "<b>zero</b> padding" in found["t-cloze"]["Back"]
    assert "<script" not in found["t-hostile"]["Front"] + found["t-hostile"]["Back"]


def test_our_text_comes_back_with_ids_tags_sources_and_words(tmp_path):
    anki.write_tsv(DECK, tmp_path / "mine.txt")
    deck = anki.read_tsv(tmp_path / "mine.txt")
    assert [card.id for card in deck.cards] == [card.id for card in CARDS]
    first = deck.cards[0]
    assert first.front == "What is a **map**?"
    assert first.back == "Numbers: h_1, and\n\n- rows\n- columns"
    assert (first.tags, first.source, first.deck) == (("map",), "s", "mine")
    assert "alert(1)" in deck.card("t-hostile").front
    (tmp_path / "mine.yaml").write_text(to_yaml(deck))
    assert check(tmp_path / "mine.yaml") == []
    assert read_deck(tmp_path / "mine.yaml").cards == deck.cards


def test_the_whole_course_as_text_and_back(tmp_path):
    deck = load_deck("all")
    anki.write_tsv(deck, tmp_path / "all.txt")
    back = anki.read_tsv(tmp_path / "all.txt")
    assert [card.id for card in back.cards] == [card.id for card in deck.cards]
    (tmp_path / "all.yaml").write_text(to_yaml(back))
    assert check(tmp_path / "all.yaml") == []


def test_what_anki_exports_is_read(collection, tmp_path):
    basic, cloze = (collection.models.by_name(name) for name in ("Basic", "Cloze"))
    for model, fields, tags in (
        (basic, ['A <b>"quoted"</b> front<br>in two lines', "a\tback"], ["One::two", "three"]),
        (cloze, ["{{c1::Stride}} moves, {{c2::padding::what?}} adds.", "Both."], []),
    ):
        note = collection.new_note(model)
        note.fields[:2] = fields
        note.tags = tags
        collection.add_note(note, collection.decks.id("Default"))
    path = tmp_path / "exported.txt"
    collection.export_note_csv(
        out_path=str(path),
        limit=None,
        with_html=True,
        with_tags=True,
        with_deck=True,
        with_notetype=True,
        with_guid=True,
    )
    deck = anki.read_tsv(path)
    kinds = {card.front: card for card in deck.cards}
    first = kinds['A **"quoted"** front\n\nin two lines']
    assert (first.kind, first.back, first.tags) == ("basic", "a back", ("one-two", "three"))
    assert {card.front for card in deck.cards if card.kind == "cloze"} == {
        "{{Stride}} moves, padding adds.",
        "Stride moves, {{padding::what?}} adds.",
    }
    assert all(card.back == "Both." for card in deck.cards if card.kind == "cloze")
    assert [card.id for card in anki.read_tsv(path).cards] == [card.id for card in deck.cards]
    (tmp_path / "exported.yaml").write_text(to_yaml(deck))
    assert check(tmp_path / "exported.yaml") == []


def test_text_without_a_header_is_plain(tmp_path):
    path = tmp_path / "plain.txt"
    path.write_text("# a remark\nIs 1 < 2?\tyes & <b>no</b>\n\nsecond\tback\n")
    first, second = anki.read_tsv(path).cards
    assert (first.front, first.back) == ("Is 1 < 2?", "yes & `<b>`no`</b>`")
    assert (second.front, second.id, second.tags) == ("second", "plain-second", ("imported",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"bad\.txt: there are no cards; fix: choose a file that has some"),
        ("front only\n", r"bad\.txt, line 1: there is no back; fix: write it behind the front and a tab"),
        ("a\tb\n\tback\n", r"bad\.txt, line 2: the front is empty; fix: write the question into the first column"),
        ("#html:true\n<b></b>\tback\n", r"bad\.txt, line 2: the front has no text; fix: write the question in words"),
        ("#html:true\nfront\t<script>x</script>\n", r"bad\.txt, line 2: the back has no text; fix: write the answer"),
        ("#tags column:x\na\tb\n", r"bad\.txt, line 1: #tags column is 'x', no number; fix: write #tags column:1"),
        ("#separator:many\na\tb\n", r"bad\.txt, line 1: unknown separator 'many'; fix: take one of tab, comma"),
        ('a\tb\n"open\tb\n', r"bad\.txt, line 2: is no row of columns .*; fix: double the quotes"),
        (
            "{{c1::a {{c2::b}} c}}\tback\n",
            r"bad\.txt, line 1: a gap is empty, not closed, or lies inside.*; fix: write \{\{c1::",
        ),
    ],
)
def test_a_bad_text_is_refused_with_its_line_and_the_fix(tmp_path, text, message):
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(CardError, match=message):
        anki.read_tsv(tmp_path / "bad.txt")


@pytest.mark.parametrize("read", [anki.read_tsv, anki.read_json])
def test_a_file_that_cannot_be_read_is_named(tmp_path, read):
    with pytest.raises(CardError, match=r"none\.txt: cannot be read \(No such file.*\); fix: check the file's name"):
        read(tmp_path / "none.txt")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\tx\n")
    with pytest.raises(CardError, match=r"latin\.txt: is no text in UTF-8; fix: save it as UTF-8"):
        read(tmp_path / "latin.txt")


# JSON of jupytercards and jupyterquiz -------------------------------------------------------------


def from_json(folder: Path, content) -> list[Card]:
    (folder / "quiz.json").write_text(json.dumps(content), encoding="utf-8")
    deck = anki.read_json(folder / "quiz.json")
    (folder / "quiz.yaml").write_text(to_yaml(deck), encoding="utf-8")
    assert check(folder / "quiz.yaml") == []
    assert read_deck(folder / "quiz.yaml").cards == deck.cards
    return list(deck.cards)


def test_flashcards_of_jupytercards(tmp_path):
    first, second = from_json(
        tmp_path,
        [
            {
                "front": "What is a <b>kernel</b>?",
                "back": "A $3 \\times 3$ matrix.<br>Weights.",
                "topic": ["CNN", "Kernels"],
            },
            {"front": "What is a kernel?", "back": HOSTILE},
        ],
    )
    assert (first.front, first.back) == ("What is a **kernel**?", "A $3 \\times 3$ matrix.\n\nWeights.")
    assert first.tags == ("cnn", "kernels")
    assert first.source == "imported from quiz.json"
    assert second.tags == ("imported",)
    assert first.id != second.id
    assert "alert" not in second.back


def test_choices_of_jupyterquiz(tmp_path):
    one, several = from_json(
        tmp_path,
        [
            {
                "question": "What is printed?",
                "code": "x = [1]\nprint(x[0])",
                "type": "multiple_choice",
                "answers": [
                    {"answer": "1", "correct": True, "feedback": "Yes, 1."},
                    {"code": "[1]", "correct": False, "feedback": "The list is indexed."},
                    {"answer": "An <i>error</i>", "correct": False},
                ],
            },
            {
                "question": "Which are layers?",
                "type": "many_choice",
                "answers": [
                    {"answer": "pooling", "correct": True, "feedback": "Correct."},
                    {"answer": "dense", "correct": True, "feedback": "Correct."},
                    {"answer": "kernel", "correct": False, "feedback": "It is a part of one."},
                ],
            },
        ],
    )
    assert (one.kind, one.answers, one.choices) == ("choice", ("1",), ("1", "`[1]`", "An error"))
    assert one.front == "What is printed?\n\n`x = [1]`\n\n`print(x[0])`"
    assert one.feedback == {"`[1]`": "The list is indexed."}
    assert one.back == "Yes, 1."
    assert several.kind == "basic"
    assert "- pooling\n- dense\n- kernel" in several.front
    assert several.back == "Right:\n\n- pooling\n- dense\n\nCorrect.\n\nWrong:\n\n- kernel: It is a part of one."


def test_numbers_of_jupyterquiz(tmp_path):
    def numeric(answers, **more):
        return {"question": "How much?", "type": "numeric", "answers": answers, **more}

    exact, pi, wide, apart = from_json(
        tmp_path,
        [
            numeric([{"value": 760, "correct": True}, {"value": 750, "correct": False, "feedback": "The biases."}]),
            numeric(
                [
                    {"type": "value", "value": 3.14, "correct": True, "feedback": "Correct."},
                    {"type": "range", "range": [3.142857, 3.142858], "correct": True, "feedback": "Not 22/7."},
                    {"type": "range", "range": [-100, 0], "correct": False, "feedback": "It is an area."},
                    {"type": "default", "feedback": "Try again."},
                ],
                precision=2,
            ),
            numeric([{"range": [0.1, 0.3], "correct": True}]),
            numeric([{"value": -2, "correct": True}, {"value": 2, "correct": True}]),
        ],
    )
    assert (exact.kind, exact.answers, exact.tolerance) == ("numeric", ("760",), 0.0)
    assert judge(exact, "750").message == "The biases."
    # Two significant digits: everything from 3.05 to 3.15 rounds to 3.1.
    assert (pi.answers, pi.tolerance) == (("3.1",), 0.05)
    assert judge(pi, "3.14159").right
    assert judge(pi, "22/7").right
    assert not judge(pi, "3.2").right
    assert pi.back == "Correct.\n\nNot 22/7.\n\nOtherwise: Try again.\n\nFrom -100 to 0: It is an area."
    assert (wide.answers, wide.tolerance) == (("0.2",), 0.1)
    assert (apart.kind, apart.back) == ("basic", "Right: -2 or 2")


@pytest.mark.parametrize(
    ("value", "precision", "right", "wrong"),
    [
        (0.04567, 3, ("0.0457", "0.04571"), ("0.0458",)),
        (1234, 2, ("1200", "1249"), ("1251", "1149")),
        (0, 3, ("0",), ("0.001",)),
    ],
)
def test_a_precision_counts_significant_digits(tmp_path, value, precision, right, wrong):
    answers = [{"value": value, "correct": True}]
    (card,) = from_json(
        tmp_path, [{"question": "How much?", "type": "numeric", "precision": precision, "answers": answers}]
    )
    assert all(judge(card, typed).right for typed in right)
    assert not any(judge(card, typed).right for typed in wrong)


def test_strings_of_jupyterquiz(tmp_path):
    (card,) = from_json(
        tmp_path,
        [
            {
                "question": "Who?",
                "type": "string",
                "answers": [
                    {"answer": "Yann LeCun", "correct": True, "feedback": "Yes."},
                    {"answer": "LeCun", "correct": True},
                    {"answer": "Hinton", "correct": False, "feedback": "A colleague."},
                    {"type": "default", "feedback": "LeNet."},
                ],
            }
        ],
    )
    assert (card.kind, card.answers, card.feedback) == ("text", ("Yann LeCun", "LeCun"), {"Hinton": "A colleague."})
    assert card.back == "Yes.\n\nOtherwise: LeNet."


RIGHT = {"answer": "a", "correct": True}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", r"bad\.json: is no JSON in line 1, column 2 .*; fix: look at that place"),
        ("[NaN]", r"bad\.json: is no JSON \(NaN is no number\)"),
        ("[" * 100_000, r"bad\.json: is no JSON"),
        ('{"front": "a"}', r"bad\.json: holds \{.*\}, no list; fix: put the flashcards or questions into \[ \]"),
        ("[]", r"bad\.json: there are no cards"),
        ('[{"front": "a", "back": "b"}, 3]', r"bad\.json, entry 2: is 3; fix: write \{"),
        ('[{"front": "a"}]', r"bad\.json, entry 1: 'back' is null, no text; fix: put it in quotes"),
        ('[{"front": "", "back": "b"}]', r"bad\.json, entry 1: 'front' has no text; fix: write it in words"),
        ('[{"front": "a", "back": "b", "topic": 3}]', r"bad\.json, entry 1: 'topic' is \[?3\]?; fix: write a text"),
        ('[{"q": 1}]', r"bad\.json, entry 1: has q, but no question; fix: jupytercards has front and back"),
        (
            '[{"question": "a", "type": "essay"}]',
            r'bad\.json, entry 1: unknown type "essay"; fix: take one of multiple',
        ),
        ('[{"question": "a", "type": "numeric"}]', r"bad\.json, entry 1: the answers are null; fix: write \[\{"),
    ],
)
def test_a_bad_json_file_is_refused_with_its_entry_and_the_fix(tmp_path, text, message):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(CardError, match=message):
        anki.read_json(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("kind", "answers", "message"),
    [
        (
            "multiple_choice",
            [{"answer": "a", "correct": False}],
            "no answer is right; fix: set 'correct' of one to true",
        ),
        ("multiple_choice", [RIGHT, {"answer": "b"}], "is neither right nor wrong; fix: add 'correct'"),
        ("multiple_choice", [RIGHT, {**RIGHT, "correct": False}], "the answer 'a' stands twice; fix: remove one"),
        ("multiple_choice", [RIGHT, {"correct": False}], "has no text; fix: write 'answer' or 'code'"),
        (
            "many_choice",
            [RIGHT, {"type": "default", "feedback": "x"}],
            "a choice has no default answer; fix: remove it",
        ),
        ("numeric", [RIGHT], r"has no number; fix: write 'value' or 'range'"),
        ("numeric", [{"value": "3", "correct": True}], '"3" is no number; fix: write it without quotes'),
        ("numeric", [{"value": True, "correct": True}], "true is no number"),
        ("numeric", [{"value": 1e200, "correct": True}], r"1e\+200 is too long to type; fix: take another unit"),
        (
            "numeric",
            [{"range": [2, 1], "correct": True}],
            r"the range \[2, 1\] ends before it begins; fix: write the sm",
        ),
        ("string", [{"answer": 3, "correct": True}], "'answer' is 3, no text; fix: put it in quotes"),
    ],
)
def test_bad_answers_are_refused_with_the_fix(tmp_path, kind, answers, message):
    (tmp_path / "bad.json").write_text(json.dumps([{"question": "q", "type": kind, "answers": answers}]))
    with pytest.raises(CardError, match=rf"bad\.json, entry 1: .*{message}"):
        anki.read_json(tmp_path / "bad.json")


def test_the_precision_is_checked(tmp_path):
    entry = {"question": "q", "type": "numeric", "precision": 2.5, "answers": [{"value": 1, "correct": True}]}
    (tmp_path / "bad.json").write_text(json.dumps([entry]))
    with pytest.raises(CardError, match=r"bad\.json, entry 1: the precision is 2\.5; fix: write how many digits count"):
        anki.read_json(tmp_path / "bad.json")


# Markup -------------------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        ["**", "`", "$", "{{", "}}", "::", "<b>", "</b>", "<code>", "</code>", "<script>", "&lt;", "&amp;lt;", "a", " ",
         "\n", "- ", "[sound:", "<i", "x_1", "<li>", "<!--", "\u202e", "\x00", "T<int>"]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)  # fmt: skip


@given(PIECES, PIECES)
def test_whatever_is_imported_is_a_deck_without_defects(tmp_path_factory, front, back):
    folder = tmp_path_factory.mktemp("any")
    for read, text in (
        (anki.read_json, json.dumps([{"front": front, "back": back}])),
        (anki.read_tsv, "#html:true\n" + "\t".join(json.dumps(part) for part in (front, back))),
        (anki.read_tsv, front + "\t" + back),
    ):
        path = folder / "any.txt"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            deck = read(path)
        except CardError as error:
            assert "; fix: " in str(error)  # noqa: PT017
            continue
        (folder / "any.yaml").write_text(to_yaml(deck), encoding="utf-8")
        assert check(folder / "any.yaml") == []
        assert all("<script" not in part for card in deck.cards for part in anki._note(card).fields)


@given(PIECES)
def test_no_tag_of_a_text_survives(text):
    tags = set(re.findall(r"<[^>]*>", to_html(text)))
    assert tags <= {
        f"<{end}{tag}>" for tag in ("p", "ul", "ol", "li", "b", "i", "code", "sub", "sup") for end in ("", "/")
    }
    assert "[sound:" not in to_html(text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b><code>x</b></code> y", "**x** y"),
        ("<b>never closed", "never closed"),
        ("<b> spaces </b>outside", "**spaces** outside"),
        ("a<style>b{}</style>c", "ac"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n\n3"),
        ("x<sup>2</sup> and h<sub>1</sub>", "x^2 and h_1"),
        ("<img src=a.png>", "(picture: a.png)"),
        ("vector<int> &amp; &lt;T&gt;", "vector`<int>` & `<T>`"),
    ],
)
def test_html_becomes_small_markdown(html, text):
    assert from_html(html) == text


def test_tidy_leaves_good_text_alone():
    for card in load_deck("all").cards:
        for text in (card.front, card.back):
            lines = [line.strip() for line in text.split("\n")]
            assert tidy(text, gaps=True) == re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
