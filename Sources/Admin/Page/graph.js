// A route's calls as a picture: who waits for whom, how long each takes now, and the path that takes longest.
"use strict";

// Beside each other where there is room, below each other where there is not.
function graph(route, width) {
  const levels = 1 + Math.max(0, ...route.parts.map((part) => part.level));
  return width / (levels + 0.5) >= 190 ? graphAcross(route, width, levels) : graphDown(route, width);
}

const boxHeight = 46;

function box(route, part, x, y, width) {
  const isIll = part.live && part.live.failures.length > 0;
  const live = part.live && part.live.count
    ? `p50 ${ms(part.live.p50Ms)}, p99 ${ms(part.live.p99Ms)}` : `no calls now, at most ${ms(part.attemptMs)}`;
  const fits = (text, wide) => text.length * wide > width - 16 ? text.slice(0, (width - 22) / wide) + "…" : text;
  const isStrong = part.critical ? " strong" : "";
  return svg("g", {},
    svg("title", {}, `${part.name}: GET ${part.upstream} ${part.path}, at most ${ms(part.attemptMs)}`),
    svg("rect", { x, y, width, height: boxHeight, rx: 6, class: "node" + (isIll ? " bad" : "") + isStrong }),
    svg("text", { x: x + 8, y: y + 18 }, fits(`${part.name} · ${part.upstream}`, 7)),
    isIll
      ? svg("text", { x: x + 8, y: y + 36, class: "small bad" }, fits(counts(part.live.failures), 6))
      : svg("text", { x: x + 8, y: y + 36, class: "small" }, fits(live, 6)));
}

const isCriticalEdge = (route, from, to) => {
  const path = [null, ...route.criticalPath], place = path.indexOf(to);
  return place > 0 && path[place - 1] === from;
};

function graphAcross(route, width, levels) {
  const gap = 46, start = 66, boxWidth = Math.min(250, (width - start - 2 - gap * levels) / levels);
  const rows = [], at = new Map();
  for (const part of route.parts) {
    const row = rows[part.level] = (rows[part.level] || 0) + 1;
    at.set(part.name, { x: start + gap + part.level * (boxWidth + gap), y: 2 + (row - 1) * (boxHeight + 8) });
  }
  const height = Math.max(...rows.filter(Boolean)) * (boxHeight + 8) - 4, middle = boxHeight / 2;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img",
    "aria-label": `Calls of ${route.name}; the longest path is ${route.criticalPath.join(", then ")}` });
  const edge = (from, to, isStrong) => picture.append(svg("path", {
    class: "edge" + (isStrong ? " strong" : ""),
    d: `M${from.x},${from.y} C${from.x + gap * 0.6},${from.y} ${to.x - gap * 0.6},${to.y} ${to.x},${to.y}` }));
  const request = { x: start, y: 2 + middle };
  for (const part of route.parts) {
    const to = at.get(part.name), end = { x: to.x, y: to.y + middle };
    if (!part.waitsFor.length) edge(request, end, isCriticalEdge(route, null, part.name));
    for (const cause of part.waitsFor) {
      const from = at.get(cause);
      edge({ x: from.x + boxWidth, y: from.y + middle }, end, isCriticalEdge(route, cause, part.name));
    }
  }
  picture.append(svg("rect", { x: 1, y: 8, width: start - 1, height: boxHeight - 12, rx: 17, class: "node" }),
    svg("text", { x: 9, y: 29 }, "request"));
  for (const part of route.parts) {
    const place = at.get(part.name);
    picture.append(box(route, part, place.x, place.y, boxWidth));
  }
  return picture;
}

// Below each other, each part under what it waits for and indented by that; lines run in the margins, so none is behind a box. Of
// a part that waits for several the last stands above it, and from the others lines go round on the right.
function graphDown(route, width) {
  const indent = 22, lane = 9, pill = 26, at = new Map(), round = [];
  const place = (part, cause) => {
    at.set(part.name, { part, cause, x: cause ? at.get(cause).x + indent : 24, y: pill + 8 + at.size * (boxHeight + 10) });
    round.push(...part.waitsFor.filter((name) => name !== cause).map((name) => [name, part.name]));
    for (const next of route.parts) {
      const isReady = next.waitsFor.includes(part.name) && next.waitsFor.every((name) => at.has(name));
      if (isReady && !at.has(next.name)) place(next, part.name);
    }
  };
  for (const part of route.parts) if (!part.waitsFor.length) place(part, null);
  const height = pill + at.size * (boxHeight + 10), right = width - 2 - round.length * lane;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img",
    "aria-label": `Calls of ${route.name}; the longest path is ${route.criticalPath.join(", then ")}` });
  const edges = [...at.values()].map((to) => {
    const from = to.cause ? at.get(to.cause) : { x: 0, y: pill - boxHeight };
    return { isStrong: isCriticalEdge(route, to.cause, to.part.name),
      d: `M${from.x + 12},${from.y + boxHeight} V${to.y + boxHeight / 2} H${to.x}` };
  }).concat(round.map(([cause, name], index) => ({ isStrong: isCriticalEdge(route, cause, name),
    d: `M${right},${at.get(cause).y + boxHeight / 2} H${right + (index + 1) * lane}`
      + ` V${at.get(name).y + boxHeight / 2} H${right}` })));
  // The strong ones lie above those that they share a way with.
  edges.sort((a, b) => a.isStrong - b.isStrong);
  for (const { d, isStrong } of edges) picture.append(svg("path", { d, class: "edge" + (isStrong ? " strong" : "") }));
  picture.append(svg("rect", { x: 1, y: 1, width: 65, height: pill - 2, rx: 12, class: "node" }),
    svg("text", { x: 9, y: 17 }, "request"));
  for (const { part, x, y } of at.values()) picture.append(box(route, part, x, y, right - x));
  return picture;
}
