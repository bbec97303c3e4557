"use strict";
// One question at a time. An answer is shown as given only once the program has said that it is on the
// disk; until then it lies in this browser's storage under a key of its own, and is sent again after
// whatever broke: the program keeps each key once.

const config = JSON.parse(document.getElementById("config").textContent);
const byId = (id) => document.getElementById(id);
const LARGE = 1600; // pixels to which the program reduces an image, until it is zoomed
const AGAIN = 1000; // ms until a failed request is sent again
const ZOOM = 1.5;
const MOST = 40;
const TURN = 45; // degrees, clockwise
const FROM = "↓↙←↖↑↗→↘"; // where the light falls to, lamp at the top first

let who = config.who;
let language = config.language;
let blind = config.blind;
let state = null; // what the program said last
let agreed = null;
let busy = false;
let seen = null; // since when the question is before the expert's eyes, in ms
let seconds = 0; // that it was, before a pause
let view = { scale: 1, x: 0, y: 0 };
let light = null; // degrees where the lamp stands, clockwise from the top; null: the image as it is
let lamp = 315; // where it stood last
const loaded = new Map(); // item -> promise of its image, decoded

// ------------------------------------------------------------------------------------------ words

function say(name, ...values) {
  let text = config.texts[language][name];
  for (const value of values) text = text.replace("{}", value);
  return text;
}

function translate() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  drawKeys();
  if (state) drawWords();
}

function drawKeys() {
  const many = config.classes.length > 9;
  const rows = [["y", "key_y"], ["n", "key_n"]];
  if (config.classes.length) rows.push([`1 – ${Math.min(9, config.classes.length)}`, "key_digits"]);
  if (many) rows.push(["/", "key_find"]);
  rows.push([say("space"), "key_space"], ["u", "key_u"], ["r", "key_r"], ["+ − 0", "key_zoom"]);
  rows.push([say("arrows"), "key_arrows"]);
  if (config.images) rows.push(["s", "key_s"], ["t", "key_t"]);
  if (!config.blind) rows.push(["b", "key_b"]);
  rows.push(["l", "key_l"], ["h", "key_h"]);
  byId("keys-table").replaceChildren(...rows.map(([key, text]) => {
    const row = document.createElement("tr");
    row.append(make("td", make("kbd", key)), make("td", say(text)));
    return row;
  }));
}

