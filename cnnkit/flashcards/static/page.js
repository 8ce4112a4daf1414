// The browser page: the session in the browser drives the card view; around it the decks, numbers, settings and progress.

import { mount } from "./drill.js";
import { judge } from "./answering.js";
import { draw } from "./generated.js";
import { DAY, MINUTE, Progress, Session, dayBegins, makeReview, statistics } from "./session.js";

const SETTINGS = "cnnkit-drill-settings";
const find = (id) => document.getElementById(id);

const data = JSON.parse(find("data").textContent);
for (const deck of data.decks) {
  for (const card of deck.cards) card.picture = data.pictures[card.picture] ?? "";
}
if (data.decks.length > 1) data.decks.push({ name: "all", title: "All lessons", cards: data.decks.flatMap((deck) => deck.cards) });

const storage = (() => {
  try {
    localStorage.setItem("cnnkit-try", "1");
    localStorage.removeItem("cnnkit-try");
    return localStorage;
  } catch {
    return null; // switched off, as in some private windows
  }
})();
const progress = new Progress(storage);
const settings = { version: 1, newPerDay: 20, reviewsPerDay: 200, exam: "", deck: "", ...readSettings() };
const tools = { progress, judge, draw, review: makeReview(globalThis.FSRS, data.fsrs), clock: () => Date.now(), random: Math.random };

let session = null;
let changed = () => {};

function readSettings() {
  try {
    const kept = JSON.parse(storage?.getItem(SETTINGS) ?? "{}");
    return kept.version === 1 ? kept : {};
  } catch {
    return {};
  }
}

function keepSettings() {
  try {
    storage?.setItem(SETTINGS, JSON.stringify(settings));
  } catch {
    // Full: the progress, which matters more, says so itself.
  }
}

function begin() {
  const deck = data.decks.find(({ name }) => name === settings.deck) ?? data.decks.at(-1);
  const exam = settings.exam ? new Date(`${settings.exam}T12:00`).getTime() : NaN;
  session = new Session(deck, tools, {
    newPerDay: settings.newPerDay,
    reviewsPerDay: settings.reviewsPerDay,
    exam: Number.isFinite(exam) ? exam : null,
  });
}

function refresh() {
  changed();
  find("trouble").hidden = !progress.trouble;
  find("trouble").textContent = progress.trouble;
  if (find("numbers").open) showNumbers();
}

function tell(text) {
  find("told").textContent = text;
}

begin();
mount(
  find("drill"),
  {
    // The page has a place of its own for trouble that stays.
    snapshot: () => ({ ...session.snapshot(), notice: "" }),
    do(command) {
      if (command.do === "answer") session.answer(command.typed);
      else if (command.do === "rate") session.rate(command.rating);
      else session[command.do]();
      tell("");
      refresh();
    },
    onChange: (fn) => {
      changed = fn;
    },
  },
  { focus: true, everywhere: true },
);
refresh();

// ---------------------------------------------------------------- decks

if (data.decks.length > 1) {
  const choose = find("deck");
  for (const { name, title, cards } of data.decks) choose.append(new Option(`${title} (${cards.length})`, name));
  choose.value = session.deck.name;
  choose.addEventListener("change", () => {
    settings.deck = choose.value;
    keepSettings();
    begin();
    refresh();
  });
  choose.closest("label").hidden = false;
} else {
  find("deck").remove();
}

// ---------------------------------------------------------------- numbers

function showNumbers() {
  const numbers = statistics(session.deck, progress, Date.now());
  const node = (tag, text = "", className = "") => Object.assign(document.createElement(tag), { textContent: text, className });
  const list = node("dl", "", "page-numbers");
  for (const [name, value] of [
    ["answered today", numbers.today],
    ["in 30 days", numbers.month],
    ["met so far", `${numbers.met} of ${numbers.cards}`],
    ["known for 3 weeks or more", numbers.known],
    ["remembered", numbers.retention === null ? "–" : `${Math.round(100 * numbers.retention)} %`],
  ]) {
    const pair = node("div");
    pair.append(node("dt", name), node("dd", String(value)));
    list.append(pair);
  }
  const table = node("table", "", "page-forecast");
  table.append(node("caption", "Due in the next days"));
  const most = Math.max(1, ...numbers.forecast);
  numbers.forecast.forEach((count, day) => {
    const row = table.insertRow();
    const date = new Date(dayBegins(Date.now(), day));
    const name = node("th", ["today", "tomorrow"][day] ?? date.toLocaleDateString("en", { weekday: "long" }));
    name.scope = "row";
    const bar = node("div", "", "bar");
    bar.style.width = `${(100 * count) / most}%`;
    row.append(name, node("td"), node("td", String(count)));
    row.cells[1].append(bar);
  });
  find("statistics").replaceChildren(list, table);
}

find("numbers").addEventListener("toggle", () => find("numbers").open && showNumbers());

// ---------------------------------------------------------------- settings

const form = find("settings");
for (const name of ["newPerDay", "reviewsPerDay", "exam"]) form.elements[name].value = settings[name];
form.addEventListener("submit", (event) => {
  event.preventDefault();
  settings.newPerDay = Number(form.elements.newPerDay.value);
  settings.reviewsPerDay = Number(form.elements.reviewsPerDay.value);
  settings.exam = form.elements.exam.value;
  keepSettings();
  begin();
  refresh();
  const past = settings.exam !== "" && session.exam === null;
  tell(past ? "Saved. The exam’s day is not in the future, so it does not count." : "Saved.");
});

// ---------------------------------------------------------------- progress as a file

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${progress.export()}\n`], { type: "application/json" }));
  const today = new Date();
  const date = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  link.download = `cnnkit-progress-${date}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), MINUTE);
}

find("export").addEventListener("click", () => {
  save();
  tell("Exported: look in your downloads.");
});
find("import").addEventListener("click", () => find("file").click());
find("file").addEventListener("change", async () => {
  const [file] = find("file").files;
  find("file").value = "";
  if (!file) return;
  try {
    const count = progress.import(await file.text());
    begin();
    refresh();
    tell(count ? `Imported ${count} ${count === 1 ? "entry" : "entries"}.` : "Nothing new in that file; all of it was here already.");
  } catch (error) {
    tell(`Nothing was imported: ${error.message}. Choose a file that was exported here or by “cnnkit deck backup”.`);
  }
});
find("erase").addEventListener("click", () => {
  if (!confirm("Erase all progress in this browser? Export it first if you may want it back.")) return;
  progress.erase();
  begin();
  refresh();
  tell("Erased.");
});

// ---------------------------------------------------------------- other tabs, and cards that become due

addEventListener("storage", (event) => {
  if (event.key !== "cnnkit-progress") return;
  const before = session.card && progress.state(session.card.id)?.uid;
  progress.read();
  // A card that the other tab has answered gives way to the next; one that is being answered here stays.
  const after = session.card && progress.state(session.card.id)?.uid;
  if (before === after && session.phase !== "done") session.sort();
  else session.next();
  refresh();
});
let day = dayBegins(Date.now());
function look() {
  const now = Date.now();
  const turned = dayBegins(now) !== day;
  if (document.visibilityState !== "visible" || (session.phase !== "done" && !turned)) return;
  day = dayBegins(now);
  const before = session.phase;
  if (session.phase === "done") session.next();
  if (before !== session.phase || turned) refresh();
}
setInterval(look, DAY / 8640);
document.addEventListener("visibilitychange", look);
