// The data model as a tree that is read as it is opened; only the rows in view exist, so its size does not matter.

import * as api from "./api.js";
import { add, count, fill, h, whole } from "./dom.js";
import { button, done, facts, failure, heading, keepTyped, loading, nothing, spoken } from "./pieces.js";

const ROW = 36; // pixels, as in app.css
const AHEAD = 8; // rows beyond either edge
const AT_ONCE = 40; // values asked for in one request: a URL has an end
const MASK = "••••••••";
// What a preview says of a secret before and after.
const FATES = { new: "a new secret", emptied: "kept (hidden): it is emptied" };
const NOTIFICATIONS = ["off", "passive", "active"];

export function page({ place, rest, signal }) {
    const tree = new Tree(signal);
    const says = h("p", { class: "quiet", role: "status" });
    const search = h("input", {
        type: "search",
        "aria-label": "Search paths and values",
        placeholder: "Search paths and values",
        autocomplete: "off",
        spellcheck: "false",
    });
    const detail = h("section", { class: "detail", "aria-label": "The chosen entry", tabindex: "-1" });
    const none = () =>
        fill(
            detail,
            nothing("Nothing chosen", "Choose a parameter to see its type, its access and where its value comes from."),
        );
    none();
    let timer = 0;
    search.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => find(tree, search.value.trim(), says), 250);
    });
    search.addEventListener(
        "keydown",
        (event) => event.key === "ArrowDown" && (event.preventDefault(), tree.list.focus()),
    );
    place.append(
        heading(
            "Model",
            "Everything the ACS can see of this device, as it is now.",
            button("Read again", () => tree.reread()),
        ),
        h("div", { class: "finder" }, search, says),
        h("div", { class: "browser" }, tree.box, detail),
    );
    tree.onchoose = (node, isMove) => {
        place.querySelector(".browser").classList.add("has-detail");
        describe(node, detail, tree, signal, () => {
            place.querySelector(".browser").classList.remove("has-detail");
            none();
            tree.list.focus();
        });
        if (isMove) detail.focus({ preventScroll: true });
    };
    const begun = async () => {
        if (!(await tree.begin(rest))) says.textContent = `This device has no ${rest}.`;
    };
    begun().catch((problem) => !signal.aborted && fill(tree.box, failure(problem)));
}

async function find(tree, words, says) {
    if (!words) {
        says.textContent = "";
        tree.showTree();
        return;
    }
    says.textContent = "Searching…";
    try {
        const answer = await api.get(`/search${api.query({ text: words, limit: 200 })}`, tree.signal);
        says.textContent = answer.parameters.length
            ? `${count(answer.parameters.length, "parameter")}${answer.more ? ", and more: type more to narrow it down" : ""}`
            : "Nothing fits.";
        tree.showFound(answer.parameters);
    } catch (problem) {
        if (!tree.signal.aborted) says.textContent = `${problem.message} ${problem.next || ""}`;
    }
}

class Tree {
    constructor(signal) {
        this.signal = signal;
        this.roots = [];
        this.rows = [];
        this.values = new Map();
        this.asked = new Set();
        this.at = 0; // the row that has the focus
        this.chosen = "";
        this.onchoose = () => {};
        this.list = h("div", { class: "tree", role: "tree", tabindex: "0", "aria-label": "Parameters" });
        this.box = h("div", { class: "tree-box" }, loading(8));
        this.box.addEventListener("scroll", () => this.draw(), { passive: true });
        this.list.addEventListener("keydown", (event) => this.key(event));
        this.list.addEventListener("click", (event) => this.click(event));
        const watch = new ResizeObserver(() => this.draw());
        watch.observe(this.box);
        signal.addEventListener("abort", () => watch.disconnect());
    }

    async begin(path) {
        this.roots = await this.children("", 1);
        fill(this.box, this.list);
        for (const root of this.roots) if (root.isObject) await this.open(root);
        this.flatten();
        return !path || this.reveal(path);
    }

