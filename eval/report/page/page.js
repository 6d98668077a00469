// The browser of single questions. Everything shown is set as text: records hold text from the web.
'use strict';
(() => {
  const data = document.getElementById('records');
  if (data === null) return;
  const records = JSON.parse(data.textContent);
  const list = document.getElementById('list');
  const detail = document.getElementById('detail');
  const query = document.getElementById('query');
  const group = document.getElementById('group');
  const buttons = [...document.querySelectorAll('[data-filter]')];
  let filter = 'all';
  let current = -1;

  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const number = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(3));

  const matches = (record) =>
    (filter === 'all' ||
      record.state === filter ||
      (filter === 'wrong' && record.state === 'failed') ||
      (filter === 'abstained' && record.abstained)) &&
    (group.value === '' || record.group === group.value) &&
    (query.value === '' || record.haystack.includes(query.value.toLowerCase()));

  const showList = () => {
    list.replaceChildren();
    let shown = 0;
    records.forEach((record, index) => {
      if (!matches(record)) return;
      shown += 1;
      const button = make('button', record.state, record.question.slice(0, 160));
      button.type = 'button';
      button.dataset.index = String(index);
      button.setAttribute('aria-current', String(index === current));
      button.prepend(
        make('small', 'soft', `${record.group}${record.abstained ? ' · abstained' : ''}`),
      );
      button.addEventListener('click', () => show(index));
      list.append(button);
    });
    if (shown === 0) list.append(make('p', '', 'No question is like that.'));
    document.getElementById('count').textContent = `${shown} of ${records.length}`;
  };

  const section = (title) => detail.append(make('h4', '', title));

  const showAnswer = (record) => {
    const box = make('p', 'answer');
    if (record.sentences.length === 0) box.textContent = record.answer ?? record.error ?? '';
    record.sentences.forEach((sentence, index) => {
      if (index > 0 && !/[。！？]$/u.test(record.sentences[index - 1].text)) box.append(' ');
      box.append(sentence.text);
      sentence.citations.forEach((citation) => {
        const mark = make('button', 'mark', `[${citation.reference}]`);
        mark.type = 'button';
        mark.title = `support ${number(citation.support)}: ${citation.quote}`;
        mark.addEventListener('click', () => {
          for (const lit of detail.querySelectorAll('.lit')) lit.classList.remove('lit');
          const target = detail.querySelector(`[data-reference="${citation.reference}"]`);
          if (target === null) return;
          target.classList.add('lit');
          target.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
        });
        box.append(mark);
      });
    });
    detail.append(box);
  };

  const showReference = (record, reference) => {
    const box = make('div', 'reference');
    box.dataset.reference = String(reference.number);
    const head = make('div');
    head.append(
      make('b', '', `[${reference.number}] ${reference.title} `),
      make('small', '', reference.url),
    );
    box.append(head);
    const spans = record.sentences
      .flatMap((sentence) => sentence.citations)
      .filter((citation) => citation.reference === reference.number)
      .sort((a, b) => a.start - b.start);
    const text = make('p');
    let at = 0;
    for (const { start, end } of spans) {
      if (start < at) continue;
      text.append(
        reference.text.slice(at, start),
        make('mark', '', reference.text.slice(start, end)),
      );
      at = end;
    }
    text.append(reference.text.slice(at));
    box.append(text);
    detail.append(box);
  };

  const show = (index) => {
    current = index;
    const record = records[index];
    detail.replaceChildren();
    const badges = make('div');
    const words = {
      right: 'right',
      wrong: 'wrong',
      abstained: 'abstained',
      failed: 'failed',
      open: 'no gold answer',
    };
    badges.append(make('span', `badge ${record.state}`, words[record.state]));
    if (record.abstained && record.state !== 'abstained')
      badges.append(make('span', 'badge abstained', 'abstained'));
    badges.append(make('span', 'badge', record.group), make('small', '', record.id));
    detail.append(badges, make('h3', '', record.question));
    if (record.answer !== null || record.error !== null) showAnswer(record);
    if (record.error !== null) detail.append(make('p', 'worse', record.error));
    if (record.gold.length > 0) {
      const line = make('p');
      line.append(make('span', 'soft', 'Gold: '), record.gold.join(' · '));
      detail.append(line);
    } else if (record.answer !== null && record.state !== 'open') {
      detail.append(make('p', 'soft', 'The sources hold no answer: to abstain is right.'));
    }
    for (const [name, value] of Object.entries(record.labels)) {
      const line = make('p');
      line.append(make('span', 'soft', `${name}: `), value);
      detail.append(line);
    }
    if (record.references.length > 0) section('References');
    for (const reference of record.references) showReference(record, reference);
    if (record.drafts.length > 0) section('Drafts');
    for (const draft of record.drafts) {
      const box = make('div', 'draft');
      box.append(make('span', 'badge', draft.kind), draft.text);
      detail.append(box);
    }
    if (record.candidates.length > 0) section('Chosen among');
    for (const candidate of record.candidates) {
      const box = make('div', 'draft', candidate.text);
      box.append(
        make(
          'small',
          '',
          ` — score ${number(candidate.score)}, support ${number(candidate.support)}, preference ${number(candidate.preference)}`,
        ),
      );
      detail.append(box);
    }
    section('Figures');
    const pairs = make('dl', 'pairs');
    for (const [name, value] of Object.entries({ ...record.metrics, ...record.timings })) {
      const pair = make('div');
      pair.append(make('dt', '', name), make('dd', '', number(value)));
      pairs.append(pair);
    }
    detail.append(pairs);
    for (const warning of record.warnings) detail.append(make('p', 'soft', warning));
    for (const button of list.querySelectorAll('button')) {
      button.setAttribute('aria-current', String(button.dataset.index === String(index)));
    }
  };

  for (const button of buttons) {
    button.addEventListener('click', () => {
      filter = button.dataset.filter;
      for (const one of buttons) one.setAttribute('aria-pressed', String(one === button));
      showList();
    });
  }
  query.addEventListener('input', showList);
  group.addEventListener('change', showList);
  showList();
  if (records.length > 0) show(0);
})();
