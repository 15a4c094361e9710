// What a diagnostic found, drawn by ourselves: times one after the other, a way hop by hop, hosts side by side, a rate.

import { bits, h, s } from "./dom.js";
import { nice } from "./page-live.js";

const [WIDTH, HEIGHT] = [600, 150];
const MOST_BARS = 64;

export const took = (microseconds) => {
    const value = microseconds / 1000;
    return `${value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(2) : Math.round(value)} ms`;
};

const frame = (...content) =>
    s(
        "svg",
        { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        [0.25, 0.5, 0.75].map((part) =>
            s("line", { x1: 0, x2: WIDTH, y1: part * HEIGHT, y2: part * HEIGHT, class: "rule" }),
        ),
        content,
    );

const box = (top, svg, foot) => [
    h("div", { class: "plot-box" }, h("span", { class: "top" }, top), svg),
    h("div", { class: "plot-foot" }, foot),
];

/** Round trips in the order in which they were asked for; what had no answer is a mark on the ground. */
export const times = (lines) => bars(lines, (one) => one.microseconds || null, took, "Round trips");

/** The rate of each interval of a test. */
export const intervals = (lines) => bars(lines, (one) => one.rate, bits, "Intervals", WIDTH);

function bars(lines, value, say, title, widest = 24) {
    const all = lines.filter((one) => typeof one.number === "number");
    const answered = all.filter((one) => value(one) !== null);
    if (!all.length) return [];
    const most = nice(Math.max(...answered.map(value), 1));
    const last = Math.max(all[0].of || 0, ...all.map((one) => one.number));
    const x = (number) => ((number - 0.5) / last) * WIDTH;
    const y = (height) => HEIGHT - 2 - (HEIGHT - 10) * (height / most);
    const wide = Math.min(widest, Math.max(1, (WIDTH / last) * 0.7));
    const mean = answered.reduce((sum, one) => sum + value(one), 0) / (answered.length || 1);
    const lost = all.length - answered.length;
    const bar = (number, height) => {
        const top = height === null ? HEIGHT - 14 : y(height);
        return s("rect", {
            class: height === null ? "bit lost" : "bit",
            x: x(number) - wide / 2,
            width: wide,
            y: top,
            height: HEIGHT - top,
        });
    };
    const key = (kind, words, told) =>
        h("li", null, h("i", { class: `key ${kind}`, "aria-hidden": "true" }), `${words} `, h("strong", null, `${told}`));
    return box(
        say(most),
        frame(
            all.map((one) => bar(one.number, value(one))),
            answered.length ? s("path", { class: "curve c1", d: `M0 ${y(mean)}L${WIDTH} ${y(mean)}` }) : null,
        ),
        h(
            "ul",
            { class: "legend" },
            key("c0", title, answered.length),
            answered.length ? key("c1", "Mean", say(mean)) : null,
            lost ? key("c3", "Without an answer", lost) : null,
        ),
    );
}

const track = (name, what, least, most, whole, state = "") =>
    h(
        "li",
        { class: "hop" },
        h("span", { class: "hop-name mono" }, name),
        s(
            "svg",
            { class: "hop-bar", viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
            s("line", { x1: 0, x2: WIDTH, y1: 5, y2: 5, class: "rule" }),
            most
                ? s("rect", {
                      class: `bit ${state}`,
                      x: 0,
                      width: Math.max(3, (most / whole) * WIDTH),
                      y: 1,
                      height: 8,
                      "fill-opacity": 0.35,
                  })
                : null,
            most ? s("rect", { class: `bit ${state}`, x: 0, width: Math.max(2, (least / whole) * WIDTH), y: 1, height: 8 }) : null,
        ),
        h("span", null, what),
    );

/** Each router of a way: from the shortest to the longest of its answers. */
export function way(lines) {
    const hops = lines.filter((one) => typeof one.hop === "number");
    const whole = Math.max(1, ...hops.flatMap((one) => one.microseconds));
    return h(
        "ol",
        { class: "hops" },
        hops.map((one) => {
            const known = one.microseconds.filter((each) => each > 0);
            const what = known.length ? known.map(took).join("  ") : "no answer";
            const name = `${one.hop}  ${one.address || "*"}`;
            return track(name, what, Math.min(...known, Infinity), Math.max(0, ...known), whole);
        }),
    );
}

/** Hosts side by side, by their mean. */
export function hosts(lines) {
    const ended = lines.filter((one) => one.host && ("average" in one || !("number" in one)));
    const whole = Math.max(1, ...ended.map((one) => one.average || 0));
    const best = Math.min(...ended.filter((one) => one.successes).map((one) => one.average));
    return h(
        "ol",
        { class: "hops" },
        ended.slice(0, MOST_BARS).map((one) => {
            const what = one.successes ? took(one.average) : one.why || "no answer";
            return track(one.host, what, one.average || 0, one.average || 0, whole, one.average === best ? "best" : "");
        }),
    );
}

/** How much moved in each moment, in bits a second; nothing where nothing did. */
export function rate(lines, isOver) {
    const samples = lines.filter((one) => typeof one.seconds === "number" && typeof one.bytes === "number");
    const rates = samples.slice(1).map((one, index) => {
        const long = one.seconds - samples[index].seconds;
        return [one.seconds, long > 0 ? (8 * (one.bytes - samples[index].bytes)) / long : 0];
    });
    const highest = Math.max(0, ...rates.map(([, value]) => value));
    if (!highest) return [];
    const most = nice(highest);
    const end = rates.at(-1)[0];
    const path = rates
        .map(([at, value], index) => {
            const y = HEIGHT - 2 - (HEIGHT - 10) * (value / most);
            return `${index ? "L" : "M"}${((at / end) * WIDTH).toFixed(1)} ${y.toFixed(1)}`;
        })
        .join("");
    return box(
        bits(most),
        frame(s("path", { class: "curve c0", d: path })),
        h(
            "ul",
            { class: "legend" },
            h("li", null, isOver ? "Highest " : "Now ", h("strong", null, bits(isOver ? highest : rates.at(-1)[1]))),
        ),
    );
}
