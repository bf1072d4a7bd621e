/* The status page: one stream of what hufu knows, shown in the chosen language. */

import { summarise, buttonOf } from './summary.js';
import { steps } from './steps.js';
import { testSignature } from './test.js';
import { languages, pageErrors, questions, texts, unknownError } from './texts.js';

const lookEveryMs = 30_000;
const endedAfterMs = 4_000; /* the stream comes back by itself after a hiccup */

const state = {
    known: {}, /* the last event of each kind; `ended` is the key of the sentence that says so */
    test: { running: false, done: false, steps: {} },
};

let errors = {};

const element = (id) => document.getElementById(id);

/* --- language --- */

function preferredLanguage() {
    const chosen = sessionStorage.getItem('language');
    const wanted = chosen ? [chosen] : navigator.languages;
    const known = wanted.map((tag) => (tag.toLowerCase().startsWith('zh') ? 'zh-TW'
        : languages.find((language) => tag.toLowerCase().startsWith(language))));
    return known.find(Boolean) ?? 'en';
}

state.language = preferredLanguage();

/* What has no text of its own (a fix that is newer than this page) has that of its kind. */
function say(key, values = {}) {
    const text = texts[key] ?? texts[key.split('_')[0]];
    return text[state.language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/* Of texts.js by key, or of hufu in both languages. */
function sayEither({ key, text }) {
    return key ? say(key) : text?.[state.language] ?? text?.en ?? '';
}

const withoutStop = (sentence) => sentence.replace(/[。.]$/, '');

function sayDate(date, options = { dateStyle: 'long' }) {
    return new Intl.DateTimeFormat(state.language, options).format(date);
}

/* What happened and the next step. */
function sayError(code) {
    return (pageErrors[code] ?? errors[code] ?? unknownError)[state.language];
}

function announce(...parts) {
    element('announcement').textContent = parts.join(' ');
}

/* --- building --- */

/* An element with properties (data-* and aria-* as attributes) and children. */
function make(name, properties = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
        if (value === undefined) {
            continue;
        }
        if (key.includes('-')) {
            node.setAttribute(key, value);
        } else {
            node[key] = value;
        }
    }
    node.append(...children.filter(Boolean));
    return node;
}

/* Replaces what is shown; the keyboard stays where it was. */
function show(parent, ...children) {
    const focused = parent.contains(document.activeElement) && document.activeElement.id;
    parent.replaceChildren(...children.filter(Boolean));
    if (focused) {
        element(focused)?.focus();
    }
}

/* --- changes --- */

function post(path, body) {
    return fetch(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: body && JSON.stringify(body),
    }).catch(() => ({ ok: false }));
}

function ask(question, text, yes) {
    const dialog = element('confirm');
    element('confirm-title').textContent = question;
    element('confirm-text').textContent = text;
    element('confirm-yes').textContent = yes;
    dialog.returnValue = '';
    dialog.showModal();
    element('confirm-no').focus();
    return new Promise((resolve) => {
        dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    });
}

/* A dialog says later than it closes that it did; the next question waits for that. */
let answered = Promise.resolve();

function confirmed(...words) {
    answered = answered.then(() => ask(...words));
    return answered;
}

const handlers = {
    look: () => post('look'),
    test: () => runTest(),
    async restart() {
        if (await confirmed(say('restartQuestion'), say('restartText'), say('restart'))) {
            await post('restart');
        }
    },
    async fix({ check }) {
        const title = sayEither({ text: check.title });
        const text = say(`fixText_${check.fix}`, { id: check.id });
        if (await confirmed(say('fixQuestion', { title }), text, say(`fix_${check.fix}`))) {
            await post('fix', { id: check.id });
        }
    },
};

/* `where` makes the id, by which the keyboard finds it again. */
function makeButton(button, where, properties = {}) {
    const node = make('button', {
        type: 'button', id: `${where}-${button.action}`, textContent: say(button.key), ...properties,
    });
    node.addEventListener('click', () => handlers[button.action](button));
    return node;
}

/* --- the sentence on top --- */