    async children(path, level) {
        const { names } = await api.get(`/names${api.query({ path, next_level: true })}`, this.signal);
        return names
            .filter((each) => each.path !== path)
            .map(({ path: full, writable }) => ({
                path: full,
                name: full.slice(path.length).replace(/\.$/, ""),
                isObject: full.endsWith("."),
                isWritable: writable,
                level,
                children: null,
                isOpen: false,
            }));
    }

    async open(node) {
        node.isOpen = true;
        if (node.children) return;
        node.children = await this.children(node.path, node.level + 1);
    }

    async reveal(path) {
        let nodes = this.roots;
        let node = null;
        for (;;) {
            node = nodes.find((each) => `${path}.` === each.path || path === each.path) ||
                nodes.find((each) => each.isObject && path.startsWith(each.path));
            if (!node || node.path.length >= path.length) break;
            await this.open(node);
            nodes = node.children;
        }
        this.flatten();
        if (!node) return false;
        this.at = this.rows.indexOf(node);
        this.toView();
        this.choose(node, false);
        return true;
    }

    flatten() {
        this.rows = [];
        const walk = (nodes) => {
            nodes.forEach((node, index) => {
                node.place = [index + 1, nodes.length];
                this.rows.push(node);
                if (node.isOpen && node.children) walk(node.children);
            });
        };
        walk(this.found || this.roots);
        this.at = Math.min(this.at, Math.max(0, this.rows.length - 1));
        this.list.style.height = `${this.rows.length * ROW}px`;
        this.draw();
    }

    showTree() {
        this.found = null;
        this.at = 0;
        this.box.scrollTop = 0;
        this.flatten();
    }

    showFound(parameters) {
        this.found = parameters.map((one) => ({
            path: one.path,
            name: one.path,
            isObject: false,
            level: 1,
            children: null,
            isFlat: true,
        }));
        for (const one of parameters) this.values.set(one.path, one);
        this.at = 0;
        this.box.scrollTop = 0;
        this.flatten();
    }

    async reread() {
        this.values.clear();
        this.asked.clear();
        const open = new Set(this.rows.filter((node) => node.isOpen).map((node) => node.path));
        const again = async (nodes) => {
            for (const node of nodes) {
                if (!open.has(node.path)) continue;
                await this.open(node);
                await again(node.children);
            }
        };
        this.roots = await this.children("", 1);
        await again(this.roots);
        this.flatten();
        const node = this.rows.find((each) => each.path === this.chosen);
        if (node) this.onchoose(node, false);
    }

    /** Make the rows in view, and ask for the values that they lack. */
    draw() {
        if (!this.list.isConnected) return;
        const from = Math.max(0, Math.floor(this.box.scrollTop / ROW) - AHEAD);
        const to = Math.min(this.rows.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + AHEAD);
        const missing = [];
        this.list.replaceChildren(
            ...this.rows.slice(from, to).map((node, index) => {
                if (!node.isObject && !this.values.has(node.path) && !this.asked.has(node.path))
                    missing.push(node.path);
                return this.row(node, from + index);
            }),
        );
        if (this.rows.length) this.list.setAttribute("aria-activedescendant", `row-${this.at}`);
        else this.list.removeAttribute("aria-activedescendant");
        if (missing.length) this.ask(missing.slice(0, AT_ONCE));
    }

    row(node, index) {
        const known = this.values.get(node.path);
        const row = h(
            "div",
            {
                id: `row-${index}`,
                role: "treeitem",
                class: `leaf${node.isObject ? " object" : ""}${index === this.at ? " here" : ""}${node.path === this.chosen ? " chosen" : ""}`,
                "aria-level": node.level,
                "aria-posinset": node.place[0],
                "aria-setsize": node.place[1],
                "aria-expanded": node.isObject ? String(node.isOpen) : null,
                "aria-selected": String(node.path === this.chosen),
                "data-index": index,
            },
            h("span", { class: "twig", "aria-hidden": "true" }),
            h("span", { class: "leaf-name" }, node.name),
            node.isObject
                ? null
                : h(
                      "span",
                      { class: `leaf-value${known?.value === "" ? " empty" : ""}`, title: known?.value },
                      known ? known.value || (isKept(known) ? MASK : "empty") : "…",
                  ),
            node.isWritable && !node.isObject
                ? h("span", { class: "pen" }, h("span", { class: "unseen" }, "can be set"))
                : null,
        );
        row.style.top = `${index * ROW}px`;
        row.style.paddingInlineStart = `${4 + (node.level - 1) * 16}px`;
        return row;
    }

