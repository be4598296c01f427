// One request taken apart: what each part and each attempt of it waited for.
"use strict";

const phases = [
  ["queue", "queueMs", "waiting for a place"], ["lookup", "lookupMs", "name"], ["connect", "connectMs", "connecting"],
  ["tls", "tlsMs", "TLS"], ["wait", "firstByteMs", "waiting for the answer"], ["transfer", "transferMs", "reading it"],
];
const legend = [["part", null, "from beginning to end"], ...phases];

const requestLink = (id) => el("a", { href: "#find-title", onclick: (event) => {
  event.preventDefault();
  find(id).then(() => byId("find-title").scrollIntoView());
} }, id);

function waterfall(told) {
  const total = Math.max(told.totalMs, 0.001), bars = el("div", { class: "bars" });
  const percent = (time) => (time / total * 100).toFixed(3) + "%";
  // What was over before the request came, as a part of another's may be, has no place on its line.
  const piece = (kind, start, length, isFailed) => {
    const from = Math.max(0, start), to = Math.min(total, start + length);
    if (to < from) return null;
    const name = legend.find(([known]) => known === kind)[2];
    return el("i", { class: kind + (isFailed ? " failed" : ""), title: `${name} ${ms(length)}`, left: percent(from),
      width: percent(to - from) });
  };
  const earlier = (start) => start < 0 && el("b", { class: "earlier", title: `begun ${ms(-start)} before it came` }, "◂");
  const row = (name, look, pieces, time) => bars.append(el("div", { class: "bar" },
    el("span", { class: "name " + look }, name), el("span", { class: "track" }, pieces), el("span", { class: "ms" }, time)));
  const whose = told.coalescedWith || told.reusedFrom;
  if (told.sharedMs !== null) {
    row("waiting for the other's answer", "", [piece("part", told.sharedStartMs, told.sharedMs)], ms(told.sharedMs));
  }
  if (told.turnMs >= 0.05) row("waiting for its turn", "", [piece("queue", told.turnStartMs, told.turnMs)], ms(told.turnMs));
  for (const part of told.parts) {
    row(part.name, part.critical ? "critical" : "",
      [piece("part", part.startMs, part.endMs - part.startMs, part.failure), earlier(part.startMs)],
      part.outcome === "skipped" ? "skipped" : ms(part.endMs - part.startMs));
    if (part.coalescedWith && part.coalescedWith !== whose) {
      bars.append(el("p", { class: "why" }, "shares the call of request ", requestLink(part.coalescedWith)));
    }
    for (const attempt of part.attempts) {
      const pieces = [];
      let start = attempt.startMs;
      const isBad = attempt.failure && attempt.failure !== "cancelled";
      for (const [kind, member] of phases) {
        const length = attempt[member] || 0;
        if (length > 0) pieces.push(piece(kind, start, length, isBad && kind === "wait"));
        start += length;
      }
      row(`${attempt.number}. ${bare(attempt.endpoint || part.upstream)}`, "attempt", pieces, ms(start - attempt.startMs));
      const said = [
        attempt.why !== "first" && words(attempt.why) + (attempt.pauseMs ? ` after ${ms(attempt.pauseMs)}` : ""),
        attempt.failure && words(attempt.failure),
        attempt.status && attempt.status !== 200 && `status ${attempt.status}`,
        attempt.circuit !== "closed" && attempt.failure !== "circuit_open" && `circuit ${words(attempt.circuit)}`,
        attempt.newConnection && "new connection",
      ].filter(Boolean);
      if (said.length && (attempt.failure || attempt.why !== "first")) {
        bars.append(el("p", { class: "why" + (isBad ? " bad" : "") }, said.join(", ")));
      }
    }
    if (part.failure && !part.attempts.length) bars.append(el("p", { class: "why bad" }, words(part.failure)));
  }
  if (told.mergeMs >= 0.05) row("putting together", "", [piece("part", told.mergeStartMs, told.mergeMs)], ms(told.mergeMs));
  const facts = [
    ["request", told.id], ["at", told.at.replace("T", " ")], ["route", told.route || "none"], ["status", told.status],
    ["failure", told.failure && words(told.failure)], ["reason", told.reason], ["tenant", told.tenant],
    ["key", told.key], ["client", told.client], ["trace", told.trace], ["total", ms(told.totalMs)],
    ["of it not at upstreams", told.overheadMs !== null && ms(told.overheadMs)],
    ["shared with request", told.coalescedWith && requestLink(told.coalescedWith)],
    ["was given the answer of", told.reusedFrom && requestLink(told.reusedFrom)],
    ["waited for that", told.sharedMs !== null && ms(told.sharedMs)], ["longest path", told.criticalPath.join(" → ")],
  ].filter(([, value]) => value || value === 0);
  return el("div", { class: "waterfall" },
    el("dl", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    whose && told.parts.length > 0 && el("p", { class: "soft" },
      "The parts are the other request's, and so are their times; ◂ began before this one came."), bars,
    el("div", { class: "legend" }, el("span", {}, el("span", { class: "bad" }, "◆"), " on the longest path"),
      legend.map(([kind, , name]) => el("span", {}, el("i", { class: kind }), name))));
}
