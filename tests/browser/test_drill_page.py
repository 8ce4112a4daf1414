"""The drill page in Chromium: by keyboard alone, kept over a reload, sent nowhere, and the same sums as in Python."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe

from cnnkit.flashcards import answering, cards, generated, page, scheduling
from cnnkit.flashcards.cards import Card, Deck, Matrix
from cnnkit.flashcards.session import Session
from cnnkit.flashcards.store import Store

STATIC = Path(page.__file__).parent / "static"
JUDGEMENTS = Path(__file__).parent.parent / "cnnkit" / "flashcards" / "judgements.json"
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"


def card(name: str, kind: str, front: str, back: str, **more) -> Card:
    return Card(name, kind, front, back, "01-convolution", ("stride",), "lesson 01", **more)


DECK = Deck(
    "01-convolution",
    "Convolution",
    (
        card("hostile", "basic", f"What is the **stride**? {HOSTILE}", f"The step: $S_x$ {{{{data}}}} {HOSTILE}"),
        card(
            "map", "text", "What comes out?", "A **feature map**.", answers=("feature map",),
            feedback={"kernel": "That goes in."},
        ),
        card(
            "cells",
            "numeric",
            "How many numbers?",
            "$2·3 = 6$",
            answers=("6",),
            unit="numbers",
            matrices=(Matrix("kernel", ((1, 0, -1), (2, 0, -2)), ((0, 2),)),),
            feedback={"5": "You added."},
        ),
        card(
            "blur", "choice", "Which blurs?", "Box.", answers=("Box",), choices=("Box", "Sobel", "None"),
            feedback={"Sobel": "It finds edges."},
        ),
        card("slides", "cloze", "A {{kernel::small matrix}} slides.", ""),
        card("size", "generated", "", "", template="output-size"),
    ),
)  # fmt: skip
OTHER = Deck("02-filters-and-padding", "Filters", (replace(DECK.cards[1], id="other", deck="02-filters-and-padding"),))


@pytest.fixture(scope="module")
def drill_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("drill") / "drill.html"
    path.write_text(page.build([DECK, OTHER]), encoding="utf-8")
    return path


@pytest.fixture
def tab(browser, drill_file):
    """The page in a fresh browser profile that fails on any error and any request but the file itself."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    tab = context.new_page()
    tab.troubles = []
    tab.on("pageerror", lambda error: tab.troubles.append(str(error)))
    tab.on("console", lambda message: tab.troubles.append(message.text))
    context.on("request", lambda request: request.url.startswith("file:") or tab.troubles.append(request.url))
    tab.goto(drill_file.as_uri())
    tab.get_by_label("Deck").select_option("01-convolution")
    tab.locator(".drill-card").focus()
    yield tab
    context.close()
    assert not tab.troubles


@pytest.fixture
def modules(browser):
    """A page that can import the modules of ``static/``."""
    context = browser.new_context(timezone_id="Europe/Berlin")

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        kind = "text/html" if name == "empty.html" else "text/javascript"
        file = STATIC / "vendor" / name if name == "ts-fsrs.js" else STATIC / name
        route.fulfill(content_type=kind, body="<!doctype html>" if name == "empty.html" else file.read_text())

    context.route("**/*", serve)
    tab = context.new_page()
    tab.goto("http://drill.invalid/empty.html")
    yield tab
    context.close()


def front(tab) -> str:
    return tab.locator(".drill-front").inner_text()


def phase(tab) -> str:
    return tab.locator(".drill").get_attribute("data-phase")


