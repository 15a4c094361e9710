// The conversations with the ACS: a list, and for each one a waterfall of HTTP turns with what was said.

import * as api from "./api.js";
import { ago, bytes, clock, count, exact, fill, h, lasting, moment, poll } from "./dom.js";
import { button, done, facts, failure, heading, load, nothing, spoken, xmlView } from "./pieces.js";

export const page = (view) => (view.rest ? one(view) : list(view));

// What the fault codes of TR-069 mean to people; the message itself stands beside.
const FAULTS = {
    8000: "The ACS does not support what was asked.",
    8001: "The ACS refused the request.",
    8002: "The ACS had an error of its own.",
    8003: "The ACS found the request's arguments wrong.",
    8004: "The ACS lacks the resources.",
    8005: "The ACS asks for the same message again.",
    8006: "The ACS's version does not fit.",
    9000: "This device does not know that method.",
    9001: "This device refused the request.",
    9002: "Something in this device failed.",
    9003: "An argument was wrong.",
    9004: "There were not enough resources.",
    9005: "There is no such parameter.",
    9006: "A value had the wrong type.",
    9007: "A value is not allowed.",
    9008: "A parameter cannot be set.",
    9009: "Changes of a parameter cannot be told.",
    9010: "A file could not be fetched.",
    9011: "A file could not be sent.",
    9012: "The file server refused the log-in.",
    9013: "That way of transfer is not supported.",
    9016: "The file server could not be reached.",
    9018: "The file is damaged.",
    9019: "The file could not be verified.",
};
/** What a fault means, and for which parameters: the summary names them as path=code. */
const meaning = ({ fault, summary }) =>
    [
        FAULTS[fault.code] || fault.words,
        ...[...String(summary).matchAll(/(\S+)=(9\d{3})\b/g)].map(
            ([, path, code]) => `${path}: ${FAULTS[code] || code}`,
        ),
    ].join(" ");

const tags = (events) =>
    h(
        "span",
        { class: "tags" },
        (events || []).map((each) => h("span", { class: "tag" }, each)),
    );
const isGood = (outcome) => ["ok", "complete"].includes(outcome);
const state = (outcome) => (outcome === undefined || outcome === null ? "busy" : isGood(outcome) ? "good" : "bad");
const took = (each) =>
    each.seconds ?? (each.ended ? (moment(each.ended) - moment(each.began ?? each.at)) / 1000 : null);

function list({ place, signal }) {
    const says = spoken();
    const body = h("div");
    const inform = button(
        "Start a session now",
        async () => {
            try {
                await api.post("/inform");
                fill(says, done("A session is started."));
                setTimeout(() => refresh().catch(() => null), 1000);
            } catch (problem) {
                fill(says, failure(problem));
            }
        },
        "primary",
    );
    place.append(
        heading("Sessions", "Every conversation with the ACS that is kept, newest first. Secrets are masked.", inform),
        says,
        body,
    );
    let before = "";
    const refresh = async () => {
        const answer = await api.watch("/sessions?limit=50", signal);
        const now = JSON.stringify(answer);
        if (now === before) return;
        before = now;
        fill(body, rows(answer));
    };
    load(
        body,
        signal,
        async () => {
            before = "";
            await refresh();
            poll(3000, refresh, signal);
            return [...body.childNodes];
        },
        8,
    );
}

function rows({ sessions = [], problem = "" }) {
    if (!sessions.length) {
        return nothing(
            problem ? "No session is kept" : "No session yet",
            problem || "The first one comes when the device knows its ACS.",
            h("p", null, h("a", { href: "#/setup" }, "Set the server up")),
        );
    }
    const ordered = [...sessions].sort((first, second) => number(second) - number(first));
    return h(
        "ol",
        { class: "sessions" },
        h(
            "li",
            { class: "row titles", "aria-hidden": "true" },
            ["No.", "Started", "Events", "POSTs", "Size", "Took", "Outcome"].map((title) => h("span", null, title)),
        ),
        ordered.map((each) =>
            h(
                "li",
                null,
                h(
                    "a",
                    { class: `row ${state(each.outcome)}`, href: `#/sessions/${number(each)}` },
                    h("span", { class: "no" }, h("span", { class: "unseen" }, "Session "), String(number(each))),
                    h("span", null, ago(each.began ?? each.at)),
                    tags(each.events),
                    h("span", { class: "num" }, String(each.posts ?? "–"), h("span", { class: "unit" }, " POSTs")),
                    h("span", { class: "num" }, bytes(each.bytes)),
                    h("span", { class: "num" }, lasting(took(each))),
                    h(
                        "span",
                        { class: "outcome", title: each.outcome },
                        each.outcome === undefined || each.outcome === null ? "under way" : each.outcome,
                    ),
                ),
            ),
        ),
    );
}

