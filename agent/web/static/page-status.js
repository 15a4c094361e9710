// How the device's management is doing, at a glance: the line to the ACS and back, and what is around it.

import * as api from "./api.js";
import { ago, clock, count, exact, fill, h, lasting, moment, poll, s } from "./dom.js";
import { button, done, facts, failure, heading, load, panel, spoken } from "./pieces.js";
import { files } from "./transfers.js";

const FACTS = ["Device.DeviceInfo.SoftwareVersion", "Device.DeviceInfo.HardwareVersion", "Device.DeviceInfo.UpTime"];

export function page({ place, signal }) {
    const says = spoken();
    const body = h("div");
    const moved = files(says, signal);
    const inform = button(
        "Start a session now",
        async () => {
            inform.disabled = true;
            try {
                await api.post("/inform");
                fill(says, done("A session is started. ", h("a", { href: "#/sessions" }, "Sessions"), " shows it."));
                setTimeout(() => refresh().catch(() => null), 1500);
            } catch (problem) {
                fill(says, failure(problem));
            }
            inform.disabled = false;
        },
        "primary",
    );
    place.append(
        heading("Status", "The line between this device and the server that manages it.", inform),
        says,
        moved.panel,
        body,
    );

    const around = {}; // what is asked for less often than the status
    const refresh = async () => {
        const [status, strip] = await Promise.all([
            api.watch("/status", signal),
            api.watch("/strip", signal).catch(() => null),
        ]);
        if (!around.at || Date.now() - around.at > 30000)
            Object.assign(around, await surroundings(signal), { at: Date.now() });
        await moved.follow(status.transfers);
        const made = screen(status, strip, around);
        fill(body, made);
    };
    load(
        body,
        signal,
        async () => {
            await refresh();
            poll(5000, refresh, signal);
            return [...body.childNodes];
        },
        6,
    );
}

async function surroundings(signal) {
    const value = (path) =>
        api
            .get(`/get${api.query({ path })}`, signal)
            .then((answer) => answer.parameters || [])
            .catch(() => []);
    const [about, routes, links] = await Promise.all([
        Promise.all(FACTS.map(value)),
        value("Device.Routing.Router.*.IPv4Forwarding.*."),
        value("Device.IP.Interface.*."),
    ]);
    const by = Object.fromEntries([...about.flat(), ...routes, ...links].map((one) => [one.path, one.value]));
    return { by, wan: wan(by) };
}

/** The interface that the default route leaves by, as the tree tells it. */
export function wan(by) {
    const row = Object.keys(by)
        .filter((path) => path.endsWith(".DestIPAddress") && ["", "0.0.0.0"].includes(by[path]))
        .map((path) => path.slice(0, -"DestIPAddress".length))
        .filter((path) => path.includes("IPv4Forwarding"))
        .sort((one, two) => Number(by[`${one}ForwardingMetric`] || 0) - Number(by[`${two}ForwardingMetric`] || 0))[0];
    if (!row) return null;
    const link = (by[`${row}Interface`] || "").replace(/\.?$/, ".");
    const address = Object.keys(by).find(
        (path) => path.startsWith(`${link}IPv4Address.`) && path.endsWith(".IPAddress"),
    );
    return {
        name: by[`${link}Name`] || link,
        status: by[`${link}Status`],
        gateway: by[`${row}GatewayIPAddress`],
        address: by[address],
    };
}

function light(status) {
    const { acs } = status;
    if (!acs.url) return ["idle", "No server is set"];
    if (acs.state === "CWMP is disabled") return ["warn", "Management is switched off"];
    if (acs.failed_attempts) return ["bad", `${count(acs.failed_attempts, "attempt")} failed`];
    if (acs.state === "in session") return ["good", "In a session now"];
    return acs.last_session ? ["good", "The server answers"] : ["idle", "Not contacted yet"];
}

function returning(request, acs) {
    if (!acs.url) return ["idle", "Not listening"];
    if (request.problem) return ["bad", request.is_listening ? "Cannot be reached" : "Nothing listens"];
    if (request.last_refusal && !request.accepted) return ["warn", "Only refused requests so far"];
    return request.accepted
        ? ["good", count(request.accepted, "request") + " accepted"]
        : ["idle", "Ready; nobody has asked yet"];
}