function make(tag, content, attributes = {}) {
  const node = document.createElement(tag);
  node.append(content);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// ---------------------------------------------------------------------------------------- requests

function notice(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function send(path, body) {
  for (;;) {
    let reply = null;
    try {
      reply = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    } catch {
      // the program is gone; it may come back
    }
    if (reply && reply.ok) {
      const found = await reply.json().catch(() => null);
      if (found) {
        notice("");
        return found;
      }
    } else if (reply && reply.status === 403) {
      notice(say("closed"));
      return new Promise(() => {}); // nothing more comes of this page
    } else if (reply && reply.status === 400) {
      const said = await reply.json();
      localStorage.removeItem(`pending ${who}`);
      notice(say("refused", said.refused));
      throw new Error("refused");
    }
    notice(say("saving"));
    await wait(AGAIN);
  }
}

// What changes the ledger: kept in this browser until the program has it.
async function change(path, body) {
  if (busy) return;
  busy = true;
  performance.mark("answered");
  const kept = { path, body: { who, key: crypto.randomUUID(), ...body } };
  localStorage.setItem(`pending ${who}`, JSON.stringify(kept));
  await deliver(kept);
}

async function deliver(kept) {
  busy = true;
  try {
    const found = await send(kept.path, kept.body);
    localStorage.removeItem(`pending ${who}`);
    await show(found);
  } catch (error) {
    if (error.message !== "refused") throw error;
    const said = byId("notice").textContent;
    await show(await send("/next", { who }));
    notice(said);
  } finally {
    busy = false;
  }
}

async function begin(name) {
  who = name;
  localStorage.setItem("who", who);
  const kept = JSON.parse(localStorage.getItem(`pending ${who}`) || "null");
  await (kept ? deliver(kept) : send("/next", { who }).then(show));
}

// ----------------------------------------------------------------------------------------- images

function address(item, whole) {
  const query = [whole && "whole", light !== null && `light=${light}`].filter(Boolean).join("&");
  return `/picture/${item}${query && `?${query}`}`;
}

function image(item) {
  if (!loaded.has(item)) {
    const img = new Image();
    img.src = address(item, false);
    img.draggable = false;
    loaded.set(item, img.decode().then(() => img, () => null));
  }
  return loaded.get(item);
}

// Keep the images of this question and of those to come, drop the others.
function prefetch() {
  const wanted = new Set(state.questions.flatMap((q) => q.items));
  for (const item of [...loaded.keys()]) if (!wanted.has(item)) loaded.delete(item);
  for (const item of wanted) image(item);
}

function figure(img, item) {
  const node = document.createElement("figure");
  const frame = make("div", img || make("p", say("unreadable")), { class: "frame" });
  if (img) img.dataset.item = item;
  node.append(frame, document.createElement("figcaption"));
  return node;
}

function place() {
  byId("zoom-reset").textContent = `${Math.round(100 * view.scale)} %`;
  for (const img of document.querySelectorAll(".frame img")) {
    const frame = img.parentElement;
    frame.classList.toggle("near", view.scale > 1);
    img.style.transform = `translate(${100 * view.x}%, ${100 * view.y}%) scale(${view.scale})`;
    const shown = Math.min(frame.clientWidth / img.naturalWidth, frame.clientHeight / img.naturalHeight);
    img.classList.toggle("coarse", shown * view.scale >= 1.5);
    const large = Math.max(img.naturalWidth, img.naturalHeight) > LARGE / 2;
    if (view.scale > 1 && large) whole(img);
  }
}

// The image in all its pixels, in the place of the reduced one once it is there.
function whole(img) {
  const wanted = address(img.dataset.item, true);
  if (img.dataset.whole === wanted) return;
  img.dataset.whole = wanted;
  const full = new Image();
  full.src = wanted;
  full.decode().then(() => { if (img.dataset.whole === wanted) img.src = wanted; }, () => {});
}

// The lamp of a raking light, switched and turned for both images together.
function shine(turn) {
  if (!config.images) return;
  if (turn && light !== null) lamp = (lamp + TURN) % 360;
  light = light === null || turn ? lamp : null;
  byId("light").setAttribute("aria-pressed", light !== null);
  byId("turn").textContent = light === null ? "" : FROM[light / TURN];
  loaded.clear();
  for (const img of document.querySelectorAll(".frame img")) {
    const wanted = address(img.dataset.item, false);
    delete img.dataset.whole;
    image(Number(img.dataset.item)).then((found) => {
      if (!found || address(img.dataset.item, false) !== wanted || img.dataset.whole) return;
      img.src = wanted;
      place();
    });
  }
  prefetch();
}

// Zoom by a factor about a point, in shares of the frame from its middle; both images move together.
function zoom(factor, px = 0, py = 0) {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const by = scale / view.scale;
  view = { scale, x: px + (view.x - px) * by, y: py + (view.y - py) * by };
  move(0, 0);
}

function move(dx, dy) {
  const most = (view.scale - 1) / 2;
  view.x = Math.min(most, Math.max(-most, view.x + dx));
  view.y = Math.min(most, Math.max(-most, view.y + dy));
  place();
}

function middle(frame, event) {
  const box = frame.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width - 0.5, (event.clientY - box.top) / box.height - 0.5];
}

const fingers = new Map(); // pointer -> where it was, in shares of the frame
let moved = false;

function pointerDown(event) {
  const frame = event.target.closest(".frame");
  if (!frame) return;
  frame.setPointerCapture(event.pointerId);
  moved = fingers.size > 0;
  fingers.set(event.pointerId, middle(frame, event));
}

function pointerMove(event) {
  const frame = event.target.closest(".frame");
  if (!frame || !fingers.has(event.pointerId)) return;
  const [ox, oy] = fingers.get(event.pointerId);
  const [x, y] = middle(frame, event);
  if (Math.hypot(x - ox, y - oy) < 0.01 && !moved) return;
  moved = true;
  const other = [...fingers].find(([id]) => id !== event.pointerId);
  if (other) {
    const [ax, ay] = other[1];
    zoom(Math.hypot(x - ax, y - ay) / Math.max(0.01, Math.hypot(ox - ax, oy - ay)), ax, ay);
  } else move(x - ox, y - oy);
  fingers.set(event.pointerId, [x, y]);
}

function pointerUp(event) {
  const frame = event.target.closest(".frame");
  if (frame && fingers.has(event.pointerId) && !moved && event.type === "pointerup") {
    if (view.scale > 1) zoom(0);
    else zoom(3, ...middle(frame, event));
  }
  fingers.delete(event.pointerId);
}

// --------------------------------------------------------------------------------------- questions

async function show(found) {
  state = found;
  const asked = state.questions[0];
  byId("start").hidden = true;
  byId("asking").hidden = !asked;
  byId("done").hidden = Boolean(asked);
  if (asked) {
    const images = await Promise.all(asked.items.map(image));
    view = { scale: 1, x: 0, y: 0 };
    byId("stage").replaceChildren(...images.map((img, i) => figure(img, asked.items[i])));
    drawAnswers(asked);
    place();
  }
  drawWords();
  seen = performance.now();
  seconds = 0;
  document.body.dataset.shown = asked ? `${asked.kind} ${asked.items.join(" ")}` : "done";
  document.body.dataset.done = state.done;
  requestAnimationFrame(() => requestAnimationFrame(() => { // once it is painted
    if (performance.getEntriesByName("answered").length) {
      performance.measure("answer to question", "answered");
      performance.clearMarks("answered");
    }
    prefetch();
    tellAgreement();
  }));
}

function drawWords() {
  const asked = state.questions[0];
  const [done, total] = [state.done, Math.max(config.total, state.done)];
  byId("count").textContent = say("progress", done, total);
  byId("progress").setAttribute("aria-valuemax", total);
  byId("progress").setAttribute("aria-valuenow", done);
  byId("progress").setAttribute("aria-label", say("progress", done, total));
  byId("progress").firstElementChild.style.width = `${(100 * done) / Math.max(1, total)}%`;
  byId("who-now").textContent = who;
  byId("who-now").hidden = false;
  byId("who-now").title = say("change");
  byId("blind").hidden = config.blind;
  byId("blind").setAttribute("aria-pressed", blind);
  byId("undo").disabled = byId("undo-last").disabled = !state.undoes;
  byId("redo").disabled = !state.redoes;
  byId("done-said").textContent = say("done", done);
  if (asked) {
    const name = { label: "label_question", pair: "pair_question", "yes/no": "yes_no_question" }[asked.kind];
    byId("question").textContent = say(name, asked.proposed);
    for (const node of byId("answers").querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
    document.querySelectorAll(".frame img").forEach((img, i) => {
      img.alt = say(asked.items.length === 1 ? "image" : ["first", "second"][i]);
    });
    document.querySelectorAll("figcaption").forEach((node, i) => { node.textContent = caption(asked, i); });
  }
  drawAgreement();
}

function caption(asked, i) {
  if (blind || !asked.names) return "";
  const opinion = asked.opinions.length ? ` · ${say("model_says", asked.opinions[i])}` : "";
  return asked.names[i] + opinion;
}

function choice(key, text, give, { word, ...attributes } = {}) {
  const node = make("button", key ? make("kbd", key) : "", { type: "button", ...attributes });
  const own = make("span", text);
  if (attributes["data-key"] === " ") node.firstChild.dataset.say = "space";
  if (word) own.dataset.say = word;
  node.append(own);
  node.addEventListener("click", () => { node.classList.add("given"); give(); });
  return node;
}

function drawAnswers(asked) {
  const nodes = [];
  if (asked.kind === "label") {
    config.classes.forEach((name, i) => {
      const key = i < 9 ? String(i + 1) : "";
      nodes.push(choice(key, name, () => give("class", name), { "data-key": key, "data-class": name }));
    });
    if (config.classes.length > 9) nodes.unshift(finder());
  } else {
    const [yes, no] = asked.kind === "pair" ? ["same", "different"] : ["yes", "no"];
    nodes.push(choice("y", say(yes), () => give("yes"), { "data-key": "y", word: yes }));
    nodes.push(choice("n", say(no), () => give("no"), { "data-key": "n", word: no }));
  }
  const unsure = { "data-key": " ", word: "cannot_tell", class: "unsure" };
  nodes.push(choice(say("space"), say("cannot_tell"), () => give("cannot tell"), unsure));
  byId("answers").classList.toggle("two", asked.kind !== "label");
  byId("answers").replaceChildren(...nodes);
}

// Of more than nine classes, one is found by typing: only those are shown that hold what was typed.
function finder() {
  const input = make("input", "", { id: "find", type: "search", autocomplete: "off", placeholder: say("find"), "aria-label": say("find") });
  const fitting = () => [...byId("answers").querySelectorAll("[data-class]")].filter((b) => !b.hidden);
  input.addEventListener("input", () => {
    for (const button of byId("answers").querySelectorAll("[data-class]")) {
      button.hidden = !button.dataset.class.toLowerCase().includes(input.value.trim().toLowerCase());
    }
    input.setCustomValidity(fitting().length ? "" : say("no_class"));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && fitting().length) fitting()[0].click();
    if (event.key === "Escape") input.blur();
  });
  return make("div", input, { class: "find" });
}

function give(answer, value = null) {
  const asked = state.questions[0];
  if (!asked || busy || seen === null) return;
  const { kind, items, proposed } = asked;
  const spent = seconds + (document.hidden ? 0 : (performance.now() - seen) / 1000);
  seen = null;
  change("/answer", { kind, items, proposed: proposed ?? null, answer, value, seconds: Math.round(spent * 1000) / 1000 });
}

function takeBack(key) {
  if (key && !busy) change("/take-back", { undoes: key });
}

// Only the time counts in which the page was before somebody's eyes.
document.addEventListener("visibilitychange", () => {
  if (seen === null) return;
  if (document.hidden) seconds += (performance.now() - seen) / 1000;
  else seen = performance.now();
});

// --------------------------------------------------------------------------------------- agreement

let asking = false;
let stale = false; // answers came while we were asking
async function tellAgreement() {
  stale = true;
  if (asking) return;
  asking = true;
  while (stale) {
    stale = false;
    try {
      const reply = await fetch("/agreement");
      if (reply.ok) agreed = await reply.json();
      drawAgreement();
    } catch {
      // shown next time
    }
  }
  asking = false;
}

function drawAgreement() {
  const node = byId("agreement");
  if (!agreed) return;
  const percent = (share) => Math.round(100 * share);
  const long = agreed.both
    ? say("agreement_long", agreed.both, percent(agreed.share), percent(agreed.low), percent(agreed.high))
    : say("alone");
  node.textContent = agreed.both ? say("agreement", percent(agreed.share), agreed.both) : say("alone");
  node.title = long;
  byId("done-agreement").textContent = long;
}

// -------------------------------------------------------------------------------------------- keys

const KEYS = {
  u: () => takeBack(state.undoes),
  r: () => takeBack(state.redoes),
  "+": () => zoom(ZOOM),
  "=": () => zoom(ZOOM),
  "-": () => zoom(1 / ZOOM),
  0: () => zoom(0),
  ArrowLeft: () => move(0.1, 0),
  ArrowRight: () => move(-0.1, 0),
  ArrowUp: () => move(0, 0.1),
  ArrowDown: () => move(0, -0.1),
  s: () => shine(false),
  t: () => shine(true),
  b: () => hide(!blind),
  l: () => speak(language === "en" ? "fr" : "en"),
  h: () => byId("keys").showModal(),
  "?": () => byId("keys").showModal(),
  "/": () => byId("find") && byId("find").focus(),
};

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && !event.key.startsWith("Arrow")) return;
  if (event.target.tagName === "INPUT" || byId("keys").open || !state) return;
  if (event.key === " " && event.target.tagName === "BUTTON") return; // it presses that button
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const button = byId("asking").hidden ? null : byId("answers").querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (button && key) button.click();
  else if (Object.hasOwn(KEYS, key)) KEYS[key]();
  else return;
  event.preventDefault();
}

