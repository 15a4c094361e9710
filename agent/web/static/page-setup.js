// Where the ACS is and how it may call: the form, what each source found, and a test that is watched as it runs.

import * as api from "./api.js";
import { fill, h, lasting } from "./dom.js";
import {
    blame,
    button,
    done,
    facts,
    failure,
    field,
    heading,
    keepTyped,
    lead,
    load,
    next,
    panel,
    spoken,
    stop,
    text,
    tick,
} from "./pieces.js";

const SOURCES = {
    acs: "The ACS",
    person: "Set by hand",
    file: "Settings file",
    preset: "Firmware preset",
    omci: "OMCI (the OLT)",
    dhcpv6: "DHCPv6",
    dhcpv4: "DHCP",
};
const STEPS = [
    ["dns", "Name"],
    ["tcp", "Connection"],
    ["tls", "Encryption"],
    ["http", "HTTP"],
    ["authentication", "Log-in"],
    ["inform", "Inform"],
];
// Where the agent keeps each field: so it calls them when it refuses.
const KEPT = {
    url: "ManagementServer.URL",
    username: "ManagementServer.Username",
    password: "ManagementServer.Password",
    interface: "network.management_interface",
    inform_interval: "ManagementServer.PeriodicInformInterval",
    "connection_request.username": "ManagementServer.ConnectionRequestUsername",
    "connection_request.password": "ManagementServer.ConnectionRequestPassword",
    "connection_request.path": "connection_request.path",
    "connection_request.port": "connection_request.port",
};
const MASK = "••••••••";
const authority = () => h("a", { href: "#/settings/acs.ca_file" }, "Settings → CA file");
const source = (word) => SOURCES[word] || word;

export function page({ place, signal }) {
    const found = h("div");
    const body = h("div");
    place.append(
        heading("Setup", "Which server manages this device, and how it may call."),
        h(
            "div",
            { class: "two" },
            h("div", null, body),
            h("div", { class: "aside" }, panel("What each source found", found)),
        ),
    );
    load(
        body,
        signal,
        async () => form(await api.get("/setup", signal), signal, () => load(found, signal, discovered, 3)),
        8,
    );
    const discovered = async () => sources(await api.get("/discover", signal));
    load(found, signal, discovered, 3);
}

