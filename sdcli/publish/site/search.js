/* The search of the front page. It looks through search-data.js in the reader's own browser. */
(function () {
  "use strict";

  var WAIT_MS = 80;
  var MOST = 20;
  var FUZZY_FROM = 4;
  var PREFIX_FROM = 3;
  var FEWEST_OF_BEST = 0.12;
  var BOOST = { title: 8, symptoms: 5, keywords: 5, services: 3, body: 1 };
  var STOP = new Set(
    ("a about after all am an and any are as at be been but by can do does every for from get had has have " +
     "he her his how i if in into is it its me my no not of off on or our she so some than that the their them " +
     "then there they this to up us was we were what when where which who why will with you your").split(" ")
  );

  var form = document.getElementById("search");
  var field = document.getElementById("query");
  var list = document.getElementById("results");
  var count = document.getElementById("count");
  var told = window.SDCLI_SEARCH;
  var index = null;
  var timer = 0;

  if (!told || !window.MiniSearch) {
    return;
  }

  function words(text) {
    return text.toLowerCase().normalize("NFC").match(/[\p{L}\p{M}\p{N}_]+/gu) || [];
  }

  /** The index, built when it is first asked. */
  function indexed() {
    if (index === null) {
      index = new window.MiniSearch({
        fields: ["title", "symptoms", "keywords", "services", "body"],
        storeFields: ["id", "title", "symptoms", "services"],
        tokenize: words,
        processTerm: function (term) {
          return STOP.has(term) ? null : term;
        },
      });
      index.addAll(told.articles);
    }
    return index;
  }

  /** The query, and for each word or phrase of it that has synonyms, those with less weight. */
  function asked(text) {
    var said = " " + words(text).join(" ") + " ";
    var more = Object.keys(told.synonyms).filter(function (key) {
      return said.indexOf(" " + key + " ") >= 0;
    });
    var others = [].concat.apply([], more.map(function (key) {
      return told.synonyms[key];
    }));
    var queries = [{ queries: [text], combineWith: "OR" }];
    if (others.length) {
      queries.push({ queries: [others.join(" ")], boostDocument: function () { return 0.6; }, prefix: false, fuzzy: false });
    }
    return { queries: queries, combineWith: "OR" };
  }

  function found(text) {
    var hits = indexed().search(asked(text), {
      boost: BOOST,
      combineWith: "OR",
      prefix: function (term) {
        return term.length >= PREFIX_FROM;
      },
      fuzzy: function (term) {
        return term.length >= FUZZY_FROM ? 0.25 : false;
      },
      maxFuzzy: 2,
      weights: { fuzzy: 0.35, prefix: 0.5 },
    });
    return hits.filter(function (hit) {
      return hit.score >= hits[0].score * FEWEST_OF_BEST;
    });
  }

  /** A text in which the words found are marked; it is never read as HTML. */
  function marked(text, terms) {
    var told = document.createDocumentFragment();
    text.split(/([\p{L}\p{M}\p{N}_]+)/u).forEach(function (part) {
      if (terms.has(part.toLowerCase().normalize("NFC"))) {
        var mark = document.createElement("mark");
        mark.textContent = part;
        told.append(mark);
      } else {
        told.append(part);
      }
    });
    return told;
  }

  /** The symptom that says most of what was asked; the first if none does. */
  function telling(hit, terms) {
    var best = "";
    var most = -1;
    hit.symptoms.split("\n").forEach(function (symptom) {
      var fits = words(symptom).filter(function (word) {
        return terms.has(word);
      }).length;
      if (fits > most) {
        most = fits;
        best = symptom;
      }
    });
    return best;
  }

  function row(hit) {
    var terms = new Set(hit.terms);
    var item = document.createElement("li");
    var link = document.createElement("a");
    link.href = "articles/" + encodeURIComponent(hit.id) + ".html";
    link.append(marked(hit.title, terms));
    item.append(link);
    var symptom = telling(hit, terms);
    if (symptom) {
      var said = document.createElement("p");
      said.append(marked(symptom, terms));
      item.append(said);
    }
    if (hit.services) {
      var services = document.createElement("p");
      services.className = "of";
      services.textContent = hit.services;
      item.append(services);
    }
    return item;
  }

  function sentence(hits) {
    if (!hits.length) {
      return "No article fits. Try other words, or ask us below.";
    }
    if (hits.length > MOST) {
      return MOST + " of " + hits.length + " articles, the best first.";
    }
    return hits.length === 1 ? "1 article fits." : hits.length + " articles fit, the best first.";
  }

  function keep(text) {
    try {
      var at = window.location.pathname + window.location.search;
      window.history.replaceState(null, "", text ? at + "#q=" + encodeURIComponent(text) : at);
    } catch (error) {
      /* Then the way back leads to an empty search. */
    }
  }

  function show() {
    var text = field.value.trim();
    var any = words(text).length > 0;
    var hits = any ? found(text) : [];
    list.replaceChildren.apply(list, hits.slice(0, MOST).map(row));
    count.textContent = any ? sentence(hits) : "";
    document.body.classList.toggle("searching", any);
    keep(any ? text : "");
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(show, WAIT_MS);
  }

  /** The search that the address names, as after coming back from an article. */
  function restore() {
    var named = /^#q=(.*)$/.exec(window.location.hash);
    var text = "";
    try {
      text = named ? decodeURIComponent(named[1]) : "";
    } catch (error) {
      /* Somebody has cut the address. */
    }
    if (named) {
      field.value = text.slice(0, 200);
      show();
    } else if (window.location.hash === "#search") {
      window.setTimeout(function () { /* the browser has looked for the place in the address by then */
        field.focus();
      }, 0);
    }
  }

  form.hidden = false;
  field.addEventListener("input", soon);
  field.addEventListener("focus", function () {
    window.setTimeout(indexed, 0);
  });
  field.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      event.preventDefault();
      field.value = "";
      show();
    }
  });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    window.clearTimeout(timer);
    show();
  });
  window.addEventListener("hashchange", restore);
  if (document.readyState === "complete") {
    restore();
  } else {
    window.addEventListener("load", restore);
  }
})();
