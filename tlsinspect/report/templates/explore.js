"use strict";
(() => {
  const data = JSON.parse(document.getElementById("connections-data").textContent);
  const size = data.start.length;
  const COLUMNS = [
    ["time", "Time (UTC)", 190], ["client", "Client", 150], ["server", "Server", 170], ["server_name", "Server name", 190],
    ["protocol", "Protocol", 105], ["version_name", "Version", 95], ["cipher_suite_name", "Cipher suite", 250],
    ["group_name", "Group", 130], ["alpn", "ALPN", 80], ["outcome", "Outcome", 150], ["validation", "Certificate", 120],
    ["issuer", "Issuer", 200], ["ja4", "JA4", 290], ["ja3", "JA3", 260],
  ];
  const GROUPS = [
    ["server", "Servers"], ["client_ip", "Clients"], ["server_name", "Names"], ["ja4", "Fingerprints (JA4)"], ["ja3", "Fingerprints (JA3)"],
  ];
  const DERIVED = new Set(["time", "client", "server"]);
  const FACTS = [
    ["capture", "Capture"], ["connection_id", "Connection"], ["server_name", "Name asked for"], ["outcome", "Outcome"], ["last_alert_name", "Last alert"],
    ["version_name", "Version"], ["cipher_suite_name", "Cipher suite"], ["group_name", "Group"],
    ["server_signature_algorithm_name", "Signature"], ["alpn", "Application protocol"], ["forward_secrecy", "Forward secrecy"],
    ["post_quantum", "Post-quantum key exchange"], ["resumed", "Resumed"], ["resumption", "Resumed by"], ["authentication", "Authentication"],
    ["validation", "Certificate check"], ["starttls_protocol", "Upgraded from"], ["starttls_status", "Upgrade"],
    ["ja4", "JA4"], ["ja3", "JA3"], ["ja3s", "JA3S"], ["gap", "Segments are missing"], ["midstream", "Starts before the capture"],
    ["one_sided", "Only one direction"], ["truncated", "Packets were cut"],
  ];
  const OFFERS = [
    ["supported_versions", "Versions"], ["cipher_suites", "Cipher suites"], ["supported_groups", "Groups"],
    ["signature_algorithms", "Signature schemes"], ["alpn_offered", "Application protocols"], ["client_extensions", "Extensions"],
  ];

  const byId = (id) => document.getElementById(id);
  const count = (number) => number.toLocaleString("en");
  const plural = (number, thing) => `${count(number)} ${thing}${number === 1 ? "" : "s"}`;
  const decode = (column, row) => (column.codes[row] < 0 ? null : column.values[column.codes[row]]);
  const text = (name, row) => decode(data.columns[name], row);
  const endpoint = (side, row) => {
    const address = text(side + "_ip", row) ?? "?";
    return `${address.includes(":") ? `[${address}]` : address}:${data.numbers[side + "_port"][row] ?? "?"}`;
  };
  const clock = (ms) => (ms === null ? "" : new Date(ms).toISOString().replace("T", " ").replace("Z", ""));
  const element = (tag, content, className) => {
    const made = document.createElement(tag);
    if (content !== undefined && content !== null) made.textContent = content;
    if (className) made.className = className;
    return made;
  };
  const button = (content, action, label) => {
    const made = element("button", content);
    made.type = "button";
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  };
  const plain = (cell) => document.createTextNode(cell.getValue() ?? "");

  const rows = Array.from({ length: size }, (_, row) => {
    const made = { id: row, time: clock(data.start[row]), client: endpoint("client", row), server: endpoint("server", row) };
    for (const [name] of COLUMNS) if (!DERIVED.has(name)) made[name] = text(name, row);
    made.client_ip = text("client_ip", row);
    return made;
  });

  // ---- the connection table ------------------------------------------------------------------
  let chosen = null; // {label, test(row number)}
  const table = new Tabulator("#connection-table", {
    data: rows,
    height: 520,
    layout: "fitColumns",
    layoutColumnsOnNewData: false,
    placeholder: "No connection matches.",
    columnDefaults: { formatter: plain, minWidth: 70, headerFilter: "input", tooltip: false },
    columns: [
      {
        title: "Detail", field: "id", width: 76, minWidth: 76, headerFilter: false, headerSort: false, frozen: false,
        formatter: (cell) => button("Detail", () => showDetail(cell.getValue()), `Detail of connection ${cell.getValue() + 1}`),
      },
      ...COLUMNS.map(([field, title, width]) => ({
        title, field, width, headerFilterParams: { elementAttributes: { "aria-label": `Filter by ${title}` } },
      })),
    ],
  });
  const search = byId("connection-search");
  const matches = (row) => {
    if (chosen && !chosen.test(row.id)) return false;
    const wanted = search.value.trim().toLowerCase();
    return !wanted || COLUMNS.some(([name]) => row[name] && String(row[name]).toLowerCase().includes(wanted));
  };
  const refilter = () => table.setFilter(matches);
  const choose = (label, test) => {
    chosen = label ? { label, test } : null;
    byId("chosen").hidden = !chosen;
    byId("chosen-text").textContent = chosen ? `Only: ${label}` : "";
    openTab("connections");
    refilter();
    if (label) {
      byId("explore").scrollIntoView();
      byId("explore-title").focus({ preventScroll: true });
    }
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refilter, 120); });
  byId("clear").addEventListener("click", () => { search.value = ""; table.clearHeaderFilter(); choose(null); });
  const said = (number) => { byId("shown").textContent = `${count(number)} of ${plural(size, "connection")} shown`; };
  table.on("dataFiltered", (_, shown) => said(shown.length));
  table.on("rowDblClick", (_, row) => showDetail(row.getData().id));
  table.on("tableBuilt", () => { document.documentElement.dataset.ready = "yes"; });
  said(size);
  if (data.total > size) {
    byId("left-out").textContent =
      `This page holds the first ${count(size)} of ${count(data.total)} connections; all of them are in ${data.exports.connections}.`;
  }

  // ---- one connection ------------------------------------------------------------------------
  const dialog = byId("connection-detail");
  const facts = (pairs) => {
    const list = element("dl");
    for (const [label, value] of pairs) {
      if (value === null || value === undefined || value === "") continue;
      list.append(element("dt", label), element("dd", typeof value === "boolean" ? (value ? "yes" : "no") : value));
    }
    return list;
  };
  const FAULTS = new Set(["gap", "midstream", "one_sided", "truncated"]);
  const factsOf = (row) => FACTS.map(([name, label]) => [label, FAULTS.has(name) && !text(name, row) ? null : text(name, row)]);
  const stepsOf = (row) => {
    const list = element("ol");
    const kinds = decode(data.steps.kinds, row) ?? [];
    kinds.forEach((kind, place) => {
      const packet = data.steps.packets[row][place];
      const after = data.steps.times[row][place];
      const [sender, ...what] = kind.split(" ");
      const item = element("li");
      item.append(element("strong", sender), ` ${what.join(" ").replaceAll("_", " ")}`);
      item.append(element("span", `${packet === null ? "" : `packet ${packet}`}${after === null ? "" : `, ${after.toFixed(3)} ms`}`, "detail"));
      list.append(item);
    });
    return list;
  };
  const chainOf = (side, row) => {
    const list = element("ol");
    for (const place of decode(data.chains[side], row) ?? []) {
      const values = data.certificates[place];
      const item = element("li");
      if (!values) item.textContent = `A certificate that this page leaves out; see ${data.exports.certificates}.`;
      else item.append(facts(data.certificate_fields.map((name, number) => [name.replaceAll("_", " "), values[number]])));
      list.append(item);
    }
    return list;
  };
  const showDetail = (row) => {
    const body = byId("detail-body");
    body.replaceChildren();
    byId("detail-title").textContent = `${endpoint("client", row)} to ${text("server_name", row) ?? endpoint("server", row)}`;
    const filter = decode(data.filters, row);
    if (filter) {
      const line = element("p", null, "filter");
      const code = element("code", filter);
      const copy = button("Copy", async () => {
        try { await navigator.clipboard.writeText(filter); } catch {
          getSelection().selectAllChildren(code);
          document.execCommand("copy");
        }
        copy.textContent = "Copied";
      }, "Copy the Wireshark display filter");
      line.append(element("span", "Wireshark display filter: "), code, " ", copy);
      body.append(line);
    }
    const times = [["tcp_rtt_ms", "TCP round trip"], ["hello_ms", "Hello to Hello"], ["handshake_ms", "Handshake"]];
    body.append(element("h3", "What was chosen"), facts([
      ["Time (UTC)", clock(data.start[row])], ["Client", endpoint("client", row)], ["Server", endpoint("server", row)],
      ...factsOf(row),
      ...times.map(([name, label]) => [label, data.numbers[name][row] === null ? null : `${data.numbers[name][row].toFixed(3)} ms`]),
      ["Bytes from the client", data.numbers.client_bytes[row]], ["Bytes from the server", data.numbers.server_bytes[row]],
    ]));
    body.append(element("h3", "Steps"), stepsOf(row));
    const left = data.steps.left_out[row];
    if (left) body.append(element("p", `${plural(left, "later message")} left out: tlsinspect export --table messages has all.`));
    body.append(element("h3", "What the client offered"),
      facts(OFFERS.map(([name, label]) => [label, decode(data.lists[name], row)?.join(", ")])));
    for (const side of ["server", "client"]) {
      if (decode(data.chains[side], row)?.length) body.append(element("h3", `Certificates of the ${side}`), chainOf(side, row));
    }
    dialog.showModal();
    dialog.scrollTop = 0;
  };
  byId("detail-close").addEventListener("click", () => dialog.close());

  // ---- groups: hosts, names, fingerprints, certificates ---------------------------------------
  const tabs = byId("tabs");
  const built = new Set(["connections"]);
  const openTab = (name) => {
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.view === name));
    for (const view of byId("views").children) view.hidden = view.id !== `view-${name}`;
    if (!built.has(name)) { built.add(name); BUILD.get(name)(); }
  };
  const BUILD = new Map();
  const addView = (name, title, build) => {
    const tab = button(title, () => openTab(name));
    tab.dataset.view = name;
    tabs.append(tab);
    BUILD.set(name, build);
    if (name === "connections") return;
    const view = element("div");
    view.id = `view-${name}`;
    view.hidden = true;
    byId("views").append(view);
    view.append(element("div"));
  };
  const grid = (name, content, columns) => new Tabulator(byId(`view-${name}`).firstChild, {
    data: content, height: 460, layout: "fitColumns", placeholder: "There are none.",
    columnDefaults: { formatter: plain, minWidth: 90, headerFilter: "input" },
    columns: columns.map((column) => ({
      headerFilterParams: { elementAttributes: { "aria-label": `Filter by ${column.title}` } }, ...column,
    })),
  });
  const opener = (label, test) => (cell) => {
    const row = cell.getData();
    return button(cell.getValue(), () => choose(`${label} ${cell.getValue()}`, (number) => test(row, number)));
  };
  const tally = (field) => {
    const groups = new Map();
    for (const row of rows) {
      const key = row[field];
      if (key === null || key === undefined) continue;
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { key, connections: 0, clients: new Set(), servers: new Set(), versions: new Set(), bytes: 0 }));
      group.connections += 1;
      group.clients.add(row.client_ip);
      group.servers.add(row.server);
      if (row.version_name) group.versions.add(row.version_name);
      group.bytes += (data.numbers.client_bytes[row.id] ?? 0) + (data.numbers.server_bytes[row.id] ?? 0);
    }
    return [...groups.values()].sort((one, other) => other.connections - one.connections).map((group) => ({
      ...group, clients: group.clients.size, servers: group.servers.size, versions: [...group.versions].sort().join(", "),
    }));
  };
  addView("connections", "Connections");
  for (const [field, title] of GROUPS) {
    addView(field, title, () => grid(field, tally(field), [
      { title, field: "key", minWidth: 190, formatter: opener(`${title}:`, (group, number) => rows[number][field] === group.key) },
      ...["connections", "clients", "servers", "bytes"].map((name) => ({
        title: name, field: name, hozAlign: "right", sorter: "number", headerFilter: false, formatter: (cell) => document.createTextNode(count(cell.getValue())),
      })),
      { title: "versions", field: "versions" },
    ]));
  }
  const holds = (place) => {
    const codes = ["server", "client"].map((side) => [data.chains[side].codes,
      new Set(data.chains[side].values.flatMap((chain, code) => (chain.includes(place) ? [code] : [])))]);
    return (number) => codes.some(([column, wanted]) => wanted.has(column[number]));
  };
  addView("certificates", "Certificates", () => {
    const content = data.certificates.map((values, place) => Object.fromEntries([["place", place],
      ...data.certificate_fields.map((name, number) => [name, values[number]])]));
    const titles = [["subject", "Subject"], ["issuer", "Issuer"], ["not_before", "From"], ["not_after", "Until"], ["key_type", "Key"],
      ["key_bits", "Bits"], ["signature_algorithm", "Signature"], ["san_dns", "Names"], ["connections", "Connections"], ["sha256", "SHA-256"]];
    const columns = titles.map(([field, title]) => ({ title, field }));
    columns[0].minWidth = 190;
    columns[0].formatter = (cell) => button(cell.getValue() || cell.getData().sha256, () =>
      choose(`certificate ${cell.getValue() || cell.getData().sha256}`, holds(cell.getData().place)));
    grid("certificates", content, columns);
    if (data.certificates_total > content.length) {
      byId("view-certificates").append(element("p",
        `The first ${count(content.length)} of ${count(data.certificates_total)}; all are in ${data.exports.certificates}.`));
    }
  });
  openTab("connections");

  // ---- timeline ------------------------------------------------------------------------------
  const known = data.start.filter((time) => time !== null);
  if (known.length) {
    const first = known.reduce((one, other) => Math.min(one, other));
    const width = Math.max((known.reduce((one, other) => Math.max(one, other)) - first) / 48, 1);
    const place = (time) => Math.min(Math.floor((time - first) / width), 47);
    const bins = new Array(48).fill(0);
    for (const time of known) bins[place(time)] += 1;
    const most = bins.reduce((one, other) => Math.max(one, other));
    bins.forEach((number, bin) => {
      if (!number) { byId("timeline").append(element("span")); return; }
      const label = `from ${clock(first + bin * width)} UTC`;
      const bar = button("", () => choose(label, (row) => data.start[row] !== null && place(data.start[row]) === bin),
        `${plural(number, "connection")} ${label}`);
      bar.title = bar.getAttribute("aria-label");
      bar.style.height = `${Math.max((100 * number) / most, 4)}%`;
      byId("timeline").append(bar);
    });
    byId("timeline-span").textContent = `${clock(first)} to ${clock(first + 48 * width)} UTC; the highest bar is ${plural(most, "connection")}.`;
  }

  // ---- from a chart to its connections --------------------------------------------------------
  for (const place of document.querySelectorAll("[data-statistic]")) {
    const column = data.statistics[place.dataset.statistic];
    if (!column) continue;
    const numbers = new Map();
    for (const code of column.codes) {
      if (code >= 0) for (const name of [column.values[code]].flat()) numbers.set(name, (numbers.get(name) ?? 0) + 1);
    }
    const order = [...numbers].sort((one, other) => other[1] - one[1]).slice(0, 12);
    if (order.length) place.append("Show connections: ");
    for (const [name, number] of order) {
      place.append(button(`${name} (${count(number)})`, () => choose(`${place.dataset.question} ${name}`,
        (row) => column.codes[row] >= 0 && [column.values[column.codes[row]]].flat().includes(name))));
    }
  }
})();