function form(now, signal, refresh) {
    const says = spoken();
    const request = now.connection_request || {};
    const origins = {};
    const from = (key) => (origins[key] = h("span", { class: "from" }));
    const trace = () => {
        for (const [key, each] of Object.entries(origins)) each.textContent = `From: ${now.sources?.[key] || "unknown"}`;
    };
    const secret = (isSet) =>
        h("input", { type: "password", autocomplete: "new-password", placeholder: isSet ? `${MASK} (kept)` : "none" });
    const inputs = {
        url: text(now.url, { type: "url", inputmode: "url", placeholder: "https://acs.example.net/cwmp" }),
        username: text(now.username),
        password: secret(now.has_password),
        interface: text(now.interface, { placeholder: "as the routing table says" }),
        enable: tick(now.enable),
        inform_enable: tick(now.inform_enable),
        inform_interval: text(now.inform_interval, {
            type: "number",
            min: "1",
            max: "4294967295",
            inputmode: "numeric",
        }),
    };
    const calls = {
        username: text(request.username),
        password: secret(request.has_password),
        path: text(request.path),
        port: text(request.port, { type: "number", min: "0", max: "65535", inputmode: "numeric" }),
    };
    const another = h("span", { class: "from" });
    const look = () => {
        const [host, before] = [hostOf(inputs.url.value), hostOf(now.url)];
        another.textContent =
            now.has_password && before && host !== before
                ? `Another host: type its password, the one kept for ${before} will be forgotten.`
                : "";
    };
    inputs.url.addEventListener("input", look);
    const all = [
        ...Object.entries(inputs),
        ...Object.entries(calls).map(([key, input]) => [`connection_request.${key}`, input]),
    ];
    const forget = () => {
        fill(says);
        blame(all, []);
    };
    const tell = (problem) => {
        const blamed = blame(all, wrongs(problem));
        fill(says, failure(blamed ? new api.Refused(0, { message: "Not saved: see what is marked." }) : problem));
        lead(blamed);
    };
    const test = tester(inputs, signal, says, forget);
    const save = h("button", { type: "submit", class: "primary" }, "Save");
    const made = [
        h(
            "form",
            {
                class: "sections",
                novalidate: true,
                onsubmit: async (event) => {
                    event.preventDefault();
                    save.disabled = true;
                    forget();
                    try {
                        const changed = changes(now, inputs, calls);
                        if (Object.keys(changed).length) {
                            Object.assign(now, await api.replace("/setup", changed));
                            Object.assign(now, await api.get("/setup", signal).catch(() => ({})));
                            for (const [each, from] of [
                                [inputs.password, now],
                                [calls.password, now.connection_request || {}],
                            ]) {
                                each.placeholder = from.has_password ? `${MASK} (kept)` : "none";
                                each.value = "";
                            }
                            look();
                            trace();
                            refresh();
                        }
                        fill(
                            says,
                            Object.keys(changed).length
                                ? done(
                                      "Saved. ",
                                      h("a", { href: "#/sessions" }, "Sessions"),
                                      " shows what the ACS says to it.",
                                  )
                                : done("Nothing was different; nothing was changed."),
                        );
                    } catch (problem) {
                        tell(problem);
                    }
                    save.disabled = false;
                },
            },
            panel(
                "The server",
                field(
                    "Address (URL)",
                    inputs.url,
                    "Empty: no session is made, unless a source finds one.",
                    [
                        from("url"),
                        h("br"),
                        "Its certificate is from an authority of its own? ",
                        authority(),
                        " names that authority's file on this device.",
                    ],
                ),
                h(
                    "div",
                    { class: "pair" },
                    field("User name", inputs.username, "", from("username")),
                    field("Password", inputs.password, "Cannot be read back. Empty: it stays.", another),
                ),
                field("Interface", inputs.interface, "Sessions leave by it only. ", from("interface")),
            ),
            panel(
                "Reports",
                field("Let the server manage this device", inputs.enable, "", from("enable")),
                field("Report at intervals", inputs.inform_enable, "", from("inform_enable")),
                field("Interval in seconds", inputs.inform_interval, "", from("inform_interval")),
            ),
            panel(
                "Connection requests",
                h("p", { class: "quiet" }, "What the server has to say when it wants a session now."),
                h(
                    "div",
                    { class: "pair" },
                    field("User name", calls.username, "", from("connection_request.username")),
                    field("Password", calls.password, "Cannot be read back. Empty: it stays."),
                ),
                h(
                    "div",
                    { class: "pair" },
                    field("Port", calls.port, "7547 is usual; 0 takes any free one.", from("connection_request.port")),
                    field("Path", calls.path, "Behind the address, one word.", from("connection_request.path")),
                ),
            ),
            test.panel,
            h(
                "div",
                { class: "acts stay" },
                says,
                save,
                button("Test", test.run),
                h("span", { class: "quiet" }, "The test tries what stands above and changes nothing."),
            ),
        ),
    ];
    const isSaved = (name) => {
        const { connection_request: called = {}, ...changed } = changes(now, inputs, calls);
        const own = /^connection_request\.(.*)/.exec(name)?.[1];
        return own ? !(own in called) : !(name in changed);
    };
    keepTyped("setup", all, isSaved, signal, (note) => fill(says, note));
    trace();
    look();
    return made;
}

/** Which fields a refusal is about, and what is wrong with each. */
function wrongs({ message, parameters = [] }) {
    return Object.entries(KEPT).flatMap(([field, place]) => {
        const one = parameters.find((each) => each.path?.endsWith(place));
        const [at, told] = [`${place}: `, one?.message || message];
        if (told.includes(at)) return [[field, told.slice(told.indexOf(at) + at.length)]];
        return one ? [[field, told]] : message.startsWith(`${field} `) ? [[field, message]] : [];
    });
}

function hostOf(url) {
    try {
        return new URL(url.trim()).hostname;
    } catch {
        return "";
    }
}

function changes(now, inputs, calls) {
    const differing = (fields, before) =>
        Object.fromEntries(
            Object.entries(fields)
                .map(([key, input]) => [
                    key,
                    input.type === "checkbox"
                        ? input.checked
                        : input.type === "number"
                          ? Number(input.value)
                          : input.type === "password"
                            ? input.value
                            : input.value.trim(),
                ])
                .filter(([key, wanted]) => (key === "password" ? wanted !== "" : wanted !== (before[key] ?? ""))),
        );
    const changed = differing(inputs, now);
    const called = differing(calls, now.connection_request || {});
    return Object.keys(called).length ? { ...changed, connection_request: called } : changed;
}

