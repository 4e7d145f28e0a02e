/* Answers by phone. The page works without this. With it, a digit chooses and goes on, questions
   that are not asked step back, and what could not be stored stays on the screen and says so. */
"use strict";
(() => {
  const TIMEOUT = 20000;
  const WORDS = { r: "refused", n: "skipped", x: "not_applicable" };
  let busy = false;

  const form = () => document.querySelector("[data-entry]");
  const questions = () => [...document.querySelectorAll("[data-question]")];

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-entry]")) settle();
  });

  /* Only while a question has the focus: elsewhere letters and digits are nobody's keys. */
  document.addEventListener("keydown", (event) => {
    const question = event.target.closest("[data-question]");
    if (!question || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.type === "radio") {
      event.preventDefault();
      next(question);
      return;
    }
    const value = WORDS[event.key.toLowerCase()] || event.key;
    const wanted = [...question.querySelectorAll("input")].find((input) => input.value === value);
    if (!wanted) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.checked = true;
    settle();
    next(question);
  });

  function next(question) {
    const open = questions().filter((other) => !other.hidden);
    const after = open[open.indexOf(question) + 1];
    focus(after ? input(after) : document.querySelector('[name="_words"]'));
  }

  function input(question) {
    return question.querySelector("input:checked") || question.querySelector("input");
  }

  /* A question behind a gate shows once the gate is open; who it is, once it is somebody else. */
  function settle() {
    questions().forEach((question) => {
      if (!question.dataset.gate) return;
      question.hidden = !isOpen(question.dataset.gate, Number(question.dataset.least));
      question.querySelector("[data-only]").hidden = true;
    });
    const relation = document.querySelector("[data-relation]");
    const other = document.querySelector('[name="_by"][value="proxy"]');
    if (relation && other) relation.hidden = !other.checked;
  }

  function isOpen(code, least) {
    const gate = questions().find((question) => question.id === `f-${code}`);
    const chosen = gate && !gate.hidden && gate.querySelector("input:checked");
    return Boolean(chosen) && Number(chosen.value) >= least;
  }

  /* Stored, or said not to be: the answers are on the screen until they are in the clinic. */
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });

  async function send(sent, button) {
    if (busy) return; // a second press sends nothing
    busy = true;
    const body = new URLSearchParams(new FormData(sent));
    if (button && button.name) body.append(button.name, button.value);
    try {
      const response = await fetch(sent.action, {
        method: "POST",
        body,
        credentials: "same-origin",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const stored = response.redirected && response.url === `${sent.action}/done`;
      if (response.status >= 500 || (response.redirected && !stored)) throw new Error("not stored");
      show(await response.text());
      if (stored) window.history.pushState(null, "", response.url);
    } catch {
      const panel = document.querySelector("[data-not-stored]");
      panel.hidden = false;
      focus(panel);
    } finally {
      busy = false;
    }
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    for (const part of ["main", ".bar nav"]) {
      document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
    }
    window.scrollTo(0, 0);
    begin();
  }

  function begin() {
    settle();
    const hint = document.querySelector("[data-hint]");
    if (hint) hint.hidden = false;
    const wrong = document.querySelector(".errors:not([hidden])");
    focus(wrong || document.querySelector('[name="_by"]') || heading());
  }

  function heading() {
    const found = document.querySelector("h1");
    if (found) found.tabIndex = -1;
    return found;
  }

  function focus(element) {
    if (element) element.focus();
  }

  window.addEventListener("popstate", () => window.location.reload());
  begin();
})();
