/* The demo: six steps from finding hufu to a verified signature. State is kept in one object;
 * render() shows it in the chosen language. */

import { CallError, codes, connect, defaultPorts } from './client.js';
import { languages, pageErrors, texts, unknownError } from './texts.js';

const flags = { commonName: 0x10000, organization: 0x40000, unit: 0x80000, sha256: 4 };
const failures = { content: 5037, noAttribute: 5050, verification: 5062, site: 5500 };
const sessionLost = [codes.disconnected, 61012];

const address = new URLSearchParams(location.search);
const ports = address.get('ports')?.split(',').map(Number) ?? defaultPorts;

const state = {
    language: languages.find((language) => language === address.get('lang')) ?? languages[0],
    steps: {
        service: 'waiting', card: 'waiting', holder: 'waiting',
        text: 'waiting', sign: 'waiting', result: 'waiting',
    },
    calls: [],
};

let errors = pageErrors;

const element = (id) => document.getElementById(id);

/* Texts */

function say(key, values = {}) {
    const text = texts[key][state.language];
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function sayDate(date) {
    return new Intl.DateTimeFormat(state.language, { dateStyle: 'long' }).format(date);
}

function sayTime(time) {
    return time
        ? new Intl.DateTimeFormat(state.language, { dateStyle: 'long', timeStyle: 'medium' })
            .format(new Date(time))
        : say('noTime');
}

/* Showing */

function showFacts(list, facts) {
    const rows = facts.filter(([, value]) => value).map(([key, value]) => {
        const row = document.createElement('div');
        row.append(document.createElement('dt'), document.createElement('dd'));
        row.firstChild.textContent = say(key);
        row.lastChild.textContent = value;
        return row;
    });
    list.replaceChildren(...rows);
}

function showFailure(step) {
    step.querySelector('.failure')?.remove();
    if (state.failure?.step !== step.id) {
        return;
    }
    const { code } = state.failure;
    const [text, remedy] = (errors[code] ?? unknownError)[state.language];
    const failure = element('failure').content.cloneNode(true);
    failure.querySelector('.failure-code').textContent = say('failureCode', { code });
    failure.querySelector('.failure-text').textContent = text;
    failure.querySelector('.failure-remedy').textContent = say('nextStep', { remedy });
    failure.querySelector('button').textContent = say('retry');
    failure.querySelector('button').addEventListener('click', retry);
    step.append(failure);
}

function showOutcome(step, key, values) {
    const shown = state.steps[step] === 'done' ? say(key, values) : '';
    element(step).querySelector('.outcome').textContent = shown;
}

function showHolder() {
    const { holder } = state;
    showFacts(element('holder').querySelector('.facts'), holder ? [
        ['holderName', holder.name],
        ['holderTail', holder.tail],
        ['holderValidity',
            say('validity', { from: sayDate(holder.from), to: sayDate(holder.to) })],
        ['holderIssuer', holder.issuer],
    ] : []);
}

function showResult() {
    const { result } = state;
    showFacts(element('result').querySelector('.facts'), result ? [
        ['resultSigner', result.signer],
        ['resultTime', sayTime(result.time)],
        ['resultAlgorithm', result.algorithm],
        ['resultContent', result.content],
    ] : []);
    element('download').hidden = !result;
    element('seal').classList.toggle('joined', Boolean(result));
}

function showSigning() {
    const signing = state.steps.sign === 'running';
    element('sign-button').textContent = say(signing ? 'signRunning' : 'signButton');
    element('sign-button').disabled = signing || state.steps.text === 'waiting';
    element('sign-button').hidden = state.steps.sign === 'failed';
    element('content').readOnly = signing;
    if (!state.edited) {
        element('content').value = say('textExample');
    }
}

function showCalls() {
    element('calls').replaceChildren(...state.calls.map((call) => {
        const row = document.createElement('tr');
        for (const value of [call.name, call.code, call.time]) {
            row.insertCell().textContent = value;
        }
        return row;
    }));
}

function render() {
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
    for (const [id, status] of Object.entries(state.steps)) {
        element(id).dataset.state = status;
        element(id).querySelector('.state').textContent = say(status);
        showFailure(element(id));
    }
    showOutcome('service', 'serviceDone', { version: state.service?.version });
    showOutcome('card', 'cardDone', { slots: state.slots });
    showOutcome('result', 'resultDone');
    showHolder();
    showSigning();
    showResult();
    showCalls();
}

function announce(id) {
    const parts = [say(`${id}Title`), say(state.steps[id])];
    if (state.failure) {
        parts.push(...(errors[state.failure.code] ?? unknownError)[state.language]);
    }
    element('announcement').textContent = parts.join(' ');
}

/* Working */

async function step(id, action) {
    state.failure = undefined;
    state.steps[id] = 'running';
    render();
    try {
        await action();
        state.steps[id] = 'done';
    } catch (error) {
        state.steps[id] = 'failed';
        state.failure = { step: id, code: error.code ?? codes.general };
        throw error;
    } finally {
        announce(id);
        render();
    }
}

async function timed(name, action) {
    const start = performance.now();
    const entry = { name, code: 0 };
    try {
        return await action();
    } catch (error) {
        entry.code = error.code;
        throw error;
    } finally {
        entry.time = Math.round(performance.now() - start);
        state.calls.push(entry);
    }
}

function call(name, ...args) {
    return timed(name, () => state.service.call(name, ...args));
}

/* For what not every certificate has. */
async function callOptional(...args) {
    try {
        return await call(...args);
    } catch (error) {
        if (error.code !== failures.noAttribute) {
            throw error;
        }
        return '';
    }
}

async function findService() {
    state.service = await timed('ServiSignEcho', () => connect(ports));
}

async function findCard() {
    state.slots = await call('GPKI_GetSlotCount');
    await call('GPKI_DetectCard', 0);
}

/* 20260131235959+0800 */
function readDate(text) {
    const [, year, month, day, hour, minute, second, sign, zoneHour, zoneMinute] = text.match(
        /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([+-])(\d\d):?(\d\d)$/);
    return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}`
        + `${sign}${zoneHour}:${zoneMinute}`);
}

async function readIssuer(certificate) {
    for (const flag of [flags.commonName, flags.unit, flags.organization]) {
        const name = await callOptional('CAPICertGetIssuer', certificate, flag);
        if (name) {
            return name;
        }
    }
    return '';
}

async function readHolder() {
    const [certificate] = (await call('GPKI_EnumCerts', 0)).split(';');
    state.holder = {
        name: await call('CAPICertGetSubject', certificate, flags.commonName),
        tail: await callOptional('GPKI_GetTailOfCitizenID', certificate, 0),
        from: readDate(await call('CAPICertGetNotBefore', certificate, 0)),
        to: readDate(await call('CAPICertGetNotAfter', certificate, 0)),
        issuer: await readIssuer(certificate),
    };
}

async function signText(text) {
    const signature = await call('GPKI_SignData', '', text, 'UTF-8', 0, flags.sha256);
    const bytes = Uint8Array.from(atob(signature), (c) => c.charCodeAt(0));
    URL.revokeObjectURL(element('download').href);
    element('download').href = URL.createObjectURL(
        new Blob([bytes], { type: 'application/pkcs7-mime' }));
    return signature;
}

async function askVerification(pkcs7) {
    try {
        const response = await fetch('verify', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ pkcs7 }),
        });
        return await response.json();
    } catch {
        throw new CallError(failures.site);
    }
}

async function verify(pkcs7, text) {
    const result = await askVerification(pkcs7);
    if (!result.verified) {
        throw new CallError(failures.verification);
    }
    if (result.content !== text) {
        throw new CallError(failures.content);
    }
    state.result = result;
}

function reset(...ids) {
    state.result = undefined;
    for (const id of ids) {
        state.steps[id] = 'waiting';
    }
}

async function prepare() {
    reset(...Object.keys(state.steps));
    await step('service', findService);
    await step('card', findCard);
    await step('holder', readHolder);
    Object.assign(state.steps, { text: 'ready', sign: 'ready' });
}

async function sign() {
    const text = element('content').value;
    let signature;
    reset('sign', 'result');
    state.steps.text = 'done';
    await step('sign', async () => {
        signature = await signText(text);
    });
    await step('result', () => verify(signature, text));
    element('result').scrollIntoView({ block: 'nearest' });
}

/* Failures of a step are on the page by now; anything else is a fault of the page itself. */
async function run(action) {
    try {
        await action();
    } catch (error) {
        if (!(error instanceof CallError)) {
            throw error;
        }
    } finally {
        render();
    }
}

function retry() {
    const { step: failed, code } = state.failure;
    const signing = ['sign', 'result'].includes(failed);
    run(signing && !sessionLost.includes(code) ? sign : prepare);
}

function chooseLanguage(language) {
    state.language = language;
    address.set('lang', language);
    history.replaceState(null, '', `?${address}`);
    element('announcement').textContent = '';
    render();
}

for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => chooseLanguage(button.dataset.language));
}
element('content').addEventListener('input', () => {
    state.edited = true;
});
element('sign-button').addEventListener('click', () => run(sign));
window.addEventListener('pagehide', () => state.service?.release());

render();
errors = { ...await (await fetch('errors.json')).json(), ...errors };
await run(prepare);
