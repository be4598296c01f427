// The page: what comes by server-sent events is drawn, piece by piece where something changed.
"use strict";

const drawn = new Map(), rows = new Map();
let opened = null, last = null, lastCame = 0, serial = null;

// Draws again only what differs: what an operator points at or selects stays where it is.
function draw(id, data, make) {
  const element = byId(id), text = JSON.stringify(data);
  if (drawn.get(id) === text) return;
  drawn.set(id, text);
  element.replaceChildren(...[make(data)].flat());
}

function header(overview) {
  const facts = [`version ${overview.version}`, `up ${span(overview.uptimeSeconds)}`];
  if (overview.state !== "serving") facts.push(overview.state.toUpperCase());
  facts.push(`configuration of ${clock(overview.configuration.readAt)} UTC`);
  byId("about").textContent = facts.join(" · ");
}

function verdict(overview) {
  const rank = { bad: 0, warn: 1 }, items = [...overview.attention].sort((a, b) => rank[a.severity] - rank[b.severity]);
  const worst = items.length ? items[0].severity : "good", element = byId("verdict");
  element.className = worst;
  document.title = (worst === "good" ? "" : worst === "bad" ? "● " : "▲ ") + "gateway";
  draw("verdict", items, () => [
    el("strong", {}, worst === "good" ? "All is well" : worst === "bad" ? "Something is wrong" : "Worth a look"),
    worst === "good" && el("span", { class: "soft" }, "nothing failed for reasons of ours in the last minute"),
    items.length > 0 && el("ul", {}, items.map((item) => el("li", { class: item.severity },
      el("span", {}, el("b", {}, item.what), " ", item.detail)))),
  ].filter(Boolean));
}

function tiles(overview) {
  const t = overview.traffic, h = overview.history, p = overview.process;
  const tile = (name, value, more, picture, look) => el("div", { class: "tile card" },
    el("span", { class: "soft" }, name), el("b", { class: look || "" }, value), el("span", { class: "soft" }, more), picture);
  draw("tiles", [t, h, p], () => [
    tile("Requests", `${rate(t.perSecond)}/s`, `the last ${span(h.requests.length * h.secondsEach)}, failed in red`,
      columns(h.requests, h.serverErrors)),
    tile("Failed, 5xx", `${rate(t.serverErrorsPerSecond)}/s`, `4xx ${rate(t.clientErrorsPerSecond)}/s`,
      trend(h.serverErrors), t.serverErrorsPerSecond > 0 ? "bad" : ""),
    tile("Latency", ms(t.p50Ms), `p99 ${ms(t.p99Ms)}, over ${overview.windowSeconds} s`, trend(h.p99Ms)),
    tile("In flight", t.inFlight, el("span", {}, `of ${t.inFlightMost}, ${t.waiting} wait; ${t.clients} connections`,
      el("br"), p ? `${bytes(p.residentBytes)}, ${p.descriptors} descriptors` : "")),
  ]);
}

const chip = (text, look) => el("span", { class: "chip " + (look || "") }, text);

function endpoint(e) {
  const chips = [e.circuit === "closed" ? chip("circuit closed")
    : chip(`circuit ${e.circuit}` + (e.opensForSeconds ? ` for ${span(e.opensForSeconds)}` : ""),
      e.circuit === "open" ? "bad" : "warn")];
  if (e.ejected) chips.push(chip("ejected", "bad"));
  if (e.healthy !== null) chips.push(e.healthy ? chip("check good") : chip("check fails", "bad"));
  return el("li", {}, el("span", { class: "id" }, e.address), chips,
    e.inFlight !== null && el("span", { class: "soft" }, `${e.inFlight} in flight`),
    el("span", { class: "soft" }, `connections: ${e.connectionsIdle} idle, ${e.connectionsInUse} in use`));
}

function upstream(u) {
  const isFull = u.inFlight >= u.inFlightMost || u.waiting > 0;
  return el("div", { class: "upstream card" + (u.ill ? " ill" : "") },
    el("div", {}, el("h3", {}, u.name), fact("calls", `${rate(u.perSecond)}/s`),
      fact("p50", ms(u.p50Ms)), fact("p99", ms(u.p99Ms)),
      fact("places", `${u.inFlight} of ${u.inFlightMost}`, isFull ? "warn" : ""),
      u.waiting > 0 && fact("waiting", u.waiting, "warn"), fact("tried again", `${rate(u.retriesPerSecond)}/s`),
      u.failures.length > 0 && el("span", { class: "bad" }, counts(u.failures))),
    el("ul", { class: "endpoints" }, u.endpoints.map(endpoint)));
}

// What failed, or took longest.
function cause(told) {
  const shared = told.coalescedWith ? `shared with ${told.coalescedWith}`
    : told.reusedFrom && `was given the answer of ${told.reusedFrom}`;
  if (told.failure) {
    return words(told.failure) + (told.part ? ` in ${told.part}` : "") + (told.upstream ? ` (${told.upstream})` : "")
      + (shared ? `, ${shared}` : "");
  }
  return shared || (told.part ? `${told.part} took ${ms(told.partMs)} (${told.upstream})` : "no call was made");
}