const number = (each) => Number(each.number ?? each.session);

function one({ place, rest, signal }) {
    const body = h("div");
    place.append(
        h("p", { class: "crumb" }, h("a", { href: "#/sessions" }, "Sessions")),
        heading(`Session ${/^\d+$/.test(rest) ? rest : ""}`, null),
        body,
    );
    load(body, signal, async () => conversation(await api.get(`/sessions/${encodeURIComponent(rest)}`, signal), signal), 8);
}

/** Where the messages beside the waterfall have room of their own; elsewhere they stand below their turn. */
const wide = () => matchMedia("(min-width: 1000px)");

function conversation(session, signal) {
    const turns = session.turns || [];
    const began = moment(session.began ?? session.at);
    const first = moment(turns[0]?.at);
    const offset = (at) => Math.max(0, (moment(at) - (began ?? first)) / 1000);
    const end = Math.max(0.001, took(session) ?? Math.max(...turns.map((turn) => offset(turn.at) + lasted(turn))));
    const total = turns.reduce((sum, turn) => sum + Number(turn.bytes || 0), 0);
    const good = state(session.outcome);
    const beside = h("div", { class: "beside" });
    const outcome = session.outcome ?? "under way";
    const items = turns.map((turn, index) =>
        step(turn, offset, end, (item, toggle) => show(items, item, toggle, turn, index, beside)),
    );
    const opened = items.find((item) => item.querySelector(".faulty")) || items[0];
    const all = [
        h(
            "div",
            { class: "summary" },
            h(
                "p",
                { class: `lamp ${good}` },
                h("span", { class: "sign", "aria-hidden": "true" }, { good: "✓", bad: "✕", busy: "…" }[good]),
                outcome,
            ),
            facts([
                ["Started", began ? h("time", { datetime: began.toISOString() }, exact(began)) : "–"],
                ["Took", lasting(took(session) ?? end)],
                ["Said", `${count(turns.length, "message")}, ${bytes(total)}`],
                ["With HTTP", `${count(session.posts, "POST")}, ${bytes(session.bytes)}`],
                ["Events", tags(session.events)],
            ]),
        ),
        turns.length
            ? h(
                  "div",
                  { class: "split" },
                  h(
                      "div",
                      null,
                      h(
                          "div",
                          { class: "scale", "aria-hidden": "true" },
                          h("span", { class: "ends" }, h("span", null, "CPE"), h("span", null, "ACS")),
                          h(
                              "span",
                              { class: "ticks" },
                              [0, 0.5, 1].map((part) => h("span", null, lasting(part * end))),
                          ),
                      ),
                      h("ol", { class: "turns" }, items),
                  ),
                  beside,
              )
            : nothing("Nothing was said", "No message of this session is kept."),
    ];
    if (opened && wide().matches) setTimeout(() => opened.querySelector("button").click());
    const placed = () => beside.isConnected && put(items.find((item) => item.querySelector("[aria-expanded=true]")), beside);
    wide().addEventListener("change", placed, { signal });
    return all;
}

/** The RPC's name, "" for an empty message. */
const named = (turn) => (turn.rpc === "-" ? "" : turn.rpc);

/** How long the other side was waited for; what comes in is there at once. */
const lasted = (turn) => (turn.direction === "out" ? Number(turn.seconds || 0) : 0);

/** An answer that asks for the same once more: a log-in, a redirect. */
const isAgain = (exchange) => exchange.status === 401 || (exchange.status >= 300 && exchange.status < 400);

