/* An idle page locks itself. What somebody has half typed is taken off the page, held nowhere but in
   this tab's memory, and put back once the password was right. The server counts idle time for
   itself as well, and has locked the session by then. */
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const idle = 1000 * Number(document.body.dataset.idleSeconds || 0);
  const gate = one("#locked");
  const lock = one("#lock");
  let timer = 0;
  let asked = performance.now(); // when the server last heard of this page
  let held = null; // what was on the page, while it is locked
  if (!idle || !gate || !lock) return;

  ["pointerdown", "keydown", "scroll"].forEach((name) => document.addEventListener(name, restart, { passive: true }));
  document.addEventListener("rsm-locked", cover); // a page found out that its session is locked
  restart();

  function restart() {
    window.clearTimeout(timer);
    if (!held) timer = window.setTimeout(left, idle);
  }

  function left() {
    if (!isTyped()) return lock.requestSubmit();
    const body = new URLSearchParams(new FormData(lock));
    cover();
    post("/lock", body).catch(() => {}); // and again before it is opened
  }

  function isTyped() {
    return all("main input, main textarea, main option").some((field) => {
      if (field.matches("option")) return field.selected !== field.defaultSelected && field.closest("select").selectedIndex > 0;
      if (["radio", "checkbox"].includes(field.type)) return field.checked !== field.defaultChecked;
      return field.type !== "hidden" && field.value !== field.defaultValue;
    });
  }

  function post(url, body) {
    return fetch(url, { method: "POST", body, credentials: "same-origin" });
  }

  function cover() {
    if (held) return;
    held = { nodes: [...document.body.childNodes], title: document.title, top: window.scrollY };
    document.documentElement.dataset.locked = "";
    document.body.replaceChildren(gate.content.cloneNode(true));
    document.title = gate.dataset.title;
    one("#f-unlock").focus();
  }

  function open() {
    const { nodes, title, top } = held;
    held = null;
    delete document.documentElement.dataset.locked;
    document.body.replaceChildren(...nodes);
    document.title = title;
    window.scrollTo(0, top);
    asked = performance.now();
    restart();
  }

  /* Locked first, whatever came of it before: it opens by the password, and by nothing else. */
  async function isOpened(body) {
    await post("/lock", body);
    const sent = await post("/locked", body);
    const { pathname } = new URL(sent.url);
    return sent.ok && sent.redirected && pathname !== "/locked" && !pathname.startsWith("/login");
  }

  async function unlock(form) {
    const wrong = one("[data-wrong]", form);
    const body = new URLSearchParams(new FormData(form));
    let opened = false;
    try {
      opened = await isOpened(body);
    } catch {
      opened = false; // no connection: it stays locked
    }
    if (opened) return open();
    wrong.hidden = false;
    wrong.focus();
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-unlock]")) {
      event.preventDefault();
      unlock(form);
      return;
    }
    const late = performance.now() - asked >= idle;
    if (held || event.defaultPrevented || !late || form.getAttribute("method") !== "post" || !form.closest("main")) return;
    event.preventDefault(); // whoever typed for long may be locked out: what she typed stays
    if (await isLocked()) return cover();
    asked = performance.now();
    form.requestSubmit(event.submitter);
  });

  async function isLocked() {
    try {
      return (await fetch("/locked", { credentials: "same-origin", redirect: "manual" })).ok;
    } catch {
      return false;
    }
  }
})();
