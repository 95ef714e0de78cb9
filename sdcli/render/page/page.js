/* Draws the courses with Observable Plot, and shows the tickets behind a part that is chosen.
   Everything that is read here stands in the page too; nothing is asked for from anywhere. */
(function () {
  "use strict";

  var data = JSON.parse(document.getElementById("data").textContent);
  var HIGH = 190;
  var LEFT = 44;
  var RIGHT = 12;
  var BELOW = 26;
  var PRINTED = 340;
  var MANY = 45;
  var charts = [];

  /* Building. Texts are only ever put in as texts. */

  function made(name, shape, text) {
    var found = document.createElement(name);
    found.className = shape || "";
    if (text !== undefined) {
      found.textContent = text;
    }
    return found;
  }

  /* Units of the axis: seconds are shown in the largest unit that leaves something to read. */

  function scaleOf(figure, most) {
    if (figure.unit === "minutes") {
      return most >= 120 ? { by: 60, name: "hours" } : { by: 1, name: "minutes" };
    }
    if (figure.unit !== "seconds") {
      return { by: 1, name: figure.axis };
    }
    if (figure.kind === "age" && most >= 2 * 86400) {
      return { by: 86400, name: "days" };
    }
    return most >= 2 * 3600 ? { by: 3600, name: "hours" } : { by: 60, name: "minutes" };
  }

  function domainOf(figure, most) {
    if (figure.unit === "percent") {
      return [0, 100];
    }
    return figure.unit === "score" ? [1, 5] : d3.scaleLinear().domain([0, most > 0 ? most : 1]).nice(4).domain();
  }

  function ticksOf(figure, domain) {
    if (figure.unit === "percent") {
      return [0, 25, 50, 75, 100];
    }
    if (figure.unit === "score") {
      return [1, 2, 3, 4, 5];
    }
    var ticks = d3.ticks(domain[0], domain[1], 4);
    var whole = figure.unit === "tickets" || figure.unit === "times";
    return whole ? ticks.filter(Number.isInteger) : ticks;
  }

  function described(figure) {
    var values = figure.series.reduce(function (found, each) {
      return found.concat(each);
    }, [figure.before]).filter(function (each) {
      return each !== null;
    });
    var most = d3.max(values) || 0;
    var unit = scaleOf(figure, most);
    var domain = domainOf(figure, most / unit.by);
    return { unit: unit, domain: domain, ticks: ticksOf(figure, domain) };
  }

  function draw(figure, width) {
    var told = described(figure);
    var by = told.unit.by;
    var points = figure.series.map(function (each, index) {
      return { at: index, now: each[0] === null ? NaN : each[0] / by, p90: each[1] === null ? NaN : each[1] / by };
    });
    var step = Math.max(1, Math.ceil(points.length / Math.max(1, (width - LEFT - RIGHT) / (data.step === "month" ? 34 : data.step === "year" ? 40 : 54))));
    var marks = [
      Plot.axisY({ ticks: told.ticks, tickSize: 0, tickPadding: 6, label: null, tickFormat: axisText }),
      Plot.gridY({ ticks: told.ticks, stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.axisX({
        ticks: d3.range(0, points.length, step),
        tickSize: 0,
        tickPadding: 8,
        label: null,
        tickFormat: function (index) {
          return data.slots[index] ? data.slots[index][1] : "";
        },
      }),
    ];
    var was = figure.before === null ? [] : [figure.before / by];
    var before = Plot.ruleY(was, { stroke: "var(--before)", strokeWidth: 1.75, strokeDasharray: "6 4" });
    if (figure.kind === "count") {
      marks.push(Plot.barY(points, { x: "at", y: "now", fill: "var(--now)", insetLeft: 0.5, insetRight: 0.5 }));
      marks.push(Plot.ruleY(was, { stroke: "var(--card)", strokeWidth: 4, strokeOpacity: 0.7 })); /* seen on bars too */
      marks.push(before);
    } else {
      marks.push(before); /* below the line, which may be on it */
      if (figure.kind === "level") {
        marks.push(Plot.areaY(points, { x: "at", y: "now", fill: "var(--now)", fillOpacity: 0.15 }));
      }
      marks.push(Plot.lineY(points, { x: "at", y: "p90", stroke: "var(--p90)", strokeWidth: 1.75, strokeDasharray: "2 3" }));
      marks.push(Plot.lineY(points, { x: "at", y: "now", stroke: "var(--now)", strokeWidth: 2 }));
      if (points.length <= MANY) {
        marks.push(Plot.dot(points, { x: "at", y: "now", fill: "var(--now)", r: 2.75 }));
      }
    }
    marks.push(Plot.ruleY([told.domain[0]], { stroke: "var(--field)" }));
    return Plot.plot({
      className: "plot",
      width: width,
      height: HIGH,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginBottom: BELOW,
      marginTop: 22,
      x: { type: "band", domain: d3.range(points.length), padding: 0.25 },
      y: { domain: told.domain },
      marks: marks.concat(Plot.text([told.unit.name], { frameAnchor: "top-left", dx: -LEFT + 4, dy: -20, textAnchor: "start" })),
    });
  }

  function axisText(value) {
    return d3.format(",~r")(Math.round(value * 1000) / 1000);
  }

  /* A chart: its picture, and a slider over it by which mouse and keyboard go from slot to slot. */

  function Chart(place) {
    var self = this;
    this.id = place.dataset.figure;
    this.figure = data.figures[this.id];
    this.place = place;
    this.picture = made("div", "picture");
    this.cross = made("div", "cross");
    this.cross.hidden = true;
    this.read = made("output", "read of");
    this.cursor = made("input", "cursor");
    this.cursor.type = "range";
    this.cursor.min = "0";
    this.cursor.max = String(Math.max(this.figure.series.length - 1, 0));
    this.cursor.value = this.cursor.max;
    this.cursor.setAttribute("aria-label", this.figure.name + ", slot by slot; Enter says how to list its tickets");
    this.width = 0;
    this.image = made("div", "image");
    this.image.setAttribute("role", "img");
    this.image.setAttribute("aria-label", place.getAttribute("aria-label"));
    this.image.append(place.firstElementChild); /* the small picture stays until the chart is drawn */
    place.removeAttribute("role");
    place.removeAttribute("aria-label");
    this.picture.append(this.image, this.cross, this.cursor);
    place.append(this.picture, this.read);
    this.say(false);
    this.cursor.addEventListener("input", function () {
      self.say(true);
    });
    this.cursor.addEventListener("focus", function () {
      self.say(true);
    });
    this.cursor.addEventListener("blur", function () {
      self.cross.hidden = true;
    });
    this.picture.addEventListener("pointermove", function (event) {
      self.follow(event);
    });
    this.picture.addEventListener("pointerleave", function () {
      self.cross.hidden = document.activeElement !== self.cursor;
    });
    this.cursor.addEventListener("click", function () {
      self.tell();
    });
    this.cursor.addEventListener("keydown", function (event) {
      if (event.key === "Enter") {
        self.tell();
      }
    });
  }

  Chart.prototype.draw = function (width) {
    if (width < 40 || width === this.width) {
      return;
    }
    this.width = width;
    var plot = draw(this.figure, width);
    plot.setAttribute("aria-hidden", "true"); /* the image around it has the words */
    plot.querySelectorAll("[aria-label]").forEach(function (each) {
      each.dataset.part = each.getAttribute("aria-label");
      each.removeAttribute("aria-label");
    });
    this.image.replaceChildren(plot);
    this.scale = plot.scale("x");
    this.cursor.style.left = LEFT + "px";
    this.cursor.style.width = width - LEFT - RIGHT + "px";
    this.cursor.style.top = "0px";
    this.cursor.style.height = HIGH - BELOW + "px";
    this.cross.style.top = "22px";
    this.cross.style.height = HIGH - BELOW - 22 + "px";
    this.put();
  };

  Chart.prototype.put = function () {
    if (this.scale) {
      this.cross.style.left = this.scale.apply(Number(this.cursor.value)) + this.scale.bandwidth / 2 + "px";
    }
  };

  Chart.prototype.say = function (shown) {
    var at = Number(this.cursor.value);
    var said = data.slots[at][0] + ": " + this.figure.said[at];
    this.cursor.setAttribute("aria-valuetext", said);
    this.read.textContent = said;
    this.cross.hidden = !shown;
    this.put();
  };

  Chart.prototype.follow = function (event) {
    if (event.pointerType === "touch" || !this.scale) {
      return;
    }
    var across = event.clientX - this.picture.getBoundingClientRect().left - this.scale.range[0];
    var at = Math.floor(across / this.scale.step);
    this.cursor.value = String(Math.min(Math.max(at, 0), this.figure.series.length - 1));
    this.say(true);
  };

  Chart.prototype.tell = function () {
    var slot = data.slots[Number(this.cursor.value)];
    var command = "sdcli report audit " + this.id + " --since " + slot[2] + " --until " + slot[3];
    var line = made("p", "");
    line.append(made("code", "", (command + " " + data.shared).trim()));
    var list = made("ul", "tickets");
    (this.figure.slots[Number(this.cursor.value)] || []).forEach(function (ref) {
      list.append(ticket(ref));
    });
    region(this.place).replaceChildren(
      made("p", "what", this.figure.name + ", " + slot[0] + ": " + this.figure.said[Number(this.cursor.value)]),
      list,
      made("p", "of", "This lists every ticket behind it:"),
      line
    );
  };

  function region(inside) {
    return inside.closest("article").querySelector(".drill");
  }

  /* Parts: their names become buttons. */

  function upgrade(table) {
    var parts = data.figures[table.dataset.figure].parts[table.dataset.by] || [];
    Array.from(table.tBodies[0].rows).forEach(function (row, index) {
      if (!parts[index] || !parts[index][1].length) {
        return;
      }
      var head = row.cells[0];
      var button = made("button", "part", head.textContent);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      head.replaceChildren(button);
      row.addEventListener("click", function () {
        choose(table, button, parts[index]);
      });
    });
  }

  function choose(table, button, part) {
    var place = region(table);
    var was = button.getAttribute("aria-pressed") === "true";
    table.closest("article").querySelectorAll('.part[aria-pressed="true"]').forEach(function (each) {
      each.setAttribute("aria-pressed", "false");
    });
    if (was) {
      place.replaceChildren();
      return;
    }
    button.setAttribute("aria-pressed", "true");
    var name = data.figures[table.dataset.figure].name;
    var list = made("ul", "tickets");
    part[1].forEach(function (ref) {
      list.append(ticket(ref));
    });
    place.replaceChildren(made("p", "what", name + ", " + table.dataset.by + " " + part[0] + ": the newest tickets"), list);
  }

  function ticket(ref) {
    var known = data.tickets[ref];
    var item = made("li", "");
    item.append(made("span", "ref", ref));
    if (known) {
      item.append(" " + known[0] + " ", made("span", "of", known[2] + ", " + known[1] + ", " + known[4]));
    }
    return item;
  }

  /* Light and dark: the reader's system says, until the reader does. */

  function schemes() {
    var button = document.getElementById("scheme");
    var system = window.matchMedia("(prefers-color-scheme: dark)");
    var chosen = remembered();

    function show() {
      var dark = chosen ? chosen === "dark" : system.matches;
      if (chosen) {
        document.documentElement.dataset.scheme = chosen;
      }
      button.textContent = dark ? "Light colours" : "Dark colours";
      return dark;
    }

    button.hidden = false;
    button.addEventListener("click", function () {
      chosen = show() ? "light" : "dark";
      try {
        window.localStorage.setItem("sdcli scheme", chosen);
      } catch (error) {
        /* Without a memory, it holds as long as the page. */
      }
      show();
    });
    system.addEventListener("change", show);
    show();
  }

  function remembered() {
    try {
      var kept = window.localStorage.getItem("sdcli scheme");
      return kept === "dark" || kept === "light" ? kept : "";
    } catch (error) {
      return "";
    }
  }

  /* Charts are drawn when they come into view, and all of them before the page is printed. */

  function watch() {
    var sizes = new ResizeObserver(function (entries) {
      entries.forEach(function (entry) {
        var chart = entry.target.chart;
        if (chart.seen) {
          chart.draw(Math.floor(entry.contentRect.width));
        }
      });
    });
    var views = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          var chart = entry.target.chart;
          if (entry.isIntersecting && !chart.seen) {
            chart.seen = true;
            chart.draw(entry.target.clientWidth);
          }
        });
      },
      { rootMargin: "800px" }
    );
    charts.forEach(function (chart) {
      chart.place.chart = chart;
      sizes.observe(chart.place);
      views.observe(chart.place);
    });
  }

  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (each) {
      each.open = true;
    });
    charts.forEach(function (chart) {
      chart.seen = true;
      chart.draw(PRINTED);
    });
  });
  window.addEventListener("afterprint", function () {
    charts.forEach(function (chart) {
      chart.draw(chart.place.clientWidth);
    });
    closed.forEach(function (each) {
      each.open = false;
    });
  });

  schemes();
  document.querySelectorAll("table[data-by]").forEach(upgrade);
  charts = Array.from(document.querySelectorAll(".chart")).map(function (place) {
    return new Chart(place);
  });
  watch();
})();
