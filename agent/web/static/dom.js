// Elements, and how numbers and times are shown. Every text becomes a text node: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

function put(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (name === "value") element.value = value;
        else if (name === "checked" || name === "disabled" || name === "hidden") element[name] = Boolean(value);
        else element.setAttribute(name, value === true ? "" : value);
    }
    add(element, children);
    return element;
}

/** Append children: elements, lists of them, texts; null and false are nothing. */
export function add(element, children) {
    for (const child of [children].flat(Infinity)) {
        if (child !== null && child !== undefined && child !== false) element.append(child);
    }
    return element;
}

export const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);

/** Put other children in place of the present ones. */
export function fill(element, ...children) {
    element.replaceChildren();
    return add(element, children);
}

export const count = (number, one, many = `${one}s`) => `${whole(number)} ${Number(number) === 1 ? one : many}`;
export const whole = (number) => Number(number || 0).toLocaleString("en");

export function bytes(number) {
    if (number === null || number === undefined) return "–";
    let value = Number(number);
    for (const unit of ["B", "kB", "MB", "GB"]) {
        if (value < 1000 || unit === "GB")
            return `${unit === "B" || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
        value /= 1000;
    }
    return "";
}

export function bits(perSecond) {
    let value = Number(perSecond) || 0;
    for (const unit of ["bit/s", "kbit/s", "Mbit/s"]) {
        if (value < 1000) return `${value >= 100 || unit === "bit/s" ? Math.round(value) : value.toFixed(1)} ${unit}`;
        value /= 1000;
    }
    return `${value.toFixed(2)} Gbit/s`;
}

/** A duration in seconds: 12 ms, 3.4 s, 5 min, 2 h 10 min, 3 d 4 h. */
export function lasting(seconds) {
    if (seconds === null || seconds === undefined || Number.isNaN(Number(seconds))) return "–";
    const value = Number(seconds);
    if (value === 0) return "0 s";
    if (value < 1) return `${Math.max(1, Math.round(value * 1000))} ms`;
    if (value < 10 && value % 1) return `${value.toFixed(1)} s`;
    if (value < 90) return `${Math.round(value)} s`;
    if (value < 5400) return `${Math.round(value / 60)} min`;
    if (value < 172800) {
        const minutes = Math.round((value % 3600) / 60);
        return `${Math.floor(value / 3600)} h${minutes && minutes < 60 ? ` ${minutes} min` : ""}`;
    }
    const hours = Math.floor((value % 86400) / 3600);
    return `${Math.floor(value / 86400)} d${hours ? ` ${hours} h` : ""}`;
}

/** What the API gives as a moment: an ISO text, or seconds since 1970. */
export function moment(at) {
    const date = new Date(typeof at === "number" ? at * 1000 : at);
    return at === null || at === undefined || at === "" || Number.isNaN(date.getTime()) ? null : date;
}

const pad = (number) => String(number).padStart(2, "0");
export const clock = (date, hasSeconds = true) =>
    `${pad(date.getHours())}:${pad(date.getMinutes())}${hasSeconds ? `:${pad(date.getSeconds())}` : ""}`;
export const exact = (date) =>
    `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock(date)}`;

function relative(date) {
    const seconds = (Date.now() - date.getTime()) / 1000;
    if (Math.abs(seconds) < 3) return "now";
    return seconds < 0 ? `in ${lasting(Math.round(-seconds))}` : `${lasting(Math.round(seconds))} ago`;
}

/** A moment as how long ago it was; the exact time is its title. */
export function ago(at, otherwise = "never") {
    const date = moment(at);
    if (!date) return otherwise;
    return h("time", { datetime: date.toISOString(), title: exact(date), class: "ago" }, relative(date));
}

setInterval(() => {
    for (const each of document.querySelectorAll("time.ago")) each.textContent = relative(new Date(each.dateTime));
}, 5000);

/** Call again ``milliseconds`` after each end, while the page is shown and looked at; the first call is awaited. */
export function poll(milliseconds, work, signal) {
    let timer = 0;
    const turn = async () => {
        if (signal.aborted) return;
        try {
            if (!document.hidden) await work();
        } catch {
            // Whoever asks tells what went wrong (api.js announces a lost agent); the next turn comes in any case.
        }
        if (!signal.aborted) timer = setTimeout(turn, milliseconds);
    };
    signal.addEventListener("abort", () => clearTimeout(timer));
    timer = setTimeout(turn, milliseconds);
}

let named = 0;
export const name = (stem) => `${stem}-${++named}`;
