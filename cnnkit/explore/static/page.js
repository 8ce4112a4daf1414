// The page: what in a notebook the Python side does. It follows explore.js in one script.

const KEPT_AS = "cnnkit-explorer";
const given = JSON.parse(document.getElementById("data").textContent);

/** The numbers of a picture: differences from cell to cell, which compress well, deflated, in base64. */
async function unpacked({ packed, ...picture }) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  if (picture.type === "uint8") {
    const channels = picture.shape[2];
    for (let at = channels; at < data.length; at++) data[at] += data[at - channels];
  }
  return { ...picture, data };
}

function solvedBefore() {
  try {
    const names = JSON.parse(localStorage.getItem(KEPT_AS)) ?? [];
    return given.offers.levels.map((one) => one.name).filter((name) => names.includes(name));
  } catch {
    return []; // forbidden, or not ours
  }
}

async function begin() {
  const listeners = new Map();
  const values = { ...given.state, offers: given.offers, level: "", solved: solvedBefore(), picture: await unpacked(given.pictures[given.picture]) };
  let aside = {};

  function set(name, value) {
    values[name] = value;
    for (const listener of listeners.get(`change:${name}`) ?? []) listener();
  }

  async function show(name) {
    const picture = await unpacked(given.pictures[name]);
    if (picture.shape[2] === 1 && values.channels === "rgb") {
      set("channels", "gray");
      set("cells", values.cells.map((row) => row.map((cell) => [cell[0]])));
    }
    set("picture", picture);
  }

  async function play(name) {
    const level = values.offers.levels.find((one) => one.name === name);
    if (level) {
      const names = Object.keys(level.start).filter((each) => each !== "level");
      if (!values.level) aside = Object.fromEntries(["picture", ...names].map((each) => [each, values[each]]));
      await show(level.photo);
    }
    const chosen = level ? level.start : aside;
    for (const [each, value] of Object.entries(chosen)) if (each !== "level") set(each, value);
    set("level", name);
  }

  const model = {
    get: (name) => values[name],
    set,
    save_changes() {
      try {
        localStorage.setItem(KEPT_AS, JSON.stringify(values.solved));
      } catch {
        // forbidden, or no room: then the levels are kept as long as the page is open
      }
    },
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => listeners.set(event, (listeners.get(event) ?? []).filter((each) => each !== listener)),
    send: ({ do: what, name }) => (what === "level" ? play(name) : show(name)),
  };
  mount(document.getElementById("explorer"), model);
}

begin();
