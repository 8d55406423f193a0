"use strict";
(() => {
  const boxes = [...document.querySelectorAll(".box")];
  const light = (n) => {
    const lit = document.querySelectorAll(`.wait.f${n}, .wait.t${n}`);
    const near = new Set([n]);
    for (const path of lit) {
      path.classList.add("lit");
      for (const name of path.classList) {
        const match = /^[ft](\d+)$/.exec(name);
        if (match) near.add(match[1]);
      }
    }
    for (const box of boxes) box.classList.toggle("dim", !near.has(box.dataset.n));
  };
  const dark = () => {
    for (const path of document.querySelectorAll(".wait.lit")) path.classList.remove("lit");
    for (const box of boxes) box.classList.remove("dim");
  };
  for (const box of boxes) {
    for (const event of ["focus", "mouseenter"]) box.addEventListener(event, () => { dark(); light(box.dataset.n); });
    for (const event of ["blur", "mouseleave"]) box.addEventListener(event, dark);
  }
  const objects = [...document.querySelectorAll("details.object")];
  const tools = document.querySelector(".tools");
  if (!tools || objects.length < 2) return;
  tools.hidden = false;
  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    let count = 0;
    for (const object of objects) {
      const match = object.textContent.toLowerCase().includes(wanted);
      object.hidden = !match;
      count += match;
    }
    shown.textContent = wanted ? `${count} of ${objects.length} objects` : "";
  });
  const fold = document.getElementById("fold");
  fold.addEventListener("click", () => {
    const open = fold.textContent !== "Fold all";
    for (const object of objects) object.open = open;
    fold.textContent = open ? "Fold all" : "Unfold all";
  });
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.matches("details")) target.open = true;
  };
  window.addEventListener("hashchange", unfold);
  window.addEventListener("beforeprint", () => { for (const object of objects) object.open = true; });
})();
