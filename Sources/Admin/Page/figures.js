// Elements, and figures as people read them. Data becomes text by textContent alone; no markup is ever made of it.
"use strict";

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "left" || name === "width") element.style[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  return fill(element, null, children);
};

function ms(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 10000) return (value / 1000).toFixed(1) + " s";
  if (value >= 1000) return (value / 1000).toFixed(2) + " s";
  return (value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)) + " ms";
}
function rate(value) {
  if (!value) return "0";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
function span(seconds) {
  const s = Math.floor(seconds), days = Math.floor(s / 86400), hours = Math.floor(s / 3600) % 24;
  const minutes = Math.floor(s / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return s % 60 ? `${minutes} min ${s % 60} s` : `${minutes} min`;
  return `${s} s`;
}
const bytes = (n) => n >= 1 << 30 ? (n / (1 << 30)).toFixed(1) + " GiB" : (n / (1 << 20)).toFixed(0) + " MiB";
const clock = (iso) => iso.slice(11, 19);
const words = (kind) => kind.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
const counts = (kinds) => kinds.map((k) => `${k.count} ${words(k.kind)}`).join(", ");
const bare = (address) => address.replace(/^https?:\/\//, "");
const fact = (name, value, look) =>
  el("span", { class: look || "" }, el("span", { class: "soft" }, name + " "), value);

// Columns of requests, the failed ones in red at their foot.
function columns(requests, errors) {
  const most = Math.max(1, ...requests), width = 300, step = width / requests.length;
  const picture = svg("svg", { viewBox: `0 0 ${width} 30`, preserveAspectRatio: "none", "aria-hidden": "true" });
  requests.forEach((count, place) => {
    const high = count / most * 29, red = Math.min(count, errors[place]) / most * 29;
    const at = { x: (place * step).toFixed(1), width: (step - 1).toFixed(1) };
    if (high) picture.append(svg("rect", { ...at, y: 30 - high, height: high, class: "requests" }));
    if (red) picture.append(svg("rect", { ...at, y: 30 - Math.max(red, 2), height: Math.max(red, 2), class: "errors" }));
  });
  return picture;
}

function trend(values) {
  const known = values.map((value) => value || 0), most = Math.max(1, ...known), width = 300;
  const points = known.map((value, place) =>
    `${(place * width / Math.max(1, known.length - 1)).toFixed(1)},${(29 - value / most * 27).toFixed(1)}`);
  return svg("svg", { viewBox: `0 0 ${width} 30`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("polyline", { points: points.join(" "), class: "trend", "vector-effect": "non-scaling-stroke" }));
}
