// Runs in the measured page, before its own scripts: times what a person sees, by the browser's own clock.
(() => {
  if (window !== window.top) return;
  const PATIENCE_MS = 60_000;

  /** What is changed before a frame is seen after it. */
  const afterPaint = (then) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now());
    port2.postMessage(null);
  };
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

  /** @returns when the condition was first seen to hold (ms of performance.now) */
  const seen = (condition) =>
    new Promise((resolve, reject) => {
      const until = performance.now() + PATIENCE_MS;
      const look = () => {
        if (condition()) afterPaint(resolve);
        else if (performance.now() > until) reject(new Error(`waited in vain: ${condition}`));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });

  /** @returns how long after the next key or button went down the condition was seen to hold (ms) */
  const afterInput = (condition) => {
    let began = null;
    const begin = ({ timeStamp }) => (began ??= timeStamp);
    for (const type of ['keydown', 'pointerdown'])
      addEventListener(type, begin, { capture: true, once: true });
    return seen(() => began !== null && condition()).then((now) => now - began);
  };

  /** Scrolls by so many pixels a frame until `isEnd`. @returns the longest frame (ms), and the most rows at once */
  const scroll = async (element, pixels, isEnd) => {
    let [longest, rows] = [0, 0];
    let last = await nextFrame();
    while (!isEnd()) {
      element.scrollTop += pixels;
      const now = await nextFrame();
      longest = Math.max(longest, now - last);
      last = now;
      rows = Math.max(rows, document.querySelectorAll('[role="option"]').length);
    }
    return { longest, rows };
  };

  // Layout shifts that no act explains, in windows as web.dev/cls has them.
  const shifts = { most: 0, now: 0, began: 0, last: 0, of: '' };
  const nameOf = ({ node }) => node?.outerHTML?.slice(0, 120) ?? String(node?.nodeName);
  new PerformanceObserver((list) => {
    for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      const isSame = startTime - shifts.last < 1_000 && startTime - shifts.began < 5_000;
      if (!isSame) Object.assign(shifts, { now: 0, began: startTime });
      shifts.now += value;
      shifts.last = startTime;
      if (shifts.now <= shifts.most) continue;
      shifts.most = shifts.now;
      shifts.of = sources.map(nameOf).join(' | ');
    }
  }).observe({ type: 'layout-shift', buffered: true });

  // Interactions shorter than this are not reported, only counted.
  const LEAST_MS = 16;
  const interactions = new Map();
  const keys = [];
  const slow = [];
  new PerformanceObserver((list) => {
    for (const {
      name,
      duration,
      interactionId,
      startTime,
      processingStart,
      processingEnd,
      target,
    } of list.getEntries()) {
      if (name === 'keydown') keys.push(duration);
      if (!interactionId) continue;
      interactions.set(interactionId, Math.max(duration, interactions.get(interactionId) ?? 0));
      if (duration > 100)
        slow.push({
          name,
          duration,
          waited: Math.round(processingStart - startTime),
          handled: Math.round(processingEnd - processingStart),
          target: target?.outerHTML?.slice(0, 100),
        });
    }
  }).observe({ type: 'event', durationThreshold: LEAST_MS, buffered: true });

  /** Frames over 50 ms, with the scripts that made them long. */
  const frames = [];
  if (PerformanceObserver.supportedEntryTypes.includes('long-animation-frame'))
    new PerformanceObserver((list) => {
      for (const { duration, scripts, renderStart, startTime, styleAndLayoutStart } of list.getEntries())
        frames.push({
          at: Math.round(startTime),
          duration: Math.round(duration),
          layout: styleAndLayoutStart ? Math.round(startTime + duration - styleAndLayoutStart) : 0,
          render: renderStart ? Math.round(startTime + duration - renderStart) : 0,
          scripts: scripts.map(
            ({ invoker, duration: took, forcedStyleAndLayoutDuration: forced, sourceFunctionName: of }) =>
              `${invoker} ${of} ${Math.round(took)} (layout ${Math.round(forced)})`,
          ),
        });
    }).observe({ type: 'long-animation-frame', buffered: true });

  const MAILS = 'main article :is(iframe, [data-meanwhile])';
  const mails = () =>
    [...document.querySelectorAll(MAILS)].filter(({ dataset }) => dataset.old === undefined);
  const isLoaded = (mail) => mail.style.opacity === '1' && mail.contentDocument?.body?.textContent.trim();

  window.probe = {
    seen,
    afterInput,
    scroll,
    shifts,
    slow,
    frames,
    /** When the list could first be read; its own promise, so that a load needs no second script. */
    list: seen(() => document.querySelector('[role="option"]')),
    /** When nothing had come for a second. */
    quiet: () =>
      seen(() => {
        const ends = performance.getEntriesByType('resource').map(({ responseEnd }) => responseEnd);
        return performance.now() - Math.max(0, ...ends) > 1_000;
      }),
    /** Of all interactions, the unreported ones with the least that is reported. */
    interactions: () => {
      const reported = [...interactions.values()];
      const rest = Math.max(0, performance.interactionCount - reported.length);
      return [...reported, ...Array.from({ length: rest }, () => LEAST_MS)];
    },
    /** The longest that a key waited for its frame since the last call (ms); 0: none took 16 ms. */
    longestKey: () => Math.max(0, ...keys.splice(0)),
    /** What is shown now of mails is not what is waited for. */
    forget: () => document.querySelectorAll(MAILS).forEach((mail) => (mail.dataset.old = '')),
    /** Whether a mail can be read: its text, or itself in its frame. */
    isTextShown: () => mails().some((mail) => mail.textContent.trim() || isLoaded(mail)),
    /** Whether a mail is seen as it was sent. */
    isMailShown: () => mails().some(isLoaded),
  };
})();