def press(tab, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def kept(tab) -> list:
    return json.loads(tab.evaluate("localStorage.getItem('cnnkit-progress')") or '{"log": []}')["log"]


def focus_is_inside(tab) -> bool:
    return tab.evaluate("document.querySelector('.drill').contains(document.activeElement)")


def violations(tab, where: str | None = None) -> str:
    results = Axe().run(tab, context=where, options={"resultTypes": ["violations"]})
    return results.generate_report() if results.violations_count else ""


def test_a_session_by_keyboard_from_start_to_end(tab):
    press(tab, "Space")
    assert phase(tab) == "back"
    assert tab.get_by_role("status").first.inner_text().startswith("Answer: The step")
    press(tab, "4")
    tab.keyboard.type("a Feature-Map")
    press(tab, "Enter")
    assert "Right." in tab.locator(".drill-verdict").inner_text()
    press(tab, "Enter")  # the suggested rating has the focus
    tab.keyboard.type("5")
    press(tab, "Enter")
    assert "You added." in tab.locator(".drill-verdict").inner_text()
    assert tab.locator(".drill-suggested").inner_text().startswith("Again")
    press(tab, "4")
    choices = tab.locator(".drill-choice").all_inner_texts()
    press(tab, str(next(at for at, text in enumerate(choices, 1) if "Sobel" in text)))
    assert "It finds edges." in tab.locator(".drill-verdict").inner_text()
    assert "Box (right)" in tab.locator(".drill-right").inner_text().replace("\n", " ")
    press(tab, "4")
    assert "small matrix" in front(tab)
    assert "kernel" not in front(tab)
    press(tab, "Space")  # in an empty box it turns the card over
    assert front(tab) == "A kernel slides."
    press(tab, "4")
    first = front(tab)
    assert "feature map have?" in first
    press(tab, "Enter", "1")
    assert phase(tab) == "front", "learned ahead, when nothing else is left"
    assert front(tab) != first, "with fresh numbers"
    for _ in range(4):
        if phase(tab) == "done":
            break
        press(tab, "Escape", "Space", "4")
        assert focus_is_inside(tab)
    assert tab.locator(".drill-big").inner_text() == "Done for now"
    assert len(kept(tab)) >= 7


def test_keys_are_explained_and_tab_leaves_the_card(tab):
    assert not tab.locator(".drill-help").is_visible()
    press(tab, "?")
    assert tab.locator(".drill-help").is_visible()
    press(tab, "Escape")
    assert not tab.locator(".drill-help").is_visible()
    for _ in range(12):
        press(tab, "Tab")
        if not focus_is_inside(tab):
            break
    assert not focus_is_inside(tab)
    assert tab.evaluate("document.activeElement.tagName") == "SUMMARY"
    press(tab, "Shift+Tab")
    assert focus_is_inside(tab)


def test_keys_work_while_nothing_has_the_focus_but_not_in_the_settings(tab):
    tab.evaluate("document.activeElement.blur()")
    press(tab, "Space")
    assert phase(tab) == "back"
    tab.get_by_text("Settings").click()
    tab.get_by_label("New cards a day").fill("")
    press(tab, "3", "u")
    assert phase(tab) == "back"


def test_undo_brings_the_card_back(tab):
    first = front(tab)
    press(tab, "Space", "3")
    assert front(tab) != first
    press(tab, "Escape", "u")
    assert front(tab) == first
    assert "6 new" in tab.locator(".drill-counts").inner_text()
    assert not tab.get_by_role("button", name="Undo").is_visible()
    assert [bool(entry[7]) for entry in kept(tab)] == [False, True], "the log only grows"
    assert tab.locator(".drill").evaluate("it => it.contains(document.activeElement)")


def test_a_key_held_down_turns_one_card(tab):
    tab.keyboard.down("Space")
    for _ in range(5):
        tab.keyboard.down("Space")
    tab.keyboard.up("Space")
    assert phase(tab) == "back"
    assert not kept(tab)


@pytest.mark.parametrize(
    ("typed", "suggested"), [("featrue map", "Hard"), ("stride", "Again"), ("feature map", "Easy"), ("", "Good")]
)
def test_a_typed_answer_proposes_a_rating_and_the_learner_decides(tab, typed, suggested):
    press(tab, "Space", "4")
    tab.keyboard.type(typed)
    press(tab, "Enter")
    assert tab.locator(".drill-suggested").inner_text().startswith(suggested)
    assert tab.evaluate("document.activeElement.className").endswith("drill-suggested")
    press(tab, "2")
    assert [entry[3] for entry in kept(tab)] == [4, 2]


def test_a_reload_keeps_progress_deck_and_settings(tab):
    press(tab, "Space", "4")
    tab.get_by_text("Settings").click()
    tab.get_by_label("New cards a day").fill("3")
    tab.get_by_role("button", name="Use these").click()
    second = front(tab)
    tab.reload()
    assert front(tab) == second
    assert tab.get_by_label("Deck").input_value() == "01-convolution"
    assert tab.locator(".drill-counts").inner_text().split() == ["2", "new", "0", "learning", "0", "due"]
    assert tab.locator(".drill-progress").get_attribute("aria-valuetext") == "1 done, 2 left"
    tab.get_by_text("Statistics").click()
    tab.locator("#statistics").get_by_text("1 of 6").wait_for()


def test_another_tab_sees_what_this_one_did(tab, drill_file):
    other = tab.context.new_page()
    other.goto(drill_file.as_uri())
    press(tab, "Space", "4")
    other.wait_for_function("document.querySelector('.drill-progress').getAttribute('aria-valuenow') === '1'")
    assert front(other) == front(tab)


def test_damaged_progress_is_put_aside_not_lost(tab):
    tab.evaluate("localStorage.setItem('cnnkit-progress', '{damaged')")
    tab.reload()
    assert "put aside" in tab.get_by_role("alert").inner_text()
    assert tab.evaluate("Object.entries(localStorage).find(([key]) => key.includes('damaged'))[1]") == "{damaged"


def test_progress_goes_to_a_file_to_python_and_back(tab, browser, drill_file, tmp_path):
    press(tab, "Space", "4")
    tab.keyboard.type("feature map")
    press(tab, "Enter", "3", "Escape", "u")
    tab.get_by_text("Your progress").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)

    with Store(tmp_path / "store.db") as store:
        assert store.import_(path) == 3
        assert [(review.card_id, review.rating) for review in store.reviews()] == [("hostile", 4)]
        session = Session(DECK, store)
        session.flip()
        session.rate(4)
        assert store.export(tmp_path / "python.json") == 4

    context = browser.new_context()
    fresh = context.new_page()
    fresh.goto(drill_file.as_uri())
    for name, said in (("python.json", "Imported 4 entries."), (path.name, "Nothing new in that file")):
        fresh.locator("#file").set_input_files(tmp_path / name)
        fresh.wait_for_function("said => document.getElementById('told').textContent.startsWith(said)", arg=said)
    assert fresh.locator(".drill-progress").get_attribute("aria-valuenow") == "2"
    (tmp_path / "odd.json").write_text('{"format": "cnnkit-progress", "version": 2, "log": [{"uid": "a"}]}')
    fresh.locator("#file").set_input_files(tmp_path / "odd.json")
    fresh.get_by_text("Nothing was imported: entry 0 has no good card_id.").wait_for()
    assert len(kept(fresh)) == 4
    context.close()


