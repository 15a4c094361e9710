// What happened to this device: writes, refusals, transfers, reboots, links, diagnostics; as it happens.

import * as api from "./api.js";
import { ago, clock, fill, h, moment, poll } from "./dom.js";
import { choice, heading, load, nothing } from "./pieces.js";

const KEPT = 1000;
const SHOWN = 200; // and more when asked for: a phone need not lay out a thousand
const GRAVE = { Critical: "bad", Major: "bad", Minor: "warn", Warning: "warn", Cleared: "good" };
const day = (date) => date.toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long" });

export function page({ place, signal }) {
    const body = h("div");
    const kinds = choice("", [["", "All kinds"]], { "aria-label": "Kind of event" });
    const weights = choice(
        "",
        [
            ["", "Any severity"],
            ["warn", "Warnings and worse"],
            ["bad", "Major and critical"],
        ],
        { "aria-label": "Least severity" },
    );
    const filter = h("input", {
        type: "search",
        "aria-label": "Filter",
        placeholder: "Filter by words, address or command key",
        autocomplete: "off",
        spellcheck: "false",
    });
    const tally = h("p", { class: "quiet num", role: "status" });
    let events = [];
    let next = 0;
    let most = SHOWN;
    place.append(
        heading("Events", "What happened to this device, newest first."),
        h("div", { class: "finder" }, filter, kinds, weights, tally),
        body,
    );
    const fits = (one) => {
        const words = filter.value.trim().toLowerCase();
        const weight = GRAVE[one.severity];
        return (
            (!kinds.value || one.kind === kinds.value) &&
            (!weights.value || weight === "bad" || (weight === "warn" && weights.value === "warn")) &&
            (!words || said(one).includes(words))
        );
    };
    const show = () => {
        const found = events.filter(fits);
        tally.textContent = `${found.length} of ${events.length} events`;
        const more = () => {
            most += SHOWN;
            show();
        };
        fill(
            body,
            list(found.slice(0, most), events.length),
            found.length > most && h("button", { type: "button", onclick: more }, `Show ${SHOWN} more`),
        );
    };
    for (const one of [kinds, weights, filter]) {
        one.addEventListener(one === filter ? "input" : "change", () => {
            most = SHOWN;
            show();
        });
    }
    const refresh = async () => {
        const answer = await api.watch(`/events${api.query({ after: next })}`, signal);
        if (answer.next !== undefined && answer.next < next) events = []; // the history has begun anew
        next = answer.next ?? next;
        if (!answer.events?.length && events.length) return;
        events = [...(answer.events || []), ...events].slice(0, KEPT);
        const chosen = kinds.value;
        fill(kinds, [
            h("option", { value: "" }, "All kinds"),
            [...new Set(events.map((one) => one.kind))].sort().map((kind) => h("option", { value: kind }, kind)),
        ]);
        kinds.value = chosen;
        show();
    };
    load(
        body,
        signal,
        async () => {
            events = [];
            next = 0;
            await refresh();
            poll(3000, refresh, signal);
            return [...body.childNodes];
        },
        6,
    );
}

const said = (one) =>
    [one.kind, one.severity, one.source, one.text, ...Object.entries(one.fields || {}).map((pair) => pair.join("="))]
        .join(" ")
        .toLowerCase();

function list(events, all) {
    if (!events.length)
        return nothing(
            all ? "No event fits" : "Nothing has happened yet",
            all ? "Choose other words, or all kinds." : "Writes, refusals, transfers, reboots and lost links appear here.",
        );
    const days = new Map();
    for (const one of events) {
        const date = moment(one.at);
        const key = date ? day(date) : "At an unknown time";
        days.set(key, [...(days.get(key) || []), one]);
    }
    return [...days].map(([title, some]) =>
        h("section", { class: "day" }, h("h2", null, title), h("ol", { class: "line" }, some.map(row))),
    );
}

function row(one) {
    const date = moment(one.at);
    const fields = Object.entries(one.fields || {});
    return h(
        "li",
        { class: `stop ${GRAVE[one.severity] || "idle"}` },
        h("span", { class: "dot", "aria-hidden": "true" }),
        GRAVE[one.severity] && h("span", { class: "unseen" }, `${one.severity}: `),
        h(
            "div",
            { class: "event" },
            h("span", { class: "num" }, date ? clock(date) : "–"),
            h(
                "div",
                null,
                h("p", null, one.text, h("span", { class: "quiet" }, one.source ? ` · ${one.source}` : "")),
                fields.length > 0 &&
                    h(
                        "dl",
                        { class: "facts-row" },
                        fields.map(([name, value]) =>
                            h("div", null, h("dt", null, name.replaceAll("_", " ")), h("dd", null, String(value))),
                        ),
                    ),
            ),
            h("span", { class: "tag" }, one.kind),
            h("span", { class: "quiet" }, ago(one.at, "")),
        ),
    );
}
