// The agent's own settings, as in its file: what each is for, what it is, what it would be by itself.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { blame, done, failure, field, heading, keepTyped, lead, load, panel, spoken, text, tick } from "./pieces.js";

/** Lists as people write them; one whose entries have commas of their own stays JSON. */
const shown = (value) =>
    !Array.isArray(value)
        ? String(value ?? "")
        : value.some((each) => /,|^\[|^\s|\s$/.test(each))
          ? JSON.stringify(value)
          : value.join(", ");
const SHORT = /\b(acs|ca|cwmp|dhcp|dns|http|https|ip|oui|tls|uci|url)\b/g;
const titled = (key) =>
    key
        .replaceAll("_", " ")
        .replace(SHORT, (word) => word.toUpperCase())
        .replace(/^./, (letter) => letter.toUpperCase());
const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);

export function page({ place, rest, signal }) {
    const said = h("div", { class: "said", role: "status" });
    const body = h("div");
    place.append(
        heading(
            "Settings",
            "The agent's own settings file. What the ACS or a person has set in the data model wins over initial values here.",
        ),
        said,
        body,
        password(),
    );
    const show = () =>
        load(body, signal, async () => form((await api.get("/settings", signal)).settings, said, show, rest, signal), 8);
    show();
}

/** ``sought`` is what the route asks for, such as acs.ca_file. */
function form(settings, said, show, sought, signal) {
    const says = spoken();
    const groups = new Map();
    const inputs = new Map();
    for (const one of settings) {
        const [group, ...rest] = one.key.split(".");
        const key = rest.join(".");
        const input =
            typeof one.default === "boolean"
                ? tick(one.value)
                : one.secret
                  ? h("input", {
                        type: "password",
                        autocomplete: "new-password",
                        placeholder: one.is_set ? "•••••••• (kept)" : "none",
                    })
                  : text(
                        shown(one.value),
                        typeof one.default === "number"
                            ? { type: "number", step: "any" }
                            : Array.isArray(one.default) ? { class: "mono", placeholder: "none" } : {},
                    );
        input.disabled = Boolean(one.in_the_file_only);
        inputs.set(one, input);
        const isOwn = !one.secret && !same(one.value, one.default);
        const marks = [
            h("code", { class: "key-name" }, one.key),
            one.at_start_only ? h("span", { class: "tag" }, "at the next start") : null,
            one.in_the_file_only ? h("span", { class: "tag" }, "in the file only") : null,
            Array.isArray(one.default) && !one.in_the_file_only
                ? h("span", { class: "from" }, "Several: commas between.")
                : null,
            isOwn ? h("span", { class: "from" }, `By default: ${shown(one.default) || "empty"}`) : null,
        ];
        const made = field(titled(key), input, one.description, marks);
        if (isOwn) made.classList.add("own");
        made.dataset.words = `${one.key} ${one.description || ""}`.toLowerCase();
        groups.set(group, [...(groups.get(group) || []), made]);
    }
    const mark = (wrong) =>
        blame(
            [...inputs].map(([one, input]) => [one.key, input]),
            wrong,
        );
    const save = h("button", { type: "submit", class: "primary", disabled: true }, "Save");
    const tally = h("span", { class: "quiet" }, "Nothing is changed.");
    const changed = () => {
        const values = {};
        for (const [one, input] of inputs) {
            if (one.in_the_file_only) continue;
            const wanted = read(one, input);
            if (one.secret ? wanted !== "" : !same(wanted, one.value)) values[one.key] = wanted;
        }
        return values;
    };
    const count = () => {
        const keys = Object.keys(changed());
        save.disabled = !keys.length;
        tally.textContent = keys.length ? `Changed: ${keys.join(", ")}` : "Nothing is changed.";
    };
    const filter = h("input", {
        type: "search",
        "aria-label": "Filter the settings",
        placeholder: "Filter the settings",
        autocomplete: "off",
        value: sought,
        oninput: (event) => {
            event.stopPropagation();
            narrow();
        },
    });
    const narrow = () => {
        const words = filter.value.trim().toLowerCase();
        for (const group of made.querySelectorAll(".panel")) {
            const fields = [...group.querySelectorAll(".field")];
            for (const each of fields) each.hidden = !each.dataset.words.includes(words);
            group.hidden = fields.every((each) => each.hidden);
        }
    };
    const made = h(
        "form",
        {
            class: "settings",
            novalidate: true,
            oninput: count,
            onsubmit: async (event) => {
                event.preventDefault();
                save.disabled = true;
                fill(said);
                fill(says);
                mark([]);
                try {
                    const values = changed();
                    await api.replace("/settings", { values });
                    const later = settings
                        .filter((one) => one.at_start_only && one.key in values)
                        .map((one) => one.key);
                    show();
                    fill(said, done(`Saved.${later.length ? ` At the agent's next start: ${later.join(", ")}.` : ""}`));
                } catch (problem) {
                    const blamed = mark(wrongs(problem.message));
                    if (blamed?.closest("[hidden]")) {
                        filter.value = "";
                        narrow();
                    }
                    fill(says, failure(problem));
                    save.disabled = false;
                    lead(blamed);
                }
            },
        },
        h("div", { class: "finder" }, filter),
        [...groups].map(([group, some]) => panel(`[${group}]`, h("div", { class: "set" }, some))),
        h("div", { class: "acts stay" }, says, save, tally),
    );
    narrow();
    const all = [...inputs].map(([one, input]) => [one.key, input]);
    keepTyped("settings", all, (key) => !(key in changed()), signal, (note) => fill(says, note));
    count();
    return made;
}

/** What the agent finds wrong with which settings: it says "table.key: …", or of the file "agent.toml:7: [table] key …; …". */
const wrongs = (message) =>
    message.split(/; (?=\S+:\d+: )/).flatMap((each) => {
        const [, group, key, what] =
            /^(\w+)\.(\w+): (.*)$/.exec(each) || /\[(\w+)\] (\w+):? (.*)$/.exec(each) || [];
        return key ? [[`${group}.${key}`, what]] : [];
    });

function read(one, input) {
    if (input.type === "checkbox") return input.checked;
    if (input.type === "number") return input.value === "" ? one.default : Number(input.value);
    if (one.secret) return input.value;
    const words = input.value.trim();
    if (!Array.isArray(one.default)) return words;
    if (!words.startsWith("["))
        return words
            .split(",")
            .map((each) => each.trim())
            .filter(Boolean);
    try {
        return JSON.parse(words);
    } catch {
        return words; // the agent says what is wrong with it
    }
}

function password() {
    const says = spoken();
    const secret = (complete, more) =>
        h("input", { type: "password", required: true, autocomplete: complete, ...more });
    const [old, wanted] = [secret("current-password"), secret("new-password", { minlength: "8" })];
    return panel(
        "The password of this page",
        h(
            "form",
            {
                class: "stack",
                onsubmit: async (event) => {
                    event.preventDefault();
                    try {
                        await api.post("/password", { old: old.value, new: wanted.value });
                        old.value = "";
                        wanted.value = "";
                        fill(says, done("The password is changed."));
                    } catch (problem) {
                        fill(says, failure(problem));
                    }
                },
            },
            h(
                "div",
                { class: "pair" },
                field("Present password", old),
                field("New password", wanted, "At least 8 characters."),
            ),
            h("div", { class: "acts" }, h("button", { type: "submit" }, "Change it")),
            says,
        ),
    );
}