const WORDS = { good: "✓", bad: "✕", warn: "!", idle: "–" };
const lamp = ([state, words]) =>
    h("p", { class: `lamp ${state}` }, h("span", { class: "sign", "aria-hidden": "true" }, WORDS[state]), words);

function card(title, state, ...content) {
    return h("section", { class: "card" }, h("h2", null, title), state && lamp(state), content);
}

function screen(status, strip, { by, wan: way }) {
    const { acs, connection_request: request, device, pending, transfers } = status;
    const [out, back] = [light(status), returning(request, acs)];
    const waiting = [...(pending.events || [])];
    const held = pending.unconfirmed_change;
    const isReadOnly = pending.write_side && pending.write_side !== "on";
    const version = by[FACTS[0]];
    return [
        journey(status, out, back),
        stripPanel(strip),
        h(
            "div",
            { class: "cards" },
            card(
                "Server (ACS)",
                out,
                facts([
                    ["Address", h("span", { class: "mono" }, acs.url || "none")],
                    [
                        "Last session",
                        [
                            ago(acs.last_session),
                            acs.last_outcome ? h("span", { class: "quiet" }, ` · ${acs.last_outcome}`) : "",
                        ],
                    ],
                    [
                        "Next session",
                        acs.next_session_seconds === null ? "not planned" : `in ${lasting(acs.next_session_seconds)}`,
                    ],
                ]),
                acs.url ? null : h("p", null, h("a", { href: "#/setup" }, "Set the server up")),
            ),
            card(
                "Connection request",
                back,
                facts([
                    ["Listens at", h("span", { class: "mono" }, request.url || "–")],
                    ["Accepted, refused", `${request.accepted ?? 0}, ${request.refused ?? 0}`],
                    ["Last refusal", refusal(request.last_refusal)],
                    request.problem && acs.url ? ["Problem", request.problem] : null,
                ]),
                request.problem && acs.url ? h("p", null, h("a", { href: "#/setup" }, "Look at the setup")) : null,
            ),
            card(
                "WAN",
                way
                    ? [way.status === "Up" ? "good" : "bad", way.status === "Up" ? "Up" : way.status || "Unknown"]
                    : ["idle", "No default route"],
                facts(
                    way
                        ? [
                              ["Interface", way.name],
                              ["Address", h("span", { class: "mono" }, way.address || "–")],
                              ["Gateway", h("span", { class: "mono" }, way.gateway || "–")],
                          ]
                        : [["Address", device.address ? h("span", { class: "mono" }, device.address) : "–"]],
                ),
            ),
            card(
                "Firmware and device",
                null,
                facts([
                    ["Model", [device.manufacturer, device.product_class].filter(Boolean).join(" ")],
                    ["Serial number", h("span", { class: "mono" }, device.serial_number || "–")],
                    ["Software", version || "–"],
                    ["Running for", lasting(by[FACTS[2]])],
                    ["Agent", device.agent],
                ]),
            ),
            card(
                "Pending work",
                waiting.length || held || isReadOnly
                    ? [
                          "warn",
                          held
                              ? "A change waits to be confirmed"
                              : isReadOnly
                                ? "Writing is switched off"
                                : count(waiting.length, "event") + " to tell",
                      ]
                    : transfers?.active || transfers?.queued
                      ? ["idle", transfers.active ? "A file is on its way" : count(transfers.queued, "transfer") + " waiting"]
                      : ["good", "Nothing waits"],
                facts([
                    [
                        "Events to tell",
                        waiting.length
                            ? h(
                                  "span",
                                  { class: "tags" },
                                  waiting.map((one) => h("span", { class: "tag" }, one)),
                              )
                            : "none",
                    ],
                    ["Scheduled reports", String(pending.scheduled_informs ?? 0)],
                    held
                        ? [
                              "Change",
                              held +
                                  (pending.taken_back_seconds
                                      ? `; taken back in ${lasting(pending.taken_back_seconds)}`
                                      : ""),
                          ]
                        : null,
                    isReadOnly ? ["Writing", pending.write_side] : null,
                    transfers?.last ? ["Last file", [transfers.last.text, " · ", ago(transfers.last.at)]] : null,
                ]),
            ),
        ),
    ];
}

