/* The staff pages work without this. With it, lists and alerts keep themselves up to date, clocks
   run, and keys move through the lines. */
"use strict";
(() => {
  const KEYS = "rsm-keys";
  const PLACE = "rsm-place";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* --- up to date: ask for the version; when it changed, load the part ------------------------ */
  const places = all("[data-poll]");
  let pressed = false; // nothing moves under a finger
  let looking = null;
  ["pointerdown", "pointerup", "pointercancel"].forEach((name) =>
    document.addEventListener(name, () => { pressed = name === "pointerdown"; }, { passive: true }));
  places.forEach((place) => window.setInterval(tick, 1000 * Number(place.dataset.every || 10)));
  document.addEventListener("visibilitychange", tick);

  function tick() {
    if (!looking && !document.hidden && !pressed) look();
  }

  /* Resolves when the page shows what is the case now. */
  async function look() {
    if (looking) await looking;
    looking = Promise.all(places.map(refresh)).finally(() => { looking = null; });
    return looking;
  }

  async function refresh(place) {
    const stale = one("[data-stale]");
    try {
      const version = (await ask(place.dataset.poll)).trim();
      if (version !== place.dataset.version && !isWritten(place)) {
        const html = await ask(place.dataset.fragment);
        if (!isWritten(place)) {
          if ("parts" in place.dataset) putParts(html);
          else keeping(place, () => { place.innerHTML = html; });
          place.dataset.version = version;
          count();
          seen();
        }
      }
      if (stale) stale.hidden = true;
    } catch {
      if (stale) stale.hidden = false;
    }
  }

  function count() {
    const waiting = one("[data-waiting]");
    const shown = one('.bar nav a[href="/alerts"] .num');
    if (waiting && shown) put(shown, waiting.dataset.waiting);
  }

  async function ask(url) {
    const response = await fetch(url, { credentials: "same-origin", redirect: "error" });
    if (!response.ok) throw new Error("not up to date");
    return response.text();
  }

  /* A note that somebody has begun to write is not drawn over. */
  function isWritten(place) {
    return all("textarea", place).some((area) => area.value !== area.defaultValue);
  }

  function putParts(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const before = told();
    all("[data-live]", fresh).forEach((part) => {
      const here = one(`[data-live="${part.dataset.live}"]`);
      const used = here && "later" in here.dataset && one("details[open]", here);
      if (here && !used) keeping(here, () => { here.innerHTML = part.innerHTML; });
    });
    if (told() !== before) say(told());
  }

  function told() {
    return (one("[data-told]") || { textContent: "" }).textContent.trim();
  }

  /* Draw anew, and keep the line that is pointed at, the focus, what is unfolded, and the scroll. */
  function keeping(root, change) {
    const active = root.contains(document.activeElement) ? placeOf(root, document.activeElement) : null;
    const row = current(root);
    const at = row ? rows(root).indexOf(row) : -1;
    const unfolded = all("details[open]", root).map((each) => placeOf(root, each));
    const anchor = rows(root).find((each) => each.getBoundingClientRect().bottom > 0);
    const top = anchor ? anchor.getBoundingClientRect().top : 0;
    change();
    const left = rows(root);
    if (row) {
      const again = left.find((each) => key(each) === key(row)) || left[Math.min(at, left.length - 1)];
      if (again) point(again);
    }
    unfolded.forEach((where) => { const found = findAt(root, where, "details"); if (found) found.open = true; });
    if (active) focus(findAt(root, active, FOCUSED) || (current(root) && one("[data-open]", current(root))) || root);
    const still = anchor && left.find((each) => key(each) === key(anchor));
    if (still) window.scrollBy(0, still.getBoundingClientRect().top - top);
  }

  const FOCUSED = "a[href], button, input, select, textarea, summary, [tabindex]";

  function placeOf(root, element) {
    const row = element.closest("[data-row]");
    const kind = element.matches("details") ? "details" : FOCUSED;
    return { row: row ? key(row) : "", index: all(kind, row || root).indexOf(element) };
  }

  function findAt(root, where, kind) {
    const within = where.row ? rows(root).find((each) => key(each) === where.row) : root;
    return within ? all(kind, within)[where.index] : null;
  }

  /* --- clocks: what the server said, and the time since then ---------------------------------- */
  const since = new WeakMap();
  seen();
  window.setInterval(seen, 5000);

  function seen() {
    const now = performance.now();
    all("[data-clock]").forEach((clock) => {
      if (!since.has(clock)) since.set(clock, now);
      const elapsed = Number(clock.dataset.clock) + (now - since.get(clock)) / 1000;
      const target = Number(clock.dataset.target);
      const tail = one("[data-tail]", clock);
      const over = elapsed > target;
      put(one("[data-elapsed]", clock), span(elapsed));
      put(tail, (over ? tail.dataset.over : tail.dataset.of).replace("%", span(over ? elapsed - target : target)));
      if (clock.matches("td")) clock.classList.toggle("late", over);
    });
  }

  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  /* As `rsm.web.when.span`. */
  function span(seconds) {
    const minutes = Math.max(0, Math.floor(seconds / 60));
    const hours = Math.floor(minutes / 60);
    if (minutes < 60) return `${minutes} min`;
    if (hours < 48) return minutes % 60 ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${hours} h`;
    return `${Math.floor(hours / 24)} days`;
  }

  /* --- keys. They can be turned off, since they disturb people who dictate -------------------- */
  const help = one("#keys");
  let keysOn = window.localStorage.getItem(KEYS) !== "off";
  all("[data-keys-switch]").forEach((toggle) => {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      keysOn = !keysOn;
      window.localStorage.setItem(KEYS, keysOn ? "on" : "off");
      label();
    });
  });
  label();
  all("[data-keys-open]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  });
  if (help) one("[data-keys-close]", help).addEventListener("click", () => help.close());

  function label() {
    all("[data-keys-switch]").forEach((toggle) => { toggle.textContent = keysOn ? "Turn keys off" : "Turn keys on"; });
    all("[data-keys]").forEach((hint) => hint.classList.toggle("off", !keysOn));
  }

  const DOES = {
    j: () => move(1),
    k: () => move(-1),
    a: () => press("[data-take]"),
    t: () => press("[data-take]"),
    u: () => press("[data-back]"),
    c: () => close(),
    n: () => focus(one("[data-outcome] textarea")),
    m: () => focus(one("[data-phrases] button:not([hidden])")),
    o: () => press("[data-takeover]"),
    b: () => unfold("b"),
    e: () => unfold("e"),
    h: () => unfold("h"),
    s: () => unfold("s"),
    p: () => focus(one("[data-call]")),
    x: () => focus(one("[data-expect]")),
    v: () => follow("[data-patient]"),
    d: () => follow("[data-handover]"),
    w: () => follow('.bar nav a[href="/alerts"]'),
    f: () => filter(),
    "/": () => focus(one("#find") || one("#q")),
    "?": () => { if (help) help.showModal(); },
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (isLocked()) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.matches("[data-outcome] textarea")) {
      target.form.requestSubmit(one("button:not([type=button])", target.form)); // as Enter does on a choice
      return;
    }
    if (!keysOn || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(target) || (help && help.open)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && target.closest("[data-row]")) move(step);
    else if (event.key >= "1" && event.key <= "9" && one("[data-outcome]")) choose(Number(event.key));
    else if (!(event.key in DOES) || event.repeat && !"jk".includes(event.key)) return;
    else DOES[event.key]();
    event.preventDefault();
  });

  function follow(selector) {
    const link = one(selector);
    if (link) link.click();
  }

  /* The next of the filters above a list; after the last the first. */
  function filter() {
    const links = all(".filters a");
    const at = links.findIndex((each) => each.hasAttribute("aria-current"));
    if (links.length) links[(at + 1) % links.length].click();
  }

  /* One of the rarer acts: shown, and its first choice under the finger. */
  function unfold(key) {
    const found = one(`[data-later] [data-key="${key}"]`);
    if (!found) return;
    found.open = true;
    focus(one("form button, form input:not([type=hidden]), form select", found));
  }

  /* See lock.js: what was on the page is not in it now. */
  function isLocked() {
    return "locked" in document.documentElement.dataset;
  }

  function isTyping(element) {
    const fields = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";
    return Boolean(element && element.closest && element.closest(fields));
  }

  /* --- lines ----------------------------------------------------------------------------------- */
  function rows(root = document) {
    return all("[data-row]", root);
  }

  function current(root = document) {
    return one("[data-row][aria-current]", root);
  }

  function key(row) {
    return row.dataset.row || one("[data-open]", row).getAttribute("href");
  }

  function point(row) {
    rows().forEach((other) => other.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
    if (one("[data-place]")) {
      const place = { key: key(row), at: rows().indexOf(row) };
      window.sessionStorage.setItem(PLACE, JSON.stringify(place)); // an address, and how far down
    }
  }

  function move(step) {
    const found = rows();
    if (!found.length) return;
    const row = found[Math.min(found.length - 1, Math.max(0, found.indexOf(current()) + step))];
    point(row);
    focus(one("[data-open]", row)); // Enter follows the link that has the focus
  }

  /* Back on the list: the line where she was, or the one that has taken its place. */
  function comeBack() {
    const kept = JSON.parse(window.sessionStorage.getItem(PLACE) || "null");
    const found = rows();
    if (!one("[data-place]") || !kept || !found.length) return;
    const row = found.find((each) => key(each) === kept.key) || found[Math.min(kept.at, found.length - 1)];
    point(row);
    focus(one("[data-open]", row));
  }

  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && one("[data-place]")) point(row);
  });
  if (new URLSearchParams(window.location.search).has("closed")) {
    const url = new URL(window.location.href);
    url.searchParams.delete("closed");
    window.history.replaceState(null, "", url);
  }
  comeBack();

  /* --- what she does --------------------------------------------------------------------------- */
  function press(selector) {
    const row = current();
    const button = row ? one(selector, row) : one(`.aside ${selector}, .noted ${selector}`) || (rows().length ? null : one(selector));
    const notice = row ? one(`.noted ${selector}`) : null;
    if (button) act(button);
    else if (notice) notice.click();
  }

  /* Take and give back without leaving the page, where the page shows by itself what came of it. */
  async function act(button) {
    if (!staysOn(button)) {
      button.click();
      return;
    }
    const { form } = button;
    const given = new URLSearchParams(new FormData(form));
    if (button.name) given.set(button.name, button.value);
    button.disabled = true;
    let why = "";
    try {
      const sent = await fetch(form.action, {
        method: "POST",
        body: given,
        credentials: "same-origin",
        redirect: "manual", // where it leads, the page itself need not go
      });
      if (sent.type !== "opaqueredirect") why = problem(await sent.text());
    } catch {
      why = (one("[data-stale]") || { textContent: "" }).textContent.trim();
    }
    button.disabled = false;
    const fold = why ? null : button.closest("[data-later] details");
    if (fold) {
      fold.open = false;
      focus(one(".aside")); // before she sees what came of it: then the focus is hers
    }
    await look();
    why = why || lost();
    if (fold && why) fold.open = true; // with what she typed
    else if (fold) form.reset();
    refused(why);
    if (!why && current()) say(one("td.own, .own", current()).textContent.trim());
  }

  /* Why nobody knows what came of it: signed out, locked, or no connection. */
  function lost() {
    const stale = one("[data-stale]");
    return stale && !stale.hidden ? stale.textContent.trim() : "";
  }

  /* Whether the page itself can show what came of it: then what is half typed stays. */
  function staysOn(button) {
    return places.length && button.form && !("leave" in button.dataset) &&
      button.closest("[data-place], [data-live], [data-quick]");
  }

  function problem(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return (one(".errors li, main h1", page) || { textContent: "" }).textContent.trim();
  }

  function refused(why) {
    const place = one("[data-refused]");
    if (!place) return;
    place.hidden = !why;
    place.textContent = why;
    if (why) place.scrollIntoView({ block: "nearest" });
  }

  function close() {
    const row = current();
    if (one("[data-outcome]")) choose(1, false);
    else if (row) window.location.assign(`${one("[data-open]", row).getAttribute("href")}#close`);
  }
  if (window.location.hash === "#close") choose(1, false);

  function choose(number, check = true) {
    const form = one("[data-outcome]");
    const options = form ? all('input[name="code"]', form) : [];
    const option = check ? options[number - 1] : options.find((each) => each.checked) || options[0];
    if (!option) return;
    if (check) option.checked = true;
    offer(form);
    focus(option);
  }

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && button.matches("[data-live] button, [data-quick] button") && staysOn(button)) {
      event.preventDefault();
      act(button);
    }
  });

  /* Look again: what is new is read in, and what she has typed stays. */
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-reload]")) return;
    event.preventDefault();
    const fresh = new DOMParser().parseFromString(await ask(window.location.href), "text/html");
    [".main", ".aside"].forEach((part) => { one(part + ":not(main)").innerHTML = one(part + ":not(main)", fresh).innerHTML; });
    const version = '[data-outcome] [name="version"]';
    if (one(version) && one(version, fresh)) one(version).value = one(version, fresh).value;
    Object.assign(one("[data-parts]").dataset, one("[data-parts]", fresh).dataset);
    focus(one(".aside"));
    seen();
  });

  /* Ready phrases: those of what was done, or the general ones before that is said. */
  all("[data-outcome]").forEach((form) => {
    offer(form);
    form.addEventListener("change", () => offer(form));
  });

  function offer(form) {
    const place = one("[data-phrases]", form);
    if (!place) return;
    const done = all('input[name="code"]', form).find((each) => each.checked);
    place.hidden = false;
    all("[data-for]", place).forEach((each) => { each.hidden = each.dataset.for !== (done ? done.value : ""); });
  }

  document.addEventListener("click", (event) => {
    const phrase = event.target.closest("[data-phrases] button");
    if (!phrase) return;
    const area = document.getElementById(phrase.closest("[data-phrases]").dataset.phrases);
    area.value = `${area.value.trimEnd()} ${phrase.textContent} `.trimStart();
    focus(area);
  });

  all("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  function focus(element) {
    if (element) element.focus();
  }

  function say(text) {
    const place = one("[data-say]");
    if (place) place.textContent = text;
  }

  /* A page that the browser kept shows again only while its session is open: the tablet may be in
     a patient's hands. What was typed in it stays. */
  window.addEventListener("pageshow", async (event) => {
    if (!event.persisted || isLocked()) return;
    document.documentElement.hidden = true;
    try {
      await ask(window.location.href);
      document.documentElement.hidden = false;
    } catch {
      window.location.reload();
    }
  });

  focus(one(".errors"));
})();
