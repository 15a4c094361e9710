// What the agent logs, as it comes; secrets are masked there already.

import * as api from "./api.js";
import { clock, exact, fill, h, moment, poll } from "./dom.js";
import { button, choice, heading, load, nothing } from "./pieces.js";

const LEVELS = ["debug", "info", "warning", "error", "critical"];
const KEPT = 500;

export function page({ place, signal }) {
    const level = choice(
        "debug",
        [
            ["debug", "Everything"],
            ["info", "Info and worse"],
            ["warning", "Warnings and worse"],
            ["error", "Errors only"],
        ],
        { "aria-label": "Least level" },
    );
    const filter = h("input", {
        type: "search",
        "aria-label": "Filter",
        placeholder: "Filter by words or logger",
        autocomplete: "off",
        spellcheck: "false",
    });
    const tally = h("p", { class: "quiet num" });
    const box = h("div", { class: "log", role: "log", "aria-live": "off", tabindex: "0", "aria-label": "Log lines" });
    const body = h("div");
    let lines = [];
    let next = 0;
    let isHeld = false;
    const hold = button("Pause", () => {
        isHeld = !isHeld;
        hold.textContent = isHeld ? "Go on" : "Pause";
        hold.setAttribute("aria-pressed", String(isHeld));
        if (!isHeld) show();
    });
    const fits = (line) =>
        LEVELS.indexOf(String(line.level).toLowerCase()) >= LEVELS.indexOf(level.value) &&
        `${line.logger} ${line.text}`.toLowerCase().includes(filter.value.trim().toLowerCase());
    const show = () => {
        if (isHeld) return;
        const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
        const shown = lines.filter(fits);
        tally.textContent = `${shown.length} of ${lines.length} lines`;
        fill(
            box,
            shown.length
                ? h("ol", null, shown.map(row))
                : nothing(
                      lines.length ? "No line fits" : "The log is empty",
                      lines.length ? "Choose a lower level, or other words." : "Lines appear as the agent writes them.",
                  ),
        );
        if (isAtEnd) box.scrollTop = box.scrollHeight;
    };
    level.addEventListener("change", show);
    filter.addEventListener("input", show);
    place.append(
        heading("Log", "The last lines of the agent, newest at the bottom.", hold),
        h("div", { class: "finder" }, filter, level, tally),
        body,
    );
    const refresh = async () => {
        const answer = await api.watch(`/log${api.query({ after: next })}`, signal);
        if (answer.next !== undefined && answer.next < next) lines = []; // the agent has started anew
        next = answer.next ?? next;
        if (!answer.lines?.length && lines.length) return;
        lines = [...lines, ...(answer.lines || [])].slice(-KEPT);
        show();
    };
    load(
        body,
        signal,
        async () => {
            lines = [];
            next = 0;
            await refresh();
            poll(2000, refresh, signal);
            setTimeout(() => {
                box.scrollTop = box.scrollHeight;
            });
            return box;
        },
        10,
    );
}

function row(line) {
    const date = moment(line.at);
    const level = String(line.level).toLowerCase();
    return h(
        "li",
        { class: level },
        h("time", { title: date ? exact(date) : null }, date ? clock(date) : ""),
        h("span", { class: "level" }, level),
        h("span", { class: "logger" }, line.logger),
        h("span", { class: "log-text" }, line.text),
    );
}
