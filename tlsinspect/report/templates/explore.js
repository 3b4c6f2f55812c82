// The page's tables, timeline and clicks: what explore.py packs -> rows, groups, and which connections are shown.
(async () => {
  const data = await unpack(byId("connections-data").textContent);
  const size = data.start.length;
  const COLUMNS = [
    ["time", "Time (UTC)", 190], ["client", "Client", 150], ["server", "Server", 170], ["server_name", "Server name", 190],
    ["protocol", "Protocol", 105], ["version_name", "Version", 95], ["cipher_suite_name", "Cipher suite", 250],
    ["group_name", "Group", 130], ["alpn", "ALPN", 80], ["outcome", "Outcome", 150], ["found", "Findings", 170], ["validation", "Certificate", 120],
    ["issuer", "Issuer", 200], ["ja4", "JA4", 290], ["ja3", "JA3", 260],
  ];
  const GROUPS = [
    ["place", "Servers"], ["client_ip", "Clients"], ["server_name", "Names"], ["ja4", "Fingerprints (JA4)"], ["ja3", "Fingerprints (JA3)"],
  ];
  const DERIVED = new Set(["time", "client", "server", "found"]);
  const decode = (column, row) => (column.codes[row] < 0 ? null : column.values[column.codes[row]]);
  const text = (name, row) => decode(data.columns[name], row);
  const endpoint = (side, row) => {
    const address = text(side + "_ip", row) ?? "?";
    return `${address.includes(":") ? `[${address}]` : address}:${data.numbers[side + "_port"][row] ?? "?"}`;
  };
  // A server is what answers at an address and port of one transport: QUIC there says nothing of TCP.
  const answering = (row) => {
    const transport = text("transport", row);
    return endpoint("server", row) + (transport === "tcp" ? "" : `/${transport}`);
  };
  const clock = (ms) => (ms === null ? "" : new Date(ms).toISOString().replace("T", " ").replace("Z", ""));
  const plain = (cell) => document.createTextNode(cell.getValue() ?? "");
  // Left alone, the table would guess how a column sorts from its first cell, and never sort one that begins empty.
  const inWords = new Intl.Collator("en", { numeric: true });
  const byText = (one, other) => inWords.compare(one ?? "", other ?? "");
  const byHex = (one, other) => ((one ?? "") < (other ?? "") ? -1 : Number(one !== other));
  const HASHES = new Set(["ja3", "ja4", "sha256"]);
  const sorterOf = (field) => (HASHES.has(field) ? byHex : byText);

  const found = data.findings.values.map((rules) => rules.join(", "));
  const rows = Array.from({ length: size }, (_, row) => {
    const made = { id: row, time: clock(data.start[row]), client: endpoint("client", row), server: endpoint("server", row), place: answering(row) };
    for (const [name] of COLUMNS) if (!DERIVED.has(name)) made[name] = text(name, row);
    made.client_ip = text("client_ip", row);
    made.found = found[data.findings.codes[row]] ?? null;
    return made;
  });

  // ---- the connection table ------------------------------------------------------------------
  let chosen = null; // {label, test(row number)}
  const table = new Tabulator("#connection-table", {
    data: rows,
    height: 520,
    layout: "fitColumns",
    layoutColumnsOnNewData: false,
    placeholder: size ? "No connection matches." : "There is no connection with TLS, nor any on a TLS port.",
    columnDefaults: { formatter: plain, minWidth: 70, headerFilter: "input", tooltip: false },
    columns: [
      {
        title: "Detail", field: "id", width: 76, minWidth: 76, headerFilter: false, headerSort: false, frozen: false,
        formatter: (cell) => button("Detail", () => showDetail(cell.getValue()), `Detail of connection ${cell.getValue() + 1}`),
      },
      ...COLUMNS.map(([field, title, width]) => ({
        title, field, width, sorter: sorterOf(field), headerFilterParams: { elementAttributes: { "aria-label": `Filter by ${title}` } },
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
  // Enter and the space bar sort as a click does.
  const sortByKey = (title) => {
    title.setAttribute("role", "button");
    title.setAttribute("tabindex", "0");
    title.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      title.click();
    });
  };
  const complete = (built) => {
    built.on("tableBuilt", () => {
      // A grid owns rows alone (ARIA); what scrolls them need not take the focus, since the buttons in them do.
      built.element.querySelector(".tabulator-tableholder").removeAttribute("tabindex");
      built.element.querySelectorAll(".tabulator-sortable .tabulator-col-title").forEach(sortByKey);
      // The filters wait for keys; what is pasted or dictated comes without.
      built.element.addEventListener("input", (event) => event.target.dispatchEvent(new Event("search")));
    });
    return built;
  };
  complete(table);
  table.on("tableBuilt", () => {
    document.documentElement.dataset.ready = "yes";
    performance.mark("ready");
  });
  said(size);
  if (data.total > size) {
    byId("left-out").textContent =
      `This page holds the first ${count(size)} of ${count(data.total)} connections; all of them are in ${data.exports.connections}.`;
  }

  // ---- one connection ------------------------------------------------------------------------
  const dialog = byId("connection-detail");
  const times = [["tcp_rtt_ms", "TCP round trip"], ["hello_ms", "ClientHello to ServerHello"], ["handshake_ms", "ClientHello to application data"]];
  const timesOf = (row) => times.filter(([name]) => data.numbers[name][row] !== null)
    .map(([name, label]) => [label, `${data.numbers[name][row].toFixed(3)} ms`, ""]);
  const unpacked = { block: -1, stories: [] };
  const storyOf = async (row) => {
    const block = Math.floor(row / data.stories.block);
    if (unpacked.block !== block) {
      Object.assign(unpacked, { stories: openBlock(await unpack(data.stories.blocks[block]), data.stories.fields), block });
    }
    return unpacked.stories[row % data.stories.block];
  };
  const showDetail = async (row) => {
    const body = byId("detail-body");
    const command = `${data.stories.command} ${text("connection_id", row)}`;
    const rules = (decode(data.findings, row) ?? []).map((rule) => `${data.rules[rule].join(": ")} (${rule})`);
    body.replaceChildren();
    byId("detail-title").textContent = `${endpoint("client", row)} to ${text("server_name", row) ?? endpoint("server", row)}`;
    dialog.showModal();
    try {
      const story = await storyOf(row);
      byId("detail-title").textContent = story.title;
      body.replaceChildren(...storyParts(story, rules, timesOf(row), command));
    } catch {
      body.replaceChildren(element("p", `This browser cannot unpack it; in a terminal: ${command}`));
    }
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
  const grid = (name, content, columns) => complete(new Tabulator(byId(`view-${name}`).firstChild, {
    data: content, height: 460, layout: "fitColumns", placeholder: "There are none.",
    columnDefaults: { formatter: plain, minWidth: 90, headerFilter: "input" },
    columns: columns.map((column) => ({
      sorter: sorterOf(name === "certificates" ? column.field : name), headerFilterParams: { elementAttributes: { "aria-label": `Filter by ${column.title}` } }, ...column,
    })),
  }));
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
      group.servers.add(row.place);
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
    const numbers = ["key_bits", "connections"];
    const columns = titles.map(([field, title]) => ({ title, field, ...(numbers.includes(field) && { sorter: "number" }) }));
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
  byId("timeline").hidden = !known.length;
  if (!known.length) byId("timeline-span").textContent = "No connection to show has a time.";
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
    byId("timeline").setAttribute("role", "toolbar");
    rove(byId("timeline"), [...byId("timeline").querySelectorAll("button")]);
    byId("timeline-span").textContent = `${clock(first)} to ${clock(first + 48 * width)} UTC; the highest bar is ${plural(most, "connection")}.`;
  }

  // ---- from a finding to its connections -----------------------------------------------------
  const firstOf = { certificate: "server", client_certificate: "client" };
  const isAbout = (kind, subject) => {
    if (kind === "server") return (row) => rows[row].server === subject;
    if (kind === "client") return (row) => rows[row].client_ip === subject;
    if (kind === "capture") return (row) => text("capture", row) === subject;
    const place = data.certificates.findIndex((values) => values[0] === subject);
    return (row) => place >= 0 && (decode(data.chains[firstOf[kind]], row) ?? [])[0] === place;
  };
  const showFinding = (rule, kind, subject) => {
    const codes = new Set(data.findings.values.flatMap((ids, code) => (ids.includes(rule) ? [code] : [])));
    const about = subject ? isAbout(kind, subject) : () => true;
    const label = [`${data.rules[rule][1]} (${rule})`, subject].filter(Boolean).join(": ");
    choose(label, (row) => codes.has(data.findings.codes[row]) && about(row));
  };
  for (const place of document.querySelectorAll("[data-rule]")) {
    const { rule, kind, subject } = place.dataset;
    const name = place.firstChild?.textContent.trim() || "Show its connections";
    const target = button(name, () => showFinding(rule, kind, subject), subject ? `Show the connections of ${name} with ${rule}` : `Show the connections with ${rule}`);
    if (place.firstChild) place.firstChild.replaceWith(target);
    else place.append(target);
  }

  // ---- from a chart to its connections --------------------------------------------------------
  const UNKNOWN = 0;
  const categoriesOf = (column, code) => [column.values[code]].flat();
  const counted = (column) => {
    const byCode = new Uint32Array(column.values.length);
    for (const code of column.codes) if (code >= 0) byCode[code] += 1;
    const numbers = new Map();
    byCode.forEach((number, code) => {
      for (const name of categoriesOf(column, code)) numbers.set(name, (numbers.get(name) ?? 0) + number);
    });
    return numbers;
  };
  const showCategories = (column, label, test) => {
    const codes = new Set(column.values.flatMap((_, code) => (categoriesOf(column, code).some(test) ? [code] : [])));
    choose(label, (row) => codes.has(column.codes[row]));
  };
  const nameOf = (name) => (name === UNKNOWN ? "unknown" : name);
  const showCategory = (column, question, name) => showCategories(column, `${question} ${nameOf(name)}`, (each) => each === name);
  const atPort = (value) => (row) => `${data.numbers.server_port[row]}/${text("transport", row)}` === value;
  // What a bar or cell is of: a statistic of its own where its kind names one, else the chart's.
  const meant = (target) => {
    const { kind, value } = target.dataset;
    const chart = target.closest("article").querySelector("[data-statistic]").dataset;
    const own = kind in data.statistics;
    const statistic = own ? kind : chart.statistic;
    return { kind, value, column: data.statistics[statistic], question: own ? data.questions[statistic] : chart.question };
  };
  const labelOf = (target) => {
    const { kind, value, question } = meant(target);
    return kind === "port" ? `port ${value}` : `${question} ${value}`;
  };
  const showTarget = (target) => {
    const { kind, value, column, question } = meant(target);
    if (kind === "port") choose(labelOf(target), atPort(value));
    else if (kind === "unknown") showCategory(column, question, UNKNOWN);
    else if (kind === "folded") {
      const others = new Set([...target.parentNode.querySelectorAll(".target[data-kind='']")].map((each) => each.dataset.value));
      showCategories(column, labelOf(target), (each) => each !== UNKNOWN && !others.has(each));
    } else showCategory(column, question, value);
  };
  document.querySelector("main").addEventListener("click", (event) => {
    const target = event.target.closest(".target");
    if (target) showTarget(target);
  });
  for (const chart of document.querySelectorAll("svg.chart")) {
    const targets = [...chart.querySelectorAll(".target")];
    if (!targets.length) continue;
    chart.setAttribute("role", "group"); // no longer one picture: its bars are buttons
    for (const target of targets) {
      target.setAttribute("role", "button");
      target.setAttribute("aria-label", `Show connections: ${labelOf(target)}`);
      target.firstChild.textContent = labelOf(target);
    }
    rove(chart, targets);
    chart.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      showTarget(event.target);
    });
  }
  for (const place of document.querySelectorAll("[data-statistic]")) {
    const { statistic, question } = place.dataset;
    const column = data.statistics[statistic];
    if (!column) continue;
    const order = [...counted(column)].sort((one, other) => (other[0] !== UNKNOWN) - (one[0] !== UNKNOWN) || other[1] - one[1]);
    const most = order.slice(0, 12);
    if (order.length > 12 && order.at(-1)[0] === UNKNOWN) most.push(order.at(-1));
    if (most.length) place.append("Show connections: ");
    for (const [name, number] of most) {
      place.append(button(`${nameOf(name)} (${count(number)})`, () => showCategory(column, question, name)));
    }
    place.setAttribute("role", "toolbar");
    place.setAttribute("aria-label", `Show connections: ${question}`);
    rove(place, [...place.querySelectorAll("button")]);
  }
})();
