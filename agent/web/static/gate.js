// Before anybody is in: the first visit with the one-time code, and the log-in.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { failure, field, spoken } from "./pieces.js";

const secret = (attributes) => h("input", { type: "password", required: true, ...attributes });

export function page(state, enter) {
    const isFirst = state === "first_visit";
    const says = spoken();
    const code =
        isFirst &&
        h("input", {
            type: "text",
            required: true,
            autocomplete: "one-time-code",
            autocapitalize: "off",
            spellcheck: "false",
            name: "code",
            class: "code",
        });
    const password = secret({
        name: "password",
        autocomplete: isFirst ? "new-password" : "current-password",
        minlength: isFirst ? "8" : null,
    });
    const again = isFirst && secret({ name: "again", autocomplete: "new-password" });
    const submit = h("button", { type: "submit", class: "primary" }, isFirst ? "Set the password" : "Log in");
    const form = h(
        "form",
        {
            class: "stack",
            onsubmit: async (event) => {
                event.preventDefault();
                if (isFirst && again.value !== password.value) {
                    fill(
                        says,
                        h(
                            "div",
                            { class: "note bad", role: "alert" },
                            h("p", { class: "what" }, "The two passwords differ."),
                            h("p", { class: "next" }, "Next: type the same password twice."),
                        ),
                    );
                    again.focus();
                    return;
                }
                submit.disabled = true;
                try {
                    await enter(
                        isFirst
                            ? await api.post("/first-visit", { code: code.value.trim(), password: password.value })
                            : await api.post("/login", { password: password.value }),
                    );
                } catch (problem) {
                    fill(says, failure(problem));
                    (isFirst && problem.code === "wrong_code" ? code : password).select();
                    if (problem.wait) {
                        countDown(says, problem.wait, submit);
                        return;
                    }
                }
                submit.disabled = false;
            },
        },
        code &&
            field("One-time code", code, "", [
                "On the device, ",
                h("code", null, "cpe-agent setup --code"),
                " prints it. It works once.",
            ]),
        field(
            isFirst ? "New password" : "Password",
            password,
            isFirst ? "At least 8 characters. It opens this page only." : "",
        ),
        again && field("The same password again", again),
        h("div", { class: "acts" }, submit),
        says,
    );
    // What the browser itself finds wrong it says; an older verdict beside that would be about something else.
    form.addEventListener("invalid", () => submit.disabled || fill(says), true);
    return h(
        "main",
        { class: "gate", id: "main" },
        h("p", { class: "mark" }, h("span", { class: "mark-line", "aria-hidden": "true" }), "cpe-agent"),
        h("h1", { tabindex: "-1" }, isFirst ? "First visit" : "Log in"),
        h(
            "p",
            { class: "lead" },
            isFirst
                ? "Nobody has opened this device's page yet. Prove that you have access to the device, then choose a password."
                : "This page shows and changes how the device is managed from afar.",
        ),
        form,
        isFirst
            ? null
            : h(
                  "p",
                  { class: "quiet" },
                  "Forgotten? On the device, ",
                  h("code", null, "cpe-agent setup --forget-password"),
                  " removes it.",
              ),
    );
}

function countDown(place, seconds, submit) {
    const left = h("p", { class: "quiet" });
    place.append(left);
    const until = Date.now() + seconds * 1000;
    const turn = () => {
        const rest = Math.ceil((until - Date.now()) / 1000);
        if (rest <= 0 || !submit.isConnected) {
            submit.disabled = false;
            left.remove();
            return;
        }
        left.textContent = `The next try is possible in ${rest} s.`;
        setTimeout(turn, 1000);
    };
    turn();
}