function hide(value) {
  if (config.blind) return;
  blind = value;
  localStorage.setItem("blind", blind ? "yes" : "no");
  drawWords();
}

function speak(value) {
  language = value;
  localStorage.setItem("language", language);
  translate();
}

function nameExpert() {
  byId("asking").hidden = byId("done").hidden = true;
  byId("start").hidden = false;
  byId("who-now").hidden = true;
  byId("who").value = who;
  const known = [...new Set([...config.experts, who])].filter(Boolean);
  byId("experts").replaceChildren(...known.map((name) => {
    const node = make("button", name, { type: "button" });
    node.addEventListener("click", () => begin(name));
    return node;
  }));
  byId("who").focus();
}

document.addEventListener("keydown", pressed);
document.addEventListener("click", (event) => {
  // A click leaves the keys to the page: space then is an answer again, not a second click.
  if (event.detail > 0 && event.target.closest("button")) event.target.closest("button").blur();
});
byId("stage").addEventListener("pointerdown", pointerDown);
byId("stage").addEventListener("pointermove", pointerMove);
byId("stage").addEventListener("pointerup", pointerUp);
byId("stage").addEventListener("pointercancel", pointerUp);
byId("stage").addEventListener("wheel", (event) => {
  const frame = event.target.closest(".frame");
  if (!frame) return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), ...middle(frame, event));
}, { passive: false });
window.addEventListener("resize", place);
byId("undo").addEventListener("click", KEYS.u);
byId("undo-last").addEventListener("click", KEYS.u);
byId("redo").addEventListener("click", KEYS.r);
byId("zoom-in").addEventListener("click", KEYS["+"]);
byId("zoom-out").addEventListener("click", KEYS["-"]);
byId("zoom-reset").addEventListener("click", KEYS[0]);
byId("light").addEventListener("click", KEYS.s);
byId("turn").addEventListener("click", KEYS.t);
byId("lights").hidden = !config.images;
byId("blind").addEventListener("click", KEYS.b);
byId("language").addEventListener("click", KEYS.l);
byId("help").addEventListener("click", KEYS.h);
byId("who-now").addEventListener("click", nameExpert);
byId("naming").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("who").value.trim();
  if (name) begin(name);
});

language = localStorage.getItem("language") || language;
if (!config.blind) blind = localStorage.getItem("blind") === "yes";
translate();
byId("blind").hidden = true;
byId("who-now").hidden = true;
if (who) begin(who);
else {
  who = localStorage.getItem("who") || "";
  nameExpert();
}
