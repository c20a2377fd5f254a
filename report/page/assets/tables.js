// Tables that sort, with as many rows as are asked for.

// A column is {name, of: the value to sort by, show: what stands in the cell, right, wide}.
class SortedTable {
  constructor(table, caption, columns, rows, counted, most) {
    this.table = table;
    this.columns = columns;
    this.all = rows;
    this.rows = rows;
    this.counted = counted;
    this.most = most;
    this.shown = most;
    this.by = -1;
    this.down = false;
    this.heads = columns.map((c, i) => {
      const button = make('button', {type: 'button'}, c.name);
      button.addEventListener('click', () => this.sort(i, this.by === i ? !this.down : !!c.right));
      return make('th', {scope: 'col', className: c.right ? 'right' : ''}, button);
    });
    this.body = make('tbody', {});
    table.append(make('caption', {className: 'unseen'}, caption), make('thead', {}, make('tr', {}, ...this.heads)), this.body);
    this.more = document.getElementById(table.id.replace('-table', '-more'));
    this.more.addEventListener('click', () => { this.shown += 1000; this.draw(); });
    this.draw();
  }

  sort(i, down) {
    this.by = i;
    this.down = down;
    this.heads.forEach((h, at) => at === i ? h.setAttribute('aria-sort', down ? 'descending' : 'ascending') : h.removeAttribute('aria-sort'));
    this.order();
    this.draw();
  }

  order() {
    if (this.by < 0) return;
    const {of} = this.columns[this.by];
    const keyed = this.rows.map((row, at) => [of(row), at, row]);
    const sign = this.down ? -1 : 1;
    keyed.sort(([a, i], [b, j]) => (a < b ? -sign : a > b ? sign : i - j));
    this.rows = keyed.map((k) => k[2]);
  }

  // filter shows the rows that fit; without a function, all.
  filter(fits) {
    this.rows = fits ? this.all.filter((row) => fits(row.text)) : this.all;
    this.shown = this.most;
    this.order();
    this.draw();
  }

  draw() {
    const rows = this.rows.slice(0, this.shown).map((row) => make('tr', {}, ...this.columns.map((c) =>
      make('td', {className: (c.right ? 'right ' : '') + (c.kind || '')}, c.show ? c.show(row) : c.of(row)))));
    this.body.replaceChildren(...rows);
    this.more.parentElement.hidden = this.rows.length <= this.shown;
    this.counted.textContent = this.rows.length === this.all.length ? this.all.length + ' in all' : this.rows.length + ' of ' + this.all.length;
  }
}

// addressOrder makes addresses sort by number.
function addressOrder(text) {
  return text.replace(/\d+/g, (d) => d.padStart(3, '0'));
}

// hostsTable has the hosts with the worst findings first.
function hostsTable() {
  const columns = [
    {name: 'Host', of: (h) => h.label.toLowerCase(), show: (h) => link(h.label, () => { goTo('graph'); choose({hosts: [h], title: hostName(h)}); }), kind: 'long'},
    {name: 'Address', of: (h) => addressOrder(h.key), show: (h) => h.key},
    {name: 'Does', of: (h) => h.roles.join(', ')},
    {name: 'Level', of: (h) => levelOrder.indexOf(h.mark), show: (h) => badge(h.mark), right: true},
    {name: 'Talks to', of: (h) => h.to, right: true},
    {name: 'Bytes', of: (h) => h.bytes, show: (h) => bytesText(h.bytes), right: true},
    {name: 'Vendor', of: (h) => h.vendor, kind: 'long'},
  ];
  const table = new SortedTable(document.getElementById('hosts-table'), 'Hosts', columns, hosts, document.getElementById('hosts-count'), 20);
  table.sort(3, true);
  return table;
}

function flowsTable() {
  const table = document.getElementById('flows-table');
  if (!table) return null;
  const judged = flows.some((f) => f.verdict);
  const columns = [
    {name: 'No.', of: (f) => f.n, right: true},
    {name: 'Time (UTC)', of: (f) => f.first, show: (f) => timeText(f.first)},
    {name: 'Lasted', of: (f) => f.took, show: (f) => tookText(f.took), right: true},
    {name: 'From', of: (f) => addressOrder(f.srcAddr), show: (f) => endText(f.srcAddr, f.srcPort)},
    {name: 'To', of: (f) => addressOrder(f.dstAddr), show: (f) => endText(f.dstAddr, f.dstPort)},
    {name: 'Service', of: (f) => serviceText(f.service), show: (f) => serviceText(f.service) + ' (' + f.transport + ')', kind: 'long'},
    {name: 'Name', of: (f) => f.name, kind: 'long'},
    {name: 'Bytes', of: (f) => f.bytes, show: (f) => bytesText(f.bytes), right: true},
  ];
  if (judged) {
    columns.push({name: 'Finding', of: (f) => f.finding ? levelOrder.indexOf(f.finding.level) : f.verdict === 'NONE' ? -2 : -1,
      show: (f) => f.finding ? make('span', {}, badge(f.finding.level), ' ', link(f.finding.id, () => openFinding(f.finding))) : f.verdict === 'NONE' ? 'known' : 'new'});
  }
  return new SortedTable(table, 'Flows', columns, flows, document.getElementById('flows-count'), 50);
}
