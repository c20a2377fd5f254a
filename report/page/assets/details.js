// The panel beside the graph: what is known of a host, of a line, or of several.

const panel = document.getElementById('panel');
const panelTitle = document.getElementById('panel-title');
const panelBody = document.getElementById('panel-body');

const mostShown = 50; // entries of a list in the panel

// hostName is what a host is called, with its address; words that stand for many hosts have none.
const hostName = (host) => host.label === host.key || !/^[\da-f]*[.:][\da-f.:]*$/i.test(host.key) ? host.label : host.label + ' (' + host.key + ')';

const badge = (mark) => make('span', {className: 'badge ' + mark}, mark);

// link is a button that looks like a link and shows something else.
function link(text, then) {
  const b = make('button', {type: 'button', className: 'link'}, text);
  b.addEventListener('click', then);
  return b;
}

// table returns a small table; cells are strings or elements.
function smallTable(heads, list) {
  return make('table', {}, make('thead', {}, make('tr', {}, ...heads.map((h) => make('th', {scope: 'col'}, h)))),
    make('tbody', {}, ...list.map((cells) => make('tr', {}, ...cells.map((c) => make('td', {}, c))))));
}

// listed returns a list with as many entries as are shown, and how many more there are.
function listed(entries, entry) {
  const list = make('ul', {}, ...entries.slice(0, mostShown).map((e) => make('li', {}, ...[entry(e)].flat())));
  if (entries.length > mostShown) list.append(make('li', {className: 'small'}, 'and ' + (entries.length - mostShown) + ' more'));
  return list;
}

// marked puts a badge before what follows, unless it is known.
function marked(mark, ...children) {
  return mark === 'known' ? children : [make('span', {className: 'marked'}, badge(mark), make('span', {}, ...children))];
}

// lineParts are what the panel shows of lines: services, findings, flows and times.
function lineParts(list) {
  const parts = [];
  const services = new Map();
  const found = new Set();
  let seen = [];
  for (const line of list) {
    for (const s of line.services) {
      const sum = services.get(s.name) || {name: s.name, bytes: 0, flows: 0, ports: new Set(), peers: new Set(), first: '', last: ''};
      sum.bytes += s.bytes;
      sum.flows += s.flows;
      s.ports.forEach((p) => sum.ports.add(p));
      s.peers.forEach((p) => sum.peers.add(p));
      if (s.first && (!sum.first || s.first < sum.first)) sum.first = s.first;
      if (s.last > sum.last) sum.last = s.last;
      services.set(s.name, sum);
      s.found.forEach((f) => findings[f] && found.add(findings[f]));
    }
    seen = seen.concat(line.seen);
  }
  const counted = new Map(); // by service, of the flows that the page has
  for (const f of seen) {
    const c = counted.get(f.service) || {bytes: 0, flows: 0};
    c.bytes += f.bytes;
    c.flows++;
    counted.set(f.service, c);
  }
  const rows = [...services.values()].map((s) => {
    const c = counted.get(s.name) || s;
    const more = [[...s.ports].slice(0, 8).join(' '), [...s.peers].slice(0, 8).join(', '), s.first && (s.first === s.last ? s.first : s.first + ' to ' + s.last)];
    return [make('span', {}, make('strong', {}, serviceText(s.name)), make('span', {className: 'meta'}, more.filter(Boolean).join(' · '))),
      (s.bytes || c.bytes) ? bytesText(s.bytes || c.bytes) : '', (s.flows || c.flows) ? String(s.flows || c.flows) : ''];
  });
  if (found.size) {
    parts.push(make('h4', {}, 'Findings'), listed([...found].sort((a, b) => a.index - b.index), (f) => marked(f.level, link(f.title, () => openFinding(f)))));
  }
  parts.push(make('h4', {}, 'Services'), smallTable(['Service', 'Bytes', 'Flows'], rows.slice(0, mostShown)));
  const left = list.reduce((n, line) => n + line.total - line.services.length, 0) + Math.max(0, rows.length - mostShown);
  if (left > 0) parts.push(make('p', {className: 'small'}, 'and ' + left + ' more'));
  if (seen.length) {
    seen.sort((a, b) => a.first - b.first || a.n - b.n);
    const list = listed(seen, (f) => [make('strong', {}, serviceText(f.service)), ' ' + [f.name, bytesText(f.bytes)].filter(Boolean).join(', '),
      make('span', {className: 'meta'}, timeText(f.first) + ', ' + tookText(f.took)),
      make('span', {className: 'meta'}, endText(f.srcAddr, f.srcPort) + ' → ' + endText(f.dstAddr, f.dstPort))]);
    list.className = 'flows';
    parts.push(make('h4', {}, plural(seen.length, 'flow') + ', times in UTC'), list);
  }
  return parts;
}

// hostParts are what the panel shows of a host.
function hostParts(host) {
  const facts = [host.key, ...host.roles, ...host.macs, host.vendor].filter(Boolean);
  const parts = [make('p', {}, badge(host.mark), ' ', [...new Set(facts)].join(' · ')), make('p', {className: 'small'}, bytesText(host.bytes) + (host.flows ? ', ' + plural(host.flows, 'flow') : ''))];
  const lists = [['Talks to', host.lines.filter((l) => l.src === host), (l) => l.dst], ['Is talked to by', host.lines.filter((l) => l.dst === host), (l) => l.src]];
  for (const [title, list, other] of lists) {
    if (!list.length) continue;
    parts.push(make('h4', {}, title), listed(list, (l) => {
      const names = l.services.slice(0, 4).map((s) => serviceText(s.name)).join(', ') + (l.total > 4 ? ' +' + (l.total - 4) : '');
      const out = [link(hostName(other(l)), () => choose({lines: [l], title: hostName(l.src) + ' → ' + hostName(l.dst)})), ' ' + names];
      return marked(l.mark, ...out);
    }));
  }
  if (host.lines.length) parts.push(...lineParts(host.lines));
  return parts;
}

// showPanel fills the panel with a choice: hosts or lines, and a title.
function showPanel(choice, focus) {
  panelTitle.textContent = choice.title;
  let parts;
  if (choice.hosts && choice.hosts.length === 1) {
    parts = hostParts(choice.hosts[0]);
  } else if (choice.hosts) {
    parts = [make('h4', {}, plural(choice.hosts.length, 'host')),
      listed(choice.hosts, (h) => [link(hostName(h), () => choose({hosts: [h], title: hostName(h)})), ' ' + h.roles.join(', ')])];
  } else {
    const marks = [...new Set(choice.lines.map((l) => l.mark))].sort((a, b) => levelOrder.indexOf(b) - levelOrder.indexOf(a));
    const bytes = choice.lines.reduce((n, l) => n + l.bytes, 0);
    const about = choice.lines.some((l) => l.about);
    parts = [make('p', {}, ...marks.flatMap((m) => [badge(m), ' ']), bytes ? (about ? '≈ ' : '') + bytesText(bytes) : ''), ...lineParts(choice.lines)];
  }
  panelBody.replaceChildren(...parts);
  panelBody.scrollTop = 0;
  panel.hidden = false;
  if (focus) panelTitle.focus({preventScroll: true});
  say('Details: ' + choice.title);
}

// openFinding opens a finding in the list and goes there.
function openFinding(f) {
  const e = document.getElementById('f' + f.index);
  if (!e) return;
  e.hidden = false;
  e.open = true;
  e.scrollIntoView({block: 'start'});
  e.querySelector('summary').focus({preventScroll: true});
}