/** One bar for each POST that carried the message, or one for the moment it came. */
function bars(turn, offset, end) {
    const several = turn.direction === "out" ? turn.exchanges || [] : [];
    const spans = several.length
        ? several.map((one) => [offset(one.ended) - one.seconds, one.seconds, isAgain(one) ? "again" : ""])
        : [[offset(turn.at), lasted(turn), ""]];
    return spans.map(([at, seconds, kind]) => {
        const bar = h("i", { class: kind });
        const left = Math.max(0, Math.min(99, (100 * at) / end)); // the clock has steps of its own: none leads out
        bar.style.left = `${left}%`;
        bar.style.width = `${Math.max(0.8, Math.min(100 - left, (100 * seconds) / end))}%`;
        return bar;
    });
}

/** What HTTP did beside carrying the message: "asked again after 401". */
const detour = (turn) => {
    const again = (turn.direction === "out" ? turn.exchanges || [] : []).filter(isAgain);
    return again.length ? `sent ${again.length + 1} times: HTTP ${again.map((one) => one.status).join(", ")} first` : "";
};

function step(turn, offset, end, choose) {
    const isOut = turn.direction === "out";
    const at = offset(turn.at);
    const toggle = h(
        "button",
        {
            type: "button",
            class: `turn ${isOut ? "out" : "in"} ${turn.fault ? "faulty" : ""}`,
            "aria-expanded": "false",
            onclick: () => choose(item, toggle),
        },
        h("span", { class: "at" }, at < 0.0005 ? "0 ms" : `+${lasting(at)}`),
        h("span", { class: "way", "aria-hidden": "true" }),
        h(
            "span",
            { class: "rpc" },
            h("span", { class: "unseen" }, isOut ? "To the ACS: " : "From the ACS: "),
            named(turn) || "(empty)",
        ),
        h("span", { class: "said" }, [detour(turn), plain(turn)].filter(Boolean).join(" · ")),
        h("span", { class: "track", "aria-hidden": "true" }, bars(turn, offset, end)),
        h("span", { class: "size" }, bytes(turn.bytes)),
    );
    const fault =
        turn.fault && h("p", { class: "fault" }, h("strong", null, `Fault ${turn.fault.code}`), " ", meaning(turn));
    const item = h("li", null, toggle, fault);
    return item;
}

/** The summary without the RPC's name, which stands beside it already. */
function plain(turn) {
    const words = String(turn.summary || "");
    return (words.startsWith(turn.rpc) ? words.slice(turn.rpc.length) : words).trim();
}

const put = (item, beside) => (wide().matches ? item.closest(".split") : item).append(beside);

function show(items, item, toggle, turn, index, beside) {
    const wasOpen = toggle.getAttribute("aria-expanded") === "true";
    for (const each of items) each.querySelector("button").setAttribute("aria-expanded", "false");
    beside.remove();
    if (wasOpen && !wide().matches) return;
    toggle.setAttribute("aria-expanded", "true");
    const at = moment(turn.at);
    fill(
        beside,
        h(
            "div",
            { class: "beside-head" },
            h("h2", null, `${index + 1}. ${named(turn) || "Empty message"}`),
            h(
                "p",
                { class: "quiet" },
                [
                    turn.direction === "out" ? "Device to ACS" : "ACS to device",
                    turn.status ? `HTTP ${turn.status}` : "",
                    turn.bytes ? bytes(turn.bytes) : "",
                    turn.seconds ? lasting(turn.seconds) : "",
                    at && typeof turn.at === "string" ? clock(at) : "",
                ]
                    .filter(Boolean)
                    .join(" · "),
            ),
        ),
        turn.fault
            ? h("div", { class: "note bad" }, h("p", { class: "what" }, `Fault ${turn.fault.code}: ${meaning(turn)}`))
            : null,
        turn.xml
            ? xmlView(turn.xml, `XML of message ${index + 1}`)
            : h(
                  "p",
                  { class: "quiet" },
                  turn.bytes
                      ? "The XML is not kept: this session was too long."
                      : "An empty message: it has no XML. The other side may speak, or the session ends.",
              ),
    );
    put(item, beside);
}
