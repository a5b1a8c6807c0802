'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const charts = [...document.querySelectorAll('svg.time')];
  const rounds = [...document.querySelectorAll('.rounds button')];
  const axis = document.querySelector('.axis');
  const tip = document.getElementById('tip');
  const span = data.span;             // from the first moment to the last, in microseconds
  const margin = 0.006 * span;        // beside them, when everything is shown
  const widest = span + 2 * margin;
  const narrowest = Math.min(50, widest);
  let from = -margin;                 // what is shown: [from, from + width)
  let width = widest;

  // ---- What is shown

  // 1, 2 or 5 times a power of ten: at most `count` of them in the window.
  function stepFor(count) {
    const rough = width / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  }

  // Long enough to tell neighbours `step` apart.
  function timeText(time, step) {
    const [unit, name] = width < 1e6 ? [1e3, 'ms'] : [1e6, 's'];
    const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
    return `${(time / unit).toFixed(decimals)} ${name}`;
  }

  function drawAxis() {
    const pixels = axis.clientWidth;
    const step = stepFor(Math.max(2, pixels / 110));
    const ticks = [];
    for (let i = Math.ceil(from / step); i * step <= from + width; ++i) ticks.push(i * step);
    axis.replaceChildren(...ticks.map((time) => {
      const label = document.createElement('span');
      label.textContent = timeText(time, step);
      const at = (time - from) / width * pixels;
      // Centred, but for those that would not fit at the ends.
      const [left, shift] = at < 40 ? [Math.max(at, 4), '0'] :
          at > pixels - 40 ? [Math.min(at, pixels - 4), '-100%'] : [at, '-50%'];
      label.style.left = `${left}px`;
      label.style.transform = `translateX(${shift})`;
      return label;
    }));
    for (const chart of charts) {
      chart.querySelector('.grid').setAttribute(
          'd', ticks.map((time) => `M${time} 0V${chart.dataset.height}`).join(''));
    }
  }

  function drawRounds() {
    const pixels = axis.clientWidth;
    let shown = 0;
    for (const round of rounds) {
      const begin = Math.max(0, (Number(round.dataset.begin) - from) / width) * pixels;
      const end = Math.min(1, (Number(round.dataset.end) - from) / width) * pixels;
      const room = end - begin;
      round.hidden = room <= 0;
      if (room <= 0) continue;
      ++shown;
      round.style.left = `${begin}px`;
      round.style.width = `${room}px`;
      round.textContent = room > 64 ? `round ${round.dataset.number}` :
          room > 7.7 * round.dataset.number.length + 3 ? round.dataset.number : '';
    }
    // Lines that leave no room between them would hide everything else.
    document.body.classList.toggle('dense', pixels / shown < 8);
  }

  function draw() {
    for (const chart of charts) {
      chart.setAttribute('viewBox', `${from} 0 ${width} ${chart.dataset.height}`);
    }
    drawAxis();
    drawRounds();
    const step = width / 1000;
    document.getElementById('window').textContent =
        `${timeText(Math.max(0, from), step)} to ${timeText(Math.min(span, from + width), step)}`;
  }

  function show(newFrom, newWidth) {
    width = Math.min(widest, Math.max(narrowest, newWidth));
    from = Math.max(-margin, Math.min(span + margin - width, newFrom));
    draw();
  }

  // `at`: the share of the window that stays where it is.
  function zoom(factor, at = 0.5) {
    const newWidth = Math.min(widest, Math.max(narrowest, width * factor));
    show(from + at * (width - newWidth), newWidth);
  }

  function pan(share) { show(from + share * width, width); }

  // ---- Wheel, drag, keys, buttons

  const actions = {
    in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.25), right: () => pan(0.25),
    all: () => show(-margin, widest),
  };
  for (const chart of charts) {
    chart.addEventListener('wheel', (event) => {
      event.preventDefault();
      const box = chart.getBoundingClientRect();
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        pan(sideways / box.width);
      } else {
        zoom(Math.exp(event.deltaY * 0.002), (event.clientX - box.left) / box.width);
      }
    }, {passive: false});
    chart.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      chart.setPointerCapture(event.pointerId);
      chart.classList.add('dragged');
      hideTip();
    });
    chart.addEventListener('pointermove', (event) => {
      if (chart.classList.contains('dragged')) {
        pan(-event.movementX / chart.getBoundingClientRect().width);
      } else {
        showTip(event);
      }
    });
    for (const end of ['pointerup', 'pointercancel']) {
      chart.addEventListener(end, () => chart.classList.remove('dragged'));
    }
    chart.addEventListener('pointerleave', hideTip);
    chart.addEventListener('dblclick', actions.all);
  }

  for (const button of document.querySelectorAll('[data-action]')) {
    button.addEventListener('click', actions[button.dataset.action]);
  }
  for (const round of rounds) {
    const begin = Number(round.dataset.begin);
    const length = Number(round.dataset.end) - begin;
    round.addEventListener('click', () => show(begin - 0.02 * length, 1.04 * length));
  }
  const keys = {'+': 'in', '=': 'in', '-': 'out', ArrowLeft: 'left', ArrowRight: 'right', '0': 'all'};
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    actions[keys[event.key]]();
    event.preventDefault();
  });
  draw();
  new ResizeObserver(draw).observe(axis);

  // ---- Details

  let hot = [];

  function hideTip() {
    tip.hidden = true;
    for (const element of hot) element.classList.remove('hot');
    hot = [];
  }

  function showTip(event) {
    const element = event.target.closest('[data-tip]');
    hideTip();
    if (!element) return;
    if (element.dataset.task) {
      hot = [...document.querySelectorAll(`[data-task="${element.dataset.task}"]`)];
      for (const copy of hot) copy.classList.add('hot');
    }
    const {title, rows} = data.tips[Number(element.dataset.tip)];
    const heading = document.createElement('strong');
    heading.textContent = title;
    const list = document.createElement('dl');
    for (const [name, text] of rows) {
      list.append(Object.assign(document.createElement('dt'), {textContent: name}),
                  Object.assign(document.createElement('dd'), {textContent: text}));
    }
    tip.replaceChildren(heading, list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const right = event.clientX + 16 + box.width < innerWidth;
    const below = event.clientY + 16 + box.height < innerHeight;
    tip.style.left = `${right ? event.clientX + 16 : Math.max(4, event.clientX - 16 - box.width)}px`;
    tip.style.top = `${below ? event.clientY + 16 : Math.max(4, event.clientY - 16 - box.height)}px`;
  }
})();