function showAnswer() {
    const { mood, headline, lead, button } = summarise(state.known);
    const sentence = sayEither(headline);
    element('answer').dataset.mood = mood;
    element('answer').setAttribute('aria-busy', mood === 'looking');
    element('headline').textContent = sentence;
    element('lead').textContent = sayEither(lead);
    document.title = say('pageTitle', { headline: withoutStop(sentence) });
    element('notice').hidden = state.known.change?.state !== 'failed' || mood === 'ready';
    element('notice').textContent = say('changeFailed');
    element('primary').hidden = !button;
    if (button) {
        element('primary').textContent = say(button.key);
        element('primary').onclick = () => handlers[button.action](button);
    }
    element('rest').hidden = mood === 'ended'; /* nothing of it would be true any more */
    return mood === 'looking' ? '' : sentence;
}

let lastSentence = '';

function showAnswerAndTell() {
    const sentence = showAnswer();
    if (sentence && sentence !== lastSentence) {
        announce(sentence, element('lead').textContent);
        lastSentence = sentence;
    }
}

/* --- findings --- */

const stateKeys = {
    ok: 'stateOk', note: 'stateNote', attention: 'stateAttention', trouble: 'stateTrouble',
    skipped: 'stateSkipped',
};

function makeFinding(check) {
    const id = `check-${check.id}`;
    const step = check.state !== 'ok' && sayEither({ text: check.step });
    const onTop = check.id === state.known.doctor.first; /* with its button */
    const button = check.state !== 'ok' && !onTop && buttonOf(check);
    return make('li', { 'data-state': check.state },
        make('p', { className: 'state', textContent: say(stateKeys[check.state] ?? 'stateNote') }),
        make('h3', { id, textContent: sayEither({ text: check.title }) }),
        make('p', { textContent: sayEither({ text: check.text }) }),
        step && make('p', { className: 'step', textContent: say('step', { step }) }),
        check.code && make('p', { className: 'soft', textContent: say('code', { code: check.code }) }),
        button && makeButton(button, id, { 'aria-describedby': id }));
}

function showFindings() {
    const checks = state.known.doctor?.checks ?? [];
    const of = (...states) => checks.filter((check) => states.includes(check.state));
    const open = [...of('trouble'), ...of('attention')];
    const quiet = [['noteSummary', of('note')], ['fineSummary', of('ok')], ['skippedSummary', of('skipped')]]
        .filter(([, found]) => found.length > 0);
    const nothing = checks.length === 0 ? 'checksNone' : 'checksAllFine';
    show(element('findings'), ...open.map(makeFinding),
        open.length === 0 && make('li', { className: 'plain', textContent: say(nothing) }));
    element('quiet').hidden = quiet.length === 0;
    element('quiet-summary').textContent = quiet
        .map(([key, found]) => say(key, { count: found.length })).join(' · ');
    show(element('quiet-list'), ...quiet.flatMap(([, found]) => found).map(makeFinding));
}

/* --- readers --- */

function sayReader({ card, mute, answers }) {
    if (answers === false) {
        return say('cardSilent');
    }
    return say(mute ? 'cardMute' : card ? 'cardIn' : 'cardOut');
}

function makeReader({ name, held, ...reader }) {
    const holder = held === 'unknown' ? say('cardHeldUnknown') : held && say('cardHeld', { program: held });
    return make('li', { 'data-card': Boolean(reader.card && !reader.mute) },
        make('p', { className: 'name', textContent: name }),
        make('p', { className: 'state', textContent: sayReader(reader) }),
        holder && make('p', { className: 'soft', textContent: holder }));
}

function sayNoReaders(card) {
    if (!card) {
        return say(card === null ? 'cardsUnknown' : 'cardsLooking');
    }
    if (card.service === 'running') {
        return say('cardsRunning');
    }
    return errors[card.code] ? sayError(card.code)[0] : say('cardsOther'); /* the step is a finding's */
}

/* What the doctor knows of the card's certificates stands here as well: people look for it here. */
function makeCertificate({ text, state: found }) {
    return make('li', { className: 'certificate', 'data-state': found },
        make('p', { textContent: sayEither({ text }) }));
}