/** ``says`` gets the verdict; ``forget`` takes away what was said before. */
function tester(inputs, signal, says, forget) {
    const list = h("ol", { class: "line", "aria-live": "polite" });
    const shown = panel("Test", list);
    shown.hidden = true;
    const run = async ({ currentTarget: pressed }) => {
        pressed.disabled = true;
        shown.hidden = false;
        const stops = new Map(STEPS.map(([key, title]) => [key, stop("idle", title)]));
        const titled = (key) => STEPS.find(([each]) => each === key)?.[1] || key;
        fill(list, [...stops.values()]);
        forget();
        shown.scrollIntoView({ block: "start" });
        const wanted = Object.fromEntries(
            ["url", "username", "password", "interface"]
                .map((key) => [key, inputs[key].value.trim()])
                .filter(([, each]) => each),
        );
        let bad = null;
        let last = null;
        try {
            await api.stream(
                "/test",
                wanted,
                (line) => {
                    if (line.error) throw new api.Refused(422, line.error);
                    if (!line.step) return;
                    last = line;
                    bad = line.ok ? bad : line;
                    const made = stop(
                        line.ok ? "good" : "bad",
                        titled(line.step),
                        h("p", null, line.what),
                        line.ok ? null : next(line.next),
                        !line.ok && line.next?.includes("ca_file") ? h("p", null, authority()) : null,
                        chain(line.details),
                    );
                    if (stops.has(line.step)) stops.get(line.step).replaceWith(made);
                    else list.append(made);
                    stops.set(line.step, made);
                },
                signal,
            );
            if (!last) throw new api.Refused(0, { message: "The agent told no step.", next: "The log may know more." });
            if (bad)
                fill(
                    says,
                    h(
                        "div",
                        { class: "note bad" },
                        h("p", { class: "what" }, `It fails at “${titled(bad.step)}”: ${bad.what}`),
                        next(bad.next),
                    ),
                );
            else fill(says, done("Everything works: the ACS has accepted the Inform."));
            if (bad) stops.get(bad.step).scrollIntoView({ block: "center" });
        } catch (problem) {
            if (!signal.aborted) fill(says, failure(problem));
        }
        pressed.disabled = false;
    };
    return { panel: shown, run };
}

/** The certificates from the server's own up, and whatever else a step tells. */
function chain(details) {
    if (!details || typeof details !== "object") return null;
    const { chain: certificates, ...others } = details;
    const words = (each) => (each && typeof each === "object" ? Object.values(each).flat().join(", ") : String(each));
    const pairs = Object.entries(others)
        .filter(([, each]) => each !== null && each !== "" && each !== undefined)
        .map(([key, each]) => (key === "seconds" ? ["took", lasting(each)] : [key.replaceAll("_", " "), words(each)]));
    return [
        Array.isArray(certificates) && certificates.length
            ? h(
                  "ol",
                  { class: "chain" },
                  certificates.map((each) =>
                      h(
                          "li",
                          null,
                          typeof each === "string"
                              ? each
                              : [
                                    h("strong", null, words(each.subject ?? each.name ?? "")),
                                    facts(
                                        Object.entries(each)
                                            .filter(([key]) => key !== "subject" && key !== "name")
                                            .map(([key, one]) => [key.replaceAll("_", " "), words(one)]),
                                    ),
                                ],
                      ),
                  ),
              )
            : null,
        pairs.length ? facts(pairs) : null,
    ];
}

const VERDICTS = {
    "in force": ["good", "In force"],
    sets: ["good", "Sets it now"],
    "stands by": ["idle", "Stands by"],
    refused: ["bad", "Refused"],
    silent: ["idle", "Says nothing"],
};

function sources({ acs, why, next: step, sources: all = [], following = [], remembered_host: remembered }) {
    return [
        acs?.url ? h("p", null, h("strong", { class: "mono" }, acs.url)) : null,
        why && h("p", { class: "quiet" }, why),
        next(step),
        h(
            "ol",
            { class: "line" },
            all.map((one) => {
                const [state, words] = VERDICTS[one.verdict] || ["idle", one.verdict];
                return stop(
                    state,
                    [source(one.source), h("span", { class: "tag" }, words)],
                    one.url && one.url !== acs?.url ? h("p", { class: "mono" }, one.url) : null,
                    h(
                        "p",
                        { class: "quiet" },
                        [one.why, one.told_by && `told by ${one.told_by}`, one.interface && `on ${one.interface}`]
                            .filter(Boolean)
                            .join(" · "),
                    ),
                    one.verdict === "silent" ? null : next(one.next),
                );
            }),
        ),
        following.length
            ? h(
                  "p",
                  { class: "quiet" },
                  "Also from the network: ",
                  following.map((one) => `${one.parameter} = ${one.value}`).join(", "),
              )
            : null,
        remembered ? h("p", { class: "quiet" }, `Remembered host: ${remembered}`) : null,
    ];
}
