// Measures as they come, one sample each two seconds: rates, signal, latency, CPU and memory, drawn by ourselves.

import * as api from "./api.js";
import { bits, clock, fill, h, lasting, moment, poll, s } from "./dom.js";
import { heading, load, nothing, panel } from "./pieces.js";

const [WIDTH, HEIGHT] = [600, 150];
const KEPT = 150;
const LEAST = 30_000; // milliseconds that a plot spans at least
const MOST_LINES = 6;
const percent = (part) => `${Math.round(part * 100)} %`;

export function page({ place, signal }) {
    const body = h("div");
    place.append(heading("Live", "The last five minutes, measured while somebody looks."), body);
    const samples = [];
    const plots = new Map();
    const grid = h("div", { class: "plots" });
    const quiet = h("div");
    const refresh = async () => {
        const last = samples.length ? samples[samples.length - 1].n : 0;
        const answer = await api.watch(`/live${api.query({ after: last })}`, signal);
        samples.push(...(answer.samples || []).filter((one) => one.n > last));
        samples.splice(0, Math.max(0, samples.length - KEPT));
        draw(samples, plots, grid, quiet);
    };
    load(
        body,
        signal,
        async () => {
            await refresh();
            poll(2000, refresh, signal);
            return [quiet, grid];
        },
        6,
    );
}

function draw(samples, plots, grid, quiet) {
    const times = samples.map((one) => moment(one.at)?.getTime() || 0);
    fill(quiet, samples.length < 2 ? nothing("Measuring begins", "The first lines appear in a few seconds.") : null);
    if (samples.length < 2) return;
    const show = (key, title, options, lines) => {
        if (!plots.has(key)) {
            plots.set(key, new Plot(title, options));
            grid.append(plots.get(key).box);
        }
        plots.get(key).draw(times, lines);
    };
    show("load", "CPU and memory", { format: percent, most: 1 }, [
        ["CPU", samples.map((one) => one.cpu)],
        ["Memory", samples.map((one) => one.memory)],
    ]);
    if (samples.some((one) => typeof one.latency_ms === "number")) {
        show(
            "latency",
            "Latency to the next router",
            { format: (value) => `${value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : Math.round(value)} ms` },
            [["Round trip", samples.map((one) => one.latency_ms ?? null)]],
        );
    }
    const stations = [...new Set(samples.flatMap((one) => Object.keys(one.stations || {})))].slice(0, MOST_LINES);
    if (stations.length) {
        show(
            "signal",
            "Wi-Fi signal by station",
            { format: (value) => `${Math.round(value)} dBm`, least: -95, most: -25 },
            stations.map((mac) => {
                const newest = [...samples].reverse().find((one) => one.stations?.[mac]);
                return [
                    `${mac}${newest?.stations[mac].ssid ? ` on ${newest.stations[mac].ssid}` : ""}`,
                    samples.map((one) => one.stations?.[mac]?.signal_dbm ?? null),
                ];
            }),
        );
    }
    for (const name of links(samples)) {
        show(`link ${name}`, name, { format: bits }, [
            ["In", rates(samples, times, name, "rx_bytes")],
            ["Out", rates(samples, times, name, "tx_bytes")],
        ]);
    }
}

/** The interfaces that are there now, what carries traffic first, loopback last. */
function links(samples) {
    const now = samples[samples.length - 1].interfaces || {};
    const first = samples[0].interfaces || {};
    const moved = (name) =>
        first[name] ? now[name].rx_bytes + now[name].tx_bytes - first[name].rx_bytes - first[name].tx_bytes : 0;
    return Object.keys(now)
        .sort((one, two) => (one === "lo") - (two === "lo") || moved(two) - moved(one) || one.localeCompare(two))
        .slice(0, 12);
}

