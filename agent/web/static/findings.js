// What a diagnostic comes to, while it runs and ever after: drawn, in tables, and in figures with their units.

import { hosts, intervals, rate, times, took, way } from "./diagram.js";
import { bits, bytes, clock, exact, h, moment, whole } from "./dom.js";
import { facts, stop } from "./pieces.js";

/** A parameter's name, or a result's, as a label. */
export const words = (name) =>
    name
        .replace(/_/g, " ")
        .replace(/[a-z](?=[A-Z])|[A-Z](?=[A-Z][a-z])/g, "$& ")
        .replace(/^./, (letter) => letter.toUpperCase())
        .replace(/\b(bom|dns|eom|icmp|ip|rom|tcp)\b/gi, (word) => word.toUpperCase());

/** What was told on the way, as a picture; once it is over, what a table has is left to it. */
export function drawn(lines, isOver = false) {
    if (lines.some((one) => "hop" in one)) return way(lines);
    if (lines.some((one) => "rate" in one)) return intervals(lines);
    if (lines.some((one) => "radios" in one || one.bssid)) return points(lines);
    if (lines.some((one) => "host" in one)) return hosts(lines);
    if (lines.some((one) => "bytes" in one && "seconds" in one)) return rate(lines, isOver);
    if (lines.some((one) => "part" in one)) {
        return h("ol", { class: "line" }, lines.map((one) => stop(one.is_well ? "good" : "bad", one.part, h("p", null, one.what))));
    }
    const notes = lines.filter((one) => (one.status ? !isOver : one.why)).slice(-12);
    return [
        times(lines),
        notes.length
            ? h(
                  "ul",
                  { class: "quiet" },
                  notes.map((one) => h("li", null, `${one.number}: ${one.status || ""} ${(one.addresses || []).join(", ") || one.why}`)),
              )
            : null,
    ];
}

/** What came of a test: a picture, its tables and its figures. ``lines`` were told to who looked on; a result has names
 *  that they had not yet, and may have fewer packets. */
export function outcome({ name, state, result }, lines = []) {
    const kept = TOLD[name]?.(result) || [];
    const isAll = kept.length && kept.length >= lines.filter((one) => "number" in one).length;
    const isHere = result.captures?.some((one) => one.file_location.startsWith("file:"));
    return [
        drawn(isAll ? kept : lines, true),
        tables(result),
        summary(name, result, state === "Complete"),
        isHere
            ? h("p", null, h("a", { class: "button", href: "/api/v1/capture", download: "capture.pcap" }, "Download the last capture"))
            : null,
    ];
}

const points = (lines) =>
    h(
        "ol",
        { class: "line" },
        lines
            .filter((one) => one.bssid)
            .sort((one, other) => other.signal - one.signal)
            .map((one) => {
                const told = `${one.signal} dBm, ${one.band} channel ${one.channel}, ${one.security}, ${one.bssid}`;
                return stop("good", one.ssid || "(hidden)", h("p", null, told));
            }),
    );

const named = (host, address) => (host && host !== address ? `${host} ${address}` : address);
const rates = ({ intervals = [] }) =>
    intervals.map((one, index) => ({ number: index + 1, rate: perSecond(one, one.start_time, one.end_time) }));
// Results as the lines that were told while they were found.
const TOLD = {
    TraceRoute: ({ hops = [] }) =>
        hops.map((one, index) => ({ hop: index + 1, address: named(one.host, one.host_address), microseconds: one.microseconds })),
    ServerSelectionDiagnostics: ({ hosts = [] }) => hosts.map((one) => ({ ...one, successes: one.success_count })),
    NSLookupDiagnostics: ({ results = [] }) =>
        results.map((one, index) => ({ number: index + 1, status: one.status, microseconds: one.microseconds || null })),
    UDPEchoDiagnostics: ({ packets = [] }) =>
        packets.map((one, index) => ({
            number: index + 1,
            microseconds: one.packet_success ? 1e6 * between(one.packet_send_time, one.packet_receive_time) : null,
        })),
    DownloadDiagnostics: rates,
    UploadDiagnostics: rates,
    SelfTestDiagnostics: ({ parts = [] }) => parts.map(({ name, ...one }) => ({ part: name, ...one })),
    NeighboringWiFiDiagnostic: ({ neighbours = [] }) => neighbours,
};