def test_text_of_a_card_never_runs(tab, browser, tmp_path):
    assert "<script>" in front(tab)
    press(tab, "Space")
    assert "{{data}}" not in tab.locator(".drill-back").inner_text(), "a cloze there, nothing of the template"
    assert tab.locator(".drill img").count() == 0
    # And were it not escaped, the page's policy would stop it.
    path = tmp_path / "open.html"
    path.write_text(page.build([DECK]).replace("<h1>", f"<h1>{HOSTILE}"), encoding="utf-8")
    context = browser.new_context()
    open_tab = context.new_page()
    open_tab.goto(path.as_uri())
    open_tab.wait_for_timeout(200)
    assert phase(open_tab) == "front", "the page's own script runs"
    for each in (tab, open_tab):
        assert each.evaluate("window.hacked") is None
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(tab, theme):
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for summary in ("Statistics", "Settings", "Your progress", "Licences"):
        tab.get_by_text(summary, exact=True).click()
    tab.locator(".drill-card").focus()
    press(tab, "?")
    assert not violations(tab)
    # From here on only the card changes.
    for keys in ("Space 4", "x Enter", "4 7 Enter", "4", "1", "4 Enter", "4 Enter 4"):
        press(tab, *keys.split())
        assert not violations(tab, ".drill"), front(tab)
    assert phase(tab) == "done"


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_scrolls_sideways(tab, width):
    tab.set_viewport_size({"width": width, "height": 740})
    for summary in ("Statistics", "Settings", "Your progress", "Licences"):
        tab.get_by_text(summary, exact=True).click()
    tab.locator(".drill-card").focus()
    press(tab, "?")
    for key in ("Space", "4", "Enter", "4", "Enter", "4", "Enter", "4"):
        press(tab, key)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_without_motion_where_it_is_not_wanted(tab):
    tab.emulate_media(reduced_motion="reduce")
    press(tab, "Space")
    assert tab.locator(".drill-card > *").first.evaluate("it => getComputedStyle(it).animationName") == "none"


