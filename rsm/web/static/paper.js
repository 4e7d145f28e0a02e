/* Typing in paper. The page works without this. With it, one sign that says all goes on to the next
   question, Enter goes on as well, and Ctrl+Enter stores. */
"use strict";
(() => {
  const form = document.querySelector("[data-paper]");
  const hint = document.querySelector("[data-hint]");
  const fields = () => [...form.querySelectorAll("input:not([type=hidden]), select, textarea")];
  if (hint) hint.hidden = false;

  form.addEventListener("input", (event) => {
    const { code } = event.target.dataset;
    const range = /^(\d)\u2013(\d)$/.exec(code || "");
    const typed = event.target.value.trim().toLowerCase();
    const digit = range && typed >= range[1] && typed <= range[2];
    if (range && typed.length === 1 && (digit || typed === "r" || typed === "x")) next(event.target);
  });

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.target.matches("input")) {
      event.preventDefault();
      next(event.target);
    }
  });

  function next(field) {
    const all = fields();
    const after = all[all.indexOf(field) + 1];
    (after || form.querySelector("button")).focus();
    if (after && after.select) after.select();
  }

  const wrong = form.querySelector("[aria-invalid]");
  (wrong || fields()[0]).focus();
})();
