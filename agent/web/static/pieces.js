// What several pages are made of: headings, states, the stops on a line, forms, XML.

import { add, fill, h, name } from "./dom.js";
import { Refused } from "./api.js";

/** A page's heading, which takes the focus at a change of route. */
export const heading = (title, lead, ...actions) =>
    h(
        "header",
        { class: "head" },
        h("div", null, h("h1", { tabindex: "-1" }, title), lead && h("p", { class: "lead" }, lead)),
        actions.length ? h("div", { class: "acts" }, actions) : null,
    );

export const panel = (title, ...content) => {
    const id = name("panel");
    return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), content);
};

export const button = (text, onclick, kind = "") => h("button", { type: "button", class: kind, onclick }, text);

// What a verb of the program does, where this page does it as well.
const HERE = [
    [/^(setup --url|discover|set \S*ManagementServer\.(URL|EnableCWMP|ConnectionRequest))/, "Setup"],
    [/^(schema show|names|get|set)\b/, "Model"],
    [/^sessions/, "Sessions"],
    [/^(doctor$|support-bundle)/, "Support"],
    [/^(status|transfers$)/, "Status"],
];

const isHere = (page) => location.hash.startsWith(`#/${page.toLowerCase()}`);

/** A next step as who sits before the page takes it; ``path`` is the parameter that it is about. */
export const nextStep = (text, path = "") =>
    String(text)
        .split(/`cpe-agent ([^`]*)`/)
        .map((part, index) => {
            if (index % 2 === 0) return part;
            const page = HERE.find(([verb]) => verb.test(part))?.[1];
            if (!page) return h("code", null, `cpe-agent ${part}`);
            const about = /^set ([\w.]+)=/.exec(part)?.[1] || path;
            const route = page === "Model" && about ? `#/model/${about}` : `#/${page.toLowerCase()}`;
            return isHere(page) ? (page === "Setup" ? "this form" : "this page") : h("a", { href: route }, page);
        });
export const next = (text, path) => text && h("p", { class: "next" }, "Next: ", nextStep(text, path));

/** Say beside each input what is wrong with it, and nothing beside the others; gives the first of them.
 *  ``inputs`` and ``wrong`` are pairs of a key and an input or a text. */
export function blame(inputs, wrong) {
    const told = new Map(wrong);
    let first = null;
    for (const [key, input] of inputs) {
        const id = `${input.id}-wrong`;
        document.getElementById(id)?.remove();
        const hints = `${input.id}-hint`;
        const what = told.get(key);
        input.setAttribute("aria-describedby", what ? `${id} ${hints}` : hints);
        if (what) {
            first ??= input;
            input.setAttribute("aria-invalid", "true");
            input.after(h("p", { class: "wrong", id }, what.replace(/^./, (letter) => letter.toUpperCase())));
        } else input.removeAttribute("aria-invalid");
    }
    return first;
}

const typed = new Map();

/** Keep what is typed over a log-in that ended meanwhile, in this load of the page and never a secret; ``inputs`` are
 *  pairs of a key and an input, ``isSaved`` says of a key whether its input is as it is kept. When it is back, ``tell``
 *  gets a note of it. */
export function keepTyped(name, inputs, isSaved, signal, tell) {
    const isSecret = (input) => input.type === "password";
    const property = (input) => (input.type === "checkbox" ? "checked" : "value");
    const back = typed.get(name);
    typed.delete(name);
    if (back) {
        for (const [key, input] of inputs) if (back.values.has(key)) input[property(input)] = back.values.get(key);
        tell(
            h(
                "div",
                { class: "note" },
                h("p", { class: "what" }, "The log-in had ended: what was typed here is back, and not saved."),
                back.hadSecret ? h("p", { class: "next" }, "Next: type the passwords again.") : null,
            ),
        );
    }
    signal.addEventListener("abort", () => {
        if (signal.reason?.message !== "locked") return;
        const open = inputs.filter(([key]) => !isSaved(key));
        const values = new Map(
            open.filter(([, input]) => !isSecret(input)).map(([key, input]) => [key, input[property(input)]]),
        );
        const hadSecret = open.some(([, input]) => isSecret(input));
        if (open.length) typed.set(name, { values, hadSecret });
    });
}

/** To the field that is wrong, in the middle: a bar would cover it at the edge. */
export function lead(input) {
    input?.focus({ preventScroll: true });
    input?.scrollIntoView({ block: "center" });
}

/** What failed, why, and what to do. */
export function failure(problem) {
    const isOurs = problem instanceof Refused;
    return h(
        "div",
        { class: "note bad", role: "alert" },
        h("p", { class: "what" }, isOurs ? problem.message : `This page made a mistake: ${problem.message}`),
        isOurs && problem.parameters.length > 1
            ? h(
                  "ul",
                  null,
                  problem.parameters.map((one) => h("li", null, h("code", null, one.path), ` ${one.message}`)),
              )
            : null,
        next(problem.next, problem.parameters?.[0]?.path),
    );
}

export const done = (...text) => h("div", { class: "note good" }, h("p", { class: "what" }, text));
export const nothing = (title, text, ...more) =>
    h("div", { class: "nothing" }, h("p", { class: "what" }, title), h("p", null, text), more);

