// What the page holds, read from its data element. Text goes into the page as text alone, never as markup.

const data = JSON.parse(document.getElementById('data').textContent);

const hosts = (data.hosts || []).map(([label, key, roles, macs, vendor, bytes, flows, mark], index) =>
  ({index, label, key, roles, macs, vendor, bytes, flows, mark, lines: []}));

const lines = (data.lines || []).map(([src, dst, mark, bytes, about, flows, services, total], index) => ({
  index, src: hosts[src], dst: hosts[dst], mark, bytes, about, flows, total, seen: [],
  services: services.map(([name, bytes, flows, ports, peers, first, last, found]) => ({name, bytes, flows, ports, peers, first, last, found})),
})).filter((line) => line.src && line.dst);

const lineAt = new Map(lines.map((line) => [line.index, line]));

for (const line of lines) {
  line.src.lines.push(line);
  if (line.dst !== line.src) line.dst.lines.push(line);
}

const findings = (data.findings || []).map(([id, level, title], index) => ({index, id, level, title, lines: []}));

for (const line of lines) {
  for (const service of line.services) {
    for (const f of service.found) {
      if (findings[f] && !findings[f].lines.includes(line)) findings[f].lines.push(line);
    }
  }
}

const word = (n) => data.words[n];

const flows = (data.flows || []).map(([n, at, srcAddr, srcPort, dstAddr, dstPort, transport, service, name, first, took, out, back, packets, verdict, found]) => {
  const line = lineAt.get(at);
  const flow = {
    n, line, srcAddr: word(srcAddr), srcPort, dstAddr: word(dstAddr), dstPort, transport: word(transport), service: word(service), name: word(name),
    first: data.start + first, took, bytes: out + back, out, back, packets, verdict: word(verdict), finding: findings[found],
  };
  if (line) line.seen.push(flow);
  return flow;
});

const levelOrder = ['known', 'info', 'low', 'medium', 'high', 'critical'];

// bytesText rounds a number of bytes as people read it.
function bytesText(n) {
  for (const [size, name] of [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']]) {
    if (n >= size) return (n / size).toFixed(1) + ' ' + name;
  }
  return n + ' B';
}

const timeText = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

const tookText = (ms) => ms < 1000 ? ms + ' ms' : ms < 120000 ? (ms / 1000).toFixed(1) + ' s' : Math.round(ms / 60000) + ' min';

const plural = (n, thing) => n + ' ' + thing + (n === 1 ? '' : 's');

const endText = (address, port) => port ? (address.includes(':') ? '[' + address + ']' : address) + ':' + port : address;

const serviceText = (name) => name === 'Unknown' ? 'not recognised' : name.replace(/^Unknown:/, '');

// make returns an element with properties and children; strings become text.
function make(name, properties, ...children) {
  const e = Object.assign(document.createElement(name), properties);
  e.append(...children);
  return e;
}

// say tells those who do not see the page what changed.
function say(text) {
  document.getElementById('said').textContent = text;
}