def test_a_matrix_is_a_table_for_screen_readers(tab):
    press(tab, "Space", "4", "Enter", "4")
    assert tab.get_by_role("table", name="kernel 2 × 3").is_visible()
    assert tab.get_by_role("columnheader").all_inner_texts() == ["0", "1", "2"]
    assert tab.get_by_role("rowheader").all_inner_texts() == ["0", "1"]
    assert tab.locator("td.drill-marked").inner_text().split() == ["−1", "(marked)"]


def test_without_storage_it_still_drills_and_says_so(browser, drill_file):
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('off'); }})")
    tab = context.new_page()
    tab.goto(drill_file.as_uri())
    press(tab, "Space", "4")
    assert "keeps nothing" in tab.get_by_role("alert").inner_text()
    assert tab.locator(".drill-progress").get_attribute("aria-valuenow") == "1"
    context.close()


# -- the same sums as in Python


def test_answers_are_judged_as_in_python(modules):
    """All answers, mistakes and choices of the course, also bent a little, and the cases that were thought of."""
    rng = random.Random(5)
    asked = [generated.shown(each, 1) for each in cards.load_deck("all").cards]
    asked = [shown for shown in asked if shown.kind != "basic"]
    odd = ["1,000", "1e3", "½", "1/3", "0,5", "28×28", "28 x 28", "(28, 28)", "n = 9", "9 px", "九", "٩", "nine", "--9"]
    cases = []
    for index, shown in enumerate(asked):
        hidden = (answering.hidden_text(shown.front),) if shown.kind == "cloze" else ()
        for text in (*shown.answers, *shown.feedback, *shown.choices, *hidden):
            cut = rng.randrange(len(text))
            left, right = text[:cut], text[cut:]
            bent = (text.upper(), f"the {text}s", f" {text} {shown.unit}", f"{text} %", f"-{text}")
            typos = (left + right[1:], f"{left}q{right}", left + right[1::-1] + right[2:])
            cases += [(index, typed, rng.choice([None, 1.0, 500.0])) for typed in (text, *bent, *typos)]
        if shown.kind in ("numeric", "text"):
            cases += [(index, typed, 2.0) for typed in (*odd, "", " ", "1/0")]
    for row in json.loads(JUDGEMENTS.read_text(encoding="utf-8")):
        kinds = {"answers": (), "tolerance": 0.0, "unit": "", "feedback": {}, "back": ""} | row["card"]
        cases += [(len(asked), typed, None) for verdict in ("right", "close", "wrong") for typed in row[verdict]]
        cases += [(len(asked), typed, None) for typed in row.get("messages", {})]
        asked.append(generated.Shown(**kinds))
    plain = [{**vars(shown), "matrices": [], "feedback": list(shown.feedback.items())} for shown in asked]
    found = modules.evaluate(
        """async (text) => {
          const { judge } = await import("/answering.js");
          const [cards, cases] = JSON.parse(text);
          return JSON.stringify(cases.map(([index, typed, seconds]) => judge(cards[index], typed, seconds)));
        }""",
        json.dumps([plain, cases]),
    )
    assert len(cases) > 1000
    for (index, typed, seconds), judgement in zip(cases, json.loads(found), strict=True):
        assert judgement == vars(answering.judge(asked[index], typed, seconds)), (asked[index], typed)


