// What happened to this device: reboots, links, alarms, changes, refusals.

import * as api from "./api.js";
import { ago, clock, fill, h, moment, poll } from "./dom.js";
import { choice, heading, load, nothing } from "./pieces.js";

const day = (date) => date.toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long" });

export function page({ place, signal }) {
    const body = h("div");
    const kinds = choice("", [["", "All kinds"]], { "aria-label": "Kind of event" });
    let events = [];
    let before = null;
    place.append(heading("Events", "What happened to this device, newest first.", kinds), body);
    const show = () =>
        fill(
            body,
            list(
                events.filter((one) => !kinds.value || one.kind === kinds.value),
                events.length,
            ),
        );
    kinds.addEventListener("change", show);
    const refresh = async () => {
        events = (await api.watch("/events", signal)).events || [];
        const now = JSON.stringify(events);
        if (now === before) return;
        before = now;
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
            before = null;
            await refresh();
            poll(5000, refresh, signal);
            return [...body.childNodes];
        },
        6,
    );
}

function list(events, all) {
    if (!events.length)
        return nothing(
            all ? "None of this kind" : "Nothing has happened yet",
            "Reboots, lost links, alarms and changes are kept here.",
        );
    const ordered = [...events].sort((one, two) => (moment(two.at) || 0) - (moment(one.at) || 0));
    const days = new Map();
    for (const one of ordered) {
        const date = moment(one.at);
        const key = date ? day(date) : "At an unknown time";
        days.set(key, [...(days.get(key) || []), one]);
    }
    return [...days].map(([title, some]) =>
        h(
            "section",
            { class: "day" },
            h("h2", null, title),
            h(
                "ol",
                { class: "line" },
                some.map((one) => {
                    const date = moment(one.at);
                    return h(
                        "li",
                        { class: "stop idle" },
                        h("span", { class: "dot", "aria-hidden": "true" }),
                        h(
                            "div",
                            { class: "event" },
                            h("span", { class: "num" }, date ? clock(date) : "–"),
                            h("p", null, one.text, h("span", { class: "quiet" }, one.source ? ` · ${one.source}` : "")),
                            h("span", { class: "tag" }, one.kind),
                            h("span", { class: "quiet" }, ago(one.at, "")),
                        ),
                    );
                }),
            ),
        ),
    );
}
