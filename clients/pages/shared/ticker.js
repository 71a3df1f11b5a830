/**
 * A worker that says "now" once a second. Browsers slow a hidden page's own timers down to one a
 * minute, and a server takes whoever is silent for a minute for gone.
 */

setInterval(() => postMessage(null), 1000);
