// The agent's /api/v1: one function for each kind of request, and what is known about the log-in.

const BASE = "/api/v1";
const heard = new EventTarget();
let csrf = "";

/** A request that failed: what happened and why, what to do next, and for the model which parameters. */
export class Refused extends Error {
    constructor(status, error, wait = 0) {
        super(error.message || `the agent answered ${status}`);
        this.status = status;
        this.code = error.code || "";
        this.next = error.next || "";
        this.parameters = error.parameters || [];
        this.wait = wait;
    }
}

export const on = (what, act) => heard.addEventListener(what, act);
const tell = (what) => heard.dispatchEvent(new Event(what));
export const keep = (token) => {
    csrf = token || csrf;
};

async function fetched(method, path, body, signal, isWatch) {
    const headers = { Accept: "application/json" };
    if (isWatch) headers["X-Background"] = "1";
    if (method !== "GET") headers["X-CSRF-Token"] = csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
        return await fetch(BASE + path, {
            method,
            headers,
            body: body === undefined ? undefined : JSON.stringify(body),
            signal,
            cache: "no-store",
            credentials: "same-origin",
            redirect: "error",
        });
    } catch (problem) {
        if (signal?.aborted) throw problem;
        tell("lost");
        throw new Refused(0, {
            code: "lost",
            message: "The agent does not answer.",
            next: "This page tries again by itself. If it stays so: is the agent running, and is the device reachable?",
        });
    }
}

async function refusal(response) {
    let error = {};
    try {
        error = (await response.json()).error || {};
    } catch {
        // No document: the status has to do.
    }
    return new Refused(response.status, error, Number(response.headers.get("Retry-After")) || 0);
}

async function asked(method, path, body, signal, { isAgain = false, isWatch = false } = {}) {
    const response = await fetched(method, path, body, signal, isWatch);
    if (response.ok) return response;
    const error = await refusal(response);
    if (error.code === "csrf" && !isAgain) {
        keep((await call("GET", "/session")).csrf);
        return asked(method, path, body, signal, { isAgain: true });
    }
    if (error.code === "not_logged_in") tell("locked");
    if (error.code === "agent_down") tell("lost");
    throw error;
}

async function call(method, path, body, signal, how) {
    const response = await asked(method, path, body, signal, how);
    const text = await response.text();
    return text ? JSON.parse(text) : {};
}

export const get = (path, signal) => call("GET", path, undefined, signal);
/** What the page asks by itself, which does not keep the log-in alive. */
export const watch = (path, signal) => call("GET", path, undefined, signal, { isWatch: true });
export const post = (path, body = {}, signal = undefined) => call("POST", path, body, signal);
export const replace = (path, body) => call("PUT", path, body);

/** POST whose answer is a document a line; each is given to ``each`` as it comes. */
export async function stream(path, body, each, signal) {
    const response = await asked("POST", path, body, signal);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
        const { done, value } = await reader.read();
        rest += value ? decoder.decode(value, { stream: true }) : "";
        const lines = rest.split("\n");
        rest = done ? "" : lines.pop();
        for (const line of lines) if (line.trim()) each(JSON.parse(line));
        if (done) return;
    }
}

export const query = (values) =>
    `?${Object.entries(values)
        .flatMap(([key, value]) => [value].flat().map((one) => `${key}=${encodeURIComponent(one)}`))
        .join("&")}`;
