// Diagnostics: run one here and see what it finds as it finds it; and what those came to that the ACS asked for.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { drawn, outcome, words } from "./findings.js";
import { button, choice, failure, field, heading, load, nothing, panel, stop, text, tick } from "./pieces.js";

const TITLES = {
    IPPing: "Ping",
    TraceRoute: "Trace route",
    DownloadDiagnostics: "Download",
    UploadDiagnostics: "Upload",
    NSLookupDiagnostics: "DNS look-up",
    UDPEchoDiagnostics: "UDP echo",
    ServerSelectionDiagnostics: "Server selection",
    NeighboringWiFiDiagnostic: "Wi-Fi neighbours",
    PacketCaptureDiagnostics: "Packet capture",
    SelfTestDiagnostics: "Self test",
};
const STATES = { Requested: ["busy", "running"], Complete: ["good", "done"], None: ["idle", "not asked for"] };
const FIRST = ["Host", "HostName", "HostList", "DownloadURL", "UploadURL", "DNSServer", "Interface", "NumberOfRepetitions"];
const KEPT = 2000;
const title = (name) => TITLES[name] || name;

export function page({ place, signal }) {
    const body = h("div");
    place.append(heading("Diagnostics", "Measurements that the ACS, or you, can start on this device; one at a time."), body);
    load(
        body,
        signal,
        async () => {
            try {
                return shown(await api.get("/diagnostics", signal), signal);
            } catch (problem) {
                if (problem.status !== 404) throw problem;
                return nothing("This agent has no diagnostics", "On OpenWrt they are a package of their own: cpe-agent-diagnostics.");
            }
        },
        6,
    );
}

function shown({ diagnostics = [] }, signal) {
    const form = h("form", { class: "stack" });
    const found = h("div", null, nothing("Nothing was run yet", "What it finds appears here while it runs."));
    const select = choice(
        diagnostics[0]?.name || "",
        diagnostics.map((one) => [one.name, title(one.name)]),
        { onchange: () => ask() },
    );
    let running = "";
    const hold = (name) => {
        running = name;
        const go = form.querySelector("button.primary");
        go.disabled = Boolean(running);
        go.title = running ? `${title(running)} is running: one at a time` : "";
    };
    const ask = () => {
        const one = diagnostics.find((each) => each.name === select.value);
        fill(form, questions(one, (values) => run(one, values, hold, found, signal)));
        hold(running);
    };
    ask();
    return [
        h(
            "div",
            { class: "two" },
            h("div", null, panel("What it finds", found)),
            h("div", { class: "aside" }, panel("Run one", h("div", { class: "stack" }, field("Diagnostic", select), form))),
        ),
        panel("What the ACS asked for", h("ol", { class: "line" }, diagnostics.map(asked))),
    ];
}

/** The settings of a diagnostic as a form: what it cannot do without first, the rest folded away. */
function questions(one, start) {
    const inputs = one.inputs.map((each) => [each, input(each)]);
    const labelled = ([each, made]) => field(words(each.name), made, each.unit ? `In ${each.unit}.` : "");
    const isFirst = ([each]) => FIRST.includes(each.name);
    const rest = inputs.filter((each) => !isFirst(each));
    const go = h("button", { type: "submit", class: "primary" }, `Run ${title(one.name)}`);
    const form = [
        inputs.filter(isFirst).map(labelled),
        rest.length ? h("details", null, h("summary", null, "More settings"), h("div", { class: "stack folded" }, rest.map(labelled))) : null,
        h("div", { class: "acts" }, go),
    ];
    go.addEventListener("click", (event) => {
        event.preventDefault();
        const said = inputs.map(([each, made]) => [each.name, made.type === "checkbox" ? String(made.checked) : made.value.trim()]);
        start(Object.fromEntries(said.filter(([name, value]) => value !== "" && value !== initial(one, name))));
    });
    return form;
}

const initial = (one, name) => String(one.inputs.find((each) => each.name === name).default);

function input(each) {
    if (typeof each.default === "boolean") return tick(each.default);
    if (each.words?.length) return choice(String(each.default), each.words.map((word) => [word, word]));
    if (each.name === "Password") return text("", { type: "password", autocomplete: "new-password" });
    return text(String(each.default), typeof each.default === "number" ? { inputmode: "numeric" } : {});
}

async function run(one, settings, hold, found, signal) {
    const over = new AbortController();
    const stopped = () => over.abort();
    signal.addEventListener("abort", stopped);
    const lines = [];
    const drawing = h("div", { class: "found" });
    const state = h("p", { class: "lamp idle", role: "status" }, `${title(one.name)} is running`);
    const cancel = button("Cancel", stopped);
    fill(found, state, h("div", { class: "acts" }, cancel), drawing);
    found.closest(".panel").scrollIntoView({ block: "nearest" });
    hold(one.name);
    let due = 0;
    const draw = () => {
        due = 0;
        fill(drawing, drawn(lines));
    };
    try {
        await api.stream(
            "/diagnose",
            { name: one.name, settings },
            (line) => {
                if (line.error) throw new api.Refused(0, line.error);
                if (line.progress) {
                    lines.push(line.progress);
                    if (lines.length > KEPT) lines.shift();
                    due ||= requestAnimationFrame(draw);
                }
                if (line.ended) {
                    if (due) cancelAnimationFrame(due);
                    due = 0;
                    conclude(line.ended, state, drawing, lines);
                }
            },
            over.signal,
        );
    } catch (problem) {
        if (signal.aborted) return;
        if (over.signal.aborted) fill(state, `${title(one.name)} was cancelled`);
        else {
            if (/`cpe-agent diag`/.test(problem.next)) problem.next = "say it under “Run one”, and run it again";
            fill(found, failure(problem));
        }
    } finally {
        if (due) cancelAnimationFrame(due);
        cancel.remove();
        hold("");
        signal.removeEventListener("abort", stopped);
    }
}

function conclude(ended, state, drawing, lines) {
    const isWell = ended.state === "Complete";
    state.className = `lamp ${isWell ? "good" : "bad"}`;
    fill(
        state,
        h("span", { class: "sign", "aria-hidden": "true" }, isWell ? "✓" : "✕"),
        isWell ? `${title(ended.name)} is complete` : `${ended.state}${ended.text ? `: ${ended.text}` : ""}`,
    );
    fill(drawing, ended.result ? outcome(ended, lines) : drawn(lines, true));
}

function asked(one) {
    const [state, said] = STATES[one.state] || ["bad", one.state];
    return stop(
        state,
        [title(one.name), h("span", { class: "tag" }, said)],
        one.text ? h("p", null, one.text) : null,
        one.result && one.state !== "None" ? h("div", { class: "found" }, outcome(one)) : null,
    );
}
