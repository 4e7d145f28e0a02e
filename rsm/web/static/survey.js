/* The patient pages work without this. With it, a form that could not be sent says so at once,
   keeps the answers on the screen (and nowhere else: phones are shared), tries again by itself,
   and can be sent again with the same button. */
"use strict";
(() => {
  const TIMEOUT = 20000;
  const AGAIN = 15000;
  let busy = false;
  let failed = null; // the form and the button that could not be sent
  let later = 0; // when it is tried again
  let shown = here();
  let touched = new Set(); // questions with answers that are only on the screen
  let keeping = null; // their way to the clinic, one after the other

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post") return; // a question may be called "method"
    if (form.getAttribute("data-plain") !== null) return; // a trial ends on a page of staff
    event.preventDefault();
    send(form, event.submitter);
  });

  document.addEventListener("click", (event) => {
    if (failed && event.target.closest("[data-retry]")) send(failed.form, failed.button);
    if (event.target.dataset.part) press(event.target.dataset.part, event.target);
  });

  /* A tap where the knob would be, were it seen, changes nothing by itself. */
  document.addEventListener("pointerup", (event) => {
    if (event.target.matches(".slide")) slid(event.target);
  });

  document.addEventListener("input", (event) => {
    const field = event.target;
    const question = field.closest("[data-ask]");
    if (!question) return;
    if (field.matches(".slide")) slid(field);
    if (field.matches(".day input")) picked(field);
    oneOrOther(field);
    draw(field.form);
    left(field);
    keepOthers(question);
  });

  window.addEventListener("online", retry);
  document.addEventListener("visibilitychange", () => document.hidden && keepOthers(null));
  /* Back leads to another page; a link to a field of this one does not, and loses nothing. */
  window.addEventListener("popstate", () => here() === shown || window.location.reload());
  enhance();
  focusError();

  function here() {
    return window.location.pathname + window.location.search;
  }

  async function send(form, button, alone) {
    if (busy) return; // a second tap sends nothing
    busy = true;
    clearTimeout(later);
    if (keeping) keeping.abort(); // what follows holds it all
    mark(true);
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.append(button.name, button.value);
    try {
      const response = await post(form.getAttribute("action"), body);
      const type = response.headers.get("content-type") || "";
      if (response.status >= 500 || !type.startsWith("text/html")) {
        throw new Error("not stored");
      }
      show(await response.text(), response.url);
      failed = null;
    } catch {
      failed = { form, button };
      later = setTimeout(retry, AGAIN);
      showNotSent(alone);
    } finally {
      busy = false;
      mark(false);
    }
  }

  function post(url, body, more) {
    const signal = AbortSignal.timeout(TIMEOUT);
    return fetch(url, { method: "POST", body, credentials: "same-origin", signal, ...more });
  }

  function retry() {
    if (failed) send(failed.form, failed.button, true);
  }

  function show(html, url) {
    const next = new DOMParser().parseFromString(html, "text/html");
    if (url !== window.location.href) window.history.pushState(null, "", url);
    shown = here();
    touched = new Set();
    document.title = next.title;
    document.documentElement.lang = next.documentElement.lang;
    document.documentElement.dir = next.documentElement.dir;
    document.body.replaceWith(document.adoptNode(next.body));
    window.scrollTo(0, 0);
    enhance();
    if (!focusError()) focus(document.querySelector("h1"));
  }

  function showNotSent(alone) {
    const main = document.querySelector("main");
    let panel = main.querySelector("[data-not-sent]");
    if (panel && alone) return; // nobody is called away from what she does
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

  /* Of several questions on a page, what was answered is stored as soon as she turns to another
     or looks away. One question alone waits for its button. */
  function keepOthers(present) {
    const done = [...touched].filter((question) => question !== present);
    if (present && present.form.querySelectorAll("[data-ask]").length > 1) touched.add(present);
    if (!done.length || busy || keeping) return;
    const form = done[0].form;
    const body = new URLSearchParams({ go: "keep", lang: document.documentElement.lang });
    for (const [name, value] of new FormData(form)) {
      const field = form.elements[name];
      const one = field instanceof RadioNodeList ? field[0] : field;
      if (name === "csrf" || done.includes(one.closest("[data-ask]"))) body.append(name, value);
    }
    done.forEach((question) => touched.delete(question));
    keeping = new AbortController();
    post(form.getAttribute("action"), body, { keepalive: true, redirect: "manual", signal: keeping.signal })
      .then(async (response) => response.status === 200 && sayAtOnce(await response.text()))
      .catch(() => done.forEach((question) => touched.add(question))) // goes with the next
      .finally(() => (keeping = null));
  }

  /* An answer that was severe: whom to call, without taking the page out of her hands. */
  function sayAtOnce(html) {
    const next = new DOMParser().parseFromString(html, "text/html");
    const said = next.querySelector("main > [role=alert]");
    const main = document.querySelector("main");
    if (!said || main.querySelector(`:scope > [aria-labelledby="${said.getAttribute("aria-labelledby")}"]`)) return;
    main.prepend(document.adoptNode(said));
    said.scrollIntoView({ block: "nearest" });
  }

  /* An answer, or why there is none; "none of these", or some of them: what is done last counts. */
  function oneOrOther(field) {
    const all = [...field.closest("[data-ask]").querySelectorAll("[data-typed],[data-instead],[data-alone]")];
    const set = field.type === "checkbox" ? field.checked : field.value;
    if (!set || !all.includes(field)) return;
    const mine = kind(field);
    all.filter((one) => one !== field && (kind(one) !== mine || mine !== "typed")).forEach(clear);
  }

  function kind(field) {
    return ["typed", "instead", "alone"].find((name) => name in field.dataset);
  }

  function clear(field) {
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
    const slide = field.slide;
    if (slide) unset(field, slide);
  }

  /* --- what a page gets besides ---------------------------------------------------------------- */

  function enhance() {
    document.querySelectorAll("[data-scale]").forEach(addSlide);
    document.querySelectorAll("[data-date]").forEach(addCalendar);
    document.querySelectorAll(".body").forEach((body) => body.classList.add("live"));
    document.querySelectorAll("[data-left]").forEach(left);
  }

  function addSlide(field) {
    const [min, max, step] = field.dataset.scale.split(" ");
    const slide = Object.assign(document.createElement("input"), { type: "range", min, max, step });
    slide.className = "slide";
    slide.setAttribute("aria-label", field.labels[0].textContent);
    slide.setAttribute("aria-describedby", `${field.id}-ends`);
    slide.target = field;
    field.slide = slide;
    field.closest("p").after(slide);
    if (field.value) slide.value = field.value;
    else unset(field, slide);
    field.addEventListener("input", () => {
      if (field.value === "") return unset(field, slide);
      slide.value = field.value;
      slide.classList.remove("unset");
      slide.removeAttribute("aria-valuetext");
    });
  }

  /* Where nothing was chosen there is no knob, and nothing is sent. */
  function unset(field, slide) {
    slide.classList.add("unset");
    slide.setAttribute("aria-valuetext", field.dataset.unset);
  }

  function slid(slide) {
    slide.classList.remove("unset");
    slide.removeAttribute("aria-valuetext");
    slide.target.value = slide.value;
    oneOrOther(slide.target);
  }

  function addCalendar(box) {
    const day = Object.assign(document.createElement("input"), { type: "date" });
    if (box.dataset.min) day.min = box.dataset.min;
    if (box.dataset.max) day.max = box.dataset.max;
    const label = document.createElement("label");
    label.className = "day";
    label.append(`${box.dataset.date} `, day);
    box.after(label);
  }

  function picked(day) {
    const parts = day.value.split("-").map(Number);
    if (parts.length < 3) return;
    const box = day.closest("[data-ask]").querySelector("[data-date]");
    const [year, month, date] = parts;
    const named = { year, month, day: date };
    box.querySelectorAll("[data-typed]").forEach((field) => {
      field.value = named[field.name.split(":").pop()];
      oneOrOther(field);
    });
  }

  function press(name, part) {
    const box = part.closest("form").elements[name];
    box.click(); // says so to whoever listens, as a finger on its words does
  }

  function draw(form) {
    form.querySelectorAll("[data-part]").forEach((part) => {
      part.classList.toggle("on", form.elements[part.dataset.part].checked);
    });
  }

  function left(field) {
    if (!field.dataset.left) return;
    const says = document.getElementById(`${field.id}-left`);
    says.textContent = `${field.dataset.left} ${field.maxLength - field.textLength}`;
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