export function rates(samples, times, name, key) {
    return samples.map((one, index) => {
        const [now, before] = [one.interfaces?.[name]?.[key], samples[index - 1]?.interfaces?.[name]?.[key]];
        if (typeof now !== "number" || typeof before !== "number" || now < before) return null; // a counter that began anew
        const seconds = (times[index] - times[index - 1]) / 1000;
        return seconds > 0 ? (8 * (now - before)) / seconds : null;
    });
}

class Plot {
    constructor(title, { format, least = 0, most = null }) {
        Object.assign(this, { format, least, most, lines: [], times: [] });
        this.svg = s(
            "svg",
            { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
            [0.25, 0.5, 0.75].map((part) =>
                s("line", { x1: 0, x2: WIDTH, y1: part * HEIGHT, y2: part * HEIGHT, class: "rule" }),
            ),
        );
        this.paths = s("g");
        this.hair = s("line", { y1: 0, y2: HEIGHT, class: "hair", visibility: "hidden" });
        this.svg.append(this.paths, this.hair);
        this.top = h("span", { class: "top" });
        this.when = h("span", { class: "when" });
        this.legend = h("ul", { class: "legend" });
        this.box = panel(
            title,
            h("div", { class: "plot-box" }, this.top, this.svg),
            h("div", { class: "plot-foot" }, this.legend, this.when),
        );
        this.at = null;
        this.svg.addEventListener("pointermove", (event) => {
            const { left, width } = this.svg.getBoundingClientRect();
            this.at = (event.clientX - left) / width;
            this.say();
        });
        this.svg.addEventListener("pointerleave", () => {
            this.at = null;
            this.say();
        });
    }

    draw(times, lines) {
        Object.assign(this, { times, lines });
        const all = lines.flatMap(([, values]) => values).filter((value) => typeof value === "number");
        const most = this.most ?? nice(Math.max(...all, 1e-9));
        const end = times[times.length - 1];
        const long = Math.max(LEAST, end - times[0]); // it grows to five minutes as samples come
        const x = (time) => WIDTH - ((end - time) / long) * WIDTH;
        const span = most - this.least;
        const y = (value) => HEIGHT - 2 - (HEIGHT - 6) * Math.min(1, Math.max(0, (value - this.least) / span));
        this.x = x;
        this.long = long / 1000;
        this.paths.replaceChildren(
            ...lines.flatMap(([, values], line) => {
                let path = "";
                let isDown = false;
                values.forEach((value, index) => {
                    if (typeof value !== "number") {
                        isDown = false;
                        return;
                    }
                    path += `${isDown ? "L" : "M"}${x(times[index]).toFixed(1)} ${y(value).toFixed(1)}`;
                    isDown = true;
                });
                return [s("path", { d: path || "M0 0", class: `curve c${line}` })];
            }),
        );
        this.top.textContent = this.format(most);
        this.say();
    }

    /** The legend has the values at the pointer, or the latest ones: it is what the plot says, in text. */
    say() {
        if (!this.times.length) return;
        let index = this.times.length - 1;
        if (this.at !== null) {
            const wanted = this.at * WIDTH;
            index = this.times.reduce(
                (best, time, each) =>
                    Math.abs(this.x(time) - wanted) < Math.abs(this.x(this.times[best]) - wanted) ? each : best,
                index,
            );
            this.hair.setAttribute("x1", this.x(this.times[index]));
            this.hair.setAttribute("x2", this.x(this.times[index]));
        }
        this.hair.setAttribute("visibility", this.at === null ? "hidden" : "visible");
        this.when.textContent = this.at === null ? `the last ${lasting(this.long)}` : clock(new Date(this.times[index]));
        fill(
            this.legend,
            this.lines.map(([name, values], line) =>
                h(
                    "li",
                    null,
                    h("i", { class: `key c${line}`, "aria-hidden": "true" }),
                    `${name} `,
                    h("strong", null, typeof values[index] === "number" ? this.format(values[index]) : "–"),
                ),
            ),
        );
    }
}

export function nice(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].find((each) => each * power >= value) * power;
}
