/* Answers by phone. The page works without this. With it, a digit chooses and goes on, questions
   that are not asked step back, and what could not be stored stays on the screen and says so. */
"use strict";
(() => {
  const TIMEOUT = 20000;
  const WORDS = { r: "refused", n: "skipped", x: "not_applicable" };
  let busy = false;
  let shown = here();

  const form = () => document.querySelector("[data-entry]");
  const questions = () => [...document.querySelectorAll("[data-question]")];

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-question], [data-entry]")) settle();
  });

  /* What is typed or ticked, or why there is nothing: what is done last counts, and can be seen. */
  document.addEventListener("input", (event) => {
    const question = event.target.closest("[data-question]");
    if (question && reasons(question).length) instead(question, event.target);
  });

  const reasons = (question) => [...question.querySelectorAll('[type="checkbox"][name$=":why"]')];

  function instead(question, last) {
    const isReason = reasons(question).includes(last);
    const given = isReason ? last.checked : last.checked || last.value;
    if (!given) return;
    reasons(question).forEach((box) => (box.checked = box === last));
    if (!isReason) return;
    question.querySelectorAll("[data-typed]").forEach((field) => (field.value = ""));
    question.querySelectorAll('[type="checkbox"]').forEach((box) => (box.checked = box === last));
  }

  /* Only while a question has the focus: elsewhere letters and digits are nobody's keys. */
  document.addEventListener("keydown", (event) => {
    const question = event.target.closest("[data-question]");
    if (!question && event.key === "Enter" && event.target.matches("[data-entry] input")) {
      event.preventDefault(); // nothing is stored before the questions were asked
      focus(input(questions().find((one) => !one.hidden)));
    }
    if (!question || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      next(question);
      return;
    }
    if (event.target.matches("[data-typed]")) return; // digits are typed there
    const value = WORDS[event.key.toLowerCase()] || event.key;
    const wanted = [...question.querySelectorAll("input")].find((input) => input.value === value);
    if (!wanted) return;
    event.preventDefault();
    event.stopPropagation();
    const several = wanted.type === "checkbox" && !reasons(question).includes(wanted);
    wanted.checked = several ? !wanted.checked : true;
    if (wanted.type === "checkbox") instead(question, wanted);
    settle();
    if (!several) next(question); // of several Enter goes on
  });

  /* On to the next that nobody has answered yet. */
  function next(question) {
    const open = questions().filter((other) => !other.hidden);
    const anyhow = document.querySelector("[data-plain]"); // a correction looks at what was given
    const later = open.slice(open.indexOf(question) + 1);
    const after = later.find((other) => anyhow || !("given" in other.dataset));
    focus(after ? input(after) : document.querySelector('[name="_words"], [data-plain] button'));
  }

  function input(question) {
    return question.querySelector("input:checked") || question.querySelector("input, textarea");
  }

  /* A question behind a gate shows once the gate is open; who it is, once it is somebody else. */
  function settle() {
    const other = document.querySelector('[name="_by"][value="proxy"]');
    questions().forEach((question) => {
      const { gate, least } = question.dataset;
      const herself = "ofHerself" in question.dataset; // what was ticked stays in sight
      const left = herself && other && other.checked && !question.querySelector("input:checked");
      question.hidden = left || (Boolean(gate) && !isOpen(gate, Number(least)));
      if (gate) question.querySelector("[data-only]").hidden = true;
    });
    const relation = document.querySelector("[data-relation]");
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

  function here() {
    return window.location.pathname + window.location.search;
  }

  async function send(sent, button) {
    if (busy) return; // a second press sends nothing
    busy = true;
    let locked = false;
    const body = new URLSearchParams(new FormData(sent));
    if (button && button.name) body.append(button.name, button.value);
    try {
      const url = new URL(sent.getAttribute("action"), window.location).href;
      const response = await fetch(url, {
        method: "POST",
        body,
        credentials: "same-origin",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const stored = response.redirected && response.url === `${url}/done`;
      const told = stored || (!response.redirected && [409, 422].includes(response.status));
      if (response.status === 403) await renew(sent);
      locked = new URL(response.url).pathname === "/locked";
      if (!told || response.status >= 500) throw new Error("not stored");
      show(await response.text());
      if (stored) window.history.pushState(null, "", response.url);
      shown = here();
    } catch {
      const panel = document.querySelector("[data-not-stored]");
      panel.hidden = false;
      focus(panel);
      if (locked) document.dispatchEvent(new Event("rsm-locked")); // opened again, it is as it was
    } finally {
      busy = false;
    }
  }

  /* Signed in anew in another tab: the seal of this form is of the session before. */
  async function renew(sent) {
    const page = await fetch(window.location.href, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    const seal = fresh.querySelector('[data-entry] [name="csrf"]');
    if (seal) sent.querySelector('[name="csrf"]').value = seal.value;
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

  /* Back leads to another page; a link to a field of this one does not, and loses nothing. */
  window.addEventListener("popstate", () => here() === shown || window.location.reload());
  begin();
})();
