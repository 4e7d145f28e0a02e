/* The staff pages work without this. With it, lists keep themselves up to date, keys move through
   them, and an idle page locks itself. */
"use strict";
(() => {
  const KEYS = "rsm-keys";
  const one = (selector, root = document) => root.querySelector(selector);

  /* Lists: ask for the version; when it changed, load the fragment. */
  const list = one("[data-poll]");
  if (list) window.setInterval(() => refresh(list), 1000 * Number(list.dataset.every || 10));

  async function refresh(place) {
    if (document.hidden || isTyping(document.activeElement) || isWritten(place)) return;
    const stale = one("[data-stale]");
    try {
      const answer = await ask(place.dataset.poll);
      const version = answer.trim();
      if (version !== place.dataset.version) {
        const html = await ask(place.dataset.fragment);
        const row = current();
        const kept = row && address(row);
        const focused = row && row.contains(document.activeElement);
        place.innerHTML = html;
        place.dataset.version = version;
        const again = rows().find((other) => address(other) === kept);
        if (again) point(again);
        if (again && focused) focus(one("[data-open]", again));
      }
      if (stale) stale.hidden = true;
    } catch {
      if (stale) stale.hidden = false;
    }
  }

  /* A note that somebody has begun to write is not drawn over. */
  function isWritten(place) {
    return [...place.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
  }

  async function ask(url) {
    const response = await fetch(url, { credentials: "same-origin", redirect: "error" });
    if (!response.ok) throw new Error("not up to date");
    return response.text();
  }

  /* Keys. They can be turned off, since they disturb people who dictate. */
  const hint = one("[data-keys]");
  const toggle = one("[data-keys-switch]");
  let keysOn = window.localStorage.getItem(KEYS) !== "off";
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      keysOn = !keysOn;
      window.localStorage.setItem(KEYS, keysOn ? "on" : "off");
      label();
    });
    label();
  }

  function label() {
    toggle.textContent = keysOn ? "Turn keys off" : "Turn keys on";
    hint.classList.toggle("off", !keysOn);
  }

  document.addEventListener("keydown", (event) => {
    if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "t") press(one("[data-take]", current() || document));
    else if (key === "/") focus(one("#find") || one("#q"));
    else if (key >= "1" && key <= "9") choose(Number(key));
    else return;
    event.preventDefault();
  });

  function rows() {
    return [...document.querySelectorAll("[data-row]")];
  }

  function current() {
    return one("[data-row][aria-current]");
  }

  function address(row) {
    return one("[data-open]", row).getAttribute("href");
  }

  function point(row) {
    rows().forEach((other) => other.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const row = all[Math.min(all.length - 1, Math.max(0, at + step))];
    point(row);
    focus(one("[data-open]", row)); // Enter follows the link that has the focus
  }

  function choose(number) {
    const form = one("[data-outcome]");
    const option = form && form.querySelectorAll('input[name="code"]')[number - 1];
    if (option) {
      option.checked = true;
      focus(option);
    }
  }

  function press(button) {
    if (button && (current() || !rows().length)) button.click();
  }

  function focus(element) {
    if (element) element.focus();
  }

  function isTyping(element) {
    return Boolean(element && element.closest("input:not([type=radio]):not([type=checkbox]), textarea, select"));
  }

  /* Idle: lock as the button in the menu does. The server counts for itself as well. */
  const idle = Number(document.body.dataset.idleSeconds || 0);
  const lock = one("#lock");
  if (idle && lock) {
    let timer = 0;
    const restart = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => lock.requestSubmit(), 1000 * idle);
    };
    ["pointerdown", "keydown", "scroll"].forEach((name) => document.addEventListener(name, restart, { passive: true }));
    restart();
  }

  focus(one(".errors"));
})();
