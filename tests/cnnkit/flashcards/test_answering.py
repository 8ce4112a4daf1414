"""Judging answers: one table of cases for Python and for the page, and what is not in it."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnkit.exercises.questions import AnswerError, read_numbers
from cnnkit.flashcards.answering import AGAIN, EASY, GOOD, HARD, Judgement, hidden_text, judge, matches, numbers_in

TABLE = json.loads((Path(__file__).parent / "judgements.json").read_text("utf-8"))
EMPTY = {"answers": (), "tolerance": 0.0, "unit": "", "choices": (), "feedback": {}}


def card_of(row):
    return SimpleNamespace(**{**EMPTY, **row["card"]})


CASES = [(row, typed, verdict) for row in TABLE for verdict in ("right", "close", "wrong") for typed in row[verdict]]


@pytest.mark.parametrize(("row", "typed", "verdict"), CASES, ids=[f"{r['what']}-{v}-{t}" for r, t, v in CASES])
def test_each_answer_of_the_table_is_judged_as_it_says(row, typed, verdict):
    judged = judge(card_of(row), typed)
    assert (judged.right, judged.close) == (verdict == "right", verdict == "close"), judged
    assert judged.proposed == {"right": GOOD, "close": HARD, "wrong": AGAIN}[verdict]


MESSAGES = [(row, typed, message) for row in TABLE for typed, message in row.get("messages", {}).items()]


@pytest.mark.parametrize(("row", "typed", "message"), MESSAGES, ids=[f"{r['what']}-{t}" for r, t, _ in MESSAGES])
def test_each_message_of_the_table_is_given(row, typed, message):
    assert judge(card_of(row), typed).message == message


def card(kind="text", front="What?", answers=("stride",), **more):
    return SimpleNamespace(**{**EMPTY, "kind": kind, "front": front, "answers": answers, **more})


def test_a_quick_answer_is_easy_and_a_long_front_takes_time_to_read():
    assert judge(card(), "stride", seconds=2).proposed == EASY
    assert judge(card(), "stride", seconds=20).proposed == GOOD
    assert judge(card(front="What? " * 60), "stride", seconds=20).proposed == EASY
    assert judge(card(), "stride").proposed == GOOD
    assert judge(card("numeric", answers=("3",)), "3", seconds=2).proposed == EASY


def test_a_quick_choice_is_not_easy_and_a_quick_mistake_is_no_better():
    assert judge(card("choice", choices=("stride", "pad")), "stride", seconds=1).proposed == GOOD
    assert judge(card(), "padding", seconds=1).proposed == AGAIN
    assert judge(card(answers=("padding",)), "paddin", seconds=1).proposed == HARD


def test_a_near_miss_shows_the_form_it_is_near_to():
    both = card(answers=("classifier", "decision stage"))
    assert judge(both, "desision stage") == Judgement(False, True, "Nearly: it is written “decision stage”.", HARD)
    assert judge(both, "extractor").message == "Not right; the answer is: classifier"


def test_a_typo_in_a_typical_mistake_still_gets_its_feedback():
    known = card(answers=("equivariance",), feedback={"invariance": "It moves."})
    assert judge(known, "invarience").message == "It moves."


def damerau(a, b):
    """How many letters are wrong, missing, too many, or swapped with the next."""
    rows = {(i, j): i + j for i in range(len(a) + 1) for j in range(len(b) + 1) if not i or not j}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            cost = min(rows[i - 1, j] + 1, rows[i, j - 1] + 1, rows[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 2 : i] == b[j - 2 : j][::-1]:
                cost = min(cost, rows[i - 2, j - 2] + 1)
            rows[i, j] = cost
    return rows[len(a), len(b)]


@given(st.text("bcd", min_size=6, max_size=9), st.text("bcd", min_size=6, max_size=9))
def test_one_typo_is_one_step(word, typed):
    judged = judge(card(answers=(word,)), typed)
    assert (judged.right, judged.close) == (word == typed, damerau(word, typed) == 1)


@given(st.text("bcd", min_size=7, max_size=9), st.data())
def test_every_single_step_is_a_typo(word, data):
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for typed in (word[:at] + word[at + 1 :], word[:at] + "z" + word[at:], word[:at] + "z" + word[at + 1 :], swapped):
        judged = judge(card(answers=(word,)), typed)
        assert (judged.right, judged.close) == (word == typed, word != typed), typed


def test_nothing_typed_is_no_answer():
    assert judge(card(), " \n") == Judgement(False, False, "Nothing was typed.", AGAIN)


@pytest.mark.parametrize(("kind", "why"), [("basic", "its learner rates it"), ("generated", "draw it first")])
def test_cards_that_cannot_be_judged(kind, why):
    with pytest.raises(ValueError, match=f"a {kind} card cannot be judged: {why}"):
        judge(card(kind), "stride")


def test_a_card_without_a_gap_has_no_hidden_text():
    assert hidden_text("a {{b\nc::hint}} d") == "b\nc"
    with pytest.raises(ValueError, match=r"there is no gap \{\{...\}\} in 'a'"):
        hidden_text("a")


def test_long_input_is_refused_and_shown_in_part():
    message = judge(card("numeric", answers=("3",)), "3 " * 500).message
    assert message.startswith("Cannot read “3 3")
    assert len(message) < 300
    assert not judge(card(), "stride " * 100_000).right


@given(st.text(max_size=60))
def test_whatever_is_typed_there_is_a_judgement(typed):
    for one in (
        card(),
        card("numeric", answers=("28 x 28",)),
        card("numeric", answers=("0.5",), unit="%"),
        card("choice"),
    ):
        judged = judge(one, typed)
        assert judged.message
        assert judged.proposed in (AGAIN, HARD, GOOD)
        assert not (judged.right and judged.close)


@given(st.text(alphabet="0123456789 .,x×-/e'()", max_size=20), st.integers(1, 4))
def test_what_the_exercises_read_is_read_in_the_same_way(typed, count):
    try:
        wanted = read_numbers(typed, count)
    except AnswerError:
        return
    text = " x ".join(f"{number.numerator}/{number.denominator}" for number in wanted)
    if not (count == 1 and "," in typed):  # "0,5" is a half here, where the exercises do not take it
        assert matches("numeric", typed, (text,)), (typed, text)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=4))
def test_numbers_are_read_back(numbers):
    assert numbers_in(" x ".join(map(str, numbers))) == tuple(numbers)


@pytest.mark.parametrize("text", ["", "many", "1 x", "x", "1 2 3 4 5", "1/0", "3 or 4 or"])
def test_what_is_no_number(text):
    assert numbers_in(text) is None or text == "1 x"


def test_it_needs_nothing_heavy():
    heavy = "('numpy', 'hypothesis', 'IPython', 'yaml')"
    code = f"import sys, cnnkit.flashcards.answering; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
