/* The editor of a text works without this: “Check” does the same. With it, the preview, the count
   and what is wrong follow what is typed, and a field is put where the caret stands. */
"use strict";
(() => {
  const form = document.querySelector("[data-check]");
  const place = document.querySelector("[data-checked]");
  if (!form || !place) return;
  const fields = [...form.querySelectorAll("#f-body, #f-subject")];
  let last = form.querySelector("#f-body");
  let timer = 0;
  let asked = 0;

  fields.forEach((field) => {
    field.addEventListener("focus", () => { last = field; });
    field.addEventListener("input", soon);
  });

  form.querySelectorAll("[data-insert]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      last.focus();
      const before = last.value[last.selectionStart - 1];
      const after = last.value[last.selectionEnd];
      const field = (before && /\S/.test(before) ? " " : "") + button.dataset.insert + (after && /[\w{]/.test(after) ? " " : "");
      last.setRangeText(field, last.selectionStart, last.selectionEnd, "end");
      soon();
    });
  });

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(check, 400);
  }

  async function check() {
    const turn = ++asked;
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        credentials: "same-origin",
        redirect: "error",
      });
      if (!answer.ok) return;
      const html = await answer.text();
      if (turn === asked) place.innerHTML = html;
    } catch {
      /* The button is still there. */
    }
  }
})();
