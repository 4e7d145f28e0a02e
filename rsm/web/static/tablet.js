/* The clinic's tablet. Left alone it gives itself back, and no page of the former patient returns:
   what a browser keeps of pages is asked for anew. Without this the server ends the link. */
"use strict";
(() => {
  const IDLE = 180000;
  let timer;

  const form = () => document.querySelector("[data-give-back]");

  function wait() {
    window.clearTimeout(timer);
    timer = window.setTimeout(leave, IDLE);
  }

  async function leave() {
    const found = form();
    if (!found) return;
    try {
      await fetch(found.action, { method: "POST", body: new URLSearchParams(new FormData(found)) });
    } finally {
      window.location.replace(found.action);
    }
  }

  for (const kind of ["pointerdown", "keydown", "input", "scroll"]) {
    document.addEventListener(kind, wait, { capture: true, passive: true });
  }
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  wait();
})();
