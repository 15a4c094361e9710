// The frame of the page: who is logged in, which page is shown, the theme, and what happens when the agent is gone.

import * as api from "./api.js";
import { add, fill, h } from "./dom.js";
import { failure } from "./pieces.js";

const PAGES = [
    ["status", "Status"],
    ["setup", "Setup"],
    ["sessions", "Sessions"],
    ["model", "Model"],
    ["live", "Live"],
    ["events", "Events"],
    ["diagnostics", "Diagnostics"],
    ["log", "Log"],
    ["settings", "Settings"],
    ["support", "Support"],
];
const THEMES = { "": "System", light: "Light", dark: "Dark" };

const app = document.getElementById("app");
let session = { state: "" };
let shown = null; // the AbortController of the page in view
let main = null;
let retry = 0;

async function begin() {
    try {
        session = await api.get("/session");
    } catch {
        lost();
        return;
    }
    api.keep(session.csrf);
    await enter(false);
}

async function enter(wasAsked) {
    // Who is locked out comes back to what was typed (keepTyped of pieces.js).
    shown?.abort(new DOMException(session.state === "locked" ? "locked" : "", "AbortError"));
    main = null;
    if (session.state === "open") {
        frame();
        await route(wasAsked);
        return;
    }
    shown = new AbortController();
    const gate = await import("./gate.js");
    document.title = `${session.state === "first_visit" ? "First visit" : "Log in"} – Device management`;
    fill(
        app,
        gate.page(session.state, async (answer) => {
            api.keep(answer.csrf);
            session = await api.get("/session");
            api.keep(session.csrf);
            await enter(true);
        }),
    );
    app.querySelector("input")?.focus();
}

function frame() {
    main = h("main", { id: "main", tabindex: "-1" });
    const nav = h(
        "nav",
        { id: "nav", "aria-label": "Pages" },
        h(
            "ul",
            null,
            PAGES.map(([key, title]) => h("li", null, h("a", { href: `#/${key}`, "data-page": key }, title))),
        ),
    );
    const opener = h(
        "button",
        {
            type: "button",
            class: "opener",
            "aria-expanded": "false",
            "aria-controls": "nav",
            onclick: () => open(opener.getAttribute("aria-expanded") !== "true"),
        },
        "Menu",
    );
    const open = (isOpen) => {
        opener.setAttribute("aria-expanded", String(isOpen));
        document.body.classList.toggle("has-menu", isOpen);
    };
    nav.addEventListener("click", (event) => event.target.closest("a") && open(false));
    nav.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || opener.getAttribute("aria-expanded") !== "true") return;
        open(false);
        opener.focus();
    });
    const device = session.device || {};
    fill(
        app,
        h(
            "a",
            {
                class: "skip",
                href: "#main",
                onclick: (event) => {
                    event.preventDefault();
                    main.focus();
                },
            },
            "Skip to content",
        ),
        h(
            "header",
            { class: "bar" },
            h("p", { class: "mark" }, h("span", { class: "mark-line", "aria-hidden": "true" }), "cpe-agent"),
            h(
                "p",
                {
                    class: "who",
                    title: [device.manufacturer, device.product_class, device.serial_number]
                        .filter(Boolean)
                        .join(" · "),
                },
                device.hostname || device.serial_number || "",
            ),
            opener,
        ),
        nav,
        h(
            "footer",
            { class: "foot" },
            themes(),
            h("button", { type: "button", class: "plain", onclick: leave }, "Log out"),
        ),
        main,
    );
}

function themes() {
    const root = document.documentElement;
    const button = h("button", { type: "button", class: "plain" });
    const say = () =>
        fill(
            button,
            h("span", { class: "unseen" }, "Theme: "),
            THEMES[root.dataset.theme || ""],
            h("span", { class: "half", "aria-hidden": "true" }),
        );
    button.addEventListener("click", () => {
        const keys = Object.keys(THEMES);
        const next = keys[(keys.indexOf(root.dataset.theme || "") + 1) % keys.length];
        if (next) root.dataset.theme = next;
        else delete root.dataset.theme;
        try {
            localStorage.setItem("theme", next);
        } catch {
            // It then holds for this visit.
        }
        say();
    });
    say();
    return button;
}

async function leave() {
    await api.post("/logout").catch(() => null);
    shown?.abort();
    session = { state: "locked" };
    location.hash = "#/status";
    await enter(true);
}

async function route(isMove = true) {
    if (!main) return;
    const [, key = "", rest = ""] = /^#\/([a-z]*)\/?(.*)$/.exec(location.hash) || [];
    const [page, title] = PAGES.find(([one]) => one === key) || PAGES[0];
    shown?.abort();
    const mine = new AbortController();
    shown = mine;
    for (const link of app.querySelectorAll("#nav a")) {
        if (link.dataset.page === page) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    document.title = `${title} – ${session.device?.hostname || "Device management"}`;
    document.body.classList.remove("has-menu");
    const place = h("div", { class: `page page-${page}` });
    fill(main, place);
    try {
        const made = await import(`./page-${page}.js`);
        if (mine.signal.aborted) return;
        made.page({ place, rest: rest.split("/").map(decodeURIComponent).join("/"), signal: mine.signal, session });
    } catch (problem) {
        if (!mine.signal.aborted) add(place, failure(problem));
    }
    if (!isMove) return;
    scrollTo(0, 0);
    place.querySelector("h1")?.focus({ preventScroll: true });
}

// The agent is gone: say so, ask again with growing patience, and show the same page anew when it is back.
function lost() {
    if (retry) return;
    const banner = h(
        "div",
        { class: "gone", role: "alert" },
        h("span", { class: "pulse", "aria-hidden": "true" }),
        h("p", null, h("strong", null, "The agent does not answer."), " Trying again…"),
    );
    document.body.prepend(banner);
    let wait = 1000;
    const again = async () => {
        let answer = null;
        try {
            const response = await fetch("/api/v1/session", { cache: "no-store" });
            answer = response.ok ? await response.json() : null;
        } catch {
            // Not yet.
        }
        if (!answer) {
            wait = Math.min(5000, wait * 1.5);
            retry = setTimeout(again, wait);
            return;
        }
        retry = 0;
        banner.remove();
        const isSame = answer.state === session.state && main;
        session = answer;
        api.keep(answer.csrf);
        if (isSame) await route(false);
        else await enter(false);
    };
    retry = setTimeout(again, wait);
}

api.on("lost", lost);
api.on("locked", () => {
    if (session.state === "locked") return;
    session = { state: "locked" };
    enter(true);
});
addEventListener("hashchange", () => route());
begin();