    async ask(paths) {
        for (const path of paths) this.asked.add(path);
        try {
            const { parameters } = await api.get(`/get${api.query({ path: paths })}`, this.signal);
            for (const one of parameters) this.values.set(one.path, one);
        } catch {
            if (this.signal.aborted) return;
            // One that is gone refuses all: each by itself, then.
            await Promise.all(
                paths.map((path) =>
                    api.get(`/get${api.query({ path })}`, this.signal).then(
                        ({ parameters }) => this.values.set(path, parameters[0]),
                        (problem) => this.values.set(path, { value: problem.message, type: "" }),
                    ),
                ),
            );
        }
        if (!this.signal.aborted) this.draw();
    }

    toView() {
        const top = this.at * ROW;
        if (top < this.box.scrollTop) this.box.scrollTop = top;
        else if (top + ROW > this.box.scrollTop + this.box.clientHeight)
            this.box.scrollTop = top + ROW - this.box.clientHeight;
        this.draw();
    }

    async toggle(node) {
        if (node.isOpen) node.isOpen = false;
        else
            await this.open(node).catch(() => {
                node.isOpen = false;
            });
        this.flatten();
    }

    choose(node, isMove) {
        this.chosen = node.path;
        this.draw();
        this.onchoose(node, isMove);
    }

    click(event) {
        const row = event.target.closest("[data-index]");
        if (!row) return;
        this.at = Number(row.dataset.index);
        const node = this.rows[this.at];
        if (node.isObject && (event.target.closest(".twig") || node.path === this.chosen || !node.isOpen))
            this.toggle(node);
        this.choose(node, false);
    }

    key(event) {
        const node = this.rows[this.at];
        if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
        const fit = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
        const moves = {
            ArrowDown: this.at + 1,
            ArrowUp: this.at - 1,
            Home: 0,
            End: this.rows.length - 1,
            PageDown: this.at + fit,
            PageUp: this.at - fit,
        };
        if (event.key in moves) this.at = Math.max(0, Math.min(this.rows.length - 1, moves[event.key]));
        else if (event.key === "ArrowRight" && node.isObject) {
            if (!node.isOpen) this.toggle(node);
            else if (node.children?.length) this.at += 1;
        } else if (event.key === "ArrowLeft") {
            if (node.isOpen) this.toggle(node);
            else {
                for (let up = this.at - 1; up >= 0; up -= 1) {
                    if (this.rows[up].level < node.level) {
                        this.at = up;
                        break;
                    }
                }
            }
        } else if (event.key === "Enter" || event.key === " ") this.choose(node, event.key === "Enter");
        else return;
        event.preventDefault();
        this.toView();
    }
}

// --- the chosen entry ------------------------------------------------------------------------------------------------

async function describe(node, place, tree, signal, close) {
    const head = h(
        "div",
        { class: "detail-head" },
        h("h2", null, node.name.includes(".") ? node.name.replace(/^.*\./, "") : node.name),
        button("Close", close, "plain"),
    );
    const says = spoken();
    fill(place, head, h("p", { class: "path mono" }, node.path), loading(4));
    place.onkeydown = (event) => {
        if (event.key === "Escape") close();
    };
    const fresh = () => tree.chosen === node.path && !signal.aborted;
    try {
        const made = node.isObject
            ? await ofObject(node, tree, says, signal)
            : await ofParameter(node, tree, says, signal);
        if (fresh()) fill(place, head, h("p", { class: "path mono" }, node.path), made, says);
    } catch (problem) {
        if (fresh()) fill(place, head, h("p", { class: "path mono" }, node.path), failure(problem));
    }
}