const keyOf = (told) => told.id + " " + told.at;

function toldRow(told, list) {
  const isBad = told.status >= 500, row = el("div", { class: "row" });
  row.append(el("button", { type: "button", "aria-expanded": "false", onclick: () => toggle(told, list, row) },
    el("span", { class: "soft" }, clock(told.at)), el("span", { class: "status " + (isBad ? "bad" : "") }, told.status),
    el("span", { class: "ms" }, ms(told.totalMs)), el("span", { class: "soft route-name" }, told.route || "no route"),
    el("span", { class: "kind" }, cause(told)), el("span", { class: "id" }, told.id)));
  return row;
}

async function toggle(told, list, row) {
  const isOpen = opened && opened.row === row;
  if (opened) {
    opened.row.firstChild.setAttribute("aria-expanded", "false");
    opened.place.remove();
    opened = null;
  }
  if (isOpen) return;
  const place = el("div", {});
  opened = { told, list, row, place };
  row.firstChild.setAttribute("aria-expanded", "true");
  row.append(place);
  place.append(await lookUp(told.id));
}

async function lookUp(id) {
  try {
    const answer = await fetch(`/admin/waterfalls/${encodeURIComponent(id)}.json`);
    if (answer.ok) return waterfall(await answer.json());
    return el("p", { class: "waterfall soft" }, answer.status === 404
      ? "It is not kept: only failed, slow and explained requests are, and only the last of them. The access log has it."
      : `The gateway answers ${answer.status}.`);
  } catch (error) {
    return el("p", { class: "waterfall bad" }, "The gateway does not answer.");
  }
}

async function find(id) {
  byId("find-id").value = id;
  byId("found").replaceChildren(el("div", { class: "told card" }, await lookUp(id)));
}

// A request stays the row that it is: what is opened, focused or selected is not touched by what comes above it. An opened one
// stays until it is closed, though the gateway lists it no longer.
function list(id, listed, empty) {
  const known = rows.get(id) || new Map(), now = new Map(), place = byId(id);
  const isLeft = opened && opened.list === id && !listed.some((told) => keyOf(told) === keyOf(opened.told));
  for (const told of listed.concat(isLeft ? [opened.told] : [])) {
    now.set(keyOf(told), known.get(keyOf(told)) || toldRow(told, id));
  }
  if (!now.size) now.set("", known.get("") || el("p", {}, empty));
  rows.set(id, now);
  for (const [key, row] of known) if (!now.has(key)) row.remove();
  [...now.values()].forEach((row, index) => {
    if (place.children[index] !== row) place.insertBefore(row, place.children[index] || null);
  });
}

function route(r, width) {
  const t = r.traffic;
  return el("div", { class: "route card" },
    el("div", {}, el("h3", {}, r.name), el("code", {}, "GET " + r.path), fact("requests", `${rate(t.perSecond)}/s`),
      fact("p50", ms(t.p50Ms)), fact("p99", ms(t.p99Ms)),
      t.failures.length > 0 && el("span", { class: "bad" }, counts(t.failures))),
    el("p", { class: "soft" }, `longest path ${r.criticalPath.join(" → ")}: at most ${ms(r.criticalMs)}, `
      + `${ms(r.withRetriesMs)} with every retry; deadline ${ms(r.deadlineMs)}; `
      + `${r.calls.least} to ${r.calls.usual} calls, at most ${r.calls.most}`),
    graph(r, width));
}

function drawAll(state) {
  const { overview } = state;
  header(overview);
  verdict(overview);
  tiles(overview);
  draw("upstreams", state.upstreams, () => state.upstreams.map(upstream));
  list("failures", state.failures, "None since the start.");
  list("slowest", state.slowest, "Nothing was asked.");
  const width = Math.max(280, byId("routes").clientWidth - 26);
  draw("routes", [state.routes, width], () => state.routes.map((r) => route(r, width)));
  if (serial !== overview.configuration.readAt) {
    serial = overview.configuration.readAt;
    readConfiguration();
  }
}

async function readConfiguration() {
  try {
    const answer = await fetch("/admin/configuration.json");
    byId("configuration").querySelector("pre").textContent = JSON.stringify(await answer.json(), null, 2);
  } catch (error) {
    serial = null;
  }
}

function liveness(state, text) {
  document.body.dataset.state = state;
  byId("live").textContent = text;
}

function follow() {
  const source = new EventSource("/admin/events");
  source.addEventListener("state", (event) => {
    last = JSON.parse(event.data);
    lastCame = Date.now();
    liveness("live", "live");
    drawAll(last);
  });
  source.addEventListener("error", () => {
    // The browser tries again by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  });
}

setInterval(() => {
  const age = Date.now() - lastCame;
  if (lastCame === 0) liveness("connecting", "connecting");
  else if (age > 4000) liveness("lost", `no news for ${span(age / 1000)}`);
}, 1000);
addEventListener("resize", () => last && drawAll(last));
byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = byId("find-id").value.trim();
  if (id) find(id);
});
follow();