def test_intervals_are_those_of_python(modules):
    """Random lives of cards: the same states, due within a minute (of 5.5 minutes, ts-fsrs makes 6)."""
    rng = random.Random(7)
    zone_now = datetime(2026, 1, 5, 8, tzinfo=ZoneInfo("Europe/Berlin"))
    lives, wanted = [], []
    scheduler = scheduling.make_scheduler()
    for _ in range(60):
        now, state, life, states = zone_now, scheduling.new(zone_now), [], []
        for _ in range(12):
            rating, drawn = rng.choices((1, 2, 3, 4), (1, 1, 4, 1))[0], rng.random()
            state = scheduling.review(state, rating, now, scheduler, draw=drawn)
            if state.stability > 36_500:  # days: ts-fsrs ends at 100 years
                break
            life.append({"rating": rating, "draw": drawn, "now": now.timestamp() * 1000})
            states.append((state, scheduling.interval_text(state.due - now)))
            # At any hour, also before four, and over the days when clocks are changed.
            now = (state.due + timedelta(hours=rng.choice((0, 0, 1, 7, 23, 120)))).astimezone(zone_now.tzinfo)
        lives.append(life)
        wanted.append(states)
    found = modules.evaluate(
        """async ([lives, w]) => {
          await import("/ts-fsrs.js");
          const { makeReview, newState, intervalText } = await import("/session.js");
          const review = makeReview(globalThis.FSRS, { w });
          return lives.map((life) => {
            let state = newState(life[0].now);
            return life.map(({ rating, draw, now }) => {
              state = review(state, rating, now, { draw });
              return [state, intervalText(state.due - now)];
            });
          });
        }""",
        [lives, list(scheduler.parameters)],
    )
    for states, others in zip(wanted, found, strict=True):
        for (state, text), (other, other_text) in zip(states, others, strict=True):
            assert other["state"] == state.state
            assert other["step"] == state.step
            assert (other["lapses"], other["reviews"]) == (state.lapses, state.reviews)
            assert other["stability"] == pytest.approx(state.stability, rel=1e-5)
            assert other["difficulty"] == pytest.approx(state.difficulty, rel=1e-5)
            assert abs(other["due"] / 1000 - state.due.timestamp()) < 60
            assert other_text == text


def test_waits_are_worded_as_in_python(modules):
    waits = [timedelta(minutes=1.37**n) for n in range(45)] + [timedelta(hours=h / 2) for h in range(1, 60)]
    found = modules.evaluate(
        "async (waits) => { const { intervalText } = await import('/session.js'); return waits.map(intervalText); }",
        [wait / timedelta(milliseconds=1) for wait in waits],
    )
    assert found == [scheduling.interval_text(wait) for wait in waits]


def test_drawn_cards_are_those_of_python(modules):
    found = modules.evaluate(
        """async (names) => {
          const { draw } = await import("/generated.js");
          return names.map((name) => [0, 1, 77, 100000].map((seed) => draw(name, seed)));
        }""",
        list(generated.TEMPLATES),
    )
    for name, drawn in zip(generated.TEMPLATES, found, strict=True):
        for seed, shown in zip((0, 1, 77, 100000), drawn, strict=True):
            wanted = generated.draw(name, seed)
            assert (shown["front"], shown["back"]) == (wanted.front, wanted.back)
            assert shown["answers"] == list(wanted.answers)
            assert shown["feedback"] == dict(wanted.feedback)


def test_the_whole_course_makes_a_page(browser, tmp_path):
    path = tmp_path / "all.html"
    path.write_text(page.build(), encoding="utf-8")
    assert path.stat().st_size < 12_000_000, "bytes, small enough for a telephone"
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(path.as_uri())
    assert tab.get_by_label("Deck").locator("option").count() == len(cards.deck_names()) + 1
    assert phase(tab) == "front"
    context.close()
