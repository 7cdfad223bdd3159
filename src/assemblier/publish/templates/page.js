(function () {
  "use strict";
  var root = document.documentElement;
  var panel = document.getElementById("panneau");
  if (!panel || !panel.showModal) return;
  root.classList.add("js");
  var told = JSON.parse(document.getElementById("provenance").textContent);
  var body = document.getElementById("panneau-corps");
  var title = document.getElementById("panneau-titre");

  function add(parent, tag, text, cls) {
    var made = document.createElement(tag);
    if (text) made.textContent = text;
    if (cls) made.className = cls;
    parent.appendChild(made);
    return made;
  }
  function pairs(list) {
    var dl = add(body, "dl");
    list.forEach(function (pair) {
      if (!pair[1]) return;
      add(dl, "dt", pair[0]);
      add(dl, "dd", pair[1]);
    });
  }
  function items(heading, list) {
    if (!list.length) return;
    add(body, "h3", heading);
    var ul = add(body, "ul");
    list.forEach(function (text) { add(ul, "li", text); });
  }
  function open(span) {
    var one = told.figures[span.dataset.k];
    if (!one) return;
    var group = told.groups[one[0]];
    body.replaceChildren();
    title.textContent = group.label;
    add(body, "p", span.textContent, "big");
    add(body, "p", [one[1], one[2]].filter(Boolean).join(" · "), "where");
    pairs([
      ["Valeur exacte", one[3] + (one[3] === "–" ? "" : " " + group.unit)],
      ["Intervalle", one[4]],
      ["Statut", told.statuses[one[5]] || one[5]],
      ["Raison", one[6]]
    ]);
    if (group.definition) { add(body, "h3", "Définition"); add(body, "p", group.definition); }
    items(group.sources.length > 1 ? "Sources" : "Source", group.sources);
    if (group.method) { add(body, "h3", "Méthode"); add(body, "p", group.method); }
    if (group.parameters.length) { add(body, "h3", "Paramètres"); pairs(group.parameters); }
    items("Ce que ce chiffre ne dit pas", group.says_not);
    add(body, "h3", "Identifiant");
    add(body, "p", span.dataset.k);
    panel.showModal();
    body.scrollTop = 0;
  }

  document.querySelectorAll(".fig").forEach(function (span) {
    if (!told.figures[span.dataset.k]) return;
    span.setAttribute("role", "button");
    span.setAttribute("aria-haspopup", "dialog");
    span.tabIndex = 0;
  });
  // One stop per table with the Tab key; the arrows move inside it.
  document.querySelectorAll("table").forEach(function (table) {
    var spans = table.querySelectorAll(".fig[role=button]");
    if (spans.length < 2) return;
    spans.forEach(function (span, i) { span.tabIndex = i ? -1 : 0; });
    table.addEventListener("keydown", function (event) {
      var here = event.target.closest(".fig");
      if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
      var cell = here.closest("td,th"), row = cell.parentElement, next = null;
      var column = cell.cellIndex;
      function within(c) { return c && c.querySelector(".fig[role=button]"); }
      if (event.key === "ArrowRight") while ((cell = cell.nextElementSibling) && !(next = within(cell)));
      else if (event.key === "ArrowLeft") while ((cell = cell.previousElementSibling) && !(next = within(cell)));
      else if (event.key === "ArrowDown") while ((row = row.nextElementSibling) && !(next = within(row.cells[column])));
      else if (event.key === "ArrowUp") while ((row = row.previousElementSibling) && !(next = within(row.cells[column])));
      else if (event.key === "Home") next = spans[0];
      else if (event.key === "End") next = spans[spans.length - 1];
      else return;
      event.preventDefault();
      if (next) { here.tabIndex = -1; next.tabIndex = 0; next.focus(); }
    });
  });
  document.addEventListener("click", function (event) {
    var span = event.target.closest(".fig[role=button]");
    if (span) { open(span); return; }
    if (event.target.closest("[data-close]") || event.target === panel) panel.close();
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" && event.key !== " ") return;
    var span = event.target.closest && event.target.closest(".fig[role=button]");
    if (span) { event.preventDefault(); open(span); }
  });

  var toc = document.querySelector(".toc details");
  if (window.matchMedia("(max-width: 67.99rem)").matches) toc.open = false;
  var links = {};
  document.querySelectorAll(".toc a").forEach(function (a) { links[a.hash.slice(1)] = a; });
  if ("IntersectionObserver" in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var id = entry.target.querySelector("h2").id;
        if (!entry.isIntersecting || !links[id]) return;
        Object.keys(links).forEach(function (key) { links[key].removeAttribute("aria-current"); });
        links[id].setAttribute("aria-current", "true");
      });
    }, { rootMargin: "-10% 0px -80% 0px" });
    document.querySelectorAll("section.chapter").forEach(function (s) { seen.observe(s); });
  }
})();
