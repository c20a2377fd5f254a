// The graph: what a click, a key or a search does to it. The page has it twice, for wide screens and for narrow ones; only
// one of the two is seen.

let chosenBy = null; // where the focus was when the panel was opened

const drawn = '.host, .label, .line[data-l], .row';

class Picture {
  constructor(svg) {
    this.svg = svg;
    this.rows = svg.classList.contains('narrow') ? data.narrowRows : data.rows;
    this.parts = [...svg.querySelectorAll('.host, .label, .row')]; // what can have the focus, in the order of the picture
    this.all = [...svg.querySelectorAll(drawn)];
    this.rover = 0; // the part that Tab goes to
    this.name();
    this.widen();
    this.rove(0, false);
    svg.addEventListener('click', (event) => this.click(event));
    svg.addEventListener('keydown', (event) => this.key(event));
  }

  // name makes the parts buttons, and names them for who has the page read out.
  name() {
    for (const e of this.parts) {
      e.setAttribute('role', 'button');
      e.setAttribute('tabindex', '-1');
      const title = e.querySelector('title');
      e.setAttribute('aria-label', title ? title.textContent : e.textContent.trim().replace(/\s+/g, ' ') + ': ' + this.meant(e).title);
    }
  }

  // widen gives thin lines, which are hard to hit, something to hit.
  widen() {
    for (const path of this.svg.querySelectorAll('.line[data-l] .ink')) {
      const wide = path.cloneNode();
      wide.setAttribute('class', 'grab');
      wide.removeAttribute('stroke-width');
      path.after(wide);
    }
  }

  // of returns the numbers of hosts or lines that an element stands for.
  of(e) {
    if (e.dataset.l !== undefined) return data.arcs[+e.dataset.l] || [];
    return (e.dataset.h !== undefined ? data.nodes[+e.dataset.h] : this.rows[+e.dataset.r]) || [];
  }

  // meant is what an element of the picture stands for.
  meant(e) {
    if (e.dataset.l === undefined) {
      const found = this.of(e).map((i) => hosts[i]).filter(Boolean);
      const title = e.querySelector('title').textContent.split(/, |: /)[0];
      return {hosts: found, title: found.length === 1 ? hostName(found[0]) : title};
    }
    const list = this.of(e).map((i) => lineAt.get(i)).filter(Boolean);
    const end = (pick) => {
      const all = [...new Set(list.map(pick))];
      return all.length === 1 ? hostName(all[0]) : plural(all.length, 'host');
    };
    return {lines: list, title: end((l) => l.src) + ' → ' + end((l) => l.dst)};
  }

  // light sets a class on what is, or has a part in, some hosts and lines; a row of the matrix only for its own hosts.
  light(name, ends, own, chosenLines) {
    for (const e of this.all) {
      const set = e.dataset.l !== undefined ? chosenLines : e.dataset.r !== undefined ? own : ends;
      e.classList.toggle(name, this.of(e).some((i) => set.has(i)));
    }
  }

  // rove moves the place where Tab comes in, and the focus.
  rove(to, focus) {
    const {parts} = this;
    if (!parts.length) return;
    parts[this.rover].setAttribute('tabindex', '-1');
    this.rover = Math.max(0, Math.min(parts.length - 1, to));
    parts[this.rover].setAttribute('tabindex', '0');
    if (!focus) return;
    parts[this.rover].focus({preventScroll: true});
    parts[this.rover].scrollIntoView({block: 'nearest', inline: 'nearest'});
  }

  click(event) {
    const e = event.target.closest('[data-h], [data-l], [data-r]');
    if (!e) return unchoose();
    const at = this.parts.indexOf(e);
    if (at >= 0) this.rove(at, false);
    choose(this.meant(e), e);
  }

  // key: up and down go through the parts, left and right to the next that are of another kind.
  key(event) {
    const {parts} = this;
    const at = parts.indexOf(event.target.closest('[data-h], [data-l], [data-r]'));
    if (at < 0) return;
    const kind = (e) => e.classList[0];
    const other = (step) => {
      let i = at;
      while (parts[i] && kind(parts[i]) === kind(parts[at])) i += step;
      return parts[i] ? i : at;
    };
    const keys = {ArrowDown: () => at + 1, ArrowUp: () => at - 1, ArrowRight: () => other(1), ArrowLeft: () => other(-1), Home: () => 0, End: () => parts.length - 1};
    if (keys[event.key]) {
      event.preventDefault();
      this.rove(keys[event.key](), true);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose(this.meant(parts[at]), parts[at]);
    }
  }
}

let pictures = [];

// choose shows hosts or lines in the panel, and has the rest of the picture step back.
function choose(choice, from) {
  if (from) chosenBy = from;
  const chosenLines = new Set((choice.lines || choice.hosts.flatMap((h) => h.lines)).map((l) => l.index));
  const own = new Set((choice.hosts || []).map((h) => h.index));
  const ends = new Set(own);
  chosenLines.forEach((i) => ends.add(lineAt.get(i).src.index).add(lineAt.get(i).dst.index));
  for (const p of pictures) {
    p.svg.classList.add('chosen');
    p.light('on', ends, choice.hosts ? own : ends, chosenLines);
  }
  showPanel(choice, !from || from.matches(':focus-visible'));
}

// unchoose closes the panel and gives the focus back.
function unchoose() {
  if (panel.hidden) return;
  panel.hidden = true;
  for (const p of pictures) {
    p.svg.classList.remove('chosen');
    p.all.forEach((e) => e.classList.remove('on'));
  }
  if (chosenBy && chosenBy.isConnected) chosenBy.focus({preventScroll: true});
  chosenBy = null;
}

// startPictures makes the pictures answer.
function startPictures() {
  pictures = [...document.querySelectorAll('.picture')].map((svg) => new Picture(svg));
  document.getElementById('panel-close').addEventListener('click', unchoose);
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') unchoose(); });
}

// searchPictures has what does not fit step back. It returns how many hosts fit.
function searchPictures(fits) {
  const lineFits = new Set(), hostFits = new Set();
  if (fits) {
    for (const h of hosts) if (fits(h.text)) hostFits.add(h.index);
    for (const l of lines) {
      if (!fits(l.text)) continue;
      lineFits.add(l.index);
      hostFits.add(l.src.index).add(l.dst.index);
    }
  }
  for (const p of pictures) {
    p.svg.classList.toggle('searched', !!fits);
    p.light('hit-by', hostFits, hostFits, lineFits);
  }
  return hostFits.size;
}
