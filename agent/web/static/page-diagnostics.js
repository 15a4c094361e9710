// The diagnostics that this agent offers: whatever of the tree has a DiagnosticsState.

import * as api from "./api.js";
import { h } from "./dom.js";
import { heading, load, nothing, stop } from "./pieces.js";

const TITLES = {
    IPPing: "Ping",
    TraceRoute: "Trace route",
    DownloadDiagnostics: "Download",
    UploadDiagnostics: "Upload",
    NSLookupDiagnostics: "DNS look-up",
    UDPEchoDiagnostics: "UDP echo",
    ServerSelectionDiagnostics: "Server selection",
    NeighboringWiFiDiagnostic: "Wi-Fi neighbours",
    SelfTestDiagnostics: "Self test",
};
const STATES = {
    None: ["idle", "not run yet"],
    Requested: ["busy", "running"],
    Complete: ["good", "done"],
    Completed: ["good", "done"],
    Canceled: ["warn", "cancelled"],
};

export function page({ place, signal }) {
    const body = h("div");
    place.append(heading("Diagnostics", "Measurements that the ACS, or you, can start on this device."), body);
    load(
        body,
        signal,
        async () => {
            const { parameters = [] } = await api.get(
                `/search${api.query({ text: ".DiagnosticsState", limit: 200 })}`,
                signal,
            );
            const found = parameters.filter((one) => one.path.endsWith(".DiagnosticsState"));
            if (!found.length) {
                return nothing(
                    "This agent offers no diagnostics yet",
                    "Ping, trace route, download, upload and the others appear here as soon as the agent has them.",
                    h(
                        "p",
                        null,
                        h("a", { href: "#/support" }, "Support"),
                        " has checks of the way to the ACS; ",
                        h("a", { href: "#/live" }, "Live"),
                        " shows rates.",
                    ),
                );
            }
            return h(
                "ol",
                { class: "line" },
                found.map((one) => {
                    const object = one.path.slice(0, -"DiagnosticsState".length);
                    const key = object.split(".").at(-2);
                    const [state, words] =
                        STATES[one.value] || (one.value.startsWith("Error") ? ["bad", one.value] : ["idle", one.value]);
                    return stop(
                        state,
                        [h("a", { href: `#/model/${object}` }, TITLES[key] || key), h("span", { class: "tag" }, words)],
                        h("p", { class: "mono quiet" }, object),
                    );
                }),
            );
        },
        4,
    );
}
