// The theme that was chosen here, before the first paint; without a choice, the system's.
(() => {
    let chosen = "";
    try {
        chosen = localStorage.getItem("theme") || "";
    } catch {
        // Storage may be forbidden: the system's theme, then.
    }
    if (chosen) document.documentElement.dataset.theme = chosen;
})();
