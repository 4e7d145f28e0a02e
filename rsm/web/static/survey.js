/* The patient pages work without this. With it, a form that could not be sent says so at once,
   keeps the answers on the screen, and can be sent again with the same button. */
"use strict";
(() => {
  const TIMEOUT = 20000;
  let busy = false;
  let failed = null; // the form and the button that could not be sent
  let shown = here();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    send(form, event.submitter);
  });

  document.addEventListener("click", (event) => {
    if (failed && event.target.closest("[data-retry]")) send(failed.form, failed.button);
  });

  /* A number, or why there is none: what is done last counts, and can be seen. */
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form) return;
    const number = form.querySelector("[data-number]");
    if (event.target === number && number.value) tick(form, null);
    if (event.target.matches("[data-instead]:checked")) {
      tick(form, event.target);
      number.value = "";
    }
  });

  window.addEventListener("online", () => failed && send(failed.form, failed.button));
  /* Back leads to another page; a link to a field of this one does not, and loses nothing. */
  window.addEventListener("popstate", () => here() === shown || window.location.reload());
  focusError();

  function here() {
    return window.location.pathname + window.location.search;
  }

  async function send(form, button) {
    if (busy) return; // a second tap sends nothing
    busy = true;
    mark(true);
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.append(button.name, button.value);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body,
        credentials: "same-origin",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const type = response.headers.get("content-type") || "";
      if (response.status >= 500 || !type.startsWith("text/html")) {
        throw new Error("not stored");
      }
      show(await response.text(), response.url);
      failed = null;
    } catch {
      failed = { form, button };
      showNotSent();
    } finally {
      busy = false;
      mark(false);
    }
  }

  function show(html, url) {
    const next = new DOMParser().parseFromString(html, "text/html");
    if (url !== window.location.href) window.history.pushState(null, "", url);
    shown = here();
    document.title = next.title;
    document.documentElement.lang = next.documentElement.lang;
    document.documentElement.dir = next.documentElement.dir;
    document.body.replaceWith(document.adoptNode(next.body));
    window.scrollTo(0, 0);
    if (!focusError()) focus(document.querySelector("h1"));
  }

  function showNotSent() {
    const main = document.querySelector("main");
    let panel = main.querySelector("[data-not-sent]");
    if (!panel) {
      const template = document.getElementById("not-sent");
      main.prepend(template.content.cloneNode(true));
      panel = main.querySelector("[data-not-sent]");
    }
    document.title = panel.dataset.title;
    window.scrollTo(0, 0);
    focus(panel);
  }

  function mark(on) {
    document.querySelectorAll("main button").forEach((button) => {
      button.setAttribute("aria-disabled", String(on));
    });
  }

  function tick(form, only) {
    form.querySelectorAll("[data-instead]").forEach((box) => {
      box.checked = box === only;
    });
  }

  function focusError() {
    const errors = document.querySelector(".errors");
    focus(errors);
    return errors !== null;
  }

  function focus(element) {
    if (!element) return;
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }
})();