async function ofObject(node, tree, says, signal) {
    const schema = await api.get(`/schema${api.query({ path: node.path })}`, signal).catch(() => ({}));
    const isRow = /\.\d+\.$/.test(node.path);
    await tree.open(node).catch(() => null);
    tree.flatten();
    const rows = (node.children || []).filter((each) => each.isObject && /^\d+$/.test(each.name)).length;
    return [
        facts([
            ["Kind", isRow ? "row of a table" : rows || /\{i\}\.$/.test(schema.path || "") ? "table" : "object"],
            ["Entries", whole(node.children?.length)],
            ["Access", node.isWritable ? (isRow ? "can be deleted" : "rows can be added") : "fixed"],
        ]),
        node.isWritable && !isRow
            ? button("Add a row", async (event) => {
                  event.currentTarget.disabled = true;
                  try {
                      const made = await api.post("/add", { path: node.path });
                      node.children = null;
                      await tree.reread();
                      await tree.reveal(made.path);
                  } catch (problem) {
                      fill(says, failure(problem));
                      event.target.disabled = false;
                  }
              })
            : null,
        node.isWritable && isRow ? deleting(node, tree, says) : null,
    ];
}

function deleting(node, tree, says) {
    const box = h("div", { class: "acts" });
    const ask = () =>
        fill(
            box,
            h("span", null, "Delete this row? The device is changed at once."),
            button(
                "Delete",
                async () => {
                    try {
                        await api.post("/delete", { path: node.path });
                        tree.chosen = "";
                        await tree.reread();
                        fill(says, done("The row is gone."));
                        fill(box);
                    } catch (problem) {
                        fill(says, failure(problem));
                        idle();
                    }
                },
                "danger",
            ),
            button("Keep it", idle),
        );
    const idle = () =>
        fill(
            box,
            button("Delete this row", () => {
                ask();
                box.querySelector("button").focus();
            }),
        );
    idle();
    return box;
}

