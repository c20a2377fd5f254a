// Puts the page together: search, levels, findings, tables.

const findingElements = [...document.querySelectorAll('.finding')];

function goTo(id) {
  document.getElementById(id).scrollIntoView({block: 'start'});
}

// The texts that a search looks into.
function prepareTexts() {
  for (const h of hosts) {
    h.text = [h.label, h.key, ...h.roles, ...h.macs, h.vendor].join(' ').toLowerCase();
    h.to = new Set(h.lines.filter((l) => l.src === h).map((l) => l.dst)).size;
  }
  for (const l of lines) {
    l.text = (l.services.map((s) => [serviceText(s.name), ...s.ports, ...s.peers].join(' ')).join(' ').toLowerCase() + ' ' + l.src.text + ' ' + l.dst.text);
  }
  for (const f of flows) {
    f.text = [f.srcAddr, f.srcPort, f.dstAddr, f.dstPort, f.line ? f.line.src.label : '', f.line ? f.line.dst.label : '', f.transport, serviceText(f.service), f.name, f.finding ? f.finding.id + ' ' + f.finding.level : ''].join(' ').toLowerCase();
  }
  for (const e of findingElements) e.searchText = e.textContent.toLowerCase();
}

let words = [];
const fitsWords = (text) => words.every((w) => text.includes(w));

let mostFindings = 20; // so many are shown until somebody wants all

// showFindings shows those whose level is wanted and that fit the search. It returns how many fit.
function showFindings() {
  const off = new Set([...document.querySelectorAll('.levels [aria-pressed="false"]')].map((b) => b.dataset.level));
  let fitting = 0;
  for (const e of findingElements) {
    const fits = !off.has(e.dataset.level) && fitsWords(e.searchText);
    e.hidden = !fits || fitting >= mostFindings;
    if (fits) fitting++;
    const row = document.querySelector('.timeline .row[data-f="' + e.dataset.f + '"]');
    if (row) row.hidden = !fits;
  }
  const none = document.getElementById('findings-none');
  if (none) none.hidden = fitting > 0 || !findingElements.length;
  const more = document.getElementById('findings-more');
  if (more) {
    more.textContent = 'Show all ' + fitting;
    more.parentElement.hidden = fitting <= mostFindings;
  }
  return fitting;
}

function startSearch(tables) {
  const search = document.getElementById('search');
  let waiting = 0;
  const run = () => {
    words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = words.length ? fitsWords : null;
    const found = showFindings();
    const fitting = searchPictures(fits);
    tables.forEach((t) => t && t.filter(fits));
    if (fits) say(plural(found, 'finding') + ', ' + plural(fitting, 'host'));
  };
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(run, 120); });
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
}

function startFindings() {
  for (const b of document.querySelectorAll('.levels button')) {
    b.addEventListener('click', () => {
      b.setAttribute('aria-pressed', b.getAttribute('aria-pressed') === 'true' ? 'false' : 'true');
      showFindings();
    });
  }
  const more = document.getElementById('findings-more');
  if (more) {
    more.addEventListener('click', () => {
      const next = findingElements.find((e) => e.hidden);
      mostFindings = Infinity;
      showFindings();
      if (next && !next.hidden) next.querySelector('summary').focus({preventScroll: true});
    });
  }
  for (const b of document.querySelectorAll('[data-show]')) {
    const f = findings[+b.dataset.show];
    if (!f || !f.lines.length) continue;
    b.closest('.actions').hidden = false;
    b.addEventListener('click', () => { goTo('graph'); choose({lines: f.lines, title: f.title}); });
  }
  for (const a of document.querySelectorAll('.timeline a')) {
    a.addEventListener('click', (event) => {
      event.preventDefault();
      openFinding(findings[+a.getAttribute('href').slice(2)]);
    });
  }
  // On paper all findings are open.
  let opened = [], most = mostFindings;
  addEventListener('beforeprint', () => {
    opened = findingElements.filter((e) => !e.open);
    opened.forEach((e) => { e.open = true; });
    most = mostFindings;
    mostFindings = Infinity;
    showFindings();
  });
  addEventListener('afterprint', () => {
    opened.forEach((e) => { e.open = false; });
    mostFindings = most;
    showFindings();
  });
  showFindings();
  // A few grave ones are read at once.
  const grave = findingElements.filter((e) => e.dataset.level === 'critical' || e.dataset.level === 'high');
  if (grave.length === 1) grave[0].open = true;
  if (location.hash.startsWith('#f') && findings[+location.hash.slice(2)]) openFinding(findings[+location.hash.slice(2)]);
}

for (const e of document.querySelectorAll('.scripted, .tools, .levels')) e.hidden = false;
prepareTexts();
startPictures();
startFindings();
startSearch([hostsTable(), flowsTable()]);
document.documentElement.dataset.ready = 'yes';