function showCards() {
    const { card, doctor } = state.known;
    const readers = card?.readers ?? [];
    const certificates = readers.some((reader) => reader.card)
        ? (doctor?.checks ?? []).filter(({ id, state: found }) => (
            id === 'certificates' && found !== 'skipped')) : [];
    show(element('readers'), ...readers.map(makeReader), ...certificates.map(makeCertificate),
        readers.length === 0 && make('li', { className: 'plain', textContent: sayNoReaders(card) }));
}

/* --- the test signature --- */

function sayFound(step, { status, found }) {
    if (status === 'running') {
        return step === 'pin' ? say('pinRunning', { address: location.origin }) : '';
    }
    if (status !== 'done') {
        return '';
    }
    return say(`${step}Done`, {
        ...found,
        date: found.date && sayDate(found.date),
        seconds: found.seconds?.toFixed(1),
    });
}

/* Failures that the remedy of the FAQ, a restart, is good for. */
const restartHelps = ['notRunning', 'notTrusted', 61006];

function makeFailure(code) {
    const [text, remedy] = sayError(code);
    return make('div', { className: 'failure' },
        make('p', { textContent: text }),
        remedy && make('p', { className: 'step', textContent: say('step', { step: remedy }) }),
        typeof code === 'number' && make('p', { className: 'soft', textContent: say('code', { code }) }),
        restartHelps.includes(code) && makeButton({ action: 'restart', key: 'restart' }, 'step'));
}

const statusKeys = {
    waiting: 'stepWaiting', running: 'stepRunning', done: 'stepDone', failed: 'stepFailed',
};

function makeStep(step) {
    const now = state.test.steps[step] ?? { status: 'waiting', found: {} };
    const found = sayFound(step, now);
    return make('li', { 'data-status': now.status, 'aria-current': now.status === 'running' ? 'step' : undefined },
        make('h3', { textContent: say(`${step}Title`) }),
        make('p', { className: 'state', textContent: say(statusKeys[now.status]) }),
        found && make('p', { className: 'found', textContent: found }),
        now.status === 'failed' && makeFailure(now.found.code));
}

function showTest() {
    show(element('steps'), ...steps.map(makeStep));
    const key = state.test.running ? 'testRunning' : state.test.done ? 'testAgain' : 'testButton';
    element('test-button').textContent = say(key);
    element('test-button').disabled = state.test.running;
    element('test-result').hidden = !state.test.passed;
}

function reportStep(step, status, found) {
    state.test.steps[step] = { status, found };
    showTest();
    if (status === 'failed') {
        const values = { number: steps.indexOf(step) + 1, title: say(`${step}Title`) };
        announce(say('testFailed', values), ...sayError(found.code));
    } else {
        announce(say(`${step}Title`), say(statusKeys[status]), sayFound(step, { status, found }));
    }
}

async function runTest() {
    if (state.test.running) {
        return;
    }
    state.test = { running: true, done: false, steps: {} };
    element('test-title').focus();
    element('test').scrollIntoView({ block: 'start' });
    showTest();
    const passed = await testSignature(state.known, reportStep);
    Object.assign(state.test, { running: false, done: true, passed });
    showTest();
    if (passed) {
        announce(say('testPassed'));
    }
    await post('look');
}

/* --- uses --- */

function sayUse({ code, ok }) {
    return ok ? say('useDone') : `${withoutStop(sayError(code)[0])} (${code})`;
}

function saySite(origin) {
    if (!origin) {
        return say('usesNoSite');
    }
    return origin === location.origin ? say('usesThisPage') : origin;
}

function makeUse(event) {
    const time = new Date(event.time);
    return make('li', { 'data-ok': event.ok },
        make('p', { className: 'site', textContent: saySite(event.origin) }),
        make('p', { textContent: `${say(`use_${event.use}`)} · ${sayUse(event)}` }),
        make('p', { className: 'soft' }, make('time', {
            dateTime: event.time, textContent: sayDate(time, { dateStyle: 'medium', timeStyle: 'short' }),
        })));
}

