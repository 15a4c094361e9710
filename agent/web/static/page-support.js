// When something is wrong: the doctor's checks, and a bundle for whoever helps.

import * as api from "./api.js";
import { count, h } from "./dom.js";
import { button, heading, load, next, panel, stop } from "./pieces.js";

export function page({ place, signal }) {
    const checks = h("div", { "aria-live": "polite" });
    const examine = () => load(checks, signal, async () => examined(await api.get("/doctor", signal)), 6);
    place.append(
        heading("Support", "What is wrong, what to do about it, and what to give to somebody who helps."),
        h(
            "div",
            { class: "two" },
            h("div", null, panel("Checks", h("div", { class: "acts" }, button("Look again", examine)), checks)),
            h(
                "div",
                { class: "aside" },
                panel(
                    "Bundle for the operator",
                    h(
                        "p",
                        null,
                        "One file with status, settings, the last sessions and the log. Passwords, keys and host names are masked before it leaves the device.",
                    ),
                    h(
                        "p",
                        null,
                        h(
                            "a",
                            { class: "button primary", href: "/api/v1/support", download: "cpe-agent-support.tar.gz" },
                            "Download the bundle",
                        ),
                    ),
                    h(
                        "p",
                        { class: "quiet" },
                        "On the device, ",
                        h("code", null, "cpe-agent support-bundle"),
                        " makes the same.",
                    ),
                ),
            ),
        ),
    );
    examine();
}

function examined({ checks = [] }) {
    const isLack = (one) => one.ok && one.name === "services" && one.what.includes(" left out: ");
    const lacks = checks.filter(isLack);
    const bad = checks.filter((one) => !one.ok);
    const state = (one) => (!one.ok ? "bad" : one.next ? "warn" : "good");
    const ranks = ["bad", "warn", "good"];
    const rank = (one) => ranks.indexOf(state(one));
    const warnings = checks.filter((one) => state(one) === "warn").length;
    return [
        h(
            "p",
            { class: `lamp ${bad.length ? "bad" : warnings ? "warn" : "good"}` },
            h("span", { class: "sign", "aria-hidden": "true" }, bad.length ? "✕" : warnings ? "!" : "✓"),
            bad.length
                ? `${count(bad.length, "check")} failed`
                : warnings
                  ? `Nothing fails; ${count(warnings, "check")} worth a look`
                  : "Everything that was looked at is as it should be",
        ),
        h(
            "ol",
            { class: "line" },
            checks
                .filter((one) => !isLack(one))
                .sort((one, two) => rank(one) - rank(two))
                .map((one) =>
                    stop(
                        state(one),
                        one.name,
                        h("p", null, one.what),
                        next(one.next),
                    ),
                ),
        ),
        lacks.length
            ? h(
                  "details",
                  { class: "lacks" },
                  h("summary", null, `${count(lacks.length, "part")} of the data model left out: this machine lacks them`),
                  h(
                      "ul",
                      null,
                      lacks.map((one) => h("li", null, one.what.replace(" left out", ""))),
                  ),
              )
            : null,
    ];
}