/** Grey bars where content is about to be. */
export const loading = (lines = 4) =>
    h(
        "div",
        { class: "loading" },
        h("span", { class: "unseen" }, "Loading"),
        Array.from({ length: lines }, () => h("i", { "aria-hidden": "true" })),
    );

/** A place whose changes are read out. */
export const spoken = () => h("div", { role: "status", "aria-live": "polite" });

/** Show the loading state, then what ``work`` makes, or what went wrong with a way to try again. */
export async function load(place, signal, work, lines) {
    fill(place, loading(lines));
    try {
        const made = await work();
        if (!signal.aborted) fill(place, made);
    } catch (problem) {
        if (signal.aborted) return;
        fill(
            place,
            failure(problem),
            button("Try again", () => load(place, signal, work, lines)),
        );
    }
}

export const STATES = { good: "good", bad: "failed", warn: "look at this", idle: "not known" };

/** A stop on a line: ``state`` is "good", "bad", "warn", "idle" or "busy". */
export const stop = (state, title, ...content) =>
    h(
        "li",
        { class: `stop ${state}` },
        h("span", { class: "dot", "aria-hidden": "true" }),
        h(
            "div",
            null,
            h(
                "p",
                { class: "stop-title" },
                h("span", { class: "unseen" }, STATES[state] ? `${STATES[state]}: ` : ""),
                title,
            ),
            content,
        ),
    );

/** Names and values. */
export const facts = (pairs) =>
    h(
        "dl",
        { class: "facts" },
        pairs
            .filter((pair) => pair && pair[1] !== undefined)
            .map(([key, value]) =>
                h("div", null, h("dt", null, key), h("dd", null, value === "" || value === null ? "–" : value)),
            ),
    );

/** A labelled input; ``about`` is said below it. ``attributes.id`` is the input's. */
export function field(label, input, about, extra) {
    const id = input.id || name("field");
    input.id = id;
    const hint =
        about || extra ? h("p", { class: "hint", id: `${id}-hint` }, about, about && extra ? " " : "", extra) : null;
    if (hint) input.setAttribute("aria-describedby", hint.id);
    const isTick = input.type === "checkbox";
    return h(
        "div",
        { class: isTick ? "field tick" : "field" },
        isTick ? [input, h("label", { for: id }, label)] : [h("label", { for: id }, label), input],
        hint,
    );
}

export const text = (value, attributes) =>
    h("input", {
        type: "text",
        autocomplete: "off",
        autocapitalize: "off",
        spellcheck: "false",
        ...attributes,
        value: value ?? "",
    });
export const tick = (isSet, attributes) => h("input", { type: "checkbox", ...attributes, checked: isSet });
export const choice = (value, options, attributes) => {
    const made = h(
        "select",
        attributes,
        options.map(([key, words]) => h("option", { value: key }, words)),
    );
    made.value = value;
    return made;
};

const TOKENS = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>|<[^>]*>|[^<]+/g;
const MOST_LINES = 1200;

/** XML, a line for each element, indented; what is no XML is shown as it stands. */
export function xmlLines(xml) {
    const lines = [];
    let depth = 0;
    let open = null; // an opening tag whose content may still fit on its line
    const flush = () => {
        if (open) lines.push(open);
        open = null;
    };
    for (const token of String(xml).match(TOKENS) || []) {
        if (!token.startsWith("<")) {
            const content = token.trim();
            if (content && open) open.parts.push(content);
            else if (content) lines.push({ depth, parts: [content] });
        } else if (token.startsWith("</")) {
            depth = Math.max(0, depth - 1);
            if (open) open.parts.push(token);
            else lines.push({ depth, parts: [token] });
            flush();
        } else {
            flush();
            if (/^<[?!]/.test(token) || token.endsWith("/>")) lines.push({ depth, parts: [token] });
            else {
                open = { depth, parts: [token] };
                depth += 1;
            }
        }
    }
    flush();
    return lines;
}

function tag(token) {
    const [, head, rest, tail] = /^(<\/?[^\s/>]*)([\s\S]*?)(\/?>)$/.exec(token) || [null, token, "", ""];
    return [
        h("span", { class: "x-tag" }, head),
        rest && h("span", { class: "x-attr" }, rest),
        h("span", { class: "x-tag" }, tail),
    ];
}

export function xmlView(xml, label) {
    const lines = xmlLines(xml);
    const code = h("code");
    const show = (some) =>
        add(
            code,
            some.map((line) => [
                "  ".repeat(line.depth),
                line.parts.map((part) => (part.startsWith("<") ? tag(part) : h("span", { class: "x-text" }, part))),
                "\n",
            ]),
        );
    show(lines.slice(0, MOST_LINES));
    const box = h("pre", { class: "xml", tabindex: "0", role: "region", "aria-label": label }, code);
    const left = lines.length - MOST_LINES;
    if (left <= 0) return box;
    const more = button(
        `Show the other ${left.toLocaleString("en")} lines`,
        () => {
            show(lines.slice(MOST_LINES));
            more.remove();
            box.focus();
        },
        "plain",
    );
    return [box, more];
}