const usesShown = 6;

function showUses() {
    const events = (state.known.log?.events ?? []).filter(({ use }) => `use_${use}` in texts);
    show(element('use-list'), ...events.slice(-usesShown).reverse().map(makeUse),
        events.length === 0 && make('li', { className: 'plain', textContent: say('usesNone') }));
}

/* --- questions --- */

function makeQuestion({ id, question, answer, action }) {
    const summary = `question-${id}`;
    const open = element(summary)?.parentElement.open ?? false;
    return make('details', { open },
        make('summary', { id: summary, textContent: question[state.language] }),
        make('p', { textContent: answer[state.language] }),
        action && makeButton({ action, key: action }, summary, { 'aria-describedby': summary }));
}

function showHelp() {
    show(element('questions'), ...questions.map(makeQuestion));
    element('guide').href = `/import/#${state.language}`;
}

/* --- all of it --- */

function showTexts() {
    document.documentElement.lang = state.language;
    for (const node of document.querySelectorAll('[data-text]')) {
        node.textContent = say(node.dataset.text);
    }
    for (const node of document.querySelectorAll('[data-label]')) {
        node.setAttribute('aria-label', say(node.dataset.label));
    }
    for (const button of document.querySelectorAll('[data-language]')) {
        button.setAttribute('aria-pressed', button.dataset.language === state.language);
    }
    const version = state.known.doctor?.version;
    element('version').textContent = version ? say('version', { version }) : '';
}

function showAll() {
    showTexts();
    showAnswer();
    showFindings();
    showCards();
    showTest();
    showUses();
    showHelp();
}

/* What is shown anew after each kind of event. */
const shows = {
    ports: [showAnswerAndTell],
    doctor: [showTexts, showAnswerAndTell, showFindings, showCards],
    card: [showAnswerAndTell, showCards],
    log: [showUses],
    change: [showAnswerAndTell],
};

function onEvent(kind, data) {
    const before = state.known[kind];
    state.known[kind] = data;
    shows[kind].forEach((draw) => draw());
    if (kind === 'change' && before?.state === 'running') {
        announce(say(data.state === 'done' ? 'changeDone' : 'changeFailed'));
    }
}

function chooseLanguage(language) {
    state.language = language;
    sessionStorage.setItem('language', language);
    announce('');
    showAll();
}

/* --- the connection with hufu open --- */

function setEnded(key) {
    state.known.ended = key;
    showAnswerAndTell();
}

function follow() {
    const stream = new EventSource('stream');
    let lost;
    for (const kind of Object.keys(shows)) {
        stream.addEventListener(kind, (event) => onEvent(kind, JSON.parse(event.data)));
    }
    stream.addEventListener('open', () => {
        clearTimeout(lost);
        lost = undefined;
        setEnded(undefined);
    });
    stream.addEventListener('error', () => {
        if (stream.readyState === EventSource.CLOSED) {
            setEnded(state.known.doctor === undefined ? 'used' : 'ended');
        } else {
            lost ??= setTimeout(() => setEnded('ended'), endedAfterMs);
        }
    });
}

/* The token of the address is good once; then the address is clean, and the cookie counts. */
async function enter() {
    const token = location.hash.slice(1);
    if (/^[0-9a-f]{64}$/.test(token)) {
        history.replaceState(null, '', '/');
        await post('session', { token });
    }
}

/* Not while somebody types a PIN: the doctor looks at the card as well. */
function lookWhileVisible() {
    if (document.visibilityState === 'visible' && !state.known.ended && !state.test.running) {
        post('look');
    }
}

for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => chooseLanguage(button.dataset.language));
}
element('look').addEventListener('click', () => handlers.look());
element('test-button').addEventListener('click', () => handlers.test());
document.addEventListener('visibilitychange', lookWhileVisible);
setInterval(lookWhileVisible, lookEveryMs);

showAll();
await enter();
follow();
errors = await fetch('errors.json').then((response) => response.json()).catch(() => ({}));
showUses();
showCards();
