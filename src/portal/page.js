// Tries what only this browser can find out, and has the answers put into words. Old phones run this.
(function () {
  var box = document.getElementById('test'), running = false;
  if (!box || !window.XMLHttpRequest || !box.getAttribute('data-result')) { return; }
  function load(url, tell) {
    if (!url) { tell(''); return; }
    var image = new Image(), over = false;
    function end(answer) {
      if (!over) { over = true; tell(answer); }
    }
    image.onload = function () { end('yes'); };
    image.onerror = function () { end('no'); };
    setTimeout(function () { end('no'); }, 10000);
    image.src = url + '?' + new Date().getTime();
  }
  function show(proxy, ca) {
    var request = new XMLHttpRequest();
    request.onreadystatechange = function () {
      if (request.readyState === 4) {
        running = false;
        if (request.status === 200) { box.innerHTML = request.responseText; }
      }
    };
    request.open('GET', box.getAttribute('data-result') + '?proxy=' + proxy + '&ca=' + ca, true);
    request.send();
  }
  function test() {
    if (running || document.hidden) { return; }
    running = true;
    load(box.getAttribute('data-proxy'), function (proxy) {
      load(box.getAttribute('data-ca'), function (ca) {
        // What the browser did not like reaches tlscope a moment later.
        setTimeout(function () { show(proxy, ca); }, 200);
      });
    });
  }
  test();
  // Back from the settings.
  window.onfocus = window.onpageshow = test;
  document.onvisibilitychange = test;
}());