function refusal(last) {
    if (!last) return "none";
    if (typeof last === "string") return last;
    return [
        last.reason || last.why || "",
        last.source ? ` (${last.source})` : "",
        last.at ? [" · ", ago(last.at)] : "",
    ];
}

/** Device and ACS as two ends of a line: our reports one way, its requests the other. */
function journey(status, out, back) {
    const host = (url) => {
        try {
            return new URL(url).host;
        } catch {
            return url || "none";
        }
    };
    const lane = (label, [state, words], isBack) =>
        h(
            "div",
            { class: `lane ${state} ${isBack ? "back" : ""}` },
            h("p", null, h("span", { class: "lane-name" }, label), h("span", { class: "lane-words" }, words)),
            h("i", { "aria-hidden": "true" }),
        );
    return h(
        "section",
        { class: "journey", "aria-label": "The line to the ACS" },
        h(
            "div",
            { class: "end" },
            h("p", { class: "end-name" }, status.device?.product_class || "This device"),
            h("p", { class: "mono quiet" }, status.device?.address || ""),
        ),
        h("div", { class: "lanes" }, lane("Reports", out, false), lane("Connection requests", back, true)),
        h(
            "div",
            { class: "end far" },
            h("p", { class: "end-name" }, "ACS"),
            h("p", { class: "mono quiet" }, host(status.acs.url)),
        ),
    );
}

const DAY = 86400000;

function stripPanel(strip) {
    if (!strip) return null;
    const to = moment(strip.to)?.getTime() || Date.now();
    const from = moment(strip.from)?.getTime() || to - DAY;
    const at = (date) => 1000 * Math.min(1, Math.max(0, (date - from) / (to - from)));
    const all = strip.sessions || [];
    const failed = all.filter((one) => one.outcome === "failed").length;
    const hours = [];
    const first = new Date(from);
    first.setMinutes(0, 0, 0);
    for (let each = first.getTime() + 3600000; each < to; each += 3600000) {
        const hour = new Date(each).getHours();
        if (hour % 6 === 0) hours.push([at(each), `${String(hour).padStart(2, "0")}:00`]);
    }
    const words = all.length
        ? `${count(all.length, "session")}, ${failed ? `${failed} failed` : "none failed"}`
        : "no session";
    const picture = s(
        "svg",
        {
            class: "strip",
            viewBox: "0 0 1000 64",
            preserveAspectRatio: "none",
            role: "img",
            "aria-label": `The last 24 hours: ${words}`,
        },
        s("line", { x1: 0, x2: 1000, y1: 46, y2: 46, class: "base" }),
        hours.map(([x]) => s("line", { x1: x, x2: x, y1: 42, y2: 50, class: "base" })),
        all.map((one) =>
            s(
                "line",
                {
                    x1: at(moment(one.at)),
                    x2: at(moment(one.at)),
                    y1: one.outcome === "failed" ? 4 : 20,
                    y2: 46,
                    class: one.outcome === "failed" ? "fail" : "ok",
                    onclick: () => {
                        location.hash = `#/sessions/${one.number}`;
                    },
                },
                s("title", null, `${exact(moment(one.at))}  ${[one.events || []].flat().join(", ")}  ${one.outcome}`),
            ),
        ),
    );
    return panel(
        "The last 24 hours",
        h(
            "div",
            { class: "strip-box" },
            picture,
            h(
                "div",
                { class: "hours", "aria-hidden": "true" },
                hours.map(([x, label]) => {
                    const each = h("span", null, label);
                    each.style.left = `${x / 10}%`;
                    return each;
                }),
            ),
        ),
        h(
            "p",
            { class: "quiet" },
            words,
            all.length ? [" · latest at ", clock(moment(all[all.length - 1].at), false), " · "] : " · ",
            h("a", { href: "#/sessions" }, "all sessions"),
        ),
    );
}
