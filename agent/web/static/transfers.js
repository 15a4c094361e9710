// The files that are fetched and sent, or wait for it: how far each is, and a person's say in it.

import * as api from "./api.js";
import { bytes, fill, h, lasting, poll } from "./dom.js";
import { button, done, failure, panel, stop } from "./pieces.js";

const WORDS = {
    waiting: "Waiting",
    moving: "On its way",
    arrived: "It has come",
    taking: "It is put in force",
    awaiting: "It has to prove itself",
    ended: "Over; the server is to hear of it",
};

const SOON = 5; // seconds: what is later comes with the status
const isSoonOther = ({ state, seconds, needs_confirmation: asks }) => state !== "ended" && !asks && !(seconds > SOON);

/** A panel that shows itself while there are any, ``follow`` with what the status says of transfers, from time to time;
 *  ``says`` gets what came of a person's say. */
export function files(says, signal) {
    const list = h("ol", { class: "line files" });
    const shown = panel("Files", list);
    const rows = new Map();
    let changes = false;
    shown.hidden = true;
    const show = ({ transfers: all }) => {
        changes = all.some(isSoonOther);
        for (const [id, { element }] of rows) {
            if (all.some((one) => one.id === id)) continue;
            element.remove();
            rows.delete(id);
        }
        for (const one of all) {
            if (!rows.has(one.id)) rows.set(one.id, row(one, decide));
            const { element, update } = rows.get(one.id);
            if (!element.isConnected) list.append(element);
            update(one);
        }
        shown.hidden = !all.length;
    };
    const decide = async (pressed, what, words) => {
        pressed.disabled = true;
        try {
            show(await api.post("/transfers", what));
            fill(says, done(words));
        } catch (problem) {
            fill(says, failure(problem));
        }
        says.lastChild.scrollIntoView({ block: "nearest" });
        pressed.disabled = false;
    };
    const look = async () => show(await api.watch("/transfers", signal));
    poll(1000, async () => changes && look(), signal);
    const follow = async ({ queued, active, to_be_told: over } = {}) => {
        if (queued || active || over || !shown.hidden) await look().catch(() => null);
    };
    return { panel: shown, follow };
}

/** What stays as it is while the rest is drawn anew has the buttons: the focus stays on them. */
function row({ id, asked_by: by, file_type: type, direction }, decide) {
    const told = h("div");
    const agree = button(
        "Agree",
        () => decide(agree, { confirm: id }, "Agreed: it begins as soon as its time has come."),
        "primary",
    );
    const cancel = button("Cancel", () =>
        decide(cancel, { cancel: id }, `Cancelled.${by === "this machine" ? "" : " The server hears of it."}`),
    );
    const title = [type, h("span", { class: "tag" }, direction)];
    const element = stop("busy", title, told, h("div", { class: "acts" }, agree, cancel));
    const update = (one) => {
        const asks = one.needs_confirmation;
        element.className = `stop ${asks ? "warn" : ["waiting", "ended"].includes(one.state) ? "idle" : "busy"}`;
        agree.hidden = !asks;
        cancel.hidden = !["waiting", "moving"].includes(one.state);
        fill(told, asks ? wish(one) : stand(one), h("p", { class: "mono quiet" }, one.url));
    };
    return { element, update };
}

const wish = ({ message }) => [
    h("p", null, "It waits for your consent", message ? ":" : "."),
    message && h("blockquote", null, message),
];

function stand({ state, done: moved, total, rate, seconds, behind, tries, fault }) {
    const isMoving = state === "moving" && moved !== null;
    const parts = [isMoving ? (total ? `${bytes(moved)} of ${bytes(total)}` : bytes(moved)) : WORDS[state] || state];
    if (isMoving) parts.push(`${bytes(rate)}/s`);
    if (isMoving && rate && total) parts.push(`${lasting(Math.ceil((total - moved) / rate))} left`);
    if (behind) parts.push("another one comes first");
    else if (state === "waiting" && seconds) parts.push(`${lasting(seconds)} to go`);
    if (tries) parts.push(`try ${tries + 1}`);
    return [
        isMoving && total ? h("progress", { max: total, value: moved, "aria-label": "How much is there" }) : null,
        h("p", null, parts.join(" · ")),
        fault && h("p", { class: "wrong" }, `${fault.code} ${fault.text}`),
    ];
}
