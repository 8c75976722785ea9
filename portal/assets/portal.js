// Every page works without this file. It copies text, asks before dangerous forms, and looks again where something is awaited.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  });
}

for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.ask)) event.preventDefault();
  });
}

// <section data-live="/path"> is replaced by what that path shows, until the answer is no longer awaited.
for (const part of document.querySelectorAll("[data-live]")) {
  const look = async () => {
    const answer = await fetch(part.dataset.live, { headers: { accept: "text/html" } }).catch(() => null);
    if (answer?.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live], [data-settled]");
      if (fresh?.hasAttribute("data-settled")) return part.replaceWith(fresh);
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1500);
}