// By the list of the result: what it is called, its columns, and a row behind its number.
const TABLES = [
    [
        "connections",
        "Connections",
        ["Moved", "Rate", "Took", "Opened in", "Began after"],
        (one) => [
            bytes(moved(one)),
            speed(one, one.bom_time, one.eom_time),
            span(one.bom_time, one.eom_time),
            span(one.tcp_open_request_time, one.tcp_open_response_time),
            span(one.rom_time, one.bom_time),
        ],
    ],
    [
        "intervals",
        "Intervals",
        ["Began", "Moved", "Rate"],
        (one) => [clocked(one.start_time), bytes(moved(one)), speed(one, one.start_time, one.end_time)],
    ],
    [
        "results",
        "Answers",
        ["Took", "Kind", "Server", "Answer"],
        (one) => [
            one.microseconds ? took(one.microseconds) : "–",
            one.answer_type === "None" ? one.status : one.answer_type,
            one.dns_server_ip,
            [one.host_name_returned, ...one.ip_addresses, one.why].map((each) => h("div", null, each)),
        ],
    ],
    [
        "packets",
        "Packets",
        ["Sent", "Round trip", "Responder's number", "Its failures"],
        (one) => [
            clocked(one.packet_send_time),
            span(one.packet_send_time, one.packet_receive_time),
            one.test_resp_sn || "–",
            one.test_resp_sn ? one.test_resp_reply_failure_count : "–",
        ],
    ],
];

const tables = (result) =>
    TABLES.filter(([list]) => Array.isArray(result[list]) && result[list].length).map(([list, title, columns, row]) =>
        h(
            "details",
            { open: result[list].length < 9 },
            h("summary", null, `${title}: ${result[list].length}`),
            h(
                "div",
                { class: "sheet", role: "region", "aria-label": title, tabindex: "0" },
                h(
                    "table",
                    null,
                    h("tr", null, ["", ...columns].map((one) => h("th", { scope: "col" }, one))),
                    result[list].map((one, index) =>
                        h("tr", null, h("th", { scope: "row" }, index + 1), row(one).map((each) => h("td", null, each))),
                    ),
                ),
            ),
        ),
    );

const moved = (one) => one.test_bytes_received ?? one.test_bytes_sent ?? 0;
const fraction = (iso) => /\.\d+/.exec(iso)?.[0] ?? "";
const seconds = (iso) => Math.floor(Date.parse(iso) / 1000) + Number(fraction(iso));
const between = (begun, ended) => (begun && ended ? seconds(ended) - seconds(begun) : 0);
// Seconds that have a rate: what comes in one read takes as long as the read.
const SHORTEST = 1e-3;
const perSecond = (one, begun, ended) => (between(begun, ended) < SHORTEST ? 0 : (8 * moved(one)) / between(begun, ended));
const speed = (...test) => (perSecond(...test) ? bits(perSecond(...test)) : "–");
const span = (begun, ended) => (begun && ended ? took(1e6 * between(begun, ended)) : "–");
const clocked = (iso) => (moment(iso) ? clock(moment(iso)) + fraction(iso) : "–");

// -- figures ----------------------------------------------------------------------------------------------------------

const BY_MICROSECONDS = ["ServerSelectionDiagnostics", "UDPEchoDiagnostics"];

/** The figures of a result; a time in microseconds stands for the one in milliseconds beside it. What failed has no rate. */
function summary(test, result, isWell) {
    const captures = (result.captures || []).map(({ count: packets, ...one }) => ({ packets, ...one }));
    const pairs = Object.entries({ ...result, ...captures[0] })
        .filter(([name, value]) => value !== null && typeof value !== "object" && !(`${name}_detailed` in result))
        .map(([name, value]) => [words(name.replace(/_detailed$/, "")), figure(test, name, value)]);
    const all = isWell && overall(result);
    return facts([all ? ["Rate", h("strong", null, all)] : null, ...pairs]);
}

/** The rate of a throughput test: while every connection moved data, else from the first octet to the last (TR-143). */
function overall(result) {
    const loaded = result.test_bytes_received_under_full_loading ?? result.test_bytes_sent_under_full_loading;
    if (loaded && result.period_of_full_loading >= 1e6 * SHORTEST) return `${bits((8e6 * loaded) / result.period_of_full_loading)} under full loading`;
    const mean = perSecond(result, result.bom_time, result.eom_time);
    return mean ? bits(mean) : "";
}

function figure(test, name, value) {
    if (/_time$/.test(name) && typeof value === "string") return moment(value) ? exact(moment(value)) + fraction(value) : value;
    if (/_detailed$|^period_/.test(name) || (BY_MICROSECONDS.includes(test) && /_time$/.test(name))) return value ? took(value) : "–";
    if (/response_time$/.test(name)) return value ? `${value} ms` : "–";
    if (/_bytes_/.test(name)) return value < 1000 ? bytes(value) : `${bytes(value)} (${whole(value)})`;
    return String(value);
}
