/* Keeps which articles were read in this visit, and puts them into the links that report something.
   Nothing is sent anywhere: the list goes along when the reader writes to the desk. */
(function () {
  "use strict";

  var VISIT_MS = 4 * 60 * 60 * 1000;
  var MOST = 20;
  var USE = /^[A-Z]{1,8}-[0-9]{1,8}@[0-9a-f]{12}$/;
  var ROOT = new URL("..", document.currentScript.src).pathname;
  var KEY = "sdcli read " + ROOT;
  var own = document.body.dataset.use || "";
  var lastKnown = [];

  /** What was read in this visit, as [ID@REVISION, instant in ms], the first read first. */
  function read() {
    var kept = lastKnown;
    try {
      kept = JSON.parse(window.localStorage.getItem(KEY)) || lastKnown;
    } catch (error) {
      /* Without a memory, this page is all that is known. */
    }
    var since = Date.now() - VISIT_MS;
    return (Array.isArray(kept) ? kept : []).filter(function (each) {
      return Array.isArray(each) && USE.test(each[0]) && each[1] > since && each[1] <= Date.now();
    });
  }

  function remember(use) {
    var id = use.split("@")[0];
    var rest = read().filter(function (each) {
      return each[0].split("@")[0] !== id;
    });
    lastKnown = rest.concat([[use, Date.now()]]).slice(-MOST);
    try {
      window.localStorage.setItem(KEY, JSON.stringify(lastKnown));
    } catch (error) {
      /* As above. */
    }
  }

  function renew() {
    var uses = read().map(function (each) {
      return each[0];
    });
    if (!uses.length) {
      return;
    }
    document.querySelectorAll("a[data-report]").forEach(function (link) {
      link.href = link.dataset.report.split("{read}").join(uses.join(link.dataset.between));
    });
    var ids = uses.map(function (use) {
      return use.split("@")[0];
    });
    document.querySelectorAll(".along").forEach(function (told) {
      told.textContent = "Named in your message: " + ids.join(", ");
      told.hidden = false;
    });
  }

  /** Whether the link that led here names another revision than the one that is shown. */
  function isOther() {
    var named = /[?&]revision=([0-9a-f]{12})(?:&|$)/.exec(window.location.search);
    return named !== null && named[1] !== own.split("@")[1];
  }

  if (USE.test(own)) {
    remember(own);
    document.getElementById("changed").hidden = !isOther();
  }
  renew();
  window.addEventListener("pageshow", renew);
  document.addEventListener("visibilitychange", renew);
  document.addEventListener("click", renew, true);

  document.addEventListener("keydown", function (event) {
    var at = event.target;
    var writes = at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || writes) {
      return;
    }
    event.preventDefault();
    var field = document.getElementById("query");
    if (field) {
      field.focus();
      field.select();
    } else {
      window.location.href = new URL("../index.html#search", document.querySelector("script[src]").src).href;
    }
  });
})();