/** Limits as people say them: "1 to 9", "from 1", "up to 64". */
function span({ minimum, maximum }) {
    if (minimum === null || minimum === undefined || (minimum === 0 && maximum)) return `up to ${maximum}`;
    return maximum === null || maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`;
}

const isKept = (one) => one.secret === "kept";

async function ofParameter(node, tree, says, signal) {
    const path = { path: node.path };
    const [read, schema, attributes] = await Promise.all([
        api.get(`/get${api.query({ ...path, explain: true })}`, signal),
        api.get(`/schema${api.query(path)}`, signal).catch(() => ({})),
        api.get(`/attributes${api.query(path)}`, signal).catch(() => ({ attributes: [] })),
    ]);
    const one = read.parameters[0];
    tree.values.set(one.path, one);
    tree.draw();
    const limits = (some, unit = "") => (some || []).map((each) => span(each) + unit).join(" or ") || undefined;
    const access = node.isWritable ?? schema.access === "readWrite";
    return [
        h(
            "p",
            { class: "value mono" },
            one.value === "" ? h("span", { class: "quiet" }, isKept(one) ? "kept (hidden)" : "empty") : one.value,
        ),
        facts([
            ["Type", schema.named_type ? `${schema.named_type} (${one.type})` : one.type || schema.type],
            ["Access", access ? "can be set" : "read only"],
            ["Comes from", one.source],
            ["Allowed", schema.enumeration?.map((each) => each.text).join(", ")],
            ["Range", limits(schema.ranges)],
            ["Length", limits(schema.sizes, " characters")],
            ["Unit", schema.units],
            ["By default", schema.default?.text],
            ["List", schema.list ? "values with commas between" : undefined],
            ["Secret", one.secret && "cannot be read back"],
        ]),
        notification(node, attributes.attributes[0], schema, says),
        access ? editor(node, one, schema, tree, says, signal) : null,
    ];
}

function notification(node, attribute, schema, says) {
    if (!attribute) return null;
    const id = "notify";
    const select = h(
        "select",
        {
            id,
            onchange: async () => {
                try {
                    await api.post("/attributes", { path: node.path, notification: Number(select.value) });
                    fill(says, done(`Changes are told: ${NOTIFICATIONS[select.value] || select.value}.`));
                } catch (problem) {
                    fill(says, failure(problem));
                    select.value = String(attribute.notification);
                }
            },
        },
        NOTIFICATIONS.map((words, level) => h("option", { value: level }, words)),
    );
    if (attribute.notification > 2)
        add(select, h("option", { value: attribute.notification }, `level ${attribute.notification}`));
    select.value = String(attribute.notification);
    return h(
        "div",
        { class: "field inline" },
        h("label", { for: id }, "Changes are told"),
        select,
        attribute.access_list?.length
            ? h("p", { class: "hint" }, `Others that may set it: ${attribute.access_list.join(", ")}`)
            : null,
    );
}

function editor(node, one, schema, tree, says, signal) {
    const options =
        schema.enumeration && !schema.list
            ? schema.enumeration.filter((each) => each.writable !== false).map((each) => each.text)
            : one.type === "boolean"
              ? ["true", "false"]
              : null;
    const id = "new-value";
    const input = options
        ? h(
              "select",
              { id },
              [
                  ...new Set([
                      one.type === "boolean" ? String(["1", "true"].includes(one.value)) : one.value,
                      ...options,
                  ]),
              ].map((each) => h("option", { value: each }, each || "(empty)")),
          )
        : h("input", {
              id,
              type: one.secret ? "password" : "text",
              autocomplete: one.secret ? "new-password" : "off",
              spellcheck: "false",
              placeholder: isKept(one) ? `${MASK} (kept)` : null,
              value: one.value,
          });
    const preview = h("div");
    const values = () => ({ [node.path]: input.value });
    const form = h(
        "form",
        {
            class: "stack edit",
            onsubmit: async (event) => {
                event.preventDefault();
                fill(says);
                try {
                    const answer = await api.post("/set", { values: values(), dry_run: true });
                    const changes = answer.changes.filter((each) => each.secret in FATES || each.before !== each.after);
                    fill(
                        preview,
                        changes.length
                            ? [
                                  h("h3", null, "What would change"),
                                  h(
                                      "ul",
                                      { class: "diff" },
                                      changes.map((each) =>
                                          h(
                                              "li",
                                              null,
                                              h("code", null, each.path),
                                              FATES[each.secret]
                                                  ? h(each.secret === "new" ? "ins" : "del", null, FATES[each.secret])
                                                  : [
                                                        h("del", null, each.before === "" ? "(empty)" : each.before),
                                                        h("ins", null, each.after === "" ? "(empty)" : each.after),
                                                    ],
                                          ),
                                      ),
                                  ),
                                  h(
                                      "div",
                                      { class: "acts" },
                                      button("Apply", apply, "primary"),
                                      button("Discard", () => fill(preview)),
                                  ),
                              ]
                            : h("p", { class: "quiet" }, "Nothing would change."),
                    );
                    preview.querySelector("button")?.focus();
                } catch (problem) {
                    fill(preview);
                    fill(says, failure(problem));
                }
            },
        },
        h("div", { class: "field" }, h("label", { for: id }, "New value"), input),
        h("div", { class: "acts" }, h("button", { type: "submit" }, "Preview")),
        preview,
    );
    const apply = async () => {
        try {
            const { status } = await api.post("/set", { values: values() });
            tree.values.clear();
            tree.asked.clear();
            tree.draw();
            tree.onchoose(node, false);
            setTimeout(
                () =>
                    add(
                        document.querySelector(".detail"),
                        h(
                            "div",
                            { role: "status" },
                            done(status === 1 ? "Accepted; it is applied as soon as no session runs." : "It is set."),
                        ),
                    ),
                400,
            );
        } catch (problem) {
            fill(says, failure(problem));
        }
    };
    const before = input.value;
    const isSaved = () => !input.isConnected || input.value === before;
    keepTyped(node.path, [["value", input]], isSaved, signal, (note) => fill(says, note));
    return form;
}
